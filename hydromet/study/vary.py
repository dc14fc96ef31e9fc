"""What a sweep varies, as written on the command line: ``leach.temperature=40..90 degC``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from hydromet.errors import CommandError
from hydromet.quantity import normalise

_NUMBER = r"[-+]?(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})\s*(?P<unit>[^\d.].*)?\Z")
_ITEM = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<unit>[^\d.].*)?\Z")
_RIGHT = '--vary "leach.temperature=40..90 degC"'
# Digits of a value between the two ends, so that thirds are not written out.
_DIGITS = 10


@dataclass(frozen=True)
class Vary:
    """One number of a flowsheet file and the values it takes.

    Attributes:
        path: as ``--set`` has it: ``leach.temperature``.
        numbers: the values in the unit, in the order asked for.
        unit: as written; empty for a plain number.
    """

    path: str
    numbers: tuple[float, ...]
    unit: str

    def texts(self) -> tuple[str, ...]:
        """The values as a file has them: ``40 degC``."""
        return tuple(f"{number:.{_DIGITS}g} {self.unit}".rstrip() for number in self.numbers)

    def nearest(self, text: object) -> int:
        """Place of the value nearest to one that is written in the same unit; 0 if it is not."""
        match = _ITEM.match(normalise(str(text)))
        if match is None or (match["unit"] or "").strip() != self.unit:
            return 0
        there = float(match["number"])
        return min(range(len(self.numbers)), key=lambda i: (abs(self.numbers[i] - there), i))


def vary(text: str, points: int) -> Vary:
    """What ``--vary`` says.

    Args:
        text: ``path=a..b unit``, cut into equal steps, or ``path=a, b, c unit``.
        points: of a range, both ends included; at least 2.

    Raises:
        CommandError: E651, it cannot be read.
    """
    path, equals, values = text.partition("=")
    path, values = path.strip(), normalise(values)
    if not equals or not path or not values:
        raise _wrong(text, "path=a..b or path=a, b, c, with the unit")
    span = _RANGE.match(values)
    if span is None:
        return _listed(text, path, values)
    low, high = float(span["low"]), float(span["high"])
    if low == high or not math.isfinite(high - low):
        raise _wrong(text, "two different ends")
    numbers = tuple(low + (high - low) * i / (points - 1) for i in range(points - 1))
    return Vary(path, (*numbers, high), (span["unit"] or "").strip())


def _listed(text: str, path: str, values: str) -> Vary:
    """Values one by one; the unit stands once at the end, or at each of them."""
    found = [_ITEM.match(item.strip()) for item in values.split(",")]
    matches = [match for match in found if match is not None]
    if len(matches) < len(found):
        raise _wrong(text, "numbers with one unit")
    units = dict.fromkeys((match["unit"] or "").strip() for match in matches)
    named = [unit for unit in units if unit]
    if len(named) > 1 or (named and not matches[-1]["unit"]):
        raise _wrong(text, "one unit for all values, at the end")
    numbers = tuple(float(match["number"]) for match in matches)
    if len(set(numbers)) < len(numbers):
        raise _wrong(text, "each value once")
    return Vary(path, numbers, named[0] if named else "")


def _wrong(text: str, expected: str) -> CommandError:
    return CommandError("E651", read=f"--vary {text}", expected=expected, write=_RIGHT)
