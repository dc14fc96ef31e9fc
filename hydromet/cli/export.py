"""``hydromet export``: a footprint for the data platforms of the supply chain and for LCA programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hydromet.cli.options import Json, echo_json, write_bytes


def export(
    result: Annotated[
        Path, typer.Argument(help="Result, flowsheet, case with `carbon: 1`, or what hydromet carbon --json wrote.")
    ],
    kind: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="NAME",
            help="pact-3, pact-2, catena-x-9, catena-x-7, ouranos, battery-pass, battery-supplier, openlca, brightway.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where to write.")] = Path("exports"),
    company: Annotated[
        Path | None, typer.Option("--company", metavar="FILE", help="Who declares what for which period.")
    ] = None,
    product: Annotated[
        list[str] | None, typer.Option("--product", metavar="NAME", help="A product; may be given several times; all.")
    ] = None,
    official: Annotated[
        Path | None, typer.Option("--schema", metavar="FILE", help="Official schema to check against.")
    ] = None,
    allocation: Annotated[
        str, typer.Option("--allocation", metavar="NAME", help="metal_mass, subdivision, economic or mass.")
    ] = "",
    approach: Annotated[
        str, typer.Option("--approach", metavar="NAME", help="cut_off; the platforms refuse any other.")
    ] = "cut_off",
    scenario: Annotated[str, typer.Option("--scenario", metavar="NAME", help="Of a result or a case.")] = "",
    json: Json = False,
) -> None:  # fmt: skip
    """Write a footprint in the format of a platform, checked against its schema and its rules.

    Example: hydromet export results/nmc622_black_mass --format pact-3 --company my_company.yaml -o exports
    """
    from hydromet.assess.exports import export as door
    from hydromet.assess.exports.company import read_company
    from hydromet.assess.exports.footprint import read
    from hydromet.assess.exports.formats import known

    known(kind)
    stated = read_company(company)
    made = door.export(
        read(result, scenario), kind, stated, products=product or (), approach=approach, allocation=allocation,
        official=official,
    )  # fmt: skip
    for name, content in made.files.items():
        write_bytes(output / name, content)
        typer.echo(f"wrote {output / name}", err=True)
    for code, text in made.notices:
        typer.echo(f"{code}  {text}", err=True)
    if json:
        files = [str(output / name) for name in made.files]
        notices = [{"code": code, "text": text} for code, text in made.notices]
        echo_json(
            {"files": files, "notices": notices, "figures": {key: dict(each) for key, each in made.figures.items()}}
        )
