"""Other address spaces on live servers: identifiers and data types of all kinds, LADS and PA-DIM, moved namespaces."""

from __future__ import annotations

import base64

import pytest

from hydromet.source import load_text
from instruments import station
from instruments.opcua.browse import first_station
from instruments.opcua.source import make, pki_of
from tests.instruments.opcua.logger import Logger, wait_for
from tests.instruments.opcua.servers import Server, why_no_node

pytestmark = pytest.mark.xdist_group("opcua addresses")
NO_NODE = why_no_node()
PLANT, LAB = "urn:plant", "urn:lab"
DI, LADS, PADIM = (f"http://opcfoundation.org/UA/{name}/" for name in ("DI", "LADS", "PADIM"))
OPAQUE = base64.b64encode(b"\x00\xffM&M").decode()
NODES = {
    "TT101": "s=TT101",
    "odd": "s=Area 1;TT=1/01 °C",
    "guid": "g=5ce9dbce-5d79-434c-9ac3-1cfba9a6e92c",
    "opaque": f"b={OPAQUE}",
    "number": "i=4711",
    "long": "s=Counter",
    "unsigned": "s=Total",
    "running": "s=Running",
}
# Each counts from its multiple of this.
STEP = 4000
MULTIPLES = {"TT101": 1, "odd": 2, "guid": 3, "opaque": 4, "number": 5, "long": 9_000_000, "unsigned": 7}
UNIT = "di:DeviceSet, lab:Reactor, lads:FunctionalUnitSet, lab:Leach"
SENSOR = f"[{UNIT}, lads:FunctionSet, lab:Temperature, lads:SensorValue]"
SIGNAL = "[di:DeviceSet, lab:PT102, padim:SignalSet, lab:Pressure, padim:AnalogSignal]"


def tag_line(tag, node, more=""):
    return f"  {tag}: {{source: plc, node: 'nsu={PLANT};{node}', unit: ''{more}}}"


def text(url, *more, **units):
    """A station file; ``units`` are the unit and range of the two instruments."""
    lines = [
        "station: 1",
        "name: pilot",
        f"namespaces: {{di: '{DI}', lads: '{LADS}', padim: '{PADIM}', lab: '{LAB}'}}",
        "opcua:",
        f"  plc: {{endpoint: '{url}', security: None, publish: 200 ms, outage: 30 s}}",
        "tags:",
    ]
    lines += [tag_line(tag, node, ", sampling: 100 ms") for tag, node in NODES.items()]
    sensor = units.get("sensor", "unit: degC, range: 0..2000 degC")
    signal = units.get("signal", "unit: bar, range: 0..1600 bar")
    lines += [
        f"  sensor: {{source: plc, path: {SENSOR}, {sensor}}}",
        f"  signal: {{source: plc, path: {SIGNAL}, {signal}}}",
    ]
    return "\n".join([*lines, *more]) + "\n"


def source(words, folder):
    return make(station.check(load_text(words, str(folder / "station.yaml"))), "plc")


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    with Server("plant", tmp_path_factory.mktemp("plant")) as server:
        yield server


def test_every_kind_of_identifier_and_number_is_logged(plant, tmp_path):
    with Logger(text(plant.url), tmp_path) as logger:
        wait_for(lambda: all(len(logger.values(tag)) > 5 for tag in (*NODES, "sensor", "signal")))
    for tag, multiple in MULTIPLES.items():
        values = logger.values(tag)
        step = 0.1 if tag in ("TT101", "odd", "guid", "opaque") else 1
        assert all(0 <= value - STEP * multiple < STEP for value in values), tag
        ticks = [round((value - STEP * multiple) / step) for value in values[1:]]
        assert ticks == list(range(ticks[0], ticks[0] + len(ticks))), tag
    running = logger.values("running")[1:]
    assert running == [running[0] ^ (place % 2) for place in range(len(running))]
    assert {type(value) for value in running} == {bool}
    assert logger.sink.events("disagreement") == []


def test_ranges_and_units_of_lads_and_pa_dim_agree_with_the_file(plant, tmp_path):
    found = {one.tag: one for one in source(text(plant.url), tmp_path).check(60.0)}
    assert (found["sensor"].unit, found["sensor"].low, found["sensor"].high) == ("degC", 0.0, 2000.0)
    assert (found["signal"].unit, found["signal"].low, found["signal"].high) == ("bar", 0.0, 1600.0)
    assert {one.trouble for one in found.values()} == {""}
    assert 11 * STEP <= found["sensor"].reading.value < 12 * STEP
    assert 12 * STEP <= found["signal"].reading.value < 13 * STEP


@pytest.mark.parametrize(
    ("given", "tag", "words"),
    [
        ({"sensor": "unit: degC, range: 0..2500 degC"}, "sensor", "EURange of the server is 0..2000"),
        ({"sensor": "unit: degC, range: -80..2000 degC"}, "sensor", "InstrumentRange of the server is -50..3000"),
        ({"sensor": "unit: K"}, "sensor", "the server says degC, the file K"),
        ({"signal": "unit: mbar"}, "signal", "the server says bar, the file mbar"),
        ({"signal": "unit: bar, range: 0..1601 bar"}, "signal", "EURange of the server is 0..1600"),
    ],
)
def test_what_contradicts_the_file_is_told(plant, tmp_path, given, tag, words):
    found = {one.tag: one.trouble for one in source(text(plant.url, **given), tmp_path).check(60.0)}
    assert words in found.pop(tag)
    assert set(found.values()) == {""}


