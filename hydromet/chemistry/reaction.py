"""Reaction equations: read, checked for elements and charge, and turned into coefficients."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from hydromet.errors import ReactionError
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TERM = re.compile(r"^(?:(?P<count>\d+(?:\.\d+)?)\s+)?(?P<id>\S+)$")
_IMBALANCE = 1e-9


@dataclass(frozen=True)
class Reaction:
    """A balanced reaction.

    Attributes:
        equation: in canonical spelling.
        coefficients: species id -> stoichiometric number, negative for what is consumed.
    """

    equation: str
    coefficients: Mapping[str, float] = field(compare=False)
    _enthalpy: Callable[[str, float], float] = field(compare=False, repr=False)

    def heat(self, temperature: float) -> float:
        """Enthalpy of reaction per unit of extent, J/mol; negative where heat is given off.

        ``sum(nu_i h_i(T))`` over the listed species, without the speciation that follows in the liquor.
        """
        return sum(nu * self._enthalpy(name, temperature) for name, nu in self.coefficients.items())


@lru_cache(maxsize=4096)
def parse_equation(equation: str) -> tuple[str, Mapping[str, float]]:
    """Canonical spelling and coefficients of an equation such as ``Al(OH)3(s) + 3 H+ = Al+3 + 3 H2O``.

    Raises:
        ReactionError: E320 not an equation, E321 elements or charge do not balance.
        SpeciesError: a species cannot be read.
    """
    sides = equation.split("=")
    if len(sides) != 2 or not all(side.strip() for side in sides):
        raise ReactionError(
            "E320", read=equation, expected="one = with species on both sides", write="CaF2(s) = Ca+2 + 2 F-"
        )
    total: dict[str, float] = {}
    spelled: list[str] = []
    for sign, side in zip((-1.0, 1.0), sides, strict=True):
        words: list[str] = []
        for text in re.split(r"\s\+\s", side.strip()):
            match = _TERM.match(text.strip())
            if not match:
                raise ReactionError(
                    "E320", read=text, expected="a count, a blank and a species, such as 3 H2O", write="Al+3 + 3 H2O"
                )
            name = species(match["id"]).id
            count = float(match["count"] or 1.0)
            total[name] = total.get(name, 0.0) + sign * count
            words.append(name if count == 1.0 else f"{count:g} {name}")
        spelled.append(" + ".join(words))
    coefficients = {name: nu for name, nu in total.items() if nu != 0.0}
    _check_balance(equation, coefficients)
    return " = ".join(spelled), MappingProxyType(coefficients)


def _check_balance(equation: str, coefficients: Mapping[str, float]) -> None:
    excess: dict[str, float] = {}
    for name, nu in coefficients.items():
        one = species(name)
        excess["charge"] = excess.get("charge", 0.0) + nu * one.charge
        for element, count in one.elements.items():
            excess[element] = excess.get(element, 0.0) + nu * count
    wrong = {name: value for name, value in excess.items() if abs(value) > _IMBALANCE}
    if wrong:
        raise ReactionError(
            "E321",
            read=f"{equation}   (right minus left: {', '.join(f'{k} {v:+g}' for k, v in sorted(wrong.items()))})",
            expected="the same atoms and charge on both sides",
            write="Al(OH)3(s) + 3 H+ = Al+3 + 3 H2O",
        )
