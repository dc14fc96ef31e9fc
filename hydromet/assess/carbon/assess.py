"""The door: a result, a flowsheet or a case in, the footprint out, as plain data of format ``hydromet-carbon/1``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.case_file import is_case, reckon_case
from hydromet.assess.carbon.impact import books_of, check_factors
from hydromet.assess.carbon.inventory import check_names, inventory
from hydromet.assess.carbon.record import record
from hydromet.assess.carbon.record_fields import check_record
from hydromet.assess.carbon.result_fields import check_result
from hydromet.assess.carbon.scenario import KEY, scenarios
from hydromet.errors import FootprintError, Place, UserError, UserErrors
from hydromet.flowsheet.overrides import override
from hydromet.source import Document, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hydromet.assess.carbon.scenario import Scenario
    from hydromet.flowsheet.read import Plant

# Where a result keeps the section of its flowsheet and the footprint reckoned with it.
SECTION, FOOTPRINT = "carbon_section", "carbon"
FLOWSHEET = "hydromet"
RESULT = "result.json"
# A file is missing.
NO_FILE = "E101"


def of_result(data: Mapping[str, Any], scenario: Scenario) -> dict[str, Any]:
    """The footprint of a solved plant.

    Args:
        data: ``result.json``.
        scenario: the choices.

    Raises:
        FootprintError, UserErrors: E770 to E799.
    """
    books = books_of(scenario)
    check_factors(scenario, books)
    made, defaults = inventory(data, scenario, books)
    found: dict[str, Any] = plain(record(made, scenario, books, defaults, data))
    return found


def of_plant(plant: Plant, data: Mapping[str, Any]) -> dict[str, Any]:
    """Section and footprint for ``assessments`` of a solved plant whose flowsheet has one; else nothing."""
    if plant.file.carbon is None:
        return {}
    return {SECTION: plain(plant.file.carbon), FOOTPRINT: of_result(data, scenario_of(plant))}


def scenario_of(plant: Plant) -> Scenario:
    """The section's own scenario.

    Raises:
        UserError, UserErrors: everything that is wrong with it.
    """
    return scenarios(plant.document, (KEY,), Path(plant.document.name).parent, data=plant.file.carbon)[0]


def mistakes(plant: Plant) -> Iterator[UserError]:
    """Everything that is wrong with the section of a flowsheet before it is solved."""
    if plant.file.carbon is None:
        return
    try:
        scenario = scenario_of(plant)
    except (UserError, UserErrors) as error:
        yield from _each(error)
        return
    checks: tuple[Callable[[], None], ...] = (
        lambda: check_names(scenario, _names_of(plant)),
        lambda: check_factors(scenario, books_of(scenario)),
    )
    for check in checks:
        try:
            check()
        except (UserError, UserErrors) as error:
            yield from _each(error)


def _each(error: UserError | UserErrors) -> tuple[UserError, ...]:
    return error.errors if isinstance(error, UserErrors) else (error,)


def _names_of(plant: Plant) -> dict[str, tuple[str, ...]]:
    """As ``inventory.known_names``, from the flowsheet."""
    file, feeds = plant.file, plant.feeds
    return {
        "feeds": tuple(name for name, feed in feeds.items() if feed.role == "feed"),
        "reagents": tuple(name for name, feed in feeds.items() if feed.role == "reagent"),
        "products": tuple(file.products),
        "by_products": tuple(file.by_products),
        "wastes": tuple(file.wastes),
        "units": tuple(plant.units),
    }


def run(
    path: str | Path,
    wanted: Sequence[str] = (),
    changes: Mapping[str, Any] | None = None,
    settings: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """The footprint of a result (its folder or file), of a flowsheet, which is solved first, or of a case file.

    Args:
        path: the file or folder.
        wanted: scenarios, each reckoned by itself; the section's own if none.
        changes: fields of the section that go before everything, such as ``{"grid": "EU-2024"}``.
        settings: path -> value as text, as ``--set`` gives them.

    Raises:
        UserError, UserErrors: everything that is wrong with it.
    """
    file = Path(path)
    if file.is_dir() or file.suffix == ".json":
        return _of_file(file, wanted, changes or {}, settings or {})
    document = load(path)
    if isinstance(document.data, dict) and FLOWSHEET in document.data:
        from hydromet.assess.case import run as solve

        solved = solve(path, _outside(settings or {}))
        inside = _inside(settings or {})
        return _of_data(solved.data, document, file.parent, wanted, changes or {}, inside)
    if not is_case(document):
        raise FootprintError(
            "E778", read="neither a result nor a flowsheet nor a case",
            expected="a folder with result.json, a flowsheet (`hydromet: 1`) or a case (`carbon: 1`)",
            write="carbon: 1", place=document.place(),
        )  # fmt: skip
    changed, places = override(document, settings or {})
    with _told_where_set(places):
        return [plain(each) for each in reckon_case(changed, file.parent, wanted, changes)]


def _of_file(
    file: Path, wanted: Sequence[str], changes: Mapping[str, Any], settings: Mapping[str, str]
) -> list[dict[str, Any]]:
    from hydromet.flowsheet.result import read_result

    result = read_result(file)
    name = str(file / RESULT if file.is_dir() else file)
    check_result(result.data, name)
    if not result.converged:
        raise FootprintError("E787", read=f"{file}: a plant that did not converge", expected="a converged result",
                             write="hydromet run FLOWSHEET", place=Place(str(file)))  # fmt: skip
    document = Document(str(file), {KEY: result["assessments"].get(SECTION) or {}})
    folder = file if file.is_dir() else file.parent
    try:
        return _of_data(result.data, document, folder, wanted, changes, settings)
    except UserError as error:
        stored = result["assessments"].get(FOOTPRINT)
        if error.code != NO_FILE or stored is None:
            raise
        if wanted or changes or settings:
            error.expected = "the factor book beside result.json or in the current folder"
            raise
        # Its books are elsewhere: the record of the run is the same footprint.
        check_record(stored, name)
        return [stored]


def _of_data(
    data: Mapping[str, Any],
    document: Document,
    folder: Path,
    wanted: Sequence[str],
    changes: Mapping[str, Any],
    settings: Mapping[str, str],
) -> list[dict[str, Any]]:
    absolute = {name if name.partition(".")[0] == KEY else f"{KEY}.{name}": text for name, text in settings.items()}
    if absolute and not isinstance(document.data.get(KEY), dict):
        document = Document(document.name, {**document.data, KEY: {}}, document.lines)
    changed, places = override(document, absolute)
    with _told_where_set(places):
        return [of_result(data, each) for each in scenarios(changed, (KEY,), folder, wanted, changes)]


@contextmanager
def _told_where_set(places: Mapping[str, Place]) -> Iterator[None]:
    """A mistake in a value that ``--set`` gave stands on the command line."""
    try:
        yield
    except (UserError, UserErrors) as error:
        for each in _each(error):
            path = each.place.path if each.place is not None else ""
            # What was set may hold what is wrong: the innermost of the paths.
            near = [name for name in places if path == name or path.startswith(f"{name}.")]
            if near:
                each.place = places[max(near, key=len)]
        raise


def _inside(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in settings.items() if name.partition(".")[0] == KEY}


def _outside(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in settings.items() if name.partition(".")[0] != KEY}


def plain(data: Any) -> Any:
    """Mappings as dicts and tuples as lists, all through: what JSON reads back as the same.

    Keys are sorted as in ``result.json``: a record is the same bytes from a run and from the result it wrote.
    """
    if isinstance(data, Mapping):
        return dict(sorted((str(key), plain(value)) for key, value in data.items()))
    return [plain(each) for each in data] if isinstance(data, tuple | list) else data
