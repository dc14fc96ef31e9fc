"""``hydromet examples``: the shipped flowsheets, listed or copied."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import Annotated

import typer

from hydromet.cli.options import Json, Language, echo_json, write_text
from hydromet.errors import CommandError

FOLDER = "flowsheets"


def examples(
    folder: Annotated[Path | None, typer.Argument(help="Copy them, with their feeds, to this folder.")] = None,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """List the shipped flowsheets, or copy them to a folder to work on.

    Example: hydromet examples my_plants && hydromet run my_plants/nmc622_black_mass.yaml
    """
    from hydromet import datafiles
    from hydromet.locale import pick

    names = datafiles.names(FOLDER, ".yaml")
    if folder is None:
        titles = {name: (datafiles.read_yaml(f"{FOLDER}/{name}.yaml") or {}).get("title", "") for name in names}
        if json:
            echo_json(titles)
            return
        for name, title in titles.items():
            typer.echo(f"{name}.yaml  {pick(title, lang)}".rstrip())
        typer.echo("Next: hydromet examples FOLDER copies them", err=True)
        return
    files = [f"{name}.yaml" for name in names]
    for beside in ("carbon", "feeds", "pilot"):
        files += [f"{beside}/{name}.yaml" for name in datafiles.names(f"{FOLDER}/{beside}", ".yaml")]
    there = next((folder / file for file in files if (folder / file).exists()), None)
    if there:
        raise CommandError(
            "E906",
            read=f"{there} is there already",
            expected="a folder without it",
            write="hydromet examples my_plants",
        )
    for file in files:
        write_text(folder / file, datafiles.read_text(f"{FOLDER}/{file}"))
        typer.echo(str(folder / file))
    runs = [name for name in names if "hydromet" in (datafiles.read_yaml(f"{FOLDER}/{name}.yaml") or {})]
    if runs:
        typer.echo(f"Next: hydromet run {folder / (runs[0] + '.yaml')}", err=True)
