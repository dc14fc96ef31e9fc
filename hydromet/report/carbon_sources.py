"""From a carbon figure to its source in two steps: the activity's place and its factor, then the factor's row.

activity -> path of the stream figure, and the value that stands there
activity -> factor id -> source, locator, licence, grade, verified
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.inventory import value_at
from hydromet.assess.exports.footprint import CLIMATE, in_file
from hydromet.flowsheet.damage import damage
from hydromet.locale import tr
from hydromet.report.layout import table

if TYPE_CHECKING:
    from collections.abc import Mapping

RESULT = "result.json"
_ROW = ("value", "per", "geography", "year", "source", "locator", "licence", "grade", "verified", "proxy", "book")


@dataclass(frozen=True)
class Step:
    """The first step: an activity with its place and its factor.

    Attributes:
        activity: id. contribution: kg CO2e per reference. amount, per: of the activity.
        path: where its figure stands. found: what stands there, as text. factor: id of the row that multiplies it.
    """

    activity: str
    contribution: float
    amount: float
    per: str
    path: str
    found: str
    factor: str


def steps(record: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[Step, ...]:
    """Every activity of a record with what stands at its path in the result.

    Args:
        record: the footprint.
        data: ``result.json``; a path of a case file (``case.yaml:12``) stands for itself.

    Raises:
        FlowsheetError: E442, the record is not of this result: nothing stands at a path.
    """
    climate = record["contributions"][CLIMATE]
    return tuple(
        Step(each["id"], climate[each["id"]], each["amount"], each["per"], each["path"], told_at(data, each["path"]),
             each["factor"])
        for each in record["activities"]
    )  # fmt: skip


def told_at(data: Mapping[str, Any], path: str) -> str:
    """What stands at a path, as text: a number with all its digits, several of them as JSON."""
    if not data or in_file(path):
        return ""
    try:
        found = value_at(data, path)
    except KeyError:
        expected = "the figure that an activity of the footprint is from"
        raise damage(RESULT, path, "no such key", expected) from None
    return repr(found) if isinstance(found, float) else json.dumps(found, ensure_ascii=False)


def plain(record: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Both steps as plain data, for ``--json``."""
    return {
        "activities": {
            each.activity: {"contribution": each.contribution, "amount": each.amount, "per": each.per,
                            "path": each.path, "found": each.found, "factor": each.factor}
            for each in steps(record, data)
        },
        "factors": {
            name: {indicator: {key: row[key] for key in _ROW} for indicator, row in rows.items()}
            for name, rows in record["factors"].items()
        },
    }  # fmt: skip


def sources(record: Mapping[str, Any], data: Mapping[str, Any], language: str = "en") -> str:
    """Both steps as tables."""
    first = [
        [each.activity, f"{each.contribution:.4g}", f"{each.amount:.4g}", each.per, each.factor, each.path,
         _short(each.found)]
        for each in steps(record, data)
    ]  # fmt: skip
    heads = [tr(word, language) for word in ("inventory line", "kgCO2e", "amount", "unit of measure", "factor",
                                             "where the figure stands", "figure there")]  # fmt: skip
    second = [
        [name, indicator, f"{row['value']:.4g}", *(_cell(row[key]) for key in _ROW[1:])]
        for name, rows in record["factors"].items()
        for indicator, row in rows.items()
    ]
    more = [tr(word, language) for word in ("factor", "indicator", *_ROW)]
    return f"{table(heads, first, left=7, indent='')}\n\n{table(more, second, left=13, indent='')}"


def _short(found: str) -> str:
    """A number with four digits; of several, that there are several."""
    try:
        return f"{float(found):.4g}"
    except ValueError:
        return "{…}" if found else ""


def _cell(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
