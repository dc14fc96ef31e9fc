"""Whether enough is in: the cut-off check of flows left out on purpose.

A flow of 1 % or more of mass, energy or CO2e has to be in, and all that is left out together may be 3 % at most
(``data/factors/methods.yaml``; partly verified). What is left out in CO2e is an estimate: the caller's, or the mass
times the mean intensity of what is bought by mass. ``exempted = 100 * left out / (in + left out)`` percent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.assess.carbon.approaches import one_indicator
from hydromet.assess.carbon.thresholds import thresholds
from hydromet.errors import FootprintError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.carbon.shapes import Contribution, Inventory

_KILOGRAMS = {"kg": 1.0, "t": 1000.0}
_MEGAJOULES = {"MJ": 1.0, "kWh": 3.6, "GJ": 1000.0}
# What is bought by mass; its mean intensity stands for what is left out.
_BOUGHT = ("reagent", "solvent", "packaging")


@dataclass(frozen=True)
class Flow:
    """One flow beside the criteria, as shares of the whole (what is in and what is left out together), 0 to 1.

    Attributes:
        mass: of the mass taken in; energy: of the energy carriers; climate: of the absolute CO2e.
        included: it is in the inventory. estimated: its CO2e is an estimate from its mass. reason: why it is left out.
    """

    name: str
    mass: float
    energy: float
    climate: float
    included: bool
    estimated: bool = False
    reason: str = ""

    @property
    def largest(self) -> float:
        """The largest of the three shares."""
        return max(self.mass, self.energy, self.climate)


@dataclass(frozen=True)
class Completeness:
    """What the check found.

    Attributes:
        flows: what is in and what is left out, largest first.
        excluded_mass, excluded_energy, excluded_climate: shares left out together, 0 to 1.
        exempted_percent: CO2e left out, percent of the whole; for ``exemptedEmissionsPercent``.
        notices: code and text of each criterion missed and each flow that counts as zero.
    """

    flows: tuple[Flow, ...]
    excluded_mass: float
    excluded_energy: float
    excluded_climate: float
    exempted_percent: float
    notices: tuple[tuple[str, str], ...]

    @property
    def complete(self) -> bool:
        """No criterion is missed."""
        return not any(code in ("W791", "W792") for code, _ in self.notices)


def check(
    inventory: Inventory,
    contributions: Sequence[Contribution],
    climate: Mapping[str, float] | None = None,
    energy: Mapping[str, float] | None = None,
) -> Completeness:
    """Check an inventory against the cut-off criteria.

    Args:
        inventory: ``excluded`` says what is left out, kg per reference and why; ``mass_in`` what is taken in.
        contributions: CO2e of what is in.
        climate: flow left out -> kg CO2e per reference, where it is known; the rest is estimated from mass.
        energy: flow left out -> MJ per reference, for energy carriers.

    Raises:
        FootprintError: E799 a negative mass, a flow without reason, or no ``mass_in``.
    """
    one_indicator(contributions)
    _sound(inventory, climate or {}, energy or {})
    known, carriers = climate or {}, energy or {}
    intensity = mean_intensity(contributions)
    left = {name: known.get(name, kg * intensity) for name, (kg, _) in inventory.excluded.items()}
    masses, energies, values = _by_flow(contributions)
    mass = inventory.mass_in + math.fsum(kg for kg, _ in inventory.excluded.values())
    joules = math.fsum(energies.values()) + math.fsum(carriers.values())
    whole = math.fsum(abs(each) for each in values.values()) + math.fsum(abs(each) for each in left.values())
    flows = [
        Flow(name, _part(masses.get(name, 0.0), mass), _part(energies.get(name, 0.0), joules),
             _part(abs(value), whole), included=True)
        for name, value in values.items()
    ]  # fmt: skip
    flows += [
        Flow(name, _part(kg, mass), _part(carriers.get(name, 0.0), joules), _part(abs(left[name]), whole),
             included=False, estimated=name not in known, reason=reason)
        for name, (kg, reason) in inventory.excluded.items()
    ]  # fmt: skip
    flows.sort(key=lambda each: (-each.largest, each.name))
    out = [each for each in flows if not each.included]
    sums = [math.fsum(getattr(each, what) for each in out) for what in ("mass", "energy", "climate")]
    zero = sorted(name for name, value in values.items() if value == 0.0)
    return Completeness(
        tuple(flows), sums[0], sums[1], sums[2], 100.0 * sums[2], (*_missed(out, max(sums)), *_zeros(zero))
    )


def mean_intensity(contributions: Sequence[Contribution]) -> float:
    """Mean kg CO2e per kg of what is bought by mass; 0 if nothing is."""
    bought = [each for each in contributions if each.activity.kind in _BOUGHT and each.activity.per in _KILOGRAMS]
    kg = math.fsum(each.activity.amount * _KILOGRAMS[each.activity.per] for each in bought)
    return math.fsum(each.value for each in bought) / kg if kg > 0.0 else 0.0


def _sound(inventory: Inventory, *given: Mapping[str, float]) -> None:
    if not (math.isfinite(inventory.mass_in) and inventory.mass_in > 0.0):
        raise FootprintError("E799", read=f"mass_in {inventory.mass_in:g} kg", expected="the mass taken in, above 0 kg")
    for name, (kg, reason) in inventory.excluded.items():
        if not (math.isfinite(kg) and kg >= 0.0):
            raise FootprintError("E799", read=f"{name}: {kg:g} kg", expected="0 kg or more")
        if not reason.strip():
            raise FootprintError("E799", read=f"{name}: no reason", expected="why it is left out")
    for each in given:
        for name in each:
            if name not in inventory.excluded:
                raise FootprintError(
                    "E799", read=name, expected=", ".join(inventory.excluded) or "a flow that is left out"
                )


def _by_flow(contributions: Sequence[Contribution]) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Flow -> kg taken in, MJ taken in, value."""
    masses: dict[str, float] = {}
    energies: dict[str, float] = {}
    values: dict[str, float] = {}
    for each in contributions:
        flow, amount, per = each.activity.flow, each.activity.amount, each.activity.per
        # A leg of transport and a gas given off are no mass taken in; nor are water and waste.
        if each.activity.kind in _BOUGHT and per in _KILOGRAMS:
            masses[flow] = masses.get(flow, 0.0) + amount * _KILOGRAMS[per]
        if per in _MEGAJOULES:
            energies[flow] = energies.get(flow, 0.0) + amount * _MEGAJOULES[per]
        values[flow] = values.get(flow, 0.0) + each.value
    return masses, energies, values


def _part(value: float, whole: float) -> float:
    return value / whole if whole > 0.0 else 0.0


def _missed(out: Sequence[Flow], together: float) -> list[tuple[str, str]]:
    flow, total = thresholds()["cut_off_flow"], thresholds()["cut_off_total"]
    found = [
        (
            "W791",
            f"{each.name} is left out with {100.0 * each.largest:.2g} %; from {100.0 * flow:g} % on it has to be in",
        )
        for each in out
        if each.largest >= flow
    ]
    if together > total:
        found.append(("W792", f"{100.0 * together:.2g} % is left out together; {100.0 * total:g} % at most"))
    return found


def _zeros(names: Sequence[str]) -> list[tuple[str, str]]:
    return [("W794", f"{', '.join(names)}: the amount or the factor is zero, so it counts as nothing")] if names else []
