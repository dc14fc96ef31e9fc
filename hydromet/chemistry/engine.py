"""Calls the equilibrium kernel: totals in, a solved state out, with a rescue that does not fail."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.database import H, load_database
from hydromet.chemistry.properties.vapour_pressure_wagner_1993 import vapour_pressure
from hydromet.chemistry.records import LN10
from hydromet.chemistry.system import Array, AtTemperature, System, assemble, at_temperature
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping

MW = species(WATER).molar_mass
# Totals below this, mol/kg water, take no part in the equilibrium.
TRACE = 1e-16
# Parameters are evaluated inside this range of temperature, K; outside it the nearest end is used, with a warning.
COLDEST, HOTTEST = 263.15, 398.15
_LN_KW = -32.2
# First guesses of a dose, as multiples of one that neutralises what there is.
_GUESSES = (1.0, 0.1, 10.0)
_BAR = 1e5
# Share of the water left at which a crystallising liquor counts as dried up.
_DRY = 0.01


@dataclass(frozen=True)
class Solved:
    """A converged equilibrium on the basis of the caller's amounts.

    Attributes:
        system, temperature: what was solved.
        water: kg of liquid water. ln_aw, ionic_strength: as named.
        lam: ln activity of the components. m: molality of the species. amounts: mol of each phase.
        dose: multiple of the titrant. pH. iterations, residual: of the kernel.
        inert: totals that took no part, mol.
    """

    system: System
    temperature: float
    water: float
    ln_aw: float
    ionic_strength: float
    lam: Array
    m: Array
    amounts: Array
    dose: float
    iterations: int
    residual: float
    inert: Mapping[str, float]
    rescued: bool = False

    @property
    def pH(self) -> float:
        """-log10 of the activity of H+."""
        return -float(self.lam[self.system.iH]) / LN10


@dataclass
class _Run:
    """Arrays of one call of the kernel; amounts are per kilogram of water."""

    system: System
    at: AtTemperature
    lnKs: Array
    b: Array
    bw: float
    t: Array
    tw: float
    lam: Array
    m: Array
    s: Array
    w: Array
    state: Array

    def call(self, *, titrate: int, dose: float, warm: bool) -> int:
        """Run the kernel, ``titrate`` is its mode; 0 is success."""
        from hydromet.kernels import expect
        from hydromet.kernels.equilibrium import TOLERANCE, solve

        expect("equilibrium.solve", 20.0)
        y, at = self.system, self.at
        return int(
            solve(
                titrate, y.A, y.a, y.z, at.lnK, y.S, y.sa, self.lnKs, self.b, self.bw, self.t, self.tw, y.iH, self.lam,
                at.aphi, y.alphas, y.pair, y.pair_alpha, at.pair_value, y.two, at.two_value, y.three, at.three_value,
                dose, warm, self.m, self.s, self.w, self.state, TOLERANCE,
            )
        )  # fmt: skip


def clamp(temperature: float) -> float:
    """The temperature at which parameters are evaluated, K."""
    return min(max(temperature, COLDEST), HOTTEST)


def solve_equilibrium(
    totals: Mapping[str, float],
    temperature: float,
    *,
    phases: tuple[str, ...] = (),
    pressures: Mapping[str, float] | None = None,
    titrant: Mapping[str, float] | None = None,
    pH: float | None = None,
) -> Solved:
    """Equilibrium of totals on the basis species.

    Args:
        totals: basis species -> mol; H+ is net (acid positive), H2O the total water, phases included.
        temperature: K.
        phases: solids and gases that may be present.
        pressures: gas -> partial pressure, Pa.
        titrant: totals of one dose; with ``pH`` the dose is found.
        pH: target.

    Raises:
        ChemistryError: E506 no water, E507 no solution found, E508 the pH cannot be reached.
    """
    run, scale, inert = _prepare(totals, clamp(temperature), phases, pressures or {}, titrant or {})
    if pH is None:
        rescued = _solve_totals(run)
        dose = 0.0
    else:
        rescued = _solve_titration(run, pH)
        dose = float(run.state[3])
    return Solved(
        system=run.system,
        temperature=temperature,
        water=float(run.state[0]) / scale,
        ln_aw=float(run.state[1]),
        ionic_strength=float(run.state[2]),
        lam=run.lam,
        m=run.m,
        amounts=run.s / scale,
        dose=dose / scale if titrant else 0.0,
        iterations=int(run.state[4]),
        residual=float(run.state[5]),
        inert=inert,
        rescued=rescued,
    )


def _prepare(
    totals: Mapping[str, float],
    temperature: float,
    phases: tuple[str, ...],
    pressures: Mapping[str, float],
    titrant: Mapping[str, float],
) -> tuple[_Run, float, dict[str, float]]:
    water = totals.get(WATER, 0.0)
    if not water > 0.0:
        raise ChemistryError("E506", read=f"{water:g} mol of water", expected="a liquor with water")
    scale = 1.0 / (water * MW)
    inert: dict[str, float] = {}
    components = {H}
    for name, amount in totals.items():
        if name in (H, WATER) or (amount == 0.0 and not titrant.get(name)):
            continue
        if amount * scale > TRACE or titrant.get(name, 0.0) > 0.0:
            components.add(name)
        else:
            inert[name] = amount
    components.update(name for name, amount in titrant.items() if amount > 0.0 and name != WATER)
    data = load_database()
    possible = tuple(
        name
        for name in phases
        if components.issuperset(part for part in (data.solids.get(name) or data.gases[name]).basis if part != WATER)
    )
    system = assemble(tuple(sorted(components)), possible)
    at = at_temperature(system.components, possible, temperature)
    lnKs = at.lnKs
    if pressures:
        lnKs = lnKs + np.array([log(max(pressures.get(name, _BAR), 1e-300) / _BAR) for name in possible])
    n, count = len(system.names), len(possible)
    # One dose of the kernel is the amount of titrant, mol, per kilogram of water of the liquor.
    run = _Run(
        system=system,
        at=at,
        lnKs=lnKs,
        b=np.array([totals.get(name, 0.0) * scale for name in system.components]),
        bw=water * scale,
        t=np.array([titrant.get(name, 0.0) for name in system.components]),
        tw=titrant.get(WATER, 0.0),
        lam=np.zeros(len(system.components)),
        m=np.zeros(n),
        s=np.zeros(count),
        w=np.zeros(count),
        state=np.zeros(8),
    )
    return run, scale, inert


def _solve_totals(run: _Run) -> bool:
    """Given totals: one Newton, else the pH is bracketed. True if the rescue was needed."""
    run.lam[run.system.iH] = _first_ln_h(run)
    if run.call(titrate=0, dose=0.0, warm=False) == 0:
        return False
    _check_dry(run)
    _bracket_totals(run)
    return True


def _check_dry(run: _Run) -> None:
    """Raise if the hydrates asked for take up all the water there is."""
    left = run.bw - float(run.s @ run.system.sa) if len(run.s) else run.bw
    if left < _DRY * run.bw:
        raise ChemistryError(
            "E506",
            read=f"the hydrates {', '.join(run.system.phases)} take up all the water",
            expected="liquor left after crystallisation: more water, or less evaporation",
        )


def _first_ln_h(run: _Run) -> float:
    """First guess of ln a(H+): strong acid or base left over after all buffers, else the middle of the scale."""
    y = run.system
    acid = float(run.b[y.iH])
    amounts = np.where(np.arange(len(run.b)) == y.iH, 0.0, run.b)
    left = acid - float(amounts @ y.takes_acid) if acid > 0.0 else acid + float(amounts @ y.takes_base)
    if acid > 0.0 and left > 1e-6:
        return log(0.5 * left)
    if acid < 0.0 and left < -1e-6:
        return _LN_KW - log(-0.5 * left)
    if acid > 0.0:
        # Buffered: between fully protonated (pH 2) and not at all (pH 8).
        return (-8.0 + 6.0 * min(1.0, acid / max(float(amounts @ y.takes_acid), 1e-300))) * LN10
    return (-5.0 - 7.0 * min(1.0, -acid / max(float(amounts @ y.takes_base), 1e-300))) * LN10


def _bracket_totals(run: _Run) -> None:
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
        _fail(run)
    dose = run.state[3]
    if run.call(titrate=0, dose=0.0, warm=True) != 0 and not high - low < 1e-12:
        run.state[3] = dose
        _fail(run)


def _solve_titration(run: _Run, pH: float) -> bool:
    """Fixed pH: one Newton with the dose as unknown, else the dose is bracketed."""
    iH = run.system.iH
    neutralises = run.t[iH]
    guess = abs(run.b[iH]) + 0.01 * float(np.abs(run.b).sum()) + 1e-6
    run.lam[iH] = -pH * LN10
    size = abs(neutralises) if neutralises else float(np.abs(run.t).sum())
    for factor in _GUESSES if size > 0.0 else ():
        if run.call(titrate=1, dose=factor * guess / size, warm=False) == 0:
            return False
    _bracket_dose(run, pH, guess / max(size, 1e-300))
    return True


def _bracket_dose(run: _Run, pH: float, guess: float) -> None:
    """Find the dose by solving with given doses; says what can be reached if the pH cannot."""
    iH = run.system.iH
    b, bw = run.b.copy(), run.bw

    def pH_at(dose: float) -> float:
        run.b, run.bw = b + dose * run.t, bw + dose * run.tw
        _solve_totals(run)
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


def _fail(run: _Run) -> None:
    found = ", ".join(f"{n} {x:.3g}" for n, x in zip(run.system.components, run.b, strict=True))
    raise ChemistryError(
        "E507",
        read=f"per kg water: {found}; phases {', '.join(run.system.phases) or 'none'}; residual {run.state[5]:.1e}",
        expected="a composition inside the range of the engine (ionic strength to about 30 mol/kg, 0 to 100 degC)",
    )


def ln_vapour(temperature: float) -> float:
    """Ln of the vapour pressure of pure water in Pa."""
    return log(vapour_pressure(temperature))
