"""What may be sent to an instrument at all: questions, word for word. Nothing here changes a setting.

A command goes out only if its protocol lists it. SCPI is the one protocol with a rule in place of a list: every part
of a message ends its header in ``?`` and has no parameter but a channel list, and queries that act (self test,
calibration) are left out. The others are finite lists of words without parameters, after an address where pumps share
a line. Sources: the manuals named in each driver; the rows of ``LINE`` are recalled from the manuals of their makers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hydromet.errors import StationError

_SCPI = re.compile(r"[:*]?[A-Za-z]+[0-9]*(?::[A-Za-z]+[0-9]*)*\?(?: \(@[0-9]+(?:[:,][0-9]+)*\))?")
_ACTS = re.compile(r"[:*]?(?:TST|CAL|RST|DIAG|TEST|INIT|SYST\w*:SEC|SYST\w*:PRES|CONF|DISP)", re.IGNORECASE)
_MARKED = re.compile(r"[A-Za-z_]{1,20}\?")
_PLAIN = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True)
class Protocol:
    """The questions that an instrument understands.

    Attributes:
        name: as used in messages.
        words: what may be sent, each as a whole; with ``scpi`` none are needed.
        address: pattern of what may stand before a word, such as the number of a pump on the line.
        marked: a word of letters that ends in ``?`` is a question as well.
        scpi: the rule for SCPI queries holds in place of a list.
    """

    name: str
    words: frozenset[str] = frozenset()
    address: str = ""
    marked: bool = False
    scpi: bool = False

    def allows(self, command: str) -> bool:
        """Whether a command is a question of this protocol; an empty one says nothing and is fine."""
        if not command:
            return True
        if not _PLAIN.fullmatch(command):
            return False
        if self.scpi:
            return all(_SCPI.fullmatch(part) and not _ACTS.match(part) for part in command.split(";"))
        if self.marked and _MARKED.fullmatch(command):
            return True
        head = re.match(self.address, command)
        return head is not None and command[head.end() :] in self.words

    def check(self, command: str) -> str:
        """The command, if it is a question.

        Raises:
            StationError: E082, it is none, or not one that this protocol knows.
        """
        if self.allows(command):
            return command
        known = "a query: `HEADER?`, no value after it" if self.scpi else f"one of {', '.join(sorted(self.words))}"
        raise StationError(
            "E082",
            read=f"`{command.encode('unicode_escape').decode('ascii')}` for {self.name}",
            expected=f"{known}; the logger only reads",
            write="MEAS:VOLT?" if self.scpi else min(self.words, default=""),
        )


SCPI = Protocol("SCPI", scpi=True)
# `@` cancels what the balance is doing, a running adjustment too, and keeps the tare: the driver holds it back for a
# balance that sends without end and does not stop at `SI`.
MT_SICS = Protocol(
    "MT-SICS", frozenset({"S", "SI", "SU", "SIU", "I0", "I1", "I2", "I3", "I4", "I5", "I10", "I11", "@"})
)
SEVEN = Protocol("SevenMulti", frozenset({"MF06", "I0", "I1", "I2", "I3", "I4"}))
# Without a parameter these ask; `S009800` would set a speed, `H` would start the pump: neither is a word here.
ISMATEC = Protocol("Ismatec", frozenset({"xM", "xD", "E", "S", "f", ":", "#"}), address="[1-8]")
# Read commands of common laboratory instruments, after an optional station number of an address line.
LINE = Protocol(
    "a line protocol",
    frozenset(
        {
            *("IN_NAME", "IN_SOFTWARE", "STATUS", "status", "version", "MD", "RD"),  # NAMUR, Julabo, Horiba, EDT
            *(f"IN_PV_{n}" for n in range(1, 9)),  # NAMUR (IKA, Heidolph): measured values
            *(f"IN_SP_{n}" for n in range(1, 9)),
            *(f"in_pv_{n:02d}" for n in range(11)),  # Julabo: measured values
            *(f"in_sp_{n:02d}" for n in range(11)),
            "GETMEAS",  # Orion
        }
    ),
    marked=True,
)
