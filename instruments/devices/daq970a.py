"""Scanners Keysight DAQ970A, DAQ973A, 34970A, 34972A: one scan of the list that is set in the instrument.

``READ?`` scans and sends the readings in the order of the list; it empties the reading memory, so nobody else should
be collecting there. The list itself is a setting and is never touched: ``options: {channels: [101, 102]}`` says what
it is, and a scan with another number of readings, or with other channel numbers where ``FORM:READ:CHAN`` is on, is
refused as a whole. Readings end in their exponent, so that a cut one cannot be taken for a number.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from instruments.devices.driver import Driver, Plan, Query, Value, option_error, value_of
from instruments.devices.protocols import SCPI
from instruments.devices.scpi import CHECKS
from instruments.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

# As FORM:READ:UNIT writes them.
_UNITS = {"C": "degC", "F": "degF", "VDC": "V", "VAC": "V", "ADC": "A", "AAC": "A", "OHM": "ohm", "HZ": "Hz"}
_READING = r"[-+]?[0-9]\.[0-9]+[eE][-+][0-9]{2}(?: [A-Z]{1,4})?"
_SCAN = rf"{_READING}(?:,[-+:. 0-9A-Z]+)*"


def _plan(options: Mapping[str, Any]) -> Plan:
    channels = [str(channel) for channel in options["channels"]]
    if not channels or len(set(channels)) < len(channels) or not all(re.fullmatch(r"[1-9]\d\d", c) for c in channels):
        raise option_error("the scan list", "channels: [101, 102]", read=f"channels: {options['channels']}")
    if not 0.0 <= (wait := options["seconds_per_channel"] * len(channels)) <= 3600.0:
        raise option_error("seconds", "seconds_per_channel: 0.2", read=f"seconds_per_channel: {wait / len(channels)}")
    return Plan((Query("READ?", _SCAN, wait=wait, parse=partial(_scan, channels)),), dict.fromkeys(channels, ""))


def _scan(channels: list[str], match: re.Match[str]) -> dict[str, Value]:
    fields = match[0].split(",")
    per, rest = divmod(len(fields), len(channels))
    groups = [fields[i * per : (i + 1) * per] for i in range(len(channels))] if per and not rest else []
    # More than one field each: time, channel or alarm were switched on, and the channel has to be there.
    right = [re.fullmatch(_READING, g[0]) and (per == 1 or c in g[1:]) for c, g in zip(channels, groups, strict=False)]
    if not groups or not all(right):
        return {channel: Value(float("nan"), Status.BadConfigurationError, "", match[0][:40]) for channel in channels}
    parts = [(channel, *group[0].partition(" ")[::2]) for channel, group in zip(channels, groups, strict=True)]
    return {channel: value_of(number)._replace(unit=_UNITS.get(unit, unit)) for channel, number, unit in parts}


DRIVER = Driver(
    name="daq970a",
    title="Scanner DAQ970A, 34970A",
    manual="Keysight DAQ970A/DAQ973A Programming Guide, READ?, FORMat:READing, SYSTem:ERRor?",
    protocol=SCPI,
    plan=_plan,
    options={"channels": None, "seconds_per_channel": 0.2},
    examples={"channels": [101, 102]},
    checks=CHECKS,
    timeout=3.0,
)
