"""No driver can write a set point: by the list of what may be sent, at three doors."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import instruments
from hydromet.errors import UserError
from instruments.devices import MODULES, protocols
from instruments.devices.driver import Dialogue, Driver, Query
from instruments.devices.protocols import ISMATEC, LINE, MT_SICS, SCPI, SEVEN, Protocol
from instruments.simulated.hislip import HislipServer
from instruments.simulated.serve import TcpServer
from instruments.visa.link import Line, Link
from tests.instruments.visa.harness import PLANS, Running, counting, station
from tests.instruments.visa.test_drivers import dialogue

PROTOCOLS = [value for value in vars(protocols).values() if isinstance(value, Protocol)]

# Orders of real instruments: each would change something.
ORDERS = {
    SCPI: [
        *(
            "VOLT 5",
            "VOLT 5;:VOLT?",
            "VOLT?;:VOLT 5",
            "OUTP ON",
            "APPL 5,10",
            "*RST",
            "*CLS",
            "*TST?",
            "*CAL?",
            "CAL:ALL?",
        ),
        *("INIT", "ROUT:SCAN (@101)", "MEAS:VOLT?\nVOLT 5", "MEAS:VOLT?\rVOLT 5", "MEAS:VOLT?;OUTP OFF", "SYST:REM"),
        *(
            "VOLT?5",
            "VOLT ?",
            "VOLT 5?",
            "VOLT:TRIG 5?;",
            "DISP:TEXT? 'x'",
            "OUTP:PROT:CLE",
            "CONF:VOLT:DC? 10",
            ";VOLT 5",
        ),
        *("VOLT? MAX;VOLT MAX", "OUTP\u00a0ON?", "VOLT?\x00VOLT 5", "DIAG:POKE?", "SYST:SEC:IMM?", "SYST:PRES?"),
    ],
    MT_SICS: ["Z", "ZI", "T", "TI", "TA 5 g", "TAC", "SIR", "SR", "@ 1", "PWR 0", "S\nZ", "C1", "si", "M21 0 1"],
    SEVEN: ['DC10 0 "PH1"', "CA01", "MF06\r\nCA01", "MF06 1"],
    ISMATEC: [
        "1H",
        "1I",
        "1J",
        "1K",
        "1S009800",
        "1f1200+1",
        "1M",
        "1L",
        "@3",
        "1*",
        "10",
        "1W",
        "9S",
        "1xI",
        "1S\r1H",
    ],
    LINE: ["OUT_SP_1 25", "START_1", "STOP_1", "RESET", "out_sp_00 25.0", "out_mode_05 1", "1GO", "1SP100", "RPM?25"],
}


@pytest.mark.parametrize(("protocol", "order"), [(p, order) for p, orders in ORDERS.items() for order in orders])
def test_orders_are_refused(protocol: Protocol, order: str) -> None:
    assert not protocol.allows(order)
    with pytest.raises(UserError) as error:
        protocol.check(order)
    assert error.value.code == "E082"


def test_every_protocol_is_tried() -> None:
    assert set(ORDERS) == set(PROTOCOLS)


@given(st.text(max_size=40))
def test_a_scpi_message_that_passes_asks_and_nothing_else(text: str) -> None:
    """Whatever passes is parts with a question mark at the end of the header, and no value behind it."""
    if SCPI.allows(text) and text:
        for part in text.split(";"):
            assert re.fullmatch(r"[A-Za-z0-9:*]+\?( \(@[0-9:,]+\))?", part)


@given(
    st.lists(
        st.sampled_from(["VOLT", "OUTP", "MEAS:VOLT?", "?", ";", " ", "5", "ON", "(@1)", "\n", ":", "*RST"]), max_size=6
    )
)
def test_pieces_of_orders_do_not_pass(pieces: list[str]) -> None:
    text = "".join(pieces)
    if SCPI.allows(text) and text:
        assert "\n" not in text
        assert not re.search(r"(VOLT|OUTP) +(5|ON)|\*RST", text)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_words_carry_no_value(protocol: Protocol) -> None:
    """A word of a list is a whole message: nothing can be added to it."""
    for word in protocol.words:
        for value in (" 5", "=5", "0098", " ON", ";5"):
            assert not protocol.allows(word + value) or word + value in protocol.words


def test_a_driver_with_an_order_cannot_be_made() -> None:
    for protocol, orders in ORDERS.items():
        wrong = Driver(
            name="x",
            title="x",
            manual="x",
            protocol=protocol,
            queries=(Query(orders[0], "(?P<a>.*)"),),
            channels={"a": ""},
        )
        with pytest.raises(UserError):
            wrong.bind({})
        with pytest.raises(UserError):
            Dialogue(wrong, (), (Query(orders[0], ".*"),), {})


def test_the_link_sends_what_is_on_its_list_only() -> None:
    server = TcpServer(counting("scpi_supply"))
    with server:
        link = Link("test", Line(resource=server.resource), dialogue("scpi_supply").commands)
        link.open(2.0)
        for command in ("VOLT 5", "MEAS:VOLT?\nVOLT 5", "*RST", "MEAS:VOLT? ", ""):
            with pytest.raises(UserError) as error:
                link.send(command)
            assert error.value.code == "E083"
        link.send("MEAS:VOLT?")
        assert link.answer(2.0)
        link.close()
    assert list(server.instrument.received) == ["MEAS:VOLT?"]


@pytest.mark.parametrize("driver", PLANS)
@pytest.mark.parametrize("kind", [TcpServer, HislipServer])
def test_what_an_instrument_hears_are_questions(driver: str, kind: type[TcpServer]) -> None:
    """On the wire, from connecting to disconnecting."""
    server = kind(counting(driver))
    with server, Running(station(driver, server.resource, timeout=1.0)) as running:
        running.more(3)
    heard = set(server.instrument.received)
    assert heard <= {command.decode() for command in running.source._session.dialogue.commands}
    assert all(running.source._session.dialogue.driver.protocol.allows(command) for command in heard)


def test_one_place_writes_to_pyvisa() -> None:
    """Of the whole package one module imports pyvisa, and of that the method ``send`` writes, once."""
    trees = {
        file: ast.parse(file.read_text(encoding="utf-8")) for file in Path(instruments.__file__).parent.rglob("*.py")
    }
    users = {
        file.name
        for file, tree in trees.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(each.name.startswith("pyvisa") for each in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pyvisa"))
    }
    assert users == {"link.py"}
    (link,) = [tree for file, tree in trees.items() if file.parent.name == "visa" and file.name == "link.py"]
    doors = ("write", "write_raw", "write_ascii_values", "write_binary_values", "query", "assert_trigger", "control_in")
    found = [node.attr for node in ast.walk(link) if isinstance(node, ast.Attribute) and node.attr in doors]
    assert found == ["write_raw"]
    (send,) = [n for n in ast.walk(link) if isinstance(n, ast.FunctionDef) and n.name == "send"]
    assert "write_raw" in ast.unparse(send)
    assert "not in self._commands" in ast.unparse(send)


def test_all_drivers_are_tried() -> None:
    assert {MODULES[name] for name in PLANS} | {"generic_line"} == set(MODULES.values())
