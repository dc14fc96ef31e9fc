"""The formats: their names, schemas and rules (``data/exchange/formats.yaml``), and documents held against them."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from hydromet.assess.exports.rows import build
from hydromet.datafiles import read_yaml
from hydromet.errors import ExportError, UserError, raise_all
from hydromet.source import load_text, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from jsonschema import FormatChecker

FILE = "data/exchange/formats.yaml"
# What the checker of formats calls whole numbers of 32 bits.
_INT32 = 2**31


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Any]:
    """The shipped file: ``formats``, ``aliases``, ``standards``."""
    found: Mapping[str, Any] = read_yaml(FILE)
    return found


def names() -> tuple[str, ...]:
    """Formats that can be asked for."""
    return tuple(name for name in catalogue()["formats"] if name != "battery-pass-carbon")


def known(name: str) -> str:
    """The name of a format, by its name or an alias.

    Raises:
        ExportError: E960, there is none; the nearest names.
    """
    word = name.strip().lower().replace("_", "-")
    word = catalogue()["aliases"].get(word, word)
    if word in names():
        return str(word)
    near = nearest(word, (*names(), *catalogue()["aliases"]))
    expected = " or ".join(near) or f"one of {', '.join(names())}"
    raise ExportError("E960", read=name, expected=expected, write=f"--format {(near or ('pact-3',))[0]}")


def with_schema() -> tuple[str, ...]:
    """Formats that are checked against a JSON Schema."""
    return tuple(name for name, each in catalogue()["formats"].items() if "table" in each)


@cache
def schema(name: str) -> Mapping[str, Any]:
    """The JSON Schema of what is written, rebuilt from the table of fields."""
    entry = catalogue()["formats"][name]
    return _as_written(build(entry["table"], entry["version"]), entry)


def _as_written(found: Mapping[str, Any], entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema for the part that is written: some properties of the root, or a list of elements."""
    made = dict(found)
    if "only" in entry:
        made["properties"] = {key: each for key, each in made.get("properties", {}).items() if key in entry["only"]}
        made["required"] = [key for key in made.get("required", ()) if key in entry["only"]]
    if entry.get("null") and "properties" in made:
        properties = dict(made["properties"])
        for key in entry["null"]:
            properties[key] = {"anyOf": [properties[key], {"type": "null"}]}
        made["properties"] = properties
    if "list" in entry:
        count = entry["list"]
        outer: dict[str, Any] = {
            key: made.pop(key) for key in ("$schema", "title", "$comment", "components", "$defs") if key in made
        }
        made = {**outer, "type": "array", "minItems": count, "maxItems": count, "items": made}
    return made


def check(document: Any, name: str, official: Path | None = None) -> None:
    """A document against the schema of its format: the rebuilt one, or the official file of the user's.

    Raises:
        ExportError, UserErrors: E964 every field that breaks a constraint, with the constraint's name; E967 the
            official file is no schema.
    """
    validator = _validator(name, official)
    found = sorted(validator.iter_errors(document), key=lambda each: [str(step) for step in each.absolute_path])
    raise_all(_broken(each, name) for each in found)


def _broken(error: Any, name: str) -> UserError:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).lstrip(".")
    rule = f"{error.validator}: {json.dumps(error.validator_value, ensure_ascii=False)[:200]}"
    said = json.dumps(error.instance, ensure_ascii=False) if not isinstance(error.instance, dict | list) else "a block"
    if error.validator == "required":
        said = error.message.partition(" is a required")[0] + " is absent"
    return ExportError(
        "E964", read=f"{path or name} = {said[:120]}", expected=f"{rule}, a rule of the schema of {name}",
        write="a value of the company file or of the scenario that keeps the rule",
    )  # fmt: skip


def _validator(name: str, official: Path | None) -> Any:
    from jsonschema import Draft4Validator, Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    if official is None:
        return Draft202012Validator(schema(name), format_checker=_checker())
    found = _official(name, official)
    old = str(found.get("openapi", "")).startswith("3.0")
    kind = Draft4Validator if old else validator_for(found, default=Draft202012Validator)
    try:
        kind.check_schema(found)
    except SchemaError as error:
        raise _no_schema(name, official, error.message) from None
    return kind(found, format_checker=_checker())


