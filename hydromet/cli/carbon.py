"""``hydromet carbon``: the footprint of a solved plant, a flowsheet or a written inventory."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from hydromet.cli.options import Json, Language, echo_json

if TYPE_CHECKING:
    from typing import Any


def carbon(
    file: Annotated[Path, typer.Argument(help="Result, flowsheet (solved first) or case file with `carbon: 1`.")],
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", metavar="NAME", help="A scenario; may be given several times.")
    ] = None,
    grid: Annotated[str, typer.Option("--grid", metavar="ID", help="Electricity, such as JP-Tokyo-2024.")] = "",
    change: Annotated[
        list[str] | None, typer.Option("--set", help="Change the section: --set carbon.heat=electric_boiler.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every shipped scenario beside the section's own.")] = False,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Carbon footprint, water use and energy demand of the products, per kg and per kg of metal.

    Example: hydromet carbon results/nmc622_black_mass --grid JP-Tokyo-2024 --json
    """
    from hydromet.assess.carbon.assess import run
    from hydromet.cli.run import changes_of
    from hydromet.locale import BOTH, known

    if lang != BOTH:
        known(lang)
    changes: dict[str, Any] = {"grid": grid} if grid else {}
    names = list(scenario or [])
    if everything:
        from hydromet.assess.carbon.scenario import practice

        names += [name for name in ("", *practice().named) if name not in names]
    found = run(file, names, changes, changes_of(change or []))
    if json:
        echo_json(found[0] if len(found) == 1 else {each["scenario"]["name"]: each for each in found})
        return
    from hydromet.report.carbon_summary import summary

    typer.echo(summary(found, lang))
