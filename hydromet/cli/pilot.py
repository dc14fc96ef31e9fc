"""``hydromet pilot``: the virtual pilot plant, served as a real one would be. Here the plant meets the instruments."""

from __future__ import annotations

from pathlib import Path  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hydromet.cli.options import echo_json, seconds, unwritable, write_text
from hydromet.errors import EXIT_INTERRUPTED, CommandError, DeviceError

if TYPE_CHECKING:
    from collections.abc import Generator

    from hydromet.pilot.file import Fault
    from hydromet.pilot.plant import PilotPlant
    from instruments.simulated.clock import Clock
    from instruments.simulated.plant import Behind, Plan

SHIPPED = "flowsheets/pilot/leach_train_plant.yaml"
STATION, ANSWER, LABORATORY = "station.yaml", "answer.json", "laboratory"
_SECOND = 1_000_000_000


def pilot(
    port: Annotated[int, typer.Option("--port", min=0, max=65000, help="Of the OPC-UA server; 0 takes any.")] = 4840,
    speed: Annotated[
        float, typer.Option("--speed", min=0.01, max=10000.0, help="Hours of the plant in an hour.")
    ] = 1.0,
    plant: Annotated[Path | None, typer.Option("--plant", metavar="FILE", help="Plant; the shipped one.")] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for station.yaml and answer.json.")] = Path(
        "pilot"
    ),
    stamps: Annotated[
        str,
        typer.Option("--stamps", help="now: when a value was offered; plant: the plant's own clock, ahead at speed."),
    ] = "now",
    duration: Annotated[str | None, typer.Option("--for", help="Stop by itself, such as 10min; never.")] = None,
    reveal: Annotated[
        Path | None, typer.Option("--reveal", metavar="ANSWER", help="Print a sealed answer file.")
    ] = None,
) -> None:
    """Serve a virtual pilot plant on this machine, and write the station file with which to log it.

    Example: hydromet pilot --speed 60 -o pilot
    """
    if reveal is not None:
        from hydromet.pilot.answer import reveal as open_answer

        echo_json(open_answer(reveal))
        return
    from hydromet.cli.guard import instruments

    instruments()
    from hydromet import datafiles
    from hydromet.pilot.file import read
    from hydromet.pilot.plant import build

    limit = None if duration is None else seconds(duration, "--for")
    if stamps not in ("now", "plant"):
        raise CommandError("E667", read=f"--stamps {stamps}", expected="now or plant", write="--stamps now")
    typer.echo("solving the plant at its operating points ...", err=True)
    built = build(read(plant or datafiles.find(SHIPPED)))
    ports = _ports(port, len(built.pilot.file.instruments))
    plan = _plan(built, ports)
    _write(built, ports, output)
    _serve(built, plan, output, speed, limit, stamps)


def _ports(first: int, instruments: int) -> list[int]:
    from instruments.simulated.plant import free_ports

    try:
        return free_ports(first, 1 + instruments)
    except OSError as error:
        read = f"ports {first} to {first + instruments}: {error.strerror}"
        expected = "ports above 1023 that nobody listens on: one for the server, one for each instrument"
        raise DeviceError("E666", read=read, expected=expected, write="hydromet pilot --port 0") from None


def _write(plant: PilotPlant, ports: list[int], output: Path) -> None:
    """Station file and sealed truth; the laboratory's folder."""
    import json

    from hydromet.cli.pilot_station import HEAD, station_yaml
    from hydromet.pilot.answer import seal, truth

    file = output / STATION
    if file.exists() and not file.read_text(encoding="utf-8", errors="replace").startswith(HEAD):
        expected = "no station file there, or one that `hydromet pilot` wrote"
        raise CommandError("E667", read=str(file), expected=expected, write="hydromet pilot -o another_folder")
    write_text(output / ANSWER, json.dumps(seal(truth(plant)), indent=1) + "\n")
    folder = (output / LABORATORY).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    write_text(file, station_yaml(plant, ports, folder))