def _official(name: str, file: Path) -> Mapping[str, Any]:
    """The user's schema: a JSON Schema, or an OpenAPI file that holds it as a component."""
    entry = catalogue()["formats"][name]
    if "table" not in entry:
        raise _no_schema(name, file, "this format has no JSON Schema")
    try:
        text = file.read_text(encoding="utf-8-sig")
        data = json.loads(text) if text.lstrip().startswith("{") else load_text(text, str(file)).data
    except (OSError, ValueError) as error:  # a mistake of the YAML is a ValueError, too
        raise _no_schema(name, file, str(getattr(error, "strerror", None) or error).splitlines()[0]) from None
    if not isinstance(data, dict):
        raise _no_schema(name, file, "no mapping")
    if "openapi" in data:
        component = _component(data, entry.get("component", ""))
        if component is None:
            raise _no_schema(name, file, f"no component {entry.get('component', 'of this format')}")
        data = {**data, "$schema": DRAFTS.get(str(data["openapi"])[:3], DRAFTS["3.1"]), **_nullable(component)}
        data["components"] = _nullable(data["components"])
    elif not data.keys() & {"$schema", "properties", "$ref", "type"}:
        raise _no_schema(name, file, "neither a JSON Schema nor an OpenAPI file")
    return _as_written(data, entry)


def _component(data: Mapping[str, Any], wanted: str) -> Any:
    """A component of an OpenAPI file by its name, with or without a name space: ``traceability.CfpModel``."""
    known = (data.get("components") or {}).get("schemas") or {}
    return next((each for name, each in known.items() if wanted and name.rpartition(".")[2] == wanted), None)


DRAFTS = {"3.0": "http://json-schema.org/draft-04/schema#", "3.1": "https://json-schema.org/draft/2020-12/schema"}


def _nullable(node: Any) -> Any:
    """OpenAPI 3.0 says ``nullable`` where JSON Schema says a second type."""
    if isinstance(node, list):
        return [_nullable(each) for each in node]
    if not isinstance(node, dict):
        return node
    found = {key: _nullable(value) for key, value in node.items() if key not in ("nullable", "example")}
    return {"anyOf": [found, {"type": "null"}]} if node.get("nullable") is True else found


def _no_schema(name: str, file: Path, why: str) -> ExportError:
    return ExportError(
        "E967", read=f"{file}: {why}", expected=f"the official schema of {name}: JSON Schema, or OpenAPI",
        write="--schema Pcf-schema.json",
    )  # fmt: skip


@lru_cache(maxsize=1)
def _checker() -> FormatChecker:
    """The formats of the tables; what jsonschema leaves to further packages is checked here."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    tests: Mapping[str, Callable[[str], bool]] = {
        "uuid": _uuid, "date": _date, "date-time": _moment, "uri": _uri,
        "urn": lambda text: text[:4].lower() == "urn:" and len(text.split(":")) > 2 and all(text.split(":")),
        "decimal": _decimal,
    }  # fmt: skip
    for name, test in tests.items():
        checker.checks(name)(_of_text(test))
    checker.checks("int32")(lambda value: not isinstance(value, int) or -_INT32 <= value < _INT32)
    return checker


def _of_text(test: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or test(value)


def _uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _moment(text: str) -> bool:
    try:
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _uri(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme and (parts.netloc or parts.path)) and not any(c.isspace() for c in text)


def _decimal(text: str) -> bool:
    sign = text[:1] in ("+", "-")
    whole, dot, part = text[sign:].partition(".")
    return whole.isascii() and whole.isdigit() and (not dot or (part.isascii() and part.isdigit()))


def rule(name: str, key: str, read: str, write: str) -> ExportError:
    """E962: an export would break a rule of its format; the rule by its name and in words."""
    says = catalogue()["formats"][name]["rules"][key]["says"]
    return ExportError("E962", read=read, expected=f"{key}: {says}", write=write)


def standards(chosen: Sequence[str], family: str) -> list[str]:
    """Cross-sectoral standards in the words of a format; what the table does not know stays as written.

    Args:
        chosen: ``ISO14067`` and so on, as PACT 3 and the company file name them.
        family: column of the table: ``catena-x-7``, ``catena-x-9``, or ``old`` for the older list of PACT 2; what that
            lacks is left out.
    """
    table = catalogue()["standards"]
    found = [
        str(table[each][family]) if each in table else each for each in chosen if family in table.get(each, [family])
    ]
    return list(dict.fromkeys(found))
