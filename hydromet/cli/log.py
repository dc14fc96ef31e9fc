"""``hydromet log``: the operator's verbs. Here the command line meets the acquisition package."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hydromet.cli.options import Json, Language, echo_json, seconds
from hydromet.errors import EXIT_BALANCE, EXIT_DEVICE, EXIT_INPUT, EXIT_INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from instruments.runner import Outcome

app = typer.Typer(name="log", no_args_is_help=True, help="Record a pilot plant, and look after the record.")

StationFile = Annotated[Path, typer.Argument(metavar="STATION", help="Station file.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")]
_DEAD = ("died", "silent", "failed", "disk full")


@app.command()
def start(
    station: StationFile,
    run: Annotated[Path, typer.Option("-o", "--output", help="Folder of the run; one that is there is gone on with.")],
    duration: Annotated[str | None, typer.Option("--for", help="Stop by itself, such as 10min; never.")] = None,
) -> None:
    """Record a station until Ctrl-C or SIGTERM.

    Example: hydromet log start station.yaml -o runs/2026-11
    """
    from hydromet.cli.guard import instruments

    instruments()
    import logging
    import signal
    import sys
    from threading import Event

    from instruments.runner import record
    from instruments.station import read

    limit = None if duration is None else seconds(duration, "--for")
    found = read(station)
    stop = Event()
    caught: list[int] = []
    terminals = [stream.fileno() for stream in (sys.stdout, sys.stderr) if stream.isatty()]

    def end(number: int, _: object) -> None:
        caught.append(number)
        stop.set()
        if number == hangup:  # what was the terminal cannot be written to any more
            _mute(terminals)
        elif len(caught) > 2:  # somebody insists
            raise KeyboardInterrupt

    ends = [signal.SIGINT, signal.SIGTERM]
    # A terminal that is closed ends it in order, too; under nohup nobody asked for that. Windows has no such signal.
    hangup = getattr(signal, "SIGHUP", None)
    if hangup and signal.getsignal(hangup) == signal.SIG_DFL:
        ends.append(hangup)
    before = {number: signal.signal(number, end) for number in ends}
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    handler.setLevel(logging.WARNING)
    logging.getLogger("instruments").addHandler(handler)
    try:
        typer.echo(f"recording {found.file.name} into {run}; Ctrl-C ends it", err=True)
        outcome = record(found, run, stop, limit)
    finally:
        logging.getLogger("instruments").removeHandler(handler)
        for number, action in before.items():
            signal.signal(number, action)
    _ended(outcome, run)
    if caught and caught[0] == signal.SIGINT:
        raise typer.Exit(EXIT_INTERRUPTED)


@app.command()
def check(
    station: StationFile,
    timeout: Annotated[str, typer.Option("--timeout", help="Longest time for a source.")] = "10 s",
    strict: Annotated[
        bool, typer.Option("--strict", help="Overdue calibrations, values out of range or uncertain are trouble, too.")
    ] = False,
    json: Json = False,
    lang: Language = "en",
) -> None:
    """Read every tag once: value, unit, quality, age, calibration due. Exit 6 if one is in trouble, 3 if the file is.

    Example: hydromet log check station.yaml
    """
    from hydromet.cli.guard import instruments

    instruments()
    from instruments.checking import check as look
    from instruments.station import read

    longest = seconds(timeout, "--timeout")
    lines = look(read(station), longest)
    if json:
        echo_json([asdict(line) for line in lines])
    else:
        typer.echo(_table(_check_rows(lines, lang), _room()))
        for source, advice in dict.fromkeys((line.source, line.advice) for line in lines if line.advice):
            typer.echo(f"{source}: {advice}", err=True)
    if any(line.trouble or (strict and line.remarkable) for line in lines):
        raise typer.Exit(EXIT_DEVICE)


@app.command()
def status(
    run: Run,
    json: Json = False,
    lang: Language = "en",
    live: Annotated[
        bool, typer.Option("--live", help="A table of all tags, renewed each second until Ctrl-C.")
    ] = False,
) -> None:
    """How a recording stands: sources, buffer, disk. Exit 6 if it died, hangs or cannot write.

    Example: hydromet log status runs/2026-11
    """
    from hydromet.cli.guard import instruments

    instruments()
    interrupted = False
    if live:
        from threading import Event

        from hydromet.cli.log_live import live as table

        try:
            table(run, lang, Event().wait)
        except KeyboardInterrupt:
            interrupted = True
    from instruments.folder import RunFolder
    from instruments.state import read_status

    folder = RunFolder(run)
    folder.identity()
    found = read_status(folder)
    if json:
        echo_json(found)
    else:
        typer.echo("\n".join(_status_lines(found, lang)))
    if found["state"] in _DEAD:
        raise typer.Exit(EXIT_DEVICE)
    if interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)


@app.command()
def verify(run: Run, json: Json = False) -> None:
    """Check that the record is whole: checksums, numbers of batches, a reason for every silence. Exit 3 if not.

    Example: hydromet log verify runs/2026-11
    """
    from hydromet.cli.guard import instruments

    instruments()
    from instruments.store.verify import verify as look

    report = look(run)
    if json:
        echo_json(report.to_dict())
    else:
        for text in report.troubles:
            typer.echo(f"trouble: {text}")
        for text in report.remarks:
            typer.echo(f"remark: {text}")
        figures = ", ".join(f"{name} {number}" for name, number in report.figures.items())
        typer.echo(f"{'damaged' if report.troubles else 'whole'}: {figures}")
    if report.troubles:
        raise typer.Exit(EXIT_INPUT)


@app.command()
def export(
    run: Run,
    output: Annotated[Path, typer.Option("-o", "--output", help="File ending in .h5, .parquet or .csv.")],
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag; all. May be given several times.")] = None,
    start_: Annotated[str | None, typer.Option("--start", help="From, such as 2026-11-26T14:00Z.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="To, not included.")] = None,
    skip_damaged: Annotated[
        bool, typer.Option("--skip-damaged", help="Damaged segments become gaps; exit 5 if the span has one.")
    ] = False,
) -> None:
    """Write the record, or a part of it, as one HDF5, Parquet or CSV file.

    Example: hydromet log export runs/2026-11 -o november.csv --tag leach_pH
    """
    from hydromet.cli.guard import instruments

    instruments()
    from instruments.store.export import export as write
    from instruments.store.export import lost

    count = write(run, output, tag, start_, end, "skip" if skip_damaged else "refuse")
    typer.echo(str(output))
    typer.echo(f"{count} readings", err=True)
    holes = lost(run, start_, end) if skip_damaged else []
    for hole in holes:
        ends = f"from {_moment(hole['start_ns'])} to {_moment(hole['end_ns'])}"
        typer.echo(f"NOT WHOLE: {hole['cause']} {ends}", err=True)
        typer.echo(f"  {hole['detail']}", err=True)
    if holes:
        raise typer.Exit(EXIT_BALANCE)


@app.command()
def note(
    run: Run,
    text: Annotated[str, typer.Argument(help="What happened.")],
    author: Annotated[str, typer.Option("--author", help="Who says so.")] = "",
    sample: Annotated[str, typer.Option("--sample", help="A laboratory result of this sample.")] = "",
    quantity: Annotated[str, typer.Option("--quantity", help="What was determined, such as Ni.")] = "",
    value: Annotated[str, typer.Option("--value", help='Such as "12.3 g/L" or "< 0.1 mg/L".')] = "",
    time: Annotated[str, typer.Option("--time", help="When the sample was taken; now.")] = "",
    place: Annotated[str, typer.Option("--place", help="Where it was taken.")] = "",
    method: Annotated[str, typer.Option("--method", help="Such as titration.")] = "",
) -> None:
    """Put a note, or a result of the laboratory, into the record; the logger may be running or not.

    Example: hydromet log note runs/2026-11 "pump P3 changed" --author Sato
    """
    from hydromet.cli.guard import instruments

    instruments()
    from instruments.notes import hand_in_note

    result = {"sample": sample, "quantity": quantity, "value": value, "time": time, "place": place, "method": method}
    booked = hand_in_note(run, text, author, {name: given for name, given in result.items() if given})
    typer.echo("in the record" if booked else "handed in; the running logger books it within seconds", err=True)


def _mute(files: Sequence[int]) -> None:
    """What is written to these files goes nowhere from now on."""
    import os

    nowhere = os.open(os.devnull, os.O_WRONLY)
    for file in files:
        os.dup2(nowhere, file)
    os.close(nowhere)


def _moment(time_ns: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(time_ns // 1_000_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _ended(outcome: Outcome, run: Path) -> None:
    typer.echo(f"{outcome.readings} readings in {outcome.batches} batches in {run}", err=True)
    for name in outcome.silent:
        typer.echo(f"nothing came from {name}; see {run / 'text' / 'logger.log'}", err=True)
    if outcome.given_up:
        typer.echo(f"{outcome.given_up} values could not be written: no room", err=True)
    if outcome.given_up or outcome.silent:
        raise typer.Exit(EXIT_DEVICE)


def _check_rows(lines: Sequence[Any], lang: str) -> Iterator[tuple[str, ...]]:
    from hydromet.locale import tr

    yield (
        tr("Tag", lang), tr("Value", lang), tr("Unit", lang), tr("Quality", lang), tr("Age", lang),
        tr("Calibration due", lang), tr("Remarks", lang),
    )  # fmt: skip
    for line in lines:
        value = "" if line.value is None else f"{line.value:.6g}" if isinstance(line.value, float) else str(line.value)
        age = "" if line.age_s is None else f"{line.age_s:.1f} s"
        remarks = "; ".join(part for part in (" ".join(line.trouble.split()), line.note) if part)
        yield (line.tag, value, line.unit, line.status or line.quality, age, line.calibration_due, remarks or "ok")


def _room() -> int | None:
    """Columns of the terminal; None if the answer goes into a file or to a program."""
    import shutil
    import sys

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _table(rows: Iterator[tuple[str, ...]], room: int | None = None) -> str:
    """Columns below each other; in a terminal too narrow for them, long names and remarks go on below themselves."""
    from rich.cells import cell_len  # a full-width character takes two columns

    table = list(rows)
    if room and any(sum(cell_len(cell) + 2 for cell in row) - 2 > room for row in table):
        return _folded(table, room)
    widths = [max(cell_len(row[i]) for row in table) for i in range(len(table[0]))]
    return "\n".join(
        "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )


def _folded(table: list[tuple[str, ...]], room: int) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=room, color_system=None)
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in table[0]:
        found.add_column(Text(heading), overflow="fold")
    for row in table[1:]:
        found.add_row(*map(Text, row))
    with console.capture() as caught:
        console.print(found)
    return "\n".join(line.rstrip() for line in caught.get().splitlines())


def _status_lines(found: dict[str, Any], lang: str) -> Iterator[str]:
    from hydromet.locale import tr
    from instruments.dashboard.words import words

    said = words("ja" if lang == "ja" else "en")
    told = said.get(found["state"], "") if lang == "ja" else ""
    yield f"{tr('State', lang)}: {found['state']}" + (f" ({told})" if told else "")
    if "readings" not in found:
        return
    disk, held = found["disk"], found["buffer"]
    left = "" if disk["hours_left"] is None else f", {disk['hours_left']:.0f} h {said['hours_left']}"
    yield f"{tr('Readings', lang)}: {found['readings']}"
    yield f"{tr('Buffer', lang)}: {held['held']} / {held['capacity']}"
    free = "" if disk["free"] is None else f", {100.0 * disk['free']:.1f} % {tr('free', lang)}"
    yield f"{tr('Disk', lang)}: {disk['level']}{free}{left} {disk['trouble']}".rstrip()
    for name, source in found["sources"].items():
        yield f"{name}: {source['link']} {source['detail']}".rstrip()
