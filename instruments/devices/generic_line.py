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

import re
from typing import TYPE_CHECKING, Any

from instruments.devices.driver import COMMA_NUMBER, NUMBER, Driver, Plan, Query, option_error
from instruments.devices.protocols import LINE

if TYPE_CHECKING:
    from collections.abc import Mapping


def _plan(options: Mapping[str, Any]) -> Plan:
    number = COMMA_NUMBER if options["decimal"] == "comma" else NUMBER
    patterns, queries = options["patterns"], options["queries"]
    try:
        if options["listen"]:
            found = [Query("", str(options["listen"]))]
        else:
            found = [Query(str(q), patterns.get(c, f"(?P<{c}>{number})"), confirm=True) for c, q in queries.items()]
        channels = [channel for query in found for channel in query.channels]
    except (re.error, AttributeError) as error:
        raise option_error("a table, and patterns with a group for each channel", "queries", read=str(error)) from None
    if not channels or len(set(channels)) < len(channels) or (not options["listen"] and set(channels) != set(queries)):
        raise option_error("a group named as its channel in each pattern", "queries", read="no channels")
    check = options["check"]
    checks = (Query(str(check.get("command", "")), str(check.get("reply", ".+"))),) if check else ()
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
