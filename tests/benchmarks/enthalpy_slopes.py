"""Fits the rows of ``data/enthalpy/pairs.csv`` that stand on ``data/literature/apparent_enthalpy_25C.csv``.

Run ``python tests/benchmarks/enthalpy_slopes.py`` after the activity parameters of sulfuric acid have changed: its heat
of dilution is shared between the bisulfate equilibrium and the slopes, so these follow it. Prints the rows and what
they miss. The excess enthalpy is linear in the slopes: every solute is one linear least-squares problem.
"""

from __future__ import annotations

import numpy as np

from hydromet import datafiles
from hydromet.chemistry.database import load_database
from hydromet.chemistry.engine import solve_equilibrium
from hydromet.chemistry.physical import excess
from hydromet.chemistry.physical.stream_enthalpy import _formation, liquor_totals
from hydromet.chemistry.records import T0, Origin
from hydromet.chemistry.solutions.solution import Solution
from hydromet.species import species

# Solute -> pairs, their alphas and the slopes that are fitted: 0 beta0, 1 beta1, 2 beta2, 3 C.
FITS = {
    "H2SO4": {("H+", "HSO4-"): ((2.0, 1.0), (0, 1, 2, 3)), ("H+", "SO4-2"): ((2.0, 12.0), (0, 1, 3))},
    "HCl": {("H+", "Cl-"): ((2.0, 0.5), (0, 1, 2, 3))},
    "NaOH": {("Na+", "OH-"): ((2.0, 0.5), (0, 1, 2, 3))},
}
ROW = "{},{},{:g},{:g},{:.6g},{:.6g},{:.6g},{:.6g}"


def enthalpy(solved, values) -> float:
    """Relative apparent molar enthalpy times moles, kJ, with these slopes of the fitted pairs."""
    known = dict(excess.load_slopes())
    for ions, (alpha, slopes) in values.items():
        known[ions] = excess.PairSlope(alpha, tuple(slopes), 0.0, Origin("", "fitted"))
    keep, excess.load_slopes = excess.load_slopes, lambda: known
    excess._parameters.cache_clear()
    try:
        first = len(solved.system.components)
        formed = solved.water * float(solved.m[first:] @ _formation(solved.system.names[first:]))
        return (excess.excess_enthalpy(solved.system, solved.m, solved.water) + formed) / 1e3
    finally:
        excess.load_slopes = keep
        excess._parameters.cache_clear()


def fit(solute: str) -> None:
    """One solute: least squares with weights that fall towards the concentrated end."""
    pairs = FITS[solute]
    rows = [r for r in datafiles.read_csv("data/literature/apparent_enthalpy_25C.csv") if r["solute"] == solute]
    zero = {ions: (alpha, np.zeros(4)) for ions, (alpha, _) in pairs.items()}
    unknowns = [(ions, k) for ions, (_, slopes) in pairs.items() for k in slopes]
    design, left, weights = [], [], []
    for row in rows:
        m = float(row["mol_per_kg"])
        made = Solution({solute: m}).stream
        solved = solve_equilibrium(dict(liquor_totals(made.flows)), T0)
        # The ions as put in are the reference: OH- is formed from water in the basis of the engine.
        known = load_database().aqueous
        listed = tuple(name for name in made.flows if name in known)
        reference = sum(made[name] * heat for name, heat in zip(listed, _formation(listed), strict=True)) / 1e3
        base = enthalpy(solved, zero)
        line = []
        for ions, k in unknowns:
            one = {name: (alpha, slopes.copy()) for name, (alpha, slopes) in zero.items()}
            one[ions][1][k] = 1.0
            line.append((enthalpy(solved, one) - base) / m)
        design.append(line)
        left.append(float(row["value_kJ_mol"]) - (base - reference) / m)
        weights.append((row["fit"] == "yes") / (0.3 + m / 20.0))
    a, b, w = np.array(design), np.array(left), np.array(weights)
    values = np.linalg.lstsq(a * w[:, None], b * w, rcond=None)[0]
    for ions, (alpha, _) in pairs.items():
        slopes = np.zeros(4)
        for (name, k), value in zip(unknowns, values, strict=True):
            slopes[k] += value if name == ions else 0.0
        slopes[3] *= 2.0 * np.sqrt(abs(species(ions[0]).charge * species(ions[1]).charge))
        print(ROW.format(*ions, *alpha, *slopes))
    for row, miss in zip(rows, a @ values - b, strict=True):
        print(f"  {solute} {row['mol_per_kg']:>7} {row['value_kJ_mol']:>7} {miss:+.2f} fit {row['fit']}")


if __name__ == "__main__":
    for name in FITS:
        fit(name)
