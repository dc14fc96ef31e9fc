"""``hydromet speciate``: one solution, asked everything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hydromet.cli.options import Json, Language, echo_json
from hydromet.errors import ChemistryError, UserError, UserErrors

if TYPE_CHECKING:
    from hydromet.chemistry.solution_file import SolutionFile
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
    everything: Annotated[bool, typer.Option("--all", help="Every species and solid, however little.")] = False,
    sources: Annotated[bool, typer.Option("--sources", help="Every number used, with source and grade.")] = False,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Speciate one solution: pH, activities, saturation, what precipitates.

    Example: hydromet speciate NiSO4=1.2mol/kg H2SO4=0.1mol/kg Fe+3=0.5g/L -t 60degC --balance SO4
    """
    options = {
        "temperature": temperature, "pressure": pressure, "pH": pH, "titrant": titrant, "balance": balance,
        "solids": solids, "gas": gas, "saturate": saturate, "Eh": Eh,
    }  # fmt: skip
    if not composition and not any(options.values()):
        raise typer.BadParameter(_NOTHING)
    asked, document = read(composition or [], options)
    from hydromet.chemistry.speciation import speciate as ask
    from hydromet.chemistry.speciation_record import record
    from hydromet.cli.typed import as_in_file
    from hydromet.locale import BOTH, known

    if lang != BOTH:
        known(lang)
    try:
        found = ask(asked.question())
    except ChemistryError as error:
        raise as_in_file(error, document) from None
    told = record(found, asked.title)
    if json:
        echo_json(told)
        return
    from hydromet.report.speciation import text

    typer.echo(text(told, lang, everything=everything, sources=sources))


_NOTHING = "nothing to speciate. Try: hydromet speciate NiSO4=1.2mol/kg H2SO4=0.1mol/kg -t 60degC"


def read(words: list[str], options: dict[str, Any]) -> tuple[SolutionFile, Document | None]:
    """What was asked, and the document of the file if there is one.

    Raises:
        UserError, UserErrors: everything that is wrong with the words, the options and the file.
    """
    from hydromet.chemistry.solution_file import FORMAT, NEWEST, SolutionFile
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
