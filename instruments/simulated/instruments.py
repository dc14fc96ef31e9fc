"""Simulated instruments: what they answer to a line. Lines, faults and time are the business of ``simulated.serve``."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import deque
from time import time_ns
from typing import TYPE_CHECKING, ClassVar

from instruments.simulated.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from instruments.simulated.sensors import Sensor, State

_KEPT = 100_000


class Instrument(ABC):
    """Base of the simulated instruments.

    Args:
        sensors: channel -> sensor.
        state: simulated time, s -> true values.
        clock: of the simulation.

    Attributes:
        sent: every value that was measured: channel, value, time in ns. The truth of tests; the last 100 000 of them.
        received: every question, as it came.
        overloaded: the next reading is out of range.
        errors: the error queue.
    """

    end: ClassVar[bytes] = b"\n"
    refusal: ClassVar[str] = ""
    # Answers that come without an end.
    bare: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, sensors: Mapping[str, Sensor], state: State, clock: Clock | None = None) -> None:
        self.sensors = dict(sensors)
        self.state = state
        self.clock = clock or Clock()
        self.sent: deque[tuple[str, float, int]] = deque(maxlen=_KEPT)
        self.received: deque[str] = deque(maxlen=_KEPT)
        self._number = 0
        self.overloaded = False
        self.errors: list[str] = []

    def measure(self, channel: str) -> float:
        """The value of a channel now."""
        self._number += 1
        value = self.sensors[channel].read(self.state, self.clock.now(), self._number)
        self.sent.append((channel, value, time_ns()))
        return value

    @abstractmethod
    def answer(self, question: str) -> str | None:
        """The answer to a question; None for none."""

    def restart(self) -> None:
        """As after switching on."""
        self.errors.clear()
        self.overloaded = False

    def unasked(self) -> str:
        """A line that nobody asked for, as in continuous sending; it does not count among what was ``sent``."""
        before = len(self.sent)
        line = self.answer(self.received[-1]) or ""
        while len(self.sent) > before:
            self.sent.pop()
        return line


class Scpi(Instrument):
    """An instrument of SCPI queries, one channel each.

    Args:
        queries: query in its short form -> channel.
        form: how numbers are written.
        identity: answer to ``*IDN?``.
    """

    queries: ClassVar[Mapping[str, str]] = {}
    form: ClassVar[str] = "{:+.8E}"
    identity: ClassVar[str] = "Hydromet,Simulated,0001,1.0"
    overload: ClassVar[str] = "+9.90000000E+37"

    def answer(self, question: str) -> str | None:
        """Answers of the parts of a message, joined by ``;``; an unknown header goes to the error queue."""
        answers = [found for part in question.split(";") if (found := self._part(part.strip().lstrip(":"))) is not None]
        return ";".join(answers) if answers else None

    def _part(self, part: str) -> str | None:
        if part == "*IDN?":
            return self.identity
        if part == "*OPC?":
            return "1"
        if part in ("SYST:ERR?", "SYST:ERR:NEXT?"):
            return self.errors.pop(0) if self.errors else '+0,"No error"'
        if part == "*CLS":
            self.errors.clear()
            return None
        found = self.value(part)
        if found is None:
            self.errors.append('-113,"Undefined header"')
        return found

    def value(self, header: str) -> str | None:
        """The answer to a query of the instrument's own; None if it does not know it."""
        channel = self.queries.get(header)
        if channel is None or channel not in self.sensors:
            return None
        return self.number(channel)

    def number(self, channel: str) -> str:
        """A reading as it is written."""
        value = self.measure(channel)
        return self.overload if self.overloaded else self.form.format(value)


class Scanner(Scpi):
    """DAQ970A or 34970A with its scan list set; the channels are ``101`` and so on."""

    identity = "Keysight Technologies,DAQ970A,MY12345678,A.02.04-00.16-11.29-00.02-02-01"

    def value(self, header: str) -> str | None:
        """One scan, or the list."""
        if header == "READ?":
            return ",".join(self.number(channel) for channel in self.sensors)
        if header == "ROUT:SCAN?":
            listed = f"(@{','.join(self.sensors)})"
            return f"#{len(str(len(listed)))}{len(listed)}{listed}"
        return None


