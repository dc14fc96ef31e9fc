"""Targets of other countries beside those of the Union, each held against the rate of its own definition.

What a recovery case cannot tell (energy, water, direct recycling) is listed without a value, and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.flows import CLOSING, OUT, REAGENT
from hydromet.assess.eu_recovery.rates import fate
from hydromet.assess.eu_recovery.rules import BLACK_MASS, FOLDER
from hydromet.datafiles import read_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures
    from hydromet.assess.eu_recovery.flows import Fraction, Mixed
    from hydromet.assess.eu_recovery.plant import Plants

_CATHODE = ("Ni", "Co", "Mn")
_HEADS = ("jurisdiction", "instrument", "force", "metric", "unit", "limit", "source", "verified")
Value = dict[str, Any]


def by_country(
    case: Case, plants: Plants, found: Figures, verdicts: list[dict[str, Any]], recycled: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """One record a target: jurisdiction, instrument, item, target, date, definition, values of this case, verified.

    ``values`` are of items and places; ``reaches`` says whether the target is met. Empty without a value.
    """
    measures = _Measures(case, plants, found)
    rows: list[dict[str, Any]] = []
    for line in read_csv(f"{FOLDER}/countries.csv"):
        head: dict[str, Any] = {key: line[key] for key in _HEADS}
        head["definition"] = {"en": line["definition_en"], "ja": line["definition_ja"]}
        if line["measure"] in ("rRE", "rRM"):
            rows += [head | each for each in _union(line["measure"], verdicts)]
        elif line["measure"] == "article_8":
            rows += [head | each for each in _article_8(recycled)]
        else:
            target = float(line["target"]) if line["target"] else None
            values = [
                value | {"reaches": None if target is None else _reaches(value["value"], target, line["limit"])}
                for item in line["items"].split(";")
                for value in measures.of(line["measure"], item)
            ]
            rows.append(head | {"items": line["items"], "target": target, "phase": line["phase"], "values": values})
    return rows


def _reaches(value: float, target: float, limit: str) -> bool:
    return value <= target if limit == "max" else value >= target


def _union(rate: str, verdicts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in verdicts:
        if each["rate"] == rate:
            item = each["family"] if rate == "rRE" else each["item"]
            value = {"item": item, "where": each["family"], "value": each["percent"], "reaches": each["passes"]}
            yield {"items": item, "target": each["target"], "phase": each["by"], "values": [value]}


def _article_8(recycled: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for step in recycled["minimum"]:
        for metal, percent in step["percent"].items():
            values = [
                {"item": metal, "where": key, "value": shares[metal]["recycled_percent"],
                 "reaches": shares[metal]["recycled_percent"] >= percent}
                for key, shares in recycled["products"].items() if metal in shares
            ]  # fmt: skip
            yield {"items": metal, "target": float(percent), "phase": step["from"], "values": values}


class _Measures:
    """The rates other countries mean, from the traced flows."""

    def __init__(self, case: Case, plants: Plants, found: Figures) -> None:
        self.case, self.plants, self.found = case, plants, found

    def of(self, measure: str, item: str) -> Iterator[Value]:
        """Values of a measure for an item; none if the case does not tell."""
        if measure == "powder":
            return self._powder()
        if measure == "impurity":
            return self._impurity(item)
        if measure == "refining":
            return self._refining(item)
        return self._dry_mass() if measure == "dry_mass" else iter(())

    def _powders(self) -> Iterator[Fraction]:
        for each in self.found.flows.fractions:
            declared = self.case.file.facilities[each.facility].out.get(each.name)
            if each.group == OUT and declared is not None and declared.commodity == BLACK_MASS:
                yield each

    def _powder(self) -> Iterator[Value]:
        for each in self._powders():
            fed = sum(_mass(self.found.flows.entering[each.facility], metal) for metal in _CATHODE)
            out = sum(_mass(each.content, metal) for metal in _CATHODE)
            if fed > 0.0:
                yield {"item": "Ni+Co+Mn", "where": f"{each.facility}.{each.name}", "value": 100.0 * out / fed}

    def _impurity(self, metal: str) -> Iterator[Value]:
        for each in self._powders():
            if each.dry is not None and metal in each.content:
                share = _mass(each.content, metal, reagents=True) / float(each.dry[0])
                yield {"item": metal, "where": f"{each.facility}.{each.name}", "value": 100.0 * share}

    def _refining(self, metal: str) -> Iterator[Value]:
        """Products over what was worked off: fed less closing stock."""
        powders = {each.taken_by for each in self._powders()} - {""}
        powders |= {
            name for name in self.case.file.facilities for source in self.found.flows.network.takes(name)
            if source.lot and self.case.file.lots[source.lot].form == BLACK_MASS
        }  # fmt: skip
        for name in self.case.file.facilities:
            if name not in powders:
                continue
            fractions = self.found.flows.of(name)
            fed = _mass(self.found.flows.entering[name], metal)
            fed -= sum(_mass(each.content, metal) for each in fractions if each.group == CLOSING)
            out = sum(_mass(e.content, metal) for e in fractions if fate(self.case, self.plants, e).use == "product")
            if fed > 0.0:
                yield {"item": metal, "where": name, "value": 100.0 * out / fed}

    def _dry_mass(self) -> Iterator[Value]:
        for family, each in self.found.totals.items():
            fed = sum(float(mass[0]) for mass in each.inputs.values())
            out = sum(float(mass[0]) for rows in each.outputs.values() for mass in rows.values())
            if fed > 0.0:
                yield {"item": "all elements", "where": family, "value": 100.0 * out / fed}


def _mass(mixed: Mixed, row: str, *, reagents: bool = False) -> float:
    """Mass of a row, kg; what came with reagents left out."""
    return sum(float(m[0]) for o, m in mixed.get(row, {}).items() if reagents or o.kind != REAGENT)
