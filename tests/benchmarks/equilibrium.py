"""Ratio to the phreeqc binding (minteq.v4), interleaved, process time: ``python tests/benchmarks/equilibrium.py``.

One typical leach liquor with its totals varied by 30 %, the same components on both sides, called from Python as an
engineer would call it: hydromet with Pitzer activity through ``Chemistry``, PHREEQC with Davies through ``RunString``.
Both answer with the pH and what precipitated. Two models of activity cannot agree to more than a few tenths of a pH
unit in 2 molal sulfate; the largest difference is printed beside the times. The same liquor diluted a hundredfold,
where the models meet, has to agree: a benchmark of wrong answers would be worthless.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import phreeqc

from hydromet.chemistry import Chemistry
from hydromet.species import species
from hydromet.stream import Stream

WATER = 55.508
CASES = 60
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


def liquors(scale: float = 1.0) -> list[dict[str, float]]:
    """Random liquors, the sulfate from the charge balance."""
    rng = np.random.default_rng(3)
    found = []
    for _ in range(CASES):
        flows = {ion: x * scale * rng.uniform(0.7, 1.3) for ion, x in LIQUOR.items()}
        flows["SO4-2"] = sum(species(ion).charge * x for ion, x in flows.items()) / 2
        found.append(flows)
    return found


def phreeqc_input(flows: dict[str, float], dose: float = 0.0) -> str:
    """A solution, and with a dose NaOH and the six hydroxides."""
    totals = "\n".join(f"  {ELEMENTS[ion]} {x:.12g}" for ion, x in flows.items() if ion in ELEMENTS)
    text = f"SOLUTION 1\n  units mol/kgw\n  temp 25\n  pH 1.5 charge\n  water 1\n{totals}\n"
    if dose:
        phases = "\n".join(f"  {phase} 0 0" for phase in SOLIDS.values())
        text += f"REACTION 1\n  NaOH 1\n  {dose:.12g} moles\nEQUILIBRIUM_PHASES 1\n{phases}\n"
    return text + "SELECTED_OUTPUT 1\n  -reset false\n  -pH true\nEND\n"


def timed(call) -> tuple[float, object]:
    """Process time of one call in microseconds, and its answer."""
    start = time.process_time()
    answer = call()
    return (time.process_time() - start) * 1e6, answer


def main() -> None:
    """Print the table."""
    chemistry = Chemistry.load()
    engine = phreeqc.Phreeqc()
    assert engine.LoadBuiltInDatabase("minteq.v4.dat") == 0
    solids = tuple(SOLIDS)

    def theirs(flows, dose=0.0):
        wrong = engine.RunString(phreeqc_input(flows, dose))
        if wrong:
            return float("nan")
        return float(engine.GetSelectedOutputValue(engine.GetSelectedOutputRowCount() - 1, 0))

    def dosed(flows, dose):
        caustic = Stream({"Na+": dose, "OH-": dose})
        return chemistry.equilibrate(Stream({"H2O": WATER, **flows}).plus(caustic), solids=solids).pH

    def plain(flows):
        return chemistry.liquor(Stream({"H2O": WATER, **flows})).pH

    rows = {}
    for scale, name in ((1.0, "liquor"), (0.01, "diluted 100x")):
        plain(liquors(scale)[0])
        dosed(liquors(scale)[0], 0.2)
        for mode in ("speciation", "NaOH + 6 hydroxides"):
            ours_t, theirs_t, apart = [], [], []
            for flows in liquors(scale):
                dose = flows["H+"] + 3.0 * (flows["Fe+3"] + flows["Al+3"]) + flows["Cu+2"]
                if mode == "speciation":
                    a, pH = timed(lambda f=flows: plain(f))
                    b, other = timed(lambda f=flows: theirs(f))
                else:
                    a, pH = timed(lambda f=flows, d=dose: dosed(f, d))
                    b, other = timed(lambda f=flows, d=dose: theirs(f, d))
                ours_t.append(a)
                theirs_t.append(b)
                apart.append(abs(pH - other))
            failed = int(np.isnan(apart).sum())
            rows[name, mode] = statistics.median(ours_t), statistics.median(theirs_t), float(np.nanmax(apart)), failed
    print(f"{'':38}{'hydromet':>12}{'phreeqc':>12}{'ratio':>8}{'pH apart':>10}{'failed':>8}")
    for (name, mode), (a, b, d, bad) in rows.items():
        print(f"{name + ', ' + mode:38}{a:9.0f} us{b:9.0f} us{b / a:8.1f}{d:10.2f}{bad:5d}/{CASES}")


if __name__ == "__main__":
    main()
