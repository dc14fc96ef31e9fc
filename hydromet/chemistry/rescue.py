"""What is tried when one Newton fails: the pH, or the dose of a titrant, is bracketed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.records import LN10
from hydromet.errors import ChemistryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydromet.chemistry.engine import Run


def bracket_totals(run: Run) -> None:
    """Find the pH at which the total of H+ is met: the total is a monotone function of the pH."""
    iH = run.system.iH
    acid = float(run.b[iH])
    b = run.b.copy()
    saved_t, saved_tw = run.t, run.tw
    offset = 1.0 + 10.0 * float(np.abs(b).sum()) + 200.0
    run.t = np.zeros_like(b)
    run.t[iH], run.tw = 1.0, 0.0
    run.b = b.copy()
    run.b[iH] = -offset

    def excess(ln_h: float) -> float | None:
        run.lam[iH] = ln_h
        if run.call(titrate=1, dose=offset + acid, warm=False) != 0:
            return None
        return float(run.state[3] - offset - acid)

    low, high = -40.0, 5.0
    f_low, f_high = -1e9, 1e9
    middle = -16.0
    for step in range(200):
        value = excess(middle)
        if value is None:
            middle += 0.0137 * (high - low) * (-1) ** step
            if not low < middle < high:
                middle = 0.5 * (low + high) + 1e-3 * step
            continue
        if value < 0.0:
            low, f_low = middle, value
        else:
            high, f_high = middle, value
        if high - low < 1e-13 * max(1.0, abs(low)) or value == 0.0:
            break
        secant = low - f_low * (high - low) / (f_high - f_low)
        middle = 0.5 * (low + high) if step % 3 or abs(f_low) > 1e8 or abs(f_high) > 1e8 else secant
    run.b, run.t, run.tw = b, saved_t, saved_tw
    if not high - low < 1e-6:
        fail(run)
    dose = run.state[3]
    if run.call(titrate=0, dose=0.0, warm=True) != 0 and not high - low < 1e-12:
        run.state[3] = dose
        fail(run)


def bracket_dose(run: Run, pH: float, guess: float, solve_totals: Callable[[Run], bool]) -> None:
    """Find the dose by solving with given doses; says what can be reached if the pH cannot."""
    iH = run.system.iH
    b, bw = run.b.copy(), run.bw

    def pH_at(dose: float) -> float:
        run.b, run.bw = b + dose * run.t, bw + dose * run.tw
        solve_totals(run)
        return -float(run.lam[iH]) / LN10

    # A trace of titrant in place of none: a component that only the titrant brings must not be absent.
    start = pH_at(1e-9 * guess)
    direction = 1.0 if pH > start else -1.0
    low, high = 0.0, guess * 1e-3
    reached = start
    while (value := pH_at(high)) * direction < pH * direction:
        low, high = high, high * 4.0
        if value * direction < reached * direction - 1e-9 and value * direction < start * direction + 1e-9:
            break
        reached = max(reached * direction, value * direction) * direction
        if high > guess * 1e5:
            break
    if value * direction < pH * direction:
        word = "highest" if direction > 0 else "lowest"
        reached = max(value * direction, reached * direction) * direction
        if reached == start or (value - start) * direction <= 0:
            already = f"the liquor is at pH {start:.2f} and the titrant moves it to {value:.2f}"
            raise ChemistryError("E508", read=f"pH {pH:g}", expected=f"a titrant that moves the pH that way: {already}")
        raise ChemistryError("E508", read=f"pH {pH:g}", expected=f"a pH the titrant can reach: {word} is {reached:.2f}")
    for _ in range(200):
        middle = 0.5 * (low + high)
        if pH_at(middle) * direction < pH * direction:
            low = middle
        else:
            high = middle
        if high - low < 1e-15 * high:
            break
    run.b, run.bw = b, bw
    run.state[3] = high


def fail(run: Run) -> None:
    """Raise E507 with the composition."""
    found = ", ".join(f"{n} {x:.3g}" for n, x in zip(run.system.components, run.b, strict=True))
    raise ChemistryError(
        "E507",
        read=f"per kg water: {found}; phases {', '.join(run.system.phases) or 'none'}; residual {run.state[5]:.1e}",
        expected="a composition inside the range of the engine (ionic strength to about 30 mol/kg, 0 to 100 degC)",
    )
