"""The page in a real browser: what an operator sees. Skipped where there is no Chromium."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import struct
import threading
import zlib
from pathlib import Path

import pytest

from hydromet.source import load_text
from instruments.base import SECOND, Batch, Cause, Gap, Link, now_ns
from instruments.dashboard import Dashboard
from instruments.inbox import hand_in
from instruments.recorder import Recorder
from instruments.station import check
from instruments.status import Status
from instruments.store.history import History

_spec = importlib.util.spec_from_file_location("chromium", Path(__file__).with_name("chromium.py"))
chromium = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(chromium)

pytestmark = [
    pytest.mark.skipif(chromium.program() is None, reason="no Chromium here (apt-get install chromium)"),
    pytest.mark.xdist_group("browser"),
]
# Screenshots are kept here for somebody to look at.
PICTURES = os.environ.get("HYDROMET_PICTURES")
EVIL = "<img src=x onerror=document.title='broken'>"
STATION = f"""\
station: 1
name: bench
title: {{en: Bench, ja: 作業台}}
opcua:
  plc: {{endpoint: "opc.tcp://127.0.0.1:4840", security: None}}
visa:
  balance: {{resource: "TCPIP::127.0.0.1::4305::SOCKET", driver: mt_sics, interval: 1 s}}
recording: {{commit: 20 ms}}
tags:
  temperature: {{source: plc, node: nsu=http://example.org/plant;s=T, unit: degC, title: {{ja: 浸出槽}}}}
  pressure: {{source: plc, node: nsu=http://example.org/plant;s=P, unit: bar}}
  level: {{source: plc, node: nsu=http://example.org/plant;s=L, unit: m}}
  weight: {{source: balance, channel: weight, unit: g, title: "{EVIL}"}}
"""


class Plant(threading.Thread):
    """Delivers a temperature and a level each 0.2 s, and a pressure that is bad."""

    def __init__(self, recorder):
        super().__init__(daemon=True)
        self.recorder, self.ended = recorder, threading.Event()

    def run(self):
        while not self.ended.wait(0.2):
            now = now_ns()
            rows = [(0, now, 0, now, 80.0, 0), (1, now, 0, now, 0.0, Status.BadSensorFailure)]
            rows.append((2, now, 0, now, 1.5, Status.UncertainSensorNotAccurate))
            self.recorder.put(Batch("plc", rows))


@pytest.fixture
def plant(tmp_path):
    """A minute of record with a gap in its middle, and a plant that goes on."""
    recorder = Recorder(tmp_path / "run", check(load_text(STATION, "station.yaml")))
    recorder.start()
    recorder.report("plc", Link.connected)
    recorder.report("balance", Link.disconnected, "no answer to SI in 2 s")
    now = now_ns()
    for first, last in ((-120, -80), (-40, 0)):
        rows = [(0, now + s * SECOND, 0, now + s * SECOND, 60.0 + s % 20, 0) for s in range(first, last)]
        recorder.put(Batch("plc", rows))
    gap = Gap("plc", now - 81 * SECOND, now - 40 * SECOND, Cause.link, detail="cable")
    recorder.put(Batch("plc", gaps=[gap]))
    written = threading.Event()
    recorder.put(Batch("balance", [(3, 0, 0, now - 100 * SECOND, 5.25, 0)], durable=written.set))
    assert written.wait(10)
    recorder._write_status()  # the links as they are now
    hand_in(recorder.run, EVIL, author="Sato")
    thread = Plant(recorder)
    thread.start()
    yield recorder
    thread.ended.set()
    thread.join()
    recorder._sealer.finish = lambda *_: True  # nobody looks at it any more
    recorder.stop()


def shown(plant, work, query=""):
    """Run ``work(page)`` on the page of a plant."""

    async def look():
        page = Dashboard(plant.run.path, port=0)
        address = await page.start()
        try:
            async with chromium.browser() as tab:
                await tab.go(address + query)
                await tab.until("document.querySelectorAll('#rows tr.good').length > 0")
                await work(tab, page)
        finally:
            await page.stop()

    asyncio.run(asyncio.wait_for(look(), 120))


async def kept(tab, tmp_path, name):
    """A screenshot that is no empty page."""
    folder = Path(PICTURES) if PICTURES else tmp_path
    content = await tab.picture(folder / f"{name}.png")
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    assert width > 1000
    assert height > 700
    assert len(content) > 20_000
    assert zlib.crc32(content[12:29]) == struct.unpack(">I", content[29:33])[0]


def row(tag):
    return f"document.querySelector('tr[data-tag={tag}]')"


def test_good_uncertain_bad_and_stale_are_seen_at_once_and_differ(plant, tmp_path):
    async def work(tab, _):
        await tab.until(f"{row('pressure')}.className === 'bad'")
        await tab.until("document.querySelectorAll('#notes li').length === 1")
        assert await tab.ask(f"{row('level')}.className") == "uncertain"
        assert await tab.ask(f"{row('weight')}.className") == "stale"
        looks = [
            await tab.ask(
                f"(() => {{ const s = getComputedStyle({row(tag)}.querySelector('.value'));"
                " return s.backgroundColor + s.backgroundImage; })()"
            )
            for tag in ("temperature", "level", "pressure", "weight")
        ]
        assert len(set(looks)) == 4
        # Never by colour alone, and a bad value is not the last good one.
        words = [
            await tab.ask(f"{row(tag)}.querySelector('.quality').textContent")
            for tag in ("level", "pressure", "weight")
        ]
        assert words == ["? Uncertain UncertainSensorNotAccurate", "✕ Bad BadSensorFailure", "◌ Stale 5.25"]
        assert await tab.ask(f"{row('pressure')}.querySelector('.value').textContent") == "–"
        assert await tab.ask(f"{row('temperature')}.querySelector('.value').textContent") == "80"
        assert await tab.ask("document.querySelector('#sources .trouble').textContent") == (
            "! balance: disconnected – no answer to SI in 2 s"
        )
        assert "Buffer" in await tab.ask("document.getElementById('health').textContent")
        assert "Disk" in await tab.ask("document.getElementById('health').textContent")
        assert await tab.ask("document.getElementById('state').textContent") == "Recording"
        await kept(tab, tmp_path, "dashboard")
        assert tab.messages == []

    shown(plant, work)


def test_a_gap_is_hatched_and_no_line_runs_over_it(plant, tmp_path):
    async def work(tab, _):
        await tab.until("Trends.charts().length === 4")
        await tab.until("Trends.charts()[0].plot.data[0].length > 50")
        await tab.until("document.querySelectorAll('#gaps tr').length === 1")
        await tab.until("Trends.charts()[0].missing().length === 1")
        colours = """(() => {
          const u = Trends.charts()[0].plot, [start, end] = Trends.charts()[0].missing()[0];
          const x = Math.round(u.valToPos((start + end) / 2000, "x", true));
          const d = u.ctx.getImageData(x, u.bbox.top, 12, u.bbox.height).data, found = {};
          for (let i = 0; i < d.length; i += 4) {
            const key = [d[i], d[i + 1], d[i + 2]].join(); found[key] = (found[key] || 0) + 1;
          }
          return found;
        })()"""
        found = await tab.ask(colours)
        beside = await tab.ask("""(() => {
          const c = Trends.charts()[0], [start, end] = c.missing()[0], d = c.plot.data;
          return d[0].map((t, i) => [t * 1000 - start, d[1][i]]).filter(([t]) => t > -3000 && t < end - start + 3000);
        })()""")
        assert "27,73,101" not in found, beside  # the pen
        assert found["201,201,201"] > 500
        assert found["143,143,143"] > 100  # both colours of the hatch
        line = """(() => {
          const u = Trends.charts()[0].plot;
          const d = u.ctx.getImageData(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height).data;
          let n = 0;
          for (let i = 0; i < d.length; i += 4) n += d[i] === 27 && d[i + 1] === 73 && d[i + 2] === 101;
          return n;
        })()"""
        assert await tab.ask(line) > 100
        # The bad pressure is red crosses, and its chart has no line.
        red = line.replace("charts()[0]", "charts()[1]").replace(
            "d[i] === 27 && d[i + 1] === 73 && d[i + 2] === 101", "d[i] > 150 && d[i + 1] < 80 && d[i + 2] < 90"
        )
        await tab.until(f"{red} > 20")
        assert await tab.ask("document.querySelectorAll('#gaps tr').length") == 1
        await kept(tab, tmp_path, "gap")

    shown(plant, work)


def test_names_and_notes_are_text(plant, tmp_path):
    async def work(tab, _):
        await tab.until("document.querySelectorAll('#notes li').length === 1")
        assert EVIL in await tab.ask("document.querySelector('#notes li').textContent")
        assert EVIL in await tab.ask(f"{row('weight')}.textContent")
        assert await tab.ask("document.querySelectorAll('img').length") == 0
        assert await tab.ask("document.title") == "Bench"
        # And were something to slip in, the policy would not let it run.
        await tab.ask(
            "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.hit = 1'}))"
        )
        assert await tab.ask("window.hit") is None

    shown(plant, work)


def test_japanese(plant, tmp_path):
    async def work(tab, _):
        await tab.until("document.getElementById('state').textContent === '記録中'")
        assert await tab.ask("document.documentElement.lang") == "ja"
        assert "浸出槽" in await tab.ask(f"{row('temperature')}.textContent")
        await tab.until(f"{row('pressure')}.className === 'bad'")
        assert "不良" in await tab.ask(f"{row('pressure')}.textContent")
        await kept(tab, tmp_path, "japanese")

    shown(plant, work, "?lang=ja")


def test_csv_of_what_is_seen(plant):
    async def work(tab, _):
        await tab.until("document.getElementById('csv').href.includes('/csv?')")
        text = await tab.ask("fetch(document.getElementById('csv').href).then((a) => a.text())")
        lines = text.splitlines()
        assert lines[0].endswith("tag,unit,time,value,status,quality")
        assert sum(one.startswith("temperature,degC,") for one in lines) >= 80
        end = max(one.split(",")[2] for one in lines[1:])
        # A span of the past is asked for as it is.
        before = await tab.ask("document.getElementById('csv').href")
        width = await tab.ask("Trends.charts()[0].plot.over.clientWidth")
        select = f"{{left: {0.7 * width}, width: {0.15 * width}, top: 0, height: 100}}"
        await tab.ask(f"Trends.charts()[0].plot.setSelect({select})")
        await tab.until("document.getElementById('live').getAttribute('aria-pressed') === 'false'")
        await tab.until("Trends.charts()[0].plot.scales.x.max * 1000 < Date.now() - 60000")
        assert await tab.ask("document.getElementById('csv').href") != before
        earlier = await tab.ask("fetch(document.getElementById('csv').href).then((a) => a.text())")
        assert 20 < len(earlier.splitlines()) < len(lines)
        assert all(one.split(",")[2] < end for one in earlier.splitlines()[1:])

    shown(plant, work)


def test_the_page_says_when_it_has_lost_the_server(plant, tmp_path):
    async def work(tab, page):
        await tab.until("document.getElementById('clock').textContent !== ''")
        await page.stop()
        await tab.until("document.getElementById('state').classList.contains('alarm')", 15)
        assert "lost" in await tab.ask("document.getElementById('state').textContent")
        assert await tab.ask("document.querySelectorAll('#rows tr.stale').length") == 4
        await kept(tab, tmp_path, "lost")
        # The logger never noticed.
        before = History(plant.run.path).last([0])[0].times[0]
        await asyncio.sleep(1.0)
        assert History(plant.run.path).last([0])[0].times[0] > before

    shown(plant, work)
