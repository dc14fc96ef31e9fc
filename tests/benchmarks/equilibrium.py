"""Ratio to the phreeqc binding (minteq.v4), blocks of calls in turns: ``python tests/benchmarks/equilibrium.py``.

One typical leach liquor with its totals varied by 30 %, the same components and solids on both sides, called from
Python as an engineer would call it: hydromet with Pitzer activity through ``Chemistry``, PHREEQC through ``RunString``.
Both answer with the pH, hydromet with what precipitated, too (PHREEQC has it at hand); both work to 1e-11 on every
balance (PHREEQC's own setting is 1e-8, with which it is no faster). After a warm-up the two take turns in blocks of
calls, in one process, and the clock is that of the processor for both.

Two models of activity cannot agree to more than a few tenths of a pH unit in 2 molal sulfate, and the same liquor
diluted a hundredfold, where the models meet, has to agree. In the rows named Davies hydromet works with the species and
constants of minteq.v4 for these components, read from its file, and Davies' equation: first against minteq.v4 as it is,
with its couples and ion sizes, then against PHREEQC with a database cut down to the very same species, constants and
activity model. These answers must agree to 1e-4 in pH (2e-3 with solids: PHREEQC takes 1 - 0.017 sum m for the water
activity, hydromet what Gibbs-Duhem asks for) and to 1e-4 mol of solids, or the script fails: a benchmark of wrong
answers would be worthless.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from functools import cache
from math import nan
from pathlib import Path

import numpy as np
import phreeqc

from hydromet.chemistry import Chemistry
from hydromet.chemistry.engine import solve_equilibrium
from hydromet.chemistry.fits.comparison import davies_database
from hydromet.species import species
from hydromet.stream import Stream

WATER = 1.0 / species("H2O").molar_mass
CASES, BLOCK = 180, 30
ELEMENTS = {
    "Li+": "Li", "Na+": "Na", "Ni+2": "Ni", "Co+2": "Co(2)", "Mn+2": "Mn(2)", "Cu+2": "Cu(2)", "Fe+3": "Fe(3)",
    "Al+3": "Al", "Ca+2": "Ca", "SO4-2": "S(6)",
}  # fmt: skip
LIQUOR = {
    "H+": 0.1, "Li+": 0.5, "Na+": 0.1, "Ni+2": 0.3, "Co+2": 0.1, "Mn+2": 0.1, "Cu+2": 0.01, "Fe+3": 0.01, "Al+3": 0.05,
    "Ca+2": 0.005,
}  # fmt: skip
SOLIDS = {
    "Al(OH)3(s)": "Al(OH)3(am)", "Fe(OH)3(s)": "Ferrihydrite", "Cu(OH)2(s)": "Cu(OH)2", "Ni(OH)2(s)": "Ni(OH)2",
    "Co(OH)2(s)": "Co(OH)2", "Mn(OH)2(s)": "Pyrochroite",
}  # fmt: skip
OUTPUT = "SELECTED_OUTPUT 1\n  -reset false\n  -high_precision true\n  -pH true\n"
COUNT = 'USER_PUNCH 1\n  10 punch sys("aq", count, name$, type$, moles), count, DH_A\n'


def liquors(scale: float = 1.0) -> list[dict[str, float]]:
    """Random liquors, the sulfate from the charge balance."""
    rng = np.random.default_rng(3)
    found = []
    for _ in range(CASES):
        flows = {ion: x * scale * rng.uniform(0.7, 1.3) for ion, x in LIQUOR.items()}
        flows["SO4-2"] = sum(species(ion).charge * x for ion, x in flows.items()) / 2
        found.append(flows)
    return found


def dose_of(flows: dict[str, float]) -> float:
    """Caustic for the free acid and the hydroxides of Fe, Al and Cu."""
    return flows["H+"] + 3.0 * (flows["Fe+3"] + flows["Al+3"]) + flows["Cu+2"]


def phreeqc_input(flows: dict[str, float], dose: float = 0.0, elements=ELEMENTS, extra: str = "") -> str:
    """A solution, and with a dose NaOH and the six hydroxides."""
    totals = "\n".join(f"  {elements[ion]} {x:.14g}" for ion, x in flows.items() if ion in elements)
    text = f"SOLUTION 1\n  units mol/kgw\n  temp 25\n  pH 1.5 charge\n  water 1\n{totals}\n"
    if dose:
        phases = "\n".join(f"  {phase} 0 0" for phase in SOLIDS.values())
        text += f"REACTION 1\n  NaOH 1\n  {dose:.14g} moles\nEQUILIBRIUM_PHASES 1\n{phases}\n"
    return (
        text + OUTPUT + ("  -equilibrium_phases " + " ".join(SOLIDS.values()) + "\n" if extra else "") + extra + "END\n"
    )


class Theirs:
    """PHREEQC with a database."""

    def __init__(self, database: str, elements=ELEMENTS) -> None:
        self.engine, self.elements = phreeqc.Phreeqc(), elements
        wrong = (
            self.engine.LoadDatabaseString(database) if "\n" in database else self.engine.LoadBuiltInDatabase(database)
        )
        assert wrong == 0, self.engine.GetErrorString()
        self.engine.RunString("KNOBS\n  -convergence_tolerance 1e-11\nEND\n")

    def pH(self, flows: dict[str, float], dose: float = 0.0) -> float:
        if self.engine.RunString(phreeqc_input(flows, dose, self.elements)):
            return float("nan")
        return float(self.engine.GetSelectedOutputValue(self.engine.GetSelectedOutputRowCount() - 1, 0))

    def more(self, flows: dict[str, float], dose: float = 0.0) -> dict[str, float]:
        """Everything the selected output holds, by its heading."""
        assert self.engine.RunString(phreeqc_input(flows, dose, self.elements, COUNT)) == 0
        get, row = self.engine.GetSelectedOutputValue, self.engine.GetSelectedOutputRowCount() - 1
        return {str(get(0, i)): get(row, i) for i in range(self.engine.GetSelectedOutputColumnCount())}


# --- minteq.v4 cut down to these components, for both sides


@cache
def minteq_text() -> str:
    """The file as it is installed with the binding."""
    return (Path(phreeqc.__file__).parent / "databases" / "minteq.v4.dat").read_text(encoding="latin-1")


def minteq_species() -> dict[str, tuple[str, float]]:
    """Species -> equation and log10 K, of those that consist of the components; no couple among them reacts."""
    there, found = {"H2O", "H+", *ELEMENTS}, {}
    for equation, log_k in re.findall(r"^(\S.* = .*)\n\s+log_k\s+(\S+)", minteq_text(), re.MULTILINE):
        left, right = (re.sub(r"(^| \+ )\d+(\.\d+)? ", r"\1", side).split(" + ") for side in equation.split(" = "))
        if there.issuperset(left) and right[0] not in there and there.issuperset(right[1:]):
            found[right[0]] = (equation, float(log_k))
    return found


def minteq_solids() -> dict[str, tuple[str, float]]:
    """The six hydroxides under our names."""
    found = {}
    for ours, theirs in SOLIDS.items():
        pattern = rf"^{re.escape(theirs)}\n\s+\S+( \+ .*)\n\s+log_k\s+(\S+)"
        (rest, log_k) = re.search(pattern, minteq_text(), re.MULTILINE).groups()
        found[ours] = (ours + rest, float(log_k))
    return found


def davies_text() -> str:
    """A PHREEQC database of these species alone: ions after Davies, gamma of one for the neutral ones."""
    masters = {ion: re.match("[A-Z][a-z]?", ion)[0] for ion in ELEMENTS}
    # PHREEQC insists on H2 and O2; nothing here makes them.
    lines = ["SOLUTION_MASTER_SPECIES", "E e- 0 0 0", "H H+ 0 H 1.008", "H(0) H2 0 H", "H(1) H+ 0 H"]
    lines += ["O H2O 0 O 15.999", "O(0) O2 0 O", "O(-2) H2O 0 O"]
    lines += [f"{element} {ion} 0 {element} 50.0" for ion, element in masters.items()]
    lines += ["SOLUTION_SPECIES"]
    lines += [f"{name} = {name}\n  log_k 0" for name in ("e-", "H2O", "H+", *masters)]
    lines += ["2 H+ + 2 e- = H2\n  log_k -3.15", "2 H2O = O2 + 4 H+ + 4 e-\n  log_k -86.08"]
    for name, (equation, log_k) in minteq_species().items():
        lines += [f"{equation}\n  log_k {log_k}"] + (["  -gamma 0 0"] if species(name).charge == 0 else [])
    lines += ["PHASES"]
    for ours, (equation, log_k) in minteq_solids().items():
        lines += [f"{SOLIDS[ours]}\n  {equation.replace('(s)', '')}\n  log_k {log_k}"]
    return "\n".join([*lines, "END", ""])


# --- the measurement


def take_turns(ours, theirs, cases) -> tuple[float, float]:
    """Median microseconds of one call on each side, blocks of calls in turns after a warm-up; no liquor twice."""
    for call in (ours, theirs):
        for flows in cases[:BLOCK]:
            call(flows)
    found: tuple[list[float], list[float]] = ([], [])
    for first in range(BLOCK, len(cases), BLOCK):
        for call, times in zip((ours, theirs), found, strict=True):
            start = time.process_time()
            for flows in cases[first : first + BLOCK]:
                call(flows)
            times.append((time.process_time() - start) / BLOCK * 1e6)
    return statistics.median(found[0]), statistics.median(found[1])


def row(name: str, ours, theirs, cases, most: float | None = None) -> float:
    """Print a line of the table; returns the ratio."""
    a, b = take_turns(ours, theirs, cases)
    apart = np.array([abs(ours(flows) - theirs(flows)) for flows in cases])
    failed, worst = int(np.isnan(apart).sum()), float(np.nanmax(apart))
    print(f"{name:44}{a:9.0f} us{b:9.0f} us{b / a:8.1f}{worst:11.4f}{failed:5d}/{len(cases)}")
    if most is not None and not worst <= most:
        sys.exit(f"{name}: the answers differ by {worst:.2g} in pH")
    return b / a


def pitzer_rows(chemistry: Chemistry) -> None:
    """Hydromet as it is against minteq.v4 as it is."""
    theirs, solids = Theirs("minteq.v4.dat"), tuple(SOLIDS)

    def plain(flows):
        return chemistry.liquor(Stream({"H2O": WATER, **flows})).pH

    def dosed(flows):
        dose = dose_of(flows)
        caustic = Stream({"Na+": dose, "OH-": dose})
        made = chemistry.equilibrate(Stream({"H2O": WATER, **flows}).plus(caustic), solids=solids)
        return made.pH if made.amounts else nan

    for scale, name, most in ((1.0, "Pitzer, liquor", None), (0.01, "Pitzer, diluted 100x", 0.2)):
        row(f"{name}: speciation", plain, theirs.pH, liquors(scale), most)
        row(f"{name}: NaOH + 6 hydroxides", dosed, lambda f: theirs.pH(f, dose_of(f)), liquors(scale), most)


def davies_rows() -> None:
    """The same species, constants and activity model on both sides."""
    reduced = Theirs(davies_text(), {ion: re.match("[A-Z][a-z]?", ion)[0] for ion in ELEMENTS})
    slope = float(reduced.more(liquors()[0])["no_heading_3"])
    data, solids = davies_database(minteq_species(), minteq_solids(), slope), tuple(SOLIDS)

    def solved(flows, dose=0.0, phases=()):
        totals = {"H2O": WATER + dose, **flows, "H+": flows["H+"] - dose, "Na+": flows["Na+"] + dose}
        return solve_equilibrium(totals, 298.15, phases=phases, data=data)

    full = Theirs("minteq.v4.dat")
    row("Davies, minteq.v4: speciation", lambda f: solved(f).pH, full.pH, liquors())
    name, cases = "Davies, minteq.v4: NaOH + 6 hydroxides", liquors()
    row(name, lambda f: solved(f, dose_of(f), solids).pH, lambda f: full.pH(f, dose_of(f)), cases)
    row("Davies, one model: speciation", lambda f: solved(f).pH, reduced.pH, liquors(), 1e-4)
    name, cases = "Davies, one model: NaOH + 6 hydroxides", liquors()
    row(name, lambda f: solved(f, dose_of(f), solids).pH, lambda f: reduced.pH(f, dose_of(f)), cases, 2e-3)
    for flows in cases:
        theirs = reduced.more(flows, dose_of(flows))
        for solid, amount in zip(solids, solved(flows, dose_of(flows), solids).amounts, strict=True):
            off = abs(amount - float(theirs[SOLIDS[solid]]))
            if off > 1e-4:
                sys.exit(f"{name}: {off:.2g} mol of {solid} apart")


def count(chemistry: Chemistry) -> None:
    """Print how many species each side works with."""
    liquor, flows = chemistry.liquor(Stream({"H2O": WATER, **liquors()[0]})), liquors()[0]
    full = int(Theirs("minteq.v4.dat").more(flows)["no_heading_2"])
    print(
        f"dissolved species: hydromet {len(liquor.molalities)}, minteq.v4 {full} (redox couples among them); "
        f"the Davies rows {len(minteq_species()) + len(ELEMENTS) + 1} on both sides; solids 6 on both sides"
    )


def derivatives(chemistry: Chemistry) -> None:
    """Print what all derivatives with totals and constants cost, and with every Pitzer parameter and temperature."""
    solids, found = tuple(SOLIDS), {"solution": [], "totals and ln K": [], "all": []}
    for _ in range(3):
        for flows in liquors():
            start = time.process_time()
            made = chemistry.equilibrate(Stream({"H2O": WATER, **flows}), solids=solids)
            mark = time.process_time()
            slopes = made.derivatives
            slopes.of("pH", "n(Ni+2)")
            middle = time.process_time()
            size = slopes.matrix.shape
            found["solution"].append(mark - start)
            found["totals and ln K"].append(middle - mark)
            found["all"].append(time.process_time() - middle)
    text = ", ".join(f"{name} {statistics.median(times) * 1e6:.0f} us" for name, times in found.items())
    print(f"derivatives ({size[0]} outputs, {size[1]} inputs): {text}")


def main() -> None:
    """Print the table."""
    chemistry = Chemistry.load()
    print(f"{'':44}{'hydromet':>12}{'phreeqc':>12}{'ratio':>8}{'pH apart':>11}{'failed':>8}")
    pitzer_rows(chemistry)
    davies_rows()
    count(chemistry)
    derivatives(chemistry)


if __name__ == "__main__":
    main()
