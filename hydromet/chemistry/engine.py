"""Calls the equilibrium kernel: totals in, a solved state out, with a rescue that does not fail."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from math import inf, log, nan
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.database import Database, H, load_database
from hydromet.chemistry.properties.vapour_pressure_wagner_1993 import vapour_pressure
from hydromet.chemistry.records import LN10
from hydromet.chemistry.rescue import STRONGEST, bracket_dose, bracket_totals, within
from hydromet.chemistry.sane import check_question
from hydromet.chemistry.system import (
    Array,
    AtTemperature,
    System,
    assemble,
    assemble_from,
    at_temperature,
    parameters_at,
)
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MW = species(WATER).molar_mass
# Totals below this, mol/kg water, take no part in the equilibrium.
TRACE = 1e-16
# Parameters are evaluated inside this range of temperature, K; outside it the nearest end is used, with a warning.
COLDEST, HOTTEST = 263.15, 398.15
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
        rescued: True if the first attempt failed.
        at, lnKs: constants and parameters as they were used. titrant: one dose, mol, where a pH was given.
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
    rescued: bool
    at: AtTemperature
    lnKs: Array
    titrant: Mapping[str, float] | None = None

    @property
    def pH(self) -> float:
        """-log10 of the activity of H+."""
        return -float(self.lam[self.system.iH]) / LN10


@dataclass
class Run:
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
        solve, tolerance = _kernel()
        y, at = self.system, self.at
        return int(
            solve(
                titrate, y.ints, y.fixed, at.values, self.lnKs, self.b, self.bw, self.t, self.tw, dose, warm, self.lam,
                self.m, self.s, self.w, self.state, tolerance,
            )
        )  # fmt: skip


@cache
def _kernel() -> tuple[Callable[..., int], float]:
    """The kernel and its tolerance, imported, and if need be compiled, when they are first used."""
    from hydromet.kernels import expect
    from hydromet.kernels.equilibrium import TOLERANCE, solve

    expect("equilibrium.solve", 20.0)
    return solve, TOLERANCE


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
    data: Database | None = None,
) -> Solved:
    """Equilibrium of totals on the basis species.

    Args:
        totals: basis species -> mol; H+ is net (acid positive), H2O the total water, phases included.
        temperature: K.
        phases: solids and gases that may be present.
        pressures: gas -> partial pressure, Pa.
        titrant: totals of one dose; with ``pH`` the dose is found.
        pH: target.
        data: constants and activity model; those of the data folder if not given.

    Raises:
        ChemistryError: E506 no water, E507 no solution found, E508 the pH cannot be reached, E551 to E553 see
            ``sane.check_question``.
    """
    check_question(totals, temperature, pressures, titrant, pH)
    run, scale, inert = _prepare(totals, clamp(temperature), phases, pressures or {}, titrant or {}, data)
    rescued = _solve_totals(run) if pH is None else _solve_titration(run, pH)
    water, ln_aw, strength, dose, iterations, residual = run.state.tolist()[:6]
    return Solved(
        system=run.system,
        temperature=temperature,
        water=water / scale,
        ln_aw=ln_aw,
        ionic_strength=strength,
        lam=run.lam,
        m=run.m,
        amounts=run.s / scale,
        dose=dose / scale if titrant and pH is not None else 0.0,
        iterations=int(iterations),
        residual=residual,
        inert=inert,
        rescued=rescued,
        at=run.at,
        lnKs=run.lnKs,
        titrant=None if pH is None else titrant or {},
    )


def _prepare(
    totals: Mapping[str, float],
    temperature: float,
    phases: tuple[str, ...],
    pressures: Mapping[str, float],
    titrant: Mapping[str, float],
    data: Database | None = None,
) -> tuple[Run, float, dict[str, float]]:
    water = totals.get(WATER, 0.0)
    if not water > 0.0:
        raise ChemistryError("E506", read=f"{water:g} mol of water", expected="a liquor with water")
    scale = 1.0 / (water * MW)
    inert: dict[str, float] = {}
    least = TRACE / scale
    names = [name for name, amount in totals.items() if amount > least]
    if len(names) < len(totals) or titrant:
        doses = [name for name, amount in titrant.items() if amount > 0.0]
        apart = {H, *names, *doses}
        inert = {name: amount for name, amount in totals.items() if amount != 0.0 and name not in apart}
        names += doses
    system, at = _layout(tuple(names), phases, temperature, data)
    lnKs = at.lnKs
    if pressures:
        lnKs = lnKs + np.array([log(max(pressures.get(name, _BAR), 1e-300) / _BAR) for name in system.phases])
    get = totals.get
    n, count = len(system.names), len(system.phases)
    # One dose of the kernel is the amount of titrant, mol, per kilogram of water of the liquor.
    run = Run(
        system=system,
        at=at,
        lnKs=lnKs,
        b=scale * np.array([get(name, 0.0) for name in system.components]),
        bw=water * scale,
        t=np.array([titrant.get(name, 0.0) for name in system.components])
        if titrant
        else np.zeros(len(system.components)),
        tw=titrant.get(WATER, 0.0),
        lam=np.zeros(len(system.components)),
        m=np.zeros(n),
        s=np.zeros(count),
        w=np.zeros(count),
        state=np.zeros(8),
    )
    return run, scale, inert


@lru_cache(maxsize=1024)
def _layout(
    names: tuple[str, ...], phases: tuple[str, ...], temperature: float, data: Database | None
) -> tuple[System, AtTemperature]:
    """The system of what takes part, with those of the phases that can form from it, and its parameters."""
    components = {H, *names} - {WATER}
    known = data or load_database()
    possible = tuple(
        name
        for name in phases
        if components.issuperset(part for part in (known.solids.get(name) or known.gases[name]).basis if part != WATER)
    )
    if data:
        system = assemble_from(data, tuple(sorted(components)), possible)
        return system, parameters_at(system, temperature)
    system = assemble(tuple(sorted(components)), possible)
    return system, at_temperature(system.components, possible, temperature)


def _solve_totals(run: Run) -> bool:
    """Given totals: one Newton, else the pH is bracketed. True if the rescue was needed."""
    run.lam[run.system.iH] = nan
    if run.call(titrate=0, dose=0.0, warm=False) == 0:
        return False
    # Solids that take up all the water may be the answer, or a Newton that went astray on its way to another one.
    dry = _is_dry(run)
    try:
        bracket_totals(run)
    except ChemistryError as error:
        if dry:
            raise _without_liquor(run) from error
        raise
    if dry and float(run.state[2]) > STRONGEST:
        raise _without_liquor(run)
    return True


def _without_liquor(run: Run) -> ChemistryError:
    """What keeps a liquor from being found: hydrates that can hold all the water, or salt that no solid takes."""
    system = run.system
    if _water_of_hydrates(run) >= (1.0 - _DRY) * run.bw:
        hydrates = [name for name, water in zip(system.phases, system.sa, strict=True) if water > 0.0]
        return ChemistryError(
            "E506",
            read=f"the hydrates {', '.join(hydrates)} take up all the water",
            expected="liquor left after crystallisation: more water, or less evaporation",
        )
    held = np.sum(system.S > 0.0, axis=0)
    loose = [name for i, name in enumerate(system.components) if name != H and run.b[i] > 0.0 and held[i] == 0]
    kept = f", {', '.join(loose)} in no solid that may form" if loose else ""
    return ChemistryError(
        "E506",
        read=f"too little water: a liquor of ionic strength {float(run.state[2]):.3g} mol/kg{kept}",
        expected=f"at most {STRONGEST:g} mol/kg, where the activity model ends: more water, or less of the salts",
    )


def _water_of_hydrates(run: Run) -> float:
    """The most water, mol, that solids of the components there are can hold; H+ and OH- come from the water."""
    from scipy.optimize import linprog

    system = run.system
    if not len(system.phases):
        return 0.0
    limited = [i for i, name in enumerate(system.components) if name != H]
    most = linprog(-system.sa, A_ub=system.S[:, limited].T, b_ub=np.maximum(run.b[limited], 0.0))
    return -float(most.fun) if most.status == 0 else inf


def _is_dry(run: Run) -> bool:
    """Do the solids of the last Newton, converged or not, take up all the water there is?"""
    left = run.bw - float(run.s @ run.system.sa) if len(run.s) else run.bw
    return left < _DRY * run.bw


def _solve_titration(run: Run, pH: float) -> bool:
    """Fixed pH: one Newton with the dose as unknown, else the dose is bracketed."""
    iH = run.system.iH
    neutralises = run.t[iH]
    guess = abs(run.b[iH]) + 0.01 * float(np.abs(run.b).sum()) + 1e-6
    run.lam[iH] = -pH * LN10
    size = abs(neutralises) if neutralises else float(np.abs(run.t).sum())
    for factor in _GUESSES if size > 0.0 else ():
        if run.call(titrate=1, dose=factor * guess / size, warm=False) == 0 and within(run):
            return False
    bracket_dose(run, pH, guess / max(size, 1e-300), _solve_totals)
    return True


def ln_vapour(temperature: float) -> float:
    """Ln of the vapour pressure of pure water in Pa."""
    return log(vapour_pressure(temperature))
