"""A solution as typed on the command line, turned into a document with places, like a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hydromet.errors import ChemistryError, UserError, UserErrors
from hydromet.source import Document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry.solutions.solution_file import SolutionFile

NAME = "command line"
# Before a name with its equals sign: a comma, a semicolon or a blank.
_BETWEEN = re.compile(r"(?:\s*[,;]\s*|\s+)(?=[^\s,;=]+\s*=)")
# A second name within an amount, its equals sign forgotten.
_FORGOTTEN = re.compile(r"\s(?P<name>[A-Z][A-Za-z0-9()+:-]*)\s+(?P<amount>\d.*)\Z")
_FIELD_OF = {"gas": "gases"}
_OPTION_OF = {field: option for option, field in _FIELD_OF.items()}


def is_file(word: str) -> bool:
    """Is this word of the command line the name of a file?"""
    return "=" not in word and word.casefold().endswith((".yaml", ".yml"))


def document_of(words: Sequence[str], options: Mapping[str, Any]) -> Document:
    """Words ``NAME=AMOUNT`` and options as a document; the words are its first line, every option one more.

    Args:
        words: as the shell cut them; they are joined again, so that amounts need no quotes.
        options: field of ``SolutionFile`` or ``gas`` -> text, or list of texts; None where it is not given.

    Raises:
        ChemistryError: E541 not a name with an amount, E549 a name given twice.
    """
    line = " ".join(words).strip()
    lines, values, keys = [line], dict[Any, tuple[int, int]](), dict[Any, tuple[int, int]]()
    data: dict[str, Any] = {}
    document = Document(NAME, data, (), values, keys)
    if line:
        data["composition"] = {}
        values["composition",] = keys["composition",] = (1, 1)
    for option, given in options.items():
        field = _FIELD_OF.get(option, option)
        for text in given if isinstance(given, list) else [given]:
            if text is None:
                continue
            lines.append(f"--{option} {text}")
            here = (len(lines), len(option) + 4)
            values[field,] = keys[field,] = here
            if field == "gases":
                name, equals, pressure = (part.strip() for part in text.partition("="))
                if not equals:
                    raise ChemistryError(
                        "E541", read=text, expected="GAS=PRESSURE", write=f"--gas {name}=0.0004bar",
                        place=Document(NAME, data, tuple(lines)).at(*here),
                    )  # fmt: skip
                if name in data.setdefault(field, {}):
                    raise ChemistryError(
                        "E549", read=f"{name} again", expected="every name once", write=f"--gas {name}={pressure}",
                        place=Document(NAME, data, tuple(lines)).at(*here),
                    )  # fmt: skip
                data[field][name] = pressure
                values[field, name] = (here[0], here[1] + text.find("=") + 1)
                keys[field, name] = here
            else:
                data[field] = text
    document = Document(NAME, data, tuple(lines), values, keys)
    _read_composition(line, document)
    return document


def _read_composition(line: str, document: Document) -> None:
    start = 0
    for match in [*_BETWEEN.finditer(line), None]:
        piece = line[start : match.start() if match else None]
        name, equals, amount = (part.strip() for part in piece.partition("="))
        place = document.at(1, start + 1)
        if piece and (not equals or not name):
            found = re.match(r"(?P<name>\S+)\s+(?P<amount>\d.*)\Z", piece)
            write = f"{found['name']}={found['amount']}" if found else f"{piece}=1 mol/kg"
            raise ChemistryError("E541", read=piece, expected="NAME=AMOUNT, or a file .yaml", write=write, place=place)
        if forgotten := _FORGOTTEN.search(f" {amount}"):
            write = f"{forgotten['name']}={forgotten['amount']}"
            raise ChemistryError("E541", read=amount, expected="an = after every name", write=write, place=place)
        if name:
            key = ("composition", name)
            if name in document.data["composition"]:
                first = document.at(*document.keys[key])
                raise ChemistryError(
                    "E549",
                    read=f"{name} again",
                    expected="every name once",
                    write=piece.strip(),
                    place=place,
                    also=first,
                )
            document.data["composition"][name] = amount
            document.keys[key] = (1, start + 1)
            after = piece.partition("=")[0]
            blank = len(piece.partition("=")[2]) - len(piece.partition("=")[2].lstrip())
            document.values[key] = (1, start + len(after) + 2 + blank)
        start = match.end() if match else 0


def merged(file: SolutionFile | None, typed: SolutionFile) -> SolutionFile:
    """What was typed put over what a file says; names of a composition and gases one by one."""
    if file is None:
        return typed
    update = {name: getattr(typed, name) for name in typed.model_fields_set}
    for name in ("composition", "gases"):
        if name in update:
            update[name] = {**getattr(file, name), **update[name]}
    return file.model_copy(update=update)


def as_typed(error: UserError | UserErrors) -> UserError | UserErrors:
    """An error of the command line with a line that works there: ``--temperature "60 degC"``."""
    for one in error.errors if isinstance(error, UserErrors) else (error,):
        if one.place is None or one.place.file != NAME or not one.write or not one.place.path:
            continue
        field, _, name = one.place.path.partition(".")
        if field == "composition" and name:
            one.write = one.write.replace(": ", "=", 1)
        elif field != "composition":
            option = _OPTION_OF.get(field, field)
            value = one.write if name else one.write.removeprefix(f"{field}: ")
            one.write = f'--{option} "{value.replace(": ", "=", 1) if name else value}"'
    return error


def as_in_file(error: UserError, document: Document | None) -> UserError:
    """An error about the whole solution, at its composition in the file, with a line that works there."""
    if document is None:
        return error
    option, _, value = error.write.removeprefix("--").partition(" ")
    if error.write.startswith("--"):
        error.write = f"{option}: {value.strip(chr(34))}"
    else:
        error.write = error.write.replace("=", ": ", 1)
    return error.at(document.place(("composition",), key=True))
