"""Solved points of a study in a folder, each under the hash of everything it depends on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import hydromet
from hydromet import datafiles
from hydromet.errors import CommandError, UserError
from hydromet.flowsheet.result import Result, read_result

if TYPE_CHECKING:
    from hydromet.assess.case import Flowsheet

# Characters of the hash that name a folder.
_LONG = 16
# Data that no solution reads: measured points to compare with, explanations of codes.
_BESIDE = ("literature/", "errors/")


@dataclass(frozen=True)
class Points:
    """A folder of results: ``FOLDER/points/HASH/result.json``.

    Attributes:
        folder: of the study.
    """

    folder: Path

    def place(self, flowsheet: Flowsheet) -> Path:
        """Where the result of a flowsheet is or will be."""
        return self.folder / "points" / key(flowsheet)

    def read(self, flowsheet: Flowsheet) -> Result | None:
        """A result that was kept; None where there is none or it cannot be read."""
        place = self.place(flowsheet)
        try:
            found = read_result(place) if (place / "result.json").is_file() else None
        except UserError:
            return None
        return found if found is not None and found.converged else None

    def keep(self, flowsheet: Flowsheet, result: Result) -> None:
        """Write a result; an interrupted write leaves no half of one.

        Raises:
            CommandError: E951, the folder cannot be written.
        """
        place = self.place(flowsheet)
        try:
            made = result.save(place / "result.json.part")
            made.replace(place / "result.json")
        except OSError as error:
            raise CommandError(
                "E951",
                read=f"{place}: {error.strerror}",
                expected="a folder that can be written",
                write="-o results/my_sweep",
            ) from None


def key(flowsheet: Flowsheet) -> str:
    """Hash of the program, its data, the input files and the changes: a different plant has a different one."""
    plant = flowsheet.plant
    inputs = {"program": program(), "files": dict(plant.files), "changes": dict(plant.changes)}
    return sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:_LONG]


@cache
def program() -> str:
    """Hash of this version of the program and of the data it computes with."""
    found = sha256(hydromet.__version__.encode())
    package = Path(hydromet.__file__).parent
    for file in sorted(package.rglob("*.py")):
        found.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    for name in (each for each in datafiles.sets() if not each.startswith(_BESIDE)):
        found.update(name.encode() + datafiles.find(f"data/{name}").read_bytes())
    return found.hexdigest()
