"""The accuracy page of the leach and the fitted rows of its data file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hydromet.calibrate.leaching import METALS, RECIPE, block_errors, knobs
from hydromet.datafiles import read_csv, read_yaml
from hydromet.units.leaching.batch import BatchTest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.calibrate.leaching import Knob, LeachPoint
    from hydromet.units.leaching.table import Table

_DIGITS = 4
_HEAD = "| parameter | value | unit | expected | pull | what is known |"
_ZERO = 273.15
OPTIMA = "data/literature/leach_optima.csv"


def fitted_rows(table: Table, every: Sequence[Knob]) -> str:
    """The fitted part of ``data/reactions/leach.yaml`` as text."""
    recipe = read_yaml(RECIPE)
    out = ["shared:"]
    for row in recipe["shared"]:
        value = f"{table.shared[row['name']]:.{_DIGITS}g}"
        about = f'unit: "{row["unit"]}", source: {recipe["source"]}'
        out.append(f"  {row['name']}: {{value: {_number(value)}, {about},")
        out.append(f'    grade: fitted, note: "{row["note"]}"}}')
    out.append("cathodes:")
    names = dict.fromkeys(knob.name for knob in every if knob.family and not knob.name.startswith("oxygen"))
    for family in table.families:
        about = recipe["families"][family.name]
        out.append(f"  - family: {family.name}")
        out.append(f"    nickel: [{family.nickel[0]:g}, {family.nickel[1]:g}]")
        out += [f"    {name}: {_number(f'{getattr(family, name):.{_DIGITS}g}')}" for name in names]
        oxygen = ", ".join(f"{e}: {_number(f'{v:.{_DIGITS}g}')}" for e, v in family.oxygen.items())
        out.append(f"    oxygen: {{{oxygen}}}")
        out.append(f"    source: {recipe['source']}")
        out += ["    grade: fitted", f'    validity: "{about["validity"]}"', f'    note: "{about["note"]}"']
    return "\n".join(out) + "\n"


def _number(text: str) -> str:
    """YAML 1.2 wants a point in the mantissa of a number with an exponent."""
    mantissa, _, power = text.partition("e")
    return text if not power or "." in mantissa else f"{mantissa}.0e{power}"


def page(points: Sequence[LeachPoint], table: Table, left_out: Mapping[str, float]) -> str:
    """The accuracy of the leach as a page."""
    recipe = read_yaml(RECIPE)
    limit = float(recipe["charge"])
    rows = []
    for block, errors in block_errors(points, table).items():
        own = [p for p in points if p.block == block]
        broken = sum(p.charge > limit for p in own)
        dose = "unknown unit" if not all(p.peroxide_known for p in own) else recipe["doses"].get(block, "none")
        cells = [block, recipe["about"][block], dose, str(len(own)), str(broken or "")]
        cells += [f"{100.0 * e:.1f}" for e in errors]
        without = f"{100.0 * left_out[block]:.1f}" if block in left_out else "not run"
        cells += [without, f"{100.0 * least_error(own):.1f}", scatter(own)]
        rows.append(f"| {' | '.join(cells)} |")
    head = (
        "| block | tests | peroxide | points | breaks charge | "
        + " | ".join(METALS)
        + " | all | left out | floor | equal runs |"
    )
    ruler = "|---|---|---|--:|--:|" + "--:|" * (len(METALS) + 4)
    numbers = []
    for knob in (k for k in knobs(table) if not k.family):
        pull = (knob.read(table) - knob.scaled(knob.expected)) / knob.spread
        about = next(row for row in recipe["shared"] if row["name"] == knob.name)
        cells = [f"{table.shared[knob.name]:.4g}", about["unit"], f"{knob.expected:.4g}", f"{pull:+.1f}", about["note"]]
        numbers.append(f"| {knob.name} | {' | '.join(cells)} |")
    families = [
        f"| {f.name} | {f.attack:.3g} | {f.plateau:.3g} | {f.exchange:.3g} | {f.reductive:.3g} | "
        + " | ".join(f"{f.oxygen[e]:.2g}" for e in ("Ni", "Co", "Mn"))
        + f" | {f.manganese:.2g} |"
        for f in table.families
    ]
    text = str(recipe["page"])
    return text.format(
        optima=optima(),
        blocks="\n".join([head, ruler, *rows]),
        shared="\n".join(
            ["| parameter | value | unit | expected | pull | what is known |", "|---|--:|---|--:|--:|---|", *numbers]
        ),
        families="\n".join(
            [
                "| family | attack | plateau | exchange | reductive | O2, Ni | O2, Co | O2, Mn | MnO2 |",
                "|---|" + "--:|" * 8,
                *families,
            ]
        ),
    )


def least_error(points: Sequence[LeachPoint]) -> float:
    """Least mean error that any model has that keeps the balance of charge, in shares of the metal.

    Where more metal charge was measured than sulfate was given, the metals of most charge have to give way first.
    """
    total = 0.0
    for p in points:
        carried = [c * e for c, e in zip(p.charges, p.measured, strict=True)]
        excess = math.fsum(carried) - 2.0 * p.test.acid
        for charge, load in sorted(zip(p.charges, carried, strict=True), reverse=True):
            if excess <= 0.0 or charge <= 0.0:
                break
            cut = min(excess, load)
            total += cut / charge
            excess -= cut
    return total / (len(METALS) * len(points))


def optimum(row: Mapping[str, str]) -> tuple[float, float]:
    """Extraction that the model gives for a row of ``data/literature/leach_optima.csv``, and the measured one."""
    peroxide = float(row["peroxide_M"])
    test = BatchTest(
        {row["solid"]: float(row["solid_g_per_L"])},
        acid=float(row["acid_M"]),
        temperature=float(row["temp_C"]) + _ZERO,
        reductants={"H2O2": peroxide} if peroxide else {},
    )
    return test.curve([60.0 * float(row["time_min"])])[0][row["metal"]], float(row["measured"])


def optima() -> str:
    """The optima of other studies as a table."""
    rows = ["| test | metal | measured | predicted | note |", "|---|---|--:|--:|---|"]
    for row in read_csv(OPTIMA):
        found, measured = optimum(row)
        rows.append(f"| {row['test']} | {row['metal']} | {100 * measured:.1f} | {100 * found:.1f} | {row['note']} |")
    return "\n".join(rows)


def scatter(points: Sequence[LeachPoint]) -> str:
    """Largest difference between equal runs, in points; empty where none was repeated."""
    runs: dict[tuple[object, ...], list[LeachPoint]] = {}
    for p in points:
        key = (*p.test.solids.items(), p.test.acid, p.test.temperature, *p.test.reductants.items(), p.time)
        runs.setdefault(key, []).append(p)
    widths = [
        max(column) - min(column)
        for same in runs.values()
        if len(same) > 1
        for column in zip(*(p.measured for p in same), strict=True)
    ]
    return f"{100.0 * max(widths):.0f}" if widths else ""
