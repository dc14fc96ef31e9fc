"""Check of an evidence folder: every byte, every figure from its rows, and whether both levels are of one record."""

from __future__ import annotations

import json
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydromet import __version__
from hydromet.assess.exports.digits import dumps
from hydromet.assess.exports.footprint import footprint
from hydromet.errors import FootprintError, UserError
from hydromet.report.carbon_customer import customer_data
from hydromet.report.carbon_evidence import (
    AUDITOR,
    CUSTOMER,
    FIGURES,
    FOOTPRINT,
    FORMAT,
    LEVELS,
    MANIFEST,
    RECORD,
    Evidence,
    customer_pages,
    evidence_files,
    sha256,
)
from hydromet.report.recovery_bundle import parts_of
from hydromet.source import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.exports.footprint import Footprint

_LARGEST = 500_000_000
# The figures of a record are sums of its rows in another order.
_SAME = 1e-9
Files = dict[str, bytes]


def verify(folder: str | Path) -> dict[str, Any]:
    """Check an evidence folder: with both levels, or one level's own folder.

    The auditor's level: every file is as the manifest says, the figures of the record follow from its rows, the
    documents and the customer's data follow from the record. The customer's: every file is as the manifest says, the
    pages follow from the aggregated data. Both: each names the other's hash.

    Returns:
        ``levels`` found, ``record_sha256``, ``auditor_sha256``, and what was checked: ``files``, ``figures``,
        ``documents``, ``belong_together``; None for what could not be checked.

    Raises:
        FootprintError: E767 with the file that does not fit.
    """
    from jinja2 import TemplateError

    try:
        return _verified(Path(folder))
    except (ValueError, KeyError, TypeError, AttributeError, TemplateError) as error:
        # Sealed again, but no file of ours.
        raise _broken((str(folder),), f"files as hydromet writes them ({type(error).__name__}: {error})") from None


def _verified(folder: Path) -> dict[str, Any]:
    found = _levels(folder)
    manifests = {level: _manifest(files, f"{folder}/{level}") for level, files in found.items()}
    for level, files in found.items():
        _unchanged(level, files, manifests[level])
    if AUDITOR in found:
        _figures(found[AUDITOR], manifests[AUDITOR])
    if CUSTOMER in found:
        _of_one_record(found[CUSTOMER], manifests[CUSTOMER])
    # Another version words its documents otherwise.
    own = all(manifest["hydromet"] == __version__ for manifest in manifests.values())
    if own:
        _documents(found, manifests)
    told: dict[str, Any] = {
        "levels": list(found), "files": sum(len(files) for files in found.values()),
        "figures": True if AUDITOR in found else None, "documents": True if own else None, "belong_together": None,
    }  # fmt: skip
    if len(found) == len(LEVELS):
        told["belong_together"] = _together(found, manifests)
    first = next(iter(manifests.values()))
    auditor = sha256(found[AUDITOR][MANIFEST]) if AUDITOR in found else manifests[CUSTOMER]["auditor_sha256"]
    return {**told, "record_sha256": first["record_sha256"], "auditor_sha256": auditor}


def _levels(folder: Path) -> dict[str, Files]:
    """Level -> files, of a folder with both or of one of them."""
    found = {level: folder / level for level in LEVELS if (folder / level / MANIFEST).is_file()}
    if not found and (folder / MANIFEST).is_file():
        level = json.loads(read_bytes(folder / MANIFEST)).get("level")
        found = {level: folder} if level in LEVELS else {}
    if not found:
        raise FootprintError("E767", read=f"{folder}: no {MANIFEST}", expected="a folder that --evidence wrote",
                             write="hydromet carbon results/nmc622_black_mass --evidence evidence")  # fmt: skip
    return {
        level: {file.name: read_bytes(file, largest=_LARGEST) for file in sorted(place.iterdir()) if file.is_file()}
        for level, place in found.items()
    }