def _serve(plant: PilotPlant, plan: Plan, output: Path, speed: float, limit: float | None, stamps: str) -> None:
    import asyncio
    import signal
    from threading import Event
    from time import monotonic

    from instruments.simulated.clock import Clock
    from instruments.simulated.plant import RunningClock, serve

    clock = Clock(speed) if stamps == "plant" else RunningClock(speed)
    stop = Event()
    end = None if limit is None else monotonic() + limit
    rounds = _rounds(plant, clock, output / LABORATORY)

    def each(elapsed: float) -> None:
        rounds.send(elapsed)
        if end is not None and monotonic() >= end:
            stop.set()

    next(rounds)
    caught: list[int] = []

    def leave(number: int, _: object) -> None:
        caught.append(number)
        stop.set()

    before = {n: signal.signal(n, leave) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        typer.echo(f"{plant.pilot.file.name} runs at opc.tcp://127.0.0.1:{plan.port}/; Ctrl-C ends it", err=True)
        typer.echo(str(output / STATION))
        typer.echo(f"Next, in another terminal: hydromet log start {output / STATION} -o run", err=True)
        asyncio.run(serve(plan, clock, stop, each))
    finally:
        for number, action in before.items():
            signal.signal(number, action)
    if signal.SIGINT in caught:
        raise typer.Exit(EXIT_INTERRUPTED)


def _plan(plant: PilotPlant, ports: list[int]) -> Plan:
    """What is offered, and by whom."""
    from instruments.simulated.opcua_faults import Fault as ServerFault
    from instruments.simulated.opcua_server import Variable
    from instruments.simulated.plant import Plan
    from instruments.simulated.sensors import Sensor

    file = plant.pilot.file
    sensors = {
        name: Sensor(name, error.noise, error.drift, error.offset, seed=file.seed)
        for name, error in plant.errors.items()
    }
    variables = [
        Variable(name, tag.unit, *tag.range, sensor=sensors[name], folder=tuple(filter(None, (file.name, tag.area))))
        for name, tag in file.tags.items()
        if not tag.instrument
    ]
    faults: list[Any] = [
        ServerFault(_kind(plant, i, _SERVER_KINDS), f.at, f.lasts, f.tag, f.value)
        for i, f in enumerate(file.faults)
        if not f.instrument
    ]
    return Plan(plant.state, variables, ports[0], _behind(plant, sensors, ports[1:]), faults)


def _behind(plant: PilotPlant, sensors: dict[str, Any], ports: list[int]) -> dict[str, Behind]:
    from instruments.simulated.faults import KINDS
    from instruments.simulated.faults import Fault as LineFault
    from instruments.simulated.plant import Behind

    file = plant.pilot.file

    def line(number: int, fault: Fault) -> LineFault:
        kind = _kind(plant, number, KINDS)
        return LineFault(kind, at=fault.at, count=fault.count, seconds=fault.seconds)

    return {
        name: Behind(
            instrument.driver,
            _channels(plant, name, sensors),
            port,
            tuple(line(i, fault) for i, fault in enumerate(file.faults) if fault.instrument == name),
        )
        for (name, instrument), port in zip(file.instruments.items(), ports, strict=True)
    }


def _channels(plant: PilotPlant, instrument: str, sensors: dict[str, Any]) -> dict[str, Any]:
    from dataclasses import replace

    found = {tag.channel: sensors[n] for n, tag in plant.pilot.file.tags.items() if tag.instrument == instrument}
    if "flow" in found and "speed" not in found:  # a pump turns as fast as it has to
        found["speed"] = replace(found["flow"], factor=1.0 / plant.pilot.file.instruments[instrument].per_revolution)
    return found


_SERVER_KINDS = frozenset({"bad", "stuck", "offset", "spike", "missing", "cut", "halt"})


def _kind(plant: PilotPlant, number: int, known: frozenset[str]) -> Any:
    """Kind of a fault, if it is one.

    Raises:
        CommandError: E668.
    """
    kind = plant.pilot.file.faults[number].kind
    if kind not in known:
        from hydromet.source import nearest

        near = ", ".join(nearest(kind, known) or sorted(known))
        place = plant.pilot.document.place(("faults", number, "kind"))
        raise CommandError("E668", read=kind, expected=f"a fault, such as {near}", place=place)
    return kind


def _rounds(plant: PilotPlant, clock: Clock, folder: Path) -> Generator[None, float, None]:
    """Writes a file of results whenever a round comes back from the laboratory; fed with the simulated time, s."""
    import csv
    import io
    from datetime import UTC, datetime

    from hydromet.pilot.laboratory import findings

    laboratory = plant.pilot.file.laboratory
    began = datetime.fromtimestamp(clock.start_ns // _SECOND, UTC).strftime("%Y%m%d_%H%M%S")
    number = 0
    while True:
        elapsed: float = yield
        while laboratory and number * laboratory.every + laboratory.delay <= elapsed:
            taken = clock.at(number * laboratory.every)
            text = io.StringIO()
            sheet = csv.writer(text, lineterminator="\r\n")
            sheet.writerow(["sample", "time", "place", "element", "value", "unit"])
            when = datetime.fromtimestamp(taken // _SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S")
            for one in findings(plant, number):
                sheet.writerow([f"{began}-{one.sample}", when, one.place, one.element, f"{one.value:.4g}", one.unit])
            # A watched folder never sees half a file.
            part = folder / f"{began}_{number:04d}.part"
            write_text(part, text.getvalue())
            part.replace(part.with_suffix(".csv"))
            number += 1
