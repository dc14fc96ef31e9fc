"""Clocks of the steps of a leach, the state of a slurry, and how far its steps have come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.species import species
from hydromet.units.leaching.kinetics import first_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.units.leaching.rates import Liquor, Oxide

# Shape of a clock that is the same for all particles.
SAME = 1e12


@dataclass(frozen=True)
class Clock:
    """A driving force integrated over the time of the particles: mean (s) and shape of its gamma density."""

    mean: float = 0.0
    variance: float = 0.0

    def after_cycles(self, cycle: float, heel: float) -> Clock:
        """In a batch vessel that keeps the share ``heel`` of its contents: particles stay for 1, 2, 3 ... cycles.

        The number of cycles is geometric, mean 1/(1 - heel), variance heel/(1 - heel)^2; its gamma density of the same
        moments is used. ``cycle`` is the step of the clock in one full cycle.
        """
        more = heel / (1.0 - heel)
        return Clock(self.mean + more * cycle, more / (1.0 - heel) * cycle**2)

    @property
    def shape(self) -> float:
        """Shape of the density; a batch has the same clock for all."""
        return self.mean**2 / self.variance if self.variance > 0.0 else SAME

    def on(self, step: float) -> Clock:
        """After one more tank, whose mean step is given: residence times there are exponential."""
        return Clock(self.mean + step, self.variance + step * step)


@dataclass(frozen=True)
class Progress:
    """Shares reached after a time.

    Attributes:
        reduced: solid -> share dissolved with a reductant.
        attacked, exchanged, precipitated: solid -> shares of what no reductant reached.
        oxygen: solid -> metal -> share of the residue that oxidised water.
        lost: peroxide decomposed, mol/kg.
        acid: free acid, mol H2SO4 per kg.
        reductant: left, as peroxide, mol/kg.
    """

    reduced: Mapping[str, float]
    attacked: Mapping[str, float]
    exchanged: Mapping[str, float]
    precipitated: Mapping[str, float]
    oxygen: Mapping[str, Mapping[str, float]]
    lost: float
    acid: float
    reductant: float


@dataclass(frozen=True)
class State:
    """Clocks of a slurry, peroxide lost so far; peroxide and other reductants left in its liquor, mol/kg."""

    exchange: Clock = Clock()
    reductive: Clock = Clock()
    attack: Clock = Clock()
    water: Clock = Clock()
    manganese: Clock = Clock()
    lost: float = 0.0
    peroxide: float = 0.0
    other: float = 0.0

    @property
    def left(self) -> float:
        """Reductant left as peroxide, mol/kg."""
        return self.peroxide + self.other

    def reduced(self, oxide: Oxide) -> float:
        """Share dissolved with a reductant."""
        return oxide.core.train(oxide.reductive * self.reductive.mean, self.reductive.shape)

    def attacked(self, oxide: Oxide, liquor: Liquor) -> float:
        """Share of the rest that acid alone has attacked."""
        return oxide.plateau * liquor.attack_law.train(oxide.attack * self.attack.mean, self.attack.shape)

    def exchanged(self, oxide: Oxide, liquor: Liquor) -> float:
        """Share of what is still left whose lithium was exchanged for protons."""
        return liquor.exchange_law.train(oxide.exchange * self.exchange.mean, self.exchange.shape)

    def precipitated(self, oxide: Oxide) -> float:
        """Dissolved manganese that the residue oxidises while it lasts: k / (k + k_O2) (1 - exp(-(k + k_O2) t))."""
        counts = species(oxide.solid).elements
        metals = sum(counts.get(e, 0.0) for e in ("Ni", "Co"))
        if metals <= 0.0 or oxide.precipitation <= 0.0 or self.manganese.mean <= 0.0:
            return 0.0
        lost = sum(counts.get(e, 0.0) * oxide.oxygen.get(e, 0.0) for e in ("Ni", "Co")) / metals
        own, other = oxide.precipitation * self.manganese.mean, lost * self.water.mean
        return own / (own + other) * first_order(own + other, self.manganese.shape)
