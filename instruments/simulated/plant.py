"""A whole plant behind real sockets of this machine: an OPC-UA server and instruments, all on one simulated clock."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from instruments.simulated.clock import Clock
from instruments.simulated.instruments import KINDS, Balance
from instruments.simulated.opcua_server import SimulatedServer
from instruments.simulated.serve import HOST, TcpServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from threading import Event as Flag

    from instruments.simulated.faults import Fault
    from instruments.simulated.opcua_faults import Fault as ServerFault
    from instruments.simulated.opcua_server import Variable
    from instruments.simulated.sensors import Sensor, State

_LOOK = 0.2


class RunningClock(Clock):
    """The plant runs ``speed`` times faster, but its servers stamp the time of day at which a value was offered.

    So the values of servers, of instruments without a clock and of the logger lie on one axis of time.
    """

    def at(self, elapsed: float) -> int:
        """The time of day at which so many simulated seconds have passed, ns since 1970."""
        return super().at(elapsed / self.speed)


@dataclass(frozen=True)
class Behind:
    """An instrument behind a socket.

    Attributes:
        driver: name of the driver that reads it, a key of ``instruments.KINDS``.
        sensors: channel -> what it measures.
        port: where it listens.
        faults: what goes wrong.
    """

    driver: str
    sensors: Mapping[str, Sensor]
    port: int
    faults: Sequence[Fault] = ()


@dataclass(frozen=True)
class Plan:
    """What is served.

    Attributes:
        state: simulated seconds -> tag -> true value.
        variables: of the OPC-UA server.
        port: of the OPC-UA server.
        instruments: name -> instrument.
        faults: of the OPC-UA server.
    """

    state: State
    variables: Sequence[Variable]
    port: int
    instruments: Mapping[str, Behind] = field(default_factory=dict)
    faults: Sequence[ServerFault] = ()


def free_ports(first: int, count: int) -> list[int]:
    """Ports of this machine on which nobody listens.

    Args:
        first: the first of them, the others follow it; 0 for any.
        count: how many.

    Raises:
        OSError: one of them is taken, or not for users.
    """
    with ExitStack() as stack:
        ports = []
        for number in range(count):
            one = stack.enter_context(socket.socket())
            # As the servers do: a port whose last connection lingers is free.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((HOST, first + number if first else 0))
            ports.append(int(one.getsockname()[1]))
    return ports


async def serve(plan: Plan, clock: Clock, stop: Flag, each: Callable[[float], None] = lambda _: None) -> None:
    """Serve a plant until ``stop`` is set.

    Args:
        plan: what is served.
        clock: of the simulation.
        stop: when to end.
        each: called several times a second with the simulated time, s.
    """
    server = SimulatedServer(
        plan.state, plan.variables, port=plan.port, clock=clock, interval=max(1.0, clock.speed), faults=plan.faults
    )
    with ExitStack() as stack:
        for behind in plan.instruments.values():
            instrument = KINDS[behind.driver](behind.sensors, plan.state, clock)
            if isinstance(instrument, Balance):  # it stood there before: its first answer is no unrest
                instrument.answer("SI")
                instrument.sent.clear()
            stack.enter_context(TcpServer(instrument, behind.faults, port=behind.port))
        await server.start()
        try:
            while not stop.is_set():
                each(clock.now())
                await asyncio.sleep(_LOOK)
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await server.stop()
