"""CPU for each notification: the logger with its record on disk against a plain handler of asyncua.

Both get 500 tags at 10 Hz from the same server, one after the other, each in a process of its own. What the issue asks
for is at most 0.8 of the plain handler; more is exit code 1.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
TAGS, SECONDS, MOST = 500, 10.0, 0.8
URI = "urn:hydromet:simulated"
# Time for the subscription to be made and the first values to come.
SETTLING = 4.0


def cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


async def plain(url: str, tags: int) -> tuple[float, int]:
    """What the documentation of asyncua shows: a handler object."""
    from asyncua import Client, ua

    class Handler:
        count = 0

        def datachange_notification(self, _node: object, _value: object, _data: object) -> None:
            self.count += 1

    handler = Handler()
    async with Client(url) as client:
        index = await client.get_namespace_index(URI)
        subscription = await client.create_subscription(500, handler)
        nodes = [client.get_node(ua.NodeId(f"T{number}", index)) for number in range(tags)]
        await subscription.subscribe_data_change(nodes, queuesize=200, sampling_interval=50)
        await asyncio.sleep(SETTLING)
        began, count = cpu(), handler.count
        await asyncio.sleep(SECONDS)
        return cpu() - began, handler.count - count


def logger(url: str, tags: int, folder: Path) -> tuple[float, int]:
    """The logger as it is started by the command line, with its record on disk."""
    from instruments import station
    from instruments.runner import record

    lines = "\n".join(
        f"  T{n}: {{source: plc, node: 'nsu={URI};s=T{n}', unit: '', sampling: 100 ms}}" for n in range(tags)
    )
    text = f"station: 1\nname: bench\nopcua:\n  plc: {{endpoint: '{url}', security: None}}\ntags:\n{lines}\n"
    file = folder / "station.yaml"
    file.write_text(text)
    stop, found = threading.Event(), []

    def measure() -> None:
        time.sleep(SETTLING)
        (began, then, count), status = (cpu(), *rows(folder / "run")), folder / "run"
        time.sleep(SECONDS)
        now, after = rows(status)
        # The status file is a second old at most: its own times say what its counts belong to.
        found.append((cpu() - began, round((after - count) / (now - then) * SECONDS)))
        stop.set()

    threading.Thread(target=measure, daemon=True).start()
    record(station.read(file), folder / "run", stop)
    return found[0]


def rows(run: Path) -> tuple[float, int]:
    """Time in s, and readings in the record, by the status file the logger writes."""
    (file,) = run.rglob("status.json")
    status = json.loads(file.read_text())
    return status["time_ns"] / 1e9, int(status["readings"])


def main() -> int:
    from tests.instruments.opcua.servers import Server

    found = {}
    with tempfile.TemporaryDirectory() as folder, Server("asyncua", Path(folder), tags=TAGS) as server:
        for kind in ("plain", "logger"):
            place = Path(folder) / kind
            place.mkdir()
            command = [sys.executable, __file__, kind, server.url, str(TAGS), str(place)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
            if done.returncode:
                print(done.stderr)
                return 1
            found[kind] = json.loads(done.stdout.splitlines()[-1])
    for kind, one in found.items():
        print(f"{kind:8} {one['notifications']:8} notifications {one['microseconds']:6.1f} us each")
    ratio = found["logger"]["microseconds"] / found["plain"]["microseconds"]
    print(f"ratio    {ratio:.2f}, wanted at most {MOST}")
    return int(ratio > MOST)


if len(sys.argv) == 1:
    sys.exit(main())
kind, url, tags, place = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
used, notifications = asyncio.run(plain(url, tags)) if kind == "plain" else logger(url, tags, place)
print(json.dumps({"notifications": notifications, "microseconds": used / max(notifications, 1) * 1e6}))
