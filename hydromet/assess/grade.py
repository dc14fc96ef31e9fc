"""Product grade: a product against a named specification, limit by limit.

``grade(stream, "lithium_carbonate_battery", entering=...)`` says for every limit of the table whether the product
passes, fails, or is *not predicted*. A model that does not follow an impurity has no right to a pass: one limit that is
not predicted keeps the whole product from passing. The tables are ``data/limits/product_grades.csv``.

In a flowsheet a product names its specification; without a name the default of its compound is used, if there is one::

    products:
      lithium_carbonate: {stream: li_dryer.product, compound: Li2CO3(s)}
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_csv
from hydromet.errors import FlowsheetError
from hydromet.quantity import parse
from hydromet.source import nearest
from hydromet.species import WATER, atomic_mass, pseudo_elements, species

if TYPE_CHECKING:
    from collections.abc import Collection

    from hydromet.stream import Stream

TABLE = "data/limits/product_grades.csv"
PASS, FAIL, UNKNOWN = "pass", "fail", "not predicted"

# Groups counted as such in specifications: the element that carries them in a sulfate or carbonate plant.
_GROUPS = {"SO4": ("S", "SO4-2")}


@dataclass(frozen=True)
class Limit:
    """One limit of a specification; ``value`` in kg per kg of product as delivered."""

    component: str
    kind: str
    value: float
    source: str
    grade: str
    note: str = ""


@dataclass(frozen=True)
class Specification:
    """A named table of limits for one compound."""

    name: str
    compound: str
    standard: str
    limits: tuple[Limit, ...]


@lru_cache(maxsize=1)
def specifications() -> dict[str, Specification]:
    """All specifications by name, in the order of the table."""
    found: dict[str, Specification] = {}
    for row in read_csv(TABLE):
        value = parse(row["limit"], "mass fraction")
        limit = Limit(row["component"], row["kind"], value, row["source"], row["grade"], row["note"])
        before = found.get(row["specification"])
        limits = (*before.limits, limit) if before else (limit,)
        compound = species(row["compound"]).id
        found[row["specification"]] = Specification(row["specification"], compound, row["standard"], limits)
    return found


def specification(name: str) -> Specification:
    """A specification by name.

    Raises:
        FlowsheetError: E461, no such specification; the message offers the nearest.
    """
    known = specifications()
    if name not in known:
        near = nearest(name, known) or tuple(known)
        raise FlowsheetError("E461", read=name, expected=f"one of {', '.join(near)}", write=f"grade: {near[0]}")
    return known[name]


def default_specification(compound: str) -> str:
    """Name of the specification a compound is held against by default; empty if there is none."""
    return next((spec.name for spec in specifications().values() if spec.compound == compound), "")


def purity(product: Stream, compound: str) -> float:
    """Mass share of the compound's own crystals in the product as delivered, kg/kg; zero for an empty stream."""
    mass = product.mass()
    return product[compound] * species(compound).molar_mass / mass if mass else 0.0


def impurities(product: Stream, compound: str) -> dict[str, float]:
    """Elements that are part of neither the compound nor water, mg per kg of product as delivered (ppm by mass).

    ``oil`` is extractant and diluent together, where there is any.
    """
    mass, own = product.mass(), {*species(compound).elements, *species(WATER).elements}
    found = {
        element: 1e6 * moles * atomic_mass(element) / mass
        for element, moles in sorted(product.elements().items())
        if element not in own
    }
    oil = sum(found[group] for group in found if group in pseudo_elements())
    return {**found, "oil": oil} if oil > 0.0 else found


