"""Scenarios of a footprint: what a flowsheet says, over a named scenario, over what is usual."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from hydromet.assess.carbon.fields import Choices, Kilometres, Section
from hydromet.datafiles import read_csv, read_text
from hydromet.errors import FootprintError
from hydromet.flowsheet.schema import Part, Text
from hydromet.quantity import parse
from hydromet.source import Document, load_text, nearest
from hydromet.units.fields import FROM_FILE, Ratio
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hydromet.errors import Place, UserError

FILE = "data/factors/scenarios.yaml"
SUBSTANCES = "data/factors/substances.csv"
# Name of a scenario that is no shipped one.
OWN = "own"
KEY = "carbon"
# A carrier of heat that is electricity of the grid.
GRID = "grid"


class Sourced(Part):
    """A usual figure with its source."""

    title: Text = ""
    source: str
    grade: Literal["measured", "fitted", "estimated", "recalled"]


class HeatSource(Sourced):
    """A boiler or pump: useful heat per energy bought, usual and at most, the factors per MJ bought, K it heats to."""

    efficiency: Ratio = Field(gt=0.0)
    most: Ratio = Field(gt=0.0)
    carriers: tuple[str, ...]
    up_to: Annotated[float | None, BeforeValidator(lambda v: parse(v, "temperature"))] = None


class Cooling(Sourced):
    """Electricity, and water in L/kWh, per heat removed."""

    electricity: Ratio
    water: Annotated[float, BeforeValidator(lambda v: parse(v, "L/kWh"))]


class Haul(Sourced):
    """A usual leg."""

    distance: Kilometres
    by: str


class Neutraliser(Part):
    """What takes up acid: its factor, what it is, and mol of acid per mol of it."""

    factor: str
    substance: str
    takes: float = Field(gt=0.0)


class Treatment(Part):
    """Factors per kg or m3 of a waste; ``burns`` adds its carbon as CO2, a neutraliser what its free acid asks for."""

    title: Text = ""
    factors: tuple[str, ...]
    per: Literal["kg", "m3"]
    burns: bool = False
    neutraliser: Neutraliser | None = None


class Cells(Sourced):
    """Mass of cells behind one kg of black mass."""

    amount: Annotated[float, BeforeValidator(lambda v: parse(v, "mass ratio"))]


class Work(Sourced):
    """Electricity of a step, kWh per kg of black mass."""

    electricity: Annotated[float, BeforeValidator(lambda v: parse(v, "kWh/kg"))]


class Preparation(Part):
    """From waste batteries to black mass."""

    cells: Cells
    collection: Haul
    discharge: Work
    shredding: Work


class Waters(Part):
    """Factors of water per m3, and the dissolved salts that tell them apart, kg/kg."""

    process: str
    demineralised: str
    demineralised_below: float

    def factor(self, salts: float) -> str:
        """Of a water with so much dissolved in it."""
        return self.demineralised if salts < self.demineralised_below else self.process


class Deviations(Part):
    """Geometric standard deviations of amounts."""

    solved: float
    default: float


class Practice(Part):
    """The whole of ``data/factors/scenarios.yaml``."""

    scenarios: int
    default: str
    named: dict[str, Choices]
    start: Choices
    heat: dict[str, HeatSource]
    cooling: dict[str, Cooling]
    modes: dict[str, tuple[str, ...]]
    haulage: dict[Literal["feed", "reagents", "wastes"], Haul]
    treatments: dict[str, Treatment]
    municipal: str
    municipal_below: float
    solid_above: float
    by_phase: dict[Literal["aq", "org", "s", "carbon"], str]
    preparation: Preparation
    water: Waters
    deviations: Deviations


@lru_cache(maxsize=1)
def practice() -> Practice:
    """What is usual, as shipped."""
    return validate(load_text(read_text(FILE), FILE), Practice, context=FROM_FILE)


@lru_cache(maxsize=1)
def substances() -> dict[str, str]:
    """Substance as reagents contain it -> factor of 1 kg of it."""
    return {row["substance"]: row["factor"] for row in read_csv(SUBSTANCES)}


@dataclass(frozen=True)
class Scenario:
    """The choices of one reckoning.

    Attributes:
        name: of the scenario, or ``own``. choices: merged. stated: fields that the user stated.
        document: where they stand. path: of the section in it. folder: books named by a file are beside it.
    """

    name: str
    choices: Choices
    stated: frozenset[str]
    document: Document = field(repr=False)
    path: tuple[str, ...] = (KEY,)
    folder: Path = Path()

    def place(self, *keys: str | int) -> Place:
        """Where something of the section stands."""
        return self.document.place((*self.path, *keys), key=True)

    def wrong_name(self, error: UserError, *keys: str) -> UserError:
        """An error about a name, at it; the line that works has what stands behind it."""
        value = _at(self.document.data, (*self.path, *keys))
        if error.write and isinstance(value, str | int | float):
            error.write = f"{error.write}: {value}"
        return error.at(self.document.place((*self.path, *keys), key=True))

    def wrong_value(self, error: UserError, *keys: str | int) -> UserError:
        """An error about what stands behind a name, at it; the line that works has the name."""
        if error.write and ":" not in error.write:
            error.write = f"{keys[-1]}: {error.write}"
        return error.at(self.document.place((*self.path, *keys)))

    def text(self, name: str) -> str:
        """A choice that ``start`` always makes."""
        return str(getattr(self.choices, name))


def scenarios(
    document: Document,
    path: tuple[str, ...],
    folder: Path,
    wanted: Sequence[str] = (),
    changes: Mapping[str, Any] | None = None,
    data: Any = None,
) -> tuple[Scenario, ...]:
    """The scenarios asked for; the section's own if none.

    Args:
        document: with or without a section.
        path: of the section.
        folder: books named by a file are beside it.
        wanted: names of shipped scenarios or of the section's ``scenarios``.
        changes: fields that go before everything, such as ``{"grid": "EU-2024"}``.
        data: the section, where it is not at ``path``.

    Raises:
        UserError, UserErrors: everything that is wrong with the section; E781 an unknown scenario.
    """
    given = data if data is not None else _at(document.data, path)
    where = path if _at(document.data, path) is not None else ()
    section = validate(document, Section, where, data=given or {}, context=FROM_FILE)
    made = [_scenario(document, path, folder, section, name, changes or {}) for name in wanted or ("",)]
    return tuple(made)


def _at(data: Any, path: Iterable[str]) -> Any:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _scenario(
    document: Document, path: tuple[str, ...], folder: Path, section: Section, name: str, changes: Mapping[str, Any]
) -> Scenario:
    usual = practice()
    base = section.scenario or usual.default
    layers: list[Choices] = [usual.start, _named(document, path, section, base, key="scenario"), section]
    stated = set(section.model_fields_set)
    if section.scenario:
        stated |= usual.named[base].model_fields_set if base in usual.named else set()
    if name:
        chosen = _named(document, path, section, name)
        layers.append(chosen)
        stated |= chosen.model_fields_set
    if changes:
        layers.append(Choices(**changes))
        stated |= set(changes)
    merged: dict[str, Any] = {}
    for layer in layers:
        for each in layer.model_fields_set & set(Choices.model_fields):
            value = getattr(layer, each)
            merged[each] = {**merged.get(each, {}), **value} if isinstance(value, dict) and each != "title" else value
    moved = "grid" in changes or (section.grid is not None and not section.scenario)
    shown = name or (OWN if moved else base)
    if shown == OWN and not section.title:
        merged.pop("title", None)  # that of the usual scenario, which is another place
    return Scenario(shown, Choices.model_construct(**{**_blank(), **merged}), frozenset(stated), document, path, folder)


def _blank() -> dict[str, Any]:
    return {name: getattr(Choices(), name) for name in Choices.model_fields}


def _named(document: Document, path: tuple[str, ...], section: Section, name: str, key: str = "") -> Choices:
    if name in section.scenarios:
        return section.scenarios[name]
    known = practice().named
    if name in known:
        return known[name]
    error = unknown("E781", name, [*section.scenarios, *known], "scenario")
    raise error.at(document.place((*path, key)) if key else None)


def unknown(code: str, name: str, known: Iterable[str], what: str, line: str = "") -> FootprintError:
    """The error for a name that is none of those known."""
    known = list(known)
    near = nearest(name, known) or tuple(known[:1])
    expected = " or ".join(nearest(name, known)) or f"one of {', '.join(known)}"
    return FootprintError(code, read=f"{what} `{name}`", expected=expected, write=line or (near[0] if near else ""))
