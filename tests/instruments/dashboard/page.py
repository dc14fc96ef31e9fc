"""A dashboard on a run that is being recorded."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import aiohttp

from instruments.base import now_ns
from instruments.dashboard import Dashboard
from instruments.store.history import History

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
