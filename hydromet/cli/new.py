"""``hydromet new``: a commented starting file that already runs."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hydromet.cli.new_device import write as write_device
from hydromet.cli.options import write_text
from hydromet.errors import CommandError

_TEMPLATES = Path(__file__).parent / "templates"
_ENDPOINT = re.compile(r"opc\.tcp://[^/:\s]+|opc\.tcp://\[")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")


class Kind(StrEnum):
    """What there are templates of."""

    flowsheet = "flowsheet"
    solution = "solution"
    sx = "sx"
    recovery = "recovery"
    carbon = "carbon"
    export = "export"
    station = "station"
    device = "device"


def new(
    kind: Annotated[
        Kind,
        typer.Argument(help="What to begin.", metavar="flowsheet|solution|sx|recovery|carbon|export|station|device"),
    ],
    name: Annotated[str, typer.Argument(help="Name of the file, without an ending.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write it to.")] = Path(),
    browse: Annotated[str, typer.Option(help="OPC-UA server to write a station from, opc.tcp://host:port.")] = "",
    security: Annotated[str, typer.Option(help="Its security policy; the best it offers.")] = "",
    user: Annotated[str, typer.Option(help="User name there; anonymous.")] = "",
    password: Annotated[str, typer.Option(help="Environment variable that holds the password.")] = "",
) -> None:
    """Write a commented starting file that runs as it is.

    Example: hydromet new flowsheet my_plant
    Example: hydromet new station pilot --browse opc.tcp://127.0.0.1:4840
    """
    if kind is Kind.device:
        for file in write_device(name, output):
            typer.echo(str(file))
        typer.echo(f"Next: python -m pytest {file}", err=True)
        return
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
    text = (_TEMPLATES / f"{kind.value}.yaml").read_text(encoding="utf-8").replace("NAME", stem)
    if browse:
        if kind is not Kind.station:
            read = f"--browse with {kind.value}"
            write = f"hydromet new station {stem} --browse {browse}"
            raise CommandError("E905", read=read, expected="--browse for a station", write=write)
        if not _ENDPOINT.match(browse):
            write = f"hydromet new station {stem} --browse opc.tcp://127.0.0.1:4840"
            expected = "the endpoint of an OPC-UA server, opc.tcp://host:port"
            raise CommandError("E064", read=f"--browse {browse}", expected=expected, write=write)
        text = _browsed(browse, stem, file, security, user, password)
    write_text(file, text)
    typer.echo(str(file))
    verb = {
        Kind.flowsheet: "run",
        Kind.solution: "speciate",
        Kind.sx: "sx run",
        Kind.recovery: "recovery",
        Kind.carbon: "carbon",
        Kind.export: "export results/my_plant --format pact-3 --company",
        Kind.station: "log check",
    }[kind]
    typer.echo(f"Next: hydromet {verb} {file}", err=True)


def _browsed(url: str, name: str, file: Path, security: str, user: str, password: str) -> str:
    """A station file of what a live server offers; keys and trusted certificates go to ``pki`` beside it."""
    from hydromet.cli.guard import instruments

    instruments()
    from instruments.opcua.browse import first_station
    from instruments.opcua.source import pki_of
    from instruments.station_fields import Secret

    word = Secret(environment=password).reveal(user) if password else ""
    pki = pki_of(str(file))
    return first_station(url, name, pki, security=security, user=user, password=word, variable=password)
