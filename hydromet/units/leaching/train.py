"""What a tank train does to a slurry of battery scrap: extents of reaction after a residence time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.species import species
from hydromet.units.leaching.clocks import SAME
from hydromet.units.leaching.halves import OXIDANTS, Half, combined, dissolution, equation, reductant
from hydromet.units.leaching.kinetics import BATCH, avrami
from hydromet.units.leaching.ledger import Ledger
from hydromet.units.leaching.oxides import unreduced
from hydromet.units.leaching.progress import curve, tank_by_tank
from hydromet.units.leaching.rates import Conditions, Liquor, electrons, oxidised
from hydromet.units.leaching.table import leach_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.units.leaching.clocks import Progress

_WATER = 0.018015
# Rungs of the redox ladder, the strongest oxidant first.
_LADDER = ("cathode", "Fe+3", "Cu+2", "H+")
_LEAST = 1e-300
_DECOMPOSITION = {"H2O2": -2.0, "H2O": 2.0, "O2(g)": 1.0}


@dataclass(frozen=True)
class Outcome:
    """What the leach did.

    Attributes:
        extents: equation -> mol/s.
        electrons: reductant -> electrons it gave to cathode oxides, mol/s.
        demand: electrons that the accessible cathode oxides could take, mol/s.
        supply: electrons that reductants could give, less the peroxide decomposed, mol/s.
        acid_share: share of what the oxides need that the acid given covers; 1 where it is drawn or suffices.
        lost: peroxide that decomposed while the leach went on, mol/s; what is left of it at the end goes later.
        done: how far every step came.
    """

    extents: Mapping[str, float]
    electrons: Mapping[str, float]
    demand: float
    supply: float
    acid_share: float
    lost: float
    done: Progress


def leach(flows: Mapping[str, float], how: Conditions, *, acid_given: bool) -> tuple[Outcome, ...]:
    """Extents of all leach reactions after each tank, or after the time of a batch.

    Args:
        flows: everything that enters, canonical, mol/s.
        how: conditions.
        acid_given: the acid in ``flows`` is all there is; otherwise acid is drawn afterwards as needed.
    """
    if how.tanks == BATCH:
        return outcomes(flows, how, [how.time], acid_given=acid_given)
    liquor = Liquor.of(_salted(flows, how).flows, how)
    steps = tank_by_tank(liquor, how)
    times = [how.time * (j + 1) / how.tanks for j in range(how.tanks)]
    return tuple(
        _outcome(flows, how, done, (time, j + 1), acid_given=acid_given)
        for j, (done, time) in enumerate(zip(steps, times, strict=True))
    )


def outcomes(
    flows: Mapping[str, float], how: Conditions, times: Sequence[float], *, acid_given: bool
) -> tuple[Outcome, ...]:
    """Extents in a batch after each time, s, rising; other arguments as ``leach``."""
    steps = curve(Liquor.of(_salted(flows, how).flows, how), times, how.heel)
    return tuple(
        _outcome(flows, how, done, (time, BATCH), acid_given=acid_given)
        for done, time in zip(steps, times, strict=True)
    )


def _salted(flows: Mapping[str, float], how: Conditions, stay: tuple[float, int] | None = None) -> Ledger:
    """The account after everything that needs no electrons has dissolved."""
    ledger = Ledger(dict(flows))
    _salts(ledger, how, stay or (how.time, how.tanks))
    return ledger


def _outcome(
    flows: Mapping[str, float], how: Conditions, done: Progress, stay: tuple[float, int], *, acid_given: bool
) -> Outcome:
    """The account of one tank: reductants by their order, then acid alone, cut where given acid falls short."""
    ledger = _salted(flows, how, stay)
    start, before = ledger.has("H+"), dict(ledger.extents)
    could = demand(ledger.flows, how)
    wanted = {solid: part * done.reduced.get(solid, 0.0) for solid, part in could.items()}
    oxides = {name: ledger.flows[name] for name in wanted}
    _stock(ledger, how, done)
    stock = sum(ledger.spare.values())
    _reduce(ledger, wanted, how)
    _metals(ledger)
    unreduced(ledger, oxides, how, done)
    lost = _lost(ledger, flows, how, done)
    lost -= _oxidise(ledger, lost if how.peroxide_efficiency is None else 0.0)
    used = start - ledger.flows.get("H+", 0.0)
    share = min(1.0, start / used) if acid_given and used > 0.0 else 1.0
    late = {name: xi - before.get(name, 0.0) for name, xi in ledger.extents.items()}
    extents = {name: before.get(name, 0.0) + share * xi for name, xi in late.items()}
    peroxide = flows.get("H2O2", 0.0) - share * (flows.get("H2O2", 0.0) - ledger.has("H2O2"))
    if peroxide > 0.0:
        extents[equation(_DECOMPOSITION)] = 0.5 * peroxide
    electrons_given = {name: share * flow for name, flow in ledger.electrons.items()}
    whole = 1.0
    if acid_given and could:
        whole = min(1.0, start / max(acid_need(oxides, how), _LEAST))
    return Outcome(extents, electrons_given, sum(could.values()), stock, min(share, whole), lost, done)


def demand(flows: Mapping[str, float], how: Conditions) -> dict[str, float]:
    """Electrons that the part of each oxide in reach takes up on dissolution, mol/s."""
    return {
        solid: flow * electrons(solid) * how.open_share(solid)
        for solid, flow in flows.items()
        if flow > 0.0 and oxidised(solid, how)
    }


def acid_need(oxides: Mapping[str, float], how: Conditions) -> float:
    """H+ that complete dissolution of the oxides in reach takes, mol/s, as peroxide dissolves them."""
    total = 0.0
    for solid, flow in oxides.items():
        half = dissolution(solid)
        if half:
            total += flow * how.open_share(solid) * (-half.coefficients.get("H+", 0.0) - half.electrons)
    return total


def _half(solid: str, how: Conditions) -> Half | None:
    """Dissolution of a solid that acid can dissolve; None for what stays or is left to equilibrium."""
    if not solid.endswith("(s)") or solid in how.settled or how.shares.get(solid, 1.0) <= 0.0:
        return None
    return dissolution(solid)


def _salts(ledger: Ledger, how: Conditions, stay: tuple[float, int]) -> None:
    """What dissolves without electrons: carbonates, fluorides, phosphates, oxides, salts; olivines with their rate."""
    for solid, flow in sorted(ledger.flows.items()):
        half = _half(solid, how)
        if half and half.electrons == 0.0:
            slow = leach_table().slow(solid)
            reached = 1.0
            if slow:
                time, tanks = stay
                clock = slow.at(how.temperature) * time / how.median(solid)
                reached = avrami(slow.exponent).train(clock, float(tanks) if tanks != BATCH else SAME)
            ledger.run(half.coefficients, flow * how.shares.get(solid, 1.0) * reached)


def _stock(ledger: Ledger, how: Conditions, done: Progress) -> None:
    """Electrons in the available share of every reductant that does not form on the way."""
    for row in leach_table().reductants:
        half = reductant(row.species)
        if half and not species(row.species).charge:
            amount = row.available * ledger.has(row.species)
            if row.species == "H2O2" and how.peroxide_efficiency is not None:
                amount *= how.peroxide_efficiency
            elif row.species == "H2O2":
                amount = max(0.0, amount - done.lost * _WATER * ledger.has("H2O"))
            ledger.spare[row.species] = -half.electrons * amount


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


def _lost(ledger: Ledger, flows: Mapping[str, float], how: Conditions, done: Progress) -> float:
    """Peroxide that decomposes while the leach goes on, mol/s."""
    if how.peroxide_efficiency is None:
        return min(done.lost * _WATER * ledger.has("H2O"), flows.get("H2O2", 0.0))
    return (1.0 - how.peroxide_efficiency) * flows.get("H2O2", 0.0)


def _oxidise(ledger: Ledger, lost: float) -> float:
    """Peroxide that found no oxide dissolves copper and oxidises Fe+2; mol/s of ``lost`` that did not decompose.

    Fe+2 takes peroxide in seconds, long before it decomposes: it finds what decomposes later, too. What copper metal is
    left would reduce again stays Fe+2.
    """
    for name in ("Cu(s)", "Fe+2"):
        half = reductant(name)
        if half:
            coefficients, each = combined(OXIDANTS["H2O2"], half)
            given = min(ledger.spare["H2O2"], -half.electrons * ledger.has(name))
            ledger.run(coefficients, given / each)
            ledger.spare["H2O2"] -= given
    saved = min(2.0 * lost, ledger.has("Fe+2"), 2.0 * ledger.has("H2O2")) - 2.0 * ledger.has("Cu(s)")
    ledger.run(coefficients, 0.5 * saved)
    return max(0.0, 0.5 * saved)
