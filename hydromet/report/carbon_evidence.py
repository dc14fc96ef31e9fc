"""Evidence for third-party verification in two levels that belong together: the auditor's file and the customer's.

    auditor/   record.json, figures.json, inventory.html, product_NAME.html, evidence.xlsx, manifest.json
    customer/  footprint.json, product_NAME.html, manifest.json

Both manifests carry the SHA-256 of the record. The auditor's also carries that of the customer's data, the customer's
that of the auditor's manifest: a change on one side no longer fits the other. The record is, byte for byte, what
``hydromet carbon RESULT --json`` prints. No clock, no folder: the same result gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydromet import __version__
from hydromet.assess.carbon.assess import FLOWSHEET, RESULT
from hydromet.assess.exports.digits import dumps
from hydromet.assess.exports.footprint import footprint, in_file
from hydromet.errors import FootprintError
from hydromet.locale import BOTH
from hydromet.report.carbon_book import evidence_book
from hydromet.report.carbon_customer import customer_data
from hydromet.report.carbon_pages import customer_page, inventory_page, product_page
from hydromet.report.carbon_sources import told_at
from hydromet.report.recovery_files import file_names
from hydromet.source import load, read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.exports.footprint import Footprint

FORMAT = "hydromet-carbon-evidence/1"
AUDITOR, CUSTOMER = "auditor", "customer"
LEVELS = (AUDITOR, CUSTOMER)
MANIFEST, RECORD, FIGURES, FOOTPRINT = "manifest.json", "record.json", "figures.json", "footprint.json"
_LARGEST = 500_000_000


@dataclass(frozen=True)
class Evidence:
    """A footprint with what it was reckoned from.

    Attributes:
        made: the footprint. content: its record as bytes.
        figures: path -> what stands there in the result, as text; empty of a written inventory.
        source: name of the file it is of. source_sha256: of its bytes. inputs: file -> SHA-256, of the result.
    """

    made: Footprint
    content: bytes
    figures: Mapping[str, str]
    source: str
    source_sha256: str
    inputs: Mapping[str, str]

    @property
    def simulated(self) -> bool:
        """Whether the amounts are those of a solved plant."""
        return self.made.simulated

    @property
    def digest(self) -> str:
        """SHA-256 of the record."""
        return sha256(self.content)


def sha256(content: bytes) -> str:
    """Hash of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def evidence(path: str | Path, record: Mapping[str, Any]) -> Evidence:
    """The evidence behind a record.

    Args:
        path: the result or the case file it was reckoned from.
        record: of format ``hydromet-carbon/1``.

    Raises:
        FootprintError: E766, a flowsheet; or a record that is not of this result.
        ExportError: E966, the figures of the record do not follow from its rows.
    """
    file = Path(path) / RESULT if Path(path).is_dir() else Path(path)
    content, plain = dumps(record), json.loads(dumps(record))
    data: Mapping[str, Any] = {}
    if file.suffix == ".json":
        source = read_bytes(file, largest=_LARGEST)
        data = json.loads(source)
    else:
        written = load(file).data
        if isinstance(written, dict) and FLOWSHEET in written:
            raise FootprintError("E766", read=f"{file}: a flowsheet", expected="a result that stands in a file",
                                 write=f"hydromet run {file} -o results/plant")  # fmt: skip
        source = read_bytes(file)
    return Evidence(
        footprint(plain, file.name), content, _figures(plain, data, file), file.name, sha256(source),
        data.get("provenance", {}).get("inputs", {}),
    )  # fmt: skip


def _figures(record: Mapping[str, Any], data: Mapping[str, Any], file: Path) -> dict[str, str]:
    try:
        return {each["path"]: told_at(data, each["path"]) for each in record["activities"]
                if data and not in_file(each["path"])}  # fmt: skip
    except KeyError as error:
        raise FootprintError("E766", read=f"{file}: nothing at {error.args[0]}", expected="the result of this record",
                             write=f"hydromet carbon {file} --evidence evidence") from None  # fmt: skip


def evidence_files(found: Evidence, level: str = BOTH, lang: str = BOTH) -> dict[str, bytes]:
    """Name below the folder of the evidence -> content, of one level or both.

    Args:
        found: the evidence.
        level: ``auditor``, ``customer`` or ``both``.
        lang: ``en``, ``ja`` or ``both``.
    """
    seen = dumps(customer_data(found.made, found.digest))
    auditor = _auditor(found, lang, sha256(seen))
    customer = _customer(found, lang, seen, sha256(auditor[MANIFEST]))
    wanted = {AUDITOR: auditor, CUSTOMER: customer} if level == BOTH else {level: [customer, auditor][level == AUDITOR]}
    return {f"{each}/{name}": content for each, files in wanted.items() for name, content in sorted(files.items())}


def _auditor(found: Evidence, lang: str, customer: str) -> dict[str, bytes]:
    files = {
        RECORD: found.content, FIGURES: dumps(found.figures), "inventory.html": inventory_page(found, lang).encode(),
        "evidence.xlsx": evidence_book(found, lang),
    }  # fmt: skip
    names = file_names(found.made.products)
    files |= {f"product_{file}.html": product_page(found, name, lang).encode() for name, file in names.items()}
    chain = {"customer_sha256": customer, "source": found.source, "source_sha256": found.source_sha256,
             "inputs": dict(found.inputs)}  # fmt: skip
    return {**files, MANIFEST: _manifest(AUDITOR, found.digest, lang, chain, files)}


def _customer(found: Evidence, lang: str, seen: bytes, auditor: str) -> dict[str, bytes]:
    chain = {"footprint_sha256": sha256(seen), "auditor_sha256": auditor}
    files = {FOOTPRINT: seen, **customer_pages(seen, auditor, lang)}
    return {**files, MANIFEST: _manifest(CUSTOMER, found.digest, lang, chain, files)}


def customer_pages(seen: bytes, auditor: str, lang: str) -> dict[str, bytes]:
    """The customer's pages, from the aggregated data and the hash of the auditor's manifest alone."""
    data = json.loads(seen)
    chain = {
        "record_sha256": data["record_sha256"], "footprint_sha256": sha256(seen), "auditor_sha256": auditor,
    }  # fmt: skip
    names = file_names(data["products"])
    return {f"product_{file}.html": customer_page(data, name, chain, lang).encode() for name, file in names.items()}


def _manifest(
    level: str, digest: str, lang: str, chain: Mapping[str, Any], files: Mapping[str, bytes]
) -> bytes:  # fmt: skip
    return dumps({
        "format": FORMAT, "level": level, "hydromet": __version__, "lang": lang, "record_sha256": digest, **chain,
        "members": {name: sha256(files[name]) for name in sorted(files)},
    })  # fmt: skip
