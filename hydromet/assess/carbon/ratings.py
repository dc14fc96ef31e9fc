"""Data-quality ratings of a factor at its use: technology, geography, time; 1 is best, 5 is worst.

The rule stands in ``data/factors/ratings.yaml``. Technology follows from how sure the row is and whether it is a proxy;
geography and time are judged at the use: the same row is good for one plant and poor for another.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.factor_rows import GLOBAL
from hydromet.datafiles import read_yaml

if TYPE_CHECKING:
    from hydromet.assess.carbon.shapes import Factor

FILE = "data/factors/ratings.yaml"
_WORST = 5.0
_STOICHIOMETRY = "stoichiometry"


@lru_cache(maxsize=1)
def rule() -> Any:
    """The rule as written."""
    return read_yaml(FILE)


def rated(factor: Factor, geography: str, year: int | None) -> tuple[float, float, float]:
    """TeR, GeR, TiR of a factor for a use at ``geography`` in ``year``; no place or no year is the worst rating.

    A stoichiometric factor holds everywhere and at all times: 1, 1, 1.
    """
    if factor.source == _STOICHIOMETRY:
        best = float(rule()["technology"][_STOICHIOMETRY])
        return best, best, best
    return _technology(factor), _geography(factor.geography, geography), _time(factor.year, year)


def _technology(factor: Factor) -> float:
    table = rule()["technology"]
    return float(table["proxy"] if factor.proxy else table[factor.verified])


def _geography(data: str, use: str) -> float:
    table = rule()["geography"]
    if not use or not data or data == "-":
        kind = "unknown"
    elif data == use:
        kind = "same"
    elif data == GLOBAL:
        kind = "global"
    elif data.partition("-")[0] == use.partition("-")[0]:
        kind = "within" if "-" not in data or "-" not in use else "other"
    else:
        kind = "region" if use.partition("-")[0] in rule()["regions"].get(data, ()) else "other"
    return float(table[kind])


def _time(data: str, use: int | None) -> float:
    if use is None or not data.isdigit():
        return _WORST
    apart = abs(use - int(data))
    return next((float(rating) for most, rating in rule()["time"] if apart <= most), _WORST)
