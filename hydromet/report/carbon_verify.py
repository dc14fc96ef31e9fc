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
    evidence_files,
    sha256,
)
from hydromet.report.recovery_bundle import parts_of
from hydromet.source import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LARGEST = 500_000_000
# The figures of a record are sums of its rows in another order.
_SAME = 1e-9
Files = dict[str, bytes]


def verify(folder: str | Path) -> dict[str, Any]:
    """Check an evidence folder: with both levels, or one level's own folder.

    The auditor's level: every file is as the manifest says, the figures of the record follow from its rows, the
    documents and the customer's data follow from the record. The customer's: every file is as the manifest says. Both:
    each names the other's hash.

    Returns:
        ``levels`` found, ``record_sha256``, ``auditor_sha256``, and what was checked: ``files``, ``figures``,
        ``documents``, ``belong_together``; None for what could not be checked.

    Raises:
        FootprintError: E767 with the file that does not fit.
    """
    found = _levels(Path(folder))
    manifests = {level: _manifest(files, f"{folder}/{level}") for level, files in found.items()}
    for level, files in found.items():
        _unchanged(level, files, manifests[level])
    told: dict[str, Any] = {
        "levels": list(found), "files": sum(len(files) for files in found.values()), "figures": None,
        "documents": None, "belong_together": None,
    }  # fmt: skip
    if AUDITOR in found:
        told |= _recomputed(found[AUDITOR], manifests[AUDITOR])
    if CUSTOMER in found:
        _of_one_record(found[CUSTOMER], manifests[CUSTOMER])
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


def _recomputed(files: Files, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The record gives its own figures, the documents and the customer's data."""
    content = files[RECORD]
    if sha256(content) != manifest["record_sha256"]:
        raise _broken((AUDITOR, RECORD), f"SHA-256 {manifest['record_sha256']}")
    record = json.loads(content)
    try:
        made = footprint(record, RECORD)
        for indicator, rows in made.contributions.items():
            summed = fsum(each.value for each in rows)
            if abs(summed - record["totals"][indicator]) > _SAME * max(1.0, abs(summed)):
                raise _broken((AUDITOR, RECORD, indicator), f"{summed!r}, the sum of amount x factor")
    except UserError as error:
        if error.code == "E767":
            raise
        raise _broken((AUDITOR, RECORD, error.read), str(error.expected)) from None
    if sha256(dumps(customer_data(made, manifest["record_sha256"]))) != manifest["customer_sha256"]:
        raise _broken((AUDITOR, MANIFEST, "customer_sha256"), "the hash of what the record gives")
    found = Evidence(
        made, content, json.loads(files[FIGURES]), manifest["source"], manifest["source_sha256"], manifest["inputs"]
    )
    own = manifest["hydromet"] == __version__
    if own:
        fresh = evidence_files(found, AUDITOR, manifest["lang"])
        for name, bytes_ in fresh.items():
            if parts_of(name, bytes_) != parts_of(name, files[name.partition("/")[2]]):
                raise _broken((name,), "what the record gives")
    return {"figures": True, "documents": True if own else None}


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
