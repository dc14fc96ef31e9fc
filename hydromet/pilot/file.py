"""The file of a virtual pilot plant: flowsheet, schedule, vessels, what is measured where, what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hydromet import quantity
from hydromet.dimensions import DIMENSIONS
from hydromet.errors import FlowsheetError, QuantityError, raise_all
from hydromet.source import load, nearest
from hydromet.units.fields import FROM_FILE, Duration, Volume
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydromet.source import Document

KEY, NEWEST = "pilot", 1
NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
# Quantity of a tag -> dimension of its unit.
QUANTITIES = {
    "temperature": "temperature",
    "pH": "pH",
    "potential": "voltage",
    "mass_flow": "mass flow",
    "volume_flow": "volume flow",
    "density": "density",
    "concentration": "mass concentration",
    "mass_fraction": "mass fraction",
    "collected_mass": "mass",
}


def _number(value: object) -> object:
    return quantity.parse(value, "number") if isinstance(value, str) else value


Number = Annotated[float, BeforeValidator(_number, json_schema_input_type=float)]


class Part(BaseModel):
    """Base of the parts of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Range(Part):
    """A hidden value is drawn from here, every one as likely."""

    low: Number
    high: Number
    unit: str = Field("", description="of both; none for a plain number")

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.low < self.high:
            raise FlowsheetError("E662", read=f"{self.low:g} to {self.high:g}", expected="low below high")
        return self


class Point(Part):
    """An operating point: from when, and what of the flowsheet is set."""

    at: Duration = Field(description="from when on", examples=["6 h"])
    name: str = Field("", description="what operators call it")
    set: dict[str, str | float] = Field(default={}, description="path in the flowsheet -> value")


