"""Any SCPI instrument, by a table in the station file.

::

    options: {queries: {temperature: "MEAS:TEMP?", resistance: "FETC:RES?"}}

Each query is answered by one number. Only queries are accepted; note that ``MEAS...?`` of a multimeter sets the range
again before it measures: ``READ?`` or ``FETC?`` leave it as it is. ``error_queue: false`` is for an instrument without
``SYST:ERR?``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from instruments.devices.driver import Driver, Plan, option_error
from instruments.devices.protocols import SCPI
from instruments.devices.scpi import CHECKS, IDENTITY, number

if TYPE_CHECKING:
    from collections.abc import Mapping


def _plan(options: Mapping[str, Any]) -> Plan:
    table = options["queries"]
    if not isinstance(table, dict) or not table or not all(str(name).isidentifier() for name in table):
        raise option_error("channel: query", 'queries: {voltage: "MEAS:VOLT?"}', read=f"queries: {table}")
    queries = tuple(number(name, str(command)) for name, command in table.items())
    return Plan(queries, dict.fromkeys(table, ""), CHECKS if options["error_queue"] else (IDENTITY,))


DRIVER = Driver(
    name="generic_scpi",
    title="Any SCPI instrument",
    manual="SCPI 1999.0, volume 1; IEEE 488.2-1992, section 8",
    protocol=SCPI,
    plan=_plan,
    options={"queries": None, "error_queue": True},
    examples={"queries": {"voltage": "MEAS:VOLT?"}},
    checks=CHECKS,
    timeout=3.0,
)
