"""The frozen bundle: inputs, shipped data, versions, result, forms and certificates in one zip, and its verification.

The bytes depend on the content only: stored members in the order of their names, one time stamp, no extra fields. So
the archive can be written again from its members, and a changed byte is found wherever it is. Verification reads
without unpacking, checks every hash, then recomputes the result from the frozen inputs with the frozen data.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from hydromet import __version__
from hydromet.datafiles import VARIABLE, find, sets
from hydromet.errors import RecoveryError
from hydromet.locale import BOTH
from hydromet.report.recovery_files import anywhere, certificate_files, dumps, form_files
from hydromet.source import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

BUNDLE = "hydromet-recovery-bundle"
NEWEST = 1
MANIFEST, RESULT, INPUTS, DATA = "manifest.json", "result.json", "inputs", "data"
# Libraries that decide figures or bytes.
_LIBRARIES = ("jinja2", "numpy", "pydantic", "ruamel.yaml", "xlsxwriter")
_TIME = (1980, 1, 1, 0, 0, 0)
_LARGEST = 500_000_000
# The result of another machine type may differ by round-off.
_ROUND_OFF = 1e-9
_UNIX, _PLAIN_FILE = 3, 0o100644 << 16


def bundle(case: str | Path, lang: str = BOTH) -> tuple[bytes, dict[str, Any]]:
    """The bundle of a case file as bytes, and the result in it.

    Raises:
        UserError, UserErrors: as ``assess`` has them; E940 no form; E945 a file outside the folder of the case.
    """
    from hydromet.assess.eu_recovery.assess import run

    path = Path(case)
    result = anywhere(run(path))
    members = {f"{INPUTS}/{name}": content for name, content in _inputs(path, result).items()}
    members |= {f"{DATA}/{name}": find(f"data/{name}").read_bytes() for name in sets()}
    members |= _made(result, lang)
    manifest = {
        "format": f"{BUNDLE}/{NEWEST}", "case": f"{INPUTS}/{path.name}", "lang": lang,
        "versions": {"hydromet": result["provenance"]["hydromet"], **{name: version(name) for name in _LIBRARIES}},
        "members": {name: {"bytes": len(members[name]), "sha256": _hash(members[name])} for name in sorted(members)},
    }  # fmt: skip
    return pack({**members, MANIFEST: dumps(manifest)}), result


def _made(result: Mapping[str, Any], lang: str) -> dict[str, bytes]:
    """What follows from a result: the result itself, forms, certificates."""
    certificates = {f"certificates/{name}": content for name, content in certificate_files(result, lang).items()}
    return {RESULT: dumps(result), **form_files(result, lang), **certificates}


def _inputs(case: Path, result: Mapping[str, Any]) -> dict[str, bytes]:
    """The case and every file it names, by the name it has below the folder of the case."""
    from hydromet.assess.eu_recovery.case_file import read_case

    files = {_inside(case.name): read_bytes(case)}
    read = read_case(case)
    for facility, declared in read.file.facilities.items():
        if declared.plant is None:
            continue
        named = declared.plant.result or declared.plant.flowsheet or case.name
        if not _safe(named):
            place = read.document.place((*read.path, "facilities", facility, "plant"), key=True)
            raise _outside(named).at(place)
        if declared.plant.result is not None:
            files[named] = read_bytes(case.parent / declared.plant.result, largest=_LARGEST)
            continue
        folder = PurePosixPath(declared.plant.flowsheet or case.name).parent
        for name in result["provenance"]["flowsheets"][facility]["inputs"]:
            if not name.startswith(f"{DATA}/"):
                beside = case.parent / folder / name
                found = beside if beside.exists() else find(f"flowsheets/{name}")
                files[_inside((folder / name).as_posix())] = found.read_bytes()
    return files


def _inside(name: str) -> str:
    if not _safe(name):
        raise _outside(name)
    return name


def _outside(name: str) -> RecoveryError:
    return RecoveryError("E945", read=name, expected="a file in the folder of the case or below it",
                         write="plant: {flowsheet: plant.yaml}")  # fmt: skip


def _safe(name: str) -> bool:
    """Does a member's name stay in the folder it would be unpacked to, on every system?"""
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and not set(name) & set('\\:*?"<>|\0')


