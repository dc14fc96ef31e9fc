"""``hydromet plot``: figures of a result, each with the table behind it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from hydromet.cli.options import Json, Language, echo_json
from hydromet.errors import CommandError

if TYPE_CHECKING:
    from hydromet.chemistry.solutions.curve import Curve
    from hydromet.flowsheet.result import Result
    from hydromet.study.cascades import Cascade

CASCADE_KINDS = ("mccabe-thiele", "stages", "isotherm", "loading")
CARBON_KINDS = ("carbon", "carbon-grid")
KINDS = (*CASCADE_KINDS, "sankey", *CARBON_KINDS)
_WITH_LOG = ("mccabe-thiele", "loading")
# Share of an element in the products from which on it is drawn without being asked for.
_RECOVERED = 0.05


def plot(
    result: Annotated[Path, typer.Argument(help="result.json, or the folder that holds it.")],
    kind: Annotated[str, typer.Argument(help=", ".join(KINDS))],
    unit: Annotated[
        str | None,
        typer.Argument(
            help="An extract, scrub or strip unit, the element of a sankey, the product of a footprint; all that suit "
            "the kind if absent.",
            metavar="[UNIT, ELEMENT or PRODUCT]",
        ),
    ] = None,
    metal: Annotated[
        list[str] | None, typer.Option("--metal", help="Of a McCabe-Thiele diagram, as often as needed; a panel each.")
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Logarithmic axes: the dilute end can be read.")] = False,
    to: Annotated[
        list[Path] | None,
        typer.Option("--to", help="File: .png, .svg or .pdf drawn, .csv or .json the table; PLOTS/ beside the result."),
    ] = None,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Draw a result: McCabe-Thiele, stages, isotherms of its cascades, an element through the plant, its footprint.

    Example: hydromet plot results/nmc622_black_mass mccabe-thiele cobalt_extraction --log
    """
    from hydromet.flowsheet.result import read_result
    from hydromet.locale import BOTH, known

    if lang != BOTH:
        known(lang)
    _check(kind, metal, log, to)
    found = read_result(result)
    tables = _tables(found, kind, unit, metal or [], result)
    if to and len(tables) > 1:
        raise CommandError(
            "E648", read=f"--to for {len(tables)} figures: {', '.join(tables)}",
            expected="one of them", write=f"{kind} {next(iter(tables))} --to {to[0]}",
        )  # fmt: skip
    if json:
        echo_json([table.to_dict() for table in tables.values()])
        return
    options = {"log": True} if log else {}
    folder = (result if result.is_dir() else result.parent) / "plots"
    from hydromet.cli.curve import give

    for name, table in tables.items():
        stem = "_".join([name, kind, *(metal or []), *options])
        for file in to or [folder / f"{stem}.png", folder / f"{stem}.csv"]:
            give(table, file, json=False, lang=lang, **options)


def _check(kind: str, metal: list[str] | None, log: bool, to: list[Path] | None) -> None:
    """The kind is known, the options suit it, and the files can be written in their formats.

    Raises:
        CommandError: E645, E647, E548.
    """
    from hydromet.report.plots import style
    from hydromet.source import nearest

    if kind not in KINDS:
        near = nearest(kind, KINDS) or KINDS[:1]
        raise CommandError(
            "E645", read=kind, expected=f"one of {', '.join(KINDS)}", write=f"hydromet plot RESULT {near[0]}"
        )
    for given, option, kinds in ((metal, "--metal", ("mccabe-thiele",)), (log, "--log", _WITH_LOG)):
        if given and kind not in kinds:
            raise CommandError("E647", read=f"{kind} {option}", expected=f"{option} with {' or '.join(kinds)}")
    for file in to or []:
        if file.suffix.casefold() not in (*style.ENDINGS, ".csv", ".json"):
            endings = ", ".join((*style.ENDINGS, ".csv", ".json"))
            raise CommandError(
                "E548", read=file.name, expected=f"a name ending in {endings}", write=f"--to {file.stem}.png"
            )


def _tables(found: Result, kind: str, unit: str | None, metals: list[str], file: Path) -> dict[str, Curve]:
    """Name -> table of every figure asked for."""
    if kind == "sankey":
        return _elements(found, unit)
    return _footprint(found, kind, unit) if kind in CARBON_KINDS else _cascades(found, kind, unit, metals, file)


def _footprint(result: Result, kind: str, product: str | None) -> dict[str, Curve]:
    """A product's footprint by allocation or by grid, or that of all of them.

    Raises:
        CommandError: E646 the result has no footprint, or none of this product.
    """
    from hydromet.assess.exports.footprint import footprint
    from hydromet.report import carbon_curves
    from hydromet.report.carbon_read import record_of
    from hydromet.source import nearest

    record = record_of(result)
    if record is None:
        raise CommandError("E646", read=f"{kind} of a result without a footprint",
                           expected="that of a flowsheet with a carbon: section",
                           write="carbon: {grid: JP-Tokyo-2024}")  # fmt: skip
    made = footprint(record)
    if product is not None and product not in made.products:
        near = nearest(product, made.products) or tuple(made.products)
        raise CommandError("E646", read=f"{kind} of {product}", expected=f"one of {', '.join(made.products)}",
                           write=f"{kind} {near[0]}")  # fmt: skip
    draw = carbon_curves.stack if kind == CARBON_KINDS[0] else carbon_curves.grid
    return {name: draw(made, name) for name in ([product] if product else made.products)}


def _elements(result: Result, element: str | None) -> dict[str, Curve]:
    """The flows of an element, or of every one of which the products hold a good part.

    Raises:
        CommandError: E649 the element is not in the plant.
    """
    from hydromet.report.element_flows import element_flows

    wanted = [element] if element else [name for name, share in result.recovery.items() if share >= _RECOVERED]
    return {name: element_flows(result, name) for name in wanted}


def _cascades(result: Result, kind: str, unit: str | None, metals: list[str], file: Path) -> dict[str, Curve]:
    """The table of a cascade that is named, or of all that the kind suits.

    Raises:
        CommandError: E641 to E644 of the unit and its metals, E646 it does not suit the kind.
    """
    from hydromet.study import cascades

    chosen = _chosen(result, kind, unit)
    if kind == "mccabe-thiele":
        return {one.name: cascades.mccabe_thiele_table(one, metals) for one in chosen}
    if kind == "stages":
        return {one.name: cascades.profile_table(one) for one in chosen}
    return {one.name: cascades.laboratory(one, kind, str(file)) for one in chosen}


def _chosen(result: Result, kind: str, unit: str | None) -> list[Cascade]:
    """The cascade that is named, or all that the kind suits.

    Raises:
        CommandError: E641 to E644 of the unit, E646 it does not suit the kind.
    """
    from hydromet.study.cascades import cascade, cascades

    extracting = kind in ("isotherm", "loading")
    if unit is None:
        there = [one for one in cascades(result).values() if one.model == "extract" or not extracting]
        if not there:
            raise CommandError("E642", read="a plant without cascades", expected="an extract, scrub or strip unit")
        return there
    found = cascade(result, unit)
    if extracting and found.model != "extract":
        usable = [one.name for one in cascades(result).values() if one.model == "extract"]
        raise CommandError(
            "E646", read=f"{kind} of {unit}, {found.model}", expected=f"an extract unit: {', '.join(usable)}",
            write=f"{kind} {usable[0]}" if usable else f"mccabe-thiele {unit}",
        )  # fmt: skip
    return [found]