def _manifest(files: Files, where: str) -> Mapping[str, Any]:
    try:
        found: dict[str, Any] = json.loads(files[MANIFEST])
        known = found["format"] == FORMAT and isinstance(found["members"], dict) and found["record_sha256"]
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise _broken((where, MANIFEST), f"a manifest of format {FORMAT}")
    return found


def _unchanged(level: str, files: Files, manifest: Mapping[str, Any]) -> None:
    listed = manifest["members"]
    for name in sorted({*listed, *files} - {MANIFEST}):
        if name not in files or name not in listed:
            raise _broken((level, name), "a file of the folder and of its manifest")
        if sha256(files[name]) != listed[name]:
            raise _broken((level, name), f"SHA-256 {listed[name]}, found {sha256(files[name])}")


def _figures(files: Files, manifest: Mapping[str, Any]) -> None:
    """The record gives its own figures and the customer's data."""
    content = files[RECORD]
    if sha256(content) != manifest["record_sha256"]:
        raise _broken((AUDITOR, RECORD), f"SHA-256 {manifest['record_sha256']}")
    made = _made(content)
    for indicator, rows in made.contributions.items():
        summed = fsum(each.value for each in rows)
        if abs(summed - made.record["totals"][indicator]) > _SAME * max(1.0, abs(summed)):
            raise _broken((AUDITOR, RECORD, indicator), f"{summed!r}, the sum of amount x factor")
    if sha256(dumps(customer_data(made, manifest["record_sha256"]))) != manifest["customer_sha256"]:
        raise _broken((AUDITOR, MANIFEST, "customer_sha256"), "the hash of what the record gives")


def _made(content: bytes) -> Footprint:
    try:
        return footprint(json.loads(content), RECORD)
    except UserError as error:
        raise _broken((AUDITOR, RECORD, str(error.read)), str(error.expected)) from None


def _documents(found: Mapping[str, Files], manifests: Mapping[str, Mapping[str, Any]]) -> None:
    """Every page and workbook again, from the record or from the aggregated data."""
    for level, files in found.items():
        manifest = manifests[level]
        if level == CUSTOMER:
            fresh = customer_pages(files[FOOTPRINT], manifest["auditor_sha256"], manifest["lang"])
        else:
            again = Evidence(_made(files[RECORD]), files[RECORD], json.loads(files[FIGURES]), manifest["source"],
                             manifest["source_sha256"], manifest["inputs"])  # fmt: skip
            written = evidence_files(again, AUDITOR, manifest["lang"])
            fresh = {name.removeprefix(f"{AUDITOR}/"): content for name, content in written.items()}
        for name, content in fresh.items():
            if name not in files or parts_of(name, content) != parts_of(name, files[name]):
                raise _broken((level, name), "what the record gives")


def _of_one_record(files: Files, manifest: Mapping[str, Any]) -> None:
    """The customer's data and manifest name one record."""
    data = json.loads(files[FOOTPRINT])
    if data["record_sha256"] != manifest["record_sha256"] or sha256(files[FOOTPRINT]) != manifest["footprint_sha256"]:
        raise _broken((CUSTOMER, FOOTPRINT), "the hashes of its manifest")


def _together(found: Mapping[str, Files], manifests: Mapping[str, Mapping[str, Any]]) -> bool:
    auditor, customer = manifests[AUDITOR], manifests[CUSTOMER]
    for what, one, other in (
        ("record_sha256", auditor["record_sha256"], customer["record_sha256"]),
        ("footprint_sha256", auditor["customer_sha256"], customer["footprint_sha256"]),
        ("auditor_sha256", sha256(found[AUDITOR][MANIFEST]), customer["auditor_sha256"]),
    ):
        if one != other:
            raise _broken((CUSTOMER, MANIFEST, f"{what} {other}"), f"{one}, of {AUDITOR}")
    return True


def _broken(where: Sequence[str], expected: str) -> FootprintError:
    file, what = "/".join(where[:2]), where[2:]
    read = ": ".join((file, *what))
    return FootprintError("E767", read=read, expected=expected, write="the folder as it was handed over")
