"""The engine solves every liquor, at the minimum of the Gibbs energy; what cannot be is refused with what can.

Checked by ``oracle``, which shares nothing with the engine but the data files.
"""

from __future__ import annotations

import re
import time
from collections import Counter

import numpy as np
import pytest

from hydromet.chemistry import engine
from hydromet.chemistry.engine import clamp, solve_equilibrium
from hydromet.chemistry.formation import fresh_solids
from hydromet.chemistry.records import LN10
from hydromet.errors import ChemistryError
from hydromet.species import species
from tests.properties.cases import KILOGRAM, SALTS, TITRANTS, draw
from tests.properties.oracle import Oracle


def totals_with(totals, titrant, dose):
    return {name: totals.get(name, 0.0) + dose * titrant.get(name, 0.0) for name in {*totals, *titrant}}


def check(solved, totals, pressures, rng, trials=6):
    """Balances, mass action, saturation, and no feasible change that lowers the Gibbs energy."""
    y = solved.system
    oracle = Oracle(y.components, y.phases, clamp(solved.temperature), pressures)
    assert oracle.names == y.names
    b = np.array([totals.get(name, 0.0) for name in y.components])
    balance, action, index = oracle.residuals(b, totals["H2O"], solved.m, solved.water, solved.amounts)
    assert balance < 1e-9
    assert action < 1e-6
    assert (index < 1e-5).all()
    there = solved.amounts > 1e-9 * np.abs(b).sum()
    assert np.abs(index[there]).max(initial=0.0) < 1e-5
    assert oracle.lowest(solved.m, solved.water, solved.amounts, rng, trials) > -1e-11


def sweep(count, seed, doses=40):
    """Solve and check random cases; a count of what happened."""
    rng, seen = np.random.default_rng(seed), Counter()
    for i in range(count):
        totals, temperature, phases, pressures = draw(rng)
        own = np.random.default_rng([seed, i])
        try:
            solved = solve_equilibrium(totals, temperature, phases=phases, pressures=pressures)
        except ChemistryError as error:
            # The hydrates of a concentrated liquor may take all its water.
            assert error.code == "E506", (i, error)
            seen["dry"] += 1
            continue
        seen["solved"] += 1
        seen["rescued"] += solved.rescued
        check(solved, totals, pressures, own)
        if i % 2 == 0:
            pH, titrant = rng.uniform(0, 13), TITRANTS[str(rng.choice(sorted(TITRANTS)))]
            fixed_pH(totals, temperature, (phases, pressures), pH, titrant, solved.pH, own, seen, doses)
    return seen


def test_a_liquor_is_not_called_dry_where_one_newton_goes_astray():
    """Fluoride and aluminium hydroxide: Newton ends with more solid than there is water, but most of it is liquor."""
    totals = {"Al+3": 1.694175646557647, "Li+": 0.06212048793647645, "PO4-3": 2.235365006372207e-4,
              "F-": 2.1491999950120086, "Cl-": 1.0108172310406616, "H+": -1.9839595920548354, "H2O": 55.5}  # fmt: skip
    for temperature in (283.82, 298.15, 330.0):
        solved = solve_equilibrium(totals, temperature, phases=fresh_solids())
        assert solved.rescued
        assert solved.water > 0.9
        check(solved, totals, {}, np.random.default_rng(0))


def test_a_salt_that_binds_all_the_water_leaves_no_liquor():
    """Twelve moles of NiSO4 would need 72 of water: no extrapolated brine is made up."""
    for temperature in (290.0, 300.0, 340.0):
        with pytest.raises(ChemistryError, match="take up all the water"):
            solve_equilibrium({"Ni+2": 12.0, "SO4-2": 12.0, "H2O": 55.5}, temperature, phases=fresh_solids())


def fixed_pH(totals, temperature, phases, pH, titrant, start, rng, seen, doses):
    """A dose that gives the pH, or the refusal with the true limit."""
    allowed = {"phases": phases[0], "pressures": phases[1]}
    began = time.process_time()
    try:
        solved = solve_equilibrium(totals, temperature, titrant=titrant, pH=pH, **allowed)
    except ChemistryError as error:
        seen["slow"] += time.process_time() - began > 0.5
        assert error.code == "E508", error
        refused(totals, temperature, allowed, pH, titrant, start, error, doses, seen)
        seen["refused"] += 1
        return
    seen["solved"] += 1
    seen["rescued"] += solved.rescued
    assert solved.dose >= 0.0
    assert solved.pH == pytest.approx(pH, abs=1e-8)
    check(solved, totals_with(totals, titrant, solved.dose), phases[1], rng)


