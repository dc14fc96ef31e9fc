"""Acceleration of the passes of a contact: the next conditional constants from the last few pairs of them.

Kernel and engine in turn are a fixed-point iteration. Normally the slope of the remaining acidity makes it a Newton
step; where a metal that hydrolyses moves between the phases with the pH it circles or creeps. Anderson mixing on the
constants, started only then, ends both: at the fixed point it changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.chemistry.extraction.conditional import Constants
    from hydromet.chemistry.system import Array

RIDGE = 1e-10
_LEAST = 1e-300


class Manner(NamedTuple):
    """How passes are mixed.

    Attributes:
        patience: passes without any mixing.
        depth: pairs remembered; 1 is plain damping.
        careful: share of the change taken where there is no mixture, or none to trust.
        farthest: a mixture further away than this many times the last change is not trusted.
    """

    patience: int
    depth: int
    careful: float
    farthest: float


# Tried one after the other. Normally the first ends before it mixes anything.
MANNERS = (Manner(8, 12, 0.4, 10.0), Manner(0, 4, 0.5, 3.0), Manner(0, 12, 0.3, 3.0), Manner(0, 1, 0.5, 1.0))


class Mixing:
    """What the last passes used and what came out."""

    def __init__(self, manner: Manner) -> None:
        """Nothing yet."""
        self.manner = manner
        self.pairs: list[tuple[Array, Array]] = []
        self.scale: Array | None = None

    def next(
        self, used: Constants, made: Constants, given: Sequence[float], wanted: Sequence[float]
    ) -> tuple[Constants, list[float]]:
        """The constants and doses of the next pass.

        Args:
            used: constants the kernel worked with.
            made: those the engine made of its answer.
            given: doses of this pass.
            wanted: those the rules ask for after it.
        """
        doses = np.array(given), np.array(wanted)
        both = (doses[0] > 0.0) & (doses[1] > 0.0)
        logs = [np.log(np.where(both, dose, 1.0)) for dose in doses]
        before, after = np.append(_flat(used), logs[0]), np.append(_flat(made), logs[1])
        if self.scale is None:
            self.scale = _scale(made)
        scale = np.append(self.scale, np.ones(len(both)))
        if not (np.all(np.isfinite(before)) and np.all(np.isfinite(after))):
            return made, list(wanted)
        mixed = self._mixed(before / scale, after / scale) * scale
        cut = len(mixed) - len(both)
        amounts = np.where(both, np.exp(mixed[cut:]), doses[1])
        return _shaped(mixed[:cut], made), [float(amount) for amount in amounts]

    def _mixed(self, before: Array, after: Array) -> Array:
        self.pairs = [*self.pairs, (before, after)][-self.manner.depth :]
        change = after - before
        careful: Array = before + self.manner.careful * change
        if len(self.pairs) < 2:
            return careful
        moves = np.array([(out - into) - change for into, out in self.pairs[:-1]]).T
        share, *_ = np.linalg.lstsq(moves, -change, rcond=RIDGE)
        tried = after + np.array([out - after for _, out in self.pairs[:-1]]).T @ share
        return tried if np.max(np.abs(tried - before)) <= self.manner.farthest * np.max(np.abs(change)) else careful


def between(one: Constants, other: Constants, share: float) -> Constants:
    """Constants the given share of the way from one to the other."""
    first = _flat(one)
    return _shaped(first + share * (_flat(other) - first), other)


def _flat(one: Constants) -> Array:
    """The acidity of a liquor as a function of ln a(H+), as numbers that may be averaged."""
    return np.concatenate([
        np.log(np.maximum(one.acid, _LEAST)), np.log(np.maximum(one.water, _LEAST)),
        np.log(np.maximum(one.buffers, _LEAST)).ravel(), np.log(np.maximum(one.affinity, _LEAST)).ravel(),
        one.rest - one.slope * one.ln_h, one.slope, one.ln_h,
    ])  # fmt: skip


def _scale(one: Constants) -> Array:
    """Sizes of those numbers: logarithms as they are, acidity per litre by that of the liquor."""
    h = np.exp(one.ln_h)
    size = one.acid * h + one.water / h + one.buffers.sum(1) + np.abs(one.rest) + one.slope
    logs = np.ones(2 * len(h) + 2 * one.buffers.size)
    return np.concatenate([logs, size * np.maximum(np.abs(one.ln_h), 1.0), size, np.ones(len(h))])


def _shaped(flat: Array, like: Constants) -> Constants:
    n, width = len(like.ln_h), like.buffers.size
    cuts = np.cumsum([n, n, width, width, n, n])
    acid, water, buffers, affinity, level, slope, ln_h = np.split(flat, cuts)
    slope = np.maximum(slope, 0.0)
    present = like.buffers > 0.0
    return replace(
        like,
        ln_h=ln_h,
        acid=np.exp(acid),
        water=np.where(like.water > 0.0, np.exp(water), 0.0),
        buffers=np.where(present, np.exp(buffers).reshape(like.buffers.shape), 0.0),
        affinity=np.where(present, np.exp(affinity).reshape(like.affinity.shape), like.affinity),
        rest=level + slope * ln_h,
        slope=slope,
    )
