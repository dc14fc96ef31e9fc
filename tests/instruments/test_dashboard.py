"""The dashboard's server: who may look, what is told, and that the record is left alone."""

from __future__ import annotations

import asyncio
import csv
import hmac
import io
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from hydromet.cli.app import main
from hydromet.errors import StationError
from instruments.base import SECOND, Batch, Cause, Gap, Link, now_ns
from instruments.dashboard import Dashboard, guard
from instruments.dashboard.view import View, standing
from instruments.folder import RunFolder
from instruments.inbox import hand_in
from instruments.status import Status
from instruments.store.history import BAD, History, line

TOKEN = "a token of more than sixteen signs"  # noqa: S105
STATION = """\
station: 1
name: bench
title: {en: Bench, ja: 作業台}
opcua:
  plc: {endpoint: "opc.tcp://127.0.0.1:4840", security: None}
visa:
  balance: {resource: "TCPIP::127.0.0.1::4305::SOCKET", driver: mt_sics, interval: 1 s}
recording: {commit: 20 ms}
tags:
  temperature: {source: plc, node: nsu=http://example.org/plant;s=T, unit: degC, range: 0..120 degC, title: {ja: 温度}}
  pressure: {source: plc, node: nsu=http://example.org/plant;s=P, unit: bar}
  weight: {source: balance, channel: weight, unit: g}
"""


@pytest.fixture
def running(recorder, station, batch, until):
    """A recorder with some temperatures, a bad pressure, a weight, a gap and a note."""
    found = recorder(given=station(STATION))
    now = now_ns()
    done = []
    found.report("plc", Link.connected)
    found.report("balance", Link.connected)
    gap = Gap("plc", now - 40 * SECOND, now - 30 * SECOND, Cause.link, detail="cable")
    found.put(batch([20.0 + i for i in range(10)], start=now - 60 * SECOND, step=SECOND))
    found.put(Batch("plc", [(1, now, 0, now, 1.0, Status.BadSensorFailure)], gaps=[gap]))
    found.put(Batch("balance", [(2, 0, 0, now, 5.25, 0)]))
    hand_in(found.run, "<b>pump</b> changed", author="Sato")
    until(
        lambda: (
            any(
                e.text.get("events") and e.text["events"][0]["kind"] == "note"
                for e in View(found.run.path)._tail.poll()
            )
            or note_booked(found)
        )
    )
    found.put(batch([30.0], start=now, durable=lambda: done.append(1)))
    until(lambda: done)
    return found


def note_booked(found):
    return any(row["kind"] == "note" for row in History(found.run.path).read([0], 0, 2 * now_ns()).events)


@asynccontextmanager
async def served(folder, **more):
    page = Dashboard(folder, port=0, **more)
    address = await page.start()
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            yield page, address, session
    finally:
        await page.stop()


def run(work):
    return asyncio.run(asyncio.wait_for(work, 60))


def test_fixed_addresses_with_a_policy_and_nothing_else(running):
    async def look():
        async with served(running.run.path) as (_, address, session):
            for path in ("", "static/app.js", "static/uPlot.iife.min.js", "tags", "words?lang=ja"):
                async with session.get(address + path) as answer:
                    assert answer.status == 200, path
                    policy = answer.headers["Content-Security-Policy"]
                    assert "default-src 'none'" in policy
                    assert "unsafe" not in policy
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"
            for path in ("static/../server.py", "static/%2e%2e/server.py", "..%2f..%2frun.json", "run.json", "static/"):
                async with session.get(address + path) as answer:
                    assert answer.status == 404, path
                    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                async with session.request(method, address + "tags") as answer:
                    assert answer.status == 405

    run(look())


def test_the_page_needs_nothing_from_elsewhere():
    folder = Path(guard.__file__).parent / "static"
    for file in (*folder.glob("*.html"), folder / "app.js", folder / "trends.js", folder / "app.css"):
        text = file.read_text(encoding="utf-8")
        assert "http://" not in text
        assert "https://" not in text.replace('"https:"', "")
        assert "innerHTML" not in text
        assert "<script>" not in text
    assert "MIT" in (folder / "uPlot.LICENSE.txt").read_text(encoding="utf-8")


def test_another_host_is_refused(running):
    async def look():
        async with served(running.run.path) as (page, address, session):
            for host in ("evil.example", f"evil.example:{page.port}", "127.0.0.1", f"127.0.0.1:{page.port + 1}"):
                async with session.get(address, headers={"Host": host}) as answer:
                    assert answer.status == 421, host
            async with session.get(address, headers={"Host": f"LOCALHOST:{page.port}"}) as answer:
                assert answer.status == 200

    run(look())


