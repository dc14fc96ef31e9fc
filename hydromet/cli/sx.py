"""``hydromet sx``: laboratory tests and the design of a solvent-extraction circuit."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hydromet.cli.options import Json, Language, echo_json
from hydromet.errors import CommandError, ExtractionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hydromet.chemistry.solutions.curve import Curve
    from hydromet.study.sx_case import SxCase
    from hydromet.study.sx_circuit import Section
    from hydromet.units.base import Notice

app = typer.Typer(
    name="sx",
    no_args_is_help=True,
    help="Solvent extraction: laboratory tests simulated, circuits designed, mixer-settlers sized.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)

Case = Annotated[Path | None, typer.Argument(help="Case file; not needed with --from.", metavar="[CASE.yaml]")]
From = Annotated[
    tuple[str, str] | None,
    typer.Option("--from", help="A result and a unit in it whose phases are the case.", metavar="RESULT UNIT"),
]
Change = Annotated[list[str] | None, typer.Option("--set", help='Change a value: --set extraction.o_a="1.5".')]
To = Annotated[
    list[Path] | None, typer.Option("--to", help="File of the table: .csv or .json; .png, .svg or .pdf drawn.")
]
Points = Annotated[int, typer.Option("--points", help="Number of flasks.", min=2, max=200)]
Ratios = Annotated[str, typer.Option("--o-a", help="Range of O/A.")]
_NESTED = re.compile(r"(?P<section>\w+): \{(?P<key>\w+): \{(?P<metal>[\w/+]+): (?P<value>[^{}]+)\}\}\Z")
_PH = "2..7"
_RATIOS = "0.1..10"


@app.command()
def isotherm(
    case: Case = None,
    source: From = None,
    pH: Annotated[str, typer.Option("--pH", help="Range of the flasks.")] = _PH,
    points: Points = 21,
    change: Change = None,
    to: To = None,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Share extracted against pH, one flask a pH, held with base or acid.

    Example: hydromet sx isotherm cobalt.yaml --pH 2..7
    """
    from hydromet.study.shake_out import pH_isotherm

    _language(lang)
    low, high = _range(pH, "--pH", _PH, lowest=-2.0, highest=16.0)
    with _typed(case):
        found = pH_isotherm(_read(case, source, change), _spaced(low, high, points))
    _give(found, to, json=json, lang=lang)


