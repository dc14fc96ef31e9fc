"""Factors reckoned from a Brightway database of the user's own: the optional extra ``carbon`` (bw2data, bw2calc).

``brightway:PROJECT/DATABASE`` takes every activity of a small database by its code. A large one, such as ecoinvent, is
described in a file that names the activities, so that only those are solved:

    brightway: 1
    project: recycling
    database: ecoinvent-3.10-cutoff
    licence: ecoinvent, one user
    methods: {climate: [IPCC 2021, climate change, global warming potential (GWP100)]}
    gwp: AR6 GWP100
    take: {chem.naoh: 1f2e...}

The value is the score of 1 unit of the activity: inventory and characterisation are Brightway's.
"""

from __future__ import annotations

import math
import sys
import warnings
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field

from hydromet.assess.carbon.book import Book, Head, digest
from hydromet.assess.carbon.factor_rows import BookRow, deviation, unit_scale
from hydromet.assess.carbon.shapes import Factor, Indicator
from hydromet.errors import FootprintError, Place, UserError, raise_all
from hydromet.flowsheet.schema import Part
from hydromet.source import nearest
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hydromet.source import Document

NEWEST = 1
# More activities than this are not solved without being asked for by name.
MOST = 200
_PIP = "pip install 'hydromet[carbon]'"
_USUAL = ("climate change", "gwp100")


class Described(Part):
    """Which activities of a Brightway database are read, and by which methods."""

    brightway: Literal[1] = Field(description="version of this format")
    project: str = Field(examples=["recycling"])
    database: str = Field(examples=["ecoinvent-3.10-cutoff"])
    licence: str = Field(description="what your licence says", examples=["ecoinvent, one user; not to be passed on"])
    methods: dict[Indicator, tuple[str, ...]] = Field(
        min_length=1, description="indicator -> name of the method", examples=["{climate: [IPCC 2021, GWP100]}"]
    )
    take: dict[str, str] = Field(min_length=1, description="factor -> code of the activity")
    gwp: str = Field(default="", description="set of potentials of the climate method", examples=["AR6 GWP100"])
    version: str = "-"
    year: str = Field(default="-", description="of the data", examples=["2023"])
    uncertainty: str = Field(default="30", description="as in a factor book", examples=["range 0.8-2.5"])


def brightway_book(name: str) -> Book:
    """Every activity of a small database, ``PROJECT/DATABASE``, by the one method for the climate that is installed.

    Raises:
        FootprintError: E777 Brightway, the project, the database or the method is missing, or there are too many.
    """
    project, slash, database = name.partition("/")
    if not (project and slash and database):
        raise _error(name, "a project and a database", "brightway:PROJECT/DATABASE")
    with _Opened(project, database, Place(f"brightway:{name}")) as opened:
        codes = opened.codes()
        if len(codes) > MOST:
            read = f"{len(codes)} activities"
            expected = f"at most {MOST}; name the activities in a file that begins with `brightway: 1`"
            raise _error(read, expected, "take: {chem.naoh: CODE}")
        described = Described(
            brightway=1, project=project, database=database, licence="the user's own; not to be passed on",
            methods={"climate": opened.usual_method()}, take=codes,
        )  # fmt: skip
        return _book(opened, described, f"brightway:{name}", {})


def described_book(document: Document, name: str) -> Book:
    """The activities that a file names.

    Raises:
        UserError, UserErrors: E113 to E118 the file; E773, E774, E777 at their line.
    """
    document.version("brightway", NEWEST)
    described = validate(document, Described)
    with _Opened(described.project, described.database, document.place(("project",))) as opened:
        places = {identity: document.place(("take", identity)) for identity in described.take}
        return _book(opened, described, name, places)


