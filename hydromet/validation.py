"""Documents checked against pydantic models: every mistake at its line, with the nearest names and an example.

Two things pydantic does are undone here: the tag of a union stands in the middle of a location, and an unknown key is
located by its value. A validator may raise a ``UserError``; it comes out with the place of the value added.
"""

from __future__ import annotations

import re
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from hydromet.errors import SourceError, UserError, UserErrors, raise_all
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import BaseModel, ValidationError
    from pydantic.fields import FieldInfo

    from hydromet.source import Document, Key

_Model = TypeVar("_Model", bound="BaseModel")
_WORDS = {
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "text",
    "a valid dictionary": "a mapping",
    "a valid list": "a list",
    "a valid tuple": "a list",
    "a valid boolean": "true or false",
}
_RANGES = ("greater", "less", "too_", "multiple", "finite", "string_too")


def validate(
    document: Document, model: type[_Model], path: Sequence[str | int] = (), *, data: Any = None, context: Any = None
) -> _Model:
    """A pydantic model from a part of a document.

    Args:
        document: where the data stands.
        model: what it has to be.
        path: the part of the document.
        data: what to validate in its stead, a subset of it.
        context: handed to the validators.

    Raises:
        UserError, UserErrors: all mistakes, each at its line.
    """
    from pydantic import ValidationError

    if data is None:
        data = document.data
        for step in path:
            data = data[step]
    try:
        return model.model_validate(data, context=context)
    except ValidationError as error:
        found = problems(error, document, model, path)
    raise_all(found)
    raise AssertionError  # raise_all has raised: a validation error is never empty


def problems(
    error: ValidationError, document: Document, model: type[BaseModel], path: Sequence[str | int] = ()
) -> list[UserError]:
    """The mistakes of a pydantic validation, at their lines; ``path`` is where the validated part stands."""
    data = document.data
    for step in path:
        data = data[step]
    found: list[UserError] = []
    for detail in error.errors(include_url=False):
        below, kinds = _walk(model, data, tuple(detail["loc"]))
        where = (*path, *below)
        inner = detail.get("ctx", {}).get("error")
        if isinstance(inner, UserErrors):
            found += [_placed(each, document, where) for each in inner.errors]
        elif isinstance(inner, UserError):
            found.append(_placed(inner, document, where, key=detail["loc"][-1:] == ("[key]",)))
        else:
            found.append(_translated(detail, document, _fields(kinds), where))
    return _merged(found)


def _merged(errors: list[UserError]) -> list[UserError]:
    """The alternatives of a union, each refused at the same place, as one error."""
    merged: dict[tuple[str, str, str], UserError] = {}
    for error in errors:
        first = merged.setdefault((error.code, str(error.place), error.read), error)
        if first is not error and error.code == "E115":
            first.expected += f" or {error.expected}"
        elif first is not error:
            merged[error.code, str(error.place), str(error)] = error
    return list(merged.values())


def _placed(error: UserError, document: Document, where: Key, *, key: bool = False) -> UserError:
    """A validator's error at its line; the line that works gets its key, or where the key is wrong its value."""
    if key:
        value = document.data
        for step in where:
            value = value[step]
        error.write = f"{error.write}: {_short(value)}" if error.write else ""
        return error.at(document.place(where, key=True))
    if error.place is None and error.write and where and isinstance(where[-1], str) and ":" not in error.write:
        error.write = f"{where[-1]}: {error.write}"
    return error.at(document.place(where))


def _translated(detail: Any, document: Document, fields: Mapping[str, FieldInfo], where: Key) -> UserError:
    kind, last = str(detail["type"]), str(detail["loc"][-1]) if detail["loc"] else ""
    line = _line(last, fields.get(last))
    if kind == "missing":
        description = fields[last].description if last in fields else ""
        expected = f"`{last}`: {description}" if description else f"`{last}`"
        place = document.place((*where, last), key=True)
        return SourceError("E114", read=f"no `{last}`", expected=expected, write=line, place=place)
    if kind == "extra_forbidden":
        near = nearest(last, fields)
        expected = " or ".join(near) or f"one of {', '.join(sorted(fields))}"
        place = document.place(where, key=True)
        given = detail["input"]
        write = ""
        if near:
            write = _line(near[0], fields[near[0]]) or (
                f"{near[0]}: {given}" if isinstance(given, str | int | float) else ""
            )
        return SourceError("E113", read=f"`{last}`", expected=expected, write=write, place=place)
    if kind in ("literal_error", "enum", "union_tag_invalid", "union_tag_not_found"):
        return _choice(detail, document, where)
    place = document.place(where, key=last == "[key]")
    bound = next((detail["ctx"][name] for name in ("ge", "le") if name in detail.get("ctx", {})), None)
    if not line and bound is not None and not isinstance(detail["input"], str):
        line = f"{last}: {bound}"
    code = "E116" if kind.startswith(_RANGES) else "E115"
    expected = _plain(str(detail["msg"]))
    return SourceError(code, read=_short(detail["input"]), expected=expected, write=line, place=place)


