"""Activities times factors: the contributions to one indicator, and what could not be reckoned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hydromet.assess.carbon import approaches
from hydromet.assess.carbon.book import Book, Books, Head, digest, shipped
from hydromet.assess.carbon.factor_rows import book_rows
from hydromet.assess.carbon.scenario import practice, unknown
from hydromet.assess.carbon.shapes import INDICATORS, Contribution
from hydromet.assess.carbon.table import Row
from hydromet.assess.carbon.upstream import own_rows
from hydromet.assess.carbon.utilities import grid_factor
from hydromet.errors import FootprintError, SourceError, UserError, raise_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from hydromet.assess.carbon.scenario import Scenario
    from hydromet.assess.carbon.shapes import Activity, Factor, Indicator, Inventory

_FILES = (".csv", ".yaml", ".yml")


def books_of(scenario: Scenario) -> Books:
    """The books of a scenario, the factors of its own section last.

    Raises:
        FootprintError, UserErrors: E770 to E777, at their place.
    """
    found: list[Book] = []
    for i, name in enumerate(scenario.choices.books or ()):
        try:
            found.append(_book(name, scenario.folder))
        except UserError as error:
            # A file that is not there has no line: its name stands in the section.
            if error.place is not None and error.place.line:
                raise
            if error.place is not None and error.place.file not in error.read:
                error.read = f"{error.place.file}: {error.read}"
            error.place = None
            raise scenario.wrong_value(error, "books", i) from None
    own = own_book(scenario)
    return Books([*found, *([own] if own else [])])


def _book(name: str, folder: Path) -> Book:
    """A book by name: a file beside what names it, else in the current folder (of a result, which moves about)."""
    if name.endswith(_FILES) or name.startswith("brightway:"):
        from hydromet.assess.carbon.user_books import user_book

        there = (folder / name).exists() or not Path(name).exists()
        return user_book(name, folder if there else Path())
    return shipped(name)


def own_book(scenario: Scenario) -> Book | None:
    """Factors, declared footprints and scrap of the section as a book of their own; None without any."""
    rows = own_rows(scenario)
    if not rows:
        return None
    name = Path(scenario.document.name).name
    table = [Row(cells, _columns(scenario, where, cells), scenario.place(*where)) for where, cells in rows.items()]
    found = book_rows(table, name, "of the user")
    text = "\n".join(repr(sorted(cells.items())) for cells in rows.values())
    head = Head(
        name, {"en": f"factors of {name}"}, "-", "of the user", "", digest((text,)), len(found), "section", name
    )
    return Book(head, found)


def _columns(scenario: Scenario, where: tuple[str, ...], cells: Mapping[str, str]) -> dict[str, int]:
    """Where the fields of a factor begin, if it is written on one line."""
    line, values = scenario.place(*where).line, scenario.document.values
    found = {cell: values.get((*scenario.path, *where, cell), (0, 1)) for cell in cells}
    return {cell: column for cell, (at, column) in found.items() if at == line}


def contributions(
    inventory: Inventory,
    books: Books,
    indicator: Indicator,
    use: tuple[str, int | None] = ("", None),
    ratings: Mapping[str, tuple[float, float, float]] | None = None,
) -> tuple[Contribution, ...]:
    """Amount times factor of every activity that has a factor for the indicator.

    Args:
        inventory: the activities.
        books: the factors.
        indicator: ``climate``, ``water`` or ``energy``.
        use: where and in which year the factors are used, for their ratings.
        ratings: factor -> ratings that its supplier declares.

    Returns:
        in the order of the inventory; for the climate all of them.

    Raises:
        FootprintError, UserErrors: E770, E772 no such factor; E771 none for the climate; E773 a unit that does not fit.
    """
    found: list[Contribution] = []
    wrong: list[UserError] = []
    for activity in inventory.activities:
        try:
            factor = factor_of(activity, books, indicator)
        except UserError as error:
            wrong.append(error)
            continue
        if factor is not None:
            rated, own = books.rated(factor, *use), (ratings or {}).get(factor.id)
            found.append(Contribution(activity, replace(rated, quality=own) if own else rated))
    raise_all(wrong)
    return tuple(found)


def factor_of(activity: Activity, books: Books, indicator: Indicator) -> Factor | None:
    """Factor of an activity per its unit; None where the book has it for other indicators, but not for this one.

    Only water and energy may be missing: a footprint is never reckoned without a factor of the climate.
    """
    try:
        return books.factor(activity.factor, indicator, activity.per)
    except FootprintError as error:
        if error.code == "E771" and indicator != "climate":
            return None
        if error.code in ("E770", "E771", "E772", "E773"):
            error.read = f"{error.read} (of {activity.id})"
        raise


def gaps(inventory: Inventory, books: Books) -> dict[Indicator, list[str]]:
    """Indicator -> activities whose factor has no row for it: their part is not in the total, and is not zero."""
    return {
        indicator: [each.id for each in inventory.activities if factor_of(each, books, indicator) is None]
        for indicator in INDICATORS
    }


def check_factors(scenario: Scenario, books: Books) -> None:
    """Every factor that a section names is in the books.

    Raises:
        FootprintError, UserErrors: E770, E772 with the nearest names, at the place in the section; E784 to E786.
    """
    choices, usual = scenario.choices, practice()
    wanted: list[tuple[tuple[str, ...], str]] = [(("grid",), grid_factor(scenario.text("grid")))]
    if choices.market is not None:
        wanted.append((("market",), choices.market))
    wanted += [(("substances", name), factor) for name, factor in choices.substances.items()]
    wanted += [(("credits", name), factor) for name, factor in choices.credits.items()]
    wanted += [(("packaging", name, "factor"), each.factor) for name, each in choices.packaging.items()]
    wanted += [(("treatments", name), word) for name, word in choices.treatments.items() if "." in word]
    wanted += [
        (("by_products", name, "credit"), each.credit) for name, each in choices.by_products.items() if each.credit
    ]
    wrong: list[UserError] = list(_efficiency(scenario))
    for where, factor in wanted:
        try:
            books.factor(factor, "climate")
        except UserError as error:
            if where == ("grid",):
                error.write = error.write.removeprefix("grid.")
            wrong.append(scenario.wrong_value(error, *where))
    for name, parameters in choices.cff.items():
        try:
            approaches.defaults("battery_metals", **parameters)
        except UserError as error:
            error.write = error.write.replace("{nickel_sulfate:", f"{{{name}:")
            wrong.append(scenario.wrong_value(error, "cff", name))
    legs: list[tuple[Sequence[str], str]] = [
        (("transport", name), leg.by) for name, each in choices.transport.items() for leg in each if "." not in leg.by
    ]
    treated: list[tuple[Sequence[str], str]] = [
        (("treatments", name), word) for name, word in choices.treatments.items() if "." not in word
    ]
    treated += [
        (("by_products", name, "treatment"), each.treatment)
        for name, each in choices.by_products.items()
        if each.treatment and "." not in each.treatment
    ]
    words: tuple[tuple[Sequence[tuple[Sequence[str], str]], Collection[str], str, str], ...] = (
        ([(("heat",), scenario.text("heat"))], usual.heat, "E784", "source of heat"),
        ([(("cooling",), scenario.text("cooling"))], usual.cooling, "E784", "cooling"),
        (treated, usual.treatments, "E785", "treatment"),
        (legs, usual.modes, "E786", "mode of haulage"),
    )
    for given, known, code, what in words:
        wrong += [
            scenario.wrong_value(unknown(code, word, known, what), *at) for at, word in given if word not in known
        ]
    raise_all(wrong)


def _efficiency(scenario: Scenario) -> Iterator[UserError]:
    """A stated efficiency is one that the source of heat can have."""
    stated, name = scenario.choices.efficiency, scenario.text("heat")
    source = practice().heat.get(name)
    if stated is not None and source is not None and stated > source.most:
        yield SourceError(
            "E116", read=f"{stated:g}",
            expected=f"above 0, at most {source.most:g}: useful heat per energy bought, {name}",
            write=f"efficiency: {source.efficiency:g}", place=scenario.document.place((*scenario.path, "efficiency")),
        )  # fmt: skip
