"""Instruments over VISA: sockets, HiSLIP, serial lines, GPIB and USB, each with a thread of its own.

``link`` is the one door to pyvisa and sends nothing but the questions of its driver, ``session`` sees to it that no
answer is taken for that to another question, ``source`` asks in time and hands the readings over.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hydromet.errors import StationError
from hydromet.source import load_text
from instruments.devices import find
from instruments.visa.link import Line, Link, no_resource
from instruments.visa.session import Session
from instruments.visa.source import VisaSource, channels_of

if TYPE_CHECKING:
    from hydromet.errors import Place
    from instruments.station import Station

__all__ = ["make"]


def make(station: Station, name: str) -> VisaSource:
    """The source of an instrument of a station file.

    Raises:
        StationError, UserErrors: E080 to E087, with its line: what cannot work is told before anything is opened.
    """
    instrument = station.file.visa[name]
    place = partial(_place, station)
    try:
        found = find(instrument.driver)
        dialogue = found.bind(instrument.options)
    except StationError as error:
        if error.code == "E080":
            raise error.at(place(("visa", name, "driver"))) from None
        guilty = [each for each in instrument.options if error.read.startswith((f"{each}:", f"`{each}`"))]
        path = ("visa", name, "options", *guilty[:1])
        raise error.at(load_text(station.text, station.path).place(path, key=True)) from None
    why = no_resource(instrument.resource)
    if why:
        expected = "a VISA resource name in full; a socket ends in its port and SOCKET"
        write = "resource: TCPIP::192.168.1.20::5025::SOCKET"
        raise StationError("E087", read=why, expected=expected, write=write, place=place(("visa", name, "resource")))
    channels = channels_of(dialogue, station.tags(name), place)
    given = instrument.model_fields_set
    serial = found.serial
    line = Line(
        resource=instrument.resource,
        read_end=_end(instrument.read_termination, found.read_termination),
        write_end=_end(instrument.write_termination, found.write_termination),
        bare=found.bare.encode("ascii"),
        baud_rate=instrument.baud_rate or serial.baud_rate,
        data_bits=instrument.data_bits or serial.data_bits,
        parity=instrument.parity or serial.parity,
        stop_bits=instrument.stop_bits or serial.stop_bits,
    )
    timeout = instrument.timeout if "timeout" in given else found.timeout
    session = Session(Link(name, line, dialogue.commands), dialogue, timeout)
    return VisaSource(name, session, channels, instrument.interval)


def _place(station: Station, path: tuple[str, ...]) -> Place:
    """Where something stands in the station file."""
    return load_text(station.text, station.path).place(path)


def _end(given: str | None, drivers: str) -> bytes:
    return (drivers if given is None else given).encode("latin-1")
