"""Where the shipped data and flowsheets are: the only module that builds a path into ``data/`` and ``flowsheets/``.

Every file is looked for in this order: the folder named by the environment variable ``HYDROMET_DATA`` (which may hold
a few files only, they replace the shipped ones of the same name), the copy inside an installed package, the checkout.
Names are written with forward slashes and begin with ``data/`` or ``flowsheets/``.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

from hydromet.errors import SourceError
from hydromet.source import decode, load_text, nearest

VARIABLE = "HYDROMET_DATA"
# A folder that holds this file is the data of a hydromet checkout.
MARKER = "data/hydromet-data.yaml"

_PACKAGE = Path(__file__).resolve().parent


def roots() -> tuple[Path, ...]:
    """Folders that hold ``data/`` and ``flowsheets/``, the one that wins first.

    Raises:
        SourceError: ``HYDROMET_DATA`` names no folder, or there is no data at all.
    """
    found: list[Path] = []
    named = os.environ.get(VARIABLE, "")
    if named:
        folder = Path(named)
        if not folder.is_dir():
            raise SourceError("E120", read=f"{VARIABLE}={named}", expected="an existing folder with data/ in it")
        found.append(folder)
    shipped = next((p for p in (_PACKAGE / "_share", _PACKAGE.parent) if (p / MARKER).is_file()), None)
    if shipped:
        found.append(shipped)
    if not found:
        raise SourceError("E121", read=f"no {MARKER} beside {_PACKAGE}", expected="a complete installation of hydromet")
    return tuple(found)


def find(name: str) -> Path:
    """Path of a shipped file or folder.

    Args:
        name: such as ``data/species/aqueous.csv``.

    Raises:
        SourceError: there is none; the message offers the nearest names of the same folder.
    """
    if not name.startswith(("data/", "flowsheets/")) or ".." in name.split("/"):
        raise SourceError("E122", read=name, expected="a name that begins with data/ or flowsheets/")
    for root in roots():
        if (path := root / name).exists():
            return path
    folder, _, last = name.rpartition("/")
    near = nearest(last, names(folder)) if folder else ()
    raise SourceError("E122", read=name, expected=f"one of {', '.join(near)}" if near else "the name of a shipped file")


def names(folder: str, suffix: str = "") -> tuple[str, ...]:
    """Names of the files in a shipped folder, sorted, of all roots together; empty if there is no such folder.

    Args:
        folder: such as ``data/extractants``.
        suffix: keep names with this ending only, and cut it off: ``.yaml``.
    """
    found = {
        path.name.removesuffix(suffix)
        for root in roots()
        if (root / folder).is_dir()
        for path in (root / folder).iterdir()
        if path.is_file() and path.name.endswith(suffix) and not path.name.startswith(".")
    }
    return tuple(sorted(found))


def sets() -> tuple[str, ...]:
    """Every shipped data file as ``folder/file`` below ``data/``, sorted: what ``hydromet data list`` shows."""
    found = {
        path.relative_to(root / "data").as_posix()
        for root in roots()
        for path in (root / "data").rglob("*")
        if path.is_file() and path.parent != root / "data" and not path.name.startswith(".")
    }
    return tuple(sorted(found))


def read_text(name: str) -> str:
    """The text of a shipped file (UTF-8)."""
    return decode(find(name).read_bytes(), name)


def read_yaml(name: str) -> Any:
    """A shipped YAML file as plain data."""
    return load_text(read_text(name), name).data


def read_csv(name: str) -> list[dict[str, str]]:
    """A shipped CSV file, one mapping a row; lines that begin with ``#`` are comments.

    Raises:
        SourceError: a row has more or fewer cells than the header.
    """
    return parse_csv(read_text(name), name)


def parse_csv(text: str, name: str) -> list[dict[str, str]]:
    """The same of a text; ``name`` is what an error calls it.

    Raises:
        SourceError: E123 a row has more or fewer cells than the header.
    """
    # A comment becomes an empty line, which the reader skips, so that line numbers stay true.
    lines = ["" if line.lstrip().startswith("#") else line for line in text.splitlines()]
    # The reader takes the first line for the header even if it is empty.
    ahead = next((i for i, line in enumerate(lines) if line.strip()), 0)
    reader = csv.DictReader(io.StringIO("\n".join(lines[ahead:])), strict=True)
    rows: list[dict[str, str]] = []
    for row in reader:
        if None in row or None in row.values():
            raise SourceError(
                "E123", read=f"{name}, line {ahead + reader.line_num}", expected=f"{len(reader.fieldnames or ())} cells"
            )
        rows.append({key.strip(): value.strip() for key, value in row.items()})
    return rows
