"""Peristaltic pumps of Ismatec (Reglo Digital, Reglo ICC; sold by Masterflex as MFLX78001 and the like).

``options: {address: 2}``, or ``{address: [1, 2]}`` for pumps on one line, with channels ``flow_1``, ``flow_2``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from instruments.devices.driver import Driver, Plan, Query, Value, option_error
from instruments.devices.protocols import ISMATEC
from instruments.status import Status

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

_SPEED = r" ?(?P<speed>[0-9]{1,3}\.[0-9]{1,2}|[0-9]{3,4})"
_FLOW = r"(?P<m>[0-9]{4})[Ee]?(?P<e>[-+][0-9])|(?P<plain>[0-9]{1,4}\.[0-9]{1,4})(?: ?m[lL]/min)?"
_UNITS = {"speed": "rpm", "flow": "mL/min", "running": ""}


def _flow(channel: str, match: re.Match[str]) -> dict[str, Value]:
    # 1386-1 and 1386E-1 (volume types 1 and 2) are 1.386E-1 mL/min; older pumps send 12.50 ml/min.
    text = match["plain"] or f"{match['m']}E{int(match['e']) - 3}"
    return {channel: Value(float(text), Status.Good, "mL/min", match[0])}


def _running(channel: str, match: re.Match[str]) -> dict[str, Value]:
    return {channel: Value(float(match[0] == "+"), Status.Good, "", match[0])}


def _plan(options: Mapping[str, Any]) -> Plan:
    given = options["address"]
    several = given if isinstance(given, list) else [given]
    if not several or any(number not in range(1, 9) for number in several) or len(set(several)) < len(several):
        raise option_error("1 to 8, or a list of such", "address: 2", read=f"address: {given}")
    queries: list[Query] = []
    for number in several:
        end = f"_{number}" if several is given else ""
        flow, on = f"flow{end}", f"running{end}"
        queries.append(Query(f"{number}S", _SPEED.replace("speed", f"speed{end}"), confirm=True))
        queries.append(Query(f"{number}f", _FLOW, parse=partial(_flow, flow), confirm=True, about=(flow,)))
        queries.append(Query(f"{number}E", "[-+]", parse=partial(_running, on), about=(on,)))
    units = {channel: _UNITS[channel.partition("_")[0]] for query in queries for channel in query.channels}
    return Plan(tuple(queries), units, (Query(f"{several[0]}xM", "[LMOGQNP]|#"), Query(f"{several[0]}xD", "[JK]|#")))


DRIVER = Driver(
    name="ismatec",
    title="Peristaltic pump, Ismatec",
    manual="Ismatec Reglo ICC manual 14-036 Rev. D, sections 14 to 16; Reglo Digital 13.09.07, page 31",
    protocol=ISMATEC,
    plan=_plan,
    options={"address": 1},
    refusals={"#": Status.BadDeviceFailure, r"\*": Status.BadDecodingError},
    write_termination="\r",
    bare="*#+-JKLMOGQNP",
)
