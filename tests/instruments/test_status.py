"""The vocabulary is that of OPC-UA, for every source."""

from __future__ import annotations

from asyncua import ua

from instruments.status import Status, bad, good, name, overflow, severity


def test_codes_are_those_of_opc_ua():
    for code in Status:
        assert getattr(ua.StatusCodes, code.name) == code


def test_severity():
    assert [severity(code) for code in (0, 0x40930000, 0x800A0000)] == ["good", "uncertain", "bad"]
    assert good(Status.GoodClamped)
    assert not good(Status.UncertainSensorNotAccurate)
    assert bad(Status.BadTimeout | 0x0480)


def test_overflow_is_an_information_bit_of_a_data_value():
    assert overflow(0x00000480)
    assert not overflow(0x00000080), "without the type of information the bit means nothing"
    assert not overflow(0x00000400)


def test_names():
    assert name(Status.BadTimeout | 0x0480) == "BadTimeout"
    assert name(0x80FF0000) == "0x80FF0000"
