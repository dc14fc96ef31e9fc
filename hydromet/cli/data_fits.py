"""``hydromet data accuracy`` and ``hydromet data refit``: the aqueous engine against measurement, and fits to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hydromet.cli.options import echo_json, write_text

if TYPE_CHECKING:
    from pathlib import Path

POINT = ("salt", "t_C", "measured", "fitted", "solid")


def accuracy(to: Path | None, *, json: bool) -> None:
    """Compare the engine with every measured table of the data; print the page or write it to a file."""
    from hydromet.report.accuracy import as_data, compare, page

    found = compare()
    if to:
        write_text(to, page(found))
    if json:
        echo_json(as_data(found))
    elif not to:
        typer.echo(page(found).rstrip())


def refit(name: str, to: Path | None, points: Path | None, *, json: bool) -> None:
    """Fit the solubility products of one salt, or of all, to solubility in water; print or write the rows."""
    from hydromet import datafiles
    from hydromet.chemistry.fits.refit import (
        TINY,
        load_points,
        load_recipes,
        row_values,
        solubility,
        with_rows,
    )
    from hydromet.chemistry.fits.refit import refit as fit
    from hydromet.source import decode, read_bytes

    rows = datafiles.parse_csv(decode(read_bytes(points), str(points)), str(points)) if points else None
    table = load_points(rows)
    salts = list(dict.fromkeys(one.salt for one in load_recipes())) if name == "all" else [name]
    given = {one.salt for one in table}
    fitted = {salt: fit(salt, table) for salt in salts if name != "all" or salt in given}
    everything = {solid: value for made in fitted.values() for solid, value in made.items()}
    if to:
        kept = {one.solid for one in load_recipes() if name != "all" or one.file == to.stem}
        put = {solid: value for solid, value in everything.items() if solid in kept}
        write_text(to, with_rows(decode(read_bytes(to), str(to)), put))
    shown = []
    for salt, made in fitted.items():
        plain = {solid: value for solid, value in made.items() if "[" not in solid}
        for point in table:
            if point.salt == salt:
                solid, value = solubility(salt, point.temperature, plain)
                shown.append((salt, round(point.temperature - 273.15, 2), point.molality, value, solid))
    if json:
        constants = {solid: row_values(solid, value) for solid, value in everything.items()}
        echo_json(
            {
                "constants": {solid: dict(zip("ABCD", value, strict=True)) for solid, value in constants.items()},
                "points": [
                    dict(zip(("salt", "t_C", "measured", "fitted", "solid"), one, strict=True)) for one in shown
                ],
            }
        )
        return
    typer.echo("solid,logK_25C,B_K,C,D_per_K")
    for solid, constant in everything.items():
        values = [f"{x:.7g}" if abs(x) > TINY else "0" for x in row_values(solid, constant)]
        typer.echo(",".join([solid, *values]))
    for salt, t, measured, value, solid in shown:
        typer.echo(
            f"{salt} {t:g} degC: {measured:.4g} mol/kg, fitted {value:.4g} ({value / measured - 1:+.2%}) {solid}",
            err=True,
        )
