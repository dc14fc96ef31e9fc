"""A flowsheet file read into a plant that can be solved; all mistakes of the file are told at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydromet.errors import FlowsheetError, Place, UserError, UserErrors, raise_all
from hydromet.flowsheet.exits import without_exit
from hydromet.flowsheet.feeds import FeedSpec, FeedStream, feed_stream, read_feed
from hydromet.flowsheet.graph import Node, Plan, plan
from hydromet.flowsheet.overrides import override
from hydromet.flowsheet.parameters import with_parameters
from hydromet.flowsheet.passes import Problem
from hydromet.flowsheet.schema import FORMAT, MODEL, NEWEST, OWN, FlowsheetFile
from hydromet.flowsheet.specification import aims
from hydromet.flowsheet.wiring import Wiring
from hydromet.source import Document, load, nearest
from hydromet.units.fields import FROM_FILE
from hydromet.units.registry import unit_models
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hydromet.chemistry import Chemistry
    from hydromet.flowsheet.parameters import Fitted
    from hydromet.flowsheet.targets import Aim
    from hydromet.units.base import Unit


@dataclass(frozen=True)
class Plant:
    """A flowsheet file understood.

    Attributes:
        file: the file model.
        units: unit by name, in the order written.
        feeds: feed by name, in the order written.
        nodes: connections of the units.
        plan: order of computation and tears.
        aims: targets.
        chemistry: loaded data sets.
        files: name of every file read -> SHA-256.
        changes: ``--set`` path -> value as text.
        document: where everything stands.
        fitted: values of its parameters file; none without one.
    """

    file: FlowsheetFile
    units: Mapping[str, Unit]
    feeds: Mapping[str, FeedStream]
    nodes: tuple[Node, ...]
    plan: Plan
    aims: tuple[Aim, ...]
    chemistry: Chemistry
    files: Mapping[str, str]
    changes: Mapping[str, str]
    document: Document = field(repr=False)
    fitted: Fitted | None = None

    def problem(self) -> Problem:
        """What the solver works on."""
        return Problem(
            self.plan,
            self.units,
            {name: feed.stream for name, feed in self.feeds.items()},
            frozenset(name for name, feed in self.feeds.items() if feed.drawn),
            self.chemistry,
        )

    def rates(self) -> dict[str, float]:
        """Feeds with a rate, kg/s as declared."""
        return {name: feed.rate for name, feed in self.feeds.items() if not feed.drawn}


def read_plant(path: str | Path, changes: Mapping[str, str] | None = None) -> Plant:
    """Read a flowsheet file.

    Args:
        path: the file; its feeds are looked for beside it.
        changes: path in the file -> value as text, as ``--set`` gives them; ``leach.temperature`` is short for
            ``units.leach.temperature``.

    Raises:
        UserError, UserErrors: everything that is wrong with it.
    """
    return plant_of(load(path), Path(path).parent, changes)


def plant_of(document: Document, folder: Path | None = None, changes: Mapping[str, str] | None = None) -> Plant:
    """A plant from a document already read; see ``read_plant``."""
    if not isinstance(document.data, dict):
        read = "a list" if isinstance(document.data, list) else str(document.data)
        expected = "a flowsheet: a mapping with hydromet, feeds, units, products"
        raise FlowsheetError("E400", read=read, expected=expected, write="hydromet: 1", place=document.place())
    document.version(FORMAT, NEWEST)
    document, places = override(document, changes or {})
    document, theirs, fitted = with_parameters(document, folder, places)
    places = places | theirs
    try:
        return _Reader(document, folder, fitted).read(dict(changes or {}))
    except UserErrors as several:
        raise UserErrors(_told_where_set(error, places) for error in several.errors) from None
    except UserError as error:
        raise _told_where_set(error, places) from None


def _told_where_set(error: UserError, places: Mapping[str, Place]) -> UserError:
    """A mistake in a value that ``--set`` or the parameters file gave stands there, not in the flowsheet."""
    if error.place is not None and error.place.path in places:
        error.place = places[error.place.path]
    return error


@dataclass
class _Reader:
    document: Document
    folder: Path | None
    fitted: Fitted | None = None
    errors: list[UserError] = field(default_factory=list)

    def attempt(self, make: Callable[[], Any]) -> Any:
        """What ``make`` gives; None when it raises, and its errors are kept."""
        try:
            return make()
        except UserErrors as several:
            self.errors += several.errors
        except UserError as one:
            self.errors.append(one)
        return None

    def read(self, changes: dict[str, str]) -> Plant:
        file: FlowsheetFile | None = self.attempt(lambda: validate(self.document, FlowsheetFile, context=FROM_FILE))
        units = {
            name: self.unit(name, given) for name, given in self.section("units").items() if isinstance(given, dict)
        }
        specs = {name: self.spec(name) for name in self.section("feeds")}
        rated = {name: self.has_rate(name, spec) for name, spec in specs.items()}
        wiring = Wiring(self.document, units, rated)
        nodes = wiring.check()
        self.errors += wiring.errors
        chemistry: Chemistry | None = self.attempt(lambda: self.chemistry(file)) if file else None
        made = {name: self.feed(name, spec, chemistry) for name, spec in specs.items() if spec is not None}
        sound = {name: unit for name, unit in units.items() if unit is not None}
        rates = {name: spec.rate for name, spec in specs.items() if spec is not None}
        found: list[Aim] = []
        if file and len(sound) == len(units):
            found, problems = aims(self.document, file.targets, sound, rates, nodes)
            self.errors += problems
        raise_all(self.errors)
        assert file is not None  # noqa: S101  # its absence has raised
        assert chemistry is not None  # noqa: S101
        feeds = {name: feed for name, feed in made.items() if feed is not None}
        files = self.files(feeds)
        order = plan(nodes)
        plant = Plant(
            file, sound, feeds, tuple(nodes), order, tuple(found), chemistry, files, changes, self.document, self.fitted
        )
        raise_all(without_exit(plant.problem(), self.document))
        return plant

    def section(self, name: str) -> dict[str, Any]:
        found = self.document.data.get(name)
        return found if isinstance(found, dict) else {}

    def unit(self, name: str, given: dict[str, Any]) -> Unit | None:
        """One unit of the file, None if its parameters are wrong."""
        models, path = unit_models(), ("units", name)
        model = given.get(MODEL)
        if not isinstance(model, str) or model not in models:
            near = nearest(str(model), models) if model is not None else ()
            expected = " or ".join(near) or f"one of {', '.join(models)}"
            place = self.document.place((*path, MODEL) if MODEL in given else path, key=MODEL not in given)
            read = f"no `{MODEL}` in {name}" if model is None else f"`{model}`"
            write = f"{MODEL}: {near[0] if near else 'mix'}"
            self.errors.append(FlowsheetError("E401", read=read, expected=expected, write=write, place=place))
            return None
        data = {key: value for key, value in given.items() if key not in OWN}
        unit: Unit | None = self.attempt(
            lambda: validate(self.document, models[model], path, data=data, context=FROM_FILE)
        )
        return unit

    def spec(self, name: str) -> FeedSpec | None:
        found: FeedSpec | None = self.attempt(lambda: read_feed(self.document, ("feeds", name)))
        return found

    def has_rate(self, name: str, spec: FeedSpec | None) -> bool:
        given = self.section("feeds")[name]
        return spec.rate is not None if spec is not None else isinstance(given, dict) and "rate" in given

    def feed(self, name: str, spec: FeedSpec, chemistry: Chemistry | None) -> FeedStream | None:
        path = ("feeds", name)
        made: FeedStream | None = self.attempt(
            lambda: feed_stream(spec, chemistry, folder=self.folder, document=self.document, path=path)
        )
        return made

    def chemistry(self, file: FlowsheetFile) -> Chemistry:
        from hydromet.chemistry import Chemistry

        try:
            return Chemistry.load(file.chemistry)
        except UserError as error:
            raise error.at(self.document.place(("chemistry",))) from None

    def files(self, feeds: Mapping[str, FeedStream]) -> dict[str, str]:
        own = sha256("\n".join(self.document.lines).encode()).hexdigest()
        found = {Path(self.document.name).name: own}
        for feed in feeds.values():
            found.update(feed.files)
        if self.fitted is not None:
            found[Path(self.fitted.name).name] = self.fitted.digest
        return dict(sorted(found.items()))
