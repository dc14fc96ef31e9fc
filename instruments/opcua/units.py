"""Engineering units of OPC-UA as this program writes units of measure.

A server states a unit by a number, which is the UN/CEFACT code (Recommendation 20) in ASCII read as a big-endian
integer (OPC 10000-8, 5.6.3), and by a name to be shown. The name is tried first: it is what operators see, and many
servers send -1 as the number. ``units.csv`` has the codes; ``grade`` says where each was seen: ``read`` in the table of
node-opcua 2.182, ``recalled`` from memory and not checked.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from importlib import resources

from hydromet import quantity
from hydromet.errors import StationError
from instruments.station_fields import known_unit

_NAMES = {"°c": "degC", "° c": "degC", "deg c": "degC", "°f": "degF"}
_LITRE = re.compile(r"(?<![A-Za-z])([mµu]?)l(?![A-Za-z])")
_PLAIN = frozenset({"ph", "", "-", "1", "ph units"})


@lru_cache
def _codes() -> dict[str, str]:
    text = (resources.files(__package__ or __name__) / "units.csv").read_text(encoding="utf-8")
    return {row["code"]: row["unit"] for row in csv.DictReader(text.splitlines())}


def unece_code(number: int) -> str:
    """``CEL`` for 4408652; empty if the number is no such code.

    Args:
        number: ``UnitId`` of an EUInformation.
    """
    if number <= 0:
        return ""
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    text = raw.decode("ascii", "replace")
    return text if text.isalnum() else ""


def unece_number(code: str) -> int:
    """4408652 for ``CEL``."""
    return int.from_bytes(code.encode("ascii"), "big")


def unit_of(number: int, shown: str) -> str:
    """The unit of measure a server states; empty for none, or for one that nobody knows here.

    Args:
        number: ``UnitId``.
        shown: ``DisplayName``.
    """
    name = shown.strip()
    if name.casefold() in _PLAIN:
        return _codes().get(unece_code(number), "") if not name else ""
    known = _NAMES.get(name.casefold())
    if known:
        return known
    try:
        return known_unit(_LITRE.sub(r"\1L", quantity.normalise(name)))
    except StationError:
        return _codes().get(unece_code(number), "")


def code_of(unit: str) -> str:
    """The UN/CEFACT code of a unit of measure; empty if the table has none."""
    return next((code for code, one in _codes().items() if one == unit), "")
