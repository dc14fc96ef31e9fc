"""What a plant fit takes from ``reconciled.json``: figures with a tag, their covariance, a least standard error."""

from __future__ import annotations

import json

import pytest

from hydromet.calibrate.plant_fit_file import read_plant_fit
from hydromet.calibrate.plant_question import covariance
from hydromet.errors import CalibrationError, UserError, UserErrors

FIT = """plant_fit: 1
name: joined
flowsheet: plant.yaml
source: nobody
fit: {tank.p: {within: [0, 1]}}
reconciled: reconciled
windows:
  w1: {}
"""


def figure(name, value, error, tag="T1", unit="kg/h"):
    return {"figure": name, "value": value, "standard_error": error, "tag": tag, "unit": unit, "status": "redundant"}


RECONCILED = {
    "format": "hydromet-reconciled/1",
    "windows": [
        {
            "name": "w1",
            "begin": "2026-11-26T06:00:00.000Z",
            "end": "2026-11-26T07:00:00.000Z",
            "figures": [
                figure("a.mass_flow", 100.0, 1.0),
                figure("b.mass_flow", 60.0, 2.0),
                figure("c.mass_flow", 40.0, 2.0, tag=None),
                figure("d.mass_flow", None, None),
                figure("e.mass_flow", 5.0, 0.0),
                figure("f.fraction.Ni", 0.2, 0.01, tag="declared", unit="kg/kg"),
                figure("g>h.mass_flow", 3.0, 1.0),
                figure("a.temperature", 60.0, 0.5, unit="degC"),
            ],
            "measurements": [
                {"figure": "a.mass_flow", "status": "redundant", "of_the_instrument": 1.0, "standard_uncertainty": 1.0},
                {
                    "figure": "i.volume_flow",
                    "status": "just measured",
                    "of_the_instrument": 6.0,
                    "standard_uncertainty": 10.0,
                },
            ],
            "beside": [{"stream": "i", "quantity": "pH", "standard_error": 0.04, "instrument": 0.03}],
            "covariance": {
                "figures": ["b.mass_flow", "a.mass_flow", "c.mass_flow"],
                "matrix": [[4.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 4.0]],
            },
        }
    ],
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "plant.yaml").write_text("hydromet: 1\nunits: {tank: {model: mix}}\n", encoding="utf-8")
    (tmp_path / "reconciled").mkdir()
    (tmp_path / "reconciled/reconciled.json").write_text(json.dumps(RECONCILED), encoding="utf-8")
    return tmp_path


def case(folder, more=""):
    (folder / "fit.yaml").write_text(FIT + more, encoding="utf-8")
    return read_plant_fit(folder / "fit.yaml")


def test_measured_figures_with_their_covariance(folder):
    window = case(folder).windows[0]
    assert [one.figure.path for one in window.measured] == ["a.mass_flow", "b.mass_flow", "a.temperature"]
    assert covariance([window]).tolist() == [[1.0, 0.5, 0.0], [0.5, 4.0, 0.0], [0.0, 0.0, 0.25]]
    assert window.begin == "2026-11-26T06:00:00.000Z"


def test_the_error_of_an_instrument_is_the_same_in_all_windows(folder):
    """Six tenths of a standard error are the instrument's: 0.6 shared, 0.8 of each window."""
    data = json.loads(json.dumps(RECONCILED))
    first = data["windows"][0]
    first["figures"] = [figure("i.volume_flow", 3.0, 0.1, unit="m3/h"), figure("i.pH", 2.0, 0.05, unit="")]
    data["windows"].append({**first, "name": "w2"})
    (folder / "reconciled/reconciled.json").write_text(json.dumps(data), encoding="utf-8")
    windows = case(folder, "  w2: {}\n").windows
    one, other = windows[0].measured
    assert (one.sd, one.systematic) == pytest.approx((0.08, 0.06))
    assert (other.sd, other.systematic) == pytest.approx((0.04, 0.03))
    found = covariance(windows)
    assert found[0, 0] == pytest.approx(0.01)
    assert found[0, 2] == pytest.approx(0.0036)
    assert found[0, 1] == found[0, 3] == 0.0


def test_figures_by_name_also_those_that_the_balances_told(folder):
    window = case(folder, "take: [c.mass_flow, a.mass_flow]\n").windows[0]
    assert [one.figure.path for one in window.measured] == ["a.mass_flow", "c.mass_flow"]
    assert covariance([window])[0, 1] == pytest.approx(0.2)


def test_a_least_error_and_one_that_windows_share(folder):
    given = case(folder, "least_sd: 2 %\nsystematic: {b.mass_flow: 3 kg/h, a.temperature: 1 degC}\n").windows[0]
    assert [one.sd for one in given.measured] == pytest.approx([2.0, 2.0, 1.2])
    found = covariance([given])
    assert found[0, 0] == pytest.approx(4.0)
    assert found[0, 1] == pytest.approx(0.5)
    assert found[1, 1] == pytest.approx(13.0)
    assert found[2, 2] == pytest.approx(1.44 + 1.0)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("take: [a.mas_flow]\n", "E697"),
        ("take: [a.mass_flow]\nsystematic: {b.mass_flow: 3 kg/h}\n", "E697"),
        ("systematic: {b.mass_flow: 3 kg}\n", "E694"),
        ("set: {tank.p: 0.5}\n", "E697"),
        ("least_sd: 2 kg/h\n", "E694"),
        ("least_sd: 2\n", "E694"),
    ],
)
def test_mistakes(folder, more, code):
    with pytest.raises((UserError, UserErrors)) as error:
        case(folder, more)
    assert error.value.code == code


@pytest.mark.parametrize(
    "change",
    [
        lambda _, d: d.update(format="hydromet-reconciled/2"),
        lambda _, d: d.update(windows=None),
        lambda w, _: w.pop("covariance"),
        lambda w, _: w["figures"][0].pop("unit"),
        lambda w, _: w["figures"][0].update(value="much"),
        lambda w, _: w["covariance"]["matrix"].pop(),
        lambda w, _: w["covariance"]["matrix"][0].clear(),
    ],
)
def test_a_spoilt_file_is_refused(folder, change):
    data = json.loads(json.dumps(RECONCILED))
    change(data["windows"][0], data)
    (folder / "reconciled/reconciled.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises((CalibrationError, UserErrors)) as error:
        case(folder)
    assert "E699" in [one.code for one in getattr(error.value, "errors", [error.value])]
