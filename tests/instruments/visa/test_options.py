"""Mistakes in the ``visa:`` section of a station file: told at their line before anything is opened, never a crash."""

from __future__ import annotations

import itertools
import json

import pytest

from hydromet.cli.app import main
from hydromet.errors import UserError, UserErrors
from hydromet.source import load_text
from instruments import registry
from instruments.devices import MODULES, find
from instruments.devices.driver import Driver, Query, value_of
from instruments.devices.protocols import LINE
from instruments.station import check
from instruments.status import Status

NEEDED = {
    "generic_scpi": {"queries": {"v": "MEAS:VOLT?"}}, "generic_line": {"queries": {"v": "IN_PV_1"}},
    "daq970a": {"channels": [101]}, "34970a": {"channels": [101]},
}  # fmt: skip
JUNK = [
    "", 0, -1, 3.5, True, [], [1], ["a"], [[1]], [None], {}, {"a": "b"}, {"a": None}, {1: 2}, {"a b": "VOLT?"},
    "VOLT 5", "(", "{address}", "(?P<a>.*)", "\n", "é", float("nan"), float("inf"), 10**400, {"v": "VOLT 5"},
    {"v": "{queries}?"},
    {"v": "VOLT?;VOLT 5"}, {"v": "VOLT?\nVOLT 5"}, {"unit": "VOLT?"}, {"state": "VOLT?"}, {"v": "É?"}, {"v": ["VOLT?"]},
    {"command": "OUT_SP_1 5", "reply": "x"}, {"command": "IN_NAME", "reply": "("}, {"reply": "x"},
    {"command": "IN_NAME"},
]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_whatever_stands_in_a_table_is_sound_or_refused(name):
    """And whatever is not refused asks questions only, each of them told apart from its check."""
    driver = find(name)
    for option, junk in itertools.product(driver.options, JUNK):
        try:
            dialogue = driver.bind({**NEEDED.get(name, {}), option: junk})
        except UserError as error:
            assert error.code in ("E081", "E082"), (option, junk)
            assert error.read, (option, junk)
            assert error.write, (option, junk)
            continue
        for command in dialogue.commands:
            assert driver.protocol.allows(command.decode())
            assert b"VOLT 5" not in command
        assert set(dialogue.channels) <= {c for q in dialogue.queries for c in dialogue.asked(q)}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"queries": {"t": "IN_PV_1"}, "patterns": {"tt": "(?P<tt>.*)"}}, "patterns of t"),
        ({"queries": {"t": "IN_PV_1"}, "listen": "(?P<t>.*)"}, "queries t"),
        ({"queries": {"t": "IN_PV_1"}, "check": {"command": "IN_NAME"}}, "a check `IN_NAME` that `0` answers"),
        ({"queries": {"t": "IN_PV_1"}, "check": {"command": "IN_NAME", "reply": "[0-9.]+.*"}}, "a check `IN_NAME`"),
        ({"queries": {"t": "IN_PV_1"}, "check": {"reply": "x.*"}}, "a check without a command"),
        ({"queries": {"unit": "IN_PV_1"}}, "patterns of none"),
        ({"queries": {"t": "IN_PV_1"}, "decimal": "Comma"}, "decimal: Comma"),
        ({"chanels": [1]}, "`chanels`"),
    ],
)
def test_tables_that_would_record_nothing_or_prove_nothing(options, told):
    with pytest.raises(UserError, match="E081") as caught:
        find("generic_line").bind(options)
    assert told in caught.value.read


def test_the_line_to_write_works():
    for name, wrong in (
        ("mt_sics", {"stable": "no"}),
        ("daq970a", {}),
        ("generic_scpi", {}),
        ("ismatec", {"address": 9}),
    ):
        with pytest.raises(UserError) as caught:
            find(name).bind(wrong)
        options = load_text(caught.value.write, "x").data["options"]
        assert find(name).bind(options).commands


