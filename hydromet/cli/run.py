"""``hydromet run``: check, solve, balance, assess, write, summarise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hydromet.cli.options import Json, Language, echo_json, unwritable, write_text
from hydromet.errors import CommandError, HydrometError, raise_all

if TYPE_CHECKING:
    from hydromet.flowsheet.result import Result


def run(
    file: Annotated[Path, typer.Argument(help="Flowsheet file.")],
    change: Annotated[
        list[str] | None, typer.Option("--set", help='Change a value: --set leach.temperature="70 degC".')
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder for the results; results/NAME.")] = None,
    seconds: Annotated[float, typer.Option(help="Give up after so many seconds.", min=1.0)] = 600.0,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Solve a flowsheet and print what matters; result.json, streams.csv and streams.xlsx go to a folder.

    Example: hydromet run flowsheets/nmc622_black_mass.yaml --set leach.temperature="70 degC" -o results/hot
    """
    from hydromet.cli.progress import Progress
    from hydromet.locale import BOTH, known

    if lang != BOTH:
        known(lang)
    changes = changes_of(change or [])
    folder = output or Path("results") / file.stem
    with Progress() as progress:
        from hydromet.assess.case import load
        from hydromet.flowsheet.solve import Limits

        try:
            flowsheet = load(file, changes)
            result = flowsheet.solve(Limits(seconds=seconds), progress.passed)
        except HydrometError as error:
            _keep(error, folder)
            raise
    write(result, folder)
    if json:
        from hydromet.report.summary import headline

        echo_json(headline(result))
    else:
        from hydromet.report.summary import summary

        typer.echo(summary(result, lang))
        typer.echo(
            f"\nWritten to {folder}: result.json, streams.csv, streams.xlsx.  Next: hydromet show {folder} streams",
            err=True,
        )
    from hydromet.assess.required import refusals

    raise_all(refusals(flowsheet.plant, result))


def changes_of(given: list[str]) -> dict[str, str]:
    """``path=value`` texts as a mapping.

    Raises:
        CommandError: E903, no equals sign or no path.
    """
    found: dict[str, str] = {}
    for text in given:
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            write = f'--set {path.strip() or "leach.temperature"}="70 degC"'
            raise CommandError("E903", read=f"--set {text}", expected="path=value", write=write)
        found[path.strip()] = value.strip()
    return found


def write(result: Result, folder: Path) -> None:
    """The three files of a result.

    Raises:
        CommandError: E951, the folder cannot be written.
    """
    from hydromet.report import workbook
    from hydromet.report.tables import streams_csv

    write_text(folder / "result.json", result.to_json())
    write_text(folder / "streams.csv", streams_csv(result))
    try:
        workbook.write(result, folder / "streams.xlsx")
    except OSError as error:
        raise unwritable(folder / "streams.xlsx", error) from None


def _keep(error: HydrometError, folder: Path) -> None:
    """Save the result so far that an error carries, and note where."""
    partial = getattr(error, "partial", None)
    if partial is not None:
        write_text(folder / "result.json", partial.to_json())
        error.__dict__["saved"] = str(folder / "result.json")
