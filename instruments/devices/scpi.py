"""What all SCPI instruments have in common: who they are and their error queue."""

from __future__ import annotations

from instruments.devices.driver import NUMBER, Query

# Both are mandatory in SCPI 1999; neither looks like a number. The error queue is read one entry a time, so each
# reading empties it by one: what stands in it is told.
ERROR = Query("SYST:ERR?", r'[-+]?[0-9]+, ?"(?P<error>.*)"')
IDENTITY = Query("*IDN?", r'[A-Za-z][^,"]*,[^"]*')
CHECKS = (ERROR, IDENTITY)


def number(channel: str, command: str, *, wait: float = 0.0) -> Query:
    """A query for one number; its form is watched, since a cut ``12.34`` is a number too."""
    return Query(command, rf"(?P<{channel}>{NUMBER})", wait=wait, confirm=True)
