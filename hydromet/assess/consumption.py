"""Reagents, water and energy of a solved plant, each per tonne of dry feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.flowsheet.balance import HOUR
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.flowsheet.feeds import FeedStream
    from hydromet.stream import Stream
    from hydromet.units.base import Energy

KILO = 1e3
# A feed with at least this mass share of water is counted as water.
_WATER = 0.95


def dry_feed(feeds: Mapping[str, FeedStream], inputs: Mapping[tuple[str, str], Stream]) -> float:
    """Dry mass of the feeds proper (not reagents), kg/s."""
    return sum(_dry(stream) for (name, _), stream in inputs.items() if feeds[name].role == "feed")


def _dry(stream: Stream) -> float:
    return stream.mass() - stream[WATER] * species(WATER).molar_mass


def reagents(feeds: Mapping[str, FeedStream], inputs: Mapping[tuple[str, str], Stream]) -> dict[str, dict[str, Any]]:
    """Reagent -> consumption as delivered, and by the units that take it; water is a reagent too."""
    feed = dry_feed(feeds, inputs)
    found: dict[str, dict[str, Any]] = {}
    for name, kind in feeds.items():
        if kind.role != "reagent":
            continue
        taken = {unit: stream.mass() for (source, unit), stream in inputs.items() if source == name}
        total = sum(taken.values())
        found[name] = {
            "kg_h": total * HOUR,
            "kg_per_t_feed": KILO * total / feed if feed > 0.0 else None,
            "by_unit_kg_h": {unit: mass * HOUR for unit, mass in taken.items()},
            "contains_kg_h": {formula: share * total * HOUR for formula, share in sorted(kind.contains.items())},
            "water": is_water(kind.stream),
        }
    return found


def is_water(stream: Stream) -> bool:
    """Is this feed water, for all purposes?"""
    return stream[WATER] * species(WATER).molar_mass > _WATER * stream.mass() > 0.0


def water(
    feeds: Mapping[str, FeedStream],
    inputs: Mapping[tuple[str, str], Stream],
    leaving: Mapping[str, tuple[str, str, Stream]],
) -> dict[str, Any]:
    """Fresh water in; water out by kind of outlet; net intake: fresh water less what leaves as water.

    A stream that leaves with at least 95 % of water by mass (surplus condensate) counts as given back; the intake is
    negative where the water of reagents and feeds is more than what cakes, brines, products and vapour take along.

    Args:
        feeds: by name.
        inputs: (feed, unit) -> stream.
        leaving: stream name -> (kind, name, stream) of everything that leaves the plant.
    """
    molar_mass = species(WATER).molar_mass
    fresh = sum(s.mass() for (name, _), s in inputs.items() if is_water(feeds[name].stream))
    carried = sum(s[WATER] * molar_mass for (name, _), s in inputs.items() if not is_water(feeds[name].stream))
    out: dict[str, float] = {}
    vapour = 0.0
    surplus = sum(s.mass() for _, _, s in leaving.values() if is_water(s))
    for kind, _, stream in leaving.values():
        out[kind] = out.get(kind, 0.0) + stream[WATER] * molar_mass * HOUR
        vapour += stream["H2O(g)"] * molar_mass * HOUR
    feed = dry_feed(feeds, inputs)
    return {
        "fresh_kg_h": fresh * HOUR,
        "fresh_kg_per_t_feed": KILO * fresh / feed if feed > 0.0 else None,
        "surplus_kg_h": surplus * HOUR,
        "net_intake_kg_h": (fresh - surplus) * HOUR,
        "net_intake_kg_per_t_feed": KILO * (fresh - surplus) / feed if feed > 0.0 else None,
        "with_other_feeds_kg_h": carried * HOUR,
        "liquid_out_kg_h": dict(sorted(out.items())),
        "vapour_out_kg_h": vapour,
    }


def energy(energies: Mapping[str, Energy], feed: float) -> dict[str, Any]:
    """Electricity by use, steam, cooling: totals, per tonne of feed, and by unit."""
    electric: dict[str, float] = {}
    for each in energies.values():
        for use, power in each.electric.items():
            electric[use] = electric.get(use, 0.0) + power
    totals = {
        "electric_kW": sum(electric.values()) / KILO,
        "steam_kW": sum(each.steam for each in energies.values()) / KILO,
        "cooling_kW": sum(each.cooling for each in energies.values()) / KILO,
    }
    tonnes = feed * HOUR / KILO
    return {
        **totals,
        "electric_by_use_kW": {use: power / KILO for use, power in sorted(electric.items())},
        "kWh_per_t_feed": {name.removesuffix("_kW"): value / tonnes for name, value in totals.items()}
        if tonnes
        else {},
        "by_unit": {name: _unit(each) for name, each in energies.items() if _any(each)},
    }


def _unit(each: Energy) -> dict[str, float]:
    return {
        "electric_kW": sum(each.electric.values()) / KILO,
        "steam_kW": each.steam / KILO,
        "cooling_kW": each.cooling / KILO,
        "heat_kW": each.heat / KILO,
    }


def _any(each: Energy) -> bool:
    return any(_nonzero((each.heat, each.steam, each.cooling, *each.electric.values())))


def _nonzero(values: Iterable[float]) -> Iterable[bool]:
    return (value != 0.0 for value in values)
