"""What is tried when one Newton fails: the pH, or the dose of a titrant, is bracketed."""

from __future__ import annotations

from math import ceil, floor, inf, nan
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import numpy as np

from hydromet.chemistry.records import LN10
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydromet.chemistry.engine import Run
    from hydromet.chemistry.system import Array

    Solve = Callable[[Run], bool]

MW = species(WATER).molar_mass
# Other first guesses of the pH.
_GUESSES = (3.0, 8.0, 11.0, 0.0)
# Range of ln a(H+), an excess larger than any, and how many values of ln a(H+) without solution are stepped over.
_LOWEST, _HIGHEST, _FAR, _FAILURES = -40.0, 5.0, 1e8, 6
# Share of the amounts that a liquor is concentrated from, and the shortest step on the way.
_DILUTE, _SHORTEST = 0.1, 1e-3
# Error of the total of H+, as a share of all amounts, at which a bracket counts as closed.
_CLOSED = 1e-10
# Ionic strength, mol/kg, above which an answer with a titrant is not looked for.
STRONGEST = 30.0
# A titrant is tried until it amounts to this, mol (without H+) per kg of all water, or to this many times the water.
_MOST_TITRANT, _MOST_WATER = 30.0, 1e4
# A titrant may take up this much of the water, less what is left.
_WATER_LEFT = 0.25
# Doses that may take a rescue of their own while the end of what the liquor takes is sought (there it costs time and
# finds nothing), and afterwards.
_RESCUES, _RESCUES_INSIDE = 3, 12
# Doses are tried in steps of this factor, from this share of the first guess on.
_FACTOR, _FIRST = 2.0, 1e-6
# A pH this close to the target is the target; one this far from it after the last bisection is across a step.
_SAME_PH, _STEP = 1e-9, 1e-6


def bracket_totals(run: Run) -> None:
    """Solve where one Newton failed: other first guesses of the pH, the pH bracketed, the liquor concentrated.

    Raises:
        ChemistryError: E507.
    """
    if _arrives(run, *(-pH * LN10 for pH in _GUESSES)):
        return
    # The total of H+ is a monotone function of the pH.
    total = _Total(run)
    try:
        found = total.search()
    finally:
        total.restore()
    if not found and not concentrate(run):
        fail(run)
    kept = _copies(run)
    if run.call(titrate=0, dose=0.0, warm=True) != 0:
        _put_back(run, kept)


def _arrives(run: Run, *guesses: float) -> bool:
    """True if Newton arrives from one of these ln a(H+); NaN leaves the guess to the kernel."""
    for guess in guesses:
        run.lam[run.system.iH] = guess
        if run.call(titrate=0, dose=0.0, warm=False) == 0:
            return True
    return False


def concentrate(run: Run) -> bool:
    """Follow the solution from a dilute liquor to the one asked for, each from the last; true if it arrives."""
    b, iH = run.b, run.system.iH
    there, step = 0.0, _DILUTE
    kept: list[Array] = []
    try:
        while there < 1.0 and step > _SHORTEST:
            share = min(1.0, there + step)
            run.b = b * share
            done = run.call(titrate=0, dose=0.0, warm=bool(kept)) == 0
            if not done and kept:
                run.lam[iH] = kept[0][iH]
                done = run.call(titrate=0, dose=0.0, warm=False) == 0
            if done:
                kept, there, step = _copies(run), share, 1.5 * step
            else:
                step *= 0.5
                if kept:
                    _put_back(run, kept)
    finally:
        run.b = b
    return there == 1.0


def _copies(run: Run) -> list[Array]:
    return [values.copy() for values in (run.lam, run.m, run.s, run.w, run.state)]


def _put_back(run: Run, kept: list[Array]) -> None:
    for values, old in zip((run.lam, run.m, run.s, run.w, run.state), kept, strict=True):
        values[:] = old


