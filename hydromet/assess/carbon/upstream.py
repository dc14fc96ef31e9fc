"""The burden a feed brings: a supplier's declared footprint, preparation from waste batteries, or production scrap.

Upstream and own are kept apart all through: activities of the kind ``upstream`` are the feed's, everything else is this
plant's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.fields import FeedBurden
from hydromet.assess.carbon.leaving import mode
from hydromet.assess.carbon.scenario import practice
from hydromet.assess.carbon.utilities import grid
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.carbon.fields import Declared
    from hydromet.assess.carbon.inventory import Ledger
    from hydromet.assess.carbon.scenario import Scenario

WATER = "H2O"
_KILO = 1000.0


def upstream(ledger: Ledger) -> None:
    """The burden of every feed proper, per hour."""
    for name in ledger.data["assessments"]["recovery"]["feeds"]:
        dry = dry_mass(ledger.data["feeds"][name])
        burden = ledger.scenario.choices.feeds.get(name)
        if burden is None:
            ledger.default(f"origin of {name}", "waste batteries, burden-free up to their collection")
        bring(ledger, name, burden or FeedBurden(), dry, f"feeds.{name}.mass_kg_h")


def dry_mass(record: Mapping[str, Any]) -> float:
    """Mass of a feed without its water, kg/h."""
    return float(record["mass_kg_h"] - record["species_mol_h"].get(WATER, 0.0) * species(WATER).molar_mass)


def bring(ledger: Ledger, name: str, burden: FeedBurden, dry: float, path: str) -> None:
    """Activities of one feed.

    Args:
        ledger: takes them.
        name: of the feed.
        burden: what the section says of it.
        dry: its dry mass per reference, kg.
        path: where that stands.
    """
    for lot, (share, declared) in sorted(burden.suppliers(name).items()):
        for stage in declared.stages():
            ledger.add(
                f"{lot}/declared/{stage}", "upstream", name, share * dry, "kg", declared_id(lot, stage), path,
                f"{100.0 * share:.4g} % of the dry mass; footprint declared by {declared.supplier or 'the supplier'}",
                stage=stage,
            )  # fmt: skip
    told = bool(burden.suppliers(name))
    if burden.scrap is not None:
        ledger.add(
            f"{name}/scrap", "upstream", name, burden.scrap.value_share * dry, "kg", scrap_id(name), path,
            f"dry mass x value share {burden.scrap.value_share:g}: economic allocation from the cell maker",
        )  # fmt: skip
    elif burden.origin == "production_scrap" and not told:
        ledger.excluded[f"making of {name}"] = (0.0, "production scrap taken as waste: burden-free")
    elif not told:
        ledger.excluded[f"batteries behind {name}"] = (0.0, "waste: burden-free up to the collection (cut-off)")
    if burden.preparation and not told:
        _preparation(ledger, name, burden, dry, path)


def _preparation(ledger: Ledger, name: str, burden: FeedBurden, dry: float, path: str) -> None:
    usual = practice().preparation
    goods = dry / _KILO * usual.cells.amount
    waste = burden.origin == "waste"
    for factor in mode(usual.collection.by) if waste else ():
        ledger.add(
            f"{name}/collection/{factor}", "upstream", name, goods * usual.collection.distance, "t.km", factor, path,
            f"{usual.cells.amount:g} kg of cells per kg over {usual.collection.distance:g} km by {usual.collection.by}",
            primary=False,
        )  # fmt: skip
    for step, work in (("discharge", usual.discharge), ("shredding", usual.shredding)):
        if waste or step == "shredding":
            ledger.add(
                f"{name}/{step}/electricity", "upstream", name, work.electricity * dry, "kWh", grid(ledger), path,
                f"{work.electricity:g} kWh per kg of black mass ({work.source}, {work.grade})", primary=False,
            )  # fmt: skip
    told = "collection, discharge, shredding by usual figures" if waste else "shredding by usual figures"
    ledger.default(f"preparation of {name}", told)


def declared_id(feed: str, stage: str) -> str:
    """Factor of a declared footprint."""
    return f"declared.{feed}.{stage}"


def scrap_id(feed: str) -> str:
    """Factor of what scrap was made as."""
    return f"scrap.{feed}"


def own_rows(scenario: Scenario) -> dict[tuple[str, ...], dict[str, str]]:
    """Factors that stand in the section itself, as rows of a book: place in the section -> column -> text."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for name, each in scenario.choices.factors.items():
        cells = {key: _cell(value) for key, value in each.model_dump().items()}
        rows["factors", name] = {"id": name, **cells}
    for feed, burden in scenario.choices.feeds.items():
        for lot, (_, declared) in burden.suppliers(feed).items():
            for stage, value in declared.stages().items():
                rows["feeds", feed, "declared", lot, stage] = _declared_row(lot, stage, value, declared)
        if burden.scrap is not None:
            rows["feeds", feed, "scrap"] = {
                "id": scrap_id(feed), "indicator": "climate", "value": repr(burden.scrap.burden), "unit": "kgCO2e/kg",
                "title": f"{feed} as made by the cell maker", "geography": "-", "year": "-", "uncertainty": "30",
                "scope": "cradle-to-gate", "source": burden.scrap.source, "grade": "estimated",
            }  # fmt: skip
    return rows


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value) if isinstance(value, float) else str(value)


def _declared_row(feed: str, stage: str, value: float, declared: Declared) -> dict[str, str]:
    return {
        "id": declared_id(feed, stage), "indicator": "climate", "value": repr(value), "unit": "kgCO2e/kg",
        "title": f"{feed}, declared by {declared.supplier or 'the supplier'}: {stage.replace('_', ' ')}",
        "geography": declared.geography, "year": declared.period or "-", "scope": "declared by the supplier",
        "gwp": "", "note": f"standard: {declared.standard or 'not stated'}", "uncertainty": declared.uncertainty,
        "source": declared.document or "declaration",
        "locator": declared.supplier, "licence": "of the supplier", "grade": "measured", "verified": declared.verified,
    }  # fmt: skip


def declarations(scenario: Scenario, masses: Mapping[str, float]) -> list[dict[str, Any]]:
    """What suppliers declare, for the record: attribute by attribute, with the dry mass it stands for."""
    return [
        {"feed": feed, "lot": lot, "kg": share * masses[feed] if feed in masses else None,
         "per_kg": sum(declared.stages().values()), "stages": dict(declared.stages()),
         **declared.model_dump(exclude={"value", "share", *_STAGES})}
        for feed, burden in sorted(scenario.choices.feeds.items())
        for lot, (share, declared) in sorted(burden.suppliers(feed).items())
    ]  # fmt: skip


def declared_ratings(scenario: Scenario) -> dict[str, tuple[float, float, float]]:
    """Factor -> technological, geographical and time rating as its supplier declares them."""
    return {
        declared_id(lot, stage): declared.DQR
        for feed, burden in scenario.choices.feeds.items()
        for lot, (_, declared) in burden.suppliers(feed).items()
        if declared.DQR is not None
        for stage in declared.stages()
    }


def declared_shares(scenario: Scenario) -> dict[str, float]:
    """Factor -> share of it that rests on primary data, as its supplier says; 0 where it says nothing."""
    return {
        declared_id(lot, stage): declared.PDS or 0.0
        for feed, burden in scenario.choices.feeds.items()
        for lot, (_, declared) in burden.suppliers(feed).items()
        for stage in declared.stages()
    }


_STAGES = ("raw_material", "production")
