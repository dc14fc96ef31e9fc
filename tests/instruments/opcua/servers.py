"""Servers of three makes, each in a process of its own."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

PEERS = Path(__file__).parent / "peers"
SCRIPTS = {
    "asyncua": "asyncua_server.py",
    "opcua": "opcua_server.py",
    "node": "node_server.js",
    "plant": "plant_server.py",
}
URI = "urn:hydromet:simulated"
NODE_URI = URI


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@functools.cache
def why_no_node() -> str:
    """Why there is no node-opcua here; empty if there is. ``NODE_PATH`` says where it is installed (see .ci/run)."""
    node = shutil.which("node")
    if not node:
        return "node is not installed"
    tried = subprocess.run([node, "-e", "require.resolve('node-opcua')"], capture_output=True, check=False)
    return (
        ""
        if tried.returncode == 0
        else "node-opcua is not installed (npm ci in tests/instruments/opcua/peers; NODE_PATH)"
    )


class Server:
    """``make`` is asyncua, opcua, node, or plant (asyncua, an address space of many kinds).

    The options are those of the scripts in ``peers``.
    """

    def __init__(self, make: str, folder: Path, **options: Any) -> None:
        self.make, self.folder = make, folder
        self.port = options.get("port") or free_port()
        self.truth = folder / "truth.csv"
        self.options = {"port": self.port, "truth": str(self.truth), "folder": str(folder / "node-pki"), **options}
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}/"

    def start(self, **more: Any) -> None:
        self.options |= more
        script = SCRIPTS[self.make]
        program = "node" if self.make == "node" else sys.executable
        flags = [] if self.make == "node" else ["-W", "ignore"]
        root = str(Path(__file__).parents[3])
        log = (self.folder / "server.log").open("a")
        self.process = subprocess.Popen(
            [program, *flags, str(PEERS / script), json.dumps(self.options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": root},
        )
        log.close()
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("ready"):
                return
        raise AssertionError((self.folder / "server.log").read_text()[-2000:])

    def tell(self, words: str) -> None:
        assert self.process
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        if self.process:
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe:
                    pipe.close()
        self.process = None

    def freeze(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def ticks(self) -> list[tuple[int, float]]:
        """Time in ns and value of every tick so far, by the server's own account."""
        lines = [line.split(",") for line in self.truth.read_text().splitlines()]
        return [(int(line[0]), float(line[1])) for line in lines if line[0].isdigit() and len(line) > 1 and line[1]]

    def merged(self) -> dict[str, set[float]]:
        """Tag -> ticks that the server never took to offer them, by its own account; node-opcua alone keeps one."""
        found: dict[str, set[float]] = {}
        account = self.truth.with_name(f"{self.truth.name}.merged")
        lines = account.read_text().splitlines() if account.exists() else []
        for tag, _, value in (line.partition(",") for line in lines):
            found.setdefault(tag, set()).add(float(value))
        return found
