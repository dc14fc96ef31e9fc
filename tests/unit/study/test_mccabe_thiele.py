"""McCabe-Thiele data: the steps are the stages, the lines what the kernel solved."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from hydromet.cli.new import _TEMPLATES
from hydromet.errors import ExtractionError
from hydromet.study import sx_circuit as circuit
from hydromet.study.mccabe_thiele import mccabe_thiele
from hydromet.study.sx_case import read_case

CASE = read_case(_TEMPLATES / "sx.yaml", {"stage_efficiency": "100 %"})
PLAN = replace(circuit.plan_of(CASE), o_a=1.15)
EXTRACTED = circuit.extraction(CASE, PLAN)


def diagram(metal="Co", section=EXTRACTED, **more):
    return mccabe_thiele(section.result.stages, metal, "cyanex272", CASE.temperature, **more)


def test_stages_lie_on_the_equilibrium_line():
    found = diagram()
    line = dict(found.equilibrium)
    for x, y in found.stages:
        nearest = min(line, key=lambda value: abs(value - x))
        assert nearest == pytest.approx(x, rel=1e-9)
        assert line[nearest] == pytest.approx(y, rel=1e-6)


def test_the_operating_line_is_the_balance():
    found = diagram()
    rows = EXTRACTED.result.stages
    assert found.extraction
    # Aqueous and organic volumes are constant but for the water of the base, which enters the last stage.
    (x0, y0), (x1, y1) = found.operating[0], found.operating[1]
    assert (y0 - y1) / (x0 - x1) == pytest.approx(1.0 / rows[0]["O_A"], rel=1e-3)
    assert x0 == pytest.approx(9.0, rel=5e-3)
    assert found.operating[-1][1] == pytest.approx(0.005, abs=2e-3)
    assert diagram(organic_in=0.005).operating[-1][1] == 0.005


def test_steps_join_both_lines():
    found = diagram()
    assert found.steps[0] == found.operating[0]
    assert found.steps[1::2] == found.stages
    assert found.steps[2::2] == found.operating[1:]
    for (xa, ya), (xb, yb) in pairwise(found.steps):
        assert xa == xb or ya == yb


def test_the_line_follows_the_competing_metals():
    """Nickel is crowded out where cobalt loads: its line bends back, which no single-metal isotherm does."""
    x = np.array([x for x, _ in diagram("Ni").stages])
    assert x.max() > x[0]
    assert x.max() > x[-1]


def test_stripping_rises_to_the_strip_liquor():
    section = circuit.stripping(CASE, PLAN, EXTRACTED.organic)
    found = diagram(section=section)
    assert not found.extraction
    assert found.stages[-1][0] == pytest.approx(90.0, rel=1e-6)
    assert found.operating[-1][1] == pytest.approx(EXTRACTED.result.stages[0]["Co_org_g_L"], rel=2e-2)
    assert all(x > 0.0 for x, _ in found.equilibrium)


def test_efficiency_leaves_the_stages_short_of_the_line():
    case = read_case(_TEMPLATES / "sx.yaml", {"stage_efficiency": "80 %"})
    found = diagram(section=circuit.extraction(case, PLAN))
    line = dict(found.equilibrium)
    x, y = found.stages[-2]
    assert line[min(line, key=lambda value: abs(value - x))] > 1.01 * y


def test_a_metal_that_is_not_there():
    with pytest.raises(ExtractionError, match="E626"):
        diagram("Pt")


def test_one_stage():
    section = circuit.extraction(CASE, replace(PLAN, stages=1))
    found = diagram(section=section)
    assert len(found.stages) == 1
    assert len(found.steps) == 3
    assert found.stages[0] in found.equilibrium or any(
        x == pytest.approx(found.stages[0][0]) for x, _ in found.equilibrium
    )