class _Total:
    """The total of H+ that a pH takes: acid is the titrant of a liquor made alkaline enough to need some."""

    def __init__(self, run: Run) -> None:
        self.run, iH = run, run.system.iH
        self._saved = run.b, run.t, run.tw
        self._acid = float(run.b[iH])
        self._offset = 1.0 + 10.0 * float(np.abs(run.b).sum()) + 200.0
        run.b, run.t, run.tw = run.b.copy(), np.zeros_like(run.b), 0.0
        run.b[iH], run.t[iH] = -self._offset, 1.0

    def restore(self) -> None:
        """The totals as they were."""
        self.run.b, self.run.t, self.run.tw = self._saved

    def excess(self, ln_h: float) -> float | None:
        """Total of H+ at a pH less the one there is; None where that has no solution."""
        run, dose = self.run, self._offset + self._acid
        run.lam[run.system.iH] = ln_h
        if run.call(titrate=1, dose=dose, warm=False) != 0:
            return None
        return float(run.state[3]) - dose

    def search(self) -> bool:
        """Bisect and cut by secants; a pH without solution is stepped over, a few times."""
        low, high, f_low, f_high = _LOWEST, _HIGHEST, -_FAR, _FAR
        middle, failures = -16.0, 0
        for step in range(200):
            value = self.excess(middle)
            if value is None:
                failures += 1
                if failures > _FAILURES:
                    return False
                middle = low + (high - low) * (0.5 + 0.07 * failures * (-1) ** failures)
                continue
            if value < 0.0:
                low, f_low = middle, value
            else:
                high, f_high = middle, value
            if high - low < 1e-13 * max(1.0, abs(low)) or value == 0.0:
                return abs(value) < _CLOSED * self._offset
            secant = low - f_low * (high - low) / (f_high - f_low)
            middle = 0.5 * (low + high) if step % 3 or max(abs(f_low), abs(f_high)) >= _FAR else secant
        return False


def bracket_dose(run: Run, pH: float, guess: float, solve_totals: Solve) -> None:
    """Find the smallest dose that gives a pH, by solving with given doses from a trace to all the liquor can take.

    Args:
        run: its ``lam``, ``m``, ``s`` and ``state`` hold the answer on return.
        pH: target.
        guess: order of magnitude of the dose.
        solve_totals: solves the run at its totals.

    Raises:
        ChemistryError: E507, or E508 with the highest or lowest pH of all doses, or that the titrant moves the pH away.
    """
    if not run.t.any():
        # Water, or nothing: in steps of the water there is.
        guess = run.bw / run.tw if run.tw > 0.0 else 1.0
    curve = _Curve(run, pH, solve_totals)
    # A trace of titrant in place of none: a component that only the titrant brings must not be absent.
    none = 1e-9 * guess
    start = curve.begin(none)
    curve.way = 1.0 if pH > start else -1.0
    dose = none
    if abs(start - pH) > _SAME_PH:
        tried = _scan(curve, none, _FIRST * guess)
        curve.rescues = _RESCUES_INSIDE
        if tried[-1].miss > 0.0:
            low, best = _closest(curve, tried)
        else:
            low, best = tried[-2], tried[-1]
        if best.miss > 0.0:
            _refuse(pH, curve.way, start, best.miss)
        dose = _root(curve, low, best)
    curve.settle(dose)


def largest_dose(run: Run) -> float:
    """The largest dose worth trying: ``x sum|t| = most MW (bw + x tw)``, or much water; 1 where it is of nothing."""
    solutes = float(np.abs(run.t).sum() - abs(run.t[run.system.iH])) or abs(float(run.t[run.system.iH]))
    dry = solutes / MW - _MOST_TITRANT * run.tw
    most = _MOST_TITRANT * run.bw / dry if dry > 0.0 else inf
    most = min(most, _MOST_WATER * run.bw / run.tw if run.tw > 0.0 else inf)
    return most if most < inf else 1.0


