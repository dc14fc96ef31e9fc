"""Peristaltic pumps of Ismatec (Reglo Digital, Reglo ICC; sold by Masterflex as MFLX78001 and the like).

Several pumps, or the channels of one, share a line: ``options: {address: 1}``. Logged are speed, flow, direction and
whether it turns; nothing that the pump takes as an order is a word of its protocol here. ``#`` is the pump's refusal,
of a wrong question or of everything while it is overloaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from instruments.devices.driver import Driver, Plan, Query, Value, option_error
from instruments.devices.protocols import ISMATEC
from instruments.status import Status

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

_UNITS = {"speed": "rpm", "flow": "mL/min", "running": ""}


def _flow(match: re.Match[str]) -> dict[str, Value]:
    # Volume type 1 of the manual: 1386-1 is 1.386E-1 mL/min.
    number = float(f"{match['m'][0]}.{match['m'][1:]}E{match['e']}")
    return {"flow": Value(number, Status.Good, "mL/min", match[0])}


def _running(match: re.Match[str]) -> dict[str, Value]:
    return {"running": Value(float(match[0] == "+"), Status.Good, "", match[0])}


def _plan(options: Mapping[str, Any]) -> Plan:
    if options["address"] not in range(1, 9):
        raise option_error("1 to 8", "address", read=f"address: {options['address']}")
    speed = Query("{address}S", r" ?(?P<speed>[0-9]{1,3}\.[0-9]{1,2}|[0-9]{3,4})", confirm=True)
    flow = Query("{address}f", r"(?P<m>[0-9]{4})[Ee]?(?P<e>[-+][0-9])", parse=_flow)
    return Plan((speed, flow, Query("{address}E", r"[-+]", parse=_running)), _UNITS)


DRIVER = Driver(
    name="ismatec",
    title="Peristaltic pump, Ismatec",
    manual="Ismatec Reglo ICC manual 14-036 Rev. D, sections 14 to 16; Reglo Digital 13.09.07, page 31",
    protocol=ISMATEC,
    plan=_plan,
    options={"address": 1},
    channels=_UNITS,
    checks=(Query("{address}xM", r"[LMOGQNP]|#"), Query("{address}xD", r"[JK]|#")),
    refusals={"#": Status.BadDeviceFailure, r"\*": Status.BadDecodingError},
    write_termination="\r",
    bare="*#+-JKLMOGQNP",
    timeout=1.0,
)
