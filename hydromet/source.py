"""YAML 1.2 read into plain data that remembers where everything stood.

The dialect is small on purpose: mappings with text keys, lists, and plain or quoted scalars. Anchors, aliases, merge
keys, tags and several documents in a file are refused, and so is a key given twice. Scalars follow the core schema of
YAML 1.2 with decimal numbers only: ``NO`` and ``on`` are text, ``1:2`` is text, ``1e-3`` is a number, ``010`` is ten,
a date stays text.

All mistakes found in a file are told at once, each with its place; ``hydromet.validation`` does the same for models.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydromet.errors import Place, SourceError, UserError, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Key = tuple[str | int, ...]

LARGEST_BYTES = 2_000_000
_DEEPEST = 40

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}


@dataclass(frozen=True)
class Document:
    """A file as plain data, with the place of every key and value.

    Attributes:
        name: path as shown in messages.
        data: dicts, lists, text, numbers, booleans and None.
        lines: the source text.
        values: path of a value -> (line, column), from 1.
        keys: path of a mapping entry -> (line, column) of its key.
    """

    name: str
    data: Any
    lines: tuple[str, ...] = ()
    values: dict[Key, tuple[int, int]] = field(default_factory=dict, repr=False)
    keys: dict[Key, tuple[int, int]] = field(default_factory=dict, repr=False)

    def place(self, path: Sequence[str | int] = (), *, key: bool = False) -> Place:
        """Place of a value, or of its key; of the nearest existing parent's key where the path does not exist."""
        wanted = tuple(path)
        found = wanted
        while found and found not in self.values:
            found, key = found[:-1], True
        table = self.keys if key and found in self.keys else self.values
        line, column = table.get(found, (1, 1))
        return self.at(line, column, ".".join(map(str, wanted)))

    def version(self, key: str, newest: int) -> int:
        """The format version under a top-level ``key``; older ones are accepted.

        Raises:
            SourceError: absent, no whole number, or newer than this program.
        """
        found = self.data.get(key) if isinstance(self.data, dict) else None
        line = f"{key}: {newest}"
        if not isinstance(found, int) or isinstance(found, bool) or found < 1:
            read = f"no `{key}:` line" if found is None else f"{key}: {found}"
            raise SourceError("E118", read=read, expected="the format version", write=line, place=self.place((key,)))
        if found > newest:
            expected = f"at most {newest}: a newer hydromet wrote this file"
            raise SourceError("E118", read=f"{key}: {found}", expected=expected, write=line, place=self.place((key,)))
        return found

    def at(self, line: int, column: int, path: str = "") -> Place:
        """Place of a line and column, both from 1, with the text around it."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        before = self.lines[line - 2] if 1 < line <= len(self.lines) else ""
        return Place(self.name, line, column, text, before, path)


def load(path: str | Path, *, name: str = "") -> Document:
    """Read a YAML file.

    Args:
        path: the file.
        name: how to call it in messages; ``path`` as given by default.

    Raises:
        SourceError, UserErrors: everything that is wrong with it.
    """
    shown = name or str(path)
    return load_text(decode(read_bytes(path, shown), shown), shown)


def read_bytes(path: str | Path, name: str = "", largest: int = LARGEST_BYTES) -> bytes:
    """The bytes of a file the user named.

    Raises:
        SourceError: it is missing, a folder, not readable, or larger than ``largest`` bytes.
    """
    file, place = Path(path), Place(name or str(path))
    try:
        size = file.stat().st_size
        if file.is_dir():
            raise SourceError("E101", read="a folder", expected="a file", place=place)
        if size > largest:
            limit = f"at most {largest / 1e6:g} MB"
            raise SourceError("E103", read=f"{size / 1e6:.1f} MB", expected=limit, place=place)
        return file.read_bytes()
    except FileNotFoundError:
        near = nearest(file.name, (p.name for p in file.parent.iterdir())) if file.parent.is_dir() else ()
        write = str(file.parent / near[0]) if near else ""
        raise SourceError("E101", read="no such file", expected="a file", write=write, place=place) from None
    except OSError as error:
        raise SourceError("E101", read=error.strerror or "?", expected="a readable file", place=place) from None


@contextmanager
def named_in(document: Document, *where: str | int) -> Iterator[None]:
    """A file (or run) that another one names: if it is missing (E101, E030), the place where it is named is told."""
    try:
        yield
    except UserError as error:
        if error.code not in ("E101", "E030") or error.also is not None:
            raise
        here = document.place(where)
        raise (error.at(None, here) if error.place else error.at(here)) from None


def decode(content: bytes, name: str) -> str:
    """Text of a file: UTF-8, with or without a byte order mark, any line ending.

    Raises:
        SourceError: it is empty, binary or in another encoding.
    """
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise SourceError("E102", read="nothing", expected="a YAML or CSV text", place=Place(name))
    utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if b"\0" in content and not utf16:
        raise SourceError("E104", read="binary data", expected="a text file", place=Place(name))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        known = "UTF-16" if utf16 else _guess(content)
        expected = "UTF-8; save the file again with this encoding"
        place = Place(name, 1, 1) if utf16 else Place(name, line, column)
        read = known or f"the byte 0x{content[error.start]:02X}"
        raise SourceError("E105", read=read, expected=expected, place=place) from None


def _guess(content: bytes) -> str:
    """The likely encoding of a Japanese or Western Windows file."""
    for codec, name in (("cp932", "probably Shift-JIS (cp932)"), ("cp1252", "probably Windows-1252")):
        try:
            content.decode(codec)
        except UnicodeDecodeError:
            continue
        return name
    return ""


def load_text(text: str, name: str = "text") -> Document:
    """Read YAML from text; see ``load``."""
    return _Reader(text, name).read()


def nearest(wrong: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """The known names most like ``wrong``, best first, at most ``count``; upper and lower case are alike."""
    names = {name.casefold(): name for name in sorted(known)}
    return tuple(names[found] for found in get_close_matches(str(wrong).casefold(), names, count, 0.6))


class _Reader:
    """Turns the events of ruamel's parser into a document."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.document = Document(name, None, tuple(text.splitlines()))
        self.problems: list[UserError] = []

    def read(self) -> Document:
        self._refuse_tabs()
        data = self._documents()
        raise_all(self.problems)
        if data is None:
            raise SourceError(
                "E102", read="nothing but comments", expected="a YAML text", place=Place(self.document.name)
            )
        found = self.document
        return Document(found.name, data, found.lines, found.values, found.keys)

    def _refuse_tabs(self) -> None:
        for number, line in enumerate(self.document.lines, 1):
            indent = line[: len(line) - len(line.lstrip())]
            if "\t" in indent and line.strip():
                place = self.document.at(number, indent.index("\t") + 1)
                line = line.expandtabs(2).rstrip()
                self._add("E107", place, "a tab", "spaces for indentation", line)
        raise_all(self.problems)

    def _documents(self) -> Any:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError
        from ruamel.yaml.reader import ReaderError

        data, count = None, 0
        try:
            events = iter(YAML(typ="safe", pure=True).parse(self.text))
            for event in events:
                kind = type(event).__name__
                if kind == "DocumentStartEvent":
                    count += 1
                    if count > 1:
                        self._add("E110", self._mark(event), "a second document (---)", "one document in a file")
                        return data
                elif kind in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent", "AliasEvent"):
                    data = self._value(event, events, ())
        except MarkedYAMLError as error:
            self._syntax(error)
        except ReaderError as error:
            before = self.text[: error.position]
            place = self.document.at(before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
            self._add("E104", place, f"the control character U+{ord(self.text[error.position]):04X}", "plain text")
        return data

    def _value(self, event: Any, events: Iterator[Any], path: Key) -> Any:
        kind = type(event).__name__
        mark = event.start_mark
        self.document.values[path] = (mark.line + 1, mark.column + 1)
        self._refuse_references(event, kind)
        if len(path) > _DEEPEST:
            self._add("E111", self._mark(event), f"more than {_DEEPEST} levels", "a flatter structure")
            raise_all(self.problems)
        if kind == "MappingStartEvent":
            return self._mapping(events, path)
        if kind == "SequenceStartEvent":
            items: list[Any] = []
            for item in events:
                if type(item).__name__ == "SequenceEndEvent":
                    break
                items.append(self._value(item, events, (*path, len(items))))
            return items
        if kind == "AliasEvent":
            return None
        return event.value if event.style else _scalar(event.value)

    def _mapping(self, events: Iterator[Any], path: Key) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in events:
            kind = type(event).__name__
            if kind == "MappingEndEvent":
                break
            key = self._key(event, events, kind, path)
            here = (*path, key)
            where = (event.start_mark.line + 1, event.start_mark.column + 1)
            if key in found:
                first = self.document.at(*self.document.keys[here])
                self._add("E108", self._mark(event), f"`{key}` a second time", "each key once", also=first)
                self._value(next(events), events, (*path, f"{key} "))
                continue
            self.document.keys[here] = where
            found[key] = self._value(next(events), events, here)
        return found

    def _key(self, event: Any, events: Iterator[Any], kind: str, path: Key) -> str:
        self._refuse_references(event, kind)
        if kind != "ScalarEvent":
            self._add("E111", self._mark(event), "a list or mapping as a key", "text as a key")
            self._value(event, events, (*path, "?"))
            return "?"
        if event.value == "<<" and not event.style:
            self._add("E109", self._mark(event), "the merge key <<", "the keys written out")
        return str(event.value)

    def _refuse_references(self, event: Any, kind: str) -> None:
        place = self._mark(event)
        if kind == "AliasEvent":
            self._add("E109", place, f"the alias *{event.anchor}", "the value written out")
        elif event.anchor:
            self._add("E109", place, f"the anchor &{event.anchor}", "a value without an anchor")
        elif event.tag is not None:
            self._add("E109", place, f"the tag {event.tag}", "a value without a tag")

    def _syntax(self, error: Any) -> None:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if line > len(self.document.lines):
            line, column = len(self.document.lines), len(self.document.lines[-1]) + 1
        problem = str(error.problem or error.context or "this is not YAML").replace("\n", " ")
        if "mapping values are not allowed" in problem:
            problem = "a second `: ` in one line"
        also = None
        if error.context_mark and error.context_mark.line + 1 != line:
            also = self.document.at(error.context_mark.line + 1, error.context_mark.column + 1)
        expected = "YAML: `key: value`, lists as `[a, b]` or `- a`, deeper levels indented by two spaces"
        self._add("E106", self.document.at(line, column), problem, expected, also=also)

    def _mark(self, event: Any) -> Place:
        return self.document.at(event.start_mark.line + 1, event.start_mark.column + 1)

    def _add(
        self, code: str, place: Place, read: str, expected: str, write: str = "", also: Place | None = None
    ) -> None:
        self.problems.append(SourceError(code, read=read, expected=expected, write=write, place=place, also=also))


def _scalar(text: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2, decimal numbers only."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return _NOT_FINITE.get(text.lower(), text)