def grade(
    product: Stream, name: str, *, entering: Collection[str], unpredicted: Collection[str] = ()
) -> dict[str, Any]:
    """A product against a specification.

    A limit is *not predicted* where the property is none that a balance gives, where the element enters the plant with
    no feed or reagent, where the caller says that its path is a declared split (``unpredicted``), or where the model
    keeps it out of the product altogether: an impurity of exactly zero is an assumption, not a result.

    Args:
        product: as delivered, moisture and adhering liquor included.
        name: of the specification.
        entering: elements and pseudo-elements that enter the plant with any feed or reagent.
        unpredicted: elements whose path to this product is not predicted.

    Returns:
        plain data: ``specification``, ``standard``, ``compound``, ``verdict`` (pass, fail, not predicted),
        ``governed_by`` (the component with the largest share of its upper limit), ``limits`` (component, kind, limit
        and value in kg/kg, ``share_of_limit``, ``margin`` as a share of the limit and negative where it fails, verdict,
        reason, source, grade), and ``recalled``: how many limits of the table are recalled from memory.

    Raises:
        FlowsheetError: E461, no such specification.
    """
    spec = specification(name)
    rows = [_judged(product, spec, limit, frozenset(entering), frozenset(unpredicted)) for limit in spec.limits]
    verdicts = {row["verdict"] for row in rows}
    upper = {row["component"]: row["share_of_limit"] for row in rows if row["kind"] == "max" and row["value"]}
    return {
        "specification": spec.name,
        "standard": spec.standard,
        "compound": spec.compound,
        "verdict": next((v for v in (FAIL, UNKNOWN) if v in verdicts), PASS),
        "governed_by": max(upper, key=lambda name: (upper[name], name), default=""),
        "recalled": sum(limit.grade == "recalled" for limit in spec.limits),
        "limits": rows,
    }


def _judged(
    product: Stream, spec: Specification, limit: Limit, entering: frozenset[str], unpredicted: frozenset[str]
) -> dict[str, Any]:
    value, reason = _value(product, spec, limit, entering, unpredicted)
    if value is None:
        verdict = UNKNOWN
    elif limit.kind == "min":
        verdict = PASS if value >= limit.value else FAIL
    else:
        verdict = PASS if value <= limit.value else FAIL
    return {
        "component": limit.component,
        "kind": limit.kind,
        "limit": limit.value,
        "value": value,
        "share_of_limit": None if value is None else value / limit.value,
        "margin": None if value is None else (value - limit.value) / limit.value * (1 if limit.kind == "min" else -1),
        "verdict": verdict,
        "reason": reason,
        "source": limit.source,
        "grade": limit.grade,
    }


def _value(
    product: Stream, spec: Specification, limit: Limit, entering: frozenset[str], unpredicted: frozenset[str]
) -> tuple[float | None, str]:
    """Mass share that a limit is about, or None with the reason why there is none."""
    mass, name = product.mass(), limit.component
    if not mass:
        return None, "nothing is produced"
    if name == "salt":
        return purity(product, spec.compound), ""
    if name == "moisture":
        return product[WATER] * species(WATER).molar_mass / mass, ""
    if name == "oil":
        return _oil(product, entering)
    element, formula = _GROUPS.get(name, (name, ""))
    if not _is_element(element):
        return None, "no balance predicts it"
    if element in unpredicted:
        return None, "decided by a declared split"
    if element not in entering:
        return None, "in no feed or reagent: nobody stated it"
    moles = product.elements().get(element, 0.0)
    if moles == 0.0:
        return None, "the model keeps it out of this product altogether"
    return moles * (species(formula).molar_mass if formula else atomic_mass(element)) / mass, ""


def _oil(product: Stream, entering: frozenset[str]) -> tuple[float | None, str]:
    """Extractant and diluent carried into the product."""
    groups = entering & frozenset(pseudo_elements())
    mass = sum(product.elements().get(group, 0.0) * atomic_mass(group) for group in groups)
    if mass == 0.0:
        return None, "the model carries no organic into this product"
    return mass / product.mass(), ""


def _is_element(name: str) -> bool:
    try:
        atomic_mass(name)
    except ValueError:
        return False
    return name not in pseudo_elements()
