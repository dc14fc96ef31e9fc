"""Question and answer in step: no answer is ever booked under another question, or twice.

The trap: an answer that comes after its time-out lies in wait and is taken for the answer to the next question. VISA
does not help, and waiting longer only makes it rarer. What holds here instead, for instruments that answer in order:

1. Before each question the line has to be empty; what lies there is thrown away and the step is found again.
2. An answer has to match its pattern from end to end.
3. The values of a reading count only when a *check* comes right after them: a question whose answer is like no value.
   One answer too many or too few anywhere before it, and a value stands where the check should: all is thrown away.
4. After a time-out the connection is closed and opened again (a serial line from the second time on: closing it
   discards nothing), and the step is found by a check: whatever comes before its answer is old. Two checks take turns,
   so that the late answer to one is not taken for the answer to the next.
5. A number whose end cannot be seen (``12.3`` of ``12.345``) is asked for again when its form changes.

An instrument without a check gets rule 4 as silence: the line has to be quiet for twice the time-out.

What nobody can see on a line without marks: a question that is lost while an old answer to the same question comes a
second time in the very place of the missing one. HiSLIP numbers its messages and has no such case.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import TYPE_CHECKING

from instruments.base import now_ns
from instruments.devices.driver import Value
from instruments.status import Status, bad
from instruments.visa.link import FloodError, LinkError, LostError, SilentError

if TYPE_CHECKING:
    from instruments.devices.driver import Dialogue, Query
    from instruments.visa.link import Link

# How long the line has to be quiet before a question: two characters at 1200 baud, s.
_QUIET = 0.02
_SETTLE = 0.1
# Talking for so long without a pause is talking without end, s.
_FLOOD = 1.0
_MOST_LINES = 50
_MOST_ASKED = 8
# Shorter answers to a check are no names.
_NAME = 5
_OPEN = 3.0


class StepError(LinkError):
    """An answer that belongs to another question, or to none."""


@dataclass(slots=True)
class Answers:
    """One reading of an instrument.

    Attributes:
        values: channel -> value and when its answer was there, ns; all channels, or none of a listening instrument.
        trouble: in words, empty if all went well.
        lost: there is no connection.
        told: what the instrument says by itself, such as the entries of its error queue.
    """

    values: dict[str, tuple[Value, int]] = field(default_factory=dict)
    trouble: str = ""
    lost: bool = False
    told: list[str] = field(default_factory=list)


class Session:
    """A conversation with one instrument.

    Args:
        link: the way to it.
        dialogue: the questions.
        timeout: longest wait for an answer, s.
    """

    def __init__(self, link: Link, dialogue: Dialogue, timeout: float) -> None:
        self.link = link
        self.dialogue = dialogue
        self.timeout = timeout
        self.identity = ""
        self._in_step = False
        self._silences = 0
        self._turn = 0  # the check asked last: the second one says who it is
        self._closing = dialogue.checks[0] if dialogue.checks else None
        self._news: list[str] = []
        self._forms: dict[str, str] = {}
        self._names: dict[str, str] = {}

    @property
    def listening(self) -> bool:
        """Whether the instrument speaks by itself and nothing is asked."""
        return not any(query.command for query in self.dialogue.queries)

    def read(self) -> Answers:
        """One reading with whatever went wrong; asked again at once if only the step or an idle connection was lost."""
        was_open = self.link.opened
        answers = self._attempt()
        if answers.trouble and (was_open if answers.lost else self._silences == 0):
            answers = self._attempt()
        answers.told, self._news = self._news, []
        return answers

    def close(self) -> None:
        """Let go of the instrument."""
        self.link.close()
        self._in_step = False

    def _attempt(self) -> Answers:
        answers = Answers()
        try:
            if not self.link.opened:
                self.link.open(_OPEN)
                self._in_step = False
                if not self._silences:  # ask who it is; after a silence the checks take turns
                    self._turn = 0
            if not self._in_step:
                self._find_step()
            if self.listening:
                self._listen(answers)
            else:
                self._ask_all(answers)
            self._silences = 0
        except SilentError as error:
            self._fail(answers, Status.BadTimeout, str(error))
            self._begin_again()
        except LostError as error:
            self._fail(answers, Status.BadNoCommunication, str(error))
            answers.lost = True
            self.close()
        except (StepError, FloodError) as error:
            self._in_step = False
            wrong = Status.BadDecodingError if isinstance(error, StepError) else Status.BadCommunicationError
            self._fail(answers, wrong, str(error))
        return answers

    def _ask_all(self, answers: Answers) -> None:
        """The questions, then a check; the values count only if it stands where it belongs."""
        self._in_step = False
        found: dict[str, tuple[Value, int]] = {}
        for query in self.dialogue.queries:
            for channel, value in self._ask(query).items():
                found[channel] = (value, now_ns())
        if self._closing:
            text = self._exchange(self._closing)
            if not self._closing.pattern.fullmatch(text):
                raise StepError(text=f"{text[:60]!r} in place of the answer to {self._closing.command}")
            if self._tell(self._closing, text):  # an error arose during this reading or just before it
                for channel, (value, when) in found.items():
                    if value.status == Status.Good:
                        found[channel] = (value._replace(status=Status.UncertainSubNormal), when)
        self._in_step = True
        answers.values = found

    def _ask(self, query: Query) -> dict[str, Value]:
        """The answer to one question, asked again if its form has changed.

        A form that is the beginning of the known one is what a cut answer looks like: it has to come four times.
        """
        values = self._once(query)
        if not query.confirm:
            return values
        form, known, same = _form(values), self._forms.get(query.command), 1
        for _ in range(_MOST_ASKED):
            needed = 1 if form in ("", known) else 3 if known is None else 4 if known.startswith(form) else 2
            if same >= needed:
                self._forms[query.command] = form or known or ""
                return values
            values = self._once(query)
            before, form = form, _form(values)
            same = same + 1 if form == before else 1
        raise StepError(text=f"answers of changing form to {query.command}, last {form!r}")

    def _once(self, query: Query) -> dict[str, Value]:
        text = self._exchange(query)
        values = self.dialogue.read(query, text)
        if values is None:
            raise StepError(text=f"{text[:60]!r} is no answer to {query.command}")
        return values

    def _exchange(self, query: Query) -> str:
        """The line that follows a question."""
        self._empty()
        self.link.send(query.command)
        try:
            text = _plain(self.link.answer(self.timeout + query.wait))
            if text == query.command:  # a line that echoes
                text = _plain(self.link.answer(self.timeout + query.wait))
        except SilentError as error:
            raise SilentError(text=f"{error} to {query.command} in {self.timeout + query.wait:g} s") from None
        return text

    def _listen(self, answers: Answers) -> None:
        """The next line of an instrument that speaks by itself."""
        (query,) = self.dialogue.queries
        text = _plain(self.link.answer(self.timeout + query.wait))
        values = self.dialogue.read(query, text)
        if values is None:
            raise StepError(text=f"{text[:60]!r} is not as expected")
        answers.values = {channel: (value, now_ns()) for channel, value in values.items()}

    def _empty(self) -> None:
        """Nothing may lie in the line before a question.

        Raises:
            StepError: something did.
        """
        stray = self.link.stray(0.001)
        if stray.strip(b"\r\n\0"):
            raise StepError(text=f"{stray[:60]!r} came without being asked for")

    def _find_step(self) -> None:
        """Ask a check, drop all that comes before its answer, and see that nothing comes after it."""
        if self.listening:
            self._in_step = True
            return
        if not self.dialogue.checks:
            self.link.stray(2.0 * self.timeout if self._silences else _QUIET, 4.0 * self.timeout)
            self._in_step = True
            return
        trouble = ""
        for _ in range(len(self.dialogue.checks) + 1):
            self._hush()
            self._turn += 1
            check = self.dialogue.checks[self._turn % len(self.dialogue.checks)]
            self.link.send(check.command)
            text = self._skip_to(check)
            stray = self.link.stray(_QUIET).strip(b"\r\n\0")
            if text and not stray:
                # An instrument that does not know the first check is closed off with one it knows.
                if not self._closing or self._silences or check is self.dialogue.checks[0]:
                    self._closing = check
                self._in_step = True
                return
            trouble = f"{stray[:60]!r} after the" if stray else "no"
            trouble += f" answer to {check.command}"
        raise StepError(text=trouble)

    def _hush(self) -> None:
        """Wait until the line is quiet; an instrument that talks without end is asked in a way that ends it.

        Raises:
            FloodError: it goes on all the same.
        """
        for query in self.dialogue.driver.hush:
            try:
                self.link.stray(_QUIET, _FLOOD)
            except FloodError as error:
                self._news.append(f"{error}; asked {query.command} to end it")
                self.link.send(query.command)
                sleep(_SETTLE)
        self.link.stray(_QUIET)

    def _skip_to(self, check: Query) -> str:
        """The answer to a check, whatever old lines come before it; empty if there is none among many lines."""
        deadline = monotonic() + self.timeout + check.wait
        for _ in range(_MOST_LINES):
            try:
                text = _plain(self.link.answer(max(0.01, deadline - monotonic())))
            except SilentError as error:
                raise SilentError(text=f"{error} to {check.command} in {self.timeout:g} s") from None
            if check.pattern.fullmatch(text):
                if not self._tell(check, text) and "error" not in check.pattern.groupindex:
                    self._identify(check, text)
                return text
        return ""

    def _identify(self, check: Query, text: str) -> None:
        """Remember who it is; another one at the same address is told."""
        if len(text) < _NAME:
            return
        before = self._names.setdefault(check.command, text)
        if before != text:
            self._names[check.command] = text
            self._news.append(f"another instrument answers: {text}, before {before}")
        self.identity = text

    def _tell(self, check: Query, text: str) -> bool:
        """Keep the error that an error queue holds, in its words; whether there was one."""
        told = "error" in check.pattern.groupindex and not re.match(r"[-+]?0+,", text)
        if told and len(self._news) < _MOST_LINES:
            self._news.append(text)
        return told

    def _begin_again(self) -> None:
        """After a silence: device clear, close, wait; a serial line stays open the first time."""
        self._in_step = False
        self._silences += 1
        if self.link.line.serial and self._silences % 2:
            return
        self.link.clear()
        self.link.close()
        sleep(_SETTLE)

    def _fail(self, answers: Answers, status: Status, trouble: str) -> None:
        when = now_ns()
        answers.values = {channel: (Value(math.nan, status), when) for channel in self.dialogue.channels}
        answers.trouble = trouble


def _plain(line: bytes) -> str:
    """An answer as text; what is not ASCII becomes a sign that no pattern knows."""
    return line.decode("ascii", "replace").strip(" \0")


def _form(values: dict[str, Value]) -> str:
    """Signs, digits and exponents of the numbers, without which digit: ``+00.000``; empty if none is of use."""
    if all(bad(value.status) for value in values.values()):
        return ""
    return "|".join(re.sub(r"[0-9]", "0", value.text) for value in values.values())