def within(run: Run) -> bool:
    """True if a dose that the kernel found leaves a liquor: not too strong, not all titrant, not dried up."""
    water, strength, dose = float(run.state[0]), float(run.state[2]), float(run.state[3])
    return strength <= STRONGEST and dose <= largest_dose(run) and water >= _WATER_LEFT * run.bw * MW


class _Try(NamedTuple):
    """A dose, and how far the pH falls short of the target with it; below zero beyond the target."""

    dose: float
    miss: float


def _missing(one: _Try) -> float:
    return one.miss


class _Curve:
    """The pH of a liquor against the dose."""

    def __init__(self, run: Run, pH: float, solve_totals: Solve) -> None:
        self.run, self.pH, self.way, self._solve = run, pH, 1.0, solve_totals
        self._b, self._bw = run.b, run.bw
        self._strongest, self._least, self._ln_h, self.rescues = inf, 0.0, nan, _RESCUES
        self._last: list[Array] = []

    def solve(self, dose: float) -> None:
        """Solve with a dose, from the guess of the kernel, the pH of the dose before, or all of it.

        Raises:
            ChemistryError: E506, E507.
        """
        run = self.run
        run.b, run.bw = self._b + dose * run.t, self._bw + dose * run.tw
        try:
            if not _arrives(run, nan, self._ln_h) and not self._from_last():
                if self.rescues == 0:
                    fail(run)
                self.rescues -= 1
                self._solve(run)
        finally:
            run.b, run.bw = self._b, self._bw

    def _from_last(self) -> bool:
        """True if Newton arrives from the last answer."""
        if not self._last:
            return False
        _put_back(self.run, self._last)
        return self.run.call(titrate=0, dose=0.0, warm=True) == 0

    def begin(self, dose: float) -> float:
        """The pH with a first dose, which sets how strong the liquor may become and how little water may be left."""
        self.solve(dose)
        self._last, self._ln_h = _copies(self.run), float(self.run.lam[self.run.system.iH])
        self._least = _WATER_LEFT * float(self.run.state[0])
        self._strongest = max(STRONGEST, 1.5 * float(self.run.state[2]))
        return -self._ln_h / LN10

    def ask(self, dose: float) -> _Try | None:
        """What a dose does; None where the liquor dries up or leaves the range of the engine."""
        try:
            self.solve(dose)
        except ChemistryError:
            return None
        if not float(self.run.state[2]) <= self._strongest or float(self.run.state[0]) < self._least:
            return None
        self._last, self._ln_h = _copies(self.run), float(self.run.lam[self.run.system.iH])
        return _Try(dose, self.way * (self.pH + self._ln_h / LN10))

    def settle(self, dose: float) -> None:
        """Leave the run solved at the pH, the dose as the kernel's unknown if it agrees.

        Raises:
            ChemistryError: E508 the liquor steps over the pH.
        """
        self.rescues = _RESCUES_INSIDE
        self.solve(dose)
        run, iH = self.run, self.run.system.iH
        kept = _copies(run)
        run.lam[iH] = -self.pH * LN10
        if run.call(titrate=1, dose=dose, warm=True) != 0 or abs(float(run.state[3]) - dose) > 1e-6 * dose:
            _put_back(run, kept)
            run.state[3] = dose
            beyond = -float(run.lam[iH]) / LN10
            if abs(beyond - self.pH) > _STEP:
                text = f"another pH: with this titrant the liquor steps over it, to {beyond:.2f}, as phases change"
                raise ChemistryError("E508", read=f"pH {self.pH:g}", expected=text)


def _scan(curve: _Curve, none: float, first: float) -> list[_Try]:
    """Doses tried until the target is passed, the liquor takes no more, or it has had the most."""
    most = largest_dose(curve.run)
    tried = [one for one in [curve.ask(none)] if one]
    dose = min(max(first, none * _FACTOR), most)
    while True:
        one = curve.ask(dose)
        if one is None:
            return tried + _last(curve, tried[-1].dose, dose)
        tried.append(one)
        if one.miss <= 0.0 or dose >= most:
            return tried
        dose = min(dose * _FACTOR, most)