def pack(members: Mapping[str, bytes]) -> bytes:
    """A zip archive of the members: stored, sorted, without time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            archive.writestr(entry, members[name])
    return target.getvalue()


def verify(file: str | Path) -> dict[str, Any]:
    """Check every byte of a bundle and recompute what is in it.

    Returns:
        ``members``, ``recomputed`` (exactly or to round-off), versions, hash of the archive, year, basis, rates.

    Raises:
        SourceError: E101, E103, it cannot be read.
        RecoveryError: E941 no bundle or cut off; E942 a byte was changed, with the member; E943 it does not recompute;
            E944 names that lead outside.
    """
    content = read_bytes(file, largest=_LARGEST)
    members = _unpacked(content, str(file))
    manifest = _manifest(members, str(file))
    _unchanged(members, manifest)
    again = pack(members)
    if again != content:
        where = _differ(again, content)
        raise _changed(_around(content, where), "the bytes as written")
    result = json.loads(members[RESULT])
    exact = _recomputed(members, manifest, result)
    return {
        "file": Path(file).name, "sha256": _hash(content), "members": len(members), "recomputed": exact,
        "versions": manifest["versions"], "year": result["year"], "basis": result["basis"],
        "rates": {
            family: {"rRE": each["total"]["rRE"]["percent"],
                     **{f"rRM {m}": rate["percent"] for m, rate in each["total"]["rRM"].items()}}
            for family, each in result["families"].items()
        },
    }  # fmt: skip


def _unpacked(content: bytes, file: str) -> dict[str, bytes]:
    """The members, read but not written anywhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            for entry in entries:
                link = entry.external_attr >> 16 & 0o170000 not in (0, 0o100000)
                if not _safe(entry.filename) or names.count(entry.filename) > 1 or link:
                    raise RecoveryError("E944", read=entry.filename, expected="names below one folder, each once",
                                        write=f"hydromet recovery CASE --bundle {Path(file).name}")  # fmt: skip
            if MANIFEST not in names:
                raise _no_bundle(file, f"a zip without {MANIFEST}")
            if sum(entry.file_size for entry in entries) > _LARGEST:
                raise _no_bundle(file, f"more than {_LARGEST / 1e6:g} MB unpacked")
            return {entry.filename: _member(archive, entry) for entry in entries}
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
        if isinstance(error, RecoveryError):
            raise
        raise _no_bundle(file, str(error) or "cut off") from None


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        raise _changed(entry.filename, "the bytes of its checksum") from None


def _no_bundle(file: str, what: str) -> RecoveryError:
    return RecoveryError("E941", read=f"{file}: {what}", expected="a bundle of this program, all of it",
                         write="hydromet recovery CASE --bundle filing.zip")  # fmt: skip


def _changed(what: str, expected: str) -> RecoveryError:
    return RecoveryError("E942", read=what, expected=expected, write="the bundle as it was filed")


def _manifest(members: Mapping[str, bytes], file: str) -> dict[str, Any]:
    try:
        manifest = json.loads(members[MANIFEST])
        name, _, number = manifest["format"].partition("/")
        known = name == BUNDLE and isinstance(manifest["members"], dict) and manifest["case"] in members
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _no_bundle(file, f"a {MANIFEST} that is not ours") from None
    if not known:
        raise _no_bundle(file, f"a {MANIFEST} that is not ours")
    if not number.isdigit() or int(number) > NEWEST:
        raise _no_bundle(file, f"format {manifest['format']}, written by a newer hydromet")
    found: dict[str, Any] = manifest
    return found