def test_a_pattern_of_the_users_does_not_make_a_number_of_anything():
    """Thousands separators, underscores, words and hexadecimal are no numbers, whatever a pattern lets through."""
    for text in ("1,234", "1_000", "0x10", "nan", "inf", "1e", "1.2.3", "", "12 34", "1.234,5"):
        assert value_of(text).status == Status.BadDecodingError, text
    for text in ("1.234", "1,234.5", "1_000"):
        assert value_of(text, decimal=",").status == Status.BadDecodingError, text
    assert value_of("1,234", decimal=",").number == 1.234
    assert value_of(" - 1.5").number == -1.5


def test_a_driver_of_somebody_else_that_is_broken_is_no_crash_of_ours():
    def plan(_):
        raise AttributeError("theirs")

    driver = Driver(name="x", title="x", manual="x", protocol=LINE, plan=plan, options={"a": 1})
    with pytest.raises(UserError, match="E081"):
        driver.bind({})
    with pytest.raises(UserError, match="E081"):
        Driver(
            name="x", title="x", manual="x", protocol=LINE, queries=(Query("RD", "(?P<a>"),), channels={"a": ""}
        ).bind({})  # fmt: skip


STATION = """\
station: 1
name: x
visa:
  balance: {resource: "TCPIP::127.0.0.1::9::SOCKET", driver: mt_sics, options: {stable: "no"}}
  meter: {resource: "TCPIP::127.0.0.1::9::SOCKET", driver: generic_scpi, options: {queries: {v: "VOLT 5"}}}
  supply: {resource: "TCPIP::127.0.0.1::9::SOCKET", driver: scpi_supply}
  other: {resource: "127.0.0.1:9", driver: scpi_supply}
tags:
  w: {source: balance, channel: weight, unit: g}
  v: {source: meter, channel: v, unit: V}
  i: {source: supply, channel: curent, unit: A}
  u: {source: supply, channel: voltage, unit: A}
  o: {source: other, channel: voltage, unit: V}
"""
PLACES = {
    "E081": (4, "stable"),
    "E082": (5, "options"),
    "E084": (11, "channel"),
    "E085": (12, "unit"),
    "E087": (7, "resource"),
}


def test_all_mistakes_are_told_at_once_and_nothing_is_opened(monkeypatch):
    monkeypatch.setattr("instruments.visa.link.Link.open", lambda *_: pytest.fail("opened"))
    with pytest.raises(UserErrors) as caught:
        registry.make_all(check(load_text(STATION, "s.yaml")))
    found = {error.code: (error.place.line, error.place.path.rpartition(".")[2]) for error in caught.value.errors}
    assert found == PLACES
    assert all(error.expected and error.write for error in caught.value.errors)


@pytest.mark.parametrize("verb", ["check", "start"])
def test_a_mistake_in_the_file_is_exit_3_before_and_while_recording(verb, tmp_path, capsys):
    file = tmp_path / "s.yaml"
    file.write_text(STATION)
    more = ["-o", str(tmp_path / "run")] if verb == "start" else []
    assert main(["log", verb, str(file), *more]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    for code, (line, _) in PLACES.items():
        assert f"{code} {file}:{line}:" in told.err
    assert not (tmp_path / "run").exists()


def test_a_device_that_is_not_there_is_exit_6(tmp_path, capsys):
    file = tmp_path / "s.yaml"
    file.write_text(
        'station: 1\nname: x\nvisa: {b: {resource: "TCPIP::127.0.0.1::9::SOCKET", driver: mt_sics}}\n'
        "tags: {w: {source: b, channel: weight, unit: g}}\n"
    )
    assert main(["log", "check", str(file), "--timeout", "1 s"]) == 6
    told = capsys.readouterr()
    assert "E086" in told.out
    assert "write resource: TCPIP" in told.err
    assert main(["log", "check", str(file), "--timeout", "1 s", "--json"]) == 6
    (line,) = json.loads(capsys.readouterr().out)
    assert line["trouble"].startswith("E086")
    assert "explain E086" in line["advice"]


def test_a_missing_package_is_told_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyvisa.rname", None)
    station = check(load_text(STATION.replace('"no"', "true"), "s.yaml"))
    with pytest.raises(UserError, match="E040") as caught:
        registry.make(station, "balance")
    assert caught.value.write == "python -m pip install 'hydromet[instruments]'"
    assert caught.value.exit_code == 6
