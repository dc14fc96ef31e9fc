"""``hydromet leach``: a leach test of the laboratory, extraction against time."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import Annotated

import typer

from hydromet.cli.options import Json, Language  # noqa: TC001  # typer reads the annotations


def leach(
    solid: Annotated[
        list[str], typer.Option("--solid", help='Solid and mass per volume of solution, "LiCoO2(s)=50 g/L".')
    ],
    acid: Annotated[str, typer.Option("--acid", help='Sulfuric acid at the start, "2 mol/L".')],
    temperature: Annotated[str, typer.Option("--temperature", help='"60 degC".')],
    reductant: Annotated[
        list[str] | None, typer.Option("--reductant", help='Reductant at the start, "H2O2=0.5 mol/L".')
    ] = None,
    times: Annotated[str, typer.Option("--times", help='List or range: "5, 15, 60 min", "0..2 h".')] = "0..120 min",
    size: Annotated[
        str | None, typer.Option("--size", help='Median diameter of the oxides, "10 um"; as in the tests if not given.')
    ] = None,
    to: Annotated[
        list[Path] | None, typer.Option("--to", help="File of the table: .csv or .json; .png, .svg or .pdf drawn.")
    ] = None,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Leach test of the laboratory: extraction of each metal against time, from the rates of the leach unit.

    Example: hydromet leach --solid "LiNi0.6Mn0.2Co0.2O2(s)=50 g/L" --acid "2 mol/L" --reductant "H2O2=0.5 mol/L"
    --temperature "60 degC"
    """
    from hydromet.cli.curve import give
    from hydromet.study.laboratory_leach import leach_test

    found = leach_test(solid, acid, temperature, times=times, reductants=reductant or (), size=size)
    files: list[Path | None] = [*to] if to else [None]
    for file in files:
        give(found, file, json=json, lang=lang)
