"""Trends and the CSV of a span, from sealed segments and the log."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from instruments.base import SECOND, now_ns
from instruments.status import Status
from instruments.store.history import BAD, History, line
from tests.instruments.dashboard.page import STATION, run, served


def test_history_with_gap_and_note(running):
    async def look():
        async with served(running.run.path) as (_, address, session):
            now = now_ns() // 1_000_000
            question = f"history?start={now - 120_000}&end={now + 1000}&tags=0,1,2"
            async with session.get(address + question) as answer:
                found = await answer.json()
        assert found["lines"]["0"][1][-1] == 30.0
        assert len(found["lines"]["0"][0]) == 11
        assert found["lines"]["1"][1:] == [[None], [BAD]]
        assert [(gap["source"], gap["cause"], gap["detail"]) for gap in found["gaps"]] == [("plc", "link", "cable")]
        assert [(note["author"], note["text"]) for note in found["notes"]] == [("Sato", "<b>pump</b> changed")]

    run(look())


def test_without_tags_it_is_about_all_of_them(running, monkeypatch):
    """A plant has more tags than fit into an address; of many each gets fewer points."""
    monkeypatch.setattr("instruments.dashboard.server._MOST_DRAWN", 12)

    async def look():
        async with served(running.run.path) as (_, address, session):
            now = now_ns() // 10**6
            span = f"start={now - 120_000}&end={now + 1000}"
            async with session.get(f"{address}history?{span}") as answer:
                lines = (await answer.json())["lines"]
            assert sorted(lines) == ["0", "1", "2"]
            assert len(lines["0"][0]) <= 3 * 4
            async with session.get(f"{address}csv?{span}") as answer:
                text = await answer.text()
            assert {line.split(",")[0] for line in text.splitlines()[1:]} == {"temperature", "pressure", "weight"}

    run(look())


@pytest.mark.parametrize(
    "question",
    ["", "start=1&end=2", "start=a&end=2&tags=0", "start=9&end=2&tags=0", "start=1e9&end=2e9&tags=0",
     "start=1795000000000&end=1795000001000&tags=0;1", "start=1795000000000&end=1795000001000&tags=../x",
     f"start=1795000000000&end=1795000001000&tags={','.join(map(str, range(201)))}",
     f"start=0&end={10**30}&tags=0"],
)  # fmt: skip
def test_wrong_questions_are_refused(running, question):
    async def look():
        async with served(running.run.path) as (_, address, session):
            for what in ("history", "csv"):
                async with session.get(f"{address}{what}?{question}") as answer:
                    assert answer.status == 400
                    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    run(look())


def test_csv_of_a_span(running):
    async def look():
        async with served(running.run.path) as (_, address, session):
            now = now_ns() // 1_000_000
            async with session.get(f"{address}csv?start={now - 120_000}&end={now + 1000}&tags=0,1") as answer:
                assert answer.headers["Content-Disposition"] == 'attachment; filename="trend.csv"'
                content = await answer.read()
        assert content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert [row["value"] for row in rows if row["tag"] == "temperature"][-2:] == ["29.0", "30.0"]
        (bad,) = (row for row in rows if row["tag"] == "pressure")
        assert (bad["value"], bad["status"], bad["quality"], bad["unit"]) == ("", "BadSensorFailure", "bad", "bar")

    run(look())


def test_csv_cells_are_no_formulas():
    from instruments.dashboard.server import _rows

    assert _rows({"name": "=1+1", "unit": "@x"}, [0.0], [1.0], [0]).decode().startswith("'=1+1,'@x,")


def test_thinned_lines_keep_peaks_and_bad_values():
    time = np.arange(100_000) * SECOND
    value = np.sin(np.arange(100_000) / 500.0)
    status = np.zeros(100_000, np.uint32)
    value[70_001], value[31_234], status[31_234] = 9.0, np.nan, Status.BadTimeout
    found = line(time, value, status, 600)
    assert len(found.times) <= 2 * 600
    assert max(v for v in found.values if v is not None) == 9.0
    assert found.quality.count(BAD) == 1
    assert found.times == sorted(found.times)
    assert (found.times[0], found.times[-1]) == (0.0, 99_999_000.0)
    whole = line(time, value, status)
    assert len(whole.times) == 100_000


def test_history_of_sealed_segments_and_the_log(recorder, station, batch, until):
    found = recorder(given=station(STATION))
    first = now_ns() - 5000 * SECOND
    found.put(batch([1.0, 2.0, 3.0], start=first, step=SECOND))
    found.stop()
    again = recorder(given=station(STATION))
    done = []
    again.put(batch([4.0], start=first + 3 * SECOND, durable=lambda: done.append(1)))
    until(lambda: done)
    history = History(found.run.path)
    for _ in range(2):  # what was learnt of the segments must not change the answer
        assert history.read([0], first, first + 4 * SECOND).lines[0].values == [1.0, 2.0, 3.0, 4.0]
        assert history.read([0], first + SECOND, first + 3 * SECOND).lines[0].values == [2.0, 3.0]
        assert history.read([0], first + 10 * SECOND, first + 20 * SECOND).lines == {}
        assert history.read([1], first, first + 4 * SECOND).lines == {}
        assert history.read([0, 1], first, first + 4 * SECOND).lines[0].values == [1.0, 2.0, 3.0, 4.0]
    assert history.last([0, 1])[0].values == [4.0]


def test_a_damaged_segment_is_told_and_the_page_lives(running):
    running.stop()
    (segment,) = running.run.segments()

    async def look():
        async with served(running.run.path) as (_, address, session):
            segment.write_bytes(b"torn")
            now = now_ns() // 1_000_000
            async with session.get(f"{address}history?start={now - 10**6}&end={now}&tags=0") as answer:
                assert answer.status == 503
                assert "E033" in await answer.text()
            async with session.get(address + "tags") as answer:
                assert answer.status == 200

    run(look())
