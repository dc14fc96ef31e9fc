"""What a laboratory result is, which of several is the one that counts, and its value in another unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet import quantity
from hydromet.errors import QuantityError
from instruments.station_fields import dimension_of
from instruments.status import Status, bad

if TYPE_CHECKING:
    from collections.abc import Iterable

# What a laboratory says of a value -> status. A value below the limit of detection is no number to compute with.
FLAGS = {
    "": Status.Good,
    "<LOD": Status.BadOutOfRange,
    ">range": Status.BadOutOfRange,
    "uncalibrated": Status.UncertainSensorNotAccurate,
    "error": Status.BadNoData,
}


def key(row: dict[str, Any]) -> tuple[str, ...]:
    """What a result is the result of: a later one of the same key corrects it."""
    return tuple(str(row.get(name, "")) for name in ("source", "sample", "quantity", "method"))


def content(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a correction changes."""
    value = row.get("value")
    number = None if value is None or value != value else float(value)  # NaN is not itself
    return (number, *(row.get(name) or "" for name in ("unit", "flag", "time_ns", "place")))


def current(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results that count, the last of each key, in the order in which they came."""
    latest: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        latest.pop(key(row), None)
        latest[key(row)] = row
    return list(latest.values())


def in_unit(row: dict[str, Any], unit: str) -> tuple[float, int]:
    """Value of a result in the unit of its tag, and its status; NaN where it is bad or cannot be converted."""
    status = int(row["status"])
    if bad(status) or row["value"] is None:
        return float("nan"), status
    if row["unit"] == unit:
        return float(row["value"]), status
    for dimension in dict.fromkeys((dimension_of(unit), unit)):
        try:
            return quantity.convert(
                quantity.parse(f"{row['value']!r} {row['unit']}", dimension), unit, dimension
            ), status
        except QuantityError:
            continue
    return float("nan"), int(Status.BadConfigurationError)
