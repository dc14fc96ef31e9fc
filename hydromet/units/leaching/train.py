"""What a tank train does to a slurry of battery scrap: extents of reaction after a residence time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hydromet.species import species
from hydromet.units.leaching.halves import OXIDANTS, Half, combined, delithiation, dissolution, equation, reductant
from hydromet.units.leaching.kinetics import first_order, shrinking_core
from hydromet.units.leaching.table import leach_table

if TYPE_CHECKING:
    from collections.abc import Mapping

# Rungs of the redox ladder, the strongest oxidant first.
_LADDER = ("cathode", "Fe+3", "Cu+2", "H+")
_OXYGEN = Half({"H2O": -0.5, "O2(g)": 0.25, "H+": 1.0}, -1.0)
# A shortage of reductant below this share of the demand is round-off.
_ROUND_OFF = 1e-12
_DECOMPOSITION = {"H2O2": -2.0, "H2O": 2.0, "O2(g)": 1.0}


@dataclass(frozen=True)
class Conditions:
    """What the train is set to; see the parameters of ``Leach``."""

    temperature: float
    time: float
    tanks: int
    locked: float
    peroxide_efficiency: float
    shares: Mapping[str, float]
    settled: frozenset[str]


@dataclass
class Ledger:
    """Running composition, extents by equation, electrons given to the oxides and electrons that reductants still have.

    Lives for one ``leach`` only.
    """

    flows: dict[str, float]
    extents: dict[str, float] = field(default_factory=dict)
    electrons: dict[str, float] = field(default_factory=dict)
    spare: dict[str, float] = field(default_factory=dict)

    def run(self, coefficients: Mapping[str, float], extent: float) -> None:
        """Let a reaction proceed by so many mol/s."""
        if extent <= 0.0:
            return
        name = equation(coefficients)
        self.extents[name] = self.extents.get(name, 0.0) + extent
        for each, nu in coefficients.items():
            self.flows[each] = self.flows.get(each, 0.0) + nu * extent

    def has(self, name: str) -> float:
        """Flow of a species, mol/s, round-off below zero cut."""
        return max(self.flows.get(name, 0.0), 0.0)

    def can_give(self, name: str, half: Half) -> float:
        """Electrons that a reductant can still give, mol/s: its available share, dissolved iron as it is."""
        return self.spare.get(name, -half.electrons * self.has(name))

    def give(self, oxidant: Half, name: str, half: Half, electrons: float) -> None:
        """Let a reductant give electrons to an oxidant."""
        coefficients, each = combined(oxidant, half)
        self.run(coefficients, electrons / each)
        if name in self.spare:
            left = self.spare[name] - electrons
            self.spare[name] = left if left > _ROUND_OFF * electrons else 0.0


@dataclass(frozen=True)
class Outcome:
    """What the train did.

    Attributes:
        extents: equation -> mol/s.
        electrons: reductant -> electrons it gave to cathode oxides, mol/s.
        demand: electrons that the accessible cathode oxides would take, mol/s.
        acid_share: share of the acid-consuming reactions that the acid sufficed for; 1 where it did.
    """

    extents: Mapping[str, float]
    electrons: Mapping[str, float]
    demand: float
    acid_share: float


def leach(flows: Mapping[str, float], how: Conditions, *, acid_given: bool) -> Outcome:
    """Extents of all leach reactions.

    Args:
        flows: everything that enters, canonical, mol/s.
        how: conditions.
        acid_given: the acid in ``flows`` is all there is; otherwise acid is drawn afterwards as needed.
    """
    ledger = Ledger(dict(flows))
    _salts(ledger, how)
    start, before = ledger.has("H+"), dict(ledger.extents)
    wanted = demand(ledger.flows, how)
    oxides = {name: ledger.flows[name] for name in wanted}
    _stock(ledger, how)
    _reduce(ledger, wanted, how)
    _metals(ledger)
    _attack(ledger, oxides, wanted, how)
    _oxidise(ledger)
    used = start - ledger.flows.get("H+", 0.0)
    share = min(1.0, start / used) if acid_given and used > 0.0 else 1.0
    late = {name: xi - before.get(name, 0.0) for name, xi in ledger.extents.items()}
    extents = {name: before.get(name, 0.0) + share * xi for name, xi in late.items()}
    peroxide = flows.get("H2O2", 0.0) - share * (flows.get("H2O2", 0.0) - ledger.has("H2O2"))
    if peroxide > 0.0:
        extents[equation(_DECOMPOSITION)] = 0.5 * peroxide
    electrons = {name: share * flow for name, flow in ledger.electrons.items()}
    return Outcome(extents, electrons, sum(wanted.values()), share)


def demand(flows: Mapping[str, float], how: Conditions) -> dict[str, float]:
    """Electrons that each oxide can take up within the residence time, mol/s."""
    found: dict[str, float] = {}
    for solid, flow in flows.items():
        half = _half(solid, how)
        if half and half.electrons > 0.0:
            rate = leach_table().family(solid).reductive.at(how.temperature)
            reached = shrinking_core(rate, how.time, how.tanks) * (1.0 - how.locked)
            found[solid] = flow * half.electrons * reached * how.shares.get(solid, 1.0)
    return found


def metal_electrons(flows: Mapping[str, float]) -> float:
    """Electrons that solids of the feed can give to cathode oxides, mol/s: aluminium and copper foil, iron."""
    total = 0.0
    for row in leach_table().reductants:
        half = reductant(row.species)
        if half and species(row.species).phase == "s":
            total -= half.electrons * row.available * flows.get(row.species, 0.0)
    return total


def _half(solid: str, how: Conditions) -> Half | None:
    """Dissolution of a solid that acid can dissolve; None for what stays or is left to equilibrium."""
    if not solid.endswith("(s)") or solid in how.settled or how.shares.get(solid, 1.0) <= 0.0:
        return None
    return dissolution(solid)


def _salts(ledger: Ledger, how: Conditions) -> None:
    """Everything that dissolves without electrons: carbonates, fluorides, phosphates, oxides, salts."""
    for solid, flow in sorted(ledger.flows.items()):
        half = _half(solid, how)
        if half and half.electrons == 0.0:
            ledger.run(half.coefficients, flow * how.shares.get(solid, 1.0))


def _stock(ledger: Ledger, how: Conditions) -> None:
    """Electrons in the available share of every reductant that does not form on the way."""
    for row in leach_table().reductants:
        half = reductant(row.species)
        if half and not species(row.species).charge:
            share = row.available * (how.peroxide_efficiency if row.species == "H2O2" else 1.0)
            ledger.spare[row.species] = -half.electrons * share * ledger.has(row.species)


def _reduce(ledger: Ledger, wanted: Mapping[str, float], how: Conditions) -> None:
    """Reductants give electrons to the oxides, the most reducing first; oxides share them by their demand."""
    total = left = sum(wanted.values())
    for row in leach_table().reductants:
        half = reductant(row.species)
        given = min(left, ledger.can_give(row.species, half)) if half else 0.0
        if half is None or given <= 0.0:
            continue
        left -= given
        ledger.electrons[row.species] = given
        for solid, part in wanted.items():
            oxidant = _half(solid, how)
            if oxidant:
                ledger.give(oxidant, row.species, half, given * part / total)


def _metals(ledger: Ledger) -> None:
    """Reductants that found no oxide reduce Fe+3, then cement copper, then set hydrogen free."""
    for rung in _LADDER[1:]:
        for row in leach_table().reductants:
            half = reductant(row.species)
            if half is None or _LADDER.index(row.until) < _LADDER.index(rung):
                continue
            given = ledger.can_give(row.species, half)
            if rung != "H+":
                given = min(given, OXIDANTS[rung].electrons * ledger.has(rung))
            ledger.give(OXIDANTS[rung], row.species, half, given)


def _attack(ledger: Ledger, oxides: Mapping[str, float], wanted: Mapping[str, float], how: Conditions) -> None:
    """Oxide without a reductant disproportionates in acid; its residue may oxidise water."""
    total = sum(wanted.values())
    short = 1.0 - sum(ledger.electrons.values()) / total if total > 0.0 else 0.0
    for solid, flow in oxides.items():
        oxidant = _half(solid, how)
        if oxidant is None or "Li" not in species(solid).elements or short <= _ROUND_OFF:
            continue
        family = leach_table().family(solid)
        coefficients, _ = combined(oxidant, delithiation(solid))
        reached = first_order(family.attack.at(how.temperature), how.time, how.tanks) * family.attack.plateau
        open_ = flow * how.shares.get(solid, 1.0) * (1.0 - how.locked) * short
        extent = open_ * reached / -coefficients[solid]
        ledger.run(coefficients, extent)
        again = first_order(family.oxygen.at(how.temperature), how.time, how.tanks)
        for residue, count in coefficients.items():
            half = dissolution(residue) if residue.endswith("O2(s)") and count > 0.0 else None
            if half:
                water, _ = combined(half, _OXYGEN)
                ledger.run(water, again * extent * count / -water[residue])


def _oxidise(ledger: Ledger) -> None:
    """Peroxide that found no oxide dissolves copper and oxidises Fe+2."""
    for name in ("Cu(s)", "Fe+2"):
        half = reductant(name)
        if half:
            coefficients, each = combined(OXIDANTS["H2O2"], half)
            given = min(ledger.spare["H2O2"], -half.electrons * ledger.has(name))
            ledger.run(coefficients, given / each)
            ledger.spare["H2O2"] -= given
