"""How much of a salt dissolves, and which of its hydrates is the stable solid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hydromet.chemistry.canonical import canonical, totals_of
from hydromet.chemistry.database import OH, H, load_database
from hydromet.chemistry.formation import load_formation
from hydromet.chemistry.solutions.amounts import KILOGRAM, read_substance
from hydromet.errors import ChemistryError
from hydromet.source import nearest
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry.solutions.solution import Solution

# Saturation indices that differ by less are those of a transition point.
SAME = 1e-9


@dataclass(frozen=True)
class Saturated:
    """A solution with as much of a salt as dissolves.

    Attributes:
        solid: what it is saturated with.
        amount: mol of the solid that dissolved per kilogram of water put in.
        solution: the saturated solution; its water includes that of the hydrate.
        salt: mol of the salt that dissolved per kilogram of the water of the saturated solution.
        mass: the same in kg of anhydrous salt per kilogram of water.
    """

    solid: str
    amount: float
    solution: Solution
    salt: float
    mass: float


def hydrates_of(salt: str) -> tuple[str, ...]:
    """Solids of the data that are this salt with or without water: ``NiSO4`` has two hydrates; a solid is itself.

    Forms that do not come by themselves within hours are left out where there are others.

    Raises:
        ChemistryError: E505 no solid of this salt is known, E512 it is no salt.
    """
    data = load_database()
    one = species(salt)
    if one.id in data.solids:
        return (one.id,)
    bare = _dry(read_substance(salt.removesuffix("(s)")).ions)
    found = [name for name, constant in data.solids.items() if _dry(constant.basis) == bare]
    if not found:
        names = (*data.solids, *{_formula(name) for name in data.solids})
        near = nearest(salt, names) or ("NiSO4",)
        raise ChemistryError(
            "E505", read=salt, expected=f"a salt with a known solubility: {', '.join(near)}", write=near[0]
        )
    usual = [name for name in found if load_formation().get(name, {}).get("forms") == "yes"]
    return tuple(usual or found)


def saturate(solution: Solution, salt: str) -> Saturated:
    """Dissolve a salt until no more goes in; of its hydrates the stable one, which has the highest saturation index.

    Args:
        solution: what it dissolves in; pure water is ``Solution({})``.
        salt: a salt, ``NiSO4``, or one solid of it, ``NiSO4:7H2O(s)``.

    Raises:
        ChemistryError: E505 no solid of this salt is known, E514 the solution is supersaturated already, or no finite
            amount saturates it.
    """
    family = hydrates_of(salt)
    refused: ChemistryError | None = None
    for solid in family:
        try:
            found = with_solid(solution, solid)
        except ChemistryError as error:
            if error.code != "E514":
                raise
            refused = error
            continue
        if all(found.solution.saturation_index(other) < SAME for other in family if other != solid):
            return found
    if refused is None:  # every one is above another by less than the solver resolves: a transition point
        return found
    raise refused


def with_solid(solution: Solution, solid: str) -> Saturated:
    """The same for one solid, stable or not.

    Raises:
        ChemistryError: E514 as ``saturate``.
    """
    amount = solution.saturate(solid)
    basis = load_database().solids[solid].basis
    flows = dict(solution.stream.flows)
    for ion, count in basis.items():
        flows[ion] = flows.get(ion, 0.0) + count * amount
    acid = flows.get(H, 0.0)
    if acid < 0.0:  # a base is an acid taken away: hydroxides are listed in terms of H+
        flows[H], flows[OH] = 0.0, flows.get(OH, 0.0) - acid
        flows[WATER] += acid
    stream, _ = canonical(solution.stream.with_flows(flows))
    water = stream[WATER] / KILOGRAM
    composition = {name: flow / water for name, flow in stream.flows.items() if name != WATER}
    dry = species(_formula(solid)).molar_mass
    return Saturated(solid, amount, replace(solution, composition=composition), amount / water, amount * dry / water)


def _dry(basis: Mapping[str, float]) -> dict[str, float]:
    """Ions without the water, a base as an acid taken away."""
    return {name: count for name, count in totals_of(basis).items() if name != WATER and count}


def _formula(solid: str) -> str:
    return solid.partition("(s)")[0].partition(":")[0].partition("[")[0]
