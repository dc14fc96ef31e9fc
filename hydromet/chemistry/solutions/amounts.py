"""What a solution is made of, as a chemist writes it: formulas, ions or elements, each with an amount in any unit.

``NiSO4 1.2 mol/kg``, ``Co 12 g/L``, ``SO4 95 g/L`` and ``NaOH 5 wt%`` may stand side by side. Everything is turned into
mol per kilogram of water, which is how the engine counts:

======================  =====================================================
``mol/kg``, ``mol/kgw``  mol per kilogram of water (molality)
``g/kgw``               mass per kilogram of water
``mol/L``, ``g/L``      per litre of solution at the temperature of the solution
``wt%``, ``g/kg``       of the mass of solution
======================  =====================================================
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hydromet.chemistry.canonical import canonical
from hydromet.chemistry.database import load_database
from hydromet.chemistry.physical.volume import aqueous_volume
from hydromet.chemistry.salts import ANIONS, CATIONS, ions_of
from hydromet.errors import ChemistryError, QuantityError, SpeciesError
from hydromet.quantity import either, parse
from hydromet.source import nearest
from hydromet.species import WATER, atomic_mass, species
from hydromet.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hydromet.species import Species

KILOGRAM = 1.0 / species(WATER).molar_mass
# A number is read by its unit; the last of these is asked for by the unit kgw only.
_DIMENSIONS = ("molality", "mass concentration", "molar concentration", "mass fraction")
_PER_WATER = "mass ratio"
_EXPECTED = "an amount with its unit: mol/kg (of water), mol/L, g/L, mg/L, wt% or g/kg (of solution), g/kgw (of water)"
_KGW = re.compile(r"/\s*kg\s?w(ater)?\Z")
_CHARGE_LAST = re.compile(r"(?P<body>.+?)(?:(?P<signs>[+-]{2,})|(?P<size>\d)?(?P<sign>[+-]))\Z")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_STEPS = 3000
_TOLERANCE = 1e-14
# Mass of a solution of one kilogram of water, kg, above which there is hardly any water in it.
_HEAVIEST = 1e3


@dataclass(frozen=True)
class Amount:
    """One number of a composition.

    Attributes:
        text: as written.
        value: in the SI unit of ``dimension``.
        dimension: molality, mass concentration, molar concentration, mass fraction or mass ratio (per mass of water).
    """

    text: str
    value: float
    dimension: str


@dataclass(frozen=True)
class Substance:
    """What a name stands for.

    Attributes:
        name: canonical.
        ions: what one mole dissolves to.
        molar_mass: of what is named, kg/mol: of the element where an element is named.
    """

    name: str
    ions: Mapping[str, float]
    molar_mass: float


def read_amount(text: Any) -> Amount:
    """A number with its unit.

    Raises:
        QuantityError: E2xx, with what an amount looks like.
        ChemistryError: E546, it is negative.
    """
    plain = unicodedata.normalize("NFKC", text).strip() if isinstance(text, str) else text
    per_water = isinstance(plain, str) and bool(_KGW.search(plain))
    if per_water:
        plain = _KGW.sub("/kg", plain)
    try:
        value, dimension = either(plain, ("molality", _PER_WATER) if per_water else _DIMENSIONS)
    except QuantityError as error:
        raise _amount_expected(error, str(plain)) from None
    if value < 0.0:
        raise ChemistryError("E546", read=str(text), expected="an amount of zero or more", write=str(text).lstrip("-"))
    return Amount(str(text), value, dimension)


def _amount_expected(error: QuantityError, text: str) -> QuantityError:
    """The same error in terms of amounts; a bare percentage or ppm is told as such."""
    if error.code == "E203":
        try:
            parse(text, "mass fraction")
        except QuantityError as other:
            error = other if other.code == "E207" else error
    if error.code == "E202":
        error.write = f"{text} g/L"
    if error.code in ("E202", "E203", "E205", "E207", "E208"):
        error.expected = _EXPECTED
    return error


@lru_cache(maxsize=512)
def read_substance(name: str) -> Substance:
    """A compound (``NiSO4``, ``H2SO4``), an ion (``Ni+2``, ``Ni2+``, ``SO4``) or an element (``Ni``, ``S``).

    An element is the ion it has in these liquors, its mass that of the element alone; iron has two ions and must be
    written as one of them.

    Raises:
        ChemistryError: E512 it is nothing the data know, E542 it may be more than one ion.
        SpeciesError: E30x, it is no formula.
    """
    text = unicodedata.normalize("NFKC", name).replace("−", "-").replace(" ", "")
    data = load_database()
    known = {*data.components, *data.aqueous, WATER}
    try:
        one = species(text)
    except SpeciesError as error:
        turned = _charge_as_printed(text, known)
        if turned is None:
            near = suggestions(text)
            error.write = error.write or (near[0] if near else "NiSO4")
            raise error from None
        one = turned
    if one.charge and one.id not in known:
        one = _charge_as_printed(text, known) or one
    if one.id in known:
        return Substance(one.id, MappingProxyType({one.id: 1.0}), one.molar_mass)
    if one.charge:
        raise _unknown(name, text)
    if len(one.elements) == 1 and one.id in one.elements:
        return _of_element(one.id)
    bare = _only(name, [ion for ion in (*CATIONS, *ANIONS) if dict(species(ion).elements) == dict(one.elements)])
    if bare:
        return Substance(bare, MappingProxyType({bare: 1.0}), one.molar_mass)
    try:
        return Substance(one.id, MappingProxyType(dict(ions_of(text))), one.molar_mass)
    except ChemistryError:
        raise _unknown(name, text) from None


def _of_element(element: str) -> Substance:
    """An element as the one ion it has; the mass is that of the element."""
    own = [ion for ion in (*CATIONS, *ANIONS) if {e for e in species(ion).elements if e not in "OH"} == {element}]
    neutral = [n for n in load_database().components if not species(n).charge and element in species(n).elements]
    ion = _only(element, own or sorted(neutral)) if element not in "OH" else ""
    if not ion:
        raise ChemistryError(
            "E512", read=element, expected=f"an element of the data: {', '.join(_elements())}", write="Ni"
        )
    return Substance(ion, MappingProxyType({ion: 1.0 / species(ion).elements[element]}), atomic_mass(element))


def _only(name: str, found: list[str]) -> str:
    if len(found) > 1:
        raise ChemistryError("E542", read=name, expected=f"{' or '.join(found)}: say which", write=found[0])
    return found[0] if found else ""


def _charge_as_printed(text: str, known: set[str]) -> Species | None:
    """A known ion from its charge as printed in books: ``Ni2+``, ``SO42-``, ``Ni++``; None if it is none."""
    match = _CHARGE_LAST.match(text)
    if match is None:
        return None
    signs = match["signs"] or match["sign"] * int(match["size"] or 1)
    try:
        meant = species(f"{match['body']}{signs[:1]}{len(signs) if len(signs) > 1 else ''}")
    except SpeciesError:
        return None
    return meant if meant.id in known else None


def _unknown(name: str, text: str) -> ChemistryError:
    near = suggestions(text)
    expected = " or ".join(near) or "a salt, acid, base or ion of the chemistry data, which do not know this one"
    return ChemistryError("E512", read=name, expected=expected, write=near[0] if near else "NiSO4")


def suggestions(text: str) -> tuple[str, ...]:
    """Names of simple salts, acids, bases and ions most like a misspelt one, best first; at most three."""
    formulas = [_formula(cation, anion) for cation in CATIONS for anion in ANIONS]
    found = nearest(text, [*formulas, *CATIONS, *ANIONS, *_elements()])
    wanted = set(_SYMBOL.findall(text)) - {"O", "H"}
    return tuple(name for name in found if not wanted or wanted & set(_SYMBOL.findall(name)))


def _elements() -> list[str]:
    """Elements that an analysis may name."""
    return sorted({e for ion in (*CATIONS, *ANIONS) for e in species(ion).elements} - {"O", "H"})


def _formula(cation: str, anion: str) -> str:
    """``Al+3`` and ``SO4-2`` as ``Al2(SO4)3``."""
    up, down = species(cation).charge, -species(anion).charge
    common = gcd(up, down)

    def part(ion: str, count: int) -> str:
        bare = re.sub(r"[+-]\d*$", "", ion)
        if count == 1:
            return bare
        return f"({bare}){count}" if sum(species(ion).elements.values()) > 1 else f"{bare}{count}"

    return "H2O" if (cation, anion) == ("H+", "OH-") else part(cation, down // common) + part(anion, up // common)


def to_molality(
    composition: Mapping[str, Amount], temperature: float, completed: Callable[[dict[str, float]], Mapping[str, float]]
) -> dict[str, float]:
    """Amounts as mol per kilogram of water put in, by name.

    With m the molalities, V(m) and M(m) volume and mass of the whole solution that holds one kilogram of water, an
    amount c per volume is ``m = c V``, a mass fraction w is ``m = w M / M_i``: solved by repeated substitution, which
    converges while there is room for water.

    Args:
        composition: name -> amount.
        temperature: K; a litre is a litre of the solution at this temperature.
        completed: makes the whole solution, ion -> mol/kg water, of the ions that were named: adds what balances the
            charges.

    Raises:
        ChemistryError: E544, the solutes leave no room for water.
    """
    substances = {name: read_substance(name) for name in composition}
    found = dict.fromkeys(composition, 0.0)
    for _ in range(_STEPS):
        mass, volume = _extent(completed(ions_of_all(found)), temperature)
        if not mass < _HEAVIEST:
            break
        new = {
            name: _molality(amount, substances[name].molar_mass, mass, volume) for name, amount in composition.items()
        }
        done = all(abs(new[name] - found[name]) <= _TOLERANCE * new[name] for name in new)
        found = new
        if done:
            return found
    raise ChemistryError(
        "E544",
        read=", ".join(f"{name} {amount.text}" for name, amount in composition.items()),
        expected="solutes that leave room for water in the litre or kilogram of solution",
        write="NiSO4=1.2mol/kg",
    )


def ions_of_all(molalities: Mapping[str, float]) -> dict[str, float]:
    """Ions of everything that was named, mol/kg water."""
    ions: dict[str, float] = {}
    for name, molality in molalities.items():
        for ion, count in read_substance(name).ions.items():
            ions[ion] = ions.get(ion, 0.0) + count * molality
    return ions


def _molality(amount: Amount, molar_mass: float, mass: float, volume: float) -> float:
    if amount.dimension == "molality":
        return amount.value
    if amount.dimension == "molar concentration":
        return amount.value * volume
    if amount.dimension == "mass concentration":
        return amount.value * volume / molar_mass
    return amount.value * (mass if amount.dimension == "mass fraction" else 1.0) / molar_mass


def _extent(ions: Mapping[str, float], temperature: float) -> tuple[float, float]:
    """Mass, kg, and volume, m3, of the solution made with one kilogram of water."""
    stream, _ = canonical(Stream({**ions, WATER: ions.get(WATER, 0.0) + KILOGRAM}, temperature))
    return stream.mass(), aqueous_volume(stream.flows, temperature)
