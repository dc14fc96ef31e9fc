"""Figures hold the axes, lines and names of their data; nothing is compared pixel by pixel."""

import warnings

import numpy as np
import pytest
from matplotlib.text import Text

from hydromet.chemistry import Solution
from hydromet.chemistry.redox.pourbaix import pourbaix
from hydromet.chemistry.solutions import curves
from hydromet.errors import CommandError
from hydromet.report import plots
from hydromet.report.plots import style

LIQUOR = Solution({"NiSO4": 1.2, "H2SO4": 0.1, "CoSO4": 0.2, "Al2(SO4)3": 0.02}, 333.15)


@pytest.fixture(scope="module")
def data():
    return {
        "titration": curves.titration(LIQUOR, "NaOH", 9.0, points=31),
        "solubility": curves.solubility("NiSO4", Solution({}), points=21),
        "distribution": curves.distribution(LIQUOR, "Al", points=29),
        "saturation": curves.saturation(LIQUOR, pH=(1.0, 12.0), points=23),
        "pourbaix": pourbaix("Mn", Solution({"MnSO4": 0.1}), pH=(0.0, 12.0)),
    }


KINDS = ["titration", "solubility", "distribution", "saturation", "pourbaix"]


def written(axes):
    return {text.get_text() for text in axes.texts}


def lines(axes):
    return [line.get_xydata() for line in axes.get_lines() if len(line.get_xydata()) > 2]


def test_titration(data):
    left, right = plots.figure(data["titration"]).axes
    assert (left.get_xlabel(), left.get_ylabel()) == ("NaOH, mol/kg water", "pH")
    assert (right.get_xlabel(), right.get_ylabel()) == ("pH", "in solution, g/L")
    curve = data["titration"]
    assert lines(left)[0] == pytest.approx(np.column_stack([curve["dose"], curve["pH"]]))
    assert {"Ni(OH)₂(s)", "Co(OH)₂(s)"} <= written(left)
    assert {"Ni", "Co", "Al"} == written(right)
    nickel = next(line for line in right.get_lines() if line.get_color() == style.ELEMENTS["Ni"])
    assert nickel.get_ydata()[0] == pytest.approx(curve["Ni"][0])
    assert right.get_yscale() == "log"


def test_solubility(data):
    (axes,) = plots.figure(data["solubility"]).axes
    assert axes.get_ylabel() == "g anhydrous salt per 100 g water"
    assert axes.get_xlabel() == "temperature, °C"
    assert {"NiSO₄·7H₂O(s)", "NiSO₄·6H₂O(s)"} <= written(axes)
    place = data["solubility"].marks[0][0]
    assert f"{place:.1f} °C" in written(axes)
    stable = [line for line in axes.get_lines() if line.get_linestyle() == "-"]
    drawn = np.concatenate([line.get_xydata() for line in stable])
    curve = data["solubility"]
    for point in zip(curve["temperature"], curve["solubility"], strict=True):
        assert np.abs(drawn - np.array(point)).sum(axis=1).min() < 1e-9


def test_distribution(data):
    (axes,) = plots.figure(data["distribution"]).axes
    assert axes.get_ylabel() == "share of Al, %"
    assert {"Al(OH)₃(s)", "Al³⁺", "Al(OH)₄⁻"} <= written(axes)
    assert len(lines(axes)) == len(written(axes) - {text for text in written(axes) if "mol/kg" in text})


def test_saturation(data):
    (axes,) = plots.figure(data["saturation"]).axes
    assert "Ni(OH)₂(s)" in written(axes)
    assert any(not np.any(line.get_ydata()) for line in axes.get_lines())
    drawn = [line[:, 1] for line in lines(axes)]
    assert any(np.array_equal(y, np.array(data["saturation"]["Ni(OH)2(s)"])) for y in drawn)


def test_pourbaix(data):
    diagram = data["pourbaix"]
    (axes,) = plots.figure(diagram).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("pH", "Eh, V (against hydrogen)")
    assert {style.chemical(name) for name in diagram.labels} <= written(axes)
    assert len(axes.get_lines()) == len(diagram.lines) + 2
    assert axes.get_xlim() == (0.0, 12.0)


def test_fills_of_a_pourbaix_diagram_meet_its_lines(data):
    """A fill beside every boundary is that of the form named there."""
    from hydromet.report.plots.pourbaix import _fine

    diagram = data["pourbaix"]
    pH, Eh, grid = _fine(diagram)
    for k, x in enumerate(diagram.pH[1:-1:10]):
        for row, E in enumerate(diagram.Eh[1:-1:10]):
            form = diagram.forms[grid[np.abs(Eh - E).argmin(), np.abs(pH - x).argmin()]]
            near = {diagram.form_at(x + dx, E + dE) for dx in (-0.1, 0.0, 0.1) for dE in (-0.03, 0.0, 0.03)}
            assert form in near, (k, row)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_the_same_bytes_every_time(data, kind, ending, tmp_path):
    files = [tmp_path / f"{name}{ending}" for name in ("one", "two")]
    for file in files:
        plots.draw(data[kind], file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size > 2000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "ja", "both"])
def test_no_letter_is_missing(data, kind, language, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.draw(data[kind], tmp_path / "figure.png", language)


@pytest.mark.parametrize("kind", ["titration", "solubility", "distribution", "saturation"])
def test_names_do_not_lie_on_each_other(data, kind):
    figure = plots.figure(data[kind])
    figure.canvas.draw()
    for axes in figure.axes:
        # of the words alone: an annotation's own extent includes its line
        boxes = [
            Text.get_window_extent(text) for text in axes.texts if text.get_text() and "mol/kg" not in text.get_text()
        ]
        for i, box in enumerate(boxes):
            for other in boxes[i + 1 :]:
                wide = min(box.x1, other.x1) - max(box.x0, other.x0)
                high = min(box.y1, other.y1) - max(box.y0, other.y0)
                assert min(wide, high) < 3.0, (kind, box, other)


def test_japanese_needs_a_font(monkeypatch):
    monkeypatch.setattr(style, "font", lambda: "")
    assert style.words("ja") == "en"
    monkeypatch.setattr(style, "font", lambda: "IPAexGothic")
    assert style.words("ja") == "ja"


def test_another_ending(data, tmp_path):
    with pytest.raises(CommandError, match="E548") as caught:
        plots.draw(data["saturation"], tmp_path / "figure.xls")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("SO4-2", "SO₄²⁻"),
        ("Ni+2", "Ni²⁺"),
        ("H+", "H⁺"),
        ("NiSO4:6H2O(s)", "NiSO₄·6H₂O(s)"),
        ("Al(OH)3[gibbsite](s)", "Al(OH)₃[gibbsite](s)"),
        ("Fe(SO4)2-", "Fe(SO₄)₂⁻"),
    ],
)
def test_formulas(name, shown):
    assert style.chemical(name) == shown


def test_spread_keeps_order_and_distance():
    moved = style.spread([0.5, 0.5, 0.52, 0.9], 0.05)
    assert moved == sorted(moved)
    assert min(np.diff(moved)) > 0.049
    assert moved[-1] == pytest.approx(0.9)