def test_the_socket_wants_our_own_page(running):
    async def look():
        async with served(running.run.path) as (page, address, session):
            for origin in ("http://evil.example", f"http://127.0.0.1:{page.port + 1}", "null", None):
                headers = {"Origin": origin} if origin else {}
                with pytest.raises(aiohttp.WSServerHandshakeError) as error:
                    await session.ws_connect(address + "live", headers=headers)
                assert error.value.status == 403
            async with session.ws_connect(address + "live", headers={"Origin": address.rstrip("/")}) as socket:
                first = await socket.receive_json(timeout=5)
                assert first["status"]["state"] == "recording"
                await socket.send_str("stop")  # nobody listens
                assert (await socket.receive_json(timeout=5))["now"] > first["now"]

    run(look())


def test_too_many_viewers(running, monkeypatch):
    monkeypatch.setattr("instruments.dashboard.server._VIEWERS", 1)

    async def look():
        async with served(running.run.path) as (_, address, session):
            origin = {"Origin": address.rstrip("/")}
            async with session.ws_connect(address + "live", headers=origin) as socket:
                await socket.receive_json(timeout=5)
                with pytest.raises(aiohttp.WSServerHandshakeError) as error:
                    await session.ws_connect(address + "live", headers=origin)
                assert error.value.status == 503

    run(look())


def test_token(running, monkeypatch):
    monkeypatch.setattr(guard, "_PAUSE", 0.0)
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: compared.append(one) or real(one, other))

    async def look():
        async with served(running.run.path, token=TOKEN) as (_, address, session):
            async with session.get(address, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (302, "/login")
            for path in ("tags", "history?start=1&end=2&tags=0", "csv?start=1&end=2&tags=0", "words"):
                async with session.get(address + path) as answer:
                    assert answer.status == 401
            with pytest.raises(aiohttp.WSServerHandshakeError) as error:
                await session.ws_connect(address + "live", headers={"Origin": address.rstrip("/")})
            assert error.value.status == 401
            for wrong in ("", "x", TOKEN + "x", TOKEN[:-1], "日本"):
                async with session.post(address + "login", data={"token": wrong}) as answer:
                    assert answer.status == 401
                async with session.get(address + "tags", headers={"Authorization": f"Bearer {TOKEN}x"}) as answer:
                    assert answer.status == 401
            async with session.get(address + "tags", headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
                assert answer.status == 200
            elsewhere = {"Sec-Fetch-Site": "cross-site"}
            async with session.post(address + "login", data={"token": TOKEN}, headers=elsewhere) as answer:
                assert answer.status == 403
            async with session.post(address + "login", data={"token": TOKEN}, allow_redirects=False) as answer:
                assert answer.status == 302
                cookie = answer.headers["Set-Cookie"]
                assert "HttpOnly" in cookie
                assert "SameSite=Strict" in cookie
                assert TOKEN not in cookie
            async with session.get(address + "tags") as answer:
                assert answer.status == 200

    run(look())
    assert TOKEN.encode() in compared


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])  # noqa: S104
@pytest.mark.parametrize("token", ["", "short"])
def test_other_addresses_need_a_token(host, token, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HYDROMET_DASHBOARD_TOKEN", token)
    assert main(["dashboard", str(tmp_path), "--host", host]) == 2
    told = capsys.readouterr().err
    assert told.startswith("E671")
    assert "Traceback" not in told


def test_no_run_is_told(tmp_path, capsys):
    assert main(["dashboard", str(tmp_path)]) == 3
    assert capsys.readouterr().err.startswith("E030")


def test_taken_port_is_told(running, capsys):
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        assert main(["dashboard", str(running.run.path), "--port", str(one.getsockname()[1])]) == 6
    assert capsys.readouterr().err.startswith("E672")


def test_marks(running):
    view = View(running.run.path)
    running._write_status()
    latest = view.poll()["latest"]
    assert latest["0"][1:4] == [30.0, "good", "Good"]
    assert latest["1"][1:4] == [None, "bad", "BadSensorFailure"]
    assert latest["2"][1:4] == [5.25, "good", "Good"]
    running.report("plc", Link.disconnected)
    running._write_status()
    latest = view.poll()["latest"]
    # The connection is what makes a value of a server stale, and the balance is on another line.
    assert [latest[tag][2] for tag in "012"] == ["stale", "stale", "good"]


def test_a_balance_that_falls_silent_is_stale_by_its_age(running, monkeypatch):
    view = View(running.run.path)
    running._write_status()
    later = now_ns() + 5 * SECOND
    monkeypatch.setattr("instruments.dashboard.view.now_ns", lambda: later)
    assert view.poll()["latest"]["2"][2] == "good"
    monkeypatch.setattr("instruments.dashboard.view.now_ns", lambda: later + 11 * SECOND)
    monkeypatch.setattr("instruments.dashboard.view._SILENT", 100.0)
    assert view.poll()["latest"]["2"][2] == "stale"


def test_everything_is_stale_when_the_logger_is_dead_or_silent(running, monkeypatch):
    view = View(running.run.path)
    running._write_status()
    assert view.poll()["status"]["state"] == "recording"
    status = standing(running.run, now_ns() + 16 * SECOND)
    assert status["state"] == "silent"
    monkeypatch.setattr("instruments.dashboard.view._running", lambda _: False)
    found = view.poll()
    assert found["status"]["state"] == "died"
    assert {mark[2] for mark in found["latest"].values()} == {"stale"}


def test_state_of_a_run_that_ended_and_of_a_process_that_is_gone(running, tmp_path):
    running.stop()
    assert standing(running.run, now_ns() + 10**15)["state"] == "stopped"
    assert standing(RunFolder(tmp_path / "none"), now_ns())["state"] == "never started"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    from instruments.dashboard.view import _running

    assert not _running(ended.pid)
    assert _running(os.getpid())


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


def test_the_record_is_left_alone(running):
    """Nothing in the folder changes, the writer's lock is not tried, and the logger outlives the page."""
    running.stop()
    folder = running.run.path

    def files():
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}

    async def look():
        async with served(folder) as (_, address, session):
            now = now_ns() // 1_000_000
            for path in (
                "tags",
                f"history?start={now - 10**6}&end={now}&tags=0",
                f"csv?start={now - 10**6}&end={now}&tags=0",
            ):
                async with session.get(address + path) as answer:
                    assert answer.status == 200
            async with session.ws_connect(address + "live", headers={"Origin": address.rstrip("/")}) as socket:
                for _ in range(2):
                    await socket.receive_json(timeout=5)

    before = files()
    run(look())
    assert files() == before


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


