"""``hydromet data``: what is in the shipped data, where it comes from, how right it is, fits to a user's own."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import Annotated

import typer

from hydromet.cli.options import Json, echo_json
from hydromet.errors import CommandError


class What(StrEnum):
    """What to do with the data."""

    list = "list"
    show = "show"
    cite = "cite"
    accuracy = "accuracy"
    refit = "refit"


def data(
    what: Annotated[
        What,
        typer.Argument(
            help="list files or factors, show one, cite a source, accuracy of the aqueous engine, refit solubility.",
            metavar="list|show|cite|accuracy|refit",
        ),
    ],
    name: Annotated[
        str | None,
        typer.Argument(help="A file of the list; a factor, or words of one; a key of the references; a salt."),
    ] = None,
    to: Annotated[Path | None, typer.Option(help="accuracy: page to write; refit: table to put the rows in.")] = None,
    points: Annotated[Path | None, typer.Option(help="refit: CSV of measured solubility in place of ours.")] = None,
    json: Json = False,
) -> None:
    """List or print the shipped data, every value with its source and grade; print the reference behind a key.

    accuracy compares the aqueous engine with every measured table; refit fits solubility products to solubility in
    water, of one salt or of all, with the columns salt, t_C, mol_per_kg, solid of --points.

    The factors of the carbon footprint: `data list factors`, `data list "sulfuric acid"`, `data show chem.h2so4`,
    `data cite grid.JP-Tokyo-2024`.

    Example: hydromet data show species/aqueous.csv
    """
    if what in (What.accuracy, What.refit):
        from hydromet.cli.data_fits import accuracy, refit

        if what is What.accuracy:
            accuracy(to, json=json)
        else:
            refit(name or "all", to, points, json=json)
        return
    if what is What.list and name is None:
        _list(json)
    elif name is None:
        raise CommandError(
            "E907",
            read=f"data {what.value} without a name",
            expected="a name from `hydromet data list`",
            write=f"hydromet data {what.value} species/aqueous.csv",
        )
    else:
        _named(what, name, json)


def _named(what: What, name: str, json: bool) -> None:
    """A factor, a file or a source, by its name."""
    from hydromet.cli import data_factors

    if what is What.list:
        data_factors.list_factors(name, json=json)
    elif data_factors.is_factor(name):
        (data_factors.show_factor if what is What.show else data_factors.cite_factor)(name, json=json)
    elif what is What.show:
        _show(name, json)
    else:
        _cite(name, json)


def _list(json: bool) -> None:
    from hydromet import datafiles

    names = [name for name in datafiles.sets() if not name.startswith("errors/")]
    if json:
        echo_json(names)
    else:
        typer.echo("\n".join(names))


def _show(name: str, json: bool) -> None:
    from hydromet import datafiles
    from hydromet.source import nearest

    known = datafiles.sets()
    if name not in known:
        tails = {path.rpartition("/")[2].partition(".")[0]: path for path in known}
        tails |= {path.rpartition(".")[0]: path for path in known}
        near = [tails[tail] for tail in nearest(name.rpartition("/")[2].partition(".")[0], tails)] or list(
            nearest(name, known)
        )
        name = name.removeprefix("data/") if name.removeprefix("data/") in known else tails.get(name, name)
        if name not in known:
            raise CommandError(
                "E907",
                read=name,
                expected=" or ".join(near) or "a name from `hydromet data list`",
                write=f"hydromet data show {(near or ['species/aqueous.csv'])[0]}",
            )
    if not json:
        typer.echo(datafiles.read_text(f"data/{name}").rstrip())
    elif name.endswith(".csv"):
        echo_json(datafiles.read_csv(f"data/{name}"))
    else:
        echo_json(datafiles.read_yaml(f"data/{name}"))


def _cite(key: str, json: bool) -> None:
    from hydromet import datafiles
    from hydromet.source import nearest

    entries = references(datafiles.read_text("data/REFERENCES.bib"))
    if key not in entries:
        near = nearest(key, entries)
        expected = " or ".join(near) or "a key of data/REFERENCES.bib"
        raise CommandError("E908", read=key, expected=expected, write=f"hydromet data cite {near[0]}" if near else "")
    if json:
        echo_json({"key": key, "bibtex": entries[key]})
    else:
        typer.echo(entries[key])


def references(text: str) -> dict[str, str]:
    """Key -> entry of a BibTeX text whose entries begin with @ at the start of a line."""
    found: dict[str, str] = {}
    for part in f"\n{text}".split("\n@")[1:]:
        key = part.partition("{")[2].partition(",")[0].strip()
        body = part.split("\n\n")[0].rstrip()
        found[key] = f"@{body}"
    return found
