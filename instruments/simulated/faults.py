"""Faults of instruments and their lines, by schedule: from a time on, or at the n-th question.

========================  =========================================================================================
kind                      what happens to the answer
========================  =========================================================================================
``late``                  it comes ``seconds`` after the question (before answers to later questions)
``truncated``             half of it comes, without its end
``cut``                   half of it comes, with its end
``garbage``               random bytes in its place, with an end
``noise``                 random bytes before it
``echo``                  the question comes back first
``silent``                nothing comes
``doubled``               it comes twice; the second time ``seconds`` later
``terminator``            another end: ``text`` in place of the usual
``split``                 it comes byte by byte over ``seconds``
``disconnect``            the connection is closed in place of an answer
``reboot``                the connection is closed, and for ``seconds`` nobody listens; errors and state are gone
``overload``              the instrument is overloaded: it says so in its own way
``error``                 ``text`` is put in the error queue; the answer is right
``refuse``                the instrument answers that it does not understand
``flood``                 ``count`` answers come that nobody asked for
``comma``                 a decimal comma in place of the point
========================  =========================================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

KINDS = frozenset(
    {"late", "truncated", "cut", "garbage", "noise", "echo", "silent", "doubled", "terminator", "split", "disconnect"}
    | {"reboot", "overload", "error", "refuse", "flood", "comma"}
)


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        kind: see the table above.
        at: simulated time from which it holds, s; None: by questions.
        nth: number of the first question that it hits, from 1, of those that match.
        count: how many questions it hits; of a flood how many lines come.
        match: pattern found in the question; all by default.
        seconds: how late, how long; real seconds, since the logger's time-outs are real.
        text: what is put in place.
    """

    kind: str
    at: float | None = None
    nth: int = 1
    count: int = 1
    match: str = ""
    seconds: float = 0.5
    text: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            message = f"{self.kind}: one of {', '.join(sorted(KINDS))}"
            raise ValueError(message)


@dataclass
class Schedule:
    """The faults of one instrument; counts the questions.

    Attributes:
        faults: in any order; of several that hold the first is taken.
    """

    faults: tuple[Fault, ...] = ()
    _seen: dict[int, int] = field(default_factory=dict)

    def next(self, question: str, time: float) -> Fault | None:
        """The fault that hits this question, if any.

        Args:
            question: as it was received.
            time: simulated, s.
        """
        hit: Fault | None = None
        for number, fault in enumerate(self.faults):
            if (fault.at is not None and time < fault.at) or not re.search(fault.match, question):
                continue
            seen = self._seen[number] = self._seen.get(number, 0) + 1
            count = 1 if fault.kind == "flood" else fault.count
            if hit is None and fault.nth <= seen < fault.nth + count:
                hit = fault
        return hit
