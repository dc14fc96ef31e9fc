"""Curves of ``hydromet speciate``: which one is asked for, and where it goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import typer

from hydromet.cli.options import echo_json, unwritable, write_text
from hydromet.errors import CommandError, QuantityError

if TYPE_CHECKING:
    from pathlib import Path

    from hydromet.chemistry.redox.pourbaix import Pourbaix
    from hydromet.chemistry.solutions.curve import Curve
    from hydromet.chemistry.solutions.solution import Solution
    from hydromet.chemistry.solutions.solution_file import SolutionFile

KINDS = ("titration", "solubility", "distribution", "saturation", "pourbaix")
_RANGE = re.compile(r"\s*(?P<low>[-+.\deE]+?)\s*\.\.\s*(?P<high>[-+.\deE]+)\s*(?P<unit>.*)\Z")
_PH = (0.0, 14.0)


def ask(asked: SolutionFile, kind: str, of: str | None, over: str | None) -> Curve | Pourbaix:
    """The curve that is asked for.

    Raises:
        CommandError: E547, something it needs is not said.
        ChemistryError: as the curves themselves.
    """
    from hydromet.chemistry.redox.pourbaix import pourbaix
    from hydromet.chemistry.solutions import curves
    from hydromet.chemistry.solutions.speciation import put_together

    if kind not in KINDS:
        from hydromet.source import nearest

        near = nearest(kind, KINDS) or KINDS[:1]
        raise CommandError("E547", read=kind, expected=f"one of {', '.join(KINDS)}", write=f"--curve {near[0]}")
    solution = put_together(asked.question())[1]
    if kind == "titration":
        if not asked.titrant or asked.pH is None:
            raise _needs(kind, "what is dosed, and to which pH", "--curve titration --titrant NaOH --pH 12")
        return curves.titration(solution, asked.titrant, asked.pH, solids=asked.solids, gases=asked.gases)
    if kind == "solubility":
        if not asked.saturate:
            raise _needs(kind, "the salt that is dissolved", "--curve solubility --saturate NiSO4")
        low, high = _range(over, "temperature", (273.15, 373.15))
        return curves.solubility(asked.saturate, solution, temperatures=(low, high))
    pH = _range(over, "pH", _PH)
    if kind == "saturation":
        return curves.saturation(solution, pH=pH, solids=asked.solids)
    element = of or _only_metal(solution, kind)
    if kind == "distribution":
        return curves.distribution(solution, element, pH=pH, solids=asked.solids)
    medium = solution if solution.composition else None
    return pourbaix(element, medium, temperature=asked.temperature, pH=pH)


def _needs(kind: str, what: str, write: str) -> CommandError:
    return CommandError("E547", read=f"--curve {kind}", expected=what, write=write)


def _only_metal(solution: Solution, kind: str) -> str:
    """The element of the cations if there is one beside hydrogen and the alkalis."""
    from hydromet.chemistry.salts import CATIONS
    from hydromet.species import species

    metals = [
        e
        for name in solution.stream.flows
        if name in CATIONS and species(name).charge > 1
        for e in species(name).elements
    ]
    if len(metals) == 1:
        return metals[0]
    found = ", ".join(sorted(set(metals))) or "an element of the solution"
    raise _needs(kind, f"the element: {found}", f"--curve {kind} --of {min(metals, default='Ni')}")


def _range(text: str | None, dimension: str, usual: tuple[float, float]) -> tuple[float, float]:
    """``0..100 degC`` as two SI numbers, the unit once.

    Raises:
        CommandError: E547, no range. QuantityError: E2xx.
    """
    from hydromet.quantity import parse

    if text is None:
        return usual
    example = "1..12" if dimension == "pH" else '"0..100 degC"'
    match = _RANGE.match(text)
    if match is None:
        raise CommandError("E547", read=f"--over {text}", expected="a low and a high end", write=f"--over {example}")
    try:
        low, high = (parse(f"{match[end]} {match['unit']}".strip(), dimension) for end in ("low", "high"))
    except QuantityError as error:
        error.write = f"--over {example}"
        raise
    if not low < high:
        raise CommandError("E547", read=f"--over {text}", expected="the low end first", write=f"--over {example}")
    return low, high


def give(found: Curve | Pourbaix, to: Path | None, *, json: bool, lang: str, **options: Any) -> None:
    """Print a curve, or write it as a table or a figure; options are those of the figure.

    Raises:
        CommandError: E548 an unknown ending, E951 the file cannot be written.
    """
    from hydromet.chemistry.solutions.curve import Curve
    from hydromet.chemistry.solutions.curves import boundaries

    table = found if isinstance(found, Curve) else boundaries(found)
    if to is None:
        if json:
            echo_json(table.to_dict())
            return
        from hydromet.report.curve import text

        typer.echo(text(table, lang))
        return
    if to.suffix.casefold() == ".csv":
        write_text(to, table.to_csv())
    elif to.suffix.casefold() == ".json":
        import json as plain

        write_text(to, plain.dumps(table.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        _draw(found, to, lang, **options)
    typer.echo(f"Written: {to}", err=True)


def _draw(found: Curve | Pourbaix, to: Path, lang: str, **options: Any) -> None:
    from hydromet.report import plots
    from hydromet.report.plots import style

    if to.suffix.casefold() not in style.ENDINGS:
        endings = ", ".join((*style.ENDINGS, ".csv", ".json"))
        raise CommandError("E548", read=to.name, expected=f"a name ending in {endings}", write=f"--to {to.stem}.png")
    if style.words(lang) != lang:
        fonts = ", ".join(style.JAPANESE[:3])
        typer.echo(f"No font with Japanese characters here: the figure is in English. Needed: {fonts} ...", err=True)
    try:
        plots.draw(found, to, lang, **options)
    except OSError as error:
        raise unwritable(to, error) from None
