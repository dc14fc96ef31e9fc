"""Electricity, auxiliaries, heat and cooling of a solved plant, by unit."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

from hydromet.assess.carbon.grids import includes_losses, loss
from hydromet.assess.carbon.inventory import ROUND_OFF
from hydromet.assess.carbon.scenario import GRID, practice, unknown
from hydromet.assess.equipment import drives

if TYPE_CHECKING:
    from hydromet.assess.carbon.inventory import Ledger

# MJ in a kWh: kW over the hour of reference.
MJ = 3.6
# 0 degC in K, and what a temperature may be above a limit, K.
ZERO, _WARMER = 273.15, 0.5
# Litres in a cubic metre.
LITRES = 1000.0
ELECTRICITY = "electricity"
LOSSES = "losses of the grid"


def utilities(ledger: Ledger) -> None:
    """All of them, then the losses of the grid on all electricity bought."""
    _electricity(ledger)
    _auxiliaries(ledger)
    _heat(ledger)
    _cooling(ledger)


def grid(ledger: Ledger) -> str:
    """Factor of the electricity bought, location-based."""
    return grid_factor(ledger.scenario.text("grid"))


def grid_factor(name: str) -> str:
    """``JP-Tokyo-2024`` is the factor ``grid.JP-Tokyo-2024``; an id with its family stays as it is."""
    return name if name.partition(".")[0] in ("grid", "market", "my") else f"grid.{name}"


def _electricity(ledger: Ledger) -> None:
    for unit, record in ledger.data["units"].items():
        for use, power in record["energy"]["electric_kW"].items():
            if power > ROUND_OFF:
                ledger.add(
                    f"{unit}/{ELECTRICITY}/{use}", "electricity", ELECTRICITY, power, "kWh", grid(ledger),
                    f"units.{unit}.energy.electric_kW.{use}", f"{use}, computed by the unit", unit=unit,
                )  # fmt: skip


def _auxiliaries(ledger: Ledger) -> None:
    """Drives of the equipment list that no unit counts itself, by unit and use."""
    items = ledger.data["assessments"].get("equipment", {}).get("items", [])
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for i, use, power in drives(items, ledger.data["units"]):
        if power > ROUND_OFF:
            found.setdefault((items[i]["unit"].partition(".")[0], use), []).append((i, power))
    for (unit, use), parts in found.items():
        for i, power in parts:
            ledger.add(
                f"{unit}/{ELECTRICITY}/{use}/{i}", "electricity", ELECTRICITY, power, "kWh", grid(ledger),
                f"assessments.equipment.items.{i}.size.power_kW",
                f"{use}: {items[i]['item']} of the equipment list, {items[i]['count']} x, handbook values", unit=unit,
                deviation=practice().deviations.default,
            )  # fmt: skip


def _heat(ledger: Ledger) -> None:
    """Useful heat over the efficiency of its source; carriers per MJ bought."""
    name, usual = ledger.scenario.text("heat"), practice().heat
    if name not in usual:
        raise unknown("E784", name, usual, "source of heat").at(ledger.scenario.place("heat"))
    source = usual[name]
    efficiency = ledger.scenario.choices.efficiency or source.efficiency
    total, hotter, stated = 0.0, [], ledger.scenario.choices.efficiency
    for unit, record in ledger.data["units"].items():
        duty = record["energy"]["steam_kW"]
        if duty <= ROUND_OFF:
            continue
        total += duty
        if stated is None and source.up_to is not None and _hottest(ledger, unit) > source.up_to + _WARMER:
            hotter.append(unit)
        for carrier in source.carriers:
            bought, electric = duty * MJ / efficiency, carrier == GRID
            ledger.add(
                f"{unit}/heat/{carrier}", "electricity" if electric else "heat", "steam",
                bought / MJ if electric else bought, "kWh" if electric else "MJ", grid(ledger) if electric else carrier,
                f"units.{unit}.energy.steam_kW", f"{duty:.6g} kW of heat, {name} at {efficiency:g}", unit=unit,
            )  # fmt: skip
    if hotter and source.up_to is not None:
        told = f"{name} heats to {source.up_to - ZERO:g} degC; hotter: {', '.join(sorted(hotter))}"
        ledger.doubts.append(("W784", told))
    if total and not source.carriers:
        ledger.excluded["heat"] = (0.0, f"{total:.6g} kW of waste heat of another process, taken as burden-free")
    if stated is None:
        ledger.default("efficiency", f"{name} at {efficiency:g} ({source.source}, {source.grade})")


def _hottest(ledger: Ledger, unit: str) -> float:
    """Temperature of the hottest stream that leaves a unit, K."""
    streams = ledger.data["streams"].items()
    return max((each["temperature_K"] for name, each in streams if name.partition(".")[0] == unit), default=0.0)


def _cooling(ledger: Ledger) -> None:
    """Electricity of pumps, fans or chillers, and water evaporated, per heat removed."""
    name, usual = ledger.scenario.text("cooling"), practice().cooling
    if name not in usual:
        raise unknown("E784", name, usual, "cooling").at(ledger.scenario.place("cooling"))
    way = usual[name]
    for unit, record in ledger.data["units"].items():
        duty = record["energy"]["cooling_kW"]
        if duty <= ROUND_OFF:
            continue
        path, told = f"units.{unit}.energy.cooling_kW", f"{duty:.6g} kW removed by {name}"
        ledger.add(
            f"{unit}/cooling/{ELECTRICITY}", "electricity", "cooling", way.electricity * duty, "kWh", grid(ledger),
            path, f"{told}, {way.electricity:g} kWh/kWh", unit=unit, deviation=practice().deviations.default,
        )  # fmt: skip
        ledger.add(
            f"{unit}/cooling/water", "water", "cooling water", way.water * duty / LITRES, "m3",
            practice().water.process, path, f"{told}, {way.water:g} L/kWh evaporated and blown down", unit=unit,
            deviation=practice().deviations.default,
        )  # fmt: skip
    ledger.default("cooling figures", f"{name}: {way.electricity:g} kWh/kWh ({way.source}, {way.grade})")


def losses(ledger: Ledger) -> None:
    """What the grid loses on the way to the plant, of all electricity of its inventory: ``share / (1 - share)``."""
    factor = grid(ledger)
    taken: dict[str, float] = {}
    for row in ledger.rows:
        if row.factor == factor and row.per == "kWh":
            taken[row.unit] = taken.get(row.unit, 0.0) + row.amount
    if not taken:
        return
    stated, row_of = ledger.scenario.choices.losses, ledger.books.factor(factor, "climate")
    if stated and includes_losses(row_of):
        share, told = 0.0, "in the factor already"
        ledger.default("losses of the grid", f"in {factor} already; the {100.0 * stated:g} % stated are not added")
    elif stated is None:
        found = loss(row_of)
        share, told = found.share, f"{found.geography}, {found.year}: {found.source}, {found.grade}"
        ledger.default("losses of the grid", f"{100.0 * share:.3g} % of what is generated ({told})")
    else:
        share, told = stated, "as stated"
    more, before = share / (1.0 - share), taken.pop("", 0.0)
    basis = f"{100.0 * share:.3g} % of what is generated; {told}"
    ledger.add(
        "grid/losses", "electricity", LOSSES, more * fsum(taken.values()), "kWh", factor, "energy", basis,
        serves=ledger.weighted(taken), primary=False,
    )  # fmt: skip
    # Of the electricity that belongs to no unit: the preparation of the feed.
    ledger.add("feeds/losses", "upstream", LOSSES, more * before, "kWh", factor, "feeds", basis, primary=False)
