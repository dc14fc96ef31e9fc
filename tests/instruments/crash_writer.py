"""Run by ``test_crash`` as a process of its own, to be killed: ``crash_writer.py RUN``.

It plays a server that keeps what is not acknowledged: after a restart it republishes from a few batches before the
last acknowledged one. Every sequence that is acknowledged goes to the standard output, one a line.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial

from hydromet.source import load_text
from instruments import recorder as watch
from instruments.base import Batch, Event, now_ns
from instruments.recorder import Recorder
from instruments.station import check

TAGS = 40
STATION = """\
station: 1
name: crash
opcua:
  plc: {endpoint: "opc.tcp://127.0.0.1:4840", security: None}
recording: {commit: 5 ms, segment_mb: 0.05}
tags:
""" + "".join(f"  t{i}: {{source: plc, node: nsu=http://x;s={i}, unit: K}}\n" for i in range(TAGS))


def rows(sequence: int) -> list[tuple[int, int, int, int, float, int]]:
    """What batch ``sequence`` holds: every value tells where it belongs."""
    stamp = 10**18 + sequence * 10**6
    return [(i, stamp, stamp, now_ns(), float(sequence * TAGS + i), 0) for i in range(TAGS)]


def main() -> None:
    """Until killed."""
    watch._TICK = 0.03  # so that it seals within the short life it has
    recorder = Recorder(sys.argv[1], check(load_text(STATION)))
    recorder.start()
    sequence = max(1, recorder.durable_sequence("plc/1") - 5)
    resumed = [Event("resumed", "plc")]
    while True:
        told = f"{sequence}\n".encode()
        tell = partial(os.write, 1, told)
        batch = Batch("plc", rows(sequence), stream="plc/1", sequence=sequence, events=resumed, durable=tell)
        while not recorder.put(batch):
            recorder.wait_for_room(0.1)
        # Events go with a batch that is not dropped as known.
        resumed = [] if sequence > recorder.durable_sequence("plc/1") else resumed
        sequence += 1
        time.sleep(0.001)


if __name__ == "__main__":
    main()