@app.command()
def loading(
    case: Case = None,
    source: From = None,
    pH: Annotated[
        float | None, typer.Option("--pH", help="Held in every flask; that of the raffinate.", min=-2.0, max=16.0)
    ] = None,
    ratio: Ratios = _RATIOS,
    points: Points = 13,
    change: Change = None,
    to: To = None,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Both phases at a held pH, one flask an O/A.

    Example: hydromet sx loading cobalt.yaml --pH 5
    """
    from hydromet.study.shake_out import loading_isotherm

    _language(lang)
    read = _read(case, source, change)
    held = pH if pH is not None else read.file.extraction.raffinate_pH
    held = held if held is not None else read.file.targets.raffinate_pH
    if held is None:
        raise CommandError("E547", read="loading without --pH", expected="the pH of the flasks", write="--pH 5")
    low, high = _range(ratio, "--o-a", _RATIOS, lowest=0.0)
    with _typed(case):
        found = loading_isotherm(read, held, _ratios(low, high, points))
    _give(found, to, json=json, lang=lang)


@app.command("o-a")
def o_a(
    case: Case = None,
    source: From = None,
    ratio: Ratios = _RATIOS,
    points: Points = 13,
    change: Change = None,
    to: To = None,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Both phases over a series of O/A, the pH as it comes.

    Example: hydromet sx o-a cobalt.yaml --o-a 0.2..5
    """
    from hydromet.study.shake_out import o_a_sweep

    _language(lang)
    low, high = _range(ratio, "--o-a", _RATIOS, lowest=0.0)
    with _typed(case):
        found = o_a_sweep(_read(case, source, change), _ratios(low, high, points))
    _give(found, to, json=json, lang=lang)


@app.command()
def design(
    words: Annotated[
        list[str],
        typer.Argument(
            help="Case file, and what is asked: stages, o_a, saponification, strip_acid or scrub_ratio.",
            metavar="[CASE.yaml] QUESTION",
        ),
    ],
    source: From = None,
    section: Annotated[
        str, typer.Option("--section", help="Of `stages`: extraction, scrubbing or stripping.")
    ] = "extraction",
    change: Change = None,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """The least stages, O/A, saponification, strip acid or scrub liquor that meets the targets of the case.

    Example: hydromet sx design cobalt.yaml stages
    """
    from hydromet.study import sx_design
    from hydromet.study.sx_circuit import SECTIONS

    _language(lang)
    files = [word for word in words if word.casefold().endswith((".yaml", ".yml"))]
    questions = [word.replace("-", "_") for word in words if word not in files]
    question = _one_of(" ".join(questions), sx_design.QUESTIONS, "a question", "hydromet sx design cobalt.yaml")
    section = _one_of(section, SECTIONS, "a section", "--section")
    if len(files) > 1:
        raise CommandError("E547", read=" ".join(files), expected="one case file", write=files[0])
    case = Path(files[0]) if files else None
    with _typed(case):
        read = _read(case, source, change)
        found = sx_design.stages(read, section) if question == "stages" else sx_design.QUESTIONS[question](read)
    _warn(found.notices)
    if json:
        echo_json(found.to_dict())
        return
    from hydromet.report.sx import design as text

    typer.echo(text(found, lang))


@app.command()
def run(
    case: Case = None, source: From = None, change: Change = None, json: Json = False, lang: Language = "en"
) -> None:
    """The circuit as the case states it: every section with its stages.

    Example: hydromet sx run cobalt.yaml --set extraction.stages=5
    """
    from hydromet.study.sx_circuit import record

    _language(lang)
    with _typed(case):
        sections = _sections(_read(case, source, change))
    for one in sections.values():
        _warn([*one.notices, *one.result.notices])
    if json:
        echo_json(record(sections))
        return
    from hydromet.report.sx import circuit as text

    typer.echo(text(sections, lang))


@app.command("mccabe-thiele")
def mccabe_thiele(
    case: Case = None,
    source: From = None,
    section: Annotated[str, typer.Option("--section", help="extraction, scrubbing or stripping.")] = "extraction",
    metal: Annotated[list[str] | None, typer.Option("--metal", help="As often as needed; a panel each.")] = None,
    log: Annotated[bool, typer.Option("--log", help="Logarithmic axes: the dilute end can be read.")] = False,
    change: Change = None,
    to: To = None,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Operating line, equilibrium line and steps of a section of the circuit as the case states it.

    Example: hydromet sx mccabe-thiele cobalt.yaml --metal Co --to cobalt.png
    """
    from hydromet.study.cascades import mccabe_thiele_table
    from hydromet.study.sx_circuit import as_cascade

    _language(lang)
    with _typed(case):
        read = _read(case, source, change)
        sections = _sections(read)
        name = _one_of(section, sections, "a section of the case", "--section")
        table = mccabe_thiele_table(as_cascade(read, sections[name]), metal or ())
    _give(table, to, json=json, lang=lang, **({"log": True} if log else {}))


@app.command()
def size(
    case: Case = None, source: From = None, change: Change = None, json: Json = False, lang: Language = "en"
) -> None:
    """Mixers from the residence time and settlers from the specific flow, for every section of the case.

    Example: hydromet sx size cobalt.yaml --set equipment.specific_flow="3.5 m3/m2/h"
    """
    from hydromet.study import mixer_settler

    _language(lang)
    with _typed(case):
        read = _read(case, source, change)
        sections = _sections(read)
    found = [mixer_settler.size(section, read.file.equipment) for section in sections.values()]
    _warn(mixer_settler.unusual(read.file.equipment))
    basis = mixer_settler.basis(read.file.equipment)
    if json:
        sizes = [one.to_dict() for one in found]
        echo_json({"format": mixer_settler.FORMAT, "mixer_settlers": sizes, "basis": basis})
        return
    from hydromet.report.sx import sizes as text

    typer.echo(text(found, [row["text"] for row in basis], lang))


def _language(lang: str) -> None:
    from hydromet.locale import BOTH, known

    if lang != BOTH:
        known(lang)


def _read(case: Path | None, source: tuple[str, str] | None, change: list[str] | None) -> SxCase:
    from hydromet.cli.run import changes_of
    from hydromet.study.sx_case import read_case

    if case is None and source is None:
        raise CommandError(
            "E547", read="no case", expected="a case file, or --from with a result and a unit",
            write="hydromet new sx cobalt",
        )  # fmt: skip
    return read_case(case, changes_of(change or []), source)


@contextmanager
def _typed(case: Path | None) -> Iterator[None]:
    """Errors of a case without a file: the line that works is an option."""
    try:
        yield
    except ExtractionError as error:
        if case is None:
            error.place = None if error.place is None or error.place.file == "command line" else error.place
            match = _NESTED.match(error.write)
            if match:
                error.write = f'--set {match["section"]}.{match["key"]}.{match["metal"]}="{match["value"]}"'
        raise


def _sections(case: SxCase) -> dict[str, Section]:
    from hydromet.study.sx_circuit import solve

    return solve(case)


def _warn(notices: Iterable[Notice]) -> None:
    for one in notices:
        typer.echo(f"{one.code}  {one.text}", err=True)


def _give(found: Curve, to: list[Path] | None, *, json: bool, lang: str, **options: Any) -> None:
    from hydromet.cli.curve import give

    files: list[Path | None] = [*to] if to else [None]
    for file in files:
        give(found, file, json=json, lang=lang, **options)


def _one_of(word: str, known: Iterable[str], what: str, write: str) -> str:
    from hydromet.source import nearest

    names = list(known)
    if word in names:
        return word
    near = nearest(word, names) or names
    raise CommandError(
        "E547", read=word or "nothing", expected=f"{what}: one of {', '.join(names)}", write=f"{write} {near[0]}"
    )


def _range(text: str, option: str, usual: str, lowest: float, highest: float = 1e4) -> tuple[float, float]:
    """``2..7`` as two numbers."""
    low, dots, high = text.partition("..")
    try:
        found = float(low), float(high)
    except ValueError:
        found = (1.0, 0.0)
    if not dots or not lowest <= found[0] < found[1] <= highest or (lowest == 0.0 and found[0] == 0.0):
        raise CommandError(
            "E547", read=f"{option} {text}", expected=f"a low and a high end from {lowest:g} to "
            f"{highest:g}, the low end first", write=f"{option} {usual}",
        )  # fmt: skip
    return found


def _spaced(low: float, high: float, points: int) -> list[float]:
    return [round(low + (high - low) * i / (points - 1), 6) for i in range(points)]


def _ratios(low: float, high: float, points: int) -> list[float]:
    return [float(f"{low * (high / low) ** (i / (points - 1)):.6g}") for i in range(points)]


__all__: list[Any] = ["app"]
