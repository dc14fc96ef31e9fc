"""A reagent dosed into a liquor: to a pH, or as an oxidant of iron."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hydromet.errors import ChemistryError, UnitError
from hydromet.stream import Stream, add_flows
from hydromet.units.base import Notice
from hydromet.units.bracket import rising_root
from hydromet.units.iron_oxidation import oxidised_share
from hydromet.units.vessel import add_extents, react

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry import Chemistry, Equilibrium
    from hydromet.units.base import Inlets
    from hydromet.units.iron_oxidation import Aeration

_PEROXIDE = "2 Fe+2 + H2O2 + 2 H+ = 2 Fe+3 + 2 H2O"
_OXYGEN = "4 Fe+2 + O2(g) + 4 H+ = 4 Fe+3 + 2 H2O"
_DECOMPOSITION = "2 H2O2 = 2 H2O + O2(g)"
# Solids left out are reported from this saturation index on.
_SUPERSATURATED = 0.3
_NEAR = 1e-6
# Doses of the rescue search, kg per kg of liquor.
_FIRST, _LAST = 1e-4, 10.0
# Water in which a reagent is thought of as dissolved, mol per mol.
_MUCH = 100.0
# How solids of a reagent go into solution.
_SALTS = {
    "NaOH(s)": "NaOH(s) = Na+ + OH-",
    "LiOH(s)": "LiOH(s) = Li+ + OH-",
    "LiOH:H2O(s)": "LiOH:H2O(s) = Li+ + OH- + H2O",
    "Ca(OH)2(s)": "Ca(OH)2(s) = Ca+2 + 2 OH-",
    "Mg(OH)2(s)": "Mg(OH)2(s) = Mg+2 + 2 OH-",
    "CaO(s)": "CaO(s) + H2O = Ca+2 + 2 OH-",
    "MgO(s)": "MgO(s) + H2O = Mg+2 + 2 OH-",
    "Na2CO3(s)": "Na2CO3(s) = 2 Na+ + CO3-2",
    "Li2CO3(s)": "Li2CO3(s) = 2 Li+ + CO3-2",
    "CaCO3(s)": "CaCO3(s) = Ca+2 + CO3-2",
    "MgCO3(s)": "MgCO3(s) = Mg+2 + CO3-2",
    "NaHCO3(s)": "NaHCO3(s) = Na+ + CO3-2 + H+",
    "K2CO3(s)": "K2CO3(s) = 2 K+ + CO3-2",
    "Na2SO4(s)": "Na2SO4(s) = 2 Na+ + SO4-2",
    "K2SO4(s)": "K2SO4(s) = 2 K+ + SO4-2",
    "Li2SO4(s)": "Li2SO4(s) = 2 Li+ + SO4-2",
    "CaSO4(s)": "CaSO4(s) = Ca+2 + SO4-2",
    "NaCl(s)": "NaCl(s) = Na+ + Cl-",
    "KCl(s)": "KCl(s) = K+ + Cl-",
    "NaF(s)": "NaF(s) = Na+ + F-",
}
# Of sulfide reagents and oxidants.
_SULFIDES = {"Na2S(s)": "Na2S(s) + H2O = 2 Na+ + HS- + OH-", "NaHS(s)": "NaHS(s) = Na+ + HS-"}
_OXIDANTS = {
    "Na2S2O8(s)": "Na2S2O8(s) = 2 Na+ + S2O8-2",
    "(NH4)2S2O8(s)": "(NH4)2S2O8(s) = 2 NH4+ + S2O8-2",
    "KMnO4(s)": "KMnO4(s) = K+ + MnO4-",
}
_RELEASE = {**_SALTS, **_SULFIDES, **_OXIDANTS}
# Solids that a reagent brings into solution unless a unit is told otherwise.
SOLUBLE = tuple(_SALTS)
ALL_SOLUBLE = tuple(_RELEASE)
# Of these what stays solid in a carbonate liquor.
CARBONATES = ("CaCO3(s)", "MgCO3(s)", "Li2CO3(s)")
_ACIDS = ("H+", "H2SO4(l)", "H3PO4(l)", "CO2(g)", "SO2(g)", "HCl(g)")


@dataclass(frozen=True)
class Dosed:
    """A liquor after a dose of reagent.

    Attributes:
        stream: with what precipitated and the gas that left.
        extents: equation -> mol/s.
        dose: kg/s of the reagent.
        pH: reached; None without water.
        saturation: saturation index of every known solid.
        cautions: use of data outside their validity.
    """

    stream: Stream
    extents: Mapping[str, float]
    dose: float = 0.0
    pH: float | None = None
    saturation: Mapping[str, float] = field(default_factory=dict)
    cautions: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Allowed:
    """Phases that take part: see the arguments of ``chemistry.at_pH``."""

    solids: tuple[str, ...] = ()
    dissolve: tuple[str, ...] = ()
    gases: tuple[str, ...] = ("CO2(g)",)


def dissolved(reagent: Stream, chemistry: Chemistry, solids: tuple[str, ...] = ()) -> tuple[Stream, dict[str, float]]:
    """A reagent as it is in much water, with the extents per unit of it: pure acids and the named solids dissolve.

    Raises:
        UnitError: E807 an oxide finds no water to slake with.
    """
    water = _MUCH * max(sum(reagent.flows.values()), 1.0)
    wet, first = chemistry.canonical(reagent.with_flows({**reagent.flows, "H2O": reagent["H2O"] + water}))
    release = {_RELEASE[name]: wet[name] for name in solids if name in _RELEASE and wet[name] > 0.0}
    wet, last = chemistry.canonical(react(wet, release, chemistry))
    left = wet["H2O"] - water
    if left < -_NEAR * water:
        raise UnitError(
            "E807",
            read="an oxide without water",
            expected="a reagent with water to slake it, as milk of lime",
            write="milk: {composition: {MgO(s): 15 wt%}, basis: mass, rest: H2O, role: reagent}",
        )
    return wet.with_flows({**wet.flows, "H2O": max(left, 0.0)}), add_extents(first, release, last)


def to_pH(feed: Stream, pH: float, reagent: Stream, how: Allowed, chemistry: Chemistry) -> Dosed:
    """Equilibrium at a pH, the dose of the reagent as unknown; without a dose where the feed is beyond the pH already.

    Args:
        feed: a liquor; a feed without water comes back as it is.
        pH: target.
        reagent: template of 1 kg/s.
        how: phases that take part.
        chemistry: the engine.
    """
    if feed["H2O"] <= 0.0:
        return Dosed(feed, {})
    if (chemistry.liquor(feed).pH - pH) * _basicity(reagent) >= 0.0:
        return equilibrium(feed, how, chemistry)
    ready, dissolution = dissolved(reagent, chemistry, how.dissolve)
    try:
        state = chemistry.at_pH(feed, pH, ready, solids=how.solids, gases=how.gases)
    except ChemistryError:
        return _searched(feed, pH, ready, dissolution, how, chemistry)
    extents = add_extents(state.extents, {name: xi * state.dose for name, xi in dissolution.items()})
    return _dosed(state, extents)


def _searched(
    feed: Stream, pH: float, ready: Stream, dissolution: Mapping[str, float], how: Allowed, chemistry: Chemistry
) -> Dosed:
    """The dose by a bracketed search over equilibria, where the direct solution fails: steep or buffered pH curves.

    Raises:
        UnitError: E810 no dose brings the liquor to the pH.
    """
    direction = _basicity(ready)

    def state(dose: float) -> Dosed:
        mixed = Stream(add_flows([feed, ready.scaled(dose)]), feed.temperature, feed.pressure)
        return equilibrium(mixed, how, chemistry)

    def miss(dose: float) -> float:
        return direction * ((state(dose).pH or pH) - pH)

    high = _FIRST * feed.mass()
    while (reached := miss(high)) < 0.0:
        high *= 4.0
        if high > _LAST * feed.mass():
            most = f"{pH + direction * reached:.4g}"
            raise UnitError("E810", read=f"pH {pH:.4g}", expected=f"a pH the reagent reaches: with much of it {most}")
    dose = rising_root(miss, 0.0, high, 0.5 * high)
    end = state(dose)
    extents = add_extents(end.extents, {name: xi * dose for name, xi in dissolution.items()})
    return replace(end, extents=extents, dose=dose)


def equilibrium(feed: Stream, how: Allowed, chemistry: Chemistry) -> Dosed:
    """Equilibrium without any reagent; a feed without water comes back as it is."""
    if feed["H2O"] <= 0.0:
        return Dosed(feed, {})
    state = chemistry.equilibrate(feed, solids=how.solids, gases=how.gases)
    return _dosed(state, dict(state.extents))


def _dosed(state: Equilibrium, extents: Mapping[str, float]) -> Dosed:
    cautions = tuple(Notice(c.code, c.text) for c in state.cautions)
    return Dosed(state.stream, extents, state.dose, state.pH, state.saturation, cautions)


def _basicity(reagent: Stream) -> float:
    """+1 for a base, -1 for an acid."""
    return -1.0 if any(reagent[name] > 0.0 for name in _ACIDS) else 1.0


def oxidise_iron(
    inlets: Inlets, ratio: float | None, share: float, chemistry: Chemistry, aeration: Aeration | None = None
) -> tuple[Stream, dict[str, float], dict[str, float]]:
    """Feed with its oxidant after oxidation of Fe+2.

    Args:
        inlets: ``feed``, and ``oxidant`` with H2O2 or O2(g) if there is one.
        ratio: oxidant per stoichiometric need; none: the oxidant has a given flow.
        share: of Fe+2 to oxidise.
        chemistry: reads the equations.
        aeration: tanks whose residence time limits what oxygen does; none: it oxidises the declared share.

    Returns:
        the liquor, what was drawn (kg/s), the extents (mol/s).
    """
    feed, oxidant = inlets["feed"], inlets.get("oxidant", Stream())
    drawn: dict[str, float] = {}
    capacity = 2.0 * oxidant["H2O2"] + 4.0 * oxidant["O2(g)"]
    if ratio is not None:
        drawn["oxidant"] = ratio * share * feed["Fe+2"] / capacity if capacity > 0.0 else 0.0
        oxidant = oxidant.scaled(drawn["oxidant"])
    total = Stream(add_flows([feed, oxidant]), feed.temperature, feed.pressure)
    total, first = chemistry.canonical(total)
    if not oxidant.flows:
        return total, drawn, dict(first)
    iron = share * total["Fe+2"]
    by_peroxide = min(iron, 2.0 * total["H2O2"])
    by_oxygen = min(iron - by_peroxide, 4.0 * total["O2(g)"])
    if aeration is not None and by_oxygen > 0.0:
        left = total.with_flows({**total.flows, "Fe+2": total["Fe+2"] - by_peroxide})
        by_oxygen = min(by_oxygen, left["Fe+2"] * oxidised_share(left, oxidant, aeration, chemistry))
    extents = {_PEROXIDE: 0.5 * by_peroxide, _OXYGEN: 0.25 * by_oxygen}
    extents[_DECOMPOSITION] = 0.5 * max(0.0, total["H2O2"] - 0.5 * by_peroxide)
    # The acid of a nearly neutral feed may not suffice; the base that follows supplies what hydrolysis sets free.
    short = by_peroxide + by_oxygen - total["H+"]
    if short > 0.0:
        extents["H2O = H+ + OH-"] = short
    done = react(total, extents, chemistry)
    done, last = chemistry.canonical(done)
    return done, drawn, add_extents(first, extents, last)


def base_values(state: Dosed, solids: tuple[str, ...]) -> dict[str, float]:
    """Reached pH and the saturation indices of solids that were not allowed to form but would."""
    left_out = {
        f"saturation_index_{name}": index
        for name, index in sorted(state.saturation.items())
        if name not in solids and index > _SUPERSATURATED
    }
    return left_out if state.pH is None else {"pH": state.pH, **left_out}


def notices_of(state: Dosed, pH: float | None = None) -> tuple[Notice, ...]:
    """A feed beyond the set pH, and use of data outside their validity."""
    if pH is None or state.pH is None or abs(state.pH - pH) <= _NEAR:
        return state.cautions
    text = f"no reagent is needed: the pH is {state.pH:.4g}, the set pH {pH:.4g}"
    return Notice("W805", text), *state.cautions
