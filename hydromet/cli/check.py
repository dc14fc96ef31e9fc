"""``hydromet check``: everything that can be said of a flowsheet without solving it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hydromet.cli.options import Json, Language, echo_json
from hydromet.errors import EXIT_OK, UserError, UserErrors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hydromet.assess.case import Flowsheet


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Flowsheet files.")],
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Read and check flowsheets, recovery cases, inventories and company files without solving; tells every mistake.

    Example: hydromet check flowsheets/nmc622_black_mass.yaml
    """
    from hydromet.assess.case import load

    told: list[dict[str, Any]] = []
    worst = EXIT_OK
    for file in files:
        try:
            case = _CASES.get(_kind(file))
            found = case(file) if case else _described(load(file))
        except (UserError, UserErrors) as error:
            worst = max(worst, error.exit_code)
            errors = error.errors if isinstance(error, UserErrors) else (error,)
            told.append({"file": str(file), "ok": False, "errors": [each.to_dict() for each in errors]})
            if not json:
                typer.echo(str(error), err=True)
            continue
        told.append({"file": str(file), "ok": True, **found})
        if not json:
            typer.echo(_shown(str(file), found, lang))
    if json:
        echo_json(told)
    if worst:
        raise typer.Exit(worst)


def _kind(file: Path) -> str:
    """Key of the format of a file that is no flowsheet; what cannot be read is told by the reader of flowsheets."""
    from hydromet.source import load

    try:
        data = load(file).data
    except (UserError, UserErrors):
        return ""
    if not isinstance(data, dict) or "hydromet" in data:
        return ""
    return next((key for key in _CASES if key in data), "")


def _recovery(file: Path) -> dict[str, Any]:
    from hydromet.assess.eu_recovery.case_file import read_case

    found = read_case(file).file
    return {"year": found.year, "lots": list(found.lots), "facilities": list(found.facilities)}


def _company(file: Path) -> dict[str, Any]:
    from hydromet.assess.exports.company import read_company

    return {"products": list(read_company(file).file.products)}


def _carbon(file: Path) -> dict[str, Any]:
    from hydromet.assess.carbon.assess import run

    (found,) = run(file)
    return {"activities": len(found["activities"]), "outputs": list(found["outputs"])}


# Key of the format version -> its reader. A company file may name a recovery case: its own key goes first.
_CASES: Mapping[str, Callable[[Path], dict[str, Any]]] = {"export": _company, "recovery": _recovery, "carbon": _carbon}


def _described(flowsheet: Flowsheet) -> dict[str, Any]:
    from hydromet.assess.eu_recovery.case_file import case_of, has_section

    plant = flowsheet.plant
    if has_section(plant.document):
        case_of(plant.document, Path(plant.document.name).parent)
    return {
        "units": list(flowsheet.units),
        "recycles": {tear: list(way) for block in plant.plan.blocks for tear, way in block.all_loops().items()},
        "rates": {name: feed.rate * 3600.0 for name, feed in plant.feeds.items() if not feed.drawn},
        "drawn": [name for name, feed in plant.feeds.items() if feed.drawn],
        "targets": {aim.knob.path: aim.figure.path for aim in plant.aims},
        "constant_splits": _splits(flowsheet),
        "leaves": {stream: f"{kind}.{name}" for stream, (kind, name, _) in plant.file.leaving().items()},
        "warnings": [f"{n.code} {name}: {n.text}" for name, feed in plant.feeds.items() for n in feed.notices],
    }


def _splits(flowsheet: Flowsheet) -> list[str]:
    """Units that are nothing but a declared split; those inside other units are listed in the result."""
    return [name for name, unit in flowsheet.plant.units.items() if unit.model in {"split", "separate"}]


def _shown(file: str, found: dict[str, Any], lang: str) -> str:
    from hydromet.locale import tr
    from hydromet.report.layout import number, table

    lines = [f"{file}: {tr('nothing wrong', lang)}"]
    if "lots" in found:
        return "\n".join([*lines, f"  {found['year']}: {', '.join(found['lots'])} → {', '.join(found['facilities'])}"])
    if "outputs" in found:
        outputs = ", ".join(found["outputs"])
        return "\n".join([*lines, f"  {found['activities']} {tr('activities', lang)} → {outputs}"])
    if "products" in found:
        return "\n".join([*lines, f"  {', '.join(found['products'])}"])
    lines.append(f"  {len(found['units'])} {tr('units', lang)}: {', '.join(found['units'])}")
    if found["recycles"]:
        rows = [[tear, " → ".join(way)] for tear, way in found["recycles"].items()]
        lines.append(table([tr("recycles, torn at", lang), tr("way round", lang)], rows, left=2))
    rates = ", ".join(f"{name} {number(rate)} kg/h" for name, rate in found["rates"].items())
    lines.append(f"  {tr('feeds with a rate', lang)}: {rates or '–'}")
    lines.append(f"  {tr('feeds drawn by units', lang)}: {', '.join(found['drawn']) or '–'}")
    for vary, until in found["targets"].items():
        lines.append(f"  {tr('target', lang)}: {vary} → {until}")
    if found["constant_splits"]:
        lines.append(f"  {tr('declared splits', lang)}: {', '.join(found['constant_splits'])}")
    lines.append(table([tr("leaves by", lang), tr("as", lang)], [list(row) for row in found["leaves"].items()], left=2))
    lines += [f"  {warning}" for warning in found["warnings"]]
    return "\n".join(lines)
