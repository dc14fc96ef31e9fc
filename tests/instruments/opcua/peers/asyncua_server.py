"""The simulated server in a process of its own: every tag counts the ticks. Arguments: JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path


async def main() -> None:
    options = json.loads(sys.argv[1])
    from instruments.simulated.opcua_faults import Fault
    from instruments.simulated.opcua_server import Security, SimulatedServer, Variable

    count = {"tick": -1}
    tags = [f"T{number}" for number in range(options.get("tags", 10))]

    def state(_elapsed: float) -> dict[str, float]:
        count["tick"] += 1
        return dict.fromkeys(tags, float(count["tick"] + options.get("first", 0)))

    security = options.get("security", {})
    server = SimulatedServer(
        state,
        [Variable(tag, "degC", 0.0, 1e9, history=options.get("history", False)) for tag in tags],
        port=options["port"],
        interval=options.get("interval", 0.1),
        faults=[Fault(**fault) for fault in options.get("faults", [])],
        security=Security(
            tuple(security.get("policies", ["None"])),
            Path(security["certificate"]) if "certificate" in security else None,
            Path(security["key"]) if "key" in security else None,
            security.get("users", {}),
            tuple(Path(one).read_bytes() for one in security["trusted"]) if "trusted" in security else None,
        ),
        truth=Path(options["truth"]) if "truth" in options else None,
        extra_namespaces=options.get("namespaces", []),
    )
    await server.start()
    if "session_ms" in options:
        server.server.iserver.max_session_timeout_ms = options["session_ms"]
        server.server.iserver.min_session_timeout_ms = 100
    print("ready", flush=True)  # noqa: T201
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().split():
        if line[0] == "cut":
            server.cut()
        elif line[0] == "forget":
            for session in list(server.server.iserver._external_sessions.values()):
                await session.close_session(True)
        elif line[0] == "rename":
            await server.rename(line[1], line[2])
        print("done", flush=True)  # noqa: T201


asyncio.run(main())
