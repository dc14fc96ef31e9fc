"""Saturation with a solid: the amount of it that a liquor dissolves is the unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from hydromet.chemistry.database import load_database, unknown_phase
from hydromet.chemistry.engine import Solved, clamp, solve_equilibrium
from hydromet.chemistry.system import at_temperature
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping

# First offer of the solid, mol per kg of water, and how often it is doubled.
_OFFER, _DOUBLINGS = 1.0, 6
# Amounts below a share of the offer are asked again with an offer this much above the amount, a few times, by steps.
_SMALL, _EXCESS, _SMALLER, _STEP = 0.1, 1.5, 12, 1e-4
# Share of an offer that counts as nothing left.
_NOTHING = 1e-12
# ln of the saturation below which a liquor is not saturated.
_SATURATED = 1e-6
# Mol of another solid that counts as formed.
_FORMED = 1e-6
_LIMITED = "a solid of limited solubility at this temperature"


@dataclass(frozen=True)
class Dissolved:
    """A liquor saturated with a solid.

    Attributes:
        amount: mol of the solid that dissolved; negative where the liquor gave some up.
        left: mol that was offered beyond that.
        solved: the equilibrium, with a little of the solid left.
    """

    amount: float
    left: float
    solved: Solved


def dissolve(
    totals: Mapping[str, float],
    temperature: float,
    solid: str,
    *,
    beside: tuple[str, ...] = (),
    pressures: Mapping[str, float] | None = None,
) -> Dissolved:
    """As much of a solid as a liquor takes, with other solids that may form from it.

    The amount is exact to the tolerance of the engine also where it is minute: it is asked with an offer of its own
    size. Where the solid turns into another one (an incongruent solid, a hydrate that is not the stable one) no amount
    saturates the liquor: the other takes its place.

    Args:
        totals: basis species -> mol, H+ net, H2O all water.
        temperature: K.
        solid: as in ``data/reactions``.
        beside: other solids and gases that may form.
        pressures: of the gases, Pa.

    Raises:
        ChemistryError: E505 the solid has no constant, E506, E507 as ``solve_equilibrium``, E514 no finite amount
            saturates the liquor; what formed instead is named.
    """
    if solid not in load_database().solids:
        raise unknown_phase(solid, load_database().solids, "a solid")
    phases = tuple(dict.fromkeys((solid, *beside)))
    amount = _OFFER * totals.get(WATER, 0.0) * species(WATER).molar_mass
    found = _offer(totals, temperature, solid, phases, pressures, amount)
    for _ in range(_DOUBLINGS):
        if found.left > 0.0:
            break
        amount *= 2.0
        before = found.solved
        try:
            found = _offer(totals, temperature, solid, phases, pressures, amount)
        except ChemistryError:
            _refuse(solid, before)
    if found.left <= 0.0:
        _refuse(solid, found.solved)
    # The smaller the offer above the amount, the less is lost in the difference.
    for _ in range(_SMALLER):
        if abs(found.amount) > _SMALL * amount:
            break
        amount = max(_EXCESS * abs(found.amount), _STEP * amount)
        closer = _offer(totals, temperature, solid, phases, pressures, amount)
        if closer.left <= 0.0:
            break
        found = closer
    return found


def _offer(
    totals: Mapping[str, float],
    temperature: float,
    solid: str,
    phases: tuple[str, ...],
    pressures: Mapping[str, float] | None,
    amount: float,
) -> Dissolved:
    mixed = dict(totals)
    for part, count in load_database().solids[solid].basis.items():
        mixed[part] = mixed.get(part, 0.0) + count * amount
    try:
        solved = solve_equilibrium(mixed, temperature, phases=phases, pressures=pressures)
    except ChemistryError as error:
        if error.code not in ("E506", "E507"):
            raise
        # A hydrate that melts in its own water, or a salt without limit.
        raise ChemistryError("E514", read=solid, expected=_LIMITED) from error
    y = solved.system
    k = y.phases.index(solid)
    left = float(solved.amounts[k])
    # The interior point leaves a trace of what is not there: a solid is there if the liquor is saturated with it.
    constant = float(at_temperature(y.components, y.phases, clamp(temperature)).lnKs[k])
    index = float(y.S[k] @ solved.lam + y.sa[k] * solved.ln_aw) - constant
    there = left > _NOTHING * amount and index > -_SATURATED
    return Dissolved(amount - left, left if there else 0.0, solved)


def _refuse(solid: str, solved: Solved) -> NoReturn:
    """Raise E514 with what took the place of the solid."""
    amounts = zip(solved.system.phases, solved.amounts.tolist(), strict=True)
    formed = [name for name, amount in amounts if name != solid and amount > _FORMED]
    instead = f"{solid}, which turns into {', '.join(formed)}" if formed else solid
    raise ChemistryError("E514", read=instead, expected=_LIMITED)
