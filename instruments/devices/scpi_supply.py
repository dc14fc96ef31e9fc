"""Direct-current supplies that speak SCPI (Keysight N5700, N8700, E36100, TDK, Delta): the rectifier of electrowinning.

Read only, and by construction: voltage, current, what they are set to, and the operation and questionable registers.
Bits of N5700: operation 256 constant voltage, 1024 constant current; questionable 1 over-voltage, 2 over-current,
4 power failure, 16 over-temperature, 512 inhibited, 1024 unregulated. Other makers count otherwise: the register is
logged as the number it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from instruments.devices.driver import Driver, Plan, Query, option_error
from instruments.devices.protocols import SCPI
from instruments.devices.scpi import CHECKS, number

if TYPE_CHECKING:
    from collections.abc import Mapping

_REGISTER = r"\+?[0-9]{1,5}"
_QUERIES = {
    "voltage": (number("voltage", "MEAS:VOLT?"), "V"),
    "current": (number("current", "MEAS:CURR?"), "A"),
    "set_voltage": (number("set_voltage", "VOLT?"), "V"),
    "set_current": (number("set_current", "CURR?"), "A"),
    "output": (Query("OUTP?", r"(?P<output>[01])"), ""),
    "operation": (Query("STAT:OPER:COND?", rf"(?P<operation>{_REGISTER})", confirm=True), ""),
    "questionable": (Query("STAT:QUES:COND?", rf"(?P<questionable>{_REGISTER})", confirm=True), ""),
}


def _plan(options: Mapping[str, Any]) -> Plan:
    wanted = options["channels"]
    if not isinstance(wanted, list) or not wanted or not set(wanted) <= set(_QUERIES):
        known = f"some of {', '.join(_QUERIES)}"
        raise option_error(known, "channels: [voltage, current]", read=f"channels: {wanted}")
    return Plan(tuple(_QUERIES[name][0] for name in wanted), {name: _QUERIES[name][1] for name in wanted})


DRIVER = Driver(
    name="scpi_supply",
    title="Power supply, SCPI",
    manual="Agilent Series N5700 User's Guide, chapter 5: Measure, Output, Source and Status commands",
    protocol=SCPI,
    plan=_plan,
    options={"channels": ["voltage", "current"]},
    checks=CHECKS,
    timeout=2.0,
)
