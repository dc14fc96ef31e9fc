"""Brightway: a database of one activity a product, one a factor and one an indicator, as JSON and as xlsx for bw2io.

Brightway knows no allocation: the plant is written already divided, ``share * amount / mass`` of every activity for
each kg of a product. Lognormal uncertainty: type 2, ``loc = ln(amount)``, ``scale = ln(geometric standard deviation)``.
"""

from __future__ import annotations

import io
import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hydromet.assess.exports.digits import identity
from hydromet.assess.exports.lca import FLOWS, System, system

if TYPE_CHECKING:
    from hydromet.assess.exports.footprint import Footprint

FORMAT = "hydromet-brightway/1"
LOGNORMAL, NO_UNCERTAINTY = 2, 0
# Spelling of units in Brightway.
UNITS = {
    "kg": "kilogram", "kWh": "kilowatt hour", "MJ": "megajoule", "m3": "cubic meter", "t": "ton",
    "t.km": "ton kilometer",
}  # fmt: skip
# A workbook of the same result has the same bytes: no clock in it.
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  # a workbook knows no time zones
_FIELDS = ("code", "location", "unit", "reference product", "type", "comment")
_COLUMNS = (
    "name", "amount", "unit", "database", "location", "type", "reference product", "code", "uncertainty type", "loc",
    "scale", "negative", "comment",
)  # fmt: skip


def database(found: Footprint, allocation: str = "") -> dict[str, Any]:
    """The database as plain data.

    Returns:
        ``format``, ``database`` (its name), ``activities`` (list of activities with ``exchanges``; keys are
        ``[database, code]``) and ``methods`` (name -> list of key and factor), as ``Database.write`` and
        ``Method.write`` take them once lists are made tuples.

    Raises:
        ExportError: E971 no such allocation.
    """
    made = system(found, found.allocation(allocation))
    name = f"hydromet {found.digest[:8]}"
    writer = _Writer(name, found.digest, made)
    activities = [
        *(writer.indicator(each) for each in FLOWS),
        *(writer.factor(each) for each in made.factors),
        *(writer.product(each) for each in made.outputs),
    ]
    methods = [
        {"name": ["hydromet", flow], "unit": unit, "factors": [[[name, writer.code("indicator", indicator)], 1.0]]}
        for indicator, (flow, _, unit) in FLOWS.items()
    ]
    return {"format": FORMAT, "database": name, "allocation": made.method, "activities": activities, "methods": methods}


class _Writer:
    def __init__(self, name: str, digest: str, made: System) -> None:
        self.name, self.digest, self.made = name, digest, made

    def code(self, *parts: str) -> str:
        return identity(self.digest, "brightway", *parts)

    def indicator(self, indicator: Any) -> dict[str, Any]:
        title, _, unit = FLOWS[indicator]
        return {
            "code": self.code("indicator", indicator), "name": title, "location": "GLO", "unit": UNITS[unit],
            "type": "emission", "categories": ["inventory indicator"], "exchanges": [],
        }  # fmt: skip

    def factor(self, factor: str) -> dict[str, Any]:
        table = self.made.factors[factor]
        first = next(iter(table.values()))
        head = self._head("factor", factor, f"{factor}: {first.title}", first.per)
        head["location"] = "GLO"
        head["comment"] = (
            f"{first.source}, {first.locator}; {first.grade}, {first.geography} {first.year}; {first.book}"
        )
        exchanges = [self._itself(head)]
        for indicator, each in table.items():
            title, _, unit = FLOWS[indicator]
            exchanges.append({
                "input": [self.name, self.code("indicator", indicator)], "name": title, "amount": each.value,
                "unit": UNITS[unit], "type": "biosphere", "location": "GLO", **uncertainty(each.value, each.deviation),
            })  # fmt: skip
        return {**head, "exchanges": exchanges}

    def product(self, product: str) -> dict[str, Any]:
        output = self.made.outputs[product]
        head = self._head("product", product, product, "kg")
        head["comment"] = f"{self.made.method} allocation of the plant, per kg as sold; per {self.made.reference}"
        exchanges = [self._itself(head)]
        for share, each in zip(self.made.shares[product], self.made.activities, strict=True):
            amount = share * each.amount / output.mass
            if amount == 0.0:
                continue
            first = next(iter(self.made.factors[each.factor].values()))
            exchanges.append({
                "input": [self.name, self.code("factor", each.factor)], "name": f"{each.factor}: {first.title}",
                "reference product": f"{each.factor}: {first.title}", "amount": amount, "unit": UNITS[each.per],
                "type": "technosphere", "location": "GLO", "comment": f"{each.id}: {each.path}",
                **uncertainty(amount, each.deviation),
            })  # fmt: skip
        return {**head, "exchanges": exchanges}

    def _head(self, kind: str, key: str, name: str, unit: str) -> dict[str, Any]:
        return {
            "code": self.code(kind, key), "name": name, "reference product": name, "location": "GLO",
            "unit": UNITS[unit], "type": "process",
        }  # fmt: skip

    def _itself(self, head: dict[str, Any]) -> dict[str, Any]:
        return {
            "input": [self.name, head["code"]], "name": head["name"], "reference product": head["name"],
            "amount": 1.0, "unit": head["unit"], "type": "production", "location": head["location"],
            "uncertainty type": NO_UNCERTAINTY,
        }  # fmt: skip


def uncertainty(amount: float, deviation: float) -> dict[str, Any]:
    """Fields of a lognormal amount; the amount is its median.

    Args:
        amount: not zero for a distribution; below zero it is mirrored.
        deviation: geometric standard deviation.
    """
    if not deviation > 1.0 or amount == 0.0:
        return {"uncertainty type": NO_UNCERTAINTY}
    found: dict[str, Any] = {
        "uncertainty type": LOGNORMAL, "loc": math.log(abs(amount)), "scale": math.log(deviation)
    }  # fmt: skip
    return {**found, "negative": True} if amount < 0.0 else found


def workbook(data: dict[str, Any]) -> bytes:
    """The database as a sheet of the layout that ``bw2io.ExcelImporter`` reads."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": _CREATED})
    sheet = book.add_worksheet("database")
    rows: list[list[Any]] = [["Database", data["database"]], []]
    for each in data["activities"]:
        rows.append(["Activity", each["name"]])
        rows += [[key, each[key]] for key in _FIELDS if each.get(key)]
        if each.get("categories"):
            rows.append(["categories", "::".join(each["categories"])])
        rows += [["Exchanges"], list(_COLUMNS)]
        rows += [[_cell(exchange, key) for key in _COLUMNS] for exchange in each["exchanges"]]
        rows.append([])
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if value is not None:
                sheet.write(i, j, value)
    book.close()
    return target.getvalue()


def _cell(exchange: dict[str, Any], key: str) -> Any:
    if key == "database":
        return exchange["input"][0]
    if key == "code":
        return exchange["input"][1]
    return exchange.get(key)
