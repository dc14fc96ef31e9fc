"""The plant behind the tags: solved once at each operating point; ``state(t)`` is read off precomputed curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet import quantity
from hydromet.assess.case import load
from hydromet.draws import Draws, Uniform
from hydromet.errors import FlowsheetError, UserError
from hydromet.pilot import holdup
from hydromet.pilot.electrode import DAY, Electrode
from hydromet.pilot.file import QUANTITIES
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hydromet.flowsheet.result import Result
    from hydromet.pilot.file import ElectrodePart, Pilot, Range, Tag

TRUE = ".true"  # what an electrode stands in, beside what it shows
_HOUR = 3600.0


@dataclass(frozen=True)
class Instrumental:
    """Errors of one instrument, drawn: they are part of the hidden truth.

    Attributes:
        noise: standard deviation, in the unit of the tag.
        offset: error at the beginning, likewise.
        drift: change per hour, likewise.
    """

    noise: float
    offset: float
    drift: float


@dataclass(frozen=True)
class PilotPlant:
    """A plant that runs by its schedule.

    Attributes:
        pilot: the file.
        hidden: true values that were drawn: path in the flowsheet -> value as a flowsheet writes it.
        errors: tag -> errors of its instrument.
        electrodes: tag -> electrode.
        results: of the flowsheet at each operating point.
        times: of the curves, s, over one period.
        names: tags in the order of the columns of ``curves``.
        curves: values in the units of the tags; one row a time.
    """

    pilot: Pilot
    hidden: Mapping[str, str]
    errors: Mapping[str, Instrumental]
    electrodes: Mapping[str, Electrode]
    results: tuple[Result, ...]
    times: NDArray[np.float64]
    names: tuple[str, ...]
    curves: NDArray[np.float64]

    def state(self, time: float) -> dict[str, float]:
        """True values at a time since the start, s: tag -> value in its unit.

        Where an electrode stands, the tag is what it shows without noise, and ``TAG.true`` the pH of the liquor. The
        schedule repeats itself for ever, and has done so before; electrodes age on their own.
        """
        at = time % float(self.times[-1])
        step = float(self.times[1])
        i = min(int(at / step), len(self.times) - 2)
        share = (at - float(self.times[i])) / step
        row = (1.0 - share) * self.curves[i] + share * self.curves[i + 1]
        found = dict(zip(self.names, row.tolist(), strict=True))
        for tag, electrode in self.electrodes.items():
            found[tag + TRUE] = found[tag]
            found[tag] = electrode.shown(found[tag], time)
        return found


def build(pilot: Pilot) -> PilotPlant:
    """Solve the flowsheet at every operating point, and follow each tag through the vessels.

    Raises:
        UserError, UserErrors: the flowsheet, or a name of the file that it does not know (E663).
        ConvergenceError: an operating point did not converge.
    """
    file = pilot.file
    ranges: dict[str, Range] = dict(file.hidden)
    for name, tag in file.tags.items():
        ranges |= {f"{name}.{key}": found for key in ("offset", "drift") if (found := getattr(tag, key))}
        if tag.electrode:
            parts = ("slope", "offset", "slope_loss", "offset_drift")
            ranges |= {f"{name}.electrode.{key}": getattr(tag.electrode, key) for key in parts}
    drawn = Draws({name: Uniform(span.low, span.high) for name, span in ranges.items()}, file.seed).case(0)
    hidden = {name: f"{drawn[name]:.4g} {span.unit}".strip() for name, span in file.hidden.items()}
    results = tuple(_solve(pilot, number, hidden) for number in range(len(file.schedule.points)))
    times = holdup.grid(file.schedule.period, file.step)
    wanted = _wanted(pilot)
    curves = np.column_stack([_curve(pilot, results, times, tag, where) for tag, where in wanted.values()])
    errors = {
        name: Instrumental(tag.noise, drawn.get(f"{name}.offset", 0.0), drawn.get(f"{name}.drift", 0.0) * _HOUR / DAY)
        for name, tag in file.tags.items()
    }
    electrodes = {
        name: _electrode(name, tag.electrode, drawn) for name, tag in file.tags.items() if tag.electrode is not None
    }
    return PilotPlant(pilot, hidden, errors, electrodes, results, times, tuple(wanted), curves)


def _electrode(name: str, part: ElectrodePart, drawn: Mapping[str, float]) -> Electrode:
    of = f"{name}.electrode"
    return Electrode(
        drawn[f"{of}.slope"], drawn[f"{of}.offset"], drawn[f"{of}.slope_loss"], drawn[f"{of}.offset_drift"],
        part.calibrated,
    )  # fmt: skip


def _solve(pilot: Pilot, number: int, hidden: Mapping[str, str]) -> Result:
    point = pilot.file.schedule.points[number]
    changes = {**hidden, **{path: str(value) for path, value in point.set.items()}}
    path = pilot.folder / pilot.file.flowsheet
    try:
        return load(path, changes).solve()
    except UserError as error:
        if error.place is None:
            raise error.at(pilot.document.place(("schedule", "points", number))) from None
        raise


def _wanted(pilot: Pilot) -> dict[str, tuple[Tag, tuple[str | int, ...]]]:
    """Tags, and the concentrations that the laboratory finds, with their places in the file."""
    from hydromet.pilot.file import Tag

    found: dict[str, tuple[Tag, tuple[str | int, ...]]] = {
        name: (tag, ("tags", name)) for name, tag in pilot.file.tags.items()
    }
    for name, place in pilot.file.laboratory.places.items() if pilot.file.laboratory else ():
        for element in place.elements:
            tag = Tag(
                stream=place.stream, quantity="mass_fraction" if place.unit == "wt%" else "concentration",
                element=element, unit=place.unit, range=(0.0, 1000.0),
                through=place.through,
            )  # fmt: skip
            found[laboratory_tag(name, element)] = (tag, ("laboratory", "places", name))
    return found


def laboratory_tag(place: str, element: str) -> str:
    """Name of a concentration that the laboratory finds, in ``state``."""
    return f"{place}.{element}"


def _curve(
    pilot: Pilot, results: Sequence[Result], times: NDArray[np.float64], tag: Tag, where: tuple[str | int, ...]
) -> NDArray[np.float64]:
    """One tag over a period, in its unit.

    Concentrations go through vessels as such: exact where the flow does not change, else good for small changes.
    """
    schedule = pilot.file.schedule
    starts = [point.at for point in schedule.points]

    def over_time(values: Sequence[float]) -> NDArray[np.float64]:
        return holdup.scheduled(times, schedule.period, starts, values, schedule.ramp)

    curve = over_time([_figure(pilot, result, tag, where) for result in results])
    for name in tag.through:
        vessel = pilot.file.vessels[name]
        place = ("vessels", name, "stream")
        flows = [_stream(pilot, result, vessel.stream, place)["volume_m3_h"] for result in results]
        if not all(flows):
            raise FlowsheetError(
                "E663", read=f"{vessel.stream}, which has no volume", expected="a liquor, slurry or gas",
                place=pilot.document.place(place),
            )  # fmt: skip
        curve = holdup.lagged(times, curve, over_time([vessel.volume / flow * _HOUR for flow in flows]))
    if tag.emptied:
        curve = holdup.collected(times, curve, tag.emptied, tag.discharged)
    dimension = QUANTITIES[tag.quantity]
    # Every unit is a straight line of the SI unit.
    zero, one = (quantity.convert(value, tag.unit, dimension) for value in (0.0, 1.0))
    return zero + (one - zero) * curve


def _stream(pilot: Pilot, result: Result, name: str, where: tuple[str | int, ...]) -> Mapping[str, Any]:
    known = {**result["streams"], **result["feeds"]}
    if name not in known:
        near = ", ".join(nearest(name, known) or tuple(known)[:3])
        expected = f"a stream or feed of {pilot.file.flowsheet}, such as {near}"
        raise FlowsheetError("E663", read=name, expected=expected, place=pilot.document.place(where))
    found: Mapping[str, Any] = known[name]
    return found


def _figure(pilot: Pilot, result: Result, tag: Tag, where: tuple[str | int, ...]) -> float:
    """What is measured of a stream at an operating point, in SI; of a collected mass its flow, kg/s."""
    record = _stream(pilot, result, tag.stream, (*where, "stream"))
    volume = record["volume_m3_h"]
    found: float | None = None
    if tag.quantity == "temperature":
        found = record["temperature_K"]
    elif tag.quantity == "pH":
        found = record["pH"]
    elif tag.quantity == "potential":
        found = record["potentials_V"].get(tag.couple)
    elif tag.quantity in ("mass_flow", "collected_mass"):
        found = record["mass_kg_h"] / _HOUR
    elif volume and tag.quantity == "volume_flow":
        found = volume / _HOUR
    elif volume and tag.quantity == "density":
        found = record["mass_kg_h"] / volume
    elif volume and tag.quantity == "concentration":
        found = record["elements_kg_h"].get(tag.element, 0.0) / volume
    elif tag.quantity == "mass_fraction" and record["mass_kg_h"]:
        found = record["elements_kg_h"].get(tag.element, 0.0) / record["mass_kg_h"]
    if found is None:
        what = f"{tag.quantity} {tag.couple or tag.element}".strip()
        read, expected = f"{what} of {tag.stream}", "a quantity that this stream has at every operating point"
        raise FlowsheetError("E664", read=read, expected=expected, place=pilot.document.place(where, key=True))
    return float(found)
