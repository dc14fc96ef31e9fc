"""An instrument as a source: asks in time, turns values into readings, tells outages as gaps, and tries again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING

from hydromet import quantity
from hydromet.errors import DeviceError, QuantityError, StationError, raise_all
from hydromet.source import nearest
from instruments.base import Cause, Check, Event, Gap, Link, Reading, now_ns
from instruments.feed import Feed
from instruments.station_fields import dimension_of
from instruments.status import Status, bad, name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from threading import Event as Flag

    from hydromet.errors import Place
    from instruments.base import Resume, Sink
    from instruments.devices.driver import Dialogue, Value
    from instruments.station import TagSpec
    from instruments.visa.session import Answers, Session

# Wait before the next try when there is no connection, s: doubled each time, so that a plug put back is found soon.
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 4.0
# The same words of an instrument are told once in this time, s.
_AGAIN = 60.0


@dataclass(frozen=True, slots=True)
class Channel:
    """A tag and the channel it reads.

    Attributes:
        tag: its name.
        channel: of the driver.
        unit: of the tag.
    """

    tag: str
    channel: str
    unit: str = ""

    def booked(self, value: Value) -> tuple[float, int]:
        """Number in the unit of the tag, and status; a unit that does not fit makes it bad, not wrong."""
        factor = _conversion(value.unit, self.unit)
        if bad(value.status) or factor is None:
            return math.nan, int(value.status) if bad(value.status) else int(Status.BadConfigurationError)
        return value.number * factor[0] + factor[1], int(value.status)


def channels_of(
    dialogue: Dialogue, tags: Mapping[str, TagSpec], place: Callable[[tuple[str, ...]], Place | None]
) -> tuple[Channel, ...]:
    """The channels that tags read; ``place`` says where something stands in the station file.

    Raises:
        UserError, UserErrors: E084, the instrument has no such channel; E085, its unit cannot be turned into that of
            the tag; of each tag that is wrong.
    """
    found: list[Channel] = []
    mistakes: list[StationError] = []
    for tag, spec in tags.items():
        own = dialogue.channels.get(spec.channel)
        if own is None:
            near = nearest(spec.channel, dialogue.channels) or tuple(dialogue.channels)
            expected = f"{' or '.join(near)} of {dialogue.driver.name}"
            write = f'channel: "{near[0]}"'
            error = StationError("E084", read=f"{tag}: channel {spec.channel}", expected=expected, write=write)
            mistakes.append(error.at(place(("tags", tag, "channel"))))
        elif _conversion(own, spec.unit) is None:
            read, expected = f"{tag}: unit {spec.unit or '(none)'}", f"a unit that {own} can be given in"
            error = StationError("E085", read=read, expected=expected, write=f"unit: {own}")
            mistakes.append(error.at(place(("tags", tag, "unit"))))
        else:
            found.append(Channel(tag, spec.channel, spec.unit))
    raise_all(mistakes)
    return tuple(found)


@lru_cache(maxsize=256)
def _conversion(own: str, wanted: str) -> tuple[float, float] | None:
    """Factor and offset from one unit to another; None if there are none. No unit is whatever the tag says."""
    if own == wanted or not own:
        return 1.0, 0.0
    dimension = dimension_of(own)
    try:
        zero, one = (quantity.convert(quantity.parse(f"{x} {own}", dimension), wanted, dimension) for x in (0, 1))
    except QuantityError:
        return None
    return one - zero, zero


class VisaSource:
    """Readings of one instrument.

    Args:
        name: in the station file.
        session: the conversation.
        channels: what is read.
        interval: between readings, s; an instrument that speaks by itself is heard whenever it does.
    """

    def __init__(self, name: str, session: Session, channels: Sequence[Channel], interval: float) -> None:
        self._name = name
        self._session = session
        self._channels = tuple(channels)
        self._interval = interval

    @property
    def name(self) -> str:
        """Its name in the station file."""
        return self._name

    def run(self, sink: Sink, resume: Resume, stop: Flag) -> None:
        """Read until ``stop`` is set; see ``instruments.base.Source``."""
        feed = Feed(sink, self._name, resume.last_ns)
        watch = _Outage(self._name, feed, sink, resume.last_ns)
        due, wait = monotonic(), _FIRST_WAIT
        try:
            while not stop.is_set():
                answers = self._session.read()
                watch.look(answers, self._session)
                feed.offer(self._readings(answers, resume.tags))
                if answers.lost:
                    stop.wait(wait)
                    wait, due = min(2.0 * wait, _LONGEST_WAIT), monotonic()
                    continue
                wait = _FIRST_WAIT
                if not self._session.listening:
                    # A scan that took longer than the interval is followed by the next at the next round time.
                    due += self._interval * max(1, math.ceil((monotonic() - due) / self._interval))
                    stop.wait(max(0.0, due - monotonic()))
        finally:
            watch.last_words()
            self._session.close()
            sink.report(self._name, Link.stopped)

    def check(self, seconds: float) -> Sequence[Check]:
        """Read every tag once; see ``instruments.base.Source``.

        Raises:
            DeviceError: E086, there is no connection.
        """
        deadline = monotonic() + seconds
        try:
            answers = self._session.read()
            # The first answer after switching on is often missed: as many tries as there is time for.
            while answers.trouble and monotonic() < deadline - self._session.timeout:
                answers = self._session.read()
        finally:
            self._session.close()
        if answers.lost:
            resource = self._session.link.line.resource
            raise DeviceError(
                "E086",
                read=f"{resource}: {answers.trouble}",
                expected="an instrument that answers there: look at cable, address, port and who else holds it",
                write="resource: TCPIP::192.168.1.20::5025::SOCKET",
            )
        data = {"identity": self._session.identity, "driver": self._session.dialogue.driver.name}
        return [
            Check(
                each.tag,
                reading := self._reading(each, 0, answers),
                answers.trouble or ("" if not bad(reading.status) else name(reading.status)),
                unit=each.unit if self._session.dialogue.channels[each.channel] else "",  # it is converted
                data=data,
            )
            for each in self._channels
        ]

    def _readings(self, answers: Answers, tags: Mapping[str, int]) -> list[Reading]:
        return [
            self._reading(each, tags[each.tag], answers) for each in self._channels if each.channel in answers.values
        ]

    def _reading(self, channel: Channel, number: int, answers: Answers) -> Reading:
        value, when = answers.values[channel.channel]
        return Reading(number, 0, 0, when, *channel.booked(value))


class _Outage:
    """What is told of an instrument besides its values: how it stands, gaps once they are over, its own words."""

    def __init__(self, name: str, feed: Feed, sink: Sink, last_ns: int) -> None:
        self._name, self._feed, self._sink = name, feed, sink
        # Where the record has nothing, values are missing from the logger's start on.
        self._last_ns = last_ns or now_ns()
        self._cause = Cause.logger if last_ns else None
        self._trouble = ""
        self._connected = False
        self._told: dict[str, float] = {}
        sink.report(name, Link.starting)

    def look(self, answers: Answers, session: Session) -> None:
        """Tell what has changed with this reading."""
        when = max((when for _, when in answers.values.values()), default=now_ns())
        self._words(answers, when)
        if answers.trouble:
            self._cause = self._cause or Cause.link
            self._trouble = self._trouble or answers.trouble
            if self._connected:
                self._feed.tell(Event("disconnected", self._name, when, answers.trouble))
            self._connected = False
            self._sink.report(self._name, Link.disconnected if answers.lost else Link.waiting, answers.trouble)
            return
        first = min((when for _, when in answers.values.values()), default=when)
        if self._cause:
            self._feed.owe(Gap(self._name, self._last_ns, first, self._cause, detail=self._trouble))
        if not self._connected:
            data = {"identity": session.identity, "driver": session.dialogue.driver.name}
            self._feed.tell(Event("connected", self._name, when, session.identity or "connected", data))
        self._connected, self._cause, self._trouble, self._last_ns = True, None, "", when
        self._sink.report(self._name, Link.connected, session.identity)

    def last_words(self) -> None:
        """The logger stops: an outage whose end has not come is a gap up to now."""
        if self._trouble and self._cause:
            self._feed.owe(Gap(self._name, self._last_ns, now_ns(), self._cause, detail=self._trouble))
            self._feed.offer(())

    def _words(self, answers: Answers, when: int) -> None:
        now = monotonic()
        for text in answers.told:
            if now - self._told.get(text, -math.inf) > _AGAIN:
                self._told[text] = now
                self._feed.tell(Event("device", self._name, when, text))
        if len(self._told) > 100:
            self._told.clear()
