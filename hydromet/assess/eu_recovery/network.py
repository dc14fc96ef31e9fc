"""Who takes what: the names in ``in`` and ``of`` resolved to parts of lots and fractions of facilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.assess.eu_recovery.composition import parts_of
from hydromet.errors import RecoveryError, UserError
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hydromet.assess.eu_recovery.case_file import Case, CaseFile
    from hydromet.errors import Place


@dataclass(frozen=True, order=True)
class Source:
    """A part of a lot (``lot`` and ``name``) or a fraction of a facility (``facility`` and ``name``).

    A lot that is no battery is one part with an empty name.
    """

    lot: str
    facility: str
    name: str

    def __str__(self) -> str:
        """As written in a file."""
        return ".".join(filter(None, (self.lot or self.facility, self.name)))


@dataclass(frozen=True)
class Network:
    """Facility -> name in its ``in`` -> what that stands for."""

    inlets: Mapping[str, Mapping[str, tuple[Source, ...]]]

    def takes(self, facility: str) -> tuple[Source, ...]:
        """Everything a facility takes."""
        return tuple(source for sources in self.inlets[facility].values() for source in sources)

    def taker(self, facility: str, fraction: str) -> str:
        """The facility that takes a fraction, or nothing."""
        wanted = Source("", facility, fraction)
        return next((name for name in self.inlets if wanted in self.takes(name)), "")


def network(file: CaseFile) -> Network:
    """The connections; what cannot be resolved is left out and is told by ``mistakes``."""
    parts = {lot: tuple(parts_of(each)) for lot, each in file.lots.items()}
    single = {name for facility in file.facilities.values() for name in facility.inlets if "." in name}
    found: dict[str, dict[str, tuple[Source, ...]]] = {}
    for name, facility in file.facilities.items():
        taken: dict[str, tuple[Source, ...]] = {}
        for token in facility.inlets:
            head, _, rest = token.partition(".")
            if token in parts:
                left = [part for part in parts[token] if f"{token}.{part}" not in single]
                taken[token] = tuple(Source(token, "", part) for part in left)
            elif head in parts and rest in parts[head]:
                taken[token] = (Source(head, "", rest),)
            elif head in file.facilities and rest:
                taken[token] = (Source("", head, rest),)
        found[name] = taken
    return Network(found)


def mistakes(case: Case) -> Iterator[UserError]:
    """Names that stand for nothing, are used twice, or not at all."""
    file = case.file
    order = list(file.facilities)
    outlets = {
        f: set(each.out) | (set(each.plant.uses) if each.plant else set()) for f, each in file.facilities.items()
    }
    used: dict[str, tuple[str, int]] = {}
    for place, (name, facility) in enumerate(file.facilities.items()):
        for i, token in enumerate(facility.inlets):
            here = _inlet_place(case, name, i)
            problem = _unknown(file, outlets, order[:place], name, token)
            if problem:
                yield problem.at(here)
            elif token in used:
                first = _inlet_place(case, *used[token])
                yield RecoveryError(
                    "E915", read=f"{token} a second time", expected="each lot and fraction taken once",
                    write=f"in: [{', '.join(n for n in facility.inlets if n != token) or 'another lot'}]",
                    place=here, also=first,
                )  # fmt: skip
            used.setdefault(token, (name, i))
        yield from _made_of(case, name)
    yield from _clashes(case)
    for lot in file.lots:
        parts = {f"{lot}.{part}" for part in parts_of(file.lots[lot])}
        if lot not in used and not (parts and parts <= set(used)):
            left = sorted(parts - set(used)) if parts & set(used) else []
            yield RecoveryError(
                "E916", read=f"{', '.join(left) or lot}, which no facility takes", expected="lots that facilities take",
                write=f"in: [{lot}]", place=case.document.place((*case.path, "lots", lot), key=True),
            )  # fmt: skip


def _unknown(
    file: CaseFile, outlets: Mapping[str, set[str]], above: list[str], name: str, token: str
) -> RecoveryError | None:
    head, _, rest = token.partition(".")
    if head in file.lots:
        parts = parts_of(file.lots[head])
        if not rest or rest in parts:
            return None
        near = nearest(rest, parts) or tuple(parts)
        return RecoveryError("E916", read=token, expected=f"a part of {head}: {', '.join(parts)}",
                             write=f"in: [{head}.{near[0]}]" if near else "")  # fmt: skip
    if head in file.facilities and head not in above:
        return RecoveryError(
            "E921", read=token, expected=f"a fraction of a facility above {name}", write="declare net flows downstream"
        )
    if head in file.facilities:
        if rest in outlets[head] or file.facilities[head].plant is not None:
            return _goes_on(file, head, rest, token)
        near = nearest(rest, outlets[head]) or tuple(sorted(outlets[head]))
        return RecoveryError("E916", read=token, expected=f"a fraction of {head}: {', '.join(sorted(outlets[head]))}",
                             write=f"in: [{head}.{near[0]}]" if near else "")  # fmt: skip
    known = [*file.lots, *(f"{f}.{o}" for f in above for o in sorted(outlets[f]))]
    close = nearest(token, known) or tuple(known)
    return RecoveryError("E916", read=token, expected="a lot, a part of a lot or a fraction of a facility above",
                         write=f"in: [{close[0]}]")  # fmt: skip


def _goes_on(file: CaseFile, facility: str, fraction: str, token: str) -> RecoveryError | None:
    """A fraction that another facility takes is an intermediate, whatever it is sold as."""
    outlet = file.facilities[facility].out.get(fraction)
    if outlet is None or outlet.use == "intermediate":
        return None
    return RecoveryError(
        "E923", read=f"{token} with use {outlet.use}", expected="an intermediate: what goes on is no output",
        write="use: intermediate",
    )  # fmt: skip


def _clashes(case: Case) -> Iterator[UserError]:
    """Names that two things have: a lot and a facility, an opening stock and an inlet."""
    file = case.file
    for name, facility in file.facilities.items():
        if name in file.lots:
            yield RecoveryError(
                "E915", read=f"a lot and a facility {name}", expected="a name for each", write=f"{name}_works:",
                place=case.document.place((*case.path, "facilities", name), key=True),
                also=case.document.place((*case.path, "lots", name), key=True),
            )  # fmt: skip
        for key in facility.opening:
            if key in facility.inlets:
                yield RecoveryError(
                    "E915", read=f"an inlet and an opening stock {key}", expected="a name for each",
                    write=f"{key}_store:",
                    place=case.document.place((*case.path, "facilities", name, "opening", key), key=True),
                )  # fmt: skip


def _made_of(case: Case, name: str) -> Iterator[UserError]:
    facility = case.file.facilities[name]
    known = (*facility.inlets, *facility.opening)
    for group, fractions in (("out", facility.out), ("closing", facility.closing)):
        for key, fraction in fractions.items():
            for i, token in enumerate(fraction.of):
                if token not in known:
                    near = nearest(token, known) or known
                    where = (*case.path, "facilities", name, group, key, "of")
                    place = case.document.place((*where, i) if (*where, i) in case.document.values else where)
                    yield RecoveryError("E916", read=token, expected=f"one of {', '.join(known)}",
                                        write=f"of: [{near[0]}]", place=place)  # fmt: skip


def _inlet_place(case: Case, facility: str, index: int) -> Place:
    base = (*case.path, "facilities", facility)
    inlets = case.file.facilities[facility].inlets
    token = inlets[index] if index < len(inlets) else ""
    ways: list[tuple[str | int, ...]] = [(*base, "in", index)]
    for group in ("out", "closing"):  # a part that is an inlet since a fraction was made of it
        for key, fraction in getattr(case.file.facilities[facility], group).items():
            ways += [(*base, group, key, "of", i) for i, each in enumerate(fraction.of) if each == token]
            ways += [(*base, group, key, "of")] * (token in fraction.of)
    return case.document.place(next((way for way in ways if way in case.document.values), (*base, "in")))
