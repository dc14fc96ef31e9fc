"""Species: an identifier that spells out formula, charge and phase.

The grammar, by example::

    Ni+2  SO4-2  H2O  H2O2          aqueous (no suffix; a charge makes it an ion)
    NiSO4:6H2O(s)  C(s)             solid; ``:`` ``·`` ``.`` ``*`` all mark a hydrate on input
    Al(OH)3[gibbsite](s)            a polymorph or a named form, in square brackets
    CO2(g)  H2SO4(l)                gas, pure liquid
    Co(D2EHPA)2(org)                organic; an extractant anion is a pseudo-element
    PVDF(s)  Diluent(org)           a trade name stands for a formula or a pseudo-element

A *pseudo-element* is a group that the plant never takes apart (an extractant's anion, the diluent): it is conserved
like an element and appears under its own name in every balance. Atomic weights come from ``molmass``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from molmass import ELEMENTS

from hydromet.errors import SpeciesError

if TYPE_CHECKING:
    from collections.abc import Mapping

Phase = Literal["aq", "s", "l", "g", "org"]

WATER = "H2O"

_SUFFIX = re.compile(r"\((?P<phase>s|l|g|org|aq)\)$")
_FORM = re.compile(r"\[(?P<form>[^\[\]]+)\]$")
_CHARGE = re.compile(r"(?P<sign>[+-])(?P<size>\d*)$")
# A full stop marks a hydrate, too, unless it is the decimal point of its count (CaSO4:0.5H2O).
_HYDRATE = re.compile(r"[:·*•・･⋅∙]|(?<![:.·*•・･⋅∙]\d)(?<=[)\dA-Za-z])\.(?=\d*\.?\d*H2O)")
_TOKEN = re.compile(r"(?P<element>[A-Z][a-z]?)|(?P<open>\()|(?P<close>\))|(?P<other>.)")
_COUNT = re.compile(r"\d+(?:\.\d+)?")
_NAME = re.compile(r"\((?P<name>[A-Za-z][A-Za-z0-9_-]*)\)")

# Groups the plant never takes apart, with the formula that gives their mass.
_PSEUDO: dict[str, str] = {
    "D2EHPA": "C16H34O4P",
    "Cyanex272": "C16H34O2P",
    "PC88A": "C16H34O3P",
    "Versatic10": "C10H19O2",
    "LIX84": "C15H22O2N",
    "Diluent": "C12H26",
}
# Trade names that stand for a whole formula.
_NAMED: dict[str, str] = {"PVDF": "C2H2F2", "Diluent": "(Diluent)"}


@dataclass(frozen=True, slots=True)
class Species:
    """One chemical species.

    Attributes:
        id: canonical identifier, as in the module docstring.
        elements: atoms (or pseudo-elements) per formula unit.
        charge: electric charge in units of e.
        phase: ``aq``, ``s``, ``l``, ``g`` or ``org``.
        molar_mass: kg/mol.
    """

    id: str
    elements: Mapping[str, float]
    charge: int
    phase: Phase
    molar_mass: float


def declare_pseudo_element(symbol: str, formula: str) -> None:
    """Make ``symbol`` a pseudo-element whose mass is that of ``formula``.

    Declaring the same pair again does nothing, so results never depend on the order of loading.

    Raises:
        SpeciesError: the symbol is already declared with another formula.
    """
    known = _PSEUDO.setdefault(symbol, formula)
    if known != formula:
        raise SpeciesError("E301", read=f"{symbol} = {formula}", expected=f"{symbol} = {known}, as declared before")


def pseudo_elements() -> Mapping[str, str]:
    """The declared pseudo-elements: symbol -> formula that gives its mass."""
    return MappingProxyType(_PSEUDO)


def atomic_mass(element: str) -> float:
    """Molar mass of an element or pseudo-element, kg/mol.

    Raises:
        SpeciesError: no such element.
    """
    if element in _PSEUDO:
        return _mass(_composition(_PSEUDO[element], element))
    try:
        return float(ELEMENTS[element].mass) * 1e-3
    except KeyError:
        raise SpeciesError("E302", read=element, expected="the symbol of a chemical element") from None


@lru_cache(maxsize=4096)
def species(identifier: str) -> Species:
    """Parse a species identifier.

    Args:
        identifier: see the module docstring for the grammar.

    Returns:
        the species under its canonical identifier.

    Raises:
        SpeciesError: the identifier does not follow the grammar or names an unknown element.
    """
    text = identifier.strip()
    body, phase = text, "aq"
    if match := _SUFFIX.search(text):
        body, phase = text[: match.start()], match["phase"]
    form = ""
    if match := _FORM.search(body):
        body, form = body[: match.start()], match.group(0)
    charge = 0
    if match := _CHARGE.search(body):
        charge = int(match["size"] or 1) * (1 if match["sign"] == "+" else -1)
        body = body[: match.start()]
    formula = _HYDRATE.sub(":", body)
    elements = _composition(_NAMED.get(formula, formula), identifier)
    if charge and phase != "aq":
        raise SpeciesError("E303", read=identifier, expected="an ion without a phase suffix, such as Ni+2")
    suffix = "" if phase == "aq" else f"({phase})"
    sign = "" if not charge else f"{'+' if charge > 0 else '-'}{abs(charge) if abs(charge) > 1 else ''}"
    return Species(
        id=f"{formula}{sign}{form}{suffix}",
        elements=MappingProxyType(elements),
        charge=charge,
        phase=phase,  # type: ignore[arg-type]  # the pattern admits the five phases only
        molar_mass=_mass(elements),
    )


def _mass(elements: Mapping[str, float]) -> float:
    return sum(atomic_mass(name) * count for name, count in elements.items())


def _composition(formula: str, identifier: str) -> dict[str, float]:
    """Atoms per formula unit; hydrate parts are separated by ``:`` and may carry a leading count."""
    total: dict[str, float] = {}
    for part in formula.split(":"):
        leading = _COUNT.match(part)
        factor = float(leading.group()) if leading else 1.0
        for name, count in _group(part[leading.end() :] if leading else part, identifier).items():
            total[name] = total.get(name, 0.0) + factor * count
    if not total:
        raise SpeciesError("E304", read=identifier, expected="a formula such as NiSO4:6H2O(s)")
    return total


def _group(text: str, identifier: str) -> dict[str, float]:
    """Atoms of one part of a formula, brackets resolved."""
    stack: list[dict[str, float]] = [{}]
    position = 0
    while position < len(text):
        named = _NAME.match(text, position)
        if named and named["name"] in _PSEUDO:
            inner, position = {named["name"]: 1.0}, named.end()
        else:
            token = _TOKEN.match(text, position)
            assert token is not None  # noqa: S101  # the pattern matches any character
            position = token.end()
            if token["open"]:
                stack.append({})
                continue
            if token["close"] and len(stack) > 1:
                inner = stack.pop()
            elif token["element"]:
                inner = {_element(token["element"], identifier): 1.0}
            else:
                raise SpeciesError("E304", read=identifier, expected="a formula such as NiSO4:6H2O(s)")
        count = _COUNT.match(text, position)
        factor = 1.0
        if count:
            factor, position = float(count.group()), count.end()
        for name, number in inner.items():
            stack[-1][name] = stack[-1].get(name, 0.0) + factor * number
    if len(stack) != 1:
        raise SpeciesError("E304", read=identifier, expected="a formula with balanced brackets")
    return stack[0]


def _element(symbol: str, identifier: str) -> str:
    if symbol not in ELEMENTS:
        raise SpeciesError("E302", read=f"{symbol} in {identifier}", expected="the symbol of a chemical element")
    return symbol


PHASES: tuple[str, ...] = get_args(Phase)