def _last(curve: _Curve, low: float, high: float) -> list[_Try]:
    """Doses up to the largest that the liquor takes, which lies between the two; ends where the target is passed."""
    found: list[_Try] = []
    for _ in range(14):
        one = curve.ask(0.5 * (low + high))
        if one is None:
            high = 0.5 * (low + high)
            continue
        found.append(one)
        low = one.dose
        if one.miss <= 0.0:
            break
    return found


def _closest(curve: _Curve, tried: list[_Try]) -> tuple[_Try, _Try]:
    """The dose that comes closest, or one beyond the target, with one before it: golden section around the best."""
    best = min(tried, key=_missing)
    i = tried.index(best)
    if i == 0:
        return best, best
    before = tried[i - 1]
    low, high = before.dose, tried[min(i + 1, len(tried) - 1)].dose
    share = 0.5 * (5.0**0.5 - 1.0)
    for _ in range(40):
        if best.miss <= 0.0 or high - low < 1e-6 * high:
            break
        pair = [curve.ask(high - share * (high - low)), curve.ask(low + share * (high - low))]
        left, right = (one or _Try(0.0, inf) for one in pair)
        if left.miss < right.miss:
            high = low + share * (high - low)
        else:
            low = high - share * (high - low)
        best = min(best, left, right, key=_missing)
    return before, best


def _root(curve: _Curve, low: _Try, high: _Try) -> float:
    """The dose at the target, to the last digits: secants, every third step a bisection."""
    for step in range(200):
        share = 0.5 if step % 3 == 2 else low.miss / (low.miss - high.miss)
        middle = low.dose + share * (high.dose - low.dose)
        if not low.dose < middle < high.dose:
            middle = 0.5 * (low.dose + high.dose)
        if high.dose - low.dose < 1e-15 * high.dose or not low.dose < middle < high.dose or high.miss > -1e-13:
            break
        one = curve.ask(middle) or _Try(middle, low.miss)
        low, high = (low, one) if one.miss <= 0.0 else (one, high)
    return high.dose


def _refuse(pH: float, way: float, start: float, miss: float) -> None:
    """Raise E508 with the pH that can be reached, rounded to the side of the start."""
    reached = pH - way * miss
    if way * (reached - start) <= _SAME_PH:
        towards = "up" if way > 0 else "down"
        at = f"the liquor is at pH {start:.2f} and this one does not"
        raise ChemistryError("E508", read=f"pH {pH:g}", expected=f"a titrant that moves the pH {towards}: {at}")
    word, hundredths = ("highest", floor(100.0 * reached)) if way > 0 else ("lowest", ceil(100.0 * reached))
    expected = f"a pH the titrant can reach: {word} is {hundredths / 100.0:.2f}"
    raise ChemistryError("E508", read=f"pH {pH:g}", expected=expected)


def fail(run: Run) -> NoReturn:
    """Raise E507 with the composition, or E506 where there is less water than what is dissolved in it."""
    solutes = float(np.abs(run.b).sum() - abs(run.b[run.system.iH]))
    if solutes > run.bw:
        expected = "a liquor: more water than what is dissolved in it"
        raise ChemistryError(
            "E506", read=f"{solutes:.3g} mol of solutes in {run.bw:.3g} mol of water", expected=expected
        )
    found = ", ".join(f"{n} {x:.3g}" for n, x in zip(run.system.components, run.b, strict=True))
    raise ChemistryError(
        "E507",
        read=f"per kg water: {found}; phases {', '.join(run.system.phases) or 'none'}; residual {run.state[5]:.1e}",
        expected="a composition inside the range of the engine (ionic strength to about 30 mol/kg, 0 to 100 degC)",
    )
