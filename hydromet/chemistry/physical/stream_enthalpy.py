"""Enthalpy of a stream as a function of temperature.

A liquor is put together at 25 degC, where heats of formation and of dilution are measured, and brought to its
temperature with measured heat capacities::

    H(T) = sum n_i Hf_i + speciation(25 degC) + H_ex(25 degC) + int Cp dT

so dH/dT is the heat capacity by construction, and a composition is speciated once, whatever the temperatures asked.
"""

from __future__ import annotations

from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hydromet import datafiles
from hydromet.chemistry.canonical import LIQUIDS, dissolving, totals_of
from hydromet.chemistry.database import OH, H, load_database
from hydromet.chemistry.engine import solve_equilibrium
from hydromet.chemistry.physical.energy import thermo
from hydromet.chemistry.physical.excess import excess_enthalpy
from hydromet.chemistry.physical.heat_capacity import LiquorHeatCapacity
from hydromet.chemistry.reaction import parse_equation
from hydromet.chemistry.records import T0
from hydromet.chemistry.system import assemble
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry.system import Array, System

MIXING = "data/enthalpy/liquids.csv"
# Highest molality of an ion, mol/kg, at which a liquor that the engine cannot speciate still has an enthalpy.
_MOST = 100.0


class LiquorEnthalpy:
    """Enthalpy of one liquor, J (W where totals are flows), as a function of temperature."""

    def __init__(self, totals: tuple[tuple[str, float], ...]) -> None:
        """Totals on the basis: H+ net, H2O the total water."""
        self._totals = dict(totals)
        self.capacity = LiquorHeatCapacity(self._totals)

    @cached_property
    def at_25(self) -> float:
        """Formation enthalpies of the basis, heat of the speciation and excess enthalpy."""
        system, m, water = self._speciated()
        first = len(system.components)
        formed = water * float(m[first:] @ _formation(system.names[first:]))
        basis = sum(amount * thermo(name)[0] for name, amount in self._totals.items())
        return basis + formed + excess_enthalpy(system, m, water)

    def _speciated(self) -> tuple[System, Array, float]:
        """System, molalities and kg of water at 25 degC; as put in where the engine has no answer (60 % caustic)."""
        base = max(-self._totals.get(H, 0.0), 0.0)
        water = (self._totals[WATER] - base) * species(WATER).molar_mass
        try:
            solved = solve_equilibrium(self._totals, T0)
        except ChemistryError as error:
            ions = max(abs(amount) for name, amount in self._totals.items() if name != WATER)
            if error.code != "E507" or ions >= _MOST * water:
                raise
        else:
            return solved.system, solved.m, solved.water
        system = assemble(tuple(sorted({H, *self._totals} - {WATER})), ())
        amounts = {**self._totals, H: self._totals.get(H, 0.0) + base, OH: base}
        return system, np.array([amounts.get(name, 0.0) / water for name in system.names]), water

    def __call__(self, temperature: float) -> float:
        """At a temperature in K."""
        return self.at_25 + self.capacity.heat(temperature)


@lru_cache(maxsize=256)
def liquor_enthalpy(totals: tuple[tuple[str, float], ...]) -> LiquorEnthalpy:
    """The same, kept: the liquor of a unit is asked for at several temperatures."""
    return LiquorEnthalpy(totals)


class StreamEnthalpy:
    """Enthalpy flow of given flows, W, as a function of temperature.

    Solids, gases, organics and pure liquids count as ``Hf + Cp (T - 298.15 K)``, a pure acid with too little water to
    dissolve with its heat of mixing, everything else as one liquor.
    """

    def __init__(self, flows: Mapping[str, float]) -> None:
        """Flows in mol/s."""
        gone = dissolving(flows)
        totals = liquor_totals(flows, gone)
        self._liquor = liquor_enthalpy(totals) if totals else None
        self._formed = self._capacity = 0.0
        for name, flow in flows.items():
            if name not in gone and (self._liquor is None or species(name).phase != "aq"):
                formed, capacity = thermo(name)
                self._formed += flow * formed
                self._capacity += flow * capacity
        self._formed += _mixing(flows, gone)

    def __call__(self, temperature: float) -> float:
        """W, at a temperature in K."""
        other = self._formed + self._capacity * (temperature - T0)
        return other + self._liquor(temperature) if self._liquor else other

    def capacity(self, temperature: float) -> float:
        """Heat capacity flow, W/K: the derivative with temperature at the composition put in."""
        return self._capacity + (self._liquor.capacity(temperature) if self._liquor else 0.0)


def liquor_totals(flows: Mapping[str, float], gone: tuple[str, ...] = ()) -> tuple[tuple[str, float], ...]:
    """Totals of the dissolved part and of the pure liquids that dissolve, sorted; empty if there is no water."""
    plain = None if gone else _basis_alone(tuple(flows))
    if plain is not None:
        return tuple([(n, x) for n in plain if (x := flows[n]) != 0.0]) if flows.get(WATER, 0.0) > 0.0 else ()
    totals = totals_of({name: flow for name, flow in flows.items() if species(name).phase == "aq"})
    for name in gone:
        for part, nu in parse_equation(LIQUIDS[name])[1].items():
            if part != name:
                totals[part] = totals.get(part, 0.0) + nu * flows[name]
    return tuple(sorted(totals.items())) if totals.get(WATER, 0.0) > 0.0 else ()


@lru_cache(maxsize=1024)
def _basis_alone(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """The dissolved ones, sorted, if all of them are basis species: their flows are the totals."""
    dissolved = [name for name in names if species(name).phase == "aq"]
    known = load_database().aqueous
    return None if any(name in known for name in dissolved) else tuple(sorted(dissolved))


@lru_cache(maxsize=256)
def _formation(names: tuple[str, ...]) -> Array:
    """Heat of formation from the basis at 25 degC, J/mol."""
    known = load_database().aqueous
    return np.array(
        [thermo(name)[0] - sum(count * thermo(part)[0] for part, count in known[name].basis.items()) for name in names]
    ).reshape(len(names))


@cache
def _mixed() -> Mapping[str, tuple[float, float]]:
    """Pure liquid -> A (J/mol) and B of its heat of mixing with water."""
    return {
        species(row["liquid"]).id: (1e3 * float(row["A_kJ_mol"]), float(row["B"])) for row in datafiles.read_csv(MIXING)
    }


def _mixing(flows: Mapping[str, float], gone: tuple[str, ...]) -> float:
    """Heat of mixing of pure liquids with less water than dissolves them, W: ``-A n_w / (n_w + B n)`` per mole."""
    water, total = flows.get(WATER, 0.0), 0.0
    for name, (a, b) in _mixed().items():
        amount = flows.get(name, 0.0)
        if amount > 0.0 and water > 0.0 and name not in gone:
            total -= amount * a * water / (water + b * amount)
    return total
