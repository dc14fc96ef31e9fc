"""A result that is no longer what hydromet wrote: edited by hand, of wrong types; every damage with its key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from hydromet.errors import FlowsheetError, Place, UserError, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = "E442"
# Damages told at once: a file of another kind has hundreds.
_MOST = 8
_LONGEST = 60
_WORDS = {
    "Input should be a valid number": "a number", "Input should be a finite number": "a finite number",
    "Input should be a valid string": "text", "Input should be a valid dictionary": "a mapping",
    "Input should be a valid list": "a list", "Input should be a valid boolean": "true or false",
    "Input should be a valid integer": "a whole number", "Field required": "the key",
}  # fmt: skip


class Strict(BaseModel):
    """What is read of a result: types as they are written, finite numbers; more keys may be there."""

    model_config = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)


def check(data: Any, model: type[BaseModel], file: str, under: str = "") -> None:
    """Refuse data that is not what a reader relies on.

    Args:
        data: a result, or a part of one.
        model: what the reader relies on.
        file: as errors call it.
        under: key of the part.

    Raises:
        FlowsheetError, UserErrors: E442, with the key, what was read there and what was expected.
    """
    try:
        model.model_validate(data)
    except ValidationError as error:
        raise_all(list(_damages(error, file, under))[:_MOST])


def damage(file: str, key: str, read: Any, expected: str) -> FlowsheetError:
    """The error for one damage: E442."""
    return FlowsheetError(
        "E442", read=f"{key}: {_shown(read)}", expected=expected, write="hydromet run FLOWSHEET",
        place=Place(file, path=key),
    )  # fmt: skip


def _damages(error: ValidationError, file: str, under: str) -> Iterator[UserError]:
    told: set[str] = set()
    for detail in error.errors(include_url=False):
        # The alternatives of a union stand behind the key: one of them is enough.
        key = ".".join([*([under] if under else []), *(str(step) for step in detail["loc"] if step not in _TAGS)])
        if key in told:
            continue
        told.add(key)
        inner = detail.get("ctx", {}).get("error")
        if isinstance(inner, UserError) and inner.code == CODE:
            where, _, read = inner.read.partition(": ")
            yield damage(file, ".".join([*([under] if under else []), where]), read, inner.expected)
        elif isinstance(inner, UserError):
            yield damage(file, key, inner.read, inner.expected)
        elif detail["type"] == "missing":
            yield damage(file, key, _ABSENT, f"`{detail['loc'][-1]}`")
        else:
            yield damage(file, key, detail["input"], _expected(str(detail["msg"])))


_TAGS = ("str", "dict[str,str]", "float", "int", "[key]", "list[str]", "bool")
_ABSENT = object()


def _expected(message: str) -> str:
    found = next((ours for theirs, ours in _WORDS.items() if message.startswith(theirs)), message)
    return found.removeprefix("Input should be ").removeprefix("Value error, ")


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    if isinstance(value, dict | list):
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value)}"
    shown = json.dumps(value, ensure_ascii=False) if value is None or isinstance(value, bool) else str(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
