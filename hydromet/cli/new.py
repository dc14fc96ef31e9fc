"""``hydromet new``: a commented starting file that already runs."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hydromet.cli.options import write_text
from hydromet.errors import CommandError

_TEMPLATES = Path(__file__).parent / "templates"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")


class Kind(StrEnum):
    """What there are templates of."""

    flowsheet = "flowsheet"
    solution = "solution"
    sx = "sx"
    recovery = "recovery"


def new(
    kind: Annotated[Kind, typer.Argument(help="What to begin.", metavar="flowsheet|solution|sx|recovery")],
    name: Annotated[str, typer.Argument(help="Name of the file, without an ending.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write it to.")] = Path(),
) -> None:
    """Write a commented starting file that runs as it is.

    Example: hydromet new flowsheet my_plant
    """
    stem = name.removesuffix(".yaml")
    if not _NAME.match(stem):
        raise CommandError(
            "E905",
            read=name,
            expected="a file name of letters, digits, _ and -",
            write=f"hydromet new {kind.value} my_plant",
        )
    file = output / f"{stem}.yaml"
    if file.exists():
        raise CommandError(
            "E906", read=f"{file} is there already", expected="a new name", write=f"hydromet new {kind.value} {stem}_2"
        )
    text = (_TEMPLATES / f"{kind.value}.yaml").read_text(encoding="utf-8")
    write_text(file, text.replace("NAME", stem))
    typer.echo(str(file))
    verb = {Kind.flowsheet: "run", Kind.solution: "speciate", Kind.sx: "sx run", Kind.recovery: "recovery"}[kind]
    typer.echo(f"Next: hydromet {verb} {file}", err=True)
