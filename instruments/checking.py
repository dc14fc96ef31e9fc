"""``log check``: every tag once, before the recording: value, unit, quality, age, calibration, and what is wrong."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from hydromet import quantity
from hydromet.errors import DeviceError, QuantityError, UserError
from instruments import registry
from instruments.base import SECOND, Check, now_ns
from instruments.station_fields import dimension_of
from instruments.status import bad, good, name, severity

if TYPE_CHECKING:
    from instruments.base import Source
    from instruments.station import Station, TagSpec

# The remark on a laboratory that has sent nothing so far, as before every run.
_WAITING = "no result yet"
# Ranges of device and file may differ by rounding.
_SAME = 1e-6


@dataclass(frozen=True)
class Line:
    """What is told of a tag.

    Attributes:
        trouble: why it cannot be recorded as it is; empty if it can.
        note: worth knowing, no hindrance.
        advice: what to do about a source that fails as a whole.
    """

    tag: str
    source: str
    value: Any
    unit: str
    status: str
    quality: str
    age_s: float | None
    calibration_due: str
    trouble: str
    note: str
    advice: str = ""

    @property
    def remarkable(self) -> bool:
        """Whether the remark is of something to mend: a calibration that is due, a value out of range or uncertain."""
        return self.note not in ("", _WAITING)


def check(station: Station, seconds: float = 10.0) -> list[Line]:
    """Read every tag once.

    Args:
        station: which.
        seconds: longest time for a source.

    Raises:
        UserError, UserErrors: mistakes in the station file, each at its line; nothing was opened then.
    """
    sources = registry.make_all(station)
    with ThreadPoolExecutor(max_workers=max(1, len(sources))) as pool:
        found = dict(zip(sources, pool.map(lambda one: _source(one, seconds), sources.values()), strict=True))
    today = dt.datetime.now(dt.UTC).date()
    lines = []
    for tag, spec in station.file.tags.items():
        checks, trouble, advice = found[spec.source]
        lines.append(replace(_line(tag, spec, checks.get(tag), trouble, today), advice=advice))
    return lines


def _source(source: Source | DeviceError, seconds: float) -> tuple[dict[str, Check], str, str]:
    """What a source says of its tags; why it says nothing; what to do about that."""
    try:
        if isinstance(source, DeviceError):
            raise source
        return {each.tag: each for each in source.check(seconds)}, "", ""
    except UserError as error:
        write = f"; write {error.write}" if error.write else ""
        return {}, f"{error.code}, {error.read}", f"expected {error.expected}{write}; hydromet explain {error.code}"
    except Exception as error:  # one source that fails must not hide the others
        return {}, f"{type(error).__name__}: {error}", ""


def _line(tag: str, spec: TagSpec, check_: Check | None, trouble: str, today: dt.date) -> Line:
    calibration = spec.calibration
    due = str(calibration.due) if calibration and calibration.due else ""
    notes = [f"calibration was due on {due}"] if calibration and calibration.due and calibration.due < today else []
    if check_ is None:
        return Line(tag, spec.source, None, spec.unit, "", "bad", None, due, trouble or "not read", "; ".join(notes))
    troubles = [check_.trouble] if check_.trouble else []
    troubles += [] if check_.trouble else _disagreements(spec, check_)  # else it has told what it found
    reading = check_.reading
    if reading is None:
        if check_.data.get("waiting") and not troubles:
            return Line(tag, spec.source, None, spec.unit, "", "", None, due, "", "; ".join([*notes, _WAITING]))
        troubles = troubles or ["no value"]
        return Line(tag, spec.source, None, spec.unit, "", "bad", None, due, "; ".join(troubles), "; ".join(notes))
    if bad(reading.status) and not troubles:
        troubles.append(name(reading.status))
    elif not good(reading.status) and not bad(reading.status):
        notes.append(name(reading.status))
    value = reading.value
    if isinstance(value, int | float) and isfinite(value) and spec.range:
        if not spec.range.low <= value <= spec.range.high:
            notes.append(f"outside {spec.range.low:g}..{spec.range.high:g}")
    elif isinstance(value, float) and not isfinite(value):
        value = None
    stamp = reading.source_ns or reading.server_ns or reading.receive_ns
    age = (now_ns() - stamp) / SECOND if stamp else None
    return Line(
        tag, spec.source, value, spec.unit, name(reading.status), severity(reading.status), age, due,
        "; ".join(troubles), "; ".join(notes),
    )  # fmt: skip


def _disagreements(spec: TagSpec, check_: Check) -> list[str]:
    """Unit and range stated by the device against the file."""
    found = []
    if check_.unit and not same_unit(check_.unit, spec.unit):
        found.append(f"the device says {check_.unit}, the station file {spec.unit or 'no unit'}")
    elif spec.range and check_.low is not None and check_.high is not None:
        slack = _SAME * max(abs(check_.low), abs(check_.high), 1.0)
        if spec.range.high < check_.low - slack or spec.range.low > check_.high + slack:
            found.append(
                f"the device measures {check_.low:g}..{check_.high:g}, the file expects "
                f"{spec.range.low:g}..{spec.range.high:g}"
            )
    return found


def same_unit(one: str, other: str) -> bool:
    """Whether two spellings are the same unit: ``°C`` and ``degC``."""
    if one.strip() == other.strip():
        return True
    for dimension in dict.fromkeys((dimension_of(other), other)):
        try:
            pairs = [[quantity.parse(f"{n} {unit}".strip(), dimension) for unit in (one, other)] for n in (0, 1)]
        except QuantityError:
            continue
        return all(abs(a - b) <= _SAME * max(abs(a), abs(b)) for a, b in pairs)
    return False
