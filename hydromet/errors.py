"""The exception tree: every mistake a user can make has a code, a place and a line that works.

The codes are explained in ``data/errors``, one file per hundred; ``hydromet explain CODE`` prints the entry.
Exit codes of the command line hang on the classes: 3 input file wrong, 4 did not converge, 5 a balance failed,
6 device or connection, 2 wrong usage, 1 anything that is our own fault.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

EXIT_OK = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_NOT_CONVERGED = 4
EXIT_BALANCE = 5
EXIT_DEVICE = 6
EXIT_INTERRUPTED = 130

# More than a screenful helps nobody: the rest is counted.
MOST_PRINTED = 20
# A source line longer than this is shown as a window around the column.
_WIDEST = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands.

    Attributes:
        file: path as the user gave it.
        line: from 1; 0 where the whole file is meant.
        column: from 1, counted in characters.
        text: the source line.
        before: the source line above, empty if there is none.
        path: dotted path of the key in the file, such as ``units.leach.temperature``.
    """

    file: str
    line: int = 0
    column: int = 0
    text: str = ""
    before: str = ""
    path: str = ""

    def __str__(self) -> str:
        """``file:line:column``, which editors turn into a link."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def excerpt(self) -> str:
        """The source line with the one above and a caret under the column; empty without text."""
        if not self.line or not self.text:
            return ""
        start = max(0, self.column - 1 - _WIDEST // 2) if len(self.text) > _WIDEST else 0
        width = len(str(self.line))
        shown = _printable(self.text[start : start + _WIDEST])
        ahead = _printable(self.text[start : self.column - 1])
        lines = [f"> {self.line:>{width}} | {shown}", " " * (width + 5 + _columns(ahead)) + "^"]
        if self.before.strip() and not start:
            lines.insert(0, f"  {self.line - 1:>{width}} | {_printable(self.before[:_WIDEST])}")
        return "\n".join(f"  {line}" for line in lines)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _columns(text: str) -> int:
    """Terminal columns taken by ``text``: a full-width character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c))


class HydrometError(Exception):
    """Base of all errors of this package; raised as such only for our own mistakes.

    Attributes:
        code: ``E`` and three digits, or empty.
        exit_code: what the command line returns.
    """

    code: str = ""
    exit_code: int = EXIT_BUG


