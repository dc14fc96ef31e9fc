"""``hydromet speciate``: one solution, asked everything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hydromet.cli.options import Json, Language, echo_json
from hydromet.errors import ChemistryError, CommandError, UserError, UserErrors

if TYPE_CHECKING:
    from hydromet.chemistry.solutions.solution_file import SolutionFile
    from hydromet.source import Document

_PARTS = ("composition, NAME=AMOUNT each, such as NiSO4=1.2mol/kg Co=12g/L; compounds, ions or elements in mol/kg (of "
          "water), mol/L, g/L or wt% (of solution); or a file .yaml")  # fmt: skip


def speciate(
    composition: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE.yaml] [NAME=AMOUNT]...", help=_PARTS)
    ] = None,
    temperature: Annotated[str | None, typer.Option("-t", "--temperature", help="Such as 60degC; 25 degC.")] = None,
    pressure: Annotated[str | None, typer.Option("--pressure", help="Such as 2bar; 1 atm.")] = None,
    pH: Annotated[
        str | None, typer.Option("--pH", help="To reach with --titrant; else as measured, with --balance.")
    ] = None,
    titrant: Annotated[
        str | None, typer.Option("--titrant", help="What is dosed to the pH: NaOH, H2SO4, Na2CO3.")
    ] = None,
    balance: Annotated[
        str | None, typer.Option("--balance", help="Ion that makes the charges cancel, such as SO4; or pH.")
    ] = None,
    solids: Annotated[
        str | None, typer.Option("--solids", help="What may form: auto (within hours), none, or names with commas.")
    ] = None,
    gas: Annotated[list[str] | None, typer.Option("--gas", help="Gas above the solution: CO2=0.0004bar.")] = None,
    saturate: Annotated[
        str | None, typer.Option("--saturate", help="Salt or solid to dissolve until no more goes in.")
    ] = None,
    Eh: Annotated[
        str | None, typer.Option("--Eh", help="Potential of all couples, against hydrogen: 0.77V; else independent.")
    ] = None,
    curve: Annotated[
        str | None,
        typer.Option("--curve", help="A curve instead: titration, solubility, distribution, saturation or pourbaix."),
    ] = None,
    of: Annotated[str | None, typer.Option("--of", help="Element of a distribution or Pourbaix diagram.")] = None,
    over: Annotated[
        str | None, typer.Option("--over", help='Range of a curve: pH 1..12, or "0..100 degC" of a solubility.')
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="File of the curve: .png, .svg or .pdf drawn, .csv or .json as a table.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every species and solid, however little.")] = False,
    sources: Annotated[bool, typer.Option("--sources", help="Every number used, with source and grade.")] = False,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Speciate one solution: pH, activities, saturation, what precipitates.

    Example: hydromet speciate NiSO4=1.2mol/kg H2SO4=0.1mol/kg Fe+3=0.5g/L -t 60degC --balance SO4
    """
    from hydromet.locale import BOTH, known

    options = {
        "temperature": temperature, "pressure": pressure, "pH": pH, "titrant": titrant, "balance": balance,
        "solids": solids, "gas": gas, "saturate": saturate, "Eh": Eh,
    }  # fmt: skip
    if not composition and not any(options.values()) and not (curve and of):
        raise typer.BadParameter(_NOTHING)
    if lang != BOTH:
        known(lang)
    if curve is None and (of or over or to):
        given = "--of" if of else "--over" if over else "--to"
        raise CommandError(
            "E547", read=f"{given} without --curve", expected="the kind of curve", write="--curve titration"
        )
    asked, document = read(composition or [], options)
    from hydromet.cli.typed import as_in_file

    try:
        if curve is None:
            _tell(asked, everything=everything, sources=sources, json=json, lang=lang)
            return
        from hydromet.cli.curve import ask, give

        give(ask(asked, curve, of, over), to, json=json, lang=lang)
    except ChemistryError as error:
        raise as_in_file(error, document) from None


def _tell(asked: SolutionFile, *, everything: bool, sources: bool, json: bool, lang: str) -> None:
    from hydromet.chemistry.solutions.speciation import speciate as ask
    from hydromet.chemistry.solutions.speciation_record import record

    told = record(ask(asked.question()), asked.title)
    if json:
        echo_json(told)
        return
    from hydromet.report.speciation import text

    typer.echo(text(told, lang, everything=everything, sources=sources))
    typer.echo("\nNext: the same with --sources, or --curve titration --titrant NaOH --pH 12 --to curve.png", err=True)


_NOTHING = "nothing to speciate. Try: hydromet speciate NiSO4=1.2mol/kg H2SO4=0.1mol/kg -t 60degC"


def read(words: list[str], options: dict[str, Any]) -> tuple[SolutionFile, Document | None]:
    """What was asked, and the document of the file if there is one.

    Raises:
        UserError, UserErrors: everything that is wrong with the words, the options and the file.
    """
    from hydromet.chemistry.solutions.solution_file import FORMAT, NEWEST, SolutionFile
    from hydromet.cli import typed
    from hydromet.source import load
    from hydromet.validation import validate

    files = [word for word in words if typed.is_file(word)]
    if len(files) > 1:
        raise ChemistryError("E549", read=f"two files: {', '.join(files)}", expected="one", write=files[0])
    document = typed.document_of([word for word in words if word not in files], options)
    try:
        given = validate(document, SolutionFile)
    except (UserError, UserErrors) as error:
        raise typed.as_typed(error) from None
    if not files:
        return given, None
    source = load(Path(files[0]))
    source.version(FORMAT, NEWEST)
    return typed.merged(validate(source, SolutionFile), given), source
