"""The rungs of the ladder that finds x = G(x): Anderson mixing, Newton, pseudo-transient, direct substitution.

Each rung is a generator-like stepper on plain vectors that knows nothing of plants: it is given how a guess is
answered and where a wanted guess may lie. The scales change while flows appear, so the history is kept unscaled.

Sources: Anderson mixing as in Walker and Ni (2011), type II; Broyden's rank-one update of the inverse (1965);
switched evolution relaxation as in Mulder and van Leer (1985).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

# Columns of the history whose triangular factor is worse conditioned than this are dropped, oldest first.
_WORST_CONDITION = 1e12


@dataclass(frozen=True)
class Trial:
    """A guess and its answer.

    Attributes:
        x: guess. g: answer. scale: size of every entry.
    """

    x: Vector
    g: Vector
    scale: Vector

    @property
    def residual(self) -> Vector:
        """Answer less guess."""
        return self.g - self.x

    def error(self) -> float:
        """Largest residual relative to the scale."""
        return float(np.max(np.abs(self.residual) / self.scale, initial=0.0))


@dataclass
class Anderson:
    """Anderson mixing: the combination of the last steps whose changes of the residual cancel it best.

    What it learned of the slope outlives the problem: after ``restart`` the steps made before still count, though the
    residual may have moved as a whole (a block that is converged again with other inlets).

    Attributes:
        memory: number of steps used.
    """

    memory: int = 8
    _steps: deque[tuple[Vector, Vector]] = field(default_factory=deque)
    _last: Trial | None = None

    def propose(self, trial: Trial) -> Vector:
        """The next guess."""
        size = len(trial.x)
        if self._last is not None:
            step = trial.x - _padded(self._last.x, size), trial.residual - _padded(self._last.residual, size)
            if step[1].any():
                self._steps.append(step)
            if len(self._steps) > self.memory:
                self._steps.popleft()
        self._last = trial
        while self._steps:
            dx = np.stack([_padded(x, size) for x, _ in self._steps], axis=1)
            dr = np.stack([_padded(r, size) for _, r in self._steps], axis=1)
            q, upper = np.linalg.qr(dr / trial.scale[:, None])
            if _well_conditioned(upper):
                gamma = np.linalg.solve(upper, q.T @ (trial.residual / trial.scale))
                wanted: Vector = trial.g - (dx + dr) @ gamma
                return wanted
            self._steps.popleft()
        return trial.g

    def restart(self) -> None:
        """The next trial does not continue the last one."""
        self._last = None


def _well_conditioned(upper: Vector) -> bool:
    diagonal = np.abs(np.diag(upper))
    return bool(diagonal.min() > diagonal.max() / _WORST_CONDITION) and len(diagonal) <= upper.shape[1]


def _padded(vector: Vector, size: int) -> Vector:
    return np.pad(vector, (0, size - len(vector)))


def jacobian(answer: Callable[[Vector], Vector], trial: Trial, step: float = 1e-6) -> Vector:
    """dG/dx in scaled variables by one-sided differences, one answer a column.

    Entries at their floor are stepped by the floor: a species that is not there yet may matter.
    """
    size = len(trial.x)
    columns = np.zeros((size, size))
    for i in range(size):
        moved = trial.x.copy()
        moved[i] += step * trial.scale[i]
        columns[:, i] = (_first(answer(moved), size) - trial.g) / trial.scale / step
    return columns


def _first(vector: Vector, size: int) -> Vector:
    """The entries that existed when the Jacobian was begun."""
    return _padded(vector, size)[:size] if len(vector) < size else vector[:size]


@dataclass
class Newton:
    """Newton's method on x - G(x) with one Jacobian and rank-one updates after it.

    Attributes:
        slope: dG/dx in scaled variables at the start.
        scale: its scales.
        pull: 1 / pseudo-time step; 0 is Newton's method, large values follow the plant's own start-up.
    """

    slope: Vector
    scale: Vector
    pull: float = 0.0
    _last: Trial | None = None

    def propose(self, trial: Trial) -> Vector:
        """The next guess; the slope first learns from the last step."""
        size = len(self.scale)
        residual = trial.residual[:size] / self.scale
        if self._last is not None:
            step = (trial.x - _padded(self._last.x, len(trial.x)))[:size] / self.scale
            change = (trial.g - _padded(self._last.g, len(trial.g)))[:size] / self.scale
            square = float(step @ step)
            if square > 0.0:
                self.slope = self.slope + np.outer(change - self.slope @ step, step) / square
        self._last = trial
        matrix = (1.0 + self.pull) * np.eye(size) - self.slope
        try:
            move = np.linalg.solve(matrix, residual)
        except np.linalg.LinAlgError:
            move = residual
        wanted = trial.g.copy()
        wanted[:size] = trial.x[:size] + move * self.scale
        return wanted
