"""What the rates of a leach are made of: conditions, liquor per kg of water, rate constants at temperature and size."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.units.leaching.halves import combined, delithiation, dissolution, exchange, reductant
from hydromet.units.leaching.kinetics import Law, arrhenius, avrami, lognormal, shrinking_core
from hydromet.units.leaching.table import leach_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.units.leaching.table import Family

_WATER = 0.018015
# Free acid is quoted in g/L H2SO4: kg/kmol.
SULFURIC = 98.079
_RESIDUE = ("Ni", "Co", "Mn")
# The ions of cathode oxides, and the electrons that each of them takes up at most: from +4.
_METALS = ("Ni+2", "Co+2", "Mn+2")
_MOST = 2.0 + 1e-9


@dataclass(frozen=True)
class Conditions:
    """What the train is set to; see the parameters of ``Leach``.

    Attributes:
        tanks: number of equal tanks; ``BATCH`` for a beaker or a vessel that is filled, leached and emptied.
        peroxide_efficiency: share of peroxide that oxides or metals see; none: from self-decomposition.
        acid: free acid at the end where acid is drawn to a target, mol H2SO4 per kg water; none: what was given.
        size: median diameter over that of the powders behind the rates.
        spread: standard deviation of ln d; none: that of those powders.
        sizes: solid -> (diameter in m, mass fraction) where the feed has a distribution; goes before ``size``.
        heel: share of the slurry that a batch vessel keeps for the next cycle.
        dosed_tanks: number of tanks, from the first, that get equal parts of the peroxide.
    """

    temperature: float
    time: float
    tanks: int
    locked: float
    peroxide_efficiency: float | None
    shares: Mapping[str, float]
    settled: frozenset[str]
    acid: float | None = None
    size: float = 1.0
    spread: float | None = None
    sizes: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    heel: float = 0.0
    dosed_tanks: int = 1

    def distribution(self, solid: str) -> tuple[tuple[float, float], ...]:
        """Diameters relative to the reference, with their shares of the volume."""
        measured = self.sizes.get(solid)
        if measured:
            whole = sum(share for _, share in measured)
            return tuple((relative_size(d), share / whole) for d, share in measured)
        spread = leach_table().shared["spread"] if self.spread is None else self.spread
        return tuple((self.size * d, share) for d, share in lognormal(spread, fine=self.tanks == 0))

    def median(self, solid: str) -> float:
        """Geometric mean diameter relative to the reference: the median of a lognormal distribution."""
        if solid not in self.sizes:
            return self.size
        return math.exp(sum(share * math.log(d) for d, share in self.distribution(solid)))

    def open_share(self, solid: str) -> float:
        """Share of a solid that the liquor can reach."""
        return self.shares.get(solid, 1.0) * (1.0 - self.locked)


@dataclass(frozen=True)
class Oxide:
    """One oxide of the feed and its rate constants at the temperature and size of the leach.

    Attributes:
        amount: that the liquor can reach, mol per kg water.
        electrons: per mol, on dissolution.
        acid: H2SO4 per mol dissolved with a reductant that gives its protons back, as peroxide does.
        attack_acid: H2SO4 per mol attacked without a reductant.
        manganese: Mn per mol.
        core: law of the dissolution with a reductant; the clock is made dimensionless by ``reductive``.
        reductive, attack, exchange, precipitation: rate constants, 1/s.
        plateau: share that acid alone can attack.
        oxygen: metal -> rate constant of the oxidation of water by its residue, 1/s; ``oxygen_mean`` over all metals.
    """

    solid: str
    amount: float
    electrons: float
    acid: float
    attack_acid: float
    manganese: float
    core: Law
    reductive: float
    attack: float
    plateau: float
    exchange: float
    precipitation: float
    oxygen: Mapping[str, float]
    oxygen_mean: float

    @classmethod
    def of(cls, solid: str, amount: float, how: Conditions) -> Oxide:
        """An oxide of which ``amount`` (mol per kg water) is in reach."""
        table, half = leach_table(), dissolution(solid)
        elements = species(solid).elements
        family: Family = table.family(solid)
        layered = "Li" in elements and half is not None
        taken = half.electrons if half else 0.0
        hydrogen = -half.coefficients.get("H+", 0.0) if half else 0.0

        def at(rate: float, energy: str) -> float:
            return arrhenius(rate, table.shared[energy], table.reference, how.temperature)

        attacked = 0.0
        if layered and half:
            together, _ = combined(half, delithiation(solid))
            attacked = 0.5 * together.get("H+", 0.0) / together[solid]
        size = how.median(solid)
        oxygen = {e: at(family.oxygen.get(e, 0.0), "oxygen_energy") for e in _RESIDUE if e in elements}
        metals = sum(elements[e] for e in oxygen)
        return cls(
            solid=solid,
            amount=amount,
            electrons=taken,
            acid=0.5 * (hydrogen - taken),
            attack_acid=attacked,
            manganese=elements.get("Mn", 0.0),
            core=shrinking_core(how.distribution(solid), table.shared["layer"]),
            reductive=at(family.reductive, "reductive_energy"),
            attack=at(family.attack, "attack_energy") / size if layered else 0.0,
            plateau=family.plateau,
            exchange=at(family.exchange, "exchange_energy") / size**2 if layered and exchange(solid) else 0.0,
            precipitation=at(family.manganese, "manganese_energy") if layered else 0.0,
            oxygen=oxygen,
            oxygen_mean=sum(k * elements[e] for e, k in oxygen.items()) / metals if metals else 0.0,
        )


@dataclass(frozen=True)
class Liquor:
    """A feed as the rates see it, per kg of water.

    Attributes:
        oxides: what takes up electrons.
        peroxide: mol/kg, before it decomposes.
        other: peroxide equivalent of all other reductants, mol/kg.
        acid: H2SO4 there at the start; of no meaning where ``target`` is given.
        target: free acid at the end, mol H2SO4 per kg.
        loss: rate constant of the decomposition of peroxide without catalyst, 1/s.
        catalyst: factor of the catalysts that are there from the start.
        exchange_law, attack_law: what the clocks of the steps without a reductant mean.
        dosed_tanks: see ``Conditions``.
    """

    oxides: tuple[Oxide, ...]
    peroxide: float
    other: float
    acid: float
    target: float | None
    loss: float
    catalyst: float
    exchange_law: Law
    attack_law: Law
    dosed_tanks: int

    @classmethod
    def of(cls, flows: Mapping[str, float], how: Conditions) -> Liquor:
        """The liquor of a feed, mol/s of each species, after the salts have dissolved."""
        table = leach_table()
        water = max(flows.get("H2O", 0.0), 1e-300) * _WATER
        oxides = tuple(
            Oxide.of(name, flow * how.open_share(name) / water, how)
            for name, flow in sorted(flows.items())
            if flow > 0.0 and oxidised(name, how)
        )
        efficiency = how.peroxide_efficiency
        # Iron metal dissolves to Fe+2, which gives one more electron.
        ferrous = 0.5 * (flows.get("Fe+2", 0.0) + flows.get("Fe(s)", 0.0)) / water
        return cls(
            oxides=oxides,
            peroxide=flows.get("H2O2", 0.0) / water * (1.0 if efficiency is None else efficiency),
            other=0.5 * supply({**flows, "H2O2": 0.0}, 0.0) / water + ferrous,
            acid=0.5 * max(flows.get("H+", 0.0), 0.0) / water,
            target=how.acid,
            loss=0.0 if efficiency is not None else decomposition(how.temperature),
            catalyst=1.0 + catalysis({n: f for n, f in flows.items() if not _oxide(n)}) / water,
            exchange_law=avrami(table.shared["exchange_exponent"]),
            attack_law=avrami(table.shared["attack_exponent"]),
            dosed_tanks=how.dosed_tanks,
        )

    @property
    def metal_share(self) -> float:
        """Share of the electrons that come from reductants other than peroxide: these give no protons."""
        need = 0.5 * sum(o.amount * o.electrons for o in self.oxides)
        return min(1.0, self.other / need) if need > 0.0 else 0.0


def supply(flows: Mapping[str, float], peroxide_share: float) -> float:
    """Electrons that reductants can give to cathode oxides, mol/s: foils and iron of the feed, peroxide, SO2, glucose.

    Args:
        flows: mol/s of each species; dissolved iron, which other reductants bring back, is not counted.
        peroxide_share: share of the peroxide that does not decompose.
    """
    total = 0.0
    for row in leach_table().reductants:
        half = reductant(row.species)
        if half and not species(row.species).charge:
            share = peroxide_share if row.species == "H2O2" else row.available
            total -= half.electrons * share * flows.get(row.species, 0.0)
    return total


def decomposition(temperature: float) -> float:
    """Rate constant of the decomposition of peroxide in acid without catalyst, first order, 1/s."""
    table = leach_table()
    return arrhenius(table.shared["loss"], table.shared["loss_energy"], table.reference, temperature)


def catalysis(flows: Mapping[str, float]) -> float:
    """Sum of increase x amount of the elements that catalyse the decomposition (kg/s for flows in mol/s)."""
    catalysts = leach_table().catalysts
    total = 0.0
    for name, flow in flows.items():
        if flow > 0.0:
            found = species(name).elements
            total += sum(w * found.get(e, 0.0) for e, w in catalysts.items()) * flow
    return total


def oxidised(solid: str, how: Conditions) -> bool:
    """True for a solid that acid can dissolve and that takes up electrons when it does."""
    open_ = solid.endswith("(s)") and solid not in how.settled and how.shares.get(solid, 1.0) > 0.0
    return open_ and electrons(solid) > 0.0


def electrons(solid: str) -> float:
    """Electrons that one mole of a solid takes up on dissolution; 0 where it cannot dissolve.

    Raises:
        UnitError: E883, its metals would have to be above +4, which no cathode oxide is: a formula misread.
    """
    half = dissolution(solid)
    if half is None:
        return 0.0
    metals = sum(half.coefficients.get(ion, 0.0) for ion in _METALS)
    if half.electrons > _MOST * metals > 0.0:
        state = 2.0 + half.electrons / metals
        raise UnitError(
            "E883",
            read=f"{solid}, whose Ni, Co and Mn would be +{state:.3g}",
            expected="an oxide of metals up to +4",
            write="LiNi0.6Mn0.2Co0.2O2(s)",
        )
    return half.electrons


def _oxide(name: str) -> bool:
    return name.endswith("(s)") and electrons(name) > 0.0


def acidity(pH: float) -> float:
    """Free acid that goes with a pH, mol per kg water: sulfuric acid as H+ and HSO4-."""
    return math.pow(10.0, -pH)


def relative_size(diameter: float | None) -> float:
    """Diameter (m) over that of the powders behind the rates; 1 if not known."""
    return 1.0 if diameter is None else diameter / leach_table().diameter
