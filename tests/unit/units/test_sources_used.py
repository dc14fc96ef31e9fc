"""Data that a unit uses beyond its parameters: each value with unit, source and grade."""

from __future__ import annotations

import pytest

from hydromet.units.carbonate import Carbonate
from hydromet.units.crystallise import Crystallise
from hydromet.units.leach import Leach
from hydromet.units.precipitate import Precipitate

GRADES = {"measured", "fitted", "estimated", "recalled"}
UNITS = [
    (Leach(temperature=333.15), "rate constant"),
    (Precipitate(pH=4.0), "carried by Al hydroxides"),
    (Crystallise(temperature=318.15, salt="NiSO4:6H2O(s)", crystal_yield=0.5), "partition of Co+2"),
    (Carbonate(temperature=363.15, excess=1.1), "liquor enclosed"),
]


@pytest.mark.parametrize(("unit", "word"), UNITS, ids=[unit.model for unit, _ in UNITS])
def test_every_value_has_its_source(unit, word):
    rows = unit.sources_used()
    assert any(word in row["parameter"] for row in rows)
    for row in rows:
        assert isinstance(row["value"], float)
        assert row["unit"]
        assert row["source"]
        assert row["grade"] in GRADES
    names = [row["parameter"] for row in rows]
    assert len(names) == len(set(names))


def test_what_the_flowsheet_declares_is_no_data():
    assert not Precipitate(pH=4.0, sorbed="none").sources_used()
    assert not Carbonate(temperature=363.15, excess=1.1, enclosed=0.01).sources_used()
    all_ = {row["parameter"] for row in Leach(temperature=333.15).sources_used()}
    left = {row["parameter"] for row in Leach(temperature=333.15, dissolved={"NiO(s)": 1.0}).sources_used()}
    assert all_ - left == {"dissolved share of NiO(s)"}
