"""Which form of an element is the stable one over pH and potential: the lowest line at every pH.

The form i (a dissolved species at its activity, or a solid) asks for the ln activity of the master species ::

    g_i(pH, E) = (ln a_i - ln K_i - (h_i + r_i) ln a(H+) - sum(nu_l ln a_l)) / x_i + r_i F E / (R T x_i)

to be there; the form that asks for least is the stable one. At a given pH every g_i is a straight line in E, so the
forms follow each other as the lower envelope of these lines, and the boundaries in E are exact. Where the order changes
between two values of the pH, the change (a triple point or a vertical boundary) is found by halving the interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hydromet.chemistry.system import Array

# Width in pH to which a change of the order of forms is located.
_SHARP = 1e-7
# Vertical boundaries shorter than this (V) are a triple point, not a line.
_SHORT = 1e-4

Order = tuple[tuple[int, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Lines:
    """``g_i = start_i(pH) + slope_i E`` of every form.

    Attributes:
        pH: values at which ``start`` is given, increasing; in between it is interpolated.
        start: (pH, forms). slope: (forms), 1/V.
        low, high: range of the potential, V.
    """

    pH: Array
    start: Array
    slope: Array
    low: float
    high: float

    def at(self, pH: float) -> Array:
        """``start`` at one pH."""
        k = int(np.clip(np.searchsorted(self.pH, pH) - 1, 0, len(self.pH) - 2))
        share = (pH - self.pH[k]) / (self.pH[k + 1] - self.pH[k])
        found: Array = (1.0 - share) * self.start[k] + share * self.start[k + 1]
        return found

    def order(self, pH: float) -> Order:
        """The stable forms from the lowest potential to the highest, and the potentials between them."""
        start = self.at(pH)
        forms: list[int] = []
        breaks: list[float] = []
        here, E = int(np.argmin(start + self.slope * self.low + 1e-12 * self.slope)), self.low
        forms.append(here)
        while True:
            steeper = self.slope < self.slope[here] - 1e-12
            if not steeper.any():
                break
            crossing = np.full(len(start), np.inf)
            crossing[steeper] = (start[steeper] - start[here]) / (self.slope[here] - self.slope[steeper])
            following = int(np.lexsort((self.slope, np.round(crossing, 12)))[0])
            E = max(float(crossing[following]), self.low)
            if self.high <= E:
                break
            here = following
            forms.append(here)
            breaks.append(E)
        return tuple(forms), tuple(breaks)

    def stable(self, pH: float, E: float) -> int:
        """The stable form at one point."""
        return int(np.argmin(self.at(pH) + self.slope * E))

    def map(self, E: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        """The stable form on the grid of potentials and ``pH``, shape (E, pH)."""
        found = [np.argmin(row[None, :] + E[:, None] * self.slope[None, :], axis=1) for row in self.start]
        return np.stack(found, axis=1).astype(np.int64)


Segment = tuple[int, int, list[tuple[float, float]]]


def trace(lines: Lines) -> tuple[list[Segment], list[tuple[float, float, tuple[int, ...]]]]:
    """Boundaries and triple points.

    Returns:
        (form below or left, form above or right, points (pH, E)) of every boundary; (pH, E, forms) of triple points.
    """
    finished: list[Segment] = []
    corners: list[tuple[float, float, tuple[int, ...]]] = []
    here = float(lines.pH[0])
    order = lines.order(here)
    growing = _started(order, here)
    for node in lines.pH[1:]:
        stop = float(node)
        while (after := lines.order(stop))[0] != order[0]:
            left, right = here, stop
            while right - left > _SHARP:
                middle = 0.5 * (left + right)
                if lines.order(middle)[0] == order[0]:
                    left = middle
                else:
                    right = middle
            before, changed = lines.order(left), lines.order(right)
            _extend(growing, before, left)
            kept = {pair for pair in growing if pair in set(pairwise(changed[0]))}
            finished += [(*pair, points) for pair, points in growing.items() if pair not in kept]
            steps, met = _vertical(lines, before, changed, right)
            finished += steps
            corners += met
            fresh = _started(changed, right)
            growing = {pair: growing.get(pair, points) for pair, points in fresh.items()}
            order, here = changed, right
            if right >= stop:
                break
        else:
            order = after
        _extend(growing, order, stop)
        here = stop
    finished += [(*pair, points) for pair, points in growing.items()]
    return [one for one in finished if len(one[2]) > 1], corners


def _started(order: Order, pH: float) -> dict[tuple[int, int], list[tuple[float, float]]]:
    forms, breaks = order
    return {pair: [(pH, E)] for pair, E in zip(pairwise(forms), breaks, strict=True)}


def _extend(growing: dict[tuple[int, int], list[tuple[float, float]]], order: Order, pH: float) -> None:
    for pair, (point,) in _started(order, pH).items():
        if pair in growing:
            growing[pair].append(point)


def _vertical(
    lines: Lines, before: Order, after: Order, pH: float
) -> tuple[list[Segment], list[tuple[float, float, tuple[int, ...]]]]:
    """What happens at one pH: boundaries along E where the form changes, triple points where it does not."""
    cuts = sorted({lines.low, lines.high, *before[1], *after[1]})
    steps: list[Segment] = []
    corners: list[tuple[float, float, tuple[int, ...]]] = []
    for low, high in pairwise(cuts):
        a, b = (_form(order, 0.5 * (low + high)) for order in (before, after))
        if a != b and high - low > _SHORT:
            if steps and steps[-1][:2] == (a, b) and abs(steps[-1][2][-1][1] - low) < _SHORT:
                steps[-1][2][-1] = (pH, high)
            else:
                steps.append((a, b, [(pH, low), (pH, high)]))
    ends = [E for step in steps for _, E in step[2]] or list({*before[1], *after[1]})
    for E in sorted(ends):
        if not lines.low + _SHORT < E < lines.high - _SHORT:
            continue
        around = {form for order in (before, after) for form in _near(order, E)}
        if len(around) > 2 and not any(abs(E - other) < _SHORT for _, other, _ in corners):
            corners.append((pH, E, tuple(sorted(around))))
    return steps, corners


def _form(order: Order, E: float) -> int:
    forms, breaks = order
    return forms[sum(cut < E for cut in breaks)]


def _near(order: Order, E: float) -> tuple[int, ...]:
    forms, breaks = order
    return forms[sum(cut < E - _SHORT for cut in breaks) : 1 + sum(cut < E + _SHORT for cut in breaks)]


def inner_point(where: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[int, int]:
    """The cell of a region farthest from its edge: where a label fits best. Row, column."""
    left = where.copy()
    last = left
    while left.any():
        last = left
        padded = np.pad(left, 1)
        left = left & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    rows, columns = np.nonzero(last)
    k = int(np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2))
    return int(rows[k]), int(columns[k])
