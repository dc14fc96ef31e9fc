"""What a driver is: the questions to an instrument, what its answers look like and what they mean.

Nothing is guessed: an answer has to match its pattern from the first character to the last, or it is no value. A
driver names ``checks`` as well, questions whose answers no value looks like. The answer to one of them right after the
values proves that question and answer are in step (``instruments.visa.session``).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from hydromet.errors import StationError, UserError
from hydromet.source import nearest
from instruments.devices.protocols import Protocol  # noqa: TC001  # a field of a dataclass, read at run time by tests
from instruments.status import Status, bad

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# A number as instruments write it: no thousands separators, no words; nothing after it is swallowed.
NUMBER = r"[-+]? ?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
COMMA_NUMBER = r"[-+]? ?(?:[0-9]+(?:,[0-9]+)?|,[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
# IEEE 488.2 and SCPI: what instruments send for an overload and for not a number.
_OVERLOAD, _NOT_A_NUMBER = 9.9e37, 9.91e37
# What answers with values may look like: a check that one of them answers proves nothing.
_LIKE_VALUES = ("0", "12.34", "-1,5", "+1.0E+02", "  25.0 degC", "12.3 g")
# Kind of an option by default -> kinds that it may be given as; a whole number may stand for a list of them.
_KINDS: Mapping[type, tuple[type, ...]] = {
    bool: (bool,), str: (str,), dict: (dict,), list: (list,), float: (float, int)
}  # fmt: skip
_WORDS = {bool: "true or false", str: "a text", dict: "a table", list: "a list", float: "a number"}


class Value(NamedTuple):
    """What an answer says of one channel.

    Attributes:
        number: NaN where the status is bad.
        status: OPC-UA status code.
        unit: that of the channel; as the instrument wrote it where the channel has none; empty if it wrote none.
        text: the number as it was written.
    """

    number: float
    status: int
    unit: str = ""
    text: str = ""


@dataclass(frozen=True)
class Serial:
    """Settings of a serial line: 9600 baud, 8 data bits, no parity, 1 stop bit if nothing else is said."""

    baud_rate: int = 9600
    data_bits: int = 8
    parity: str = "none"
    stop_bits: int = 1


@dataclass(frozen=True)
class Query:
    """One question.

    Attributes:
        command: without its end; ``{name}`` is replaced by an option. Empty: the instrument speaks by itself.
        reply: pattern of the whole answer. A group is a channel; ``unit`` is the unit of all of them, ``unit_x``
            that of channel ``x``; ``state`` is looked up in ``Driver.states``.
        wait: seconds that the answer may take on top of the time-out.
        confirm: the number has no mark of its end, so that a cut one is a number as well: when its form (signs,
            digits) changes, the question is asked again before the answer counts.
        parse: reads the match where groups do not do.
        about: the channels that ``parse`` finds; all of the driver if none are given.
        decimal: sign before the decimals; a number with the other one is no number.
    """

    command: str
    reply: str
    wait: float = 0.0
    confirm: bool = False
    parse: Callable[[re.Match[str]], dict[str, Value]] | None = None
    about: tuple[str, ...] = ()
    decimal: str = "."

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled."""
        return re.compile(self.reply)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels it finds: those of ``parse``, else the groups that are values."""
        if self.parse:
            return self.about
        return tuple(n for n in self.pattern.groupindex if n not in ("state", "unit") and not n.startswith("unit_"))


class Plan(NamedTuple):
    """What a driver asks with the options of a station file; checks are the driver's if none are given."""

    queries: tuple[Query, ...]
    channels: Mapping[str, str]
    checks: tuple[Query, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Driver:
    """An instrument family.

    Attributes:
        name: in the station file.
        title: what it is.
        manual: where the bytes were read.
        protocol: what may be asked at all.
        queries: the questions of one reading.
        checks: questions whose answers no value looks like, at least two where the instrument knows two.
        channels: channel -> unit it is sent in; empty where the instrument decides, or for a plain number.
        hush: questions that end the sending of an instrument that talks without being asked, the mildest first.
        refusals: pattern of an answer that is no value -> status of the channels asked for.
        states: text of the group ``state`` -> status.
        scale: unit that the instrument may write -> the channel's unit in one of it.
        write_termination, read_termination: ends of command and answer.
        bare: characters that are an answer alone, without an end.
        timeout: longest wait for an answer, s.
        serial: settings of the line.
        options: name -> value by default, of what the station file may say; None has to be given.
        examples: name -> value that works, where that by default says little.
        plan: options -> what is asked, for drivers whose questions depend on them.
    """

    name: str
    title: str
    manual: str
    protocol: Protocol
    queries: tuple[Query, ...] = ()
    checks: tuple[Query, ...] = ()
    hush: tuple[Query, ...] = ()
    channels: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[str, Status] = field(default_factory=dict)
    states: Mapping[str, Status] = field(default_factory=dict)
    scale: Mapping[str, float] = field(default_factory=dict)
    write_termination: str = "\n"
    read_termination: str = "\n"
    bare: str = ""
    timeout: float = 2.0
    serial: Serial = Serial()
    options: Mapping[str, Any] = field(default_factory=dict)
    examples: Mapping[str, Any] = field(default_factory=dict)
    plan: Callable[[Mapping[str, Any]], Plan] | None = None

    def bind(self, options: Mapping[str, Any]) -> Dialogue:
        """The questions with the options of a station file filled in.

        Raises:
            StationError: E081, an option is not known, missing or of no use; E082, a command is no question.
        """
        for name in options:
            if name not in self.options:
                near = nearest(name, self.options) or tuple(self.options)
                expected, write = " or ".join(near) or "no options", self._written(near[0]) if near else ""
                raise option_error(expected, write, read=f"`{name}` for {self.name}")
        given = {**self.options, **options}
        for name, value in given.items():
            if value is None:
                raise option_error(name, self._written(name), read=f"no `{name}` for {self.name}")
            default = self.options[name]
            if not isinstance(value, _KINDS.get(type(default), (object,))):
                expected = _WORDS.get(type(default), "a number")
                raise option_error(expected, self._written(name), read=f"{name}: {value!r}")
        try:
            plan = self.plan(given) if self.plan else Plan(self.queries, self.channels)
            checks = self.checks if plan.checks is None else plan.checks
            queries, checks = (tuple(_filled(query, given) for query in each) for each in (plan.queries, checks))
            found = Dialogue(self, queries, checks, plan.channels)
            self._sound(found)
        except UserError:
            raise
        except Exception as error:  # whatever a table holds, and drivers of others: a mistake in the file, not a crash
            read = f"options: {options} ({type(error).__name__}: {error})"
            write = ", ".join(map(self._written, self.options))
            raise option_error("the options of the page of this instrument", write, read=read) from None
        return found

    def _written(self, name: str) -> str:
        """An option as it is written: as by default, or as its driver gives an example."""
        value = self.examples.get(name, self.options[name])
        return f"{name}: {json.dumps(value)}"

    def _sound(self, dialogue: Dialogue) -> None:
        """Every channel is found by a question, and no check can be mistaken for a value."""
        asked = [dialogue.asked(query) if query.parse else query.channels for query in dialogue.queries]
        found = {channel for channels in asked for channel in channels}
        for channel in dialogue.channels:
            if channel not in found:
                read, write = f"channel `{channel}`", 'queries: {level: "..."}'
                raise option_error("a name other than `unit` and `state`", write, read=read)
        for check in dialogue.checks:
            like = [text for text in _LIKE_VALUES if check.pattern.fullmatch(text)]
            if like or not check.command:
                read = f"a check `{check.command}` that `{like[0]}` answers" if like else "a check without a command"
                expected = "{command: ..., reply: ...}, a question whose answer no value looks like"
                raise option_error(expected, 'check: {command: IN_NAME, reply: "[A-Z].*"}', read=read)


@dataclass(frozen=True)
class Dialogue:
    """A driver with its options: all that will ever be sent.

    Attributes:
        driver: whose.
        queries, checks: with options filled in.
        channels: channel -> unit.
    """

    driver: Driver
    queries: tuple[Query, ...]
    checks: tuple[Query, ...]
    channels: Mapping[str, str]

    def __post_init__(self) -> None:
        for query in (*self.queries, *self.checks, *self.driver.hush):
            self.driver.protocol.check(query.command)

    @cached_property
    def commands(self) -> frozenset[bytes]:
        """Every command that may be sent, without its end."""
        asked = (*self.queries, *self.checks, *self.driver.hush)
        return frozenset(query.command.encode("ascii") for query in asked if query.command)

    def read(self, query: Query, answer: str) -> dict[str, Value] | None:
        """What an answer says of each channel; None if it is no answer to this question."""
        match = query.pattern.fullmatch(answer)
        if match:
            return query.parse(match) if query.parse else self._values(query, match)
        for pattern, status in self.driver.refusals.items():
            if re.fullmatch(pattern, answer):
                return {channel: Value(math.nan, status, "", answer) for channel in self.asked(query)}
        return None

    def asked(self, query: Query) -> tuple[str, ...]:
        """The channels that a question is about."""
        return query.channels or tuple(self.channels)

    def _values(self, query: Query, match: re.Match[str]) -> dict[str, Value]:
        groups = match.groupdict()
        state = groups.get("state")
        status = int(self.driver.states.get(state or "", Status.Good)) if state else int(Status.Good)
        values = {}
        for channel in query.channels:
            unit = groups.get(f"unit_{channel}") or groups.get("unit") or ""
            text = groups[channel]
            if text is None:
                values[channel] = Value(math.nan, Status.BadDataUnavailable)
            else:
                values[channel] = self._scaled(channel, value_of(text, status, query.decimal), unit)
        return values

    def _scaled(self, channel: str, value: Value, unit: str) -> Value:
        """In the unit of the channel; a unit that nobody knows makes the number useless."""
        own = self.channels.get(channel, "")
        if not unit or unit == own or bad(value.status):
            return value._replace(unit=own)
        if not own:
            return value._replace(unit=unit)
        scale = self.driver.scale
        if unit not in scale or own not in scale:
            return Value(math.nan, Status.BadConfigurationError, unit, value.text)
        return value._replace(number=value.number * scale[unit] / scale[own], unit=own)


def value_of(text: str, status: int = Status.Good, decimal: str = ".") -> Value:
    """A number as an instrument wrote it; overload and not-a-number of IEEE 488.2 are bad, and so is no number."""
    if not re.fullmatch(COMMA_NUMBER if decimal == "," else NUMBER, text.strip()):
        return Value(math.nan, Status.BadDecodingError, "", text)
    number = float(text.replace(" ", "").replace(",", "."))
    if not math.isfinite(number) or abs(number) > _NOT_A_NUMBER * 0.9999:
        return Value(math.nan, Status.BadDataUnavailable, "", text)
    if abs(number) > _OVERLOAD * 0.9999:
        return Value(math.nan, Status.BadOutOfRange, "", text)
    return Value(math.nan if bad(status) else number, status, "", text)


def option_error(expected: str, write: str, *, read: str) -> StationError:
    """A mistake in the ``options`` of an instrument; ``write`` is one that works, such as ``address: 2``."""
    return StationError("E081", read=read, expected=expected, write=f"options: {{{write}}}" if write else "")


def _filled(query: Query, options: Mapping[str, Any]) -> Query:
    if "{" not in query.command:
        return query
    command = query.command.format_map(options)
    return replace(query, command=command)