def test_no_run_no_view(tmp_path):
    with pytest.raises(StationError, match="E030"):
        View(tmp_path)


def test_words_in_both_languages():
    from instruments.dashboard.words import words

    english, japanese = words("en"), words("ja")
    assert english.keys() == japanese.keys()
    assert all(english.values())
    assert {key for key in english if english[key] == japanese[key]} == set()


def test_live_table_in_the_terminal(running, capsys):
    from hydromet.cli.log_live import live

    looks = []

    def wait(_):
        looks.append(1)
        return len(looks) > 2

    running.report("balance", Link.disconnected)
    running._write_status()
    assert live(running.run.path, "en", wait) == "recording"
    told = capsys.readouterr().out
    assert len(looks) == 3
    for part in ("bench: Recording", "温度", "30", "Bad BadSensorFailure", "~ Stale", "balance: disconnected"):
        assert part in told, part
    assert "5.25" not in told


def test_ages_of_the_live_table():
    from hydromet.cli.log_live import _age_style

    tag = {"period": 2.0, "laboratory": False}
    assert [_age_style(age, tag) for age in (5.0, 7.0, 21.0)] == ["", "yellow", "red"]
    assert _age_style(1e6, {"period": None, "laboratory": True}) == ""


def test_the_logger_outlives_a_page_that_is_killed(running, batch, until):
    code = "import sys; from hydromet.cli.app import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "dashboard", str(running.run.path), "--port", "0"]
    page = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = page.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")

        async def look():
            async with aiohttp.ClientSession() as session, session.get(address + "tags") as answer:
                return await answer.json()

        assert run(look())["title"] == {"en": "Bench", "ja": "作業台"}
    finally:
        page.kill()
        page.communicate()
    done = []
    running.put(batch([31.0], durable=lambda: done.append(1)))
    until(lambda: done)
    assert History(running.run.path).last([0])[0].values == [31.0]


def test_results_of_the_laboratory_are_on_the_page(running, until):
    row = {
        "sample": "S-1", "time_ns": now_ns() - 10 * SECOND, "place": "", "quantity": "T", "value": 55.0, "unit": "degC",
        "flag": "", "written": "55 degC", "method": "", "remark": "", "status": 0, "file": "", "sha256": "",
        "received_ns": now_ns(), "tag": "pressure", "source": "note",
    }  # fmt: skip
    view = View(running.run.path)
    done = []
    row |= {"quantity": "P", "unit": "bar", "value": 1.25, "time_ns": now_ns() + SECOND}
    running.put(Batch("note", results=[row], durable=lambda: done.append(1)))
    until(lambda: done)
    assert view.poll()["latest"]["1"][1] == 1.25
    assert History(running.run.path).last([1])[1].values == [1.25]
    running.stop()
    assert View(running.run.path).poll()["latest"]["1"][0] == pytest.approx(row["time_ns"] / 1e6)


def test_times_of_values_and_gaps_agree_as_floats():
    """A gap begins at the last value before it: as floats, too, or a line would run over it."""
    from instruments.store.history import milliseconds

    moments = np.arange(2000, dtype=np.int64) * 1_234_567_891 + 1_795_672_464_418_752_359
    drawn = line(moments, np.ones(2000), np.zeros(2000, np.uint32))
    assert drawn.times == [milliseconds(int(moment)) for moment in moments]
