"""Figures of cascades show the solved stages; nothing is compared pixel by pixel."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.text import Text

from hydromet.cli.new import _TEMPLATES
from hydromet.errors import CommandError
from hydromet.report import plots
from hydromet.report.plots import style
from hydromet.report.plots.placing import Name, place
from hydromet.study import sx_circuit as circuit
from hydromet.study.cascades import Cascade, mccabe_thiele_table, profile_table
from hydromet.study.shake_out import loading_isotherm, o_a_sweep, pH_isotherm
from hydromet.study.sx_case import read_case

CASE = read_case(_TEMPLATES / "sx.yaml", {"stage_efficiency": "100 %"})
PLAN = circuit.plan_of(CASE)


def made(section, model, efficiency=1.0):
    """A cascade of a plant from a section of a case."""
    names = [key.removesuffix("_aq_g_L") for key in section.result.stages[0] if key.endswith("_aq_g_L")]
    return Cascade(
        name=f"cobalt_{model}",
        model=model,
        extractant="cyanex272",
        temperature=CASE.temperature,
        efficiency=efficiency,
        stages=section.result.stages,
        moved={"Co": 1.0 if model == "extract" else -1.0},
        molarity=0.6,
        organic_in=dict.fromkeys(names, 0.005),
        aqueous_in=dict.fromkeys(names, 9.0 if model == "extract" else 1e-4),
        converged=True,
    )


@pytest.fixture(scope="module")
def extraction():
    return made(circuit.extraction(CASE, PLAN), "extract")


@pytest.fixture(scope="module")
def stripping():
    return made(circuit.stripping(CASE, PLAN, circuit.extraction(CASE, PLAN).organic), "strip")


@pytest.fixture(scope="module")
def data(extraction, stripping):
    return {
        "mccabe_thiele": mccabe_thiele_table(extraction, ["Co", "Ni"]),
        "stripping": mccabe_thiele_table(stripping),
        "stage_profiles": profile_table(extraction),
        "ph_isotherm": pH_isotherm(CASE, np.linspace(2.5, 7.0, 10)),
        "loading_isotherm": loading_isotherm(CASE, 5.0, [0.2, 0.5, 1.0, 2.0, 5.0]),
        "o_a_sweep": o_a_sweep(CASE, [0.2, 0.5, 1.0, 2.0, 5.0]),
    }


KINDS = ["mccabe_thiele", "stripping", "stage_profiles", "ph_isotherm", "loading_isotherm", "o_a_sweep"]


def part(curve, metal, line):
    rows = zip(curve["metal"], curve["line"], curve["aqueous"], curve["organic"], strict=True)
    return np.array([(x, y) for one, name, x, y in rows if (one, name) == (metal, line)])


def drawn(axes, marker="None", thick=None):
    return [
        line.get_xydata()
        for line in axes.get_lines()
        if line.get_marker() == marker and (thick is None or line.get_linewidth() == thick)
    ]


def written(axes):
    return [text.get_text() for text in axes.texts if text.get_text()]


@pytest.mark.parametrize("kind", ["mccabe_thiele", "stripping"])
@pytest.mark.parametrize("log", [False, True])
def test_steps_end_on_the_solved_stages(data, extraction, stripping, kind, log):
    cascade = extraction if kind == "mccabe_thiele" else stripping
    axes = plots.figure(data[kind], log=log).axes[0]
    solved = np.array([(row["Co_aq_g_L"], row["Co_org_g_L"]) for row in cascade.stages])
    (dots,) = drawn(axes, "o")
    assert dots == pytest.approx(solved)
    operating, steps, equilibrium = drawn(axes)
    assert steps[1::2] == pytest.approx(solved)
    for a, b in pairwise(steps):
        assert a[0] == b[0] or a[1] == b[1]
    for point in solved:
        assert np.abs(equilibrium / point - 1.0).sum(axis=1).min() < 1e-6
    for corner in steps[2:-1:2]:
        assert np.abs(operating / corner - 1.0).sum(axis=1).min() < 1e-6


def test_a_straight_operating_line_is_drawn_as_a_curve_on_logarithmic_axes(data):
    curve = data["mccabe_thiele"]
    ends = part(curve, "Co", "operating")
    axes = plots.figure(curve, log=True).axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    line = drawn(axes)[0]
    assert len(line) > 100 * (len(ends) - 1)
    low, high = ends[-2], ends[-1]
    inside = line[(line[:, 0] > min(low[0], high[0])) & (line[:, 0] < max(low[0], high[0]))]
    slope = (high[1] - low[1]) / (high[0] - low[0])
    assert inside[:, 1] == pytest.approx(low[1] + slope * (inside[:, 0] - low[0]), rel=1e-6)


def test_logarithmic_axes_hold_every_stage(data, stripping):
    axes = plots.figure(data["stripping"], log=True).axes[0]
    for row in stripping.stages:
        assert axes.get_xlim()[0] < row["Co_aq_g_L"] < axes.get_xlim()[1]
        assert axes.get_ylim()[0] < row["Co_org_g_L"] < axes.get_ylim()[1]


def test_words_of_a_mccabe_thiele_diagram(data, extraction):
    both = plots.figure(data["mccabe_thiele"]).axes
    assert [axes.get_xlabel() for axes in both] == ["Co in the aqueous phase, g/L", "Ni in the aqueous phase, g/L"]
    assert both[0].get_ylabel() == "Co in the organic, g/L"
    assert {"equilibrium line", "operating line"} <= set(written(both[0]))
    assert both[0].get_lines()[2].get_color() == style.ELEMENTS["Co"]
    named = " ".join(written(both[0]))
    assert f"1  pH {extraction.stages[0]['pH']:.2f}" in named
    assert f"..{extraction.stages[-1]['pH']:.2f}" in named
    assert "Cyanex 272 0.6 mol/L" in named


def test_a_stage_efficiency_is_said(extraction):
    case = read_case(_TEMPLATES / "sx.yaml", {"stage_efficiency": "80 %"})
    table = mccabe_thiele_table(made(circuit.extraction(case, PLAN), "extract", 0.8))
    assert "stage efficiency 80 %" in table.conditions
    dots, line = part(table, "Co", "stage"), part(table, "Co", "equilibrium")
    short = [np.interp(x, line[::-1, 0], line[::-1, 1]) / y for x, y in dots]
    assert min(short) > 1.01
    assert plots.figure(table).axes[0].get_ylim()[1] > line[:, 1].max()


def test_the_metal_of_a_cascade(extraction, stripping):
    assert extraction.main == stripping.main == "Co"
    assert replace(extraction, moved={"Co": 1.0, "Ni": 2.0, "Na": 9.0}).main == "Ni"
    assert replace(stripping, moved={"Co": -3.0, "Ni": 2.0}).main == "Co"
    assert extraction.metal("co") == extraction.metal("Co+2") == "Co"
    with pytest.raises(CommandError, match="E643") as caught:
        mccabe_thiele_table(extraction, ["Pt"])
    assert "Co" in caught.value.expected


def test_stage_profiles(data, extraction):
    aqueous, organic, last, other = plots.figure(data["stage_profiles"]).axes
    stages = extraction.stages
    for axes, key in ((aqueous, "Co_aq_g_L"), (organic, "Co_org_g_L")):
        (line,) = [one for one in axes.get_lines() if one.get_color() == style.ELEMENTS["Co"]]
        assert line.get_xydata() == pytest.approx(np.array([(row["stage"], row[key]) for row in stages]))
        assert axes.get_yscale() == "log"
        assert axes.get_ylabel() == "g/L"
        assert "Co" in written(axes)
    assert last.get_lines()[0].get_ydata() == pytest.approx([row["pH"] for row in stages])
    free = [row["free_extractant_mol_L"] for row in stages]
    assert other.get_lines()[0].get_ydata() == pytest.approx(free)
    assert other.get_ylabel() == "free extractant, mol/L"
    table = data["stage_profiles"].to_csv().splitlines()
    assert table[0].startswith("stage,pH,free extractant [mol/L],loading [% of capacity],O/A,")
    assert len(table) == len(stages) + 1


def test_a_phase_with_next_to_nothing_still_shows_its_metals(stripping):
    thin = [{k: v * 1e-6 if k.endswith("_org_g_L") else v for k, v in row.items()} for row in stripping.stages]
    organic = plots.figure(profile_table(replace(stripping, stages=tuple(thin)))).axes[1]
    assert "Co" in written(organic)


def test_ph_isotherm(data):
    curve = data["ph_isotherm"]
    (axes,) = plots.figure(curve).axes
    assert axes.get_ylabel() == "extracted, %"
    (cobalt,) = [line for line in axes.get_lines() if line.get_color() == style.ELEMENTS["Co"]]
    assert cobalt.get_xydata() == pytest.approx(np.column_stack([curve["pH"], curve["Co"]]))
    half = next(at for at, text in curve.marks if text == "pH50 Co")
    assert f"Co  pH₅₀ {half:.2f}" in written(axes)
    marked = replace(curve, marks=(*curve.marks, (4.0, "stage 1"), (5.0, "stage 2")))
    (band,) = plots.figure(marked).axes[0].patches
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((4.0, 5.0))


@pytest.mark.parametrize("log", [False, True])
def test_loading_isotherm(data, log):
    curve = data["loading_isotherm"]
    left, right, other = plots.figure(curve, log=log).axes
    (cobalt,) = [line for line in left.get_lines() if line.get_color() == style.ELEMENTS["Co"]]
    assert cobalt.get_xydata() == pytest.approx(np.column_stack([curve["Co aqueous"], curve["Co organic"]]))
    assert left.get_xscale() == ("log" if log else "linear")
    assert left.get_xlabel() == "in the aqueous phase, g/L"
    assert right.get_lines()[0].get_xdata() == pytest.approx(curve["O/A"])
    assert other.get_lines()[0].get_ydata() == pytest.approx(curve["loading"])


def test_o_a_sweep(data):
    curve = data["o_a_sweep"]
    left, right, _ = plots.figure(curve).axes
    (cobalt,) = [line for line in left.get_lines() if line.get_color() == style.ELEMENTS["Co"]]
    organic = np.array(curve["Co organic"]) * np.array(curve["O/A"])
    assert cobalt.get_ydata() == pytest.approx(100.0 * organic / (organic + np.array(curve["Co aqueous"])))
    assert right.get_lines()[0].get_ydata() == pytest.approx(curve["pH"])


@pytest.mark.parametrize(
    ("kind", "ending"),
    [*((kind, ".png") for kind in KINDS), ("mccabe_thiele", ".svg"), ("stage_profiles", ".svg"), ("stripping", ".pdf")],
)
def test_the_same_bytes_every_time(data, kind, ending, tmp_path):
    files = [tmp_path / f"{name}{ending}" for name in ("one", "two")]
    for file in files:
        plots.draw(data[kind], file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size > 2000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["both"])
def test_no_letter_is_missing(data, kind, language, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.draw(data[kind], tmp_path / "figure.png", language)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("log", [False, True])
def test_names_lie_inside_and_not_on_each_other(data, kind, log):
    if log and kind not in ("mccabe_thiele", "stripping", "loading_isotherm"):
        return
    figure = plots.figure(data[kind], **({"log": True} if log else {}))
    figure.canvas.draw()
    for axes in figure.axes:
        frame = axes.get_window_extent()
        boxes = [Text.get_window_extent(text) for text in axes.texts if text.get_text() and text.get_zorder() == 6]
        for i, box in enumerate(boxes):
            assert frame.x0 < box.x0 < box.x1 < frame.x1
            for other in boxes[i + 1 :]:
                wide = min(box.x1, other.x1) - max(box.x0, other.x0)
                high = min(box.y1, other.y1) - max(box.y0, other.y0)
                assert min(wide, high) < 3.0, (kind, box, other)


def test_a_name_keeps_off_the_lines():
    with style.looks():
        figure, (axes,) = style.new()
        line = np.array([[0.0, 0.0], [1.0, 1.0]])
        axes.plot(*line.T)
        place(axes, [Name("a name", "black", np.array([[0.5, 0.5]]), 0.0)], [line])
        place(axes, [Name("nowhere", "black", np.array([[5.0, 5.0]]))], [line])
        figure.canvas.draw()
    (name,) = axes.texts
    box = Text.get_window_extent(name)
    points = axes.transData.transform(np.linspace(0.0, 1.0, 500)[:, None] * np.ones(2))
    inside = (points > box.p0) & (points < box.p1)
    assert not np.any(inside.all(axis=1))
