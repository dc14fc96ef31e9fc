"""Each driver from the bytes of its manual: what is asked, what the answers mean, and what is no answer."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

import instruments.devices
from hydromet.errors import UserError
from instruments.devices import MODULES, find
from instruments.status import Status, bad

GOOD, UNCERTAIN = Status.Good, Status.UncertainSensorNotAccurate
OPTIONS: dict[str, dict[str, Any]] = {
    "daq970a": {"channels": [101, 102, 103]},
    "34970a": {"channels": [101, 102, 103]},
    "generic_scpi": {"queries": {"voltage": "FETC?"}},
    "generic_line": {"queries": {"temperature": "IN_PV_2"}, "check": {"command": "IN_NAME", "reply": "IKARET"}},
    "scpi_supply": {
        "channels": ["voltage", "current", "set_voltage", "set_current", "output", "operation", "questionable"]
    },
}

# Driver, question, answer -> channel: (number, status). Answers as printed in the manuals named in the drivers.
ANSWERS: list[tuple[str, str, str, dict[str, tuple[float, int]]]] = [
    ("mt_sics", "SI", "S S     100.00 g", {"weight": (100.0, GOOD)}),
    ("mt_sics", "SI", "S D     129.07 g", {"weight": (129.07, UNCERTAIN)}),
    ("mt_sics", "SI", "S S      -0.01 g", {"weight": (-0.01, GOOD)}),
    ("mt_sics", "SI", "S S    1.50000 kg", {"weight": (1500.0, GOOD)}),
    ("mt_sics", "SI", "S S     250.00 mg", {"weight": (0.25, GOOD)}),
    ("mt_sics", "SI", "S S     100.00 ct", {"weight": (math.nan, Status.BadConfigurationError)}),
    ("mt_sics", "SI", "S I", {"weight": (math.nan, Status.BadDataUnavailable)}),
    ("mt_sics", "SI", "S +", {"weight": (math.nan, Status.BadOutOfRange)}),
    ("mt_sics", "SI", "S -", {"weight": (math.nan, Status.BadOutOfRange)}),
    ("mt_sics", "SI", "S S     14.256 g", {"weight": (14.256, GOOD)}),
    ("mt_sics", "SI", "S S     1200.0  g", {"weight": (1200.0, GOOD)}),  # outside the fine range
    ("mt_sics", "SI", "S S  Error 10b", {"weight": (math.nan, Status.BadDeviceFailure)}),
    ("mt_sics", "SI", "S S   Error 1t", {"weight": (math.nan, Status.BadDeviceFailure)}),
    ("mt_sics", "SI", "S L", {"weight": (math.nan, Status.BadNotSupported)}),
    ("mt_sics", "SI", "ES", {"weight": (math.nan, Status.BadNotSupported)}),
    ("mt_sics", "SI", "EL", {"weight": (math.nan, Status.BadNotSupported)}),
    ("mt_sics", "SI", "ET", {"weight": (math.nan, Status.BadCommunicationError)}),
    (
        "daq970a",
        "READ?",
        "+2.61950000E+01,-1.05280000E-03,+9.90000000E+37",
        {"101": (26.195, GOOD), "102": (-1.0528e-3, GOOD), "103": (math.nan, Status.BadOutOfRange)},
    ),
    (
        "daq970a",
        "READ?",
        "+2.61950000E+01 C,+1.00000000E+00 VDC,+9.91000000E+37 C",
        {"101": (26.195, GOOD), "102": (1.0, GOOD), "103": (math.nan, Status.BadDataUnavailable)},
    ),
    (  # FORM:READ:TIME, CHAN and ALAR on, relative time
        "34970a",
        "READ?",
        "+2.61950000E+01,000000000.017,101,0,+2.5E+01,000000000.031,102,0,+2.4E+01,000000000.045,103,2",
        {"101": (26.195, GOOD), "102": (25.0, GOOD), "103": (24.0, GOOD)},
    ),
    (  # another scan list is set in the instrument
        "34970a",
        "READ?",
        "+2.6E+01,101,+2.5E+01,102,+2.4E+01,104",
        dict.fromkeys(("101", "102", "103"), (math.nan, Status.BadConfigurationError)),
    ),
    (
        "daq970a",
        "READ?",
        "+2.61950000E+01,+2.5E+01",
        dict.fromkeys(("101", "102", "103"), (math.nan, Status.BadConfigurationError)),
    ),
    ("scpi_supply", "MEAS:VOLT?", "27.3", {"voltage": (27.3, GOOD)}),
    ("scpi_supply", "MEAS:CURR?", "2.73E+02", {"current": (273.0, GOOD)}),
    ("scpi_supply", "MEAS:CURR?", "+9.9E37", {"current": (math.nan, Status.BadOutOfRange)}),
    ("scpi_supply", "OUTP?", "1", {"output": (1.0, GOOD)}),
    ("scpi_supply", "STAT:OPER:COND?", "1024", {"operation": (1024.0, GOOD)}),
    ("scpi_supply", "STAT:QUES:COND?", "+16", {"questionable": (16.0, GOOD)}),
    ("ismatec", "1S", "120.00", {"speed": (120.0, GOOD)}),
    ("ismatec", "1S", " 12.50", {"speed": (12.5, GOOD)}),
    ("ismatec", "1f", "1386-1", {"flow": (0.1386, GOOD)}),
    ("ismatec", "1f", "1200+1", {"flow": (12.0, GOOD)}),
    ("ismatec", "1f", "1386E-1", {"flow": (0.1386, GOOD)}),
    ("ismatec", "1f", "12.50 ml/min", {"flow": (12.5, GOOD)}),
    ("ismatec", "1E", "+", {"running": (1.0, GOOD)}),
    ("ismatec", "1E", "-", {"running": (0.0, GOOD)}),
    ("ismatec", "1S", "#", {"speed": (math.nan, Status.BadDeviceFailure)}),
    (
        "seven_ph",
        "MF06",
        "MF06 A D 7.02 pH 25.2 0 0",
        {"pH": (7.02, UNCERTAIN), "potential": (math.nan, Status.BadDataUnavailable), "temperature": (25.2, UNCERTAIN)},
    ),
    (
        "seven_ph",
        "MF06",
        "MF06 A S -58.3 mV 25.2 0 0",
        {"pH": (math.nan, Status.BadDataUnavailable), "potential": (-58.3, GOOD), "temperature": (25.2, GOOD)},
    ),
    (
        "seven_ph",
        "MF06",
        "MF06 A 7.02 pH 25.2",
        {"pH": (7.02, GOOD), "potential": (math.nan, Status.BadDataUnavailable), "temperature": (25.2, GOOD)},
    ),
    ("seven_ph", "MF06", "ES", dict.fromkeys(("pH", "potential", "temperature"), (math.nan, Status.BadNotSupported))),
    ("generic_scpi", "FETC?", "-1.2345E-03", {"voltage": (-1.2345e-3, GOOD)}),
    ("generic_line", "IN_PV_2", "24.8", {"temperature": (24.8, GOOD)}),
]

# Driver, question, lines that are no answer to it.
NONE = [
    ("mt_sics", "SI", ["S S     100.00", "S S     100.0", "S S 100,00 g", "S D", "100.00 g", "S S     100.00 g S", ""]),
    (
        "daq970a",
        "READ?",
        ["+2.61950000E+0", "+2.6195", "+2.61950000E+01,", "26.195", "+2,61950000E+01", '+0,"No error"'],
    ),
    ("scpi_supply", "MEAS:VOLT?", ["27.3 V", "27,3", "2 7.3", "1_000", "nan", "inf", "٣.٣", "27.3\n1", "MEAS:VOLT?"]),
    ("scpi_supply", "OUTP?", ["2", "11", "ON", ""]),
    ("ismatec", "1f", ["1386", "138-1", "1386-", "13866-1", "1386E", "12.", "+"]),
    ("ismatec", "1S", ["120.000", "1386-1", "J", "M"]),
    (
        "seven_ph",
        "MF06",
        [
            "MF06 A D 7.02 pH",
            "MF06 A D 7.02 25.2 0 0",
            "7.02 pH",
            "MF06 A D 7.02 pH 77.4 1 0",
            "MF06 A D 7.02 pH 77.4 F",
        ],
    ),
    ("generic_scpi", "FETC?", ["+1.0;+2.0", "1.0,2.0", "", "ERROR"]),
]


def dialogue(name: str) -> Any:
    return find(name).bind(OPTIONS.get(name, {}))


def query(name: str, command: str) -> tuple[Any, Any]:
    talk = dialogue(name)
    (found,) = [each for each in talk.queries if each.command == command]
    return talk, found


@pytest.mark.parametrize(("name", "command", "answer", "expected"), ANSWERS)
def test_answers_of_the_manual(name: str, command: str, answer: str, expected: dict[str, tuple[float, int]]) -> None:
    talk, found = query(name, command)
    values = talk.read(found, answer)
    assert values is not None
    assert {c: (v.number, v.status) for c, v in values.items()} == {
        c: (pytest.approx(number, nan_ok=True), status) for c, (number, status) in expected.items()
    }
    assert all(bad(value.status) == math.isnan(value.number) for value in values.values())


@pytest.mark.parametrize(("name", "command", "answers"), NONE)
def test_anything_else_is_no_answer(name: str, command: str, answers: list[str]) -> None:
    talk, found = query(name, command)
    for answer in answers:
        assert talk.read(found, answer) is None, answer


@pytest.mark.parametrize("name", MODULES)
def test_every_driver_is_complete(name: str) -> None:
    """At most sixty lines, a manual, channels for every question, and checks that no answer of a manual passes for."""
    module = Path(instruments.devices.__file__).parent / f"{MODULES[name]}.py"
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 60
    talk = dialogue(name)
    assert talk.driver.manual
    assert talk.driver.title
    assert talk.channels
    assert {c for q in talk.queries for c in talk.asked(q)} == set(talk.channels)
    assert talk.checks
    said = [answer for other, _, answer, _ in ANSWERS if MODULES[other] == MODULES[name] and _is_value(other, answer)]
    assert said
    for check in talk.checks:
        assert not [answer for answer in said if check.pattern.fullmatch(answer)], check
        assert not [q for q in talk.queries if q.pattern.fullmatch(check.command)]


def _is_value(name: str, answer: str) -> bool:
    return not any(re.fullmatch(pattern, answer) for pattern in find(name).refusals)


@pytest.mark.parametrize("name", MODULES)
def test_the_check_of_one_is_not_the_check_of_the_next(name: str) -> None:
    """Late answers to one check must not pass for the answer to another."""
    said = {
        "I4": ('I4 A "B021002593"',),
        "I2": ('I2 A "XS6002S Excellence 6100.00 g"',),
        "I3": ('I3 A "2.10 10.28.0.493.142"',),
        "SYST:ERR?": ('+0,"No error"', '-113,"Undefined header"', '-222,"Data out of range; VOLT 99"'),
        "*IDN?": (
            "Keysight Technologies,DAQ970A,MY12345678,A.02.04-00.16-11.29-00.02-02-01",
            "HEWLETT-PACKARD,34970A,0,13-2-2",
            "Agilent Technologies,N5769A,US12A3456B,A.00.00",
        ),
        "1xM": ("M", "L"),
        "1xD": ("J", "K"),
        "IN_NAME": ("IKARET",),
    }
    checks = dialogue(name).checks
    for check in checks:
        for command in (each.command for each in checks):
            for answer in said[command]:
                assert bool(check.pattern.fullmatch(answer)) == (command == check.command), (check, answer)


def test_pumps_that_share_a_line() -> None:
    talk = find("ismatec").bind({"address": [2, 5]})
    assert [each.command for each in talk.queries] == ["2S", "2f", "2E", "5S", "5f", "5E"]
    assert [each.command for each in talk.checks] == ["2xM", "2xD"]
    assert talk.channels["flow_5"] == "mL/min"
    assert talk.read(talk.queries[4], "1200+1") == {"flow_5": (pytest.approx(12.0), GOOD, "mL/min", "1200+1")}
    refused = talk.read(talk.queries[4], "#")
    assert refused is not None
    assert list(refused) == ["flow_5"]


def test_stable_weights_only() -> None:
    talk = find("mt_sics").bind({"stable": True})
    assert [each.command for each in talk.queries] == ["S"]
    assert talk.queries[0].wait > 10


def test_a_scan_gets_the_time_it_needs() -> None:
    """Twenty channels with 10 power line cycles take more than four seconds."""
    talk = find("daq970a").bind({"channels": [*range(101, 121)], "seconds_per_channel": 0.4})
    assert talk.driver.timeout + talk.queries[0].wait > 8.0


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("mt_sics", {"stabel": True}, "E081"),
        ("daq970a", {}, "E081"),
        ("daq970a", {"channels": []}, "E081"),
        ("daq970a", {"channels": [101, 101]}, "E081"),
        ("daq970a", {"channels": "101"}, "E081"),
        ("daq970a", {"channels": ["101);*RST;(@1"]}, "E081"),
        ("ismatec", {"address": 9}, "E081"),
        ("ismatec", {"address": "1H"}, "E081"),
        ("ismatec", {"address": [1, 1]}, "E081"),
        ("ismatec", {"address": []}, "E081"),
        ("scpi_supply", {"channels": ["power"]}, "E081"),
        ("generic_scpi", {"queries": {"voltage": "VOLT 5"}}, "E082"),
        ("generic_scpi", {"queries": []}, "E081"),
        ("generic_line", {"queries": {"speed": "1H"}}, "E082"),
        ("generic_line", {"queries": {"speed": "status"}, "patterns": {"speed": "(?P<other>.*)"}}, "E081"),
        ("generic_line", {"queries": {"speed": "status"}, "patterns": {"speed": "(?P<speed>"}}, "E081"),
        ("generic_line", {}, "E081"),
        ("mtsics", {}, "E080"),
    ],
)
def test_mistakes_in_the_options(name: str, options: dict[str, Any], code: str) -> None:
    with pytest.raises(UserError) as error:
        find(name).bind(options)
    assert error.value.code == code
    assert error.value.expected


def test_a_driver_of_another_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by its entry point, and named among the drivers."""
    from importlib.metadata import EntryPoint

    point = EntryPoint("my_balance", "instruments.devices.mt_sics:DRIVER", instruments.devices.GROUP)

    def points(group: str, name: str = "") -> tuple[EntryPoint, ...]:
        assert group == "hydromet.devices"
        return (point,) if name in ("", "my_balance") else ()

    monkeypatch.setattr(instruments.devices, "entry_points", points)
    assert find("my_balance").name == "mt_sics"
    assert "my_balance" in instruments.devices.names()
    with pytest.raises(UserError) as error:
        find("my_balanse")
    assert error.value.write == "driver: my_balance"
