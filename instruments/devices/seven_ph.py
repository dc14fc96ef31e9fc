"""Bench pH meters Mettler-Toledo SevenMulti and those that kept its command set (SevenExcellence type).

One answer holds the measured value, its unit and the temperature: ``MF06 A D 7.02 pH 25.2 0 0`` is pH 7.02 in motion at
25.2 degC with automatic compensation. Whether it is pH or mV is decided at the meter: the channel that is not shown
is bad. Calibrations (slope, zero) belong in the station file.
"""

from __future__ import annotations

from instruments.devices.driver import NUMBER, Driver, Query
from instruments.devices.protocols import SEVEN
from instruments.status import Status

_VALUE = rf"(?:(?P<pH>{NUMBER}) pH|(?P<potential>{NUMBER}) (?:mV|RmV|rel\.mV))"
# Some firmware leaves out the state, or the last fields (unit 0 is degC, then automatic compensation).
_REPLY = rf"MF06 A (?:(?P<state>[SD]) )?{_VALUE} (?P<temperature>{NUMBER})(?: 0(?: [0-9])?| ?C)?"

DRIVER = Driver(
    name="seven_ph",
    title="pH meter, SevenMulti command set",
    manual="Mettler-Toledo, SevenMulti Command Set, Reference Manual, draft 0.98, sections 1.2 to 1.5",
    protocol=SEVEN,
    queries=(Query("MF06", _REPLY, confirm=True),),
    channels={"pH": "", "potential": "mV", "temperature": "degC"},
    # What the meter does not know it answers with ES, and that is no measured value either.
    checks=tuple(Query(f"I{n}", rf"I{n} .*|ES|EL") for n in (4, 2)),
    states={"S": Status.Good, "D": Status.UncertainSensorNotAccurate},
    refusals={
        r"MF06 I": Status.BadDataUnavailable,
        r"MF06 \+|MF06 -": Status.BadOutOfRange,
        r"ES|EL": Status.BadNotSupported,
        r"ET": Status.BadCommunicationError,
    },
    write_termination="\r\n",
    timeout=2.0,
)
