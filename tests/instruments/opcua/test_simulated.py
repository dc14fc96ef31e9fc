"""The simulated server: values, faults, clock and truth; browsing and browse paths of what it offers."""

from __future__ import annotations

import asyncio
import csv
import math

import pytest
from asyncua import ua

from hydromet.errors import DeviceError
from hydromet.source import load_text
from instruments import station
from instruments.opcua.browse import browse, station_text
from instruments.opcua.nodes import describe, read_all, resolve, split_step
from instruments.opcua.session import Access, Connection, Saved, discover
from instruments.opcua.source import pki_of
from instruments.simulated.opcua_faults import Distortion, Fault
from instruments.simulated.opcua_server import NAMESPACE, SimulatedServer, Variable
from instruments.simulated.sensors import Sensor
from instruments.status import Status

LADS = "http://opcfoundation.org/UA/LADS/"


def served(work, server, folder):
    """Run ``work(connection)`` against a server of this process."""

    async def main():
        await server.start()
        access = Access(server.url, pki_of(str(folder / "station.yaml")))
        connection = Connection(access)
        try:
            await connection.open(await discover(access), Saved(), 30_000)
            return await work(connection)
        finally:
            await connection.close(end_session=True)
            await server.stop()

    return asyncio.run(asyncio.wait_for(main(), 120))


def test_faults_of_values():
    plan = [
        Fault("bad", 10, 5, "a"),
        Fault("stuck", 20, 5, "a"),
        Fault("offset", 30, 5, "a", 100.0),
        Fault("spike", 40, 1, "a", -7.0),
    ]
    shown = Distortion({}, plan)
    values = {t: shown.show("a", {"a": float(t)}, t, t) for t in range(50)}
    assert values[9] == (9.0, Status.Good)
    assert math.isnan(values[12][0])
    assert values[12][1] == Status.BadSensorFailure
    assert values[15] == (15.0, Status.Good)
    assert [values[t][0] for t in (20, 22, 24, 25)] == [20.0, 20.0, 20.0, 25.0]
    assert [values[t][0] for t in (30, 34, 35)] == [130.0, 134.0, 35.0]
    assert [values[t][0] for t in (40, 41)] == [33.0, 41.0]


def test_what_is_offered_is_what_the_truth_file_says(tmp_path):
    truth = tmp_path / "truth.csv"
    server = SimulatedServer(
        lambda t: {"T": 20.0 + t, "P": 5.0},
        [Variable("T", "degC", 0.0, 200.0, Sensor("T", noise=0.5)), Variable("P", "bar")],
        interval=6.0,
        faults=[Fault("bad", 30.0, 12.0, "P")],
        truth=truth,
    )
    server.clock.speed, server.clock.start_ns = 60.0, 1_000_000_000_000_000_000

    async def work(connection):
        while server.tick < 12:
            await asyncio.sleep(0.05)
        found = await resolve(connection, {}, {})
        assert found == {}
        node = ua.NodeId("T", await connection.get_namespace_index(NAMESPACE))
        return (await read_all(connection, [node]))[0]

    value = served(work, server, tmp_path)
    rows = list(csv.DictReader(truth.read_text().splitlines()))
    assert len(rows) >= 12
    times = [int(row["time_ns"]) for row in rows]
    assert times[0] >= 1_000_000_000_000_000_000
    assert all((one - times[0]) % 6_000_000_000 == 0 for one in times), "simulated seconds"
    assert repr(value.Value.Value) in {row["T"] for row in rows}
    assert any(float(row["T"]) != 20.0 + (time - times[0]) / 1e9 for row, time in zip(rows, times, strict=True)), (
        "noise"
    )
    bad = [row["P"] for row, time in zip(rows, times, strict=True) if 30 <= round((time - times[0]) / 1e9) < 42]
    assert bad == [""] * len(bad)
    assert bad


def test_a_variable_that_comes_and_goes_and_a_plant_that_halts(tmp_path):
    server = SimulatedServer(
        lambda t: {"A": t, "B": t},
        [Variable("A"), Variable("B")],
        interval=1.0,
        faults=[Fault("missing", 5, 10, "A"), Fault("halt", 20, 10)],
        truth=tmp_path / "truth.csv",
    )
    server.clock.speed = 5.0

    async def work(connection):
        node = ua.NodeId("A", await connection.get_namespace_index(NAMESPACE))
        seen = set()
        while server.clock.now() < 32:
            value = (await read_all(connection, [node]))[0]
            seen.add(value.StatusCode.value)
            await asyncio.sleep(0.02)
        return seen

    assert served(work, server, tmp_path) == {0, Status.BadNodeIdUnknown}
    rows = list(csv.DictReader((tmp_path / "truth.csv").read_text().splitlines()))
    times = [round((int(row["time_ns"]) - server.clock.start_ns) / 1e9, 2) for row in rows]
    assert not any(20 <= time < 30 for time in times)
    absent = [time for time, row in zip(times, rows, strict=True) if not row["A"]]
    assert absent
    assert all(5 <= time < 15 for time in absent)


def test_browse_paths_and_a_file_from_them(tmp_path):
    """A function of LADS: its sensor value is found by path, and named after the function."""
    server = SimulatedServer(
        lambda _: {"SensorValue": 61.5, "TT101": 60.0},
        [
            Variable("SensorValue", "degC", 0.0, 120.0, folder=("Reactor", "FunctionSet", "Temperature")),
            Variable("TT101", "degC", folder=("Area1",)),
        ],
        namespace=LADS,
        interval=0.1,
    )
    access = Access("opc.tcp://127.0.0.1:4840", pki_of(str(tmp_path / "station.yaml")))

    async def work(connection):
        leaves, uris = await browse(connection)
        found = await describe(connection, {str(n): leaf.node for n, leaf in enumerate(leaves)})
        text = station_text("first", access, leaves, list(found.values()), uris)
        file = station.check(load_text(text, "station.yaml")).file
        nodes = await resolve(connection, file.tags, file.namespaces)
        await asyncio.sleep(0.3)
        values = await read_all(connection, list(nodes.values()))
        gone = await resolve(connection, file.tags, dict.fromkeys(file.namespaces, "urn:elsewhere"))
        return text, file, dict(zip(nodes, (value.Value.Value for value in values), strict=True)), gone

    text, file, values, gone = served(work, server, tmp_path)
    assert values == {"Temperature": 61.5, "TT101": 60.0}
    assert file.tags["Temperature"].path == tuple(
        f"lads:{step}" for step in ("Reactor", "FunctionSet", "Temperature", "SensorValue")
    )
    assert file.tags["Temperature"].range.high == 120.0
    assert LADS in text
    assert set(gone.values()) == {int(Status.BadNotFound)}


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ("Area1", ("", "Area1")),
        ("plant:Area1", ("urn:plant", "Area1")),
        ("{http://x.org/a:b}Area1", ("http://x.org/a:b", "Area1")),
        ("plant:with:colon", ("urn:plant", "with:colon")),
    ],
)
def test_steps_of_a_path(step, found):
    assert split_step(step, {"plant": "urn:plant"}) == found


def test_a_server_with_nothing_to_measure(tmp_path):
    from instruments.opcua.browse import _first

    server = SimulatedServer(lambda _: {}, [])

    async def main():
        await server.start()
        try:
            await _first(server.url, "x", pki_of(str(tmp_path / "station.yaml")), "", "", "", "")
        finally:
            await server.stop()

    with pytest.raises(DeviceError) as caught:
        asyncio.run(main())
    assert caught.value.code == "E060"
