"""``hydromet carbon``: the footprint of a solved plant, a flowsheet or a written inventory, and its evidence."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from hydromet.cli.options import DocumentLanguage, Json, echo_json, write_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Level(StrEnum):
    """Whom the evidence is for."""

    AUDITOR = "auditor"
    CUSTOMER = "customer"
    BOTH = "both"


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
    evidence: Annotated[
        Path | None, typer.Option("--evidence", metavar="DIR", help="Write the documents for verification there.")
    ] = None,
    level: Annotated[Level, typer.Option("--level", help="Of the evidence: whom it is for.")] = Level.BOTH,
    verify: Annotated[bool, typer.Option("--verify", help="FILE is an evidence folder: check it.")] = False,
    json: Json = False,
    lang: DocumentLanguage = "",
) -> None:  # fmt: skip
    """Carbon footprint, water use and energy demand of the products, per kg and per kg of metal.

    Example: hydromet carbon results/nmc622_black_mass --grid JP-Tokyo-2024 --json
    """
    from hydromet.assess.carbon.assess import run
    from hydromet.cli.run import changes_of
    from hydromet.locale import BOTH, known

    if lang and lang != BOTH:
        known(lang)
    if verify:
        _verified(file, json, lang or "en")
        return
    changes: dict[str, Any] = {"grid": grid} if grid else {}
    names = list(scenario or [])
    if everything:
        from hydromet.assess.carbon.scenario import practice

        names += [name for name in ("", *practice().named) if name not in names]
    found = run(file, names, changes, changes_of(change or []))
    if evidence is not None:
        _evidence(file, found, evidence, level, lang or BOTH)
    if json:
        echo_json(found[0] if len(found) == 1 else {each["scenario"]["name"]: each for each in found})
        return
    if evidence is None:
        from hydromet.report.carbon_summary import summary

        typer.echo(summary(found, lang or "en"))


def _evidence(file: Path, records: Sequence[Mapping[str, Any]], folder: Path, level: Level, lang: str) -> None:
    """Write the documents; of several scenarios, in a folder each."""
    from hydromet.report.carbon_evidence import evidence, evidence_files

    for record in records:
        target = folder / record["scenario"]["name"] if len(records) > 1 else folder
        for name, content in evidence_files(evidence(file, record), level.value, lang).items():
            write_bytes(target / name, content)
            typer.echo(f"wrote {target / name}", err=True)


def _verified(folder: Path, json: bool, lang: str) -> None:
    from hydromet.report.carbon_told import verified
    from hydromet.report.carbon_verify import verify

    found = verify(folder)
    if json:
        echo_json(found)
    else:
        typer.echo(verified(found, lang))