class _Opened:
    """A database with its project made current, and the former one made current again at the end."""

    def __init__(self, project: str, database: str, place: Place) -> None:
        self.project, self.database, self.place = project, database, place

    def __enter__(self) -> Self:
        try:
            # Brightway tells of its folder and of faster solvers as it is imported: nothing for our standard output.
            with redirect_stdout(sys.stderr), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import bw2calc
                import bw2data
        except ImportError as error:
            read = f"no package {error.name or 'bw2data'}"
            raise _error(read, "the packages of the extra `carbon`", _PIP, self.place) from None
        self.data: Any = bw2data
        self.calc: Any = bw2calc
        self.before = str(bw2data.projects.current)
        projects = [str(each.name) for each in bw2data.projects]
        if self.project not in projects:  # Brightway would make a new one
            raise _missing("project", self.project, projects, self.place)
        bw2data.projects.set_current(self.project)
        databases = [str(each) for each in bw2data.databases]
        if self.database not in databases:
            self.__exit__()
            raise _missing("database", self.database, databases, self.place)
        return self

    def __exit__(self, *_: object) -> None:
        self.data.projects.set_current(self.before)

    def codes(self) -> dict[str, str]:
        """Every code, under itself."""
        return {str(each["code"]): str(each["code"]) for each in self.data.Database(self.database)}

    def activity(self, code: str, place: Place) -> Any:
        """An activity by its code."""
        try:
            return self.data.get_activity((self.database, code))
        except Exception:  # the class differs between versions of Brightway
            raise _missing("activity", code, list(self.codes()), place) from None

    def methods(self) -> list[tuple[str, ...]]:
        """Names of the methods installed."""
        return [tuple(map(str, each)) for each in self.data.methods]

    def usual_method(self) -> tuple[str, ...]:
        """The only method for the climate over 100 years."""
        found = [each for each in self.methods() if all(word in " ".join(each).casefold() for word in _USUAL)]
        if len(found) != 1:
            shown = "; ".join(", ".join(each) for each in (found or self.methods())[:3]) or "no method"
            expected = "one method for the climate (climate change, GWP100); a file can name it"
            raise _error(shown, expected, "methods: {climate: [IPCC 2021, climate change, GWP100]}", self.place)
        return found[0]

    def score(self, activity: Any, method: tuple[str, ...]) -> float:
        """What 1 unit of the activity brings."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about faster solvers that could be installed
            try:
                demand, objects, _ = self.data.prepare_lca_inputs({activity: 1}, method=method)
                solved = self.calc.LCA(demand, data_objs=objects)
                solved.lci()
                solved.lcia()
            except Exception as error:  # an unlinked exchange, a matrix that is not square
                read = f"{activity}: {type(error).__name__}: {error}"[:300]
                raise _error(read, "a database that Brightway can solve", "", self.place) from None
        value = float(solved.score)
        if not math.isfinite(value):
            read = f"{activity}: {value}"
            raise _error(read, "a finite score", "", self.place)
        return value


def _book(opened: _Opened, described: Described, name: str, places: Mapping[str, Place]) -> Book:
    wrong: list[UserError] = []
    rows: list[BookRow] = []
    for identity, code in described.take.items():
        place = places.get(identity, opened.place)
        try:
            rows += _rows(opened, described, identity, code, place)
        except UserError as error:
            wrong.append(error.at(place))
    raise_all(wrong)
    lines = [f"{row.factor.id} {row.factor.indicator} {row.factor.value!r} {row.factor.per}" for row in rows]
    database = f"{described.project}/{described.database}"
    return Book(
        Head(name, {"en": described.database}, described.version, described.licence, "", digest(lines), len(rows),
             "brightway", database), tuple(rows),
    )  # fmt: skip


def _rows(opened: _Opened, described: Described, identity: str, code: str, place: Place) -> Iterator[BookRow]:
    activity = opened.activity(code, place)
    for indicator, method in described.methods.items():
        installed = opened.methods()
        if method not in installed:
            raise _missing("method", ", ".join(method), [", ".join(each) for each in installed], place)
        above = str(opened.data.methods[method].get("unit", ""))
        per, scale = unit_scale(f"{above}/{activity.get('unit', '')}", indicator)
        factor = Factor(
            identity, indicator, opened.score(activity, method) * scale, per, str(activity.get("name", code)),
            str(activity.get("location") or "GLO"), described.year, "cradle-to-gate",
            described.gwp if indicator == "climate" else "", opened.database, f"activity {code}; {', '.join(method)}",
            described.licence, "measured", "yes", deviation(described.uncertainty), False, (0.0, 0.0, 0.0),
            f"{opened.project}/{opened.database}",
        )  # fmt: skip
        yield BookRow(factor, (), "", place)


def _missing(kind: str, name: str, known: Sequence[str], place: Place) -> FootprintError:
    near = nearest(name, known) or tuple(known[:5])
    write = {"method": "methods: {climate: [%s]}", "activity": "take: {chem.naoh: %s}"}.get(kind, f"{kind}: %s")
    expected = " or ".join(near) or f"a {kind} that exists"
    return _error(f"{kind} {name}", expected, write % near[0] if near else "", place)


def _error(read: str, expected: str, write: str, place: Place | None = None) -> FootprintError:
    return FootprintError("E777", read=read, expected=expected, write=write, place=place)
