"""The loop on the virtual pilot plant, without its servers: what laboratory and electrode say, against the truth."""

from __future__ import annotations

from statistics import fmean

import pytest

from hydromet.calibrate.plant_fit import fit
from hydromet.calibrate.plant_fit_file import read_plant_fit
from hydromet.calibrate.plant_model import PlantModel
from hydromet.cli.app import main
from hydromet.pilot.file import read
from hydromet.pilot.laboratory import findings
from hydromet.pilot.plant import build

DAY, HOUR = 24, 3600.0
# Operating point, its settings; the last is left out.
WINDOWS = {
    "base": "{}",
    "cooler": "{set: {leach.temperature: 70 degC}}",
    "more": "{set: {black_mass.rate: 28 kg/h}}",
    "less": '{set: {leach.reductant_ratio: "1.7"}, use: predict}',
}
FIT = """plant_fit: 1
name: virtual
flowsheet: leach_train.yaml
source: the virtual pilot plant
fit:
  leach.locked: {within: [0, 0.2]}
  leach.particle_size: {within: [4 um, 20 um], start: 12 um}
  iron_removal.pH: {within: [4.2, 5.0]}
tables: [measured.csv]
windows:
"""


@pytest.fixture
def plant(tmp_path):
    """A day at each operating point: the laboratory sees steady liquors at the end of it."""
    assert main(["examples", str(tmp_path)]) == 0
    return build(read(tmp_path / "pilot/leach_train_days.yaml"))


def measured(plant):
    """Means of the last samples of each day, and of what the electrode shows, as a table."""
    laboratory = plant.pilot.file.laboratory
    lines = ["window,figure,value,unit,sd,systematic"]
    for number, window in enumerate(WINDOWS):
        rounds = range(
            int((number * DAY + 16) * HOUR / laboratory.every), int((number + 1) * DAY * HOUR / laboratory.every)
        )
        found = {}
        for one in (one for each in rounds for one in findings(plant, each)):
            found.setdefault((one.place, one.element), []).append(one.value)
        for (place, element), values in found.items():
            stream = laboratory.places[place].stream
            error = 100.0 * laboratory.deviation / len(values) ** 0.5
            lines.append(f"{window},{stream}.concentration.{element},{fmean(values):.6g},g/L,{error:.4g} %,")
        # An electrode is off by its offset and slope, the same in all windows.
        shown = fmean(plant.state((number * DAY + hour) * HOUR)["iron_pH"] for hour in range(16, 24))
        lines.append(f"{window},iron_removal.slurry.pH,{shown:.4f},,0.01,0.06")
    return "\n".join(lines) + "\n"


def test_the_hidden_parameters_are_found_within_their_uncertainty(plant, tmp_path):
    folder = tmp_path / "pilot"
    (folder / "measured.csv").write_text(measured(plant), encoding="utf-8")
    windows = "".join(f"  {name}: {what}\n" for name, what in WINDOWS.items())
    (folder / "fit.yaml").write_text(FIT + windows, encoding="utf-8")
    case = read_plant_fit(folder / "fit.yaml")
    model = PlantModel(case)
    model.check()
    model.start()
    done = fit(case, model)
    for one in done.parameters:
        true = float(plant.hidden[one.path].split()[0])
        assert abs(one.value - true) < 2.0 * one.error, one
        span = plant.pilot.file.hidden[one.path]
        assert one.error < 0.25 * (span.high - span.low), one  # it says something
    assert done.probability > 0.01
    assert done.foretold[2] > 0.01
    assert model.failures == 0
