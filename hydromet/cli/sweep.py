"""``hydromet sweep``: a plant over the values of its settings, one at a time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hydromet.cli.options import Json, Language, echo_json

if TYPE_CHECKING:
    from hydromet.chemistry.solutions.curve import Curve
    from hydromet.cli.progress import Progress
    from hydromet.study.vary import Vary

_FILE = re.compile(r"[^\w.+-]+")


def sweep(
    file: Annotated[Path, typer.Argument(help="Flowsheet file.")],
    vary: Annotated[
        list[str],
        typer.Option("--vary", help='Path and values: "leach.temperature=40..90 degC" or "...=50, 60, 75 degC".'),
    ],
    points: Annotated[int, typer.Option("--points", help="Of a range, both ends included.", min=2)] = 20,
    show: Annotated[
        list[str] | None,
        typer.Option("--show", help="Path into result.json: recovery.Ni, products.nickel_sulfate.impurities_ppm.Co."),
    ] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", help='Another value for all points: --set leach.tanks="4".')
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for points, tables and figures; results/NAME_sweep.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Give up a point after so many seconds.", min=1.0)] = 600.0,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Solve a flowsheet over the values of a setting; several settings are varied one at a time.

    Points that the folder already holds for the same inputs are read, not solved again.

    Example: hydromet sweep flowsheets/nmc622_black_mass.yaml --vary "leach.temperature=40..90 degC" --points 11
    --show recovery.Ni --show reagents.peroxide.kg_per_t_feed -o results/temperature
    """
    from hydromet.cli.progress import Progress
    from hydromet.cli.run import changes_of
    from hydromet.locale import BOTH, known
    from hydromet.study.vary import vary as read_vary

    if lang != BOTH:
        known(lang)
    asked = [read_vary(text, points) for text in vary]
    changes = changes_of(change or [])
    folder = output or Path("results") / f"{file.stem}_sweep"
    curves = []
    with Progress() as progress:
        for each in asked:
            curve = _swept(file, each, changes, show or [], folder, seconds, progress)
            _write(curve, folder, lang)
            curves.append(curve)
    if json:
        echo_json([curve.to_dict() for curve in curves])
        return
    from hydromet.report.sweep import text

    typer.echo("\n\n".join(text(curve, lang) for curve in curves))
    typer.echo(f"\nWritten to {folder}: tables, figures, and every point below points/.", err=True)


def _swept(
    file: Path,
    vary: Vary,
    changes: dict[str, str],
    show: list[str],
    folder: Path,
    seconds: float,
    progress: Progress,
) -> Curve:
    """One sweep with its points in the folder."""
    from hydromet.flowsheet.solve import Limits
    from hydromet.study.points import Points
    from hydromet.study.sweep import Point, table
    from hydromet.study.sweep import sweep as solve

    done = 0

    def told(point: Point) -> None:
        nonlocal done
        done += 1
        how = "not solved" if point.result is None else "read" if point.kept else str(point.result["solver"]["start"])
        progress.point(f"{vary.path} = {point.text}: {how} ({done} of {len(vary.numbers)})")

    found = solve(
        file, vary, changes=changes, points=Points(folder), limits=Limits(seconds=seconds),
        watch=progress.passed, told=told,
    )  # fmt: skip
    title = next((p.result["title"] for p in found if p.result is not None), "")
    return table(vary, found, show, title if isinstance(title, str) else title.get("en", ""))


def _write(curve: Curve, folder: Path, lang: str) -> None:
    """Table and figure of a sweep.

    Raises:
        CommandError: E951, the folder cannot be written.
    """
    from hydromet.cli.curve import give

    stem = _FILE.sub("_", curve.subject)
    for ending in (".csv", ".png"):
        give(curve, folder / f"{stem}{ending}", json=False, lang=lang)
