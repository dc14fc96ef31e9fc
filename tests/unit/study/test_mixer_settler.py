"""Sizes by hand, and warnings about unusual choices."""

from __future__ import annotations

from math import pi

import pytest

from hydromet.cli.new import _TEMPLATES
from hydromet.study import mixer_settler as ms
from hydromet.study import sx_circuit as circuit
from hydromet.study.sx_case import read_case


def case(equipment):
    return read_case(_TEMPLATES / "sx.yaml", {"equipment": equipment, "stage_efficiency": "100 %"})


def test_sizes_by_hand():
    given = case(
        "{residence_time: 2 min, specific_flow: 3.6 m3/m2/h, mixer_o_a: 1, design_margin: 1, organic_depth: 0.25 m, "
        "aqueous_depth: 0.35 m, length_to_width: 4, mixer_power: 1.5 kW/m3}"
    )
    section = circuit.extraction(given, circuit.plan_of(given))
    found = ms.size(section, given.file.equipment)
    organic = 8.0 * 1.2
    aqueous = organic / min(row["O_A"] for row in section.result.stages)
    total = 2.0 * organic  # the aqueous is recycled to 1:1
    assert found.organic * 3600.0 == pytest.approx(organic, rel=1e-3)
    assert found.recycle * 3600.0 == pytest.approx(organic - aqueous, rel=1e-2)
    assert found.mixer_volume == pytest.approx(total * 2.0 / 60.0, rel=1e-3)
    assert pi / 4.0 * found.mixer_diameter**3 == pytest.approx(found.mixer_volume)
    assert found.settler_area == pytest.approx(total / 3.6, rel=1e-3)
    assert found.settler_length == pytest.approx(4.0 * found.settler_width)
    assert found.settler_length * found.settler_width == pytest.approx(found.settler_area)
    assert found.settler_depth == pytest.approx(0.6)
    assert found.power == pytest.approx(1500.0 * found.mixer_volume)
    assert found.organic_inventory == pytest.approx(0.5 * found.mixer_volume + 0.25 * found.settler_area)
    assert found.stages == 4


def test_the_lesser_phase_is_recycled_whichever_it_is():
    given = case("{mixer_o_a: 0.8, design_margin: 1}")
    plan = circuit.plan_of(given)
    sections = circuit.solve(given)
    for section in sections.values():
        one = ms.size(section, given.file.equipment)
        lesser, greater = sorted((one.organic, one.aqueous))
        assert (lesser + one.recycle) / greater == pytest.approx(0.8) or one.recycle == 0.0
    assert set(sections) == {"extraction", "scrubbing", "stripping"}
    assert plan.stages == 4


def test_unusual_choices_are_told():
    given = case("{specific_flow: 12 m3/m2/h, residence_time: 3 min}")
    assert [one.code for one in ms.unusual(given.file.equipment)] == ["W623"]
    assert not ms.unusual(case("{specific_flow: 4 m3/m2/h}").file.equipment)


def test_every_value_has_its_source():
    rows = ms.basis(case("{residence_time: 3 min}").file.equipment)
    told = {row["name"]: row for row in rows}
    assert told["residence_time"]["value"] == "3 min"
    assert told["residence_time"]["grade"] == "declared"
    assert told["specific_flow"]["grade"] == "recalled"
    assert told["specific_flow"]["value"].startswith("4 m3/m2/h")
