"""Cascades of a solved plant: their stages as a table, and their McCabe-Thiele diagrams.

Everything is read from the result; nothing is solved again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.chemistry.extraction.extractants import load_extractant
from hydromet.chemistry.physical.volume import volume
from hydromet.chemistry.solutions.curve import Column, Curve
from hydromet.errors import CommandError
from hydromet.source import nearest
from hydromet.species import species
from hydromet.stream import ROOM, Stream
from hydromet.study.mccabe_thiele import McCabeThiele, mccabe_thiele
from hydromet.units.cascade import element_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.flowsheet.result import Result

MODELS = ("extract", "scrub", "strip")
HOUR, LITRES, ZERO = 3600.0, 1e3, 273.15
# pH below and above those of the stages, and between the flasks, of an isotherm; O/A and flasks of a loading isotherm.
_BELOW, _ABOVE, _STEP = 1.5, 1.0, 0.2
_RATIOS, _FLASKS = (0.1, 10.0), 17
# Ions that balance the charge; none of them is what a cascade is run for.
_COUNTER_IONS = frozenset({"Na", "Li", "K", "NH4"})


@dataclass(frozen=True)
class Cascade:
    """A solved cascade of a plant.

    Attributes:
        name: of the unit. model: extract, scrub or strip.
        extractant: name of its data file. temperature: of the stages, K. efficiency: of the stages, 0 to 1.
        stages: a mapping a stage, as in ``units.<name>.stages`` of a result.
        moved: element -> mol/h that go from the liquor to the organic; below zero the other way.
        molarity: extractant in the organic that enters, as monomer, mol/L.
        organic_in: element -> g/L in the organic that enters the last stage.
        aqueous_in: element -> g/L in what enters stage 1, referred to the aqueous volume that leaves it.
        converged: whether the plant is.
        synergists: name -> mol/L in the organic.
    """

    name: str
    model: str
    extractant: str
    temperature: float
    efficiency: float
    stages: tuple[Mapping[str, float], ...]
    moved: Mapping[str, float]
    molarity: float
    organic_in: Mapping[str, float]
    aqueous_in: Mapping[str, float]
    converged: bool
    synergists: Mapping[str, float] = field(default_factory=dict)

    @property
    def metals(self) -> tuple[str, ...]:
        """Elements in the profile, NH4 among them."""
        return tuple(key.removesuffix("_aq_g_L") for key in self.stages[0] if key.endswith("_aq_g_L"))

    @property
    def main(self) -> str:
        """The metal the cascade is run for: the one most of which goes the way of the unit, counter-ions apart."""
        way = 1.0 if self.model == "extract" else -1.0
        there = [name for name in self.metals if name not in _COUNTER_IONS] or list(self.metals)
        return max(there, key=lambda name: way * self.moved.get(name, 0.0))

    def metal(self, name: str) -> str:
        """The element of a metal named by element or ion.

        Raises:
            CommandError: E643 it is not in the profile.
        """
        for known in self.metals:
            if name.casefold() in (known.casefold(), f"{known}+".casefold()) or element_of(name) == known:
                return known
        near = nearest(name, self.metals) or (self.main,)
        raise CommandError(
            "E643", read=name, expected=f"a metal of {self.name}: {', '.join(self.metals)}", write=f"--metal {near[0]}"
        )

    @property
    def conditions(self) -> str:
        """In words, for a caption."""
        known = load_extractant(self.extractant)
        ratios = [row["O_A"] for row in self.stages]
        parts = [
            f"{known.name} {self.molarity:.2g} mol/L",
            f"O/A {_span(ratios)}",
            f"{self.temperature - ZERO:.4g} degC",
        ]
        if self.efficiency < 1.0:
            parts.append(f"stage efficiency {100.0 * self.efficiency:.3g} %")
        if not self.converged:
            parts.append("the plant did not converge")
        return "; ".join(parts)


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.3g}", f"{max(values):.3g}"
    return low if low == high else f"{low} to {high}"


def _mass(ion: str) -> float:
    """Molar mass of an ion, kg/mol."""
    return species(ion).molar_mass


def cascades(result: Result) -> dict[str, Cascade]:
    """Every cascade of a result that has stages, by the name of its unit, in the order of the plant."""
    found = {}
    for name in (*result["order"], *result["units"]):
        record = result["units"].get(name)
        if name not in found and record and record["model"] in MODELS and record["stages"]:
            found[name] = _cascade(result, name, record)
    return found


def cascade(result: Result, name: str) -> Cascade:
    """One cascade by the name of its unit.

    Raises:
        CommandError: E641 no such unit, E642 it is no cascade, E644 it has no stages: nothing is contacted in it.
    """
    record = result["units"].get(name)
    usable = [key for key, one in result["units"].items() if one["model"] in MODELS]
    write = f"{(nearest(name, usable) or usable or [''])[0]}"
    if record is None:
        near = nearest(name, result["units"]) or tuple(usable)
        expected = f"a unit of the plant: {', '.join(near)}" if near else "a plant with units"
        raise CommandError("E641", read=name, expected=expected, write=write)
    if record["model"] not in MODELS:
        expected = f"an extract, scrub or strip unit: {', '.join(usable) or 'this plant has none'}"
        raise CommandError("E642", read=f"{name}, {record['model']}", expected=expected, write=write)
    if not record["stages"]:
        raise CommandError("E644", read=f"{name} without stages", expected="a cascade in which something is contacted")
    return _cascade(result, name, record)


def _cascade(result: Result, name: str, record: Mapping[str, Any]) -> Cascade:
    parameters = record["parameters"]
    known = load_extractant(parameters["extractant"])
    moved = {
        element_of(ion): float(record["extents_mol_h"].get(metal.equation, 0.0)) for ion, metal in known.metals.items()
    }
    organic = _entering(result, record, ("organic",)).part("org")
    size = volume(organic, "org")
    later = {"organic": 0, "base": 0, "side": parameters.get("side_stage", 1), **parameters.get("sides", {})}
    ahead = [port for port in record["in"] if int(later.get(port, 1)) == 1]
    liquor = _entering(result, record, ahead)
    leaving = size / record["stages"][0]["O_A"]
    return Cascade(
        name=name,
        model=record["model"],
        extractant=known.key,
        temperature=float(str(parameters["temperature"]).split()[0]),
        efficiency=float(parameters["stage_efficiency"]),
        stages=tuple(record["stages"]),
        moved=moved,
        molarity=organic.elements().get(known.symbol, 0.0) / size / LITRES,
        synergists={name: organic[one.id] / size / LITRES for name, one in known.synergists.items()},
        organic_in={element_of(ion): organic[one.organic] * _mass(ion) / size for ion, one in known.metals.items()},
        aqueous_in={element_of(ion): liquor[ion] * _mass(ion) / leaving for ion in known.metals},
        converged=result.converged,
    )


def _entering(result: Result, record: Mapping[str, Any], ports: Sequence[str]) -> Stream:
    """Everything that enters a unit by some ports, mol/s; of a feed that other units draw from, what this one draws."""
    flows: dict[str, float] = {}
    temperature = ROOM
    for port in ports:
        for name in record["in"].get(port, []):
            found = result["streams"].get(name) or result["feeds"][name]
            drawn = record["drawn_kg_h"].get(port) if name in result["feeds"] else None
            share = drawn / found["mass_kg_h"] if drawn is not None and found["mass_kg_h"] > 0.0 else 1.0
            temperature = found["temperature_K"]
            for one, flow in found["species_mol_h"].items():
                flows[one] = flows.get(one, 0.0) + share * flow / HOUR
    return Stream(flows, temperature)


def diagram(source: Cascade, metal: str) -> McCabeThiele:
    """McCabe-Thiele of one metal of a cascade, with what really enters on the organic.

    Raises:
        CommandError: E643 the metal is not in the profile.
    """
    name = source.metal(metal)
    return mccabe_thiele(
        source.stages,
        name,
        source.extractant,
        source.temperature,
        aqueous_in=source.aqueous_in[name],
        organic_in=source.organic_in[name],
        synergists=source.synergists,
    )


def mccabe_thiele_table(source: Cascade, metals: Sequence[str] = ()) -> Curve:
    """The lines of McCabe-Thiele diagrams as a table, one row a point.

    Args:
        source: the cascade.
        metals: elements or ions; the one the cascade is run for if empty.

    Returns:
        columns metal, line (``operating``, ``equilibrium``, ``steps``, ``stage``), number of the stage (of the phases
        leaving it; 0 is where the liquor enters), aqueous and organic in g/L, pH of a stage.

    Raises:
        CommandError: E643 a metal is not in the profile.
    """
    names = list(dict.fromkeys(source.metal(metal) for metal in metals)) or [source.main]
    rows: list[tuple[str, str, float | None, float, float, float | None]] = []
    for name in names:
        found = diagram(source, name)
        rows += [(name, "operating", float(j), x, y, None) for j, (x, y) in enumerate(found.operating)]
        rows += [(name, "equilibrium", None, x, y, None) for x, y in found.equilibrium]
        rows += [(name, "steps", None, x, y, None) for x, y in found.steps]
        points = zip(found.stages, found.pH, strict=True)
        rows += [(name, "stage", j + 1.0, x, y, pH) for j, ((x, y), pH) in enumerate(points)]
    heads = (("metal", "", "text"), ("line", "", "text"), ("stage", "", "text"), ("aqueous", "g/L", "x"),
             ("organic", "g/L", "y"), ("pH", "", "text"))  # fmt: skip
    columns = tuple(
        Column(*head, values=tuple(values)) for head, values in zip(heads, zip(*rows, strict=True), strict=True)
    )
    return Curve("mccabe_thiele", source.name, source.conditions, columns)


def profile_table(source: Cascade) -> Curve:
    """The stages of a cascade as a table.

    Returns:
        columns stage, pH, free extractant (mol/L, as monomer), loading (% of capacity), O/A, of every metal
        ``aqueous`` and ``organic`` (g/L).
    """
    rows = source.stages
    columns = [
        Column("stage", "", "x", tuple(int(row["stage"]) for row in rows)),
        Column("pH", "", "pH", tuple(row["pH"] for row in rows)),
        Column("free extractant", "mol/L", "free", tuple(row["free_extractant_mol_L"] for row in rows)),
        Column("loading", "% of capacity", "text", tuple(100.0 * row["loading"] for row in rows)),
        Column("O/A", "", "text", tuple(row["O_A"] for row in rows)),
    ]
    for name in source.metals:
        columns.append(Column(f"{name} aqueous", "g/L", "aqueous", tuple(row[f"{name}_aq_g_L"] for row in rows)))
        columns.append(Column(f"{name} organic", "g/L", "organic", tuple(row[f"{name}_org_g_L"] for row in rows)))
    return Curve("stage_profiles", source.name, source.conditions, tuple(columns))


def laboratory(source: Cascade, kind: str, result: str) -> Curve:
    """Shake-out tests with the liquor and the organic that enter an extraction.

    Args:
        source: an extraction of the result.
        kind: ``isotherm``, at the O/A of the plant over the pH of its stages and some way to both sides, which marks
            the stages; or ``loading``, at the pH of the raffinate.
        result: the file it is of.

    Raises:
        ExtractionError: E603 to E605 and E629 of the flasks.
    """
    from hydromet.study.shake_out import loading_isotherm, pH_isotherm
    from hydromet.study.sx_case import read_case

    case = read_case(None, source=(result, source.name))
    values = [row["pH"] for row in source.stages]
    if kind == "loading":
        low, high = _RATIOS
        return loading_isotherm(case, round(values[-1], 3), [float(x) for x in np.geomspace(low, high, _FLASKS)])
    start, end = np.floor(min(values) - _BELOW), np.ceil(max(values) + _ABOVE)
    found = pH_isotherm(case, [float(x) for x in np.linspace(start, end, int((end - start) / _STEP) + 1)])
    stages = tuple((pH, f"stage {j + 1}") for j, pH in enumerate(values))
    return replace(found, marks=tuple(sorted((*found.marks, *stages))))
