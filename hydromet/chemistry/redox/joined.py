"""The chemistry with oxidation states joined: what full redox equilibrium is solved with.

By default every oxidation state is a component of its own. Here all states of an element stand on one of them, and the
difference is made up of R = 1/2 H2(g), an electron with its proton: ``Fe+3 = Fe+2 + H+ - R``. At a given fugacity of
hydrogen R only shifts the constants, by ``r ln a(R)``, so the ordinary kernel solves it; the potential follows from
``E = -(R T / F) (ln a(R) - ln a(H+))``. Whatever leaves as R carries no charge, so liquors stay electroneutral.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.database import Constant, Database, H, load_database
from hydromet.chemistry.redox.couples import HYDROGEN, Couple, load_couples
from hydromet.chemistry.system import Array, AtTemperature, Index, System, assemble_from, parameters_at
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry.records import Four

# Ln K below this would underflow in the kernel; the species is absent by any measure.
_ABSENT = -600.0


@dataclass(frozen=True)
class Formed:
    """A species in terms of the joined basis: stoichiometric numbers, R (1/2 H2), log10 K of formation."""

    basis: Mapping[str, float]
    r: float
    log10_k: Four

    def plus(self, other: Formed, count: float) -> Formed:
        """The sum with ``count`` times another."""
        basis = dict(self.basis)
        for name, nu in other.basis.items():
            basis[name] = basis.get(name, 0.0) + count * nu
        a, b, c, d = (x + count * y for x, y in zip(self.log10_k, other.log10_k, strict=True))
        clean = {name: nu for name, nu in sorted(basis.items()) if abs(nu) > 1e-12}
        return Formed(clean, self.r + count * other.r, (a, b, c, d))


@dataclass(frozen=True)
class Joined:
    """The database on the joined basis.

    Attributes:
        named: couples beyond the usual ones.
        data: constants with the joined species as formed ones.
        r: species or phase -> R that one mole is made of.
        made: dissolved species and solids of the couples -> what they are made of.
        couples: those joined, by the species each one makes.
    """

    named: tuple[str, ...]
    data: Database
    r: Mapping[str, float]
    made: Mapping[str, Formed]
    couples: Mapping[str, Couple]

    def totals(self, totals: Mapping[str, float]) -> tuple[dict[str, float], float]:
        """Totals on the ordinary basis brought onto the joined one, and the total of R."""
        found: dict[str, float] = {}
        electrons = 0.0
        for name, amount in totals.items():
            one = self.made.get(name)
            if one is None:
                found[name] = found.get(name, 0.0) + amount
                continue
            electrons += amount * one.r
            for part, count in one.basis.items():
                found[part] = found.get(part, 0.0) + amount * count
        return found, electrons

    def phase(self, name: str) -> Constant | None:
        """Solubility of a solid or gas on the joined basis; None if it has none."""
        return self.data.solids.get(name) or self.data.gases.get(name)


@dataclass(frozen=True)
class JoinedSystem:
    """A joined system at one temperature.

    Attributes:
        system: arrays for the kernel. at: parameters without the shift.
        r, rs: R in the species and in the phases.
        water_only: species made of water and R alone: O2, H2, H2O2.
        rivals: phases of the same metal and nothing else, and the atoms of it that each holds.
        bounds: ln a(R) at which O2 and H2 have a fugacity of 1 bar over pure water.
    """

    system: System
    at: AtTemperature
    r: Array
    rs: Array
    water_only: Array = field(repr=False)
    rivals: tuple[tuple[Index, Array], ...] = field(repr=False)
    bounds: tuple[float, float]

    def shifted(self, ln_r: float, *, bounded: bool) -> AtTemperature:
        """Parameters at a given ln a(R).

        Args:
            ln_r: ln a(R), half the ln of the fugacity of hydrogen in bar.
            bounded: True keeps dissolved O2, H2 and H2O2 at what 1 bar of O2 or H2 would hold, as where a potential
                is imposed beyond the stability of water: the gas leaves.
        """
        kept = min(max(ln_r, self.bounds[0]), self.bounds[1]) if bounded else ln_r
        lnK = self.at.lnK + np.where(self.water_only, self.r * kept, self.r * ln_r)
        return replace(
            self.at, lnK=np.maximum(lnK, np.where(self.r != 0.0, _ABSENT, lnK)), lnKs=self.at.lnKs - self.rs * ln_r
        )


@lru_cache(maxsize=8)
def join(named: tuple[str, ...] = ()) -> Joined:
    """The joined database.

    Args:
        named: couples beyond the usual ones, such as ``SO4-2/SO3-2``; sorted.
    """
    data = load_database()
    made: dict[str, Formed] = {}
    chosen: dict[str, Couple] = {}
    for one in load_couples().values():
        if not one.species or (one.joins == "no" and one.name not in named):
            continue
        name, formed = _dissolved(one, _formed(one, made), data)
        made[name] = formed
        chosen[name] = one
    r: dict[str, float] = {name: one.r for name, one in made.items()}
    aqueous = {
        name: Constant(name, chosen[name].equation, one.basis, one.log10_k, chosen[name].origin)
        for name, one in made.items()
        if species(name).phase == "aq"
    }
    for constant in data.aqueous.values():
        formed = _substituted(constant, 1.0, made)
        aqueous[constant.id] = replace(constant, basis=formed.basis, log10_k=formed.log10_k)
        r[constant.id] = formed.r
    phases: dict[str, Constant] = {}
    for constant in (*data.solids.values(), *data.gases.values()):
        formed = _substituted(constant, -1.0, made)
        phases[constant.id] = replace(constant, basis=formed.basis, log10_k=formed.log10_k)
        r[constant.id] = formed.r
    for name, formed in made.items():
        if species(name).phase == "s":
            a, b, c, d = (-x for x in formed.log10_k)
            phases[name] = Constant(name, chosen[name].equation, formed.basis, (a, b, c, d), chosen[name].origin)
    changed = replace(
        data,
        aqueous=aqueous,
        solids={name: one for name, one in phases.items() if name not in data.gases},
        gases={name: one for name, one in phases.items() if name in data.gases},
    )
    return Joined(named, changed, r, made, chosen)


def _formed(one: Couple, made: Mapping[str, Formed]) -> Formed:
    """What the species of a couple is made of; species that are made themselves are taken apart."""
    own = one.coefficients[one.species]
    a, b, c, d = (x / own for x in one.log10_k)
    # n e- = n (R - H+) on the left of the half-reaction.
    total = Formed({H: -one.electrons / own}, one.electrons / own, (a, b, c, d))
    zero: Four = (0.0, 0.0, 0.0, 0.0)
    for name, nu in one.coefficients.items():
        if name != one.species:
            total = total.plus(made.get(name) or Formed({name: 1.0}, 0.0, zero), -nu / own)
    return total


def _dissolved(one: Couple, formed: Formed, data: Database) -> tuple[str, Formed]:
    """A couple of a gas is one of the dissolved gas: O2(g) = O2."""
    gas = data.gases.get(one.species)
    if gas is None:
        return one.species, formed
    (name, count), *_ = gas.basis.items()
    return name, Formed({}, 0.0, gas.log10_k).plus(formed, 1.0 / count)


def _substituted(constant: Constant, sign: float, made: Mapping[str, Formed]) -> Formed:
    """A constant with the joined components taken apart; sign 1 for formation, -1 for dissolution."""
    total = Formed({}, 0.0, constant.log10_k)
    zero: Four = (0.0, 0.0, 0.0, 0.0)
    for name, count in constant.basis.items():
        one = made.get(name)
        if one is None:
            total = total.plus(Formed({name: 1.0}, 0.0, zero), count)
            continue
        a, b, c, d = (sign * x for x in one.log10_k)
        total = total.plus(Formed(one.basis, one.r, (a, b, c, d)), count)
    return total


@lru_cache(maxsize=128)
def joined_system(
    named: tuple[str, ...], components: tuple[str, ...], phases: tuple[str, ...], temperature: float
) -> JoinedSystem:
    """The system of components (sorted, with ``H+``) and phases at a temperature, K, oxidation states joined."""
    joined = join(named)
    system = assemble_from(joined.data, components, phases)
    at = parameters_at(system, temperature)
    oxygen, hydrogen = (joined.data.gases[name] for name in ("O2(g)", HYDROGEN))
    limits = parameters_at(assemble_from(joined.data, (H,), (oxygen.id, hydrogen.id)), temperature).lnKs
    return JoinedSystem(
        system=system,
        at=at,
        r=np.array([joined.r.get(name, 0.0) for name in system.names]),
        rs=np.array([joined.r.get(name, 0.0) for name in phases]),
        water_only=np.array(
            [not row.any() and joined.r.get(n, 0.0) != 0.0 for n, row in zip(system.names, system.A, strict=True)]
        ),
        rivals=_rivals(system),
        bounds=(float(limits[0]) / joined.r[oxygen.id], float(limits[1]) / joined.r[hydrogen.id]),
    )


def _rivals(system: System) -> tuple[tuple[Index, Array], ...]:
    """Phases whose rows of stoichiometry are the same but for a factor, with that factor."""
    families: dict[tuple[float, ...], list[tuple[int, float]]] = {}
    for p, row in enumerate(system.S):
        atoms = float(np.delete(row, system.iH).sum())
        families.setdefault(tuple(np.round(row / atoms, 9).tolist()), []).append((p, atoms))
    return tuple(
        (np.array([p for p, _ in one]), np.array([atoms for _, atoms in one]))
        for one in families.values()
        if len(one) > 1
    )
