"""A plant fit ready to be done: parameters, and what was measured in which window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hydromet.calibrate.plant_figures import Figure
    from hydromet.calibrate.plant_fit_file import PlantFitFile
    from hydromet.errors import Place
    from hydromet.source import Document


@dataclass(frozen=True)
class Parameter:
    """A parameter that is fitted; all numbers in ``unit``, which is that of its bounds.

    Attributes:
        path: in the flowsheet. low, high: bounds. start: where the fit begins.
        prior: expected value and standard deviation; None where nothing is known.
    """

    path: str
    low: float
    high: float
    start: float
    unit: str
    prior: tuple[float, float] | None = None

    def text(self, value: float) -> str:
        """A value as a flowsheet has it."""
        return f"{value!r} {self.unit}".rstrip()


@dataclass(frozen=True)
class Measured:
    """A measured figure in its unit: mean, standard error, and the deviation of an error all windows share."""

    figure: Figure
    value: float
    sd: float
    systematic: float
    place: Place | None


@dataclass(frozen=True)
class Window:
    """A steady window.

    Attributes:
        name: of the window. settings: ``--set`` path -> value as text. measured: figures.
        predict: it is left out of the fit.
        covariance: of the measured figures' random errors, in their order; None: independent.
        begin, end: when it was, as stated.
    """

    name: str
    settings: Mapping[str, str]
    measured: tuple[Measured, ...]
    predict: bool = False
    covariance: tuple[tuple[float, ...], ...] | None = None
    begin: str | None = None
    end: str | None = None


@dataclass(frozen=True)
class PlantCase:
    """A plant fit ready to be done.

    Attributes:
        file: the file. flowsheet: path of the flowsheet. parameters: what is fitted. windows: in the order written.
        digest: SHA-256 of the fit file. inputs: tables read -> SHA-256. document: for the places of mistakes.
    """

    file: PlantFitFile
    flowsheet: Path
    parameters: tuple[Parameter, ...]
    windows: tuple[Window, ...]
    digest: str
    inputs: Mapping[str, str]
    document: Document = field(repr=False)
