"""Time of a plant: cold solve, one warm pass, fresh process to result, imports; each beside a public reference.

Run ``python tests/benchmarks/plant.py [FILE] [-n REPEATS]``. All measurements take turns, so that a busy machine slows
both sides of every ratio; medians are printed. References: one PHREEQC equilibrium (the ``phreeqc`` binding, minteq.v4,
a leach liquor, called as an engineer would) for the solver, ``python -c "import numpy"`` for processes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import phreeqc

import hydromet
from hydromet.flowsheet.passes import State
from hydromet.flowsheet.targets import solve_targets
from hydromet.kernels import equilibrium, rows

PLANT = Path(hydromet.__file__).parent.parent / "flowsheets/nmc622_black_mass.yaml"
RUN = "import sys; from hydromet.cli.app import main; sys.exit(main())"
# Inlets of the warm pass differ by this from those of the solution: the answers of the last pass are of no use.
NUDGE = 1e-6
LIQUOR = """SOLUTION 1
  units mol/kgw
  temp 60
  pH 1.5 charge
  Li 0.5
  Na 0.1
  Ni 0.3
  Co(2) 0.1
  Mn(2) 0.1
  Cu(2) 0.01
  Fe(3) 0.01
  Al 0.05
  Ca 0.005
  S(6) {sulfate}
SELECTED_OUTPUT 1
  -reset false
  -pH true
END
"""
PHREEQC_CALLS = 20
# Place of the totals, a row for each liquor, among the arguments of ``rows.solve_rows``.
ROWS = 3
REFERENCE = "PHREEQC"


def seconds(work, *arguments) -> float:
    """Wall time of a call."""
    begin = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begin


def process(*arguments: str) -> None:
    """A fresh Python."""
    subprocess.run([sys.executable, "-c", *arguments], check=True, capture_output=True)


class Phreeqc:
    """The reference: equilibria of slightly different liquors."""

    def __init__(self) -> None:
        self.engine = phreeqc.Phreeqc()
        assert self.engine.LoadBuiltInDatabase("minteq.v4.dat") == 0
        self.calls = 0

    def __call__(self) -> None:
        for _ in range(PHREEQC_CALLS):
            self.calls += 1
            assert not self.engine.RunString(LIQUOR.format(sulfate=0.83 + 1e-6 * self.calls))


def counted(flowsheet: hydromet.Flowsheet) -> tuple[int, int]:
    """Equilibria and passes of a cold solve; the stages of a contact are speciated together, each counts."""
    one, many, count = equilibrium.solve, rows.solve_rows, 0

    def counting(*arguments):
        nonlocal count
        count += 1
        return one(*arguments)

    def counting_rows(*arguments):
        nonlocal count
        count += len(arguments[ROWS])
        return many(*arguments)

    equilibrium.solve, rows.solve_rows = counting, counting_rows
    try:
        result = flowsheet.solve()
    finally:
        equilibrium.solve, rows.solve_rows = one, many
    return count, result["solver"]["passes"]


def warm_pass(flowsheet: hydromet.Flowsheet):
    """A call that solves every unit once, near the solution."""
    plant = flowsheet.plant
    problem, state, _ = solve_targets(plant.problem(), plant.aims, plant.rates(), None, None, State())
    passes = 0

    def work() -> None:
        nonlocal passes
        passes += 1
        for name, unit in problem.units.items():
            drawn = {port.name for port in unit.inlet_ports() if port.drawn}
            inlets = {
                port: stream if port in drawn else stream.scaled(1.0 + NUDGE * passes)
                for port, stream in state.inlets[name].items()
            }
            unit.solve(inlets, problem.chemistry)

    return work


def report(times: dict[str, float], equilibria: int) -> None:
    """The table: medians, and each over its reference of the same run."""
    one = times.pop(REFERENCE) / PHREEQC_CALLS
    start = times["import numpy"]
    print(f"{'median':28}{'ms':>12}{'ratio':>10}")
    print(f"{'one PHREEQC equilibrium':28}{1e3 * one:12.3f}")
    for name, value in times.items():
        solver = name in {"cold solve", "warm pass"}
        to = "PHREEQC equilibria" if solver else "import numpy"
        print(f"{name:28}{1e3 * value:12.1f}{value / (one if solver else start):10.2f}  {to}")
    each = times["cold solve"] / equilibria
    print(f"{'cold solve per equilibrium':28}{1e3 * each:12.3f}{each / one:10.2f}  PHREEQC equilibrium")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=PLANT)
    parser.add_argument("-n", "--repeats", type=int, default=5)
    given = parser.parse_args()
    begin = time.perf_counter()
    flowsheet = hydromet.load(given.file)
    equilibria, passes = counted(flowsheet)
    first = time.perf_counter() - begin
    work, reference = warm_pass(flowsheet), Phreeqc()
    with tempfile.TemporaryDirectory() as folder:
        turns = {
            "cold solve": flowsheet.solve,
            "warm pass": work,
            REFERENCE: reference,
            "fresh process to result": lambda: process(RUN, "run", str(given.file), "-o", folder),
            "import hydromet": lambda: process("import hydromet"),
            "import all of the solver": lambda: process("import hydromet.assess.case"),
            "import numpy": lambda: process("import numpy"),
        }
        times: dict[str, list[float]] = {name: [] for name in turns}
        for _ in range(given.repeats):
            for name, turn in turns.items():
                times[name].append(seconds(turn))
    print(f"{given.file.name}: {equilibria} equilibria in {passes} passes; first load and solve {first:.1f} s")
    report({name: median(values) for name, values in times.items()}, equilibria)


if __name__ == "__main__":
    main()
