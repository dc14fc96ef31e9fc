"""Derivatives of an equilibrium against central differences of tightly converged solutions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hydromet.chemistry import engine
from hydromet.chemistry.slopes.derivatives import Derivatives
from hydromet.errors import ChemistryError
from hydromet.species import species

HYDROXIDES = ("Al(OH)3(s)", "Fe(OH)3(s)", "Cu(OH)2(s)", "Ni(OH)2(s)", "Co(OH)2(s)", "Mn(OH)2(s)")
CATIONS = ("Li+", "Na+", "K+", "NH4+", "Mg+2", "Ca+2", "Mn+2", "Fe+2", "Fe+3", "Co+2", "Ni+2", "Cu+2", "Zn+2", "Al+3")
CASES = range(6)


def draw(case):
    """Totals of a random liquor, and its temperature."""
    rng = np.random.default_rng(100 + case)
    totals = {str(n): 10 ** rng.uniform(-3, 0) for n in rng.choice(CATIONS, 5, replace=False)}
    if case % 2:
        totals |= {"Cl-": 10 ** rng.uniform(-2, 0)}
    totals["H+"] = rng.uniform(0.02, 0.5)
    totals["SO4-2"] = sum(species(n).charge * x for n, x in totals.items()) / 2
    return {**totals, "H2O": 55.508 * rng.uniform(0.8, 1.2)}, 288.15 + 50.0 * rng.random()


def caustic(totals, share):
    """The same with caustic for a share of what would bring hydroxides down."""
    acid = totals["H+"] + sum(3.0 * totals.get(n, 0.0) for n in ("Fe+3", "Al+3")) + totals.get("Cu+2", 0.0)
    return {**totals, "H+": totals["H+"] - share * acid, "Na+": totals.get("Na+", 0.0) + share * acid}


QUESTIONS = {
    "homogeneous": lambda totals: (totals, {}),
    "solids": lambda totals: (caustic(totals, 0.9), {"phases": HYDROXIDES}),
    "pH": lambda totals: (totals, {"titrant": {"Na+": 1.0, "H+": -1.0, "H2O": 3.0}, "pH": 3.0}),
    "pH and solids": lambda totals: (
        totals, {"titrant": {"Na+": 1.0, "H+": -1.0, "H2O": 3.0}, "pH": 5.5, "phases": HYDROXIDES}
    ),
    "gas": lambda totals: (
        {**totals, "CO3-2": 0.1, "H+": totals["H+"] + 0.2}, {"phases": ("CO2(g)",), "pressures": {"CO2(g)": 5e3}}
    ),
}  # fmt: skip


def outputs(solved):
    """Everything that ``Derivatives`` has rows for."""
    return np.concatenate([
        [solved.pH, solved.dose, solved.water, solved.ln_aw], solved.lam, solved.m, solved.amounts,
    ])  # fmt: skip


def same_signs(solved, other):
    return np.array_equal(solved.amounts > 1e-9, other.amounts > 1e-9)


def check(solved, up, down, width, column, name):
    """A column against the central difference; a row counts by its largest scale in either."""
    found = Derivatives(solved).matrix[:, column]
    slope = (outputs(up) - outputs(down)) / (2.0 * width)
    # Round-off of the difference: what a double carries of the output, over the step.
    noise = 2e-14 * np.abs(outputs(solved)) / width + 1e-16 / width
    worst = np.abs(found - slope) - noise - 1e-6 * np.maximum(np.abs(slope), np.abs(found))
    row = int(np.argmax(worst))
    assert worst[row] <= 1e-9 * np.abs(slope).max(), (name, Derivatives(solved).outputs[row], found[row], slope[row])


def ask(totals, temperature, more):
    return engine.solve_equilibrium(totals, temperature, **more)


@pytest.mark.parametrize("kind", QUESTIONS)
@pytest.mark.parametrize("case", CASES)
def test_totals_pH_and_temperature(kind, case):
    totals, T = draw(case)
    totals, more = QUESTIONS[kind](totals)
    solved = ask(totals, T, more)
    names = Derivatives(solved).inputs
    for column, name in enumerate(names):
        if name.startswith("n("):
            ion = name[2:-1]
            if ion not in totals:
                continue
            width = 1e-5 * max(abs(totals.get(ion, 0.0)), 0.01)
            pair = [ask({**totals, ion: totals.get(ion, 0.0) + w}, T, more) for w in (width, -width)]
        elif name == "pH":
            width = 1e-5
            pair = [ask(totals, T, {**more, "pH": more["pH"] + w}) for w in (width, -width)]
        elif name == "T":
            width = 1e-3
            pair = [ask(totals, T + w, more) for w in (width, -width)]
        else:
            continue
        if all(same_signs(solved, one) for one in pair):
            check(solved, *pair, width, column, name)


def perturbed(at, position, width):
    """Constants and parameters with one of them changed: ln K of species and phases, then the parameters."""
    parts = {
        "lnK": at.lnK.copy(), "lnKs": at.lnKs.copy(), "aphi": np.array([at.aphi]), "pair_value": at.pair_value.copy(),
        "two_value": at.two_value.copy(), "three_value": at.three_value.copy(),
    }  # fmt: skip
    for name, values in parts.items():
        flat = values.reshape(-1)
        if position < flat.size:
            flat[position] += width * (1.0 if name.startswith("ln") else max(abs(float(flat[position])), 0.1))
            break
        position -= flat.size
    return replace(at, **{**parts, "aphi": float(parts["aphi"][0])})


@pytest.mark.parametrize("kind", QUESTIONS)
@pytest.mark.parametrize("case", [0, 1])
def test_constants_and_parameters(kind, case, monkeypatch):
    totals, T = draw(case)
    totals, more = QUESTIONS[kind](totals)
    solved = ask(totals, T, more)
    y, at = solved.system, solved.at
    found = Derivatives(solved)
    nc, constants = len(y.components), len(y.names) + len(y.phases)
    names = [f"lnK({name})" for name in (*y.names, *y.phases)]
    names += found.inputs[found.inputs.index("Aphi") :]
    assert len(names) == constants + len(y.pitzer)
    for position, name in enumerate(names):
        if position < nc:  # a basis species has no constant
            continue
        # the constants of phases and species, and every seventh parameter
        if position > constants and position % 7:
            continue
        base, width = perturbed(at, position, 0.0), 1e-5
        pair = []
        for sign in (1.0, -1.0):
            monkeypatch.setattr(engine, "_layout", lambda *_, w=sign * width, i=position: (y, perturbed(at, i, w)))
            pair.append(ask(totals, T, more))
        monkeypatch.undo()
        size = perturbed(at, position, 1.0)
        step = max(np.max(np.abs(getattr(size, k) - getattr(base, k)), initial=0.0) for k in PARTS)
        if all(same_signs(solved, one) for one in pair):
            check(solved, *pair, width * step, found.inputs.index(name), name)


PARTS = ("lnK", "lnKs", "aphi", "pair_value", "two_value", "three_value")


def test_the_doors():
    from hydromet import Solution

    slopes = Solution({"NiSO4": 1.0, "H2SO4": 0.1}).liquor.derivatives
    # acid added without its anion: the pH falls by less than it would if no bisulfate formed
    assert slopes.of("pH", "n(H+)") < -0.5
    assert slopes.matrix.shape == (len(slopes.outputs), len(slopes.inputs))
    with pytest.raises(ChemistryError, match="E515"):
        slopes.of("pH", "n(Ni+3)")
    with pytest.raises(ChemistryError, match="E515"):
        slopes.of("density", "n(H+)")


def test_extensive_outputs_scale_with_the_liquor():
    """Euler: an equilibrium made twice as large has twice the amounts and the same activities."""
    totals, T = draw(1)
    totals, more = QUESTIONS["solids"](totals)
    found = Derivatives(ask(totals, T, more))
    amounts = np.array([totals.get(name[2:-1], 0.0) if name.startswith("n(") else 0.0 for name in found.inputs])
    change = found.matrix @ amounts
    values = outputs(found.solved)
    for row, name in enumerate(found.outputs):
        extensive = name == "water" or name.startswith("n(")
        assert change[row] == pytest.approx(values[row] if extensive else 0.0, rel=1e-8, abs=1e-9), name