class Schedule(Part):
    """Operating points, one after the other, again and again."""

    period: Duration = Field(gt=0.0, description="after which the schedule begins again", examples=["24 h"])
    ramp: Duration = Field(default=0.0, description="from one point to the next", examples=["20 min"])
    points: tuple[Point, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        starts = [point.at for point in self.points]
        gaps = [later - start for start, later in zip(starts, [*starts[1:], self.period], strict=True)]
        if starts[0] != 0.0 or min(gaps) <= 0.0:
            raise FlowsheetError(
                "E661", read=f"points at {_hours(starts)}", expected="rising times from 0 h", write="at: 0 h"
            )
        if self.ramp > min(gaps):
            read, expected = f"a ramp of {self.ramp:g} s", f"no longer than the shortest point, {min(gaps):g} s"
            raise FlowsheetError("E661", read=read, expected=expected, write="ramp: 10 min")
        return self


def _hours(seconds: list[float]) -> str:
    return ", ".join(f"{s / 3600.0:g} h" for s in seconds)


class Vessel(Part):
    """A well-mixed hold-up."""

    volume: Volume = Field(description="held", examples=["0.3 m3"])
    stream: str = Field(description="that flows through it", examples=["leach.slurry"])


class ElectrodePart(Part):
    """A glass electrode between calibrations; see ``pilot.electrode``."""

    slope: Range
    offset: Range
    slope_loss: Range = Field(description="share of the slope lost in a day")
    offset_drift: Range = Field(description="pH in a day")
    calibrated: Duration = Field(gt=0.0, description="time between calibrations", examples=["7 d"])


class Tag(Part):
    """What is measured."""

    stream: str = Field(description="stream or feed of the flowsheet", examples=["leach.slurry"])
    quantity: Literal[
        "temperature",
        "pH",
        "potential",
        "mass_flow",
        "volume_flow",
        "density",
        "concentration",
        "mass_fraction",
        "collected_mass",
    ]
    couple: str = Field("", description="of a potential", examples=["Fe+3/Fe+2"])
    element: str = Field("", description="of a concentration or mass fraction", examples=["Ni"])
    unit: str = Field("", description="shown", examples=["degC"])
    range: tuple[float, float] = Field(description="of the instrument, in its unit")
    through: tuple[str, ...] = Field(default=(), description="vessels between the feed and the place")
    emptied: Duration | None = Field(default=None, gt=0.0, description="of a collected mass: change of the drum")
    discharged: Duration = Field(default=0.0, description="of a collected mass: filter cycle; none: a steady fall")
    electrode: ElectrodePart | None = Field(default=None, description="of a pH")
    noise: float = Field(default=0.0, ge=0.0, description="standard deviation, in the unit shown")
    offset: Range | None = Field(default=None, description="error of the instrument, drawn")
    drift: Range | None = Field(default=None, description="of the offset in a day, drawn")
    area: str = Field("", description="folder on the server; none: of the plant")
    instrument: str = Field("", description="instrument that reads it; none: the OPC-UA server")
    channel: str = Field("", description="of the instrument", examples=["weight"])
    title: str | dict[str, str] = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wanted = {
            "potential": "couple",
            "concentration": "element",
            "mass_fraction": "element",
            "collected_mass": "emptied",
        }.get(self.quantity)
        if wanted and not getattr(self, wanted):
            raise FlowsheetError("E662", read=f"a {self.quantity} without `{wanted}`", expected="both")
        dimension = QUANTITIES[self.quantity]
        try:
            quantity.convert(1.0, self.unit, dimension)
        except QuantityError:
            example = DIMENSIONS[dimension].example.partition(" ")[2]
            read, write = f"unit {self.unit or 'none'}", f'unit: "{example}"'
            raise FlowsheetError("E662", read=read, expected=f"a unit of {dimension}", write=write) from None
        return self


class Instrument(Part):
    """An instrument behind a socket of its own."""

    driver: Literal["mt_sics", "daq970a", "seven_ph", "ismatec", "generic_scpi"]
    interval: str = Field(default="1 s", description="how often the logger asks")
    per_revolution: float = Field(default=1.6, gt=0.0, description="of a pump, in the unit of its flow")


class Fault(Part):
    """Something that goes wrong."""

    kind: str = Field(description="see instruments.simulated.faults and opcua_faults", examples=["bad"])
    at: Duration = Field(description="since the start", examples=["3 h"])
    lasts: Duration = Field(default=0.0, description="how long; a cut has no length")
    tag: str = Field("", description="of the server that it hits")
    instrument: str = Field("", description="that it hits")
    value: float = Field(default=0.0, description="of a spike or offset, in the unit of the tag")
    count: int = Field(default=1, ge=1, description="answers of an instrument that it hits")
    seconds: float = Field(default=0.5, ge=0.0, le=60.0, description="how late or how long, real seconds")


class Place(Part):
    """Where the laboratory takes samples."""

    stream: str
    elements: tuple[str, ...] = Field(min_length=1)
    unit: Literal["g/L", "wt%"] = Field(default="g/L", description="of a liquor; wt% of the moist mass of a cake")
    through: tuple[str, ...] = ()
    title: str | dict[str, str] = ""


class Laboratory(Part):
    """Samples that are taken by a round and come back hours later."""

    every: Duration = Field(gt=0.0, description="between rounds", examples=["2 h"])
    delay: Duration = Field(default=0.0, description="until the result is there", examples=["1 h"])
    deviation: float = Field(gt=0.0, lt=1.0, description="relative standard deviation of a result")
    places: dict[Annotated[str, Field(pattern=NAME)], Place] = Field(min_length=1)


class PilotFile(Part):
    """The whole file."""

    pilot: int = Field(description="format version", examples=[NEWEST])
    name: str = Field(pattern=NAME, description="of the plant")
    title: str | dict[str, str] = ""
    flowsheet: str = Field(description="beside this file", examples=["leach_train.yaml"])
    seed: int = Field(default=0, description="of everything that is drawn")
    step: Duration = Field(default=30.0, ge=1.0, description="of the precomputed curves")
    schedule: Schedule
    hidden: dict[str, Range] = Field(default={}, description="path in the flowsheet -> where its true value is drawn")
    vessels: dict[Annotated[str, Field(pattern=NAME)], Vessel] = {}
    instruments: dict[Annotated[str, Field(pattern=NAME)], Instrument] = {}
    tags: dict[Annotated[str, Field(pattern=NAME)], Tag] = Field(min_length=1)
    faults: tuple[Fault, ...] = ()
    laboratory: Laboratory | None = None


@dataclass(frozen=True)
class Pilot:
    """A checked file.

    Attributes:
        file: its content.
        document: for the places of mistakes.
        folder: beside which the flowsheet lies.
    """

    file: PilotFile
    document: Document
    folder: Path


def read(path: str | Path) -> Pilot:
    """Read and check the file of a pilot plant; the flowsheet is looked at by ``plant.build``.

    Raises:
        UserError, UserErrors: everything that is wrong with it, each at its line.
    """
    document = load(path)
    document.version(KEY, NEWEST)
    file = validate(document, PilotFile, context=FROM_FILE)
    raise_all(list(_mistakes(file, document)))
    return Pilot(file, document, Path(path).parent)


def _mistakes(file: PilotFile, document: Document) -> Iterator[FlowsheetError]:
    """Names that lead nowhere, drums that do not fit the period."""
    where: tuple[str | int, ...]
    for name, tag in file.tags.items():
        where = ("tags", name)
        yield from _unknown(tag.through, file.vessels, document, (*where, "through"), "a vessel")
        if tag.instrument:
            yield from _unknown((tag.instrument,), file.instruments, document, (*where, "instrument"), "an instrument")
        if tag.emptied:
            yield from _cycles(tag.emptied, file.schedule.period, document, (*where, "emptied"))
        if tag.emptied and tag.discharged:
            yield from _cycles(tag.discharged, tag.emptied, document, (*where, "discharged"))
    for number, fault in enumerate(file.faults):
        where = ("faults", number)
        if fault.tag:
            yield from _unknown((fault.tag,), file.tags, document, (*where, "tag"), "a tag")
        if fault.instrument:
            yield from _unknown(
                (fault.instrument,), file.instruments, document, (*where, "instrument"), "an instrument"
            )
    if file.laboratory:
        for name, place in file.laboratory.places.items():
            where = ("laboratory", "places", name, "through")
            yield from _unknown(place.through, file.vessels, document, where, "a vessel")


def _cycles(short: float, long: float, document: Document, where: tuple[str | int, ...]) -> Iterator[FlowsheetError]:
    """A cycle that does not go into a longer one a whole number of times."""
    if not isclose(round(long / short), long / short, rel_tol=1e-9) or short > long:
        read, expected = f"every {short / 3600.0:g} h", f"a whole number of times in {long / 3600.0:g} h"
        yield FlowsheetError("E662", read=read, expected=expected, place=document.place(where))


def _unknown(
    names: tuple[str, ...], known: dict[str, object] | dict[str, Vessel] | dict[str, Instrument] | dict[str, Tag],
    document: Document, where: tuple[str | int, ...], what: str,
) -> Iterator[FlowsheetError]:  # fmt: skip
    for name in names:
        if name not in known:
            near = nearest(name, known) or tuple(known)[:3]
            expected = f"{what} of this file, such as {', '.join(near)}" if near else f"{what} of this file"
            yield FlowsheetError("E663", read=name, expected=expected, place=document.place(where))
