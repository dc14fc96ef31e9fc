"""Tables of limits for effluents, and what a flowsheet puts in place of them: a prefecture's ordinance, a permit.

The tables are ``data/limits/effluent_tables.csv``, their limits ``effluent_limits.csv``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.datafiles import read_csv
from hydromet.errors import FlowsheetError
from hydromet.quantity import convert, parse
from hydromet.source import nearest
from hydromet.species import atomic_mass, pseudo_elements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.flowsheet.schema import Effluent

TABLES = "data/limits/effluent_tables.csv"
LIMITS = "data/limits/effluent_limits.csv"
WATER, AIR = "water", "air"
PH = "pH"
# Unit of a limit and how the text of one is read.
UNITS = {WATER: ("mg/L", "mass concentration"), AIR: ("mg/Nm3", "gas concentration")}
# What a limit may speak of beside elements; the second group is predicted by no balance.
SUMS = {WATER: (PH, "SO4", "N(oxidised)", "Cr(VI)", "oil", "SS"), AIR: ("dust", "HF")}
UNKNOWN = {WATER: ("CN", "BOD", "COD", "phenols"), AIR: ()}
# Letters of the longest symbol.
_SYMBOL = 2
_DECLARED, _STRICTER = "declared", "stricter"


@dataclass(frozen=True)
class EffluentLimit:
    """One limit.

    Attributes:
        component: what it limits. basis: ``total`` or ``dissolved``, empty for pH and gases. kind: ``max`` or ``min``.
        value: in ``unit``, which is mg/L, mg/Nm3 or pH. period: what the limit is a limit of.
        source, grade, note: of the value. ammonia: share of the ammonia nitrogen that a limit of nitrogen counts.
    """

    component: str
    basis: str
    kind: str
    value: float
    unit: str
    period: str
    source: str
    grade: str
    note: str = ""
    ammonia: float = 1.0


@dataclass(frozen=True)
class Table:
    """A named table.

    Attributes:
        medium: ``water`` or ``air``. override: ``stricter`` if a flowsheet may only tighten it, else ``any``.
    """

    name: str
    medium: str
    override: str
    standard: str
    note: str
    limits: tuple[EffluentLimit, ...]


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Table]:
    """All tables by name."""
    rows = read_csv(LIMITS)
    found = {}
    for head in read_csv(TABLES):
        name, medium = head["table"], head["medium"]
        limits = tuple(_limit(row, medium) for row in rows if row["table"] == name)
        found[name] = Table(name, medium, head["override"], head["standard"], head["note"], limits)
    return found


def _limit(row: Mapping[str, str], medium: str) -> EffluentLimit:
    value, unit = _number(row["component"], row["limit"], medium)
    return EffluentLimit(row["component"], row["basis"], row["kind"], value, unit, row["period"], row["source"],
                         row["grade"], row["note"], parse(row["ammonia"] or "1", "fraction"))  # fmt: skip


def _number(component: str, text: str | float, medium: str) -> tuple[float, str]:
    """Value and unit of a limit.

    Raises:
        QuantityError: E2.., the text is no concentration.
    """
    if component == PH:
        return parse(text, PH), PH
    unit, dimension = UNITS[medium]
    return convert(parse(text, dimension), unit, dimension), unit


def table(name: str) -> Table:
    """A table by name.

    Raises:
        FlowsheetError: E470, there is none of that name.
    """
    known = tables()
    if name not in known:
        near = nearest(name, known) or tuple(known)
        raise FlowsheetError("E470", read=name, expected=f"one of {', '.join(near)}", write=f"limits: {near[0]}")
    return known[name]


def medium_of(declared: Effluent) -> str:
    """``water`` or ``air``; without a table, air where a fan adds some."""
    if declared.limits is not None:
        return table(declared.limits).medium
    return AIR if declared.air > 0.0 else WATER


def limits_of(declared: Effluent) -> tuple[EffluentLimit, ...]:
    """The limits a declared effluent is held against: its table with the overrides in place.

    An override takes the place of every limit of the component, whatever its period, and keeps its basis.

    Raises:
        FlowsheetError: E470 no such table, E471 no such component or no such form of a limit, E472 looser than a table
            that can only be tightened.
        QuantityError: a limit is no concentration.
    """
    base = table(declared.limits) if declared.limits is not None else None
    medium = medium_of(declared)
    limits = list(base.limits) if base else []
    for component in declared.override:
        before = [limit for limit in limits if limit.component == component]
        made = override(declared, component, medium)
        if base and base.override == _STRICTER:
            for limit in made:
                _no_looser(limit, before, base)
        basis = before[0].basis if before else "" if component == PH or medium == AIR else "total"
        ammonia = before[0].ammonia if before else 1.0
        limits = [limit for limit in limits if limit.component != component]
        limits += [replace(limit, basis=basis, ammonia=ammonia) for limit in made]
    return tuple(limits)


def override(declared: Effluent, component: str, medium: str) -> list[EffluentLimit]:
    """What the flowsheet says of one component; see ``limits_of`` for what is raised."""
    if not _known(component, medium):
        choices = (*SUMS[medium], *UNKNOWN[medium], "Ni", "Zn")
        near = nearest(component, choices) or choices
        raise FlowsheetError(
            "E471", read=component, expected=f"an element or one of {', '.join(choices[:-2])}",
            write=f"override: {{{near[0]}: {'[6, 8]' if near[0] == PH else '1 ' + UNITS[medium][0]}}}",
        )  # fmt: skip
    given = declared.override[component]
    if isinstance(given, tuple) != (component == PH) or (isinstance(given, tuple) and given[0] >= given[1]):
        expected = "the lowest and the highest pH" if component == PH else f"one concentration in {UNITS[medium][0]}"
        write = f"{component}: {'[6, 8]' if component == PH else '1 ' + UNITS[medium][0]}"
        shown = list(given) if isinstance(given, tuple) else given
        raise FlowsheetError("E471", read=f"{component}: {shown}", expected=expected, write=write)
    parts = zip(("min", "max"), given, strict=True) if isinstance(given, tuple) else (("max", given),)
    made = []
    for kind, text in parts:
        value, unit = _number(component, text, medium)
        made.append(EffluentLimit(component, "", kind, value, unit, "any time", "the flowsheet", _DECLARED))
    return made


def _known(component: str, medium: str) -> bool:
    if component in SUMS[medium] or component in UNKNOWN[medium]:
        return True
    return medium == WATER and is_element(component)


def is_element(name: str) -> bool:
    """Is this the symbol of an element, and no pseudo-element?"""
    if len(name) > _SYMBOL:  # molmass knows elements by name, too
        return False
    try:
        atomic_mass(name)
    except ValueError:
        return False
    return name not in pseudo_elements()


def _no_looser(limit: EffluentLimit, before: list[EffluentLimit], base: Table) -> None:
    loosest = [old.value for old in before if old.kind == limit.kind]
    if not loosest:
        return
    bound = max(loosest) if limit.kind == "max" else min(loosest)
    if limit.value > bound if limit.kind == "max" else limit.value < bound:
        unit = "" if limit.unit == PH else f" {limit.unit}"
        raise FlowsheetError(
            "E472", read=f"{limit.component} {limit.kind} {limit.value:g}{unit}",
            expected=f"at {'most' if limit.kind == 'max' else 'least'} {bound:g}{unit}, as in {base.name}",
            write=f"limits: {base.name}   # without {limit.component} under override",
        )  # fmt: skip
