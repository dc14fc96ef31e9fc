r"""Any instrument that answers in lines, or that sends lines by itself, by a table in the station file.

::

    options:
      queries: {temperature: IN_PV_2}                     # asked one after another; or
      listen: 'ST,GS,(?P<weight>[-+0-9. ]+)(?P<unit>\w+)' # each line as it comes
      patterns: {temperature: '(?P<temperature>[0-9.]+) 2'}
      check: {command: IN_NAME, reply: '[A-Z].*'}
      decimal: comma

Only words on the list of read commands are sent (``instruments.devices.protocols.LINE``), or words that end in ``?``.
Without a ``check`` nothing proves that question and answer are in step: after a fault the line has to be quiet first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from instruments.devices.driver import COMMA_NUMBER, NUMBER, Driver, Plan, Query, option_error
from instruments.devices.protocols import LINE

if TYPE_CHECKING:
    from collections.abc import Mapping


def _plan(options: Mapping[str, Any]) -> Plan:
    if options["decimal"] not in ("point", "comma"):
        raise option_error("point or comma", "decimal: comma", read=f"decimal: {options['decimal']}")
    number, sign = (COMMA_NUMBER, ",") if options["decimal"] == "comma" else (NUMBER, ".")
    patterns, queries, listen = options["patterns"], options["queries"], options["listen"]
    found = [
        Query(str(command), patterns.get(name, f"(?P<{name}>{number})"), confirm=True, decimal=sign)
        for name, command in queries.items()
    ] or [Query("", listen, decimal=sign)]
    channels = [channel for query in found for channel in query.channels]
    wrong = set(patterns) - set(queries) or (queries and (listen or set(channels) != set(queries)))
    if wrong or not channels or len(set(channels)) < len(channels):
        read = f"queries {', '.join(map(str, queries)) or 'none'}, patterns of {', '.join(channels) or 'none'}"
        expected = "`listen`, or `queries`, with a group named as its channel in each pattern"
        raise option_error(expected, "queries: {temperature: IN_PV_2}", read=read)
    check = options["check"]
    checks = (Query(str(check.get("command", "")), str(check.get("reply", ".*"))),) if check else ()
    return Plan(tuple(found), dict.fromkeys(channels, ""), checks)


DRIVER = Driver(
    name="generic_line",
    title="Any instrument that answers in lines",
    manual="the manual of the instrument",
    protocol=LINE,
    plan=_plan,
    options={"queries": {}, "listen": "", "patterns": {}, "check": {}, "decimal": "point"},
    write_termination="\r\n",
)
