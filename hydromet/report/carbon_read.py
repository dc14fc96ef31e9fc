"""A footprint read for reports: its record, its lines by product, and what another grid would make of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.assess import SECTION, of_result
from hydromet.assess.carbon.record_fields import check_record
from hydromet.assess.carbon.result_fields import Head, check_result
from hydromet.assess.carbon.scenario import KEY, scenarios
from hydromet.assess.exports.footprint import CLIMATE
from hydromet.flowsheet.damage import check
from hydromet.source import Document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.carbon.shapes import Contribution
    from hydromet.assess.exports.footprint import Footprint
    from hydromet.flowsheet.result import Result

RECORD = "carbon"
FILE = "result.json"
_NOT_VERIFIED, _RECALLED = "no", "recalled"
# What makes a factor weak: it stands in for something else; it was recalled, or its source was not read again.
PROXY, RECALLED = "proxy", "unverified"


@dataclass(frozen=True)
class Line:
    """One contribution and what one product takes of it.

    Attributes:
        contribution: activity, factor and their product, per reference.
        share: of the product, 0 to 1.
    """

    contribution: Contribution
    share: float

    @property
    def part(self) -> float:
        """What the product carries, ``share * amount * factor``, in the unit of the indicator per reference."""
        return self.share * self.contribution.value


def record_of(result: Result) -> Mapping[str, Any] | None:
    """The footprint in a result; reckoned from its ``carbon:`` section if only that is there, None without either.

    Raises:
        FootprintError, UserErrors: E770 to E799 of the section; E442 the result is damaged.
    """
    check(result.data, Head, FILE)
    found = result["assessments"]
    if found.get(RECORD) is not None:
        stored: Mapping[str, Any] = found[RECORD]
        check_record(stored, FILE)
        return stored
    if found.get(SECTION) is None:
        return None
    check_result(result.data, FILE)
    document = Document(FILE, {KEY: found[SECTION]})
    return of_result(result.data, scenarios(document, (KEY,), Path())[0])


def lines(made: Footprint, product: str) -> tuple[Line, ...]:
    """Every climate contribution with the share of a product by the allocation of the record, in its order."""
    shares = made.matrix(made.allocation())[product]
    return tuple(Line(each, share) for each, share in zip(made.contributions[CLIMATE], shares, strict=True))


def weak(record: Mapping[str, Any], indicator: str = CLIMATE) -> dict[str, str]:
    """Factor -> why it is weak: ``proxy`` (a stand-in) or ``unverified``; of one indicator."""
    found = {}
    for name, rows in record["factors"].items():
        row = rows.get(indicator)
        if row is not None and (row["proxy"] or is_unverified(row)):
            found[name] = PROXY if row["proxy"] else RECALLED
    return found


def is_unverified(row: Mapping[str, Any]) -> bool:
    """Whether a row of a factor book or of a table of figures was not read again, or is recalled."""
    return bool(row["verified"] == _NOT_VERIFIED or row["grade"] == _RECALLED)


def resting_on(made: Footprint, product: str) -> dict[str, float]:
    """``proxy``, ``unverified`` -> share of the absolute contributions of a product that rests on such factors."""
    rows = [(row.contribution.factor.id, row.part) for row in lines(made, product)]
    return _shares(weak(made.record), rows)


def plant_resting_on(record: Mapping[str, Any]) -> dict[str, float]:
    """The same of the whole plant."""
    values = record["contributions"][CLIMATE]
    return _shares(weak(record), [(each["factor"], values[each["id"]]) for each in record["activities"]])


def _shares(marks: Mapping[str, str], rows: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Mark -> share of the absolute values whose factor has it."""
    whole = sum(abs(value) for _, value in rows)
    found = {PROXY: 0.0, RECALLED: 0.0}
    for factor, value in rows:
        if factor in marks and whole > 0.0:
            found[marks[factor]] += abs(value) / whole
    return found


def by_grid(made: Footprint, product: str) -> dict[str, float]:
    """Grid -> kg CO2e per kg of a product with the electricity of that grid; all else the same.

    The record has what each grid changes for the plant; a product takes of it what it takes of the electricity:
    ``E_p(grid) = E_p + change * sum of share * amount / sum of amount`` over the activities of the grid.
    """
    record = made.record
    place = record.get("location_based", {}).get("grid", "")
    rows = [row for row in lines(made, product) if row.contribution.activity.factor == place]
    amount = sum(row.contribution.activity.amount for row in rows)
    taken = sum(row.share * row.contribution.activity.amount for row in rows) / amount if amount > 0.0 else 0.0
    output, base = made.product(product), sum(row.part for row in lines(made, product))
    grids = record.get("sensitivity", {}).get("grids", {})
    return {name: (base + taken * each["change"]) / output.mass for name, each in grids.items()}