def _plain(message: str) -> str:
    """What pydantic expected, in the words of a file rather than of Python."""
    message = message.removeprefix("Input should be ").removeprefix("Value error, ")
    for theirs, ours in _WORDS.items():
        message = message.replace(theirs, ours)
    return message.partition(", unable to parse")[0]


def _choice(detail: Any, document: Document, where: Key) -> UserError:
    """A value that is none of the words allowed."""
    context = detail.get("ctx", {})
    choices = re.findall(r"'([^']*)'", str(context.get("expected_tags") or context.get("expected") or ""))
    key = str(context.get("discriminator", where[-1] if where else "")).strip("'")
    read = str(context.get("tag", detail["input"]))
    if detail["type"] == "union_tag_not_found":
        read = f"no `{key}`"
    if "discriminator" in context:
        where = (*where, key)
    near = nearest(read, choices)
    expected = " or ".join(near) or (f"one of {', '.join(choices)}" if choices else f"`{key}`")
    write = f"{key}: {(near or tuple(choices))[0]}" if near or choices else ""
    if where and isinstance(where[-1], int):  # one of a list: the key is that of the list
        write = f"{where[-2]}: [{(near or tuple(choices))[0]}]" if len(where) > 1 and (near or choices) else ""
    return SourceError("E117", read=read, expected=expected, write=write, place=document.place(where))


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return f"a mapping with {', '.join(map(str, list(value)[:5])) or 'nothing in it'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "nothing" if value is None else str(value)


def _walk(model: type[BaseModel], data: Any, loc: Key) -> tuple[Key, list[Any]]:
    """Follow a location of pydantic's through model and data at once.

    Returns:
        the part of the location that exists in the data (without union tags and validator names), and the types that
        hold its last name.
    """
    path: list[str | int] = []
    kinds: list[Any] = [model]
    holders = kinds
    for step in loc:
        models = [member for kind in kinds for member in _members(kind) if _is_model(member)]
        tagged = [member for member in models if step in _tags(member)]
        if len(models) > 1 and tagged:
            kinds = tagged
            continue
        holders = kinds
        inside = isinstance(data, dict) and step in data
        if inside or (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            path.append(step)
            data = data[step]
            kinds = [after for kind in kinds for member in _members(kind) for after in _step(member, step)]
    return tuple(path), holders


def _fields(kinds: Sequence[Any]) -> dict[str, FieldInfo]:
    """Fields of the models among some types, by the name used in the file."""
    members = [member for kind in kinds for member in _members(kind) if _is_model(member)]
    return {info.alias or name: info for member in members for name, info in member.model_fields.items()}


def _is_model(kind: Any) -> bool:
    from pydantic import BaseModel

    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _members(kind: Any) -> list[Any]:
    """The alternatives of an annotation, ``Annotated`` and unions taken apart."""
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [member for part in get_args(kind) for member in _members(part)]
    return [kind]


def _step(member: Any, step: str | int) -> list[Any]:
    """The type one name or index further down."""
    if _is_model(member):
        info = _fields([member]).get(str(step))
        return [info.annotation] if info else []
    arguments = get_args(member)
    if not arguments or get_origin(member) is Literal:
        return []
    return [arguments[-1]] if isinstance(step, str) else [arguments[0]]


def _tags(model: Any) -> tuple[Any, ...]:
    """The words of a model's discriminator fields."""
    kinds = [info.annotation for info in model.model_fields.values()]
    return tuple(tag for kind in kinds if get_origin(kind) is Literal for tag in get_args(kind))


def _line(name: str, info: FieldInfo | None) -> str:
    """A line that works for a field, from its examples; empty without any."""
    example = next(examples(info), None) if info else None
    return "" if example is None else f"{name}: {example}"


def examples(info: Any) -> Iterator[Any]:
    """Examples of a field, as written in a file, or of any part of its type."""
    extra = getattr(info, "json_schema_extra", None)
    yield from getattr(info, "examples", None) or ()
    yield from extra.get("examples", ()) if isinstance(extra, dict) else ()
    for part in (*get_args(getattr(info, "annotation", info)), *getattr(info, "metadata", ())):
        yield from examples(part)
