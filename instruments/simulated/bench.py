"""A bench of simulated instruments that all look at one plant: for ``hydromet pilot``, tutorials and long tests."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from instruments.simulated.clock import Clock
from instruments.simulated.hislip import HislipServer
from instruments.simulated.instruments import KINDS
from instruments.simulated.serve import PtyServer, Server, TcpServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from instruments.simulated.faults import Fault
    from instruments.simulated.sensors import Sensor, State

_DOORS: Mapping[str, type[Server]] = {"tcp": TcpServer, "pty": PtyServer, "hislip": HislipServer}


@dataclass(frozen=True)
class Spec:
    """One instrument of a bench.

    Attributes:
        driver: name of the driver that reads it, a key of ``instruments.simulated.instruments.KINDS``.
        sensors: channel -> what it measures.
        door: ``tcp``, ``pty`` (a serial line; ``tcp`` where there are none) or ``hislip``.
        faults: what goes wrong, and when.
        units: channel -> unit of its tag.
        port: of ``tcp`` and ``hislip``, 0 for a free one.
    """

    driver: str
    sensors: Mapping[str, Sensor]
    door: str = "tcp"
    faults: Sequence[Fault] = ()
    units: Mapping[str, str] | None = None
    port: int = 0


class Bench:
    """Several simulated instruments, running while the bench is entered.

    Args:
        specs: name -> instrument.
        state: simulated time, s -> true values.
        clock: of the simulation.
    """

    def __init__(self, specs: Mapping[str, Spec], state: State, clock: Clock | None = None) -> None:
        self._specs = dict(specs)
        self.servers: dict[str, Server] = {}
        for seed, (name, spec) in enumerate(self._specs.items()):
            instrument = KINDS[spec.driver](spec.sensors, state, clock or Clock())
            door = _DOORS["tcp" if spec.door == "pty" and sys.platform == "win32" else spec.door]
            if issubclass(door, TcpServer):
                self.servers[name] = door(instrument, spec.faults, seed, port=spec.port)
            else:
                self.servers[name] = door(instrument, spec.faults, seed)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for server in self.servers.values():
            self._stack.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def station(self, interval: str = "1 s") -> str:
        """The sections ``visa`` and ``tags`` of a station file that reads this bench, once it is entered.

        Each tag is called by what its sensor measures.
        """
        visa, tags = ["visa:"], ["tags:"]
        for name, spec in self._specs.items():
            visa += [f"  {name}:", f"    resource: {self.servers[name].resource}", f"    driver: {spec.driver}"]
            visa.append(f"    interval: {interval}")
            channels = ", ".join(spec.sensors)
            if spec.driver in ("daq970a", "scpi_supply"):
                visa.append(f"    options: {{channels: [{channels}]}}")
            elif spec.driver == "generic_scpi":
                queries = ", ".join(f'{channel}: "READ:{channel.upper()}?"' for channel in spec.sensors)
                visa.append(f"    options: {{queries: {{{queries}}}}}")
            for channel, sensor in spec.sensors.items():
                unit = (spec.units or {}).get(channel, "")
                tags.append(f'  {sensor.tag}: {{source: {name}, channel: "{channel}", unit: "{unit}"}}')
        return "\n".join([*visa, *tags]) + "\n"
