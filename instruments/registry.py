"""Which module serves which section of the station file; other packages add theirs by the entry point."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, cast

from hydromet.errors import DeviceError, UserError, UserErrors, raise_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from instruments.base import Source
    from instruments.station import Station

    # (station, name of the source) -> source
    Maker = Callable[[Station, str], Source]

GROUP = "hydromet.sources"
# Section of the station file -> module with a function ``make(station, name)``.
MODULES = {
    "opcua": "instruments.opcua",
    "visa": "instruments.visa",
    "laboratory": "instruments.laboratory",
}


def make(station: Station, name: str) -> Source:
    """The source of a name, made by the module of its section.

    Raises:
        DeviceError: E040, the library it needs is not installed; whatever the module finds wrong.
    """
    kind = station.kind(name)
    try:
        return maker(kind)(station, name)
    except ImportError as error:
        raise _missing(kind, error) from None


def make_all(station: Station) -> dict[str, Source | DeviceError]:
    """The sources of a station by name; in place of one that cannot be had here, why.

    Raises:
        UserError, UserErrors: all mistakes in the station file at once, each at its line.
    """
    found: dict[str, Source | DeviceError] = {}
    mistakes: list[UserError] = []
    for name in station.sources:
        try:
            found[name] = make(station, name)
        except DeviceError as error:
            found[name] = error
        except (UserError, UserErrors) as error:
            mistakes += error.errors if isinstance(error, UserErrors) else [error]
    raise_all(mistakes)
    return found


def maker(kind: str) -> Maker:
    """The function that makes sources of a kind.

    Raises:
        DeviceError: E040, its module or the library it needs is missing.
    """
    try:
        if kind in MODULES:
            return cast("Maker", import_module(MODULES[kind]).make)
        (found,) = entry_points(group=GROUP, name=kind)
        return cast("Maker", found.load())
    except (ImportError, ValueError) as error:
        raise _missing(kind, error) from None


def _missing(kind: str, error: Exception) -> DeviceError:
    return DeviceError(
        "E040",
        read=f"{kind}: {error}",
        expected="the packages of the acquisition",
        write="python -m pip install 'hydromet[instruments]'",
    )