class UserError(HydrometError, ValueError):
    """A mistake the user can put right.

    It is a ``ValueError`` so that a pydantic validator may raise it and the other mistakes of the file are still found.

    Args:
        code: ``E`` and three digits; the catalogue explains it.
        read: what was read.
        expected: what was expected.
        write: a line that works.
        place: where it stands.
        also: a second place involved, such as the first of two definitions.
    """

    exit_code: int = EXIT_INPUT

    def __init__(
        self,
        code: str,
        *,
        read: str = "",
        expected: str = "",
        write: str = "",
        place: Place | None = None,
        also: Place | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.read = read
        self.expected = expected
        self.write = write
        self.place = place
        self.also = also

    def __str__(self) -> str:
        """Code, place, source lines with a caret, what was read and expected, a line that works."""
        head = self.code
        parts: list[str] = []
        if self.place:
            head += f" {self.place}"
            head += f"  {self.place.path}" if self.place.path else ""
            parts.append(self.place.excerpt())
        if self.also:
            parts += [f"  see also {self.also}", self.also.excerpt()]
        for label, text in (("read", self.read), ("expected", self.expected), ("write", self.write)):
            if text:
                parts.append(_labelled(label, text))
        parts.append(_labelled("more", f"hydromet explain {self.code}"))
        return "\n".join([head, *(part for part in parts if part)])

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between worker processes; keyword arguments would be lost by the default."""
        return _restore, (type(self), dict(self.__dict__))

    def at(self, place: Place | None, also: Place | None = None) -> Self:
        """The same error with a place, unless it already has one."""
        state = dict(self.__dict__)
        state["place"] = self.place or place
        state["also"] = self.also or also
        error = _restore(type(self), state)
        error.__cause__ = self.__cause__
        return error

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data, for ``--json``."""
        place = self.place
        where = (
            {}
            if place is None
            else {"file": place.file, "line": place.line, "column": place.column, "path": place.path}
        )
        return {"code": self.code, "read": self.read, "expected": self.expected, "write": self.write, **where}


def _labelled(label: str, text: str) -> str:
    first, *rest = text.splitlines()
    return "\n".join([f"  {label:<9} {first}", *(" " * 12 + line for line in rest)])


_Error = TypeVar("_Error", bound=UserError)


def _restore(kind: type[_Error], state: dict[str, Any]) -> _Error:
    error = kind.__new__(kind, state["code"])
    error.__dict__.update(state)
    return error


class SourceError(UserError):
    """E1xx: a file cannot be read or is not the YAML, CSV or structure that was expected."""


class QuantityError(UserError):
    """E2xx: a number with its unit of measure."""


class SpeciesError(UserError):
    """E30x: a species identifier."""


class StreamError(UserError):
    """E31x: a stream."""


class ReactionError(UserError):
    """E32x and up: a reaction equation."""


class FlowsheetError(UserError):
    """E4xx: names, connections and specifications of a flowsheet."""


class ChemistryError(UserError):
    """E5xx: aqueous chemistry and its data."""


class ExtractionError(UserError):
    """E6xx: solvent extraction."""


class CalibrationError(UserError):
    """E685 to E699: a fit to a plant, and the parameters file it writes."""


class ConvergenceError(UserError):
    """E7xx: a loop, a target or a unit did not converge."""

    exit_code: int = EXIT_NOT_CONVERGED


class BalanceError(UserError):
    """E75x: solved, but a balance or a declared limit failed."""

    exit_code: int = EXIT_BALANCE


class UnitError(UserError):
    """E8xx: a unit operation cannot do what its parameters ask."""


class DeviceError(UserError):
    """E04x to E09x, E990: a device, a connection or the acquisition package."""

    exit_code: int = EXIT_DEVICE


class StationError(UserError):
    """E00x to E03x: a station file, a record or what a laboratory handed in."""


class RecoveryError(UserError):
    """E91x to E92x: a recovery case, its lots, facilities and fractions."""


class FootprintError(UserError):
    """E77x to E79x: factors, activities and methods of a carbon footprint; E766, E767: its evidence."""


class ExportError(UserError):
    """E96x to E97x: an export to a data platform, its company file, a rule of its format; options that name nothing."""

    def __init__(self, code: str, **parts: Any) -> None:
        super().__init__(code, **parts)
        if code in ("E960", "E965", "E971"):
            self.exit_code = EXIT_USAGE


class CommandError(UserError):
    """E90x: a command used wrongly (exit 2); from E950: a file named on the command line (exit 3)."""

    exit_code: int = EXIT_USAGE

    def __init__(self, code: str, **parts: Any) -> None:
        super().__init__(code, **parts)
        if code[1:3] >= "95":
            self.exit_code = EXIT_INPUT


class UserErrors(HydrometError, ValueError):  # noqa: N818  # a plural says it all
    """All the mistakes of a file at once, by place; at most twenty are printed.

    Args:
        errors: at least one.
    """

    def __init__(self, errors: Iterable[UserError]) -> None:
        self.errors: tuple[UserError, ...] = tuple(sorted(errors, key=_position))
        super().__init__(self.errors)
        self.code = self.errors[0].code
        self.exit_code = self.errors[0].exit_code

    def __str__(self) -> str:
        """The errors one below the other, then how many were left out."""
        shown = [str(error) for error in self.errors[:MOST_PRINTED]]
        left = len(self.errors) - len(shown)
        if left:
            shown.append(f"and {left} more")
        return "\n\n".join(shown)


def _position(error: UserError) -> tuple[str, int, int]:
    place = error.place
    return (place.file, place.line, place.column) if place else ("", 0, 0)


def raise_all(errors: Iterable[UserError]) -> None:
    """Raise the errors, if any: one as itself, several as ``UserErrors``; the same mistake is told once."""
    unique = list({str(error): error for error in errors}.values())
    if len(unique) == 1:
        raise unique[0]
    if unique:
        raise UserErrors(unique)
