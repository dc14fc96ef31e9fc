"""A bench of instruments that look at one plant, logged through its own station file."""

from __future__ import annotations

import math
import sys
from threading import Event as Flag
from threading import Thread

import pytest

from hydromet.source import load_text
from instruments.base import Resume
from instruments.registry import make
from instruments.simulated.bench import Bench, Spec
from instruments.simulated.clock import Clock
from instruments.simulated.faults import Fault
from instruments.simulated.sensors import Sensor
from instruments.station import check
from tests.instruments.visa.harness import Kept


def plant(time: float) -> dict[str, float]:
    """A tank that fills and warms up; true values."""
    return {
        "cake": 1000.0 + time / 60.0,
        "temperature": 60.0 + 20.0 * (1.0 - math.exp(-time / 3600.0)),
        "jacket": 85.0,
        "sample": 40.0,
        "pH": 1.8,
        "cell_voltage": 2.1,
        "cell_current": 300.0,
        "feed": 12.5,
        "speed": 80.0,
        "level": 640.0,
    }


SPECS = {
    "balance": Spec("mt_sics", {"weight": Sensor("cake", noise=0.02)}, door="pty", units={"weight": "kg"}),
    "scanner": Spec(
        "daq970a",
        {"101": Sensor("temperature", noise=0.05, drift=0.01), "102": Sensor("jacket", noise=0.05)},
        faults=(Fault("late", at=1200.0, seconds=0.3),),
        units={"101": "degC", "102": "degC"},
    ),
    "rectifier": Spec(
        "scpi_supply",
        {"voltage": Sensor("cell_voltage"), "current": Sensor("cell_current")},
        door="hislip",
        units={"voltage": "V", "current": "A"},
    ),
    "meter": Spec(
        "seven_ph",
        {"pH": Sensor("pH", noise=0.01), "temperature": Sensor("sample")},
        units={"temperature": "degC"},
    ),
    "pump": Spec("ismatec", {"speed": Sensor("speed"), "flow": Sensor("feed")}, units={"speed": "rpm", "flow": "L/h"}),
    "radar": Spec("generic_scpi", {"level": Sensor("level", noise=1.0)}, units={"level": "mm"}),
}


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
def test_a_bench_is_logged_through_its_own_station_file() -> None:
    """An hour in two seconds: each tag comes near the truth of its time."""
    clock = Clock(speed=1800.0)
    with Bench(SPECS, plant, clock) as bench:
        text = "station: 1\nname: bench\n" + bench.station("50 ms")
        station = check(load_text(text, "station.yaml"))
        tags = {name: number for number, name in enumerate(station.file.tags)}
        sinks, threads, stop = {}, [], Flag()
        for name in station.sources:
            sinks[name] = Kept()
            source = make(station, name)
            threads.append(Thread(target=source.run, args=(sinks[name], Resume(tags, 0, 0, {}, ""), stop)))
        for thread in threads:
            thread.start()
        stop.wait(2.5)
        stop.set()
        for thread in threads:
            thread.join(10.0)
        end = plant(clock.now())
    found = {tag: [r.value for s in sinks.values() for r in s.good if r.tag == number] for tag, number in tags.items()}
    assert all(len(values) >= 3 for values in found.values()), {tag: len(values) for tag, values in found.items()}
    assert found["cake"][-1] == pytest.approx(end["cake"] / 1000.0, rel=0.03)
    assert found["cake"] != sorted(found["cake"], reverse=True)
    assert found["temperature"][-1] == pytest.approx(end["temperature"], abs=3.0)
    assert found["pH"][-1] == pytest.approx(1.8, abs=0.06)
    assert found["cell_current"][-1] == pytest.approx(300.0)
    assert found["feed"][-1] == pytest.approx(12.5 * 0.06)
    assert found["level"][-1] == pytest.approx(640.0, abs=6.0)
