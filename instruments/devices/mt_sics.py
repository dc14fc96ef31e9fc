"""Balances of Mettler-Toledo, and others that speak MT-SICS level 0.

``SI`` asks for the weight at once, at rest or not; ``S`` waits until the balance is at rest and is chosen by
``options: {stable: true}``. A weight in motion is uncertain, not bad: dosing is seen as it happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from instruments.devices.driver import NUMBER, Driver, Plan, Query
from instruments.devices.protocols import MT_SICS
from instruments.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

# Outside the fine range of a DeltaRange balance the last decimal is a blank.
_WEIGHT = rf"S (?P<state>[SD]) +(?P<weight>{NUMBER}) {{1,2}}(?P<unit>[A-Za-z%]+)"
_CHANNELS = {"weight": "g"}


def _plan(options: Mapping[str, Any]) -> Plan:
    # A balance gives up waiting for rest after some ten seconds by itself and answers `S I`.
    query = Query("S", _WEIGHT, wait=12.0) if options["stable"] else Query("SI", _WEIGHT)
    return Plan((query,), _CHANNELS)


DRIVER = Driver(
    name="mt_sics",
    title="Balance, MT-SICS",
    manual="Mettler-Toledo, MT-SICS Interface Command Set, 11781363, sections 2.1 and 3 (S, SI, SIR, I2 to I4, @)",
    protocol=MT_SICS,
    plan=_plan,
    options={"stable": False},
    channels=_CHANNELS,
    # A balance that does not know one of them says ES: that is no weight either.
    checks=tuple(Query(f"I{n}", rf'I{n} [AB] .*"[^"]*"|I{n} I|ES') for n in (4, 2, 3)),
    hush=(Query("SI", _WEIGHT), Query("@", r"I4 A .*")),  # either ends SIR
    states={"S": Status.Good, "D": Status.UncertainSensorNotAccurate},
    refusals={
        r"S I": Status.BadDataUnavailable,
        r"S \+": Status.BadOutOfRange,
        r"S -": Status.BadOutOfRange,
        r"S [SD] +Error +[0-9]{1,2}[bt]|EVT.*": Status.BadDeviceFailure,
        r"S L|ES|EL": Status.BadNotSupported,
        r"ET": Status.BadCommunicationError,
    },
    scale={"g": 1.0, "kg": 1e3, "mg": 1e-3, "t": 1e6},
    write_termination="\r\n",
    timeout=2.0,
)
