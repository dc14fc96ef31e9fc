"""Drivers of instruments: tables of questions and of what the answers look like, one file for each family.

A driver holds no code that talks; ``instruments.visa`` asks the questions. What may be asked at all is listed in
``instruments.devices.protocols``: there is no way to write a set point.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, cast

from hydromet.errors import StationError
from hydromet.source import nearest

if TYPE_CHECKING:
    from instruments.devices.driver import Driver

GROUP = "hydromet.devices"
# Name in the station file -> module with a ``DRIVER``; a second name for the same instrument is fine.
MODULES = {
    "mt_sics": "mt_sics",
    "daq970a": "daq970a",
    "34970a": "daq970a",
    "scpi_supply": "scpi_supply",
    "ismatec": "ismatec",
    "seven_ph": "seven_ph",
    "generic_scpi": "generic_scpi",
    "generic_line": "generic_line",
}


def names() -> tuple[str, ...]:
    """Names of all drivers, of this package and of others."""
    return tuple(sorted({*MODULES, *(point.name for point in entry_points(group=GROUP))}))


def find(name: str) -> Driver:
    """The driver of a name.

    Raises:
        StationError: E080, there is none.
    """
    if name in MODULES:
        return cast("Driver", import_module(f"instruments.devices.{MODULES[name]}").DRIVER)
    for point in entry_points(group=GROUP, name=name):
        return cast("Driver", point.load())
    near = nearest(name, names())
    raise StationError(
        "E080",
        read=f"driver: {name}",
        expected=" or ".join(near) or f"one of {', '.join(names())}",
        write=f"driver: {(near or ('generic_scpi',))[0]}",
    )