class Supply(Scpi):
    """A rectifier; what can be set is answered, and never asked for by the logger."""

    identity = "Agilent Technologies,N5769A,US12A3456B,A.00.00"
    form = "{:.3f}"
    queries: ClassVar[Mapping[str, str]] = {
        "MEAS:VOLT?": "voltage",
        "MEAS:CURR?": "current",
        "VOLT?": "set_voltage",
        "CURR?": "set_current",
    }

    def value(self, header: str) -> str | None:
        """Readings, and the registers of a supply that holds its current."""
        return {"OUTP?": "1", "STAT:OPER:COND?": "1024", "STAT:QUES:COND?": "0"}.get(header) or super().value(header)


class Generic(Scpi):
    """Any SCPI instrument: ``READ:NAME?`` reads channel ``name``."""

    def value(self, header: str) -> str | None:
        """One number."""
        match = re.fullmatch(r"READ:([A-Z]+)\?", header)
        return self.number(match[1].lower()) if match and match[1].lower() in self.sensors else None


class Balance(Instrument):
    """A balance of MT-SICS level 0; channel ``weight``, in g. At rest when two readings hardly differ."""

    end = b"\r\n"
    refusal = "ES"
    unit = "g"

    def __init__(self, sensors: Mapping[str, Sensor], state: State, clock: Clock | None = None) -> None:
        super().__init__(sensors, state, clock)
        self._last = float("nan")

    def answer(self, question: str) -> str | None:
        """Weights, and the inquiries I0 to I4."""
        if question in ("S", "SI", "SU", "SIU"):
            return self._weight()
        return {
            "I0": 'I0 A 0 "I0"',
            "I1": 'I1 A "0123" "2.30" "2.22" "2.33" "2.20"',
            "I2": 'I2 A "XS6002S Excellence 6100.00 g"',
            "I3": 'I3 A "2.10 10.28.0.493.142"',
            "I4": 'I4 A "B021002593"',
            "@": 'I4 A "B021002593"',
        }.get(question, self.refusal)

    def _weight(self) -> str:
        value = self.measure("weight")
        if self.overloaded:
            return "S +"
        still, self._last = abs(value - self._last) <= 0.011, value
        return f"S {'S' if still else 'D'} {value:>10.2f} {self.unit}"


class PhMeter(Instrument):
    """A bench meter with the SevenMulti commands; channels ``pH`` and ``temperature``."""

    end = b"\r\n"
    refusal = "ES"

    def answer(self, question: str) -> str | None:
        """The measured value with its temperature."""
        if question != "MF06":
            return self.refusal
        if self.overloaded:
            return "MF06 +"
        return f"MF06 A S {self.measure('pH'):.3f} pH {self.measure('temperature'):.1f} 0 0"


class Pump(Instrument):
    """A peristaltic pump with address 1; channels ``speed`` (rpm) and ``flow`` (mL/min)."""

    end = b"\r\n"
    refusal = "#"
    bare = frozenset("*#+-")

    def answer(self, question: str) -> str | None:
        """Speed, flow, direction, mode and whether it turns."""
        if self.overloaded:
            return self.refusal
        if question == "1S":
            return f"{self.measure('speed'):.2f}"
        if question == "1f":
            mantissa, exponent = f"{self.measure('flow'):.3E}".split("E")
            return f"{mantissa.replace('.', '')}{int(exponent):+d}"
        return {"1E": "+", "1xD": "J", "1xM": "M"}.get(question, self.refusal)


KINDS: Mapping[str, type[Instrument]] = {
    "mt_sics": Balance,
    "daq970a": Scanner,
    "scpi_supply": Supply,
    "ismatec": Pump,
    "seven_ph": PhMeter,
    "generic_scpi": Generic,
}
