"""``hydromet recovery``: the rates of Delegated Regulation (EU) 2025/606 from a case file."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import Annotated

import typer

from hydromet.cli.options import Json, Language, echo_json


def recovery(
    file: Annotated[Path, typer.Argument(help="Recovery case, or a flowsheet with a recovery: section.")],
    lint: Annotated[bool, typer.Option("--lint", help="Only the traps met, by code and article.")] = False,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Numerators and denominators by lot, part, fraction and assay.")
    ] = False,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Recycling efficiency and recovery of materials of waste batteries, with verdicts, uncertainty and losses.

    Example: hydromet recovery flowsheets/recovery_two_recyclers.yaml --lint
    """
    from hydromet.assess.eu_recovery.assess import run
    from hydromet.locale import BOTH, known

    if lang != BOTH:
        known(lang)
    result = run(file)
    if json:
        echo_json({"file": str(file), "traps": result["traps"]} if lint else result)
        return
    from hydromet.report import recovery as tables

    shown = tables.traps if lint else tables.ledger if ledger else tables.summary
    typer.echo(shown(result, lang))
