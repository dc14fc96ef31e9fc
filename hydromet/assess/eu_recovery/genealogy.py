"""Where the metal of a product came from: lots with their evidence, and the ways they took through the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.flows import OUT
from hydromet.assess.eu_recovery.recycled import CLASSES, OTHER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures
    from hydromet.assess.eu_recovery.network import Source
    from hydromet.assess.eu_recovery.recycled import Part, Product

_TONNE = 1000.0
_LOT = (
    "form", "family", "origin", "chemistry", "collected_in", "supplier", "producer", "country", "due_diligence",
    "waste_code", "notification", "sorting",
)  # fmt: skip
_FACILITY = ("name", "operator", "country", "permit", "evidence")


def genealogy(
    case: Case,
    found: Figures,
    product: Product,
    metals: Mapping[str, Mapping[str, float]],
    parts: Mapping[tuple[str, str], Part],
) -> dict[str, Any]:
    """The lots behind a lot delivered, and the facilities they went through.

    Args:
        case: the case.
        found: its figures.
        product: what was delivered.
        metals: metal -> lot it came from -> kg.
        parts: metal and lot -> what the metal of that lot is.

    Returns:
        ``origins``: one record a lot (reagents and earlier stock too) with its metal in t and its ways; ``chain``: the
        facilities, first to last, with permit and evidence.
    """
    records: dict[str, dict[str, Any]] = {}
    for metal, lots in metals.items():
        for lot, mass in lots.items():
            if not mass > 0.0:
                continue
            record = records.setdefault(lot, _origin(case, found, product, lot))
            part = parts[metal, lot]
            scale = mass / part.metal / _TONNE
            record["metals_t"][metal] = {
                "metal": mass / _TONNE,
                **{name: scale * part.of(name) for name in (*CLASSES, OTHER)},
            }
            if part.why and part.of(OTHER) > 0.0:
                record["other_is"] = part.why
    passed = {step for record in records.values() for way in record["ways"] for step in way["facilities"]}
    passed.add(product.facility)
    return {"origins": [records[name] for name in sorted(records)], "chain": _chain(case, passed)}


def _origin(case: Case, found: Figures, product: Product, name: str) -> dict[str, Any]:
    lot = case.file.lots.get(name)
    blank: dict[str, Any] = dict.fromkeys((*_LOT, "record", "recycled_record"), "")
    record = {"lot": name, **blank, "received_t": None, "metals_t": {}, "other_is": "", "ways": []}
    if lot is None:
        return record
    record.update({key: getattr(lot, key) for key in _LOT})
    record["record"] = lot.mass.record
    record["recycled_record"] = lot.recycled.record if lot.recycled is not None else ""
    record["received_t"] = lot.mass.value / _TONNE
    record["ways"] = [_way(case, [*way, product.key]) for way in _ways(found, name, product.facility)]
    return record


def _ways(found: Figures, lot: str, facility: str) -> Iterator[list[str]]:
    """Fractions by which a lot reached a facility, first to last; empty if it went there at once."""
    for source in _distinct(found, lot, facility):
        if source.lot:
            yield []
        else:
            for way in _ways(found, lot, source.facility):
                yield [*way, f"{source.facility}.{source.name}"]


def _distinct(found: Figures, lot: str, facility: str) -> list[Source]:
    """What a facility takes that holds something of a lot; parts of the lot itself count once."""
    sources, direct = [], False
    for source in found.flows.network.takes(facility):
        if source.lot == lot and not direct:
            direct = True
            sources.append(source)
        elif source.facility and _holds(found, source, lot):
            sources.append(source)
    return sources


def _holds(found: Figures, source: Source, lot: str) -> bool:
    return any(
        origin.lot == lot and not origin.kind and float(mass[0]) > 0.0
        for fraction in found.flows.of(source.facility)
        if (fraction.group, fraction.name) == (OUT, source.name)
        for origins in fraction.content.values()
        for origin, mass in origins.items()
    )


def _way(case: Case, fractions: list[str]) -> dict[str, Any]:
    steps = []
    for each in fractions:
        facility, _, name = each.partition(".")
        declared = case.file.facilities[facility].out.get(name)
        steps.append({"fraction": each, "label": declared.label if declared else ""})
    return {"fractions": steps, "facilities": [each.partition(".")[0] for each in fractions]}


def _chain(case: Case, passed: set[str]) -> list[dict[str, Any]]:
    return [
        {"facility": name, "role": facility.role, **{key: getattr(facility, key) for key in _FACILITY}}
        for name, facility in case.file.facilities.items()
        if name in passed
    ]
