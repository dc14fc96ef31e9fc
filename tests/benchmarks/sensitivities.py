"""Sensitivities of the NMC622 plant as a page: ``python tests/benchmarks/sensitivities.py --page FILE --points DIR``.

Every parameter of data/literature/sensitivities.yaml is swept by ``hydromet.study.sweep``; about a hundred plants, 10 s
each. Solved points are kept in DIR and read again as long as program, data and flowsheet are the same.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from pathlib import Path

from hydromet.assess.case import Limits, load
from hydromet.datafiles import find, read_yaml
from hydromet.flowsheet.overrides import value_at
from hydromet.source import load as read
from hydromet.study.points import Points
from hydromet.study.sweep import sweep, table
from hydromet.study.vary import vary

ROOT = Path(__file__).parents[2]
RECIPE = "data/literature/sensitivities.yaml"
POINTS = 8
PAGE = """# Sensitivities of the NMC622 plant

What acid, peroxide, temperature, time, pH set points, organic flows (O/A) and bleeds do to recovery, purity and
reagents of `flowsheets/nmc622_black_mass.yaml`. One setting is changed at a time, all others are those of the file;
every point (5 to 8 a setting) is the whole plant with its recycles, converged anew. The row in bold is the file. Each
table stands below what the field expects and where that comes from; *measured* was read in the source, *recalled* is
memory of the trade's literature.

The page is written by `python tests/benchmarks/sensitivities.py --page docs/explanations/sensitivities.md --points
DIR`; parameters and expectations are in `data/literature/sensitivities.yaml`. Any other setting:
[how to sweep a parameter](../how-to/sweep-a-parameter.md). Direction, size and smoothness over 20 points are tested on
parts of the plant in `tests/literature/test_sensitivities.py`.

## End points: why curves kink

An extraction that is held at a raffinate pH takes as much base as that pH needs. As long as the base is less than the
metal it shall extract, the organic is full of that metal, which crowds out all others, and some of it stays in the
raffinate. Beyond this *end point* the base goes to the next metal, and the scrub sends as much of that back as it can:
within 0.1 % of the base the load of the next metal jumps to the capacity of the scrub. It is steep, not a jump: a
circuit with its base as the setting passes it on one curve, the same up and down
(`test_end_point_with_a_scrub`). Everything that changes the metal in front of a circuit, or the organic in it, moves
its end point. **The shipped plant stands close to that of manganese**: 5 % more organic or base and the strip liquor of
the manganese circuit carries cobalt, 5 % less and manganese goes to the cobalt sulfate. In the tables below this is the
step from 0.6 to several mg/kg of manganese in the cobalt sulfate. A plant would measure manganese in the raffinate and
trim the organic; the file holds both fixed. Close to an end point the recycles converge slowly, and a point may need
five times the passes.

{body}
"""


def main() -> None:
    """Sweep everything, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, required=True)
    parser.add_argument("--points", type=Path, required=True, help="folder of solved points")
    parser.add_argument("--only", nargs="*", type=int, help="numbers of the parameters, from 0")
    parser.add_argument("--seconds", type=float, default=200.0, help="for a point")
    asked = parser.parse_args()
    recipe = read_yaml(RECIPE)
    base, kept, parts = load(find(recipe["flowsheet"])), Points(asked.points), []
    start = kept.read(base) or base.solve()
    kept.keep(base, start)
    for number, item in enumerate(recipe["parameters"]):
        if asked.only is None or number in asked.only:
            parts.append(section(recipe, item, kept, start, Limits(seconds=asked.seconds)))
    asked.page.write_text(PAGE.format(body="\n\n".join(parts)), encoding="utf-8")


def section(recipe, item, kept, start, limits) -> str:
    """Heading, expectation, table and what the plant does."""
    file = find(recipe["flowsheet"])
    asked = vary(item["vary"], POINTS)
    begun = time.monotonic()
    found = sweep(file, asked, points=kept, limits=limits, told=lambda p: told(asked.path, p, begun), start=start)
    shown = [recipe["responses"][name] for name in item["show"]]
    curve = table(asked, found, [row["path"] for row in shown])
    here = asked.texts()[asked.nearest(value_at(read(file), asked.path))]
    given = vary(f"{asked.path}={value_at(read(file), asked.path)}", POINTS).texts()[0]
    unit = f", {asked.unit}" if asked.unit else ""
    heads = [f"`{asked.path}`{unit}", *(row["head"] for row in shown)]
    rows = []
    for i, (value, text) in enumerate(zip(asked.numbers, asked.texts(), strict=True)):
        cells = [f"{value:g}", *(cell(curve[row["path"]][i], row) for row in shown)]
        rows.append([f"**{c}**" if c else c for c in cells] if text == here == given else cells)
    lines = [
        f"## {item['title']}",
        wrapped(item["field"]),
        wrapped(f"*Source*: {item['source']}; *grade*: {item['grade']}."),
    ]
    ruler = "|" + "--:|" * len(heads)
    lines.append("\n".join([f"| {' | '.join(heads)} |", ruler, *(f"| {' | '.join(row)} |" for row in rows)]))
    if curve.notes:
        lines.append("Not solved:\n\n" + "\n".join(f"- {note}" for note in curve.notes))
    if curve.marks:
        lines.append(wrapped(f"Solids that appear (+) or vanish (-) between two points: {listed(curve.marks)}."))
    lines.append(wrapped("**The plant**: " + item["plant"]) if "plant" in item else swing(curve, shown))
    return "\n\n".join(lines)


def listed(marks) -> str:
    """Changes by place."""
    places = {}
    for place, what in marks:
        places.setdefault(f"{place:.4g}", []).append(f"`{what}`")
    return "; ".join(f"at {place} {', '.join(names)}" for place, names in places.items())


def told(path, point, begun) -> None:
    """Progress."""
    how = "failed" if point.result is None else "read" if point.kept else point.result["solver"]["start"]
    print(f"{time.monotonic() - begun:6.0f} s  {path} = {point.text}: {how} {point.error or ''}", flush=True)


def cell(value, row) -> str:
    """A response in the unit of its head."""
    return "" if value is None else f"{value * row.get('factor', 1):.{row['digits']}f}"


def swing(curve, shown) -> str:
    """Largest step of each response, for the eye."""
    steps = {}
    for row in shown:
        values = [v for v in curve[row["path"]] if v is not None]
        steps[row["head"]] = max(abs(b - a) for a, b in pairwise(values)) * row.get("factor", 1)
    return "Largest step: " + ", ".join(f"{name} {value:.3g}" for name, value in steps.items()) + "."


def wrapped(text: str) -> str:
    """Lines of at most 120 characters."""
    import textwrap

    return "\n".join(textwrap.wrap(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False))


if __name__ == "__main__":
    main()
