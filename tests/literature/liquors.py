"""Reagents of the tests against the literature, one kilogram a second of each."""

from __future__ import annotations

from hydromet.stream import Stream


def reagent(flows):
    stream = Stream(flows)
    return stream.scaled(1.0 / stream.mass())


CAUSTIC = reagent({"Na+": 12.5, "OH-": 12.5, "H2O": 27.75})