def refused(totals, temperature, allowed, pH, titrant, start, error, doses, seen):
    """By brute force: no dose that leaves a liquor goes further than the refusal says."""
    way = 1.0 if pH > start else -1.0
    if "steps over" in error.expected:
        # Where the equations of a strong liquor are not convex a solid may form all at once.
        seen["steps"] += 1
        return
    found = re.search(r"(?:highest|lowest) is (-?[\d.]+)", error.expected)
    said = float(found.group(1)) if found else start
    for dose in np.geomspace(1e-7, 30.0, doses):
        try:
            solved = solve_equilibrium(totals_with(totals, titrant, dose), temperature, **allowed)
        except ChemistryError:
            return
        solutes = sum(abs(x) for name, x in titrant.items() if name not in ("H+", "H2O"))
        water = totals["H2O"] + dose * titrant.get("H2O", 0.0)
        if solved.ionic_strength > 30.0 or solved.water < 0.25 or dose * solutes > 30.0 * water / totals["H2O"]:
            return
        assert way * solved.pH <= way * said + 0.01 + 1e-6, (dose, solved.pH, said)


def starts(count, seed):
    """Newton from random pH and from random ln activities: how often it arrives, and at which minimum."""
    rng, seen = np.random.default_rng(seed), Counter()
    for i in range(count):
        totals, temperature, phases, pressures = draw(rng)
        own = np.random.default_rng([seed, i])
        try:
            solved = solve_equilibrium(totals, temperature, phases=phases, pressures=pressures)
        except ChemistryError:
            continue
        run, _, _ = engine._prepare(totals, clamp(temperature), phases, pressures, {})
        y = run.system
        oracle = Oracle(y.components, y.phases, clamp(temperature), pressures)
        lowest = oracle.gibbs(solved.m * solved.water, solved.water, solved.amounts)
        for k in range(6):
            warm = k % 2 == 1
            if warm:
                run.lam[:] = own.uniform(-40, 2, len(run.lam))
                run.m[:] = np.exp(np.clip(run.at.lnK + y.A @ run.lam, -80, 1.5))
                run.s[:], run.w[:] = 10 ** own.uniform(-8, 0, len(run.s)), 10 ** own.uniform(-3, 1, len(run.s))
                run.state[0] = 10 ** own.uniform(-0.5, 0.1)
            else:
                run.lam[y.iH] = -own.uniform(-2, 15) * LN10
            arrived = run.call(titrate=0, dose=0.0, warm=warm) == 0
            seen["random activities" if warm else "random pH", arrived] += 1
            if not arrived:
                engine._solve_totals(run)
            # Pitzer's equations are not convex: another start may end at a local minimum, never at a lower one.
            above = oracle.gibbs(run.m * run.state[0], float(run.state[0]), run.s) - lowest
            room = 1e-8 * max(1.0, abs(lowest))
            seen["higher" if above > room else "lower" if above < -room else "same"] += 1
    return seen


def test_random_cases():
    seen = sweep(250, 4711, doses=12)
    assert seen["rescued"] <= 0.02 * seen["solved"]
    assert seen["dry"] <= 2


def test_bad_starts():
    bad_starts(120, 815)


def bad_starts(count, seed):
    """Few starts of the pH need another, wholly random activities more; none ends below the minimum of the engine."""
    seen = starts(count, seed)
    assert seen["random pH", False] <= 0.02 * seen["random pH", True]
    assert seen["random activities", False] <= 0.02 * seen["random activities", True]
    assert seen["lower"] == 0
    assert seen["higher"] <= 0.002 * seen["same"]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 6))
def test_many_random_cases(seed):
    seen = sweep(2000, seed)
    assert seen["rescued"] <= 0.02 * seen["solved"]
    assert seen["dry"] <= 10
    assert seen["steps"] <= 2
    assert seen["slow"] <= 0.01 * seen["refused"]


@pytest.mark.long
def test_many_bad_starts():
    bad_starts(2000, 99)


def test_size_does_not_matter():
    """A million times as much, or a millionth: the same liquor."""
    rng = np.random.default_rng(3)
    for _ in range(40):
        totals, temperature, phases, pressures = draw(rng)
        one = solve_equilibrium(totals, temperature, phases=phases, pressures=pressures)
        for factor in (1e6, 1e-6):
            scaled = {name: amount * factor for name, amount in totals.items()}
            other = solve_equilibrium(scaled, temperature, phases=phases, pressures=pressures)
            assert other.pH == pytest.approx(one.pH, abs=1e-8)
            assert other.water == pytest.approx(one.water * factor, rel=1e-9)
            assert other.amounts == pytest.approx(one.amounts * factor, rel=1e-6, abs=1e-9 * factor)


def test_zero_totals_and_single_salts():
    """A component of nothing changes nothing; every salt alone is solved from 1e-8 mol/kg to a strong liquor."""

    rng = np.random.default_rng(0)
    for cation, anion in SALTS:
        zc, za = species(cation).charge, -species(anion).charge
        for amount in (1e-8, 1e-4, 0.1, min(6.0, 10.0 / (zc * za))):
            totals = {cation: amount * za, anion: amount * zc, "H+": 0.0, "H2O": KILOGRAM}
            for temperature in (273.15, 298.15, 373.15):
                solved = solve_equilibrium(totals, temperature)
                check(solved, totals, {}, rng, 3)
                zeros = {**totals, **{name: 0.0 for name in ("Ni+2", "CO3-2", "Al+3") if name not in totals}}
                assert solve_equilibrium(zeros, temperature).pH == solved.pH