def test_arrays_and_texts(plant, tmp_path):
    """An array is refused in words; its values are kept beside the numbers all the same, and so is a text."""
    more = [tag_line("profile", "s=Profile"), tag_line("recipe", "s=Recipe")]
    words = text(plant.url, *more)
    found = {one.tag: one.trouble for one in source(words, tmp_path).check(60.0)}
    assert "array" in found.pop("profile")
    assert set(found.values()) == {""}
    with Logger(words, tmp_path) as logger:
        wait_for(lambda: logger.sink.rows(logger.tags["profile"]) and logger.sink.events("disagreement"))
        wait_for(lambda: logger.sink.rows(logger.tags["recipe"]))
    assert logger.sink.rows(logger.tags["profile"])[0][4] == [1.0, 2.0, 3.0]
    assert logger.sink.rows(logger.tags["recipe"])[0][4] == "NMC622"
    assert any("array" in one for one in logger.sink.events("disagreement"))


def test_addresses_that_are_not_there_are_bad_and_the_others_run(plant, tmp_path):
    wrong = {"guid": "g=not-a-guid", "bytes": "b=!!!", "big": "i=99999999999", "none": "s=Nobody"}
    more = [tag_line(f"no_{tag}", node) for tag, node in wrong.items()]
    found = {one.tag: one for one in source(text(plant.url, *more), tmp_path).check(60.0)}
    for tag in wrong:
        assert found[f"no_{tag}"].trouble, tag
        assert "Bad" in found[f"no_{tag}"].trouble
    assert {found[tag].trouble for tag in NODES} == {""}


def test_a_first_file_of_it_by_browse_path(plant, tmp_path):
    words = first_station(plant.url, "found", pki_of(str(tmp_path / "station.yaml")))
    tags = station.check(load_text(words, str(tmp_path / "station.yaml"))).file.tags
    assert [step.partition(":")[2] for step in tags["Temperature"].path][-2:] == ["Temperature", "SensorValue"]
    assert [step.partition(":")[2] for step in tags["Pressure"].path][-1] == "AnalogSignal"
    assert (tags["Temperature"].unit, tags["Temperature"].range.high) == ("degC", 2000.0)
    assert {"number", "guid", "opaque", "long", "running"} <= set(tags)
    assert "profile" not in tags
    assert "recipe" not in tags
    found = source(words, tmp_path).check(60.0)
    assert {one.trouble for one in found} == {""}
    values = {one.tag: one.reading.value for one in found}
    for tag in ("number", "guid", "opaque", "long"):
        assert 0 <= values[tag] - STEP * MULTIPLES[tag] < STEP, tag


def test_namespaces_in_another_order_after_a_restart(tmp_path):
    """Every index is another one, and those of the plant and the laboratory have changed places."""
    with Server("plant", tmp_path) as server, Logger(text(server.url), tmp_path) as logger:
        wait_for(lambda: len(logger.values("sensor")) > 3)
        server.kill()
        server.start(first=500, namespaces=["urn:new", LAB, PADIM, LADS, DI, PLANT])
        wait_for(
            lambda: logger.values("sensor")[-1] >= 11 * STEP + 50 and logger.values("number")[-1] >= 5 * STEP + 500
        )
        wait_for(lambda: logger.sink.gaps)
    for tag, multiple in {**MULTIPLES, "sensor": 11, "signal": 12}.items():
        assert all(0 <= value - STEP * multiple < STEP for value in logger.values(tag)), tag
    assert {gap.cause for gap in logger.sink.gaps} <= {"server", "link"}


@pytest.mark.skipif(bool(NO_NODE), reason=NO_NODE)
def test_instruments_of_the_companion_nodesets(tmp_path):
    """LADS and PA-DIM as their own nodesets define them, served by node-opcua."""
    with Server("node", tmp_path, tags=1, companion=True) as server:
        words = first_station(server.url, "found", pki_of(str(tmp_path / "station.yaml")))
        tags = station.check(load_text(words, str(tmp_path / "station.yaml"))).file.tags
        sensor, signal = tags["Temperature"], tags["Pressure"]
        steps = [step.partition(":")[2] for step in sensor.path]
        assert steps == ["Reactor", "FunctionalUnitSet", "Leach", "FunctionSet", "Temperature", "SensorValue"]
        assert [step.partition(":")[2] for step in signal.path] == ["PT102", "SignalSet", "Pressure", "AnalogSignal"]
        assert (sensor.unit, sensor.range.low, sensor.range.high) == ("degC", 0.0, 120.0)
        assert (signal.unit, signal.range.high) == ("bar", 16.0)
        with Logger(words, tmp_path) as logger:
            wait_for(lambda: all(len(logger.values(tag)) > 3 for tag in ("Temperature", "Pressure")))
