"""``hydromet data`` for the factors of the carbon footprint: list, show, cite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from hydromet.cli.options import echo_json
from hydromet.errors import FootprintError
from hydromet.source import nearest

if TYPE_CHECKING:
    from hydromet.assess.carbon.shapes import Factor

ALL = "factors"


def is_factor(name: str) -> bool:
    """Whether a name is meant as a factor: one of them, or of one of their families (``chem.``, ``grid.``)."""
    from hydromet.assess.carbon.book import books

    known = books()
    return name.partition(".")[0] in {each.partition(".")[0] for each in known.ids()} or known.knows(name)


def list_factors(words: str, *, json: bool) -> None:
    """Factors with all the words, or all of them: id, indicator, value, area, year, how sure.

    Raises:
        FootprintError: E770, none has them.
    """
    from hydromet.assess.carbon.book import books

    known = books()
    found = known.find("" if words == ALL else words)
    if not found:
        tails = {each.rpartition(".")[2]: each for each in known.ids()}
        near = nearest(words, known.ids()) or tuple(tails[each] for each in nearest(words, tails)) or (ALL,)
        raise FootprintError(
            "E770", read=words, expected=" or ".join(near), write=f"hydromet data list {near[0]}"
        )  # fmt: skip
    if json:
        echo_json([_plain(each) for each in found])
        return
    wide = max(len(each.id) for each in found)
    for each in found:
        sure = "stand-in" if each.proxy else each.verified
        value = f"{each.value:.6g} {_unit(each)}"
        typer.echo(f"{each.id:<{wide}}  {value:<24}  {each.geography:<12} {each.year:<5} {sure:<9} {each.title}")


def show_factor(name: str, *, json: bool) -> None:
    """Every row of a factor with all that is known of it.

    Raises:
        FootprintError: E770, E772, no such factor.
    """
    rows = _rows(name)
    if json:
        echo_json([_plain(each) for each in rows])
        return
    for each in rows:
        typer.echo(f"{each.id}  {each.indicator}: {each.value:.6g} {_unit(each)}")
        for key, value in _plain(each).items():
            if key not in ("id", "indicator", "value", "per", "quality") and value not in ("", None):
                typer.echo(f"  {key:<10} {value}")


def cite_factor(name: str, *, json: bool) -> None:
    """Where in which work every row of a factor stands, under which licence, and in which book.

    Raises:
        FootprintError: E770, E772, no such factor.
    """
    from hydromet import datafiles
    from hydromet.assess.carbon.book import books
    from hydromet.cli.data import references

    rows, (head, *_) = _rows(name), books().heads
    entries = references(datafiles.read_text("data/REFERENCES.bib"))
    keys = dict.fromkeys(each.source for each in rows)
    if json:
        echo_json({
            "book": head.as_dict(), "rows": [_plain(each) for each in rows],
            "bibtex": {key: entries.get(key, "") for key in keys},
        })  # fmt: skip
        return
    for each in rows:
        where = f", {each.locator}" if each.locator else ""
        typer.echo(f"{each.indicator}: {each.source}{where}; {each.licence}; {each.grade}, verified: {each.verified}")
    typer.echo(f"book {head.id}, sha256 {head.sha256}")
    for key in keys:
        typer.echo(f"\n{entries.get(key) or f'{key}: explained in data/SOURCES.md'}")


def _rows(name: str) -> tuple[Factor, ...]:
    from hydromet.assess.carbon.book import books

    known = books()
    return known.rows(known.resolve(name))


def _unit(factor: Factor) -> str:
    from hydromet.assess.carbon.shapes import UNITS

    return f"{UNITS[factor.indicator]}/{factor.per}"


def _plain(factor: Factor) -> dict[str, Any]:
    return {**factor.__dict__, "quality": list(factor.quality)}
