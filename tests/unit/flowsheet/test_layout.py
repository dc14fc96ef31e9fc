"""Guesses of torn streams as one vector."""

from __future__ import annotations

from hydromet.flowsheet.passes import Layout
from hydromet.stream import Stream

TEAR = "filter.filtrate"


def test_a_guess_more_alkaline_than_its_water_keeps_the_last_answer():
    layout = Layout((TEAR,))
    last = layout.pack({TEAR: Stream({"H2O": 1.0, "Na+": 1.0, "OH-": 1.0})})
    answer = layout.pack({TEAR: Stream({"H2O": 1.5, "Na+": 1.2, "OH-": 1.2})})
    wanted = layout.pack({TEAR: Stream({"H2O": 0.2, "Na+": 9.0, "OH-": 9.0})})
    wanted[layout.keys.index((TEAR, "H2O"))] = 0.2
    held = layout.admissible(wanted, last, answer)
    assert layout.unpack(held) == layout.unpack(answer)


def test_a_guess_with_water_enough_is_followed():
    layout = Layout((TEAR,))
    last = layout.pack({TEAR: Stream({"H2O": 1.0, "Na+": 0.1, "OH-": 0.1})})
    wanted = layout.pack({TEAR: Stream({"H2O": 1.0, "Na+": 0.2, "OH-": 0.2})})
    assert layout.unpack(layout.admissible(wanted, last, last)) == layout.unpack(wanted)
