"""The file of a reconciliation: which run, which tags, how sure they are, and what the balances leave out."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hydromet.errors import FlowsheetError, UserError, raise_all
from hydromet.flowsheet.read import Plant, read_plant
from hydromet.source import Document, load, named_in, nearest, read_bytes
from hydromet.species import atomic_mass
from hydromet.units.fields import FROM_FILE, Duration, Fraction
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEY, NEWEST = "reconcile", 1
NAME = r"^[A-Za-z][A-Za-z0-9_]*$"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class Steady(_Part):
    """How steady windows are sought."""

    length: Duration = Field(default=1800.0, gt=0.0, description="shortest window", examples=["30 min"])
    longest: Duration | None = Field(default=None, gt=0.0, description="cut there; eight times the shortest")
    tolerance: Fraction = Field(default=0.01, gt=0.0, description="drift over a window that does not matter")
    tolerances: dict[str, str | float] = Field(default={}, description="the same by tag", examples=["{leach_pH: 0.05}"])
    stale: Duration | None = Field(default=None, gt=0.0, description="silence of a tag that is too long")
    coverage: Fraction = Field(default=0.7, gt=0.0, description="share of a window that a tag has to cover")
    notes: Literal["break", "keep"] = Field(
        default="break", description="whether a note of the operators ends a window"
    )
    sample_slack: Duration = Field(default=0.0, description="how far outside a window a sample may be taken")


class Span(_Part):
    """A window that somebody chose."""

    begin: str = Field(alias="from", description="begins", examples=['"2026-11-26T06:00:00Z"'])
    to: str = Field(description="ends, not included", examples=['"2026-11-26T09:00:00Z"'])


class LinkPart(_Part):
    """What a tag measures; it goes before the link of the station."""

    stream: str = Field(description="stream or feed of the flowsheet", examples=["leach.slurry"])
    quantity: str = Field(description="what of it", examples=["volume flow", "Ni", "Ni dry", "moisture"])
    unit: str | None = Field(default=None, description="of its values; that of the station if not given")
    laboratory: bool = Field(default=False, description="its values belong to samples")


class Value(_Part):
    """A value that no tag has: a certificate, a weighing by hand."""

    stream: str = Field(description="stream or feed of the flowsheet", examples=["wash_water"])
    quantity: str = Field(description="what of it", examples=["mass flow"])
    value: float = Field(description="in the unit", examples=[25.0])
    unit: str = Field(description="of it", examples=["kg/h"])
    uncertainty: str | float = Field(description="standard uncertainty", examples=["1 %"])


class Declared(_Part):
    """How far the feeds of the flowsheet are trusted, as standard uncertainties; an assay has its own."""

    use: bool = Field(default=True, description="whether compositions and densities of feeds count as measured")
    composition: Fraction = Field(default=0.02, gt=0.0, description="of a content of a reagent or a water")
    density: Fraction = Field(default=0.005, gt=0.0, description="of a density")


class ReconcileFile(_Part):
    """A reconciliation, format 1."""

    reconcile: int = Field(description="version of the format", examples=[NEWEST])
    name: str = Field(default="reconciled", pattern=NAME, description="of what is written", examples=["november"])
    flowsheet: str = Field(description="beside this file", examples=["leach_train.yaml"])
    run: str | None = Field(default=None, description="folder of a run, beside this file", examples=["run"])
    readings: str | None = Field(
        default=None, description="CSV of readings instead of a run", examples=["readings.csv"]
    )
    begin: str | None = Field(default=None, alias="from", description="readings from then on")
    to: str | None = Field(default=None, description="readings before then")
    steady: Steady = Steady()
    windows: dict[str, Span] = Field(default={}, description="windows that are taken as they are; none is sought")
    links: dict[str, LinkPart] = Field(
        default={}, description="tag -> what it measures",
        examples=["{FT1: {stream: leach.slurry, quantity: mass flow, unit: kg/h}}"],
    )  # fmt: skip
    uncertainties: dict[str, str | float] = Field(
        default={}, description="tag -> standard uncertainty of the instrument",
        examples=["{slurry_flow: 1 %}"],
    )  # fmt: skip
    uncertainty: str = Field(default="1 %", description="where neither station nor file says one")
    exclude: tuple[str, ...] = Field(default=(), description="tags that are left out", examples=["[slurry_flow]"])
    envelopes: dict[str, tuple[str, ...]] = Field(
        default={}, description="name -> units balanced as one",
        examples=["{leaching: [leach, residue_filter]}"],
    )  # fmt: skip
    carries: dict[str, tuple[str, ...]] = Field(
        default={}, description="stream -> elements it may carry, and no other; mass is always carried",
        examples=["{leach.gas: [O, H]}"],
    )  # fmt: skip
    elements: tuple[str, ...] = Field(
        default=(), description="that are balanced; those measured", examples=["[Ni, Co]"]
    )
    values: tuple[Value, ...] = Field(default=(), description="values that no tag has")
    declared: Declared = Declared()
    alpha: float = Field(default=0.05, gt=0.0, lt=0.5, description="share of healthy windows that are suspected")


@dataclass(frozen=True)
class Case:
    """A reconciliation ready to run.

    Attributes:
        file: its content. document: for the places of mistakes. plant: the flowsheet. folder: beside which names are.
        inputs: name of every file read -> SHA-256.
    """

    file: ReconcileFile
    document: Document
    plant: Plant
    folder: Path
    inputs: dict[str, str]


def is_case(document: Document) -> bool:
    """Whether a file is one of a reconciliation, not a flowsheet."""
    return isinstance(document.data, dict) and (KEY in document.data or "hydromet" not in document.data)


def read_case(path: str | Path) -> Case:
    """Read and check the file of a reconciliation, and its flowsheet.

    Raises:
        UserError, UserErrors: everything that is wrong with them, each at its line.
    """
    document = load(path)
    document.version(KEY, NEWEST)
    file = validate(document, ReconcileFile, context=FROM_FILE)
    folder = Path(path).parent
    with named_in(document, "flowsheet"):
        plant = read_plant(folder / file.flowsheet)
    raise_all(list(_mistakes(file, document, plant)))
    inputs = {Path(path).name: sha256(read_bytes(path)).hexdigest(), **plant.files}
    return Case(file, document, plant, folder, inputs)


def plain_case(flowsheet: str | Path, run: str | Path) -> Case:
    """A flowsheet and a run, everything else as the formats have it by default."""
    plant = read_plant(flowsheet)
    file = ReconcileFile(reconcile=NEWEST, flowsheet=Path(flowsheet).name, run=str(run))
    return Case(file, plant.document, plant, Path(), dict(plant.files))


def json_schema() -> dict[str, Any]:
    """JSON Schema of the file of a reconciliation, for editors."""
    schema = ReconcileFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hydromet reconciliation"
    return schema


def streams_of(plant: Plant) -> tuple[str, ...]:
    """Feeds, then every stream that a unit takes or that leaves the plant."""
    used = [source for node in plant.nodes for source in node.sources()]
    return tuple(dict.fromkeys([*plant.feeds, *used, *plant.file.leaving()]))


def _mistakes(file: ReconcileFile, document: Document, plant: Plant) -> Iterator[UserError]:
    streams = streams_of(plant)
    if (file.run is None) == (file.readings is None):
        read = "both `run` and `readings`" if file.run else "neither `run` nor `readings`"
        expected = "one of them: a folder of `hydromet log`, or a CSV of readings"
        place = document.place(("run",), key=True)
        yield FlowsheetError("E682", read=read, expected=expected, write="run: run", place=place)
    for name, link in file.links.items():
        yield from unknown((link.stream,), streams, document, ("links", name, "stream"), "a stream")
    for number, value in enumerate(file.values):
        yield from unknown((value.stream,), streams, document, ("values", number, "stream"), "a stream")
    for name, units in file.envelopes.items():
        yield from unknown(units, plant.units, document, ("envelopes", name), "a unit")
    yield from unknown(file.carries, streams, document, ("carries",), "a stream")
    seen: dict[str, str] = {}
    for name, units in file.envelopes.items():
        for unit in units:
            if unit in seen:
                read, place = f"{unit} in {seen[unit]} and {name}", document.place(("envelopes", name))
                yield FlowsheetError("E680", read=read, expected="each unit in one envelope", place=place)
            seen[unit] = name
    for where, elements in ((("elements",), file.elements), *((("carries", s), e) for s, e in file.carries.items())):
        yield from _no_elements(elements, document, where)


def unknown(
    names: Iterable[str], known: Iterable[str], document: Document, where: tuple[Any, ...], what: str
) -> Iterator[UserError]:
    """Names that lead nowhere: E674 a stream, E680 a unit or tag."""
    there = tuple(known)
    for name in names:
        if name not in there:
            near = nearest(name, there) or there[:3]
            expected = f"{what}, such as {', '.join(near)}" if near else what
            place = document.place(where)
            if what == "a stream":
                yield FlowsheetError("E674", read=name, expected=expected, write=f"stream: {near[0]}", place=place)
            else:
                yield FlowsheetError("E680", read=name, expected=expected, write=near[0] if near else "", place=place)


def _no_elements(elements: Iterable[str], document: Document, where: tuple[Any, ...]) -> Iterator[UserError]:
    for element in elements:
        try:
            atomic_mass(element)
        except UserError as error:
            yield error.at(document.place(where))
