"""Doses, equilibrium and figures of the leach tanks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.base import FixedSplit, Notice
from hydromet.units.bracket import rising_root
from hydromet.units.leaching.kinetics import BATCH
from hydromet.units.leaching.rates import SULFURIC, Conditions, acidity, relative_size, supply
from hydromet.units.leaching.table import leach_table
from hydromet.units.leaching.train import Outcome, demand
from hydromet.units.vessel import ACID_EQUIVALENT, free_acid, react

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.chemistry import Chemistry
    from hydromet.units.leach import Leach

_METALS = ("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe")
# A shortage of acid or reductant below this share is round-off.
_SHORT = 1e-9
# The acid search looks no further than this many times the acid that the reactions need, plus the target.
_REACH = 8.0

_FUMES = "H+ + F- = HF(g)"
_OLIVINE, _PHOSPHATE = "LiFePO4(s)", "FePO4:2H2O(s)"
_BAR = 1e5

_SOLIDS = {
    "LiNi0.6Mn0.2Co0.2O2(s)": 1.49, "C(s)": 8.3, "PVDF(s)": 0.1, "Al(s)": 0.2, "Cu(s)": 0.09, "Fe(s)": 0.015,
    "Li2CO3(s)": 0.02, "LiF(s)": 0.2, "LiPO2F2(s)": 0.03, "CaCO3(s)": 0.01, "SiO2(s)": 0.02, "TiO2(s)": 0.005,
    "PbSO4(s)": 0.001, "H2O": 0.3,
}  # fmt: skip
_LIQUOR = {"flows": {"H2O": 95.0, "Na+": 0.2, "Ni+2": 0.05, "SO4-2": 0.15}, "temperature": 320.0}
EXAMPLE: tuple[Mapping[str, Any], ...] = (
    {
        "parameters": {"temperature": 333.15, "pH": 1.3, "reductant_ratio": 1.05},
        "inlets": {
            "solids": {"flows": _SOLIDS},
            "liquor": _LIQUOR,
            "acid": {"flows": {"H2SO4(l)": 10.0, "H2O": 1.1}},
            "reductant": {"flows": {"H2O2": 14.7, "H2O": 27.8}},
        },
    },
    {
        "parameters": {"temperature": 353.15, "tanks": 2, "residence_time": 7200.0},
        "inlets": {
            "solids": {"flows": {"LiNi0.8Co0.15Al0.05O2(s)": 1.0, "LiFePO4(s)": 0.2, "C(s)": 4.0, "Ni(s)": 0.1}},
            "liquor": {"flows": {"H2O": 120.0, "H+": 4.0, "SO4-2": 2.0}, "temperature": 300.0},
        },
    },
    {
        "parameters": {"temperature": 333.15, "residence_time": 7200.0, "cycle_time": 14400.0, "heel": 0.1},
        "inlets": {
            "solids": {"flows": {"LiNi0.6Mn0.2Co0.2O2(s)": 1.0, "LiF(s)": 0.05, "C(s)": 4.0}},
            "liquor": {"flows": {"H2O": 100.0, "H+": 4.0, "SO4-2": 2.0}, "temperature": 330.0},
            "reductant": {"flows": {"H2O2": 0.8, "H2O": 1.5}},
        },
    },
)


def phases(unit: Leach, solids: Stream) -> tuple[str, ...]:
    """Solids that settle by equilibrium: those declared, and the phosphate as which the iron of an olivine falls."""
    olivine = solids[_OLIVINE] > 0.0 and _PHOSPHATE not in unit.solids
    return (*unit.solids, _PHOSPHATE) if olivine else unit.solids


def conditions(unit: Leach, solids: Stream) -> Conditions:
    """What the parameters of a unit and the sizes of its feed mean for the rates."""
    acid = None if unit.free_acid is None else unit.free_acid / SULFURIC
    return Conditions(
        unit.temperature,
        unit.residence_time,
        unit.tanks if unit.cycle_time is None else BATCH,
        unit.locked,
        unit.peroxide_efficiency,
        {name: share for name, (share, _) in leach_table().shares.items()} | unit.dissolved,
        frozenset(phases(unit, solids)),
        acid=acid if unit.pH is None else acidity(unit.pH),
        size=relative_size(unit.particle_size),
        sizes=solids.sizes if unit.feed_sizes else {},
        heel=unit.heel,
        dosed_tanks=unit.reductant_tanks if unit.cycle_time is None else 1,
    )


def at_acid(how: Conditions, slurry: Stream, chemistry: Chemistry) -> Conditions:
    """The conditions with the free acid of a slurry as their target."""
    return replace(how, acid=0.5 * chemistry.liquor(slurry).free_acid) if slurry["H2O"] > 0.0 else how


@dataclass(frozen=True)
class Dosing:
    """The slurry as a function of the acid added to it; see ``dose``."""

    given: Stream
    extents: Mapping[str, float]
    chemistry: Chemistry

    def reacted(self, stream: Stream) -> tuple[Stream, dict[str, float]]:
        """A mixture after neutralisation and the leach reactions, with the extents of the former."""
        mixed, first = self.chemistry.canonical(stream)
        return react(mixed, self.extents, self.chemistry), dict(first)

    def dose(self, acid: Stream, *, pH: float | None, acid_content: float | None) -> float:
        """Acid that brings the slurry to a pH or to a free acid (kg/m3 as H2SO4), kg/s.

        The acid that the reactions consume comes first; the slurry then holds none, and what is missing to the target
        is added to it.

        Args:
            acid: template of 1 kg/s, dissolved.
            pH: target, or none.
            acid_content: target, or none.
        """
        strength = _proton(acid)
        missing = self._missing()
        if strength <= 0.0 and missing > 0.0:
            raise UnitError(
                "E809", read="an acid port without acid", expected="sulfuric acid", write="acid: sulfuric_acid"
            )
        if strength <= 0.0 or self.given["H2O"] <= 0.0:
            return 0.0
        need = missing / strength
        least = max(need, 0.0)
        bare, _ = self.reacted(self.given.plus(acid.scaled(least)))
        if pH is not None:
            if self.chemistry.liquor(bare).pH <= pH:
                return least
            return least + self.chemistry.at_pH(bare, pH, acid).dose
        target = acid_content or 0.0

        if target <= 0.0:
            return least

        def miss(dose: float) -> float:
            return free_acid(self.reacted(self.given.plus(acid.scaled(dose)))[0], self.chemistry) / target - 1.0

        # Almost all that is added beyond the need stays free acid.
        reach = target * self.chemistry.volume(bare, "aq") * ACID_EQUIVALENT / strength
        return rising_root(miss, least, least + _REACH * reach, need + reach, slope=1.0 / reach)

    def _missing(self) -> float:
        """H+ that the reactions need beyond what is there, mol/s; negative if acid is left."""
        canonical = self.chemistry.canonical(self.given)[0]
        used = sum(-self.chemistry.reaction(e).coefficients.get("H+", 0.0) * xi for e, xi in self.extents.items())
        return used - _proton(canonical)


def _proton(stream: Stream) -> float:
    return stream["H+"] - stream["OH-"]


def peroxide(flows: Mapping[str, float], template: Stream, how: Conditions) -> float:
    """Mass of reductant that gives the electrons that the metals of the feed do not, kg/s.

    A declared efficiency of peroxide is credited; what decomposes otherwise is left to the ratio of the unit.
    """
    share = 1.0 if how.peroxide_efficiency is None else how.peroxide_efficiency
    electrons = supply(template.flows, share)
    if electrons <= 0.0:
        return 0.0
    return max(0.0, sum(demand(flows, how).values()) - supply(flows, share)) / electrons


def settle(
    stream: Stream, solids: tuple[str, ...], chemistry: Chemistry
) -> tuple[Stream, Mapping[str, float], float | None]:
    """Equilibrium with the sparingly soluble solids whose elements are all there; activity of the water, if known."""
    if stream["H2O"] <= 0.0:
        return stream, {}, None
    there = stream.elements()
    possible = tuple(s for s in solids if all(there.get(e, 0.0) > 0.0 for e in species(s).elements))
    if not possible:
        return stream, {}, None
    state = chemistry.equilibrate(stream, solids=possible, temperature=stream.temperature)
    return state.stream, state.extents, state.liquor.water_activity


def extraction(feed: Mapping[str, Stream], slurry: Stream) -> dict[str, float]:
    """Share of each metal in the solids fed that is no longer solid."""
    solid = feed.get("solids", Stream()).part("s").elements()
    left = slurry.part("s").elements()
    return {f"extraction_{m}": 1.0 - left.get(m, 0.0) / solid[m] for m in _METALS if solid.get(m, 0.0) > 0.0}


def liquor_values(slurry: Stream, chemistry: Chemistry) -> dict[str, float]:
    """Acidity of the slurry as pH, if it is wet."""
    return {"pH": chemistry.liquor(slurry).pH} if slurry["H2O"] > 0.0 else {}


def reagents(feed: Mapping[str, Stream], slurry: Stream) -> dict[str, float]:
    """Peroxide fed per mole of Ni, Co and Mn dissolved, and acid per mass of dry solids."""
    dissolved = sum(slurry.part("aq").elements().get(m, 0.0) for m in ("Ni", "Co", "Mn"))
    fed = sum(s["H2O2"] for s in feed.values())
    dry = feed.get("solids", Stream()).part("s").mass()
    acid = sum(s["H2SO4(l)"] for s in feed.values()) * species("H2SO4(l)").molar_mass
    found = {"peroxide_mol_per_mol": fed / dissolved} if dissolved > 0.0 else {}
    return found | ({"sulfuric_acid_kg_per_kg": acid / dry} if dry > 0.0 else {})


def profile(
    flows: Mapping[str, float], how: Conditions, outcomes: tuple[Outcome, ...]
) -> tuple[Mapping[str, float], ...]:
    """Extraction after each tank with the liquor there: free acid and reductant left (as peroxide), mol/kg water."""
    solid = Stream({n: f for n, f in flows.items() if n.endswith("(s)")}).elements()
    rows: list[Mapping[str, float]] = []
    for tank, outcome in enumerate(outcomes, 1):
        left = solids_after(flows, outcome)
        row = {f"extraction_{m}": 1.0 - left.get(m, 0.0) / solid[m] for m in _METALS if solid.get(m, 0.0) > 0.0}
        liquor = {"free_acid_mol_kg": outcome.done.acid, "reductant_mol_kg": max(outcome.done.reductant, 0.0)}
        rows.append({"tank": float(tank), "residence_time_s": how.time * tank / len(outcomes), **row, **liquor})
    return tuple(rows)


def solids_after(flows: Mapping[str, float], outcome: Outcome) -> dict[str, float]:
    """Elements in the solids that the leach leaves, mol/s."""
    from hydromet.chemistry.reaction import parse_equation

    total = {n: f for n, f in flows.items() if n.endswith("(s)")}
    for name, xi in outcome.extents.items():
        for each, nu in parse_equation(name)[1].items():
            if each.endswith("(s)"):
                total[each] = total.get(each, 0.0) + nu * xi
    found: dict[str, float] = {}
    for name, flow in total.items():
        for element, count in species(name).elements.items():
            found[element] = found.get(element, 0.0) + max(flow, 0.0) * count
    return found


def fluoride_gas(slurry: Stream, gas: Stream, chemistry: Chemistry) -> tuple[Stream, Stream, dict[str, float]]:
    """HF that the gas of the tank carries away: saturated at the pressure that the liquor has of it.

    Returns:
        slurry, gas, extent of ``_FUMES``.
    """
    whole = sum(gas.flows.values())
    if whole <= 0.0 or slurry["F-"] <= 0.0 or slurry["H2O"] <= 0.0:
        return slurry, gas, {}
    pressure = _BAR * 10.0 ** chemistry.liquor(slurry).saturation_index("HF(g)")
    # Each mole of HF takes its own room in the gas. A thousandth of the fluoride is far more than a liquor gives.
    room = 1e-3 * max(0.0, min(slurry["F-"], slurry["H+"]))
    extent = min(whole * pressure / max(slurry.pressure - pressure, pressure), room)
    left = slurry.with_flows({**slurry.flows, **{n: slurry[n] - extent for n in ("H+", "F-")}})
    return left, gas.with_flows({**gas.flows, "HF(g)": gas["HF(g)"] + extent}), {_FUMES: extent}


def peroxide_values(given: Stream, outcome: Outcome, chemistry: Chemistry, slurry: Stream) -> dict[str, float]:
    """Share of the peroxide that decomposed in time, and what all of it would heat the slurry by without cooling, K."""
    if given["H2O2"] <= 0.0:
        return {}
    heat = 0.0
    for equation, extent in outcome.extents.items():
        reaction = chemistry.reaction(equation)
        if reaction.coefficients.get("H2O2", 0.0) < 0.0:
            heat -= extent * reaction.heat(given.temperature)
    lost = min(1.0, outcome.lost / given["H2O2"])
    rise = heat / chemistry.heat_capacity(slurry)
    return {"peroxide_decomposed": lost, "peroxide_adiabatic_rise_K": rise}


def batches(slurry: Stream, unit: Leach, chemistry: Chemistry) -> dict[str, float]:
    """Volume of slurry of all batch vessels together, m3: what flows in a cycle, and the heel."""
    if unit.cycle_time is None:
        return {}
    return {"batch_volume_m3": chemistry.volume(slurry) * unit.cycle_time / (1.0 - unit.heel)}


def splits(feed: Stream, oxides: Iterable[str], declared: Mapping[str, float], locked: float) -> tuple[FixedSplit, ...]:
    """Dissolved shares and oxide locked in binder, one row a solid of the feed."""
    rows = {**leach_table().shares, **{name: (share, "declared in the flowsheet") for name, share in declared.items()}}
    found = [FixedSplit("dissolution", n, s, "slurry", why) for n, (s, why) in sorted(rows.items()) if feed[n]]
    return (*found, *(FixedSplit("oxide locked in binder", n, locked, "slurry") for n in sorted(oxides)))


def notices(outcome: Outcome, gas: Stream) -> tuple[Notice, ...]:
    """Shortage of acid or reductant, hydrogen in the gas."""
    found: list[Notice] = []
    if outcome.acid_share < 1.0 - _SHORT:
        share = f"{100.0 * outcome.acid_share:.3g} %"
        found.append(Notice("W802", f"the acid suffices for {share} of the oxides in reach"))
    covered = _ratio([outcome.supply], outcome.demand)
    if covered < 1.0 - _SHORT:
        found.append(Notice("W803", f"reductants cover {100.0 * covered:.3g} % of what the oxides can take up"))
    dry = sum(gas.flows.values()) - gas["H2O(g)"]
    if gas["H2(g)"] > 0.0:
        found.append(Notice("W804", f"the gas holds {100.0 * gas['H2(g)'] / dry:.3g} % hydrogen (dry)"))
    return tuple(found)


def _ratio(parts: Iterable[float], whole: float) -> float:
    return sum(parts) / whole if whole > 0.0 else 1.0
