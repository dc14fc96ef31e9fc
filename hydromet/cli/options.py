"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import Annotated

import typer

from hydromet.errors import CommandError

Json = Annotated[bool, typer.Option("--json", help="Print plain data as JSON.")]
Language = Annotated[str, typer.Option("--lang", envvar="HYDROMET_LANG", help="Language of headings: en, ja or both.")]

# Of verbs that print and write documents: empty is en on the terminal and both in documents.
DocumentLanguage = Annotated[
    str,
    typer.Option(
        "--lang",
        envvar="HYDROMET_LANG",
        show_default=False,
        help="Language of headings: en, ja or both (en in the terminal, both in documents).",
    ),
]


def seconds(text: str, option: str) -> float:
    """A time given as an option, s.

    Raises:
        CommandError: E909, it is none.
    """
    from hydromet.errors import QuantityError
    from hydromet.quantity import parse

    try:
        found = parse(text, "time")
    except QuantityError as error:
        found, why = 0.0, f"{option} {text}: {error.code}, {error.read}"
    else:
        why = f"{option} {text}"
    if not 0.0 < found < float("inf"):
        raise CommandError("E909", read=why, expected="a time with its unit, above zero", write=f'{option} "10 min"')
    return found


def echo_json(data: object) -> None:
    """Plain data on the standard output."""
    import json

    typer.echo(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False))


def write_text(file: Path, text: str) -> None:
    """Write a file of the user's; the folder is made.

    Raises:
        CommandError: E951, it cannot be written.
    """
    write_bytes(file, text.encode())


def write_bytes(file: Path, content: bytes) -> None:
    """The same of bytes.

    Raises:
        CommandError: E951, it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise unwritable(file, error) from None


def unwritable(file: Path, error: OSError) -> CommandError:
    """The error for a file or folder that cannot be written."""
    return CommandError(
        "E951", read=f"{file}: {error.strerror}", expected="a folder that can be written", write="-o results/my_plant"
    )
