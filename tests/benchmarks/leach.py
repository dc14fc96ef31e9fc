"""Fit the leach kinetics and write their accuracy: ``python tests/benchmarks/leach.py --refit --page FILE``.

``--refit`` puts the fitted numbers into data/reactions/leach.yaml. ``--page`` writes the page
explanations/leach-accuracy: the error of every block, and its error when it takes no part in the fit (2 min each).
``--time`` prints what a call costs: the train of three tanks, a laboratory curve, the unit.
"""

from __future__ import annotations

import argparse
import os
import timeit
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from hydromet.calibrate.leaching import block_errors, expected, fit, knobs, leach_points
from hydromet.calibrate.leaching_page import fitted_rows, page
from hydromet.chemistry import Chemistry
from hydromet.stream import Stream
from hydromet.units.leach import Leach
from hydromet.units.leaching.batch import BatchTest
from hydromet.units.leaching.progress import tank_by_tank
from hydromet.units.leaching.rates import Liquor
from hydromet.units.leaching.table import Table, shipped
from hydromet.units.leaching.tank import conditions

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data/reactions/leach.yaml"
BEGIN, END = "# fitted: begin", "# fitted: end"
PASSES = 25
PASSES_WITHOUT = 9
CALLS = 50


def _without(block: str) -> tuple[str, float]:
    points = leach_points()
    made = fit([p for p in points if p.block != block], expected(shipped()), steps=PASSES_WITHOUT)
    error = block_errors(points, made)[block][-1]
    print(f"without {block}: {error:.4f}", flush=True)
    return block, error


def main() -> None:
    """Fit, page, or both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--refit", action="store_true")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--quick", action="store_true", help="no fits without a block")
    parser.add_argument("--time", action="store_true")
    asked = parser.parse_args()
    if asked.time:
        _time()
        return
    points, table = leach_points(), shipped()
    if asked.refit:
        table = fit(points, table, steps=PASSES)
        _put(table)
    for block, errors in block_errors(points, table).items():
        print(block, *(f"{100 * e:.1f}" for e in errors))
    if asked.page:
        shipped.cache_clear()
        blocks = list(dict.fromkeys(p.block for p in points))
        with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
            left_out = dict(pool.map(_without, [] if asked.quick else blocks))
        asked.page.write_text(page(points, shipped(), left_out), encoding="utf-8")


def _time() -> None:
    """Milliseconds a call, the best of many."""
    example = Leach.example[0]
    unit = Leach(**{**example["parameters"], "pH": None, "free_acid": 8.0})
    inlets = {name: Stream(**given) for name, given in example["inlets"].items()}
    chemistry = Chemistry.load(("sulfate",))
    given = {**inlets["solids"].flows, "H2O": 100.0, "H2O2": 0.6}
    liquor, how = Liquor.of(given, conditions(unit, inlets["solids"])), conditions(unit, inlets["solids"])
    beaker = BatchTest({"LiNi0.6Mn0.2Co0.2O2(s)": 50.0}, acid=2.0, temperature=333.15, reductants={"H2O2": 0.5})
    for what, call in (
        ("train of three tanks", lambda: tank_by_tank(liquor, how)),
        ("laboratory curve of ten times", lambda: beaker.curve([600.0 * i for i in range(1, 11)])),
        ("unit with its chemistry", lambda: unit.solve(inlets, chemistry)),
    ):
        best = min(timeit.repeat(call, number=1, repeat=CALLS))
        print(f"{what}: {1e3 * best:.2f} ms")


def _put(table: Table) -> None:
    text = DATA.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN, 1)
    line, rest = rest.split("\n", 1)
    tail = rest.split(END, 1)[1]
    DATA.write_text(f"{head}{BEGIN}{line}\n{fitted_rows(table, knobs(table))}{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
