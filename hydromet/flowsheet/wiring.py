"""Names and connections of a flowsheet file: every stream is made once, used once, and ends somewhere on purpose."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hydromet.errors import FlowsheetError, UserError
from hydromet.flowsheet.graph import Node
from hydromet.flowsheet.schema import INLETS, LEAVING
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydromet.source import Document, Key
    from hydromet.units.base import Port, Unit

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


@dataclass(frozen=True)
class Link:
    """One connection: a source and where in the file it is written."""

    source: str
    path: Key


@dataclass
class Wiring:
    """The connections of a file while they are checked; mistakes are collected.

    Attributes:
        document: for places.
        units: unit name -> unit, None where its own parameters are wrong (its ports are then unknown).
        rated: feed name -> has it a rate?
        links: (unit, port) -> connections.
        errors: found so far.
    """

    document: Document
    units: Mapping[str, Unit | None]
    rated: Mapping[str, bool]
    links: dict[tuple[str, str], list[Link]] = field(default_factory=dict)
    errors: list[UserError] = field(default_factory=list)
    used: dict[str, Key] = field(default_factory=dict)
    unread: bool = False

    def check(self) -> list[Node]:
        """Check all connections; the nodes are good only if there are no errors."""
        self._names()
        if self.errors:
            return []
        for name in self.units:
            self._inlets(name)
        for (unit, port), links in self.links.items():
            for link in links:
                self._source(unit, port, link)
            self._drawn(unit, port, links)
        self._leaving()
        self._loose_ends()
        return [
            Node(
                name,
                {port: tuple(li.source for li in links) for (unit, port), links in self.links.items() if unit == name},
            )
            for name in self.units
        ]

    def error(
        self,
        code: str,
        path: Key,
        read: str,
        expected: str,
        write: str = "",
        *,
        key: bool = False,
        also: Key | None = None,
    ) -> None:
        """Keep a mistake: its place is the value at ``path``, or its key."""
        place = self.document.place(path, key=key)
        second = self.document.place(also) if also else None
        self.errors.append(FlowsheetError(code, read=read, expected=expected, write=write, place=place, also=second))

    def _names(self) -> None:
        for section, names in (("feeds", self.rated), ("units", self.units)):
            for name in names:
                if not _NAME.match(name):
                    better = re.sub(r"\W+", "_", name).strip("_") or "leach"
                    expected = "letters, digits and _, a letter first"
                    self.error("E416", (section, name), f"`{name}`", expected, f"{better}:", key=True)
                if section == "units" and name in self.rated:
                    read, write = f"`{name}` is a feed and a unit", f"{name}_unit:"
                    also = ("feeds", name)
                    self.error("E411", (section, name), read, "one name for one thing", write, key=True, also=also)

    def _inlets(self, name: str) -> None:
        unit, path = self.units[name], ("units", name, INLETS)
        given = self.document.data["units"][name].get(INLETS)
        if given is not None and not isinstance(given, dict):
            ports = ", ".join(port.name for port in unit.inlet_ports()) if unit else "its inlets"
            self.error("E400", path, _shown(given), f"inlet: source, for {ports}", "in: {feed: black_mass}")
            self.unread = True
            return
        meant: set[str] = set()
        for port, sources in (given or {}).items():
            if unit and port not in _names_of(unit.inlet_ports()):
                meant |= self._no_inlet(name, unit, port, sources)
                continue
            self.links[name, port] = list(self._links((*path, port), sources))
        if unit:
            self._missing(name, unit, {*(given or {}), *meant})

    def _no_inlet(self, name: str, unit: Unit, port: str, sources: Any) -> set[str]:
        """Tell the mistake; returns the inlet that was probably meant."""
        ports = _names_of(unit.inlet_ports())
        near = nearest(port, ports, 1)
        write = f"{near[0]}: {_yaml(sources)}" if near else ""
        self.error(
            "E402", ("units", name, INLETS, port), f"`{port}`, which is no inlet of {name} (model {unit.model})",
            _listed(ports), write, key=True,
        )  # fmt: skip
        return set(near)

    def _links(self, path: Key, sources: Any) -> Iterable[Link]:
        listed = sources if isinstance(sources, list) else [sources]
        for i, source in enumerate(listed):
            where = (*path, i) if isinstance(sources, list) else path
            if isinstance(source, str) and source:
                yield Link(source, where)
            else:
                expected = "a feed, a stream unit.port, or a list of them"
                self.error("E400", where, _shown(source), expected, f"{path[-1]}: [leach.slurry, wash.filtrate]")
                self.unread = True

    def _missing(self, name: str, unit: Unit, given: set[str]) -> None:
        for port in unit.inlet_ports():
            if port.required and port.name not in given:
                read = f"nothing connected to `{port.name}` of {name}: {port.what}"
                drawn = "a feed without a rate: the unit decides how much it takes"
                expected = drawn if port.drawn else "a feed or a stream unit.port"
                write = f"in: {{{port.name}: {self._suggestion(port)}}}"
                self.error("E403", ("units", name), read, expected, write, key=True)

    def _suggestion(self, port: Port) -> str:
        """A source that would do for an inlet: one that nothing takes yet, if there is one."""
        taken = {link.source for links in self.links.values() for link in links}
        fitting = [feed for feed, rated in self.rated.items() if rated != port.drawn]
        free = [feed for feed in fitting if feed not in taken]
        return next(iter(free or (fitting if port.drawn else [])), "process_water" if port.drawn else "leach.slurry")

    def _source(self, unit: str, port: str, link: Link) -> None:
        """A source exists, is used once, and fits a port that is not drawn."""
        if not self._exists(link.source, link.path):
            return
        source = link.source
        feed_without_rate = source in self.rated and not self.rated[source]
        if source in self.used and not feed_without_rate:
            what = "feed" if source in self.rated else "stream"
            self.error(
                "E407" if what == "feed" else "E406", link.path, f"the {what} `{source}` a second time",
                "each once: divide it with a unit of model split",
                f"divide: {{model: split, in: {{feed: {source}}}, shares: {{first: 50 %}}}}", also=self.used[source],
            )  # fmt: skip
            return
        self.used.setdefault(source, link.path)
        known = self._port(unit, port)
        if feed_without_rate and known and not known.drawn:
            self.error(
                "E413", link.path, f"the feed `{source}` without a rate at `{port}` of {unit}",
                f"a rate: {unit} does not decide how much it takes of {port}", f"{source}: {{..., rate: 100 kg/h}}",
            )  # fmt: skip

    def _exists(self, source: str, path: Key, *, feeds: bool = True) -> bool:
        """Is there such a feed or stream? If not, the nearest names are told."""
        unit, dot, port = source.partition(".")
        if feeds and source in self.rated:
            return True
        if source in self.units:
            known = self.units[source]
            ports = [f"{source}.{p}" for p in _names_of(known.outlet_ports())] if known else []
            expected = _listed(ports) or f"{source}.outlet"
            self.error("E417", path, f"the unit `{source}` without an outlet", expected, _line(path, ports))
            return False
        if dot and unit in self.units:
            known = self.units[unit]
            ports = _names_of(known.outlet_ports()) if known else [port]
            if port in ports:
                return True
            near = (nearest(port, ports, 1) or tuple(ports))[0]
            expected = _listed(f"{unit}.{p}" for p in ports)
            self.error(
                "E405", path, f"`{source}`: {unit} has no outlet {port}", expected, _line(path, [f"{unit}.{near}"])
            )
            return False
        self._unknown(source, path, feeds=feeds)
        return False

    def _unknown(self, source: str, path: Key, *, feeds: bool) -> None:
        streams = [f"{name}.{p}" for name, unit in self.units.items() if unit for p in _names_of(unit.outlet_ports())]
        near = nearest(source, [*(self.rated if feeds else ()), *streams])
        unit, dot, _ = source.partition(".")
        if dot and not near:
            near = tuple(s for u in nearest(unit, self.units, 1) for s in streams if s.startswith(f"{u}."))
        expected = _listed(near, "or") or ("a feed or a stream unit.port" if feeds else "a stream unit.port")
        what = "no such unit" if dot else "no such feed or unit"
        self.error("E404", path, f"`{source}`: {what}", expected, _line(path, near[:1]))

    def _port(self, unit: str, port: str) -> Port | None:
        known = self.units[unit]
        return next((p for p in known.inlet_ports() if p.name == port), None) if known else None

    def _drawn(self, unit: str, port: str, links: list[Link]) -> None:
        """A drawn port takes one feed without a rate, nothing else."""
        known = self._port(unit, port)
        if not known or not known.drawn:
            return
        for link in links:
            if self.rated.get(link.source):
                given = {k: v for k, v in self.document.data["feeds"][link.source].items() if k != "rate"}
                read = f"a rate for `{link.source}`, though `{port}` of {unit} decides itself how much it takes"
                expected = "one of the two: the rate, or the set point that makes the unit decide"
                write = f"{link.source}: {_yaml(given)}"
                self.error("E414", link.path, read, expected, write, also=("feeds", link.source, "rate"))
            elif "." in link.source:
                self._not_drawn(unit, known, link.path, f"the stream `{link.source}`")
        if len(links) > 1:
            self._not_drawn(unit, known, links[1].path, "several sources")

    def _not_drawn(self, unit: str, port: Port, path: Key, what: str) -> None:
        read = f"{what} at `{port.name}` of {unit}, which decides itself how much it takes"
        self.error("E415", path, read, "one feed without a rate", f"{port.name}: {self._suggestion(port)}")

    def _leaving(self) -> None:
        """Declared outlets exist and are free."""
        declared: dict[str, Key] = {}
        for kind in LEAVING:
            section = self.document.data.get(kind)
            for name, given in (section if isinstance(section, dict) else {}).items():
                stream = given.get("stream") if isinstance(given, dict) else given
                path: Key = (kind, name, "stream") if isinstance(given, dict) else (kind, name)
                if not isinstance(stream, str):
                    continue
                if stream in self.rated:
                    first = next((f"{n}.{u.outlet_ports()[0].name}" for n, u in self.units.items() if u), "filter.cake")
                    self.error(
                        "E409",
                        path,
                        f"the feed `{stream}`",
                        "a stream that a unit makes, unit.port",
                        f"{name}: {first}",
                    )
                elif self._exists(stream, path, feeds=False):
                    self._free(stream, path, declared)

    def _free(self, stream: str, path: Key, declared: dict[str, Key]) -> None:
        if stream in declared:
            write = f"wastes: {{{stream.replace('.', '_')}: {stream}}}"
            self.error(
                "E418", path, f"`{stream}` declared a second time", "each outlet once", write, also=declared[stream]
            )
        elif stream in self.used:
            read, expected = (
                f"`{stream}` leaves the plant and feeds a unit",
                "one of the two, or a split that divides it",
            )
            write = f"divide: {{model: split, in: {{feed: {stream}}}, shares: {{recycle: 95 %}}}}"
            self.error("E410", path, read, expected, write, also=self.used[stream])
        declared.setdefault(stream, path)
        self.used.setdefault(stream, path)

    def _loose_ends(self) -> None:
        """Outlets that nothing takes, feeds that go nowhere; silent where another mistake may be the reason."""
        written = set(_texts(self.document.data))
        for name, unit in self.units.items():
            for port in unit.outlet_ports() if unit else ():
                stream = f"{name}.{port.name}"
                if stream not in self.used and stream not in written and not self._misspelt(stream):
                    self.error(
                        "E408", ("units", name), f"nothing takes `{stream}` ({port.what})",
                        "a unit that takes it, or a line under products, by_products, wastes or emissions",
                        f"wastes: {{{name}_{port.name}: {stream}}}", key=True,
                    )  # fmt: skip
        for feed in self.rated:
            if feed not in self.used and feed not in written and not self.unread and not self._misspelt(feed):
                expected = "an inlet that takes it, or no such feed"
                self.error(
                    "E412",
                    ("feeds", feed),
                    f"the feed `{feed}` goes nowhere",
                    expected,
                    f"in: {{feed: {feed}}}",
                    key=True,
                )

    def _misspelt(self, source: str) -> bool:
        """Does some wrong name stand for this source? Then that is the mistake to tell."""
        unit = source.partition(".")[0]
        declared = (
            given.get("stream") if isinstance(given, dict) else given
            for kind in LEAVING
            for given in self._declared(kind)
        )
        wrong = [link.source for links in self.links.values() for link in links] + [
            d for d in declared if isinstance(d, str)
        ]
        lost = [w for w in wrong if w not in self.used]
        return any(w.partition(".")[0] == unit or source in nearest(w, [source]) for w in lost)

    def _declared(self, kind: str) -> list[Any]:
        section = self.document.data.get(kind)
        return list(section.values()) if isinstance(section, dict) else []


def _names_of(ports: Iterable[Port]) -> list[str]:
    return [port.name for port in ports]


def _listed(names: Iterable[str], last: str = "or") -> str:
    items = list(names)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def _line(path: Key, names: Iterable[str]) -> str:
    """A line that works at this path, with the first of the names."""
    first = next(iter(names), "")
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    return f"{key}: {first}" if first else ""


def _texts(data: Any) -> Iterator[str]:
    """All texts that stand as values anywhere in a document."""
    if isinstance(data, str):
        yield data
    for part in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _texts(part)


def _yaml(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_yaml(part)}' for key, part in value.items())}}}"
    return f"[{', '.join(map(_yaml, value))}]" if isinstance(value, list) else str(value)


def _shown(value: Any) -> str:
    return "nothing" if value is None else "a mapping" if isinstance(value, dict) else _yaml(value)
