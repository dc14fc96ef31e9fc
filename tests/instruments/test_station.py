"""The station file: everything wrong with it at its line, and nothing secret in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydromet.errors import DeviceError, UserError, UserErrors
from hydromet.source import load_text
from instruments.station import check, json_schema

GOOD = Path(__file__).with_name("station.yaml").read_text(encoding="utf-8")


def test_a_station():
    station = check(load_text(GOOD, "station.yaml"))
    assert station.sources == ("plc", "balance", "icp")
    assert [station.kind(name) for name in station.sources] == ["opcua", "visa", "laboratory"]
    assert list(station.tags("plc")) == ["leach_temperature", "leach_pH"]
    tag = station.file.tags["leach_temperature"]
    assert (tag.node.uri, tag.node.kind, tag.node.identifier) == ("http://example.org/plant", "s", "TT101")
    assert str(tag.node) == "nsu=http://example.org/plant;s=TT101"
    assert (tag.range.low, tag.range.high, tag.sampling) == (0.0, 120.0, 1.0)
    assert station.file.opcua["plc"].publish == 0.5
    assert station.file.recording.commit == 0.5


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("unit: degC", "unit: C", "E003", 21),
        ("unit: degC", "unit: dgC", "E003", 21),
        ("range: 0..120 degC", "range: 120", "E004", 22),
        ("range: 0..120 degC", "range: 120..0 degC", "E004", 22),
        ("range: 0..120 degC", "range: 0..120 K", "E011", 19),
        ("{environment: PLC_PASSWORD}", "hunter2", "E005", 9),
        ("{environment: PLC_PASSWORD}", "{environment: A, keyring: B}", "E005", 9),
        ("nsu=http://example.org/plant;s=TT101", "ns=2;s=TT101", "E006", 20),
        ("nsu=http://example.org/plant;s=TT101", "nsu=http://example.org/plant;i=TT101", "E006", 20),
        ("security: Basic256Sha256", "security: None", "E007", 6),
        ("    user: logger\n", "", "E008", 6),
        ("security: Basic256Sha256", "security: Basic128Rsa15", "E117", 7),
        ("timeout: 2 s", 'read_termination: ""', "E009", 12),
        ("date: 2026-09-01", "date: 1.9.2026", "E010", 24),
        ("due: 2027-09-01", "due: 2025-09-01", "E010", 24),
        ("quantity: temperature", "quantity: pressure", "E012", 19),
        ("  icp: {", "  plc: {", "E013", 16),
        ("source: balance", "source: balanc", "E014", 27),
        ("path: [plant:Area1, plant:AT102]", "node: nsu=http://example.org/plant;s=TT101", "E015", 26),
        ("channel: weight", "quantity: weight", "E016", 27),
        ("plant:AT102", "plnt:AT102", "E017", 26),
        ("decimal: comma", "timezone: JST", "E018", 16),
        ("timeout: 2 s", "timeout: 2", "E202", 14),
        ("opc.tcp://", "http://", "E115", 6),
        ("sampling: 1 s", "samplng: 1 s", "E113", 23),
        ("station: 1", "station: 2", "E118", 1),
    ],
)
def test_mistakes(old, new, code, line):
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    with pytest.raises((UserError, UserErrors)) as caught:
        check(load_text(text, "station.yaml"))
    errors = caught.value.errors if isinstance(caught.value, UserErrors) else (caught.value,)
    assert (errors[0].code, errors[0].place.line) == (code, line)
    assert errors[0].read
    assert errors[0].expected
    assert caught.value.exit_code == 3


def test_a_password_in_the_file_is_not_printed():
    with pytest.raises(UserError) as caught:
        check(load_text(GOOD.replace("{environment: PLC_PASSWORD}", "hunter2"), "station.yaml"))
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in str(caught.value.to_dict())


def test_password_from_the_environment_and_the_keyring(monkeypatch):
    endpoint = check(load_text(GOOD)).file.opcua["plc"]
    monkeypatch.delenv("PLC_PASSWORD", raising=False)
    with pytest.raises(DeviceError, match="E041"):
        endpoint.password.reveal("logger")
    monkeypatch.setenv("PLC_PASSWORD", "x")
    assert endpoint.password.reveal("logger") == "x"
    asked = []
    monkeypatch.setattr("keyring.get_password", lambda *where: asked.append(where) or "y")
    endpoint = check(load_text(GOOD.replace("environment: PLC_PASSWORD", "keyring: plant"))).file.opcua["plc"]
    assert endpoint.password.reveal("logger") == "y"
    assert asked == [("plant", "logger")]


def test_a_keyring_that_cannot_be_opened_is_told(monkeypatch):
    from keyring.errors import NoKeyringError

    def refuse(*where):
        raise NoKeyringError("no backend")

    monkeypatch.setattr("keyring.get_password", refuse)
    endpoint = check(load_text(GOOD.replace("environment: PLC_PASSWORD", "keyring: plant"))).file.opcua["plc"]
    with pytest.raises(DeviceError, match="E041") as caught:
        endpoint.password.reveal("logger")
    assert "environment" in caught.value.write


def test_schema():
    assert "tags" in json_schema()["properties"]
