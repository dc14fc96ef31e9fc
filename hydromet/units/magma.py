"""The magma of a crystalliser: crystal size, growth, and what they decide about cake and enclosed liquor."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hydromet.species import species
from hydromet.units import crystal_size
from hydromet.units.base import Notice
from hydromet.units.crystal_size import Population, Suspension, kinetics, population
from hydromet.units.crystal_uptake import enclosed_liquor, inclusion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

# Moisture of a centrifuge cake of a crystal nobody has stated any for.
_MOISTURE = 0.04
# A relative supersaturation above this means primary nucleation: the kinetics no longer hold.
_STEEP = 0.1


@dataclass(frozen=True)
class Setting(Suspension):
    """A suspension with what the engineer states himself: cake moisture and enclosed liquor, kg/kg; none: predicted."""

    moisture: float | None = None
    enclosed: float | None = None


@dataclass(frozen=True)
class Magma:
    """Crystals and liquor of the vessel.

    Attributes:
        salt: the crystal there is most of; empty if none forms.
        moisture, enclosed: of the cake and the crystals, kg/kg.
        population: size distribution; none without crystals or kinetics.
        values: for the result. notices: of the kinetics.
    """

    salt: str
    moisture: float
    enclosed: float
    population: Population | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()

    def sized(self, crystals: Stream) -> Stream:
        """The crystals with their size distribution."""
        if self.population is None:
            return crystals
        return replace(crystals, sizes={**crystals.sizes, self.salt: self.population.classes})


def magma(slurry: Stream, hosts: Sequence[str], how: Setting, chemistry: Chemistry) -> Magma:
    """Population balance of the slurry in the vessel.

    Args:
        slurry: crystals and liquor as they leave the vessel.
        hosts: the crystals that may form; the one there is most of stands for all.
        how: the vessel.
        chemistry: volumes.
    """
    mass = {name: slurry[name] * species(name).molar_mass for name in hosts}
    salt = max(mass, key=lambda name: mass[name])
    made = slurry.part("s").mass()
    kin = kinetics(salt)
    if mass[salt] <= 0.0 or kin is None:
        notices = () if kin else (Notice("W863", f"no kinetics of {salt}: its size is not predicted"),)
        return Magma(salt if mass[salt] > 0.0 else "", _moisture(how), _enclosed(how, hosts[0]), notices=notices)
    volume = chemistry.volume(slurry)
    crystals = population(made / volume, how, kin)
    moisture = how.moisture if how.moisture is not None else crystal_size.cake_moisture(salt, crystals.mean)
    enclosed = how.enclosed if how.enclosed is not None else enclosed_liquor(salt, crystals.growth)
    sigma = kin.supersaturation(crystals.growth, slurry.temperature)
    values = {
        "magma_held_m3": volume * how.time,
        "magma_density_kg_m3": crystals.magma,
        "growth_rate_m_s": crystals.growth,
        "nucleation_1_m3_s": crystals.nucleation,
        "supersaturation_fraction": sigma,
        "L50_m": crystals.median,
        "mean_size_m": crystals.mean,
        "CV_fraction": crystals.variation,
    }
    return Magma(salt, moisture or 0.0, enclosed, crystals, values, _steep(salt, sigma))


def _moisture(how: Setting) -> float:
    return _MOISTURE if how.moisture is None else how.moisture


def _enclosed(how: Setting, salt: str) -> float:
    return inclusion(salt)[0] if how.enclosed is None else how.enclosed


def _steep(salt: str, sigma: float) -> tuple[Notice, ...]:
    if sigma <= _STEEP:
        return ()
    text = f"{salt} takes a supersaturation of {sigma:.0%} to grow in this time: it would nucleate by itself"
    return (Notice("W864", text),)


def sources(hosts: Sequence[str]) -> list[dict[str, Any]]:
    """Kinetics of these crystals with source and grade."""
    return [row for host in hosts for row in crystal_size.sources(host)]