def _unchanged(members: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Every member is in the manifest with the bytes it says, and the other way round."""
    listed = manifest["members"]
    for name in sorted({*listed, *members} - {MANIFEST}):
        if name not in members or name not in listed:
            raise _changed(name, "a member of the archive" if name in listed else f"a member of {MANIFEST}")
        if _hash(members[name]) != listed[name]["sha256"]:
            raise _changed(name, f"SHA-256 {listed[name]['sha256']}, found {_hash(members[name])}")


def _recomputed(members: Mapping[str, bytes], manifest: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Recompute the result from inputs and data of the bundle, then forms and certificates from the result."""
    fresh = _solved(members, manifest["case"])
    own = manifest["versions"].get("hydromet") == __version__
    if not own:  # another program has other versions and hashes to tell; the figures have to be the same
        fresh, result = ({**each, "provenance": {}} for each in (fresh, result))
    if not _same(fresh, result):
        raise _differs(RESULT, manifest)
    exact = "exactly" if fresh == result else "to round-off"
    if not own:
        return f"{exact}; documents of another version not compared"
    made = _made(result, manifest["lang"])
    for name in sorted(made):
        if name not in members or parts_of(name, made[name]) != parts_of(name, members[name]):
            raise _differs(name, manifest)
    return exact


def _differs(name: str, manifest: Mapping[str, Any]) -> RecoveryError:
    frozen = manifest["versions"].get("hydromet")
    read = f"{name} (frozen with hydromet {frozen}, verified with {__version__})"
    return RecoveryError("E943", read=read, expected="what the inputs of the bundle give",
                         write=f"python -m pip install hydromet=={frozen}   # if the versions differ")  # fmt: skip


def _solved(members: Mapping[str, bytes], case: str) -> Any:
    """The result of the frozen inputs; a process of its own if the frozen data are not those installed."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in members.items():
            if name.startswith((f"{INPUTS}/", f"{DATA}/")):
                file = Path(folder, *PurePosixPath(name).parts)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        installed = {f"{DATA}/{name}": find(f"data/{name}").read_bytes() for name in sets()}
        frozen = {name: content for name, content in members.items() if name.startswith(f"{DATA}/")}
        path = str(Path(folder, *PurePosixPath(case).parts))
        if frozen == installed:
            return recompute(path)
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(1, get_context("spawn"), _use_data, (folder,)) as worker:
            return worker.submit(recompute, path).result()


def recompute(case: str) -> Any:
    """The result of a case as plain data, free of its folder; nothing outside that folder is read.

    Raises:
        RecoveryError: E945, the case names a file outside its folder.
    """
    from hydromet.assess.eu_recovery.assess import assess
    from hydromet.assess.eu_recovery.case_file import read_case

    read = read_case(case)
    for each in read.file.facilities.values():
        named = (each.plant.result or each.plant.flowsheet or "") if each.plant is not None else ""
        if named and not _safe(named):
            raise _outside(named)
    return anywhere(assess(read))


def _use_data(folder: str) -> None:
    """In the worker: the data of the bundle come first."""
    os.environ[VARIABLE] = folder


def parts_of(name: str, content: bytes) -> Any:
    """A workbook as its parts (how they are compressed differs between systems); other files as they are."""
    if not name.endswith(".xlsx"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {part: book.read(part) for part in book.namelist()}


def _same(one: Any, other: Any) -> bool:
    """Equal to round-off."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float | int):
        return abs(one - other) <= _ROUND_OFF * max(1.0, abs(one), abs(other))
    return bool(one == other)


def _differ(one: bytes, other: bytes) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _around(content: bytes, place: int) -> str:
    """What stands at a byte of the archive that belongs to no member's content."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        before = [e for e in archive.infolist() if e.header_offset <= place < archive.start_dir]
    name = max(before, key=lambda e: e.header_offset).filename if before else ""
    return f"the header of {name} (byte {place})" if name else f"the directory of the archive (byte {place})"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
