"""``hydromet show``: a part of a result as a table."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import Annotated

import typer

from hydromet.cli.options import Json, Language, echo_json
from hydromet.errors import CommandError


def show(
    result: Annotated[Path, typer.Argument(help="result.json, or the folder that holds it.")],
    part: Annotated[
        str | None, typer.Argument(help="A part such as streams, effluent or sources; the summary if absent.")
    ] = None,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Print a part of a result.

    Example: hydromet show results/nmc622_black_mass balance
    """
    from hydromet.flowsheet.result import read_result
    from hydromet.report import summary, views
    from hydromet.source import nearest

    if part is not None and part not in views.VIEWS:
        near = nearest(part, views.VIEWS) or ("streams",)
        raise CommandError(
            "E904", read=part, expected=f"one of {', '.join(views.VIEWS)}", write=f"hydromet show {result} {near[0]}"
        )
    found = read_result(result)
    if json:
        echo_json(dict(found.data) if part is None else views.part(found, part))
    elif part is not None:
        typer.echo(views.VIEWS[part](found, lang))
    elif found.converged:
        typer.echo(summary.summary(found, lang))
    else:
        raise CommandError(
            "E952", read="a plant that did not converge", expected="a converged result; its streams can be shown",
            write=f"hydromet show {result} streams",
        )  # fmt: skip
