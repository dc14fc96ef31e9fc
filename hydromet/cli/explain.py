"""``hydromet explain``: the long text of an error or warning."""

from __future__ import annotations

from typing import Annotated

import typer

from hydromet.cli.options import Json, Language, echo_json


def explain(
    code: Annotated[str, typer.Argument(help="Such as E203.")], json: Json = False, lang: Language = "en"
) -> None:
    """Explain an error or warning code, with an example that gives it and one that works.

    Example: hydromet explain E203
    """
    from hydromet.cli import catalogue

    text = catalogue.explain(code, lang)
    if json:
        echo_json({"code": code.upper(), **catalogue.entries()[code.strip().upper()].model_dump()})
    else:
        typer.echo(text)
