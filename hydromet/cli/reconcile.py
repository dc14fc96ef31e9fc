"""``hydromet reconcile``: a recorded run against the balances of a flowsheet. Here the record meets the calibration."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hydromet.cli.options import Json, Language, echo_json, write_text
from hydromet.errors import CommandError

if TYPE_CHECKING:
    from hydromet.calibrate.readings import Breaks, Link, Readings
    from hydromet.calibrate.reconcile_file import Case

FILE = "reconciled.json"


def reconcile(
    file: Annotated[
        Path, typer.Argument(help="Reconciliation file, or flowsheet.", metavar="RECONCILE.yaml|FLOWSHEET")
    ],
    run: Annotated[Path | None, typer.Argument(help="Folder of a run, with a flowsheet.", metavar="RUN")] = None,
    begin: Annotated[str | None, typer.Option("--from", help="Readings from then on: 2026-11-26T14:00Z.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Readings before then.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder of reconciled.json; below results/.")
    ] = None,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Steady windows of a run, reconciled with the balances of the flowsheet; instruments that are off are named.

    Example: hydromet reconcile flowsheets/pilot/leach_train.yaml run
    """
    from hydromet.calibrate.reconcile_record import record, written
    from hydromet.calibrate.reconcile_run import reconcile_run
    from hydromet.locale import BOTH, known
    from hydromet.report.reconcile import text

    if lang != BOTH:
        known(lang)
    case, source = _case(file, run)
    readings, links, breaks = _read(case, source, begin or case.file.begin, to or case.file.to)
    found = record(reconcile_run(case, readings, links, breaks))
    folder = output or Path("results") / f"{source.stem}_{case.file.name}"
    write_text(folder / FILE, written(found))
    if json:
        echo_json(found)
    else:
        typer.echo(text(found, lang))
    for notice in found["notices"]:
        typer.echo(f"{notice['code']}  {notice['text']}", err=True)
    typer.echo(f"Written: {folder / FILE}", err=True)


def _case(file: Path, run: Path | None) -> tuple[Case, Path]:
    """What is reconciled, and the run or table its readings are in.

    Raises:
        CommandError: E682, a flowsheet without a run, or a run given twice.
    """
    from hydromet.calibrate.reconcile_file import is_case, plain_case, read_case
    from hydromet.source import load

    if not is_case(load(file)):
        if run is None:
            read, expected = f"{file}, a flowsheet, and no run", "a reconciliation file, or a flowsheet with a run"
            raise CommandError("E682", read=read, expected=expected, write=f"hydromet reconcile {file} run")
        return plain_case(file, run), run
    case = read_case(file)
    if run is not None:
        return case, run
    return case, case.folder / str(case.file.run or case.file.readings)


def _read(case: Case, source: Path, begin: str | None, to: str | None) -> tuple[Readings, list[Link], Breaks]:
    """Good readings, links and breaks of a run; of a table only the readings."""
    from hashlib import sha256

    from hydromet.calibrate.readings import Breaks, table_of, usable, within
    from hydromet.source import named_in

    if not source.is_dir() and case.file.readings is not None:
        case.inputs[source.name] = sha256(source.read_bytes()).hexdigest() if source.is_file() else ""
        with named_in(case.document, "readings"):
            return within(table_of(source), begin, to), [], Breaks()
    from hydromet.cli.guard import instruments

    instruments()
    from instruments import read

    ours = case.file.run is not None and source == case.folder / case.file.run
    with named_in(case.document, "run") if ours else nullcontext():
        frame = usable(read(source, start=begin, end=to), str(source))
    case.inputs["readings of the run"] = _hash(frame)
    return frame, _links(source), _breaks(source)


def _hash(frame: Readings) -> str:
    """Of the good readings: tag, time and value."""
    from hashlib import sha256

    digest = sha256()
    for tag, rows in frame.groupby("tag", sort=True):
        digest.update(str(tag).encode())
        digest.update(rows["time"].to_numpy("datetime64[ns]").astype("<i8").tobytes())
        digest.update(rows["value"].to_numpy("<f8").tobytes())
    return digest.hexdigest()


def _links(run: Path) -> list[Link]:
    """What the tags of the station measure, as the record keeps it."""
    from hydromet.calibrate.readings import Link
    from hydromet.source import load_text
    from instruments.station import check
    from instruments.store.record import open_record

    texts: list[Any] = [content.about.get("station") for content in open_record(run).contents(())]
    written = next((text for text in reversed(texts) if text), None)
    if written is None:
        return []
    station = check(load_text(str(written), f"{run}: station.yaml"))
    found = []
    for name, tag in station.file.tags.items():
        if tag.link is not None:
            spread = tag.calibration.standard_uncertainty if tag.calibration else None
            kind = "laboratory" if station.kind(tag.source) == "laboratory" else "process"
            said = "" if spread is None else spread
            found.append(Link(name, tag.link.stream, tag.link.quantity, tag.unit, said, kind, tag.source))
    return found


def _breaks(run: Path) -> Breaks:
    """Gaps, calibrations and notes of a record."""
    from hydromet.calibrate.readings import Breaks
    from instruments import events, gaps

    holes = gaps(run)
    calibrations, notes = events(run, "calibration"), events(run, "note")
    return Breaks(
        tuple(
            (tuple(row.tags), str(row.source), int(row.start_ns), int(row.end_ns))
            for row in holes.itertuples(index=False)
        ),
        tuple((_tags(row.data), str(row.source), int(row.time_ns)) for row in calibrations.itertuples(index=False)),
        tuple((int(row.time_ns), str(row.text)) for row in notes.itertuples(index=False)),
    )


def _tags(data: Any) -> tuple[str, ...]:
    return (str(data["tag"]),) if isinstance(data, dict) and "tag" in data else ()
