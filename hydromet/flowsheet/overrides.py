"""Changes from the command line (``--set leach.temperature="70 degC"``) applied to a document."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hydromet.errors import FlowsheetError, Place
from hydromet.source import Document, load_text, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def override(document: Document, changes: Mapping[str, str]) -> tuple[Document, dict[str, Place]]:
    """The document with some values replaced, and path -> place for the mistakes that come with them.

    A path is written with dots as in messages; ``units.`` or ``feeds.`` in front may be left out. The last name may be
    new (a parameter left at its default), everything before it must exist. A value is read like one in the file.

    Raises:
        FlowsheetError: E430 there is no such place in the file.
    """
    data = copy.deepcopy(document.data) if changes else document.data
    places: dict[str, Place] = {}
    for path, text in changes.items():
        name = f"--set {path}={text}"
        value = load_text(text, name).data if text.strip() else None
        steps = _put(data, path, value)
        places[".".join(steps)] = Place(name, path=".".join(steps))
    return replace(document, data=data), places


def value_at(document: Document, path: str) -> Any:
    """What stands at a path, written as for ``override``; None where nothing does."""
    place: Any = document.data
    for step in _absolute(document.data, path.split(".")):
        place = _below(place, step)
    return place


def _put(data: dict[str, Any], path: str, value: Any) -> list[str]:
    """Put a value at a path; returns the whole path."""
    steps = _absolute(data, path.split("."))
    place: Any = data
    for i, step in enumerate(steps[:-1]):
        below = _below(place, step)
        if below is None:
            raise _unknown(data, path, steps[: i + 1])
        place = below
    last = steps[-1]
    if isinstance(place, dict):
        place[last] = value
    elif isinstance(place, list) and last.isdigit() and int(last) < len(place):
        place[int(last)] = value
    else:
        raise _unknown(data, path, steps)
    return steps


def _below(place: Any, step: str) -> Any:
    if isinstance(place, dict):
        return place.get(step)
    return place[int(step)] if isinstance(place, list) and step.isdigit() and int(step) < len(place) else None


def _absolute(data: dict[str, Any], steps: list[str]) -> list[str]:
    """The steps with the section in front where it was left out."""
    if len(steps) > 1 and steps[0] not in data:
        for section in ("units", "feeds"):
            if steps[0] in (data.get(section) or {}):
                return [section, *steps]
    return steps


def _unknown(data: dict[str, Any], path: str, steps: list[str]) -> FlowsheetError:
    known = list(_paths(data, ()))
    near = nearest(path, known) or nearest(f"units.{path}", known)
    expected = " or ".join(near) if near else "a path in the file, such as units.leach.temperature"
    write = f"--set {near[0]}=..." if near else ""
    return FlowsheetError(
        "E430", read=f"--set {path}: no `{'.'.join(steps)}` in the file", expected=expected, write=write
    )


def _paths(data: Any, above: tuple[str, ...]) -> Iterator[str]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        here = (*above, str(key))
        yield ".".join(here)
        if here[0] == "units" and len(here) > 1:
            yield ".".join(here[1:])
        yield from _paths(value, here)
