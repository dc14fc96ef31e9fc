"""Steady windows of a run: from when to when nothing moved, and the mean of every tag with its standard uncertainty.

Readings are averaged in bins, 24 to the shortest window. A tag is steady in a window unless

- its **slope** is significant (three standard errors, autocorrelation counted) and the drift over the window is beyond
  the tolerance, or
- the **variance ratio** (variance of the bins about their mean over that of their successive differences, von Neumann
  1941) is beyond chance and the scatter is beyond half the tolerance.

A window grows bin by bin, from the earliest moment on, as long as every tag is steady. Gaps of a whole source,
calibrations and notes end it. A tag that is silent, does not move although it should, or covers too little of a window
is left out there, with the reason. The standard error of a mean comes from the scatter of its bins about their slope,
with as many independent bins as the autocorrelation leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, sqrt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hydromet.calibrate.readings import Breaks, Link

    Array = NDArray[np.float64]

_SECOND = 1_000_000_000
_BINS, _FEWEST = 24, 8
# A bin is no shorter than so many intervals of a typical tag.
_INTERVALS = 1.5
# Normal deviates from medians of absolute deviations; and of differences of two readings.
_MAD = 1.4826
_SURE = 3.0
_SPIKE, _AROUND = 6.0, 11
_HIGHEST_CORRELATION = 0.95


@dataclass(frozen=True)
class Settings:
    """How windows are sought; times in s.

    Attributes:
        length: of the shortest window.
        longest: it is cut there.
        tolerance: drift over a window that does not matter, as a share of the mean.
        tolerances: tag -> the same in its unit, or as a share.
        stale: silence after which a tag is stale. coverage: share of a window that a tag has to cover.
        break_at_notes: a note ends a window. slack: how far outside a window a sample may be taken.
    """

    length: float
    longest: float
    tolerance: float
    tolerances: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    stale: float | None = None
    coverage: float = 0.7
    break_at_notes: bool = True
    slack: float = 0.0


@dataclass(frozen=True)
class Mean:
    """A tag over a window, in its unit.

    Attributes:
        value: mean. error: its standard error from noise and autocorrelation. noise: of one reading, from differences.
        correlation: of neighbouring bins. count: readings. dropped: spikes. drift: over the window.
        samples: of the laboratory; empty for a process tag.
    """

    value: float
    error: float
    noise: float
    correlation: float
    count: int
    dropped: int
    drift: float
    samples: int = 0


@dataclass(frozen=True)
class SteadyWindow:
    """A steady window.

    Attributes:
        name: w1, w2 ... or as given. start, end: ns since 1970 UTC. means: by tag.
        left_out: tag -> why. notes: (ns, text) of the operators within. unsteady: tags that moved (given windows only).
    """

    name: str
    start: int
    end: int
    means: Mapping[str, Mean]
    left_out: Mapping[str, str]
    notes: tuple[tuple[int, str], ...]
    unsteady: tuple[str, ...] = ()


@dataclass(frozen=True)
class Search:
    """Windows found, and what was in the way elsewhere.

    Attributes:
        windows: in the order of time. moved: tag -> candidates it spoilt. candidates: tried.
        start, end: of the readings, ns.
    """

    windows: tuple[SteadyWindow, ...]
    moved: Mapping[str, int]
    candidates: int
    start: int
    end: int


@dataclass(frozen=True)
class _Series:
    """A process tag in bins: mean and count of each, noise of a reading, spikes in each."""

    mean: Array
    count: NDArray[np.int64]
    noise: float
    spikes: NDArray[np.int64]
    stale: float  # bins


@dataclass(frozen=True)
class _Grid:
    """Bins: from ``first`` on, ns, each of ``width``, ``size`` of them, ``shortest`` to the shortest window."""

    first: int
    width: int
    size: int
    shortest: int


@dataclass(frozen=True)
class _Verdict:
    mean: Mean | None
    reason: str
    steady: bool


def steady_windows(
    readings: pd.DataFrame,
    links: Sequence[Link],
    breaks: Breaks,
    settings: Settings,
    given: Sequence[tuple[str, int, int]] = (),
) -> Search:
    """The steady windows of a run.

    Args:
        readings: of ``readings.usable``: tag, time, value; good ones only.
        links: tags that are looked at.
        breaks: what ends a window.
        settings: lengths and tolerances.
        given: windows that somebody chose, (name, start, end) in ns: no other is sought, and what moves is told.
    """
    known = {link.tag for link in links if link.kind != "laboratory"}
    process = readings[readings["tag"].isin(sorted(known))]
    if process.empty:
        return Search((), {}, 0, 0, 0)
    stamps = process["time"].to_numpy("datetime64[ns]").astype(np.int64)
    first, last = int(stamps.min()), int(stamps.max())
    by_tag = {str(tag): rows for tag, rows in process.groupby("tag", sort=True)}
    grid = _grid(by_tag, first, last, settings)
    series = {tag: _binned(rows, grid, settings) for tag, rows in by_tag.items()}
    samples = _samples(readings, links)
    if given:
        windows = [_given(one, series, samples, grid, settings, breaks) for one in given]
        return Search(tuple(windows), {}, len(given), first, last)
    found, moved, tried = _search(series, grid, links, breaks, settings)
    windows = []
    for number, (start, end, verdicts) in enumerate(found, 1):
        span = (first + start * grid.width, first + end * grid.width)
        windows.append(_window(f"w{number}", span, verdicts, samples, settings, breaks))
    return Search(tuple(windows), moved, tried, first, last)


def _grid(by_tag: Mapping[str, pd.DataFrame], first: int, last: int, settings: Settings) -> _Grid:
    """Bins that hold a reading of a typical tag each."""
    intervals = [float(np.median(np.diff(_ns(rows)))) for rows in by_tag.values() if len(rows) > 1]
    typical = float(np.median(intervals)) if intervals else 0.0
    length = settings.length * _SECOND
    shortest = min(_BINS, max(_FEWEST, int(length / max(_INTERVALS * typical, 1.0))))
    width = max(1, round(length / shortest))
    return _Grid(first, width, (last - first) // width + 1, shortest)


def _ns(rows: pd.DataFrame) -> NDArray[np.int64]:
    found: NDArray[np.int64] = rows["time"].to_numpy("datetime64[ns]").astype(np.int64)
    return found


def _binned(rows: pd.DataFrame, grid: _Grid, settings: Settings) -> _Series:
    """Means of bins without spikes: single readings far from the median of those around them."""
    times = _ns(rows)
    values = rows["value"].to_numpy(float)
    noise = _noise(values)
    around = pd.Series(values).rolling(_AROUND, center=True, min_periods=1).median().to_numpy()
    spike = np.abs(values - around) > _SPIKE * noise if noise > 0.0 else np.zeros(len(values), bool)
    bins, size = (times - grid.first) // grid.width, grid.size
    count = np.bincount(bins[~spike], minlength=size)
    total = np.bincount(bins[~spike], weights=values[~spike], minlength=size)
    mean = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    interval = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    silence = settings.stale * _SECOND if settings.stale else max(10.0 * interval, grid.shortest / 4 * grid.width)
    return _Series(mean, count, noise, np.bincount(bins[spike], minlength=size), silence / grid.width)


def _noise(values: Array) -> float:
    """Standard deviation of one reading, from the median of differences: slow changes and spikes do not count.

    Nor do repeated values, of which a stuck instrument has many.
    """
    steps = np.diff(values)
    steps = steps[steps != 0.0]
    return _MAD * float(np.median(np.abs(steps))) / sqrt(2.0) if len(steps) else 0.0


def _samples(readings: pd.DataFrame, links: Sequence[Link]) -> dict[str, tuple[NDArray[np.int64], Array]]:
    """Times and values of laboratory results by tag."""
    found = {}
    for link in links:
        if link.kind == "laboratory":
            rows = readings[readings["tag"] == link.tag]
            found[link.tag] = (_ns(rows), rows["value"].to_numpy(float))
    return found


Found = list[tuple[int, int, dict[str, _Verdict]]]


def _search(
    series: Mapping[str, _Series],
    grid: _Grid,
    links: Sequence[Link],
    breaks: Breaks,
    settings: Settings,
) -> tuple[Found, dict[str, int], int]:
    """Windows as bins [start, end), from the earliest on, each as long as it stays steady."""
    size, bins = grid.size, grid.shortest
    cuts = _cuts(grid, links, breaks, settings)
    longest = max(bins, round(settings.longest * _SECOND / grid.width))
    step, at, tried = max(1, bins // 8), 0, 0
    found: Found = []
    moved: dict[str, int] = {}
    while at + bins <= size:
        cut = next((c for c in cuts if at < c < at + bins), None)
        if cut is not None:
            at = cut
            continue
        tried += 1
        verdicts = _verdicts(series, at, at + bins, settings)
        if not _steady(verdicts):
            silent = not any(verdict.mean for verdict in verdicts.values())
            for tag, verdict in verdicts.items():
                if silent or not verdict.steady:
                    moved[tag] = moved.get(tag, 0) + 1
            at += step
            continue
        end = at + bins
        limit = min([size, at + longest, *(c for c in cuts if c >= end)])
        while end < limit:
            further = min(end + step, limit)
            longer = _verdicts(series, at, further, settings)
            # a tag that falls silent ends the window too: what it said until then is not thrown away
            if not _steady(longer) or any(v.mean and not longer[tag].mean for tag, v in verdicts.items()):
                break
            end, verdicts = further, longer
        found.append((at, end, verdicts))
        at = end
    return found, dict(sorted(moved.items())), tried


def _cuts(grid: _Grid, links: Sequence[Link], breaks: Breaks, settings: Settings) -> list[int]:
    """Bins at which a window has to end: gaps of a whole source, calibrations of a linked tag, notes."""
    ours = {link.tag for link in links}
    times = [time for tags, _, start, end in breaks.gaps if not tags for time in (start, end)]
    times += [time for tags, _, time in breaks.calibrations if not tags or ours & set(tags)]
    times += [time for time, _ in breaks.notes] if settings.break_at_notes else []
    return sorted({bin_ for time in times if 0 < (bin_ := -((grid.first - time) // grid.width)) < grid.size})


def _verdicts(series: Mapping[str, _Series], start: int, end: int, settings: Settings) -> dict[str, _Verdict]:
    return {tag: _verdict(tag, one, start, end, settings) for tag, one in series.items()}


def _steady(verdicts: Mapping[str, _Verdict]) -> bool:
    return all(one.steady for one in verdicts.values()) and any(one.mean for one in verdicts.values())


def _verdict(tag: str, series: _Series, start: int, end: int, settings: Settings) -> _Verdict:
    """Whether a tag was steady in some bins, and its mean; a tag that says too little is left out."""
    mean, count = series.mean[start:end], series.count[start:end]
    there = count > 0
    said = 100.0 * there.mean() if len(there) else 0.0
    if there.sum() < _FEWEST or there.sum() < settings.coverage * len(mean):
        return _Verdict(None, f"readings in {said:.0f} % of the window", steady=True)
    if _still(mean, series) >= series.stale:
        return _Verdict(None, "stale: the value does not move", steady=True)
    x = np.flatnonzero(there).astype(float)
    y = mean[there]
    x -= x.mean()
    level = float(np.average(y, weights=count[there]))
    slope = float(x @ (y - y.mean()) / (x @ x))
    rest = y - y.mean() - slope * x
    scatter = sqrt(float(rest @ rest) / (len(y) - 2))
    correlation = _correlation(rest)
    fewer = sqrt((1.0 + correlation) / (1.0 - correlation))
    drift = slope * len(mean)
    absolute, share = settings.tolerances.get(tag, (0.0, settings.tolerance))
    tolerance = max(absolute, share * abs(level))
    sloping = abs(slope) * sqrt(float(x @ x)) > _SURE * scatter * fewer and abs(drift) > tolerance
    steady = not sloping and not _wandering(y, tolerance)
    error = max(scatter * fewer / sqrt(len(y)), series.noise / sqrt(float(count.sum())))
    dropped = int(series.spikes[start:end].sum())
    found = Mean(level, error, series.noise, correlation, int(count.sum()), dropped, drift)
    return _Verdict(found, "", steady)


def _still(mean: Array, series: _Series) -> int:
    """Longest run of bins that are empty or repeat the one before, of a tag that has noise."""
    if series.noise == 0.0:
        return 0
    run = longest = 0
    last = inf
    for value in mean.tolist():
        run = run + 1 if value != value or value == last else 0  # not a number: an empty bin
        longest = max(longest, run)
        last = value if value == value else last
    return longest


def _correlation(rest: Array) -> float:
    """Of neighbours, 0 or more."""
    square = float(rest @ rest)
    found = float(rest[1:] @ rest[:-1]) / square if square > 0.0 else 0.0
    return min(max(found, 0.0), _HIGHEST_CORRELATION)


def _wandering(y: Array, tolerance: float) -> bool:
    """Whether bins follow each other more closely than chance lets them, by an amount that matters."""
    n = len(y)
    spread = float(np.var(y, ddof=1))
    if sqrt(spread) <= 0.5 * tolerance:
        return False
    ratio = float(np.mean(np.diff(y) ** 2)) / (2.0 * spread)
    return ratio < 1.0 - _SURE * sqrt((n - 2.0) / (n * n - 1.0))


def _window(
    name: str,
    span: tuple[int, int],
    verdicts: Mapping[str, _Verdict],
    samples: Mapping[str, tuple[NDArray[np.int64], Array]],
    settings: Settings,
    breaks: Breaks,
    unsteady: tuple[str, ...] = (),
) -> SteadyWindow:
    """A window with its means, and the samples that were taken in it."""
    start, end = span
    means = {tag: verdict.mean for tag, verdict in verdicts.items() if verdict.mean}
    left_out = {tag: verdict.reason for tag, verdict in verdicts.items() if verdict.reason}
    slack = round(settings.slack * _SECOND)
    for tag, (times, values) in samples.items():
        inside = values[(times >= start - slack) & (times < end + slack)]
        if len(inside):
            spread = float(np.std(inside, ddof=1)) / sqrt(len(inside)) if len(inside) > 2 else 0.0
            means[tag] = Mean(float(np.mean(inside)), spread, 0.0, 0.0, len(inside), 0, 0.0, len(inside))
        else:
            left_out[tag] = "no sample in the window"
    notes = tuple(note for note in breaks.notes if start <= note[0] < end)
    return SteadyWindow(name, start, end, dict(sorted(means.items())), dict(sorted(left_out.items())), notes, unsteady)


def _given(
    one: tuple[str, int, int],
    series: Mapping[str, _Series],
    samples: Mapping[str, tuple[NDArray[np.int64], Array]],
    grid: _Grid,
    settings: Settings,
    breaks: Breaks,
) -> SteadyWindow:
    name, start, end = one
    bins = (max(0, (start - grid.first) // grid.width), max(0, -((grid.first - end) // grid.width)))
    verdicts = _verdicts(series, *bins, settings)
    unsteady = tuple(tag for tag, verdict in verdicts.items() if not verdict.steady)
    return _window(name, (start, end), verdicts, samples, settings, breaks, unsteady)
