"""The virtual pilot plant: hold-ups against their closed forms, the shipped plant against its own steady solves."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from hydromet import datafiles
from hydromet.errors import CommandError, FlowsheetError, UserError, UserErrors
from hydromet.pilot import answer, holdup
from hydromet.pilot.electrode import DAY, Electrode
from hydromet.pilot.file import read
from hydromet.pilot.laboratory import findings
from hydromet.pilot.plant import TRUE, build

SHIPPED = datafiles.find("flowsheets/pilot/leach_train_plant.yaml")
HOUR = 3600.0


@pytest.fixture(scope="module")
def plant():
    return build(read(SHIPPED))


def test_a_vessel_follows_a_step_as_exp():
    """Inlet 1 for half of the period, then 0: the steady cycle of a first-order lag in closed form."""
    period, tau = 10.0, 2.0
    times = holdup.grid(period, 0.001)
    inlet = holdup.scheduled(times, period, [0.0, 5.0], [1.0, 0.0], 0.0)
    found = holdup.lagged(times, inlet, np.full_like(times, tau))
    keep = math.exp(-5.0 / tau)
    low = keep / (1.0 + keep)  # y(0): from there up to 1 - low, and back
    assert found[0] == pytest.approx(low, abs=3e-4)
    for t in (1.0, 3.0, 4.9):
        assert found[round(t * 1000)] == pytest.approx(1.0 - (1.0 - low) * math.exp(-t / tau), abs=3e-4)
    assert found[-1] == pytest.approx(found[0], rel=1e-12)


def test_a_vessel_does_not_care_for_the_step():
    """On straight pieces the solution is exact, however long a step."""
    period, tau = 8.0, 0.7
    fine, coarse = holdup.grid(period, 0.001), holdup.grid(period, 1.0)
    one, other = (
        holdup.lagged(t, holdup.scheduled(t, period, [0.0, 4.0], [1.0, 3.0], 1.0), np.full_like(t, tau))
        for t in (fine, coarse)
    )
    assert np.interp(coarse, fine, one) == pytest.approx(other, rel=1e-9)


def test_a_vessel_keeps_the_mean():
    times = holdup.grid(24.0, 0.1)
    inlet = holdup.scheduled(times, 24.0, [0.0, 7.0, 15.0], [2.0, 5.0, 1.0], 0.5)
    found = holdup.lagged(times, inlet, np.full_like(times, 3.0))
    assert np.trapezoid(found, times) == pytest.approx(np.trapezoid(inlet, times), rel=1e-4)


def test_no_hold_up_no_delay():
    times = holdup.grid(10.0, 1.0)
    inlet = np.sin(times)
    inlet[-1] = inlet[0]
    assert holdup.lagged(times, inlet, np.zeros_like(times)) == pytest.approx(inlet)


def test_schedule_with_and_without_a_ramp():
    times = np.array([0.0, 0.5, 1.0, 4.9, 5.0, 5.5, 6.0, 10.0])
    assert holdup.scheduled(times, 10.0, [0.0, 5.0], [1.0, 3.0], 1.0) == pytest.approx([3, 2, 1, 1, 1, 2, 3, 3])
    assert holdup.scheduled(times, 10.0, [0.0, 5.0], [1.0, 3.0], 0.0) == pytest.approx([1, 1, 1, 1, 3, 3, 3, 1])


def test_a_drum_fills_in_discharges_and_is_emptied():
    times = holdup.grid(12.0, 0.5)
    found = holdup.collected(times, np.full_like(times, 2.0), emptied=6.0, discharged=2.0)
    expected = {0.0: 0.0, 1.5: 0.0, 2.0: 4.0, 5.5: 8.0, 6.0: 0.0, 8.0: 4.0, 12.0: 0.0}
    assert {t: found[round(t * 2)] for t in expected} == pytest.approx(expected)
    steady = holdup.collected(times, np.full_like(times, 2.0), emptied=6.0, discharged=0.0)
    assert steady[11] == pytest.approx(11.0)


def test_an_electrode_ages_and_is_calibrated():
    electrode = Electrode(slope=0.98, offset=0.02, slope_loss=0.01, offset_drift=-0.01, calibrated=7 * DAY)
    assert electrode.shown(7.0, 0.0) == pytest.approx(7.02)
    assert electrode.shown(2.0, 0.0) == pytest.approx(7.02 - 0.98 * 5.0)
    assert electrode.shown(2.0, 3 * DAY) == pytest.approx(7.02 - 0.03 - 0.95 * 5.0)
    assert electrode.shown(2.0, 7 * DAY) == electrode.shown(2.0, 0.0)


def test_the_shipped_plant_runs_through_its_operating_points(plant):
    """At the end of a long point every tag is what the flowsheet says of it, and the points differ."""
    # Five to six hours after a change three tanks of 75 min each have done 92 % of their way; the first 99 %.
    before = plant.state(6 * HOUR)
    record = plant.results[0]["streams"]["leach.slurry"]
    assert before["leach_temperature"] == pytest.approx(record["temperature_K"] - 273.15, abs=0.01)
    assert before["slurry_flow"] == pytest.approx(1000.0 * record["volume_m3_h"], rel=1e-2)
    assert before["leach_pH" + TRUE] == pytest.approx(record["pH"], abs=0.01)
    late = plant.state(12 * HOUR)
    assert late["leach_temperature"] == pytest.approx(70.0, abs=0.2)
    assert 70.5 < late["tank_3_temperature"] < 73.0  # behind two more tanks
    assert plant.state(18 * HOUR)["feed_rate"] / before["feed_rate"] == pytest.approx(28.0 / 25.0)
    # A flow that passes no vessel is there as soon as the ramp is over.
    assert plant.state(12 * HOUR + 1200.0)["feed_rate"] == pytest.approx(plant.state(15 * HOUR)["feed_rate"])


def test_states_are_finite_repeat_and_depend_on_time_alone(plant):
    moments = [0.0, 1.0, 3600.5, 30000.0, 86399.9, 123456.7]
    first = [plant.state(t) for t in moments]
    assert [plant.state(t) for t in reversed(moments)] == first[::-1]
    assert all(math.isfinite(value) for state in first for value in state.values())
    again, day = plant.state(3600.5 + DAY), plant.state(3600.5)
    assert {k: v for k, v in again.items() if k not in plant.electrodes} == pytest.approx(
        {k: v for k, v in day.items() if k not in plant.electrodes}
    )
    assert again["leach_pH"] != day["leach_pH"]  # it has aged
    assert set(plant.pilot.file.tags) <= set(day)


def test_values_lie_within_the_ranges_of_their_instruments(plant):
    for name, tag in plant.pilot.file.tags.items():
        low, high = tag.range
        for hour in range(25):
            assert low <= plant.state(hour * HOUR)[name] <= high, name


def test_the_truth_is_drawn_from_the_seed(plant, tmp_path):
    again = build(read(SHIPPED))
    assert again.hidden == plant.hidden
    assert np.array_equal(again.curves, plant.curves)
    other = build(read(_changed(tmp_path, "seed: 20261126", "seed: 2")))
    assert other.hidden != plant.hidden
    for path, span in plant.pilot.file.hidden.items():
        assert span.low <= float(plant.hidden[path].split()[0]) <= span.high


def test_the_hidden_truth_is_in_the_solve(plant):
    """Oxide locked in binder is what the leach leaves behind at least."""
    locked = float(plant.hidden["leach.locked"])
    for result in plant.results:
        assert result["units"]["leach"]["values"]["extraction_Ni"] < 1.0 - locked


def test_laboratory_scatters_about_the_truth(plant):
    rounds = [findings(plant, number) for number in range(200)]
    assert findings(plant, 3) == rounds[3]
    period = plant.pilot.file.laboratory.every
    ratios = [
        one.value / plant.state(number * period)[f"{one.place}.{one.element}"]
        for number, found in enumerate(rounds)
        for one in found
        if one.element == "Ni"
    ]
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.003)
    assert np.std(ratios) == pytest.approx(0.015, rel=0.15)
    assert len({one.sample for found in rounds for one in found}) == 200 * 3


def test_the_answer_is_sealed_and_revealed(plant, tmp_path):
    sealed = answer.seal(answer.truth(plant))
    assert answer.seal(answer.truth(plant)) == sealed
    text = json.dumps(sealed)
    assert plant.hidden["leach.locked"] not in text
    assert "locked" not in text
    file = tmp_path / "answer.json"
    file.write_text(text)
    found = answer.reveal(file)
    assert found["hidden"] == dict(plant.hidden)
    assert len(found["points"]) == 4
    assert found["faults"]


@pytest.mark.parametrize("spoil", ["sha256", "sealed", "format", "cut", "absent", "other"])
def test_a_changed_answer_is_refused(plant, tmp_path, spoil):
    file = tmp_path / "answer.json"
    sealed = answer.seal(answer.truth(plant))
    if spoil == "other":
        file.write_text("[1, 2]")
    elif spoil == "cut":
        file.write_text(json.dumps(sealed)[:-100])
    elif spoil != "absent":
        # The first sign: the last of a text in base 64 may hold bits that mean nothing.
        file.write_text(json.dumps({**sealed, spoil: ("0" if sealed[spoil][0] != "0" else "1") + sealed[spoil][1:]}))
    with pytest.raises(CommandError) as error:
        answer.reveal(file)
    assert error.value.code == "E665"


def _changed(tmp_path, old, new):
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    folder = tmp_path / "pilot"
    folder.mkdir(exist_ok=True)
    (tmp_path / "feeds").mkdir(exist_ok=True)
    for name in ("pilot/leach_train.yaml", "feeds/nmc622_shredded.yaml"):
        (tmp_path / name).write_text(datafiles.read_text(f"flowsheets/{name}"), encoding="utf-8")
    file = folder / "plant.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("at: 6 h, name: cooler", "at: 13 h, name: cooler", "E661"),
        ("at: 0 h", "at: 1 h", "E661"),
        ("ramp: 20 min", "ramp: 7 h", "E661"),
        ("quantity: temperature, unit: degC", "quantity: temperature, unit: kg/h", "E662"),
        ("emptied: 2 h", "emptied: 5 h", "E662"),
        ("low: 0.01, high: 0.05", "low: 0.05, high: 0.01", "E662"),
        ("through: [leach_tank_1], noise", "through: [leach_tnk_1], noise", "E663"),
        ("instrument: cake_balance, channel", "instrument: cake_balanse, channel", "E663"),
        ("tag: leach_pH, value", "tag: leach_ph, value", "E663"),
        ("pilot: 1\n", "pilot: 2\n", "E118"),
    ],
)  # fmt: skip
def test_mistakes_are_told_at_their_line(tmp_path, old, new, code):
    file = _changed(tmp_path, old, new)
    with pytest.raises((UserError, UserErrors)) as error:
        read(file)
    told = getattr(error.value, "errors", [error.value])
    assert [one.code for one in told] == [code]
    assert told[0].place is not None
    assert told[0].place.line > 1


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("stream: leach.slurry, quantity: pH", "stream: leach.slury, quantity: pH", "E663"),
        ("stream: leach.slurry, quantity: pH", "stream: leach.gas, quantity: pH", "E664"),
        ("volume: 0.10 m3, stream: residue_filter.filtrate", "volume: 0.10 m3, stream: residue_filter.filtrat", "E663"),
    ],
)  # fmt: skip
def test_mistakes_that_the_flowsheet_shows(tmp_path, old, new, code):
    pilot = read(_changed(tmp_path, old, new))
    with pytest.raises(FlowsheetError) as error:
        build(pilot)
    assert error.value.code == code
    assert Path(error.value.place.file).name == "plant.yaml"
