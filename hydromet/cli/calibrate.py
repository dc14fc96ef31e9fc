"""``hydromet calibrate``: values fitted to measurements, written as a file a flowsheet can name.

The tag of the fit file says what is fitted: ``extraction_fit`` constants of an extractant, ``plant_fit`` parameters
of a plant.
"""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hydromet.cli.options import Json, Language, echo_json, write_text

if TYPE_CHECKING:
    from hydromet.calibrate.extraction import ExtractionFit, Point


def calibrate(
    file: Annotated[Path, typer.Argument(help="The fit file.", metavar="FIT.yaml")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder of what is written.")] = None,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Fit extraction constants to shake-out tests, or parameters of a plant to what was measured in steady windows.

    Example: hydromet calibrate plant_fit.yaml -o fits
    """
    from hydromet.calibrate import plant_fit_file, shake_tests
    from hydromet.errors import CalibrationError
    from hydromet.locale import BOTH, known
    from hydromet.source import load

    if lang != BOTH:
        known(lang)
    document = load(file)
    tags = (shake_tests.FORMAT, plant_fit_file.KEY)
    found = [tag for tag in tags if isinstance(document.data, dict) and tag in document.data]
    if len(found) != 1:
        raise CalibrationError(
            "E688", read=f"{' and '.join(found) or 'no'} tag of a fit", expected=f"one of {', '.join(tags)}",
            write="plant_fit: 1", place=document.place(found[1:2], key=True),
        )  # fmt: skip
    if found == [shake_tests.FORMAT]:
        _extraction(file, output, lang, json=json)
    else:
        _plant(file, output, lang, json=json)


def _plant(file: Path, output: Path | None, lang: str, *, json: bool) -> None:
    """A plant: parameters file and record."""
    from hydromet.assess.case import load
    from hydromet.calibrate.parameters_file import fit_record, parameters_yaml
    from hydromet.calibrate.plant_fit import fit
    from hydromet.calibrate.plant_fit_file import read_plant_fit
    from hydromet.calibrate.plant_model import PlantModel
    from hydromet.cli.progress import Progress

    case = read_plant_fit(file)
    with Progress() as progress:
        model = PlantModel(case, told=lambda count: progress.solves(case.file.name, count))
        model.check()
        model.start()
        done = fit(case, model)
    changes = {p.path: p.text(p.start) for p in case.parameters}
    inputs = {**model.inputs, **case.inputs}
    folder = output or Path("fits") / case.file.name
    target = folder / "parameters.yaml"
    record = fit_record(case, done, model, inputs)
    write_text(target, parameters_yaml(case, done, load(case.flowsheet, changes), inputs, target.name))
    write_text(folder / "fit.json", _text(record))
    if json:
        echo_json(record)
    else:
        from hydromet.report.plant_fit import text

        typer.echo(text(record, lang))
    for code, told in done.notices:
        typer.echo(f"{code}  {told}", err=True)
    typer.echo(f"Written: {target}, {folder / 'fit.json'}", err=True)
    typer.echo(f"Next: parameters: {target.name} in {case.file.flowsheet}, with the file beside it", err=True)


def _extraction(file: Path, output: Path | None, lang: str, *, json: bool) -> None:
    """An extractant: its file, the record and the residual plot."""
    from hydromet.calibrate.extractant_file import extractant_yaml, fit_record
    from hydromet.calibrate.extraction import fit
    from hydromet.calibrate.shake_tests import read_fit

    case = read_fit(file)
    done = fit(case)
    folder = output or Path("fits") / case.file.name
    record = fit_record(case, done)
    extractant = folder / "data" / "extractants" / f"{case.file.name}.yaml"
    write_text(extractant, extractant_yaml(case, done))
    write_text(folder / "fit.json", _text(record))
    _draw(record, folder / "residuals.png")
    if json:
        echo_json(record)
    else:
        _table(done, lang)
    for code, text in done.notices:
        typer.echo(f"{code}  {text}", err=True)
    typer.echo(f"Written: {extractant}, {folder / 'fit.json'}, {folder / 'residuals.png'}", err=True)
    typer.echo(f"Next: HYDROMET_DATA={folder} hydromet run PLANT.yaml, with extractant: {case.file.name}", err=True)


def _text(record: dict[str, Any]) -> str:
    import json

    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _draw(record: dict[str, Any], file: Path) -> None:
    from hydromet.report.plots import style
    from hydromet.report.plots.fit_residuals import figure

    style.save(figure(record), file)


def _table(done: ExtractionFit, language: str) -> None:
    """Constants with standard errors, strong correlations, and each metal's worst point."""
    from hydromet.locale import tr
    from hydromet.report.layout import table

    heads = [tr("Metal", language), tr("Parameter", language), tr("Value", language), "±", tr("Start", language)]
    rows = [
        [one.ion, one.what, f"{one.value:.3f}", f"{one.error:.3f}" if isfinite(one.error) else "?", f"{one.start:.3f}"]
        for one in done.parameters
    ]
    typer.echo(table(heads, rows, left=2, indent=""))
    names = [f"{one.what} {one.ion}" for one in done.parameters]
    for i, row in enumerate(done.correlation):
        for j in range(i):
            if abs(row[j]) > 0.9:  # worth a line
                typer.echo(f"{tr('Correlated', language)} {row[j]:+.2f}: {names[j]}, {names[i]}")
    typer.echo(f"\n{tr('Calculated less measured', language)}")
    units = {
        "isotherm": tr("points of extraction", language),
        "loading": tr("percent of the organic", language),
        "pH50": tr("pH of half extraction", language),
    }
    rows = []
    for ion in dict.fromkeys(point.measured.ion for point in done.points):
        mine = [point for point in done.points if point.measured.ion == ion and point.measured.fitted]
        for kind, unit in units.items():
            off = [_miss(p) for p in mine if p.kind == kind]
            if off:
                rows.append([ion, unit, str(len(off)), f"{sum(off) / len(off):+.2f}", f"{max(off, key=abs):+.2f}"])
    heads = [
        tr("Metal", language), tr("Unit", language), tr("Points", language), tr("Mean", language),
        tr("Largest", language),
    ]  # fmt: skip
    typer.echo(table(heads, rows, left=2, indent=""))


def _miss(point: Point) -> float:
    if point.kind == "loading":
        return 100.0 * (point.calculated / point.measured.value - 1.0)
    return point.calculated - point.measured.value
