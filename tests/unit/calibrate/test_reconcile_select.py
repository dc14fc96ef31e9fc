"""Steady windows and means on signals whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hydromet.calibrate.readings import Breaks, Link, exactly, in_balance, in_unit, meaning, table_of, usable, within
from hydromet.calibrate.select import Settings, steady_windows
from hydromet.errors import CommandError, FlowsheetError

START = pd.Timestamp("2026-11-26T00:00Z")
NS = 1_000_000_000
SETTINGS = Settings(600.0, 4800.0, 0.01)
FLOW = Link("flow", "a", "mass flow", "kg/h")


def signal(values, tag="flow", interval=10.0):
    times = START + pd.to_timedelta(np.arange(len(values)) * interval, unit="s")
    return pd.DataFrame({"tag": tag, "time": times, "value": values, "quality": "good"})


def noise(count, seed=1, size=0.1):
    return size * np.random.default_rng(seed).standard_normal(count)


def found(*frames, settings=SETTINGS, links=(FLOW,), breaks=None):
    readings = usable(pd.concat(frames, ignore_index=True), "here")
    return steady_windows(readings, links, breaks or Breaks(), settings)


def seconds(window):
    begin = START.value
    return (window.start - begin) / NS, (window.end - begin) / NS


def test_a_step_parts_two_windows():
    """Half an hour at 100, half an hour at 103 kg/h: no window spans the step, both means are right."""
    search = found(signal(np.where(np.arange(360) < 180, 100.0, 103.0) + noise(360)))
    first, second = search.windows
    assert seconds(first)[1] <= 1800.0 + 100.0  # what a bin or two of the new level weigh is within the tolerance
    assert seconds(second)[0] >= seconds(first)[1]
    assert first.means["flow"].value == pytest.approx(100.0, abs=0.3)
    assert second.means["flow"].value == pytest.approx(103.0, abs=0.3)


def test_a_ramp_is_not_steady_and_a_slow_drift_is():
    """10 % an hour is beyond 1 % in ten minutes; 1 % an hour is not."""
    hours = np.arange(360) / 360.0
    fast = found(signal(100.0 + 10.0 * hours + noise(360)))
    assert fast.windows == ()
    assert fast.moved["flow"] == fast.candidates > 0
    (slow,) = found(signal(100.0 + 1.0 * hours + noise(360))).windows
    assert slow.means["flow"].drift == pytest.approx(1.0 * (slow.end - slow.start) / NS / 3600.0, rel=0.15)


def test_a_swing_is_not_steady():
    """A sine of 3 % in six minutes has no slope over ten; the variance ratio sees it."""
    swing = 100.0 + 3.0 * np.sin(2.0 * np.pi * np.arange(360) * 10.0 / 360.0)
    assert found(signal(swing + noise(360))).windows == ()


def test_the_standard_error_of_a_mean_is_what_means_scatter_by():
    """White noise, and noise with a memory of a few bins: over 200 windows the error told is within a fifth."""
    for memory in (0.0, 0.97):
        means, errors = [], []
        for seed in range(200):
            white = noise(720, seed, 1.0)
            x = np.empty(720)
            x[0] = white[0] / (1.0 - memory**2) ** 0.5
            for i in range(1, 720):
                x[i] = memory * x[i - 1] + white[i]
            (window,) = found(signal(1000.0 + x, interval=10.0), settings=Settings(7200.0, 7200.0, 0.05)).windows
            means.append(window.means["flow"].value)
            errors.append(window.means["flow"].error)
        assert np.mean(np.square(errors)) ** 0.5 == pytest.approx(np.std(means), rel=0.2)


def test_noise_is_robust_and_spikes_are_dropped():
    values = 100.0 + noise(360)
    values[100] = 150.0
    (window,) = found(signal(values)).windows
    assert window.means["flow"].dropped == 1
    assert window.means["flow"].value == pytest.approx(100.0, abs=0.03)
    assert window.means["flow"].noise == pytest.approx(0.1, rel=0.15)


def test_bad_values_and_silence():
    """Bad values do not count; a tag that is silent for most of a window is left out, the others go on."""
    bad = signal(100.0 + noise(360))
    bad.loc[60:300, ["value", "quality"]] = [np.nan, "bad"]
    other = signal(50.0 + noise(360, 2), tag="other")
    links = (FLOW, Link("other", "b", "mass flow", "kg/h"))
    search = found(bad, other, links=links)
    assert sorted(search.windows[0].means) == ["flow", "other"]
    assert any("flow" in w.left_out for w in search.windows)
    assert all(w.means["flow"].value == pytest.approx(100.0, abs=0.1) for w in search.windows if "flow" in w.means)


def test_a_value_that_does_not_move_is_stale():
    values = 100.0 + noise(360)
    values[180:] = values[180]
    last = found(signal(values), signal(50.0 + noise(360, 2), "b"), links=(FLOW, Link("b", "b", "pH", ""))).windows[-1]
    assert "stale" in last.left_out["flow"]


def test_gaps_calibrations_and_notes_end_a_window():
    at = START.value + 1800 * NS
    whole = signal(100.0 + noise(360))
    assert len(found(whole).windows) == 1
    for breaks in (
        Breaks(gaps=(((), "plc", at, at + 5 * NS),)),
        Breaks(calibrations=((("flow",), "plc", at),)),
        Breaks(notes=((at, "pump changed"),)),
    ):
        first, second = found(whole, breaks=breaks).windows
        assert seconds(first)[1] <= 1825.0
        assert seconds(second)[0] >= 1800.0
    note = Breaks(notes=((at, "pump changed"),))
    (kept,) = found(whole, breaks=note, settings=Settings(600.0, 4800.0, 0.01, break_at_notes=False)).windows
    assert kept.notes == ((at, "pump changed"),)
    # the calibration of a tag that nobody links, and a gap of one tag, change nothing
    other = Breaks(calibrations=((("other",), "plc", at),), gaps=((("other",), "plc", at, at + NS),))
    assert len(found(whole, breaks=other).windows) == 1


def test_samples_belong_to_the_window_they_were_taken_in():
    lab = Link("ni", "a", "Ni", "g/L", kind="laboratory")
    samples = pd.DataFrame(
        {"tag": "ni", "time": START + pd.to_timedelta([600, 1800, 3000, 90000], unit="s"), "value": [20.0, 21, 22, 99],
         "quality": "good"}
    )  # fmt: skip
    (window,) = found(signal(100.0 + noise(360)), samples, links=(FLOW, lab)).windows
    assert window.means["ni"].value == pytest.approx(21.0)
    assert window.means["ni"].samples == 3
    assert window.means["ni"].error == pytest.approx(1.0 / 3.0**0.5)


def test_windows_that_are_given_are_taken_and_what_moves_is_told():
    readings = usable(signal(100.0 + 20.0 * np.arange(360) / 360.0 + noise(360)), "here")
    given = [("mine", START.value, START.value + 3600 * NS)]
    (window,) = steady_windows(readings, (FLOW,), Breaks(), SETTINGS, given).windows
    assert (window.name, window.unsteady) == ("mine", ("flow",))
    assert window.means["flow"].value == pytest.approx(110.0, rel=0.01)


def test_slow_instruments_get_wider_bins():
    """A reading a minute in windows of ten minutes: bins of 75 s, not of 25 s that would be empty."""
    (window,) = found(signal(100.0 + noise(60), interval=60.0)).windows
    assert window.means["flow"].count > 50


@pytest.mark.parametrize(
    ("quantity", "unit", "value", "kind", "inside"),
    [
        ("mass flow", "kg/h", 12.0, "mass", 12.0),
        ("mass flow", "g/min", 100.0, "mass", 6.0),
        ("volume flow", "L/h", 250.0, "volume", 0.25),
        ("density", "g/mL", 1.2, "density", 1200.0),
        ("moisture", "wt%", 30.0, "dry", 0.7),
        ("solids", "wt%", 30.0, "dry", 0.3),
        ("Ni", "g/L", 20.0, "concentration", 20.0),
        ("Ni", "mol/L", 1.0, "concentration", 58.6934),
        ("Ni", "wt%", 20.0, "share", 0.2),
        ("Ni", "mg/kg", 20.0, "share", 2e-5),
        ("Ni dry", "wt%", 20.0, "dry_share", 0.2),
    ],
)
def test_quantities_in_the_units_of_the_balances(quantity, unit, value, kind, inside):
    link = Link("t", "a", quantity, unit)
    assert meaning(link)[0] == kind
    assert in_balance(link, value) == pytest.approx(inside, rel=1e-5)
    assert in_unit(link, in_balance(link, value)) == pytest.approx(value)


@pytest.mark.parametrize(
    ("quantity", "unit", "code"),
    [
        ("flow", "kg/h", "E675"),
        ("Xx", "g/L", "E675"),
        ("mass flow", "L/h", "E676"),
        ("Ni", "kg/h", "E676"),
        ("Ni dry", "g/L", "E676"),
    ],
)
def test_links_that_cannot_be(quantity, unit, code):
    with pytest.raises(FlowsheetError) as told:
        meaning(Link("t", "a", quantity, unit))
    assert told.value.code == code
    assert told.value.read
    assert told.value.expected
    assert told.value.write


def test_declared_uncertainties():
    link = Link("t", "a", "mass flow", "kg/h")
    assert exactly("1.5 %", link, 200.0) == pytest.approx(3.0)
    assert exactly("0.2", link, 200.0) == pytest.approx(0.2)
    assert exactly("100 g/h", link, 200.0) == pytest.approx(0.1)
    assert exactly("0.3 K", Link("t", "a", "temperature", "degC"), 60.0) == pytest.approx(0.3)
    for wrong in ("0", "-1 %", "much", "1 degC", "nan"):
        with pytest.raises(FlowsheetError, match="E679"):
            exactly(wrong, link, 200.0)


def test_a_table_of_readings(tmp_path):
    file = tmp_path / "readings.csv"
    file.write_text(
        "tag,time,value,status\nflow,2026-11-26T00:00:00Z,1.5,0\nflow,2026-11-26T09:00:10+09:00,2.5,0\n"
        "flow,2026-11-26T00:00:20Z,,2147483648\nflow,2026-11-26T00:00:30Z,9,1083179008\n"
    )
    frame = table_of(file)
    assert frame["value"].tolist() == [1.5, 2.5]
    assert (frame["time"].iloc[1] - frame["time"].iloc[0]).total_seconds() == 10.0
    assert frame.attrs["left_out"] == {"flow": 2}
    assert len(within(frame, "2026-11-26T00:00:05Z", None)) == 1
    with pytest.raises(CommandError, match="E683"):
        within(frame, "soon", None)
    for wrong in (
        "tag,when,value\na,b,c\n",
        "tag,time,value\na,yesterday,1\n",
        "tag,time,value\na,2026-11-26,x\n",
        "tag,time,value,status\na,2026-11-26,1,ok\n",
    ):
        file.write_text(wrong)
        with pytest.raises(CommandError, match="E681"):
            table_of(file)
