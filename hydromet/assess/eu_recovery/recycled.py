"""Article 8: what the metal of each product was, pre-consumer, post-consumer or neither, from the tracing of origins.

``share of a class = metal of that class in the product / all metal in the product``: metal of primary feeds, reagents
and lots of unknown origin stands below the line. Every kind of battery manufacturing waste counts here, foils and
powders too, though they are no input of the recycling rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.composition import REAGENT_BORN
from hydromet.assess.eu_recovery.flows import EARLIER, OUT, REAGENT
from hydromet.assess.eu_recovery.rates import fate
from hydromet.assess.eu_recovery.rules import FOLDER
from hydromet.datafiles import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures
    from hydromet.assess.eu_recovery.flows import Fraction, Origin
    from hydromet.assess.eu_recovery.network import Source
    from hydromet.assess.eu_recovery.plant import Plants

PRE, POST, OTHER = "pre_consumer", "post_consumer", "other"
CLASSES = (PRE, POST)
PRIMARY, NOT_STATED, OF_REAGENT = "primary", "not_stated", "reagent"


@lru_cache(maxsize=1)
def article_8() -> Mapping[str, Any]:
    """The shipped rules of recycled content."""
    found: Mapping[str, Any] = read_yaml(f"{FOLDER}/recycled_content.yaml")
    return found


@dataclass(frozen=True)
class Part:
    """Metal of one origin in a product.

    Attributes:
        lot: its lot, or what else it came from. inlets: names in ``in`` of the facility it came by, with their shares.
        metal: kg. classes: class -> share of it. why: why the rest counts as other.
    """

    lot: str
    inlets: Mapping[str, float]
    metal: float
    classes: Mapping[str, float]
    why: str

    def of(self, name: str) -> float:
        """Metal of a class or of ``other``, kg."""
        if name == OTHER:
            return self.metal * (1.0 - sum(self.classes.values()))
        return self.metal * self.classes.get(name, 0.0)


@dataclass(frozen=True)
class Product:
    """A product of the year: metal -> its origins; ``dry`` and ``weighed`` in kg, if weighed."""

    facility: str
    name: str
    metals: Mapping[str, tuple[Part, ...]]
    dry: float | None
    weighed: float | None

    @property
    def key(self) -> str:
        """``facility.product``."""
        return f"{self.facility}.{self.name}"

    def content(self, metal: str) -> float:
        """All of a metal, kg."""
        return sum(each.metal for each in self.metals.get(metal, ()))


def products(case: Case, plants: Plants, found: Figures) -> dict[str, Product]:
    """The products made in the reporting year that hold a metal of Article 8, by ``facility.product``."""
    table = {}
    for fraction in found.flows.fractions:
        its = fate(case, plants, fraction)
        if fraction.group != OUT or not its.recovery or its.year != case.file.year:
            continue
        metals = {m: parts for m in _held_metals(fraction) if (parts := _parts(case, plants, found, fraction, m))}
        if metals:
            declared = case.file.facilities[fraction.facility].out.get(fraction.name)
            weighed = declared.mass.value if declared is not None and declared.mass is not None else None
            dry = None if fraction.dry is None else float(fraction.dry[0])
            product = Product(fraction.facility, fraction.name, metals, dry, weighed)
            table[product.key] = product
    return table


def _held_metals(fraction: Fraction) -> list[str]:
    """Metals of Article 8 a product is made of; traces of them are impurities and no content."""
    amounts = {row: sum(float(m[0]) for m in origins.values()) for row, origins in fraction.content.items()}
    least = article_8()["trace"] * sum(mass for row, mass in amounts.items() if row not in REAGENT_BORN)
    return [metal for metal in article_8()["metals"] if amounts.get(metal, 0.0) > least]


def _parts(case: Case, plants: Plants, found: Figures, fraction: Fraction, metal: str) -> tuple[Part, ...]:
    by_lot: dict[tuple[str, tuple[tuple[str, float], ...]], float] = {}
    why: dict[str, tuple[Mapping[str, float], str]] = {}
    for origin, mass in fraction.content.get(metal, {}).items():
        whose = f"{origin.kind} {origin.lot}.{origin.part}".rstrip(".") if origin.kind else origin.lot
        why[whose] = classes_of(case, origin)
        inlets = tuple(sorted(_inlets(case, found, fraction, metal, origin).items()))
        by_lot[whose, inlets] = by_lot.get((whose, inlets), 0.0) + float(mass[0])
    parts = [Part(whose, dict(inlets), mass, *why[whose]) for (whose, inlets), mass in by_lot.items() if mass > 0.0]
    bought = _reagents_of_plant(plants, fraction, metal, sum(each.metal for each in parts))
    if bought > 0.0:
        parts.append(Part(f"{REAGENT} {fraction.facility}", {}, bought, {}, OF_REAGENT))
    return tuple(sorted(parts, key=lambda each: (each.lot, sorted(each.inlets))))


def classes_of(case: Case, origin: Origin) -> tuple[Mapping[str, float], str]:
    """Class -> share of the metal of an origin, and why the rest is none."""
    file = case.file
    if origin.kind == REAGENT:
        return {}, OF_REAGENT
    if origin.kind == EARLIER:
        declared: Any = file.facilities[origin.lot].opening[origin.part]
        rule: Mapping[str, Any] = {}
        form = ""
    else:
        declared = file.lots[origin.lot]
        rule, form = article_8()["origins"].get(declared.origin, {}), declared.form
    if form == PRIMARY:
        return {}, PRIMARY
    if declared.recycled is not None:
        return {each: getattr(declared.recycled, each) for each in CLASSES}, PRIMARY
    if form not in rule.get("forms", ()):
        return {}, NOT_STATED
    return ({rule["class"]: 1.0}, "") if rule["class"] else ({}, declared.origin)


def _inlets(case: Case, found: Figures, fraction: Fraction, metal: str, origin: Origin) -> dict[str, float]:
    """Names in ``in`` of the facility by which an origin came, in proportion to what they hold of it."""
    facility = case.file.facilities[fraction.facility]
    if origin.kind == EARLIER and origin.lot == fraction.facility:
        return {origin.part: 1.0}
    declared = facility.out.get(fraction.name)
    allowed = declared.of if declared is not None and declared.of else tuple(facility.inlets)
    held = {
        token: sum(_held(found, source, metal, origin) for source in sources)
        for token, sources in found.flows.network.inlets[fraction.facility].items()
        if token in allowed
    }
    total = sum(held.values())
    return {token: mass / total for token, mass in held.items() if mass > 0.0}


def _held(found: Figures, source: Source, metal: str, origin: Origin) -> float:
    """Metal of an origin in a part of a lot or in a fraction, kg."""
    if source.lot:
        rows = found.flows.lots[source.lot].parts[source.name].rows
        own = (source.lot, source.name) == (origin.lot, origin.part) and not origin.kind
        return float(rows[metal][0]) if own and metal in rows else 0.0
    for fraction in found.flows.of(source.facility):
        if (fraction.group, fraction.name) == (OUT, source.name):
            content = fraction.content.get(metal, {})
            return float(content[origin][0]) if origin in content else 0.0
    return 0.0


def _reagents_of_plant(plants: Plants, fraction: Fraction, metal: str, feed_born: float) -> float:
    """Metal that reagents of a solved flowsheet brought into its product, kg: what its own tracing leaves out."""
    result = plants.results.get(fraction.facility)
    if result is None or feed_born <= 0.0:
        return 0.0
    way = result["losses"].get(metal, {}).get(fraction.name)
    if way is None or not way["kg_h"] > 0.0:
        return 0.0
    every = float(result["streams"][way["stream"]]["elements_kg_h"].get(metal, 0.0))
    return max(0.0, feed_born * (every / float(way["kg_h"]) - 1.0))
