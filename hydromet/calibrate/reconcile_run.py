"""The door to reconciliation: readings, links and a flowsheet in, windows with reconciled values out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from hydromet.calibrate.gross_errors import Course, Tested, course, examine
from hydromet.calibrate.readings import BESIDE, DRY, FLOWS, Breaks, Link, exactly, meaning
from hydromet.calibrate.reconcile import OBSERVABLE, reconcile
from hydromet.calibrate.reconcile_file import is_case, streams_of, unknown
from hydromet.calibrate.reconcile_network import (
    DECLARED,
    Measurement,
    Network,
    Topology,
    declared,
    measurement,
    network,
    topology,
)
from hydromet.calibrate.reconcile_record import figures
from hydromet.calibrate.select import Search, Settings, SteadyWindow, steady_windows
from hydromet.errors import FlowsheetError, UserError, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hydromet.calibrate.reconcile_file import Case

_LONGEST = 8.0
LABORATORY = "laboratory"


@dataclass(frozen=True)
class Beside:
    """A mean that stands in no balance, in the unit of the tag: temperature, pH, potential, pressure."""

    link: Link
    value: float
    error: float
    instrument: float


@dataclass(frozen=True)
class WindowResult:
    """A reconciled window: means, network, estimate with its tests, and what stands beside the balances."""

    window: SteadyWindow
    network: Network
    tested: Tested
    beside: tuple[Beside, ...]


@dataclass(frozen=True)
class Reconciled:
    """A reconciled run.

    Attributes:
        case: what was asked. links: tags that were used. topology: what was balanced.
        search: for windows. windows: reconciled. courses: tag -> its bias over the windows.
        notices: (code, text). left_out: tag -> readings that were not good.
    """

    case: Case
    links: tuple[Link, ...]
    topology: Topology
    search: Search
    windows: tuple[WindowResult, ...]
    courses: dict[str, Course]
    notices: tuple[tuple[str, str], ...]
    left_out: dict[str, int]


def reconcile_run(case: Case, readings: pd.DataFrame, links: Sequence[Link], breaks: Breaks) -> Reconciled:
    """Select steady windows, reconcile each of them, and look for gross errors.

    Args:
        case: the flowsheet and what was asked.
        readings: of ``readings.usable``.
        links: of the station: what its tags measure.
        breaks: gaps, calibrations and notes of the run.

    Raises:
        UserError, UserErrors: E674 to E680 names, units and uncertainties; E677 no steady window; E678 nothing is
            measured twice over in any window.
        ConvergenceError: E684.
    """
    used = linked(case, links, tuple(sorted(set(readings["tag"]))))
    elements = _elements(case, used)
    settings = _settings(case, used)
    given = [(name, _ns(case, name, "from"), _ns(case, name, "to")) for name in case.file.windows]
    search = steady_windows(readings, used, breaks, settings, given)
    if search.start == search.end:
        raise _no_reading(case, used)
    if not search.windows:
        raise _nowhere(case, search, settings)
    raise_all(list(_beyond(case, search, given)))
    found = topology(case, elements)
    windows = tuple(_window(case, found, used, window) for window in search.windows)
    if not any(window.tested.first.freedom for window in windows):
        raise _nothing_redundant(case, found, windows[0])
    notices = (*_notices(case, used, windows), *_samples_outside(readings, used, search, settings))
    return Reconciled(
        case, used, found, search, windows, courses(windows), notices, dict(readings.attrs.get("left_out", {}))
    )


def linked(case: Case, links: Sequence[Link], there: Sequence[str]) -> tuple[Link, ...]:
    """The links of the station with those of the file over them, checked against flowsheet and units.

    Raises:
        UserError, UserErrors: E674 no such stream, E675 no such quantity, E676 a unit of another, E680 no such tag.
    """
    file, document = case.file, case.document
    by_tag = {link.tag: link for link in links}
    for tag, part in file.links.items():
        known = by_tag.get(tag)
        unit = part.unit if part.unit is not None else known.unit if known else ""
        kind = LABORATORY if part.laboratory or (known and known.kind == LABORATORY) else "process"
        by_tag[tag] = Link(
            tag, part.stream, part.quantity, unit, known.uncertainty if known else "", kind,
            known.source if known else "", document.place(("links", tag), key=True),
        )  # fmt: skip
    tags = tuple(dict.fromkeys([*by_tag, *there]))
    errors = [*unknown(file.uncertainties, tags, document, ("uncertainties",), "a tag")]
    errors += unknown(file.exclude, tags, document, ("exclude",), "a tag")
    errors += unknown(file.steady.tolerances, tags, document, ("steady", "tolerances"), "a tag")
    streams = streams_of(case.plant)
    found = []
    for tag, link in by_tag.items():
        if tag in file.exclude:
            continue
        spread = file.uncertainties.get(tag, link.uncertainty or file.uncertainty)
        errors += unknown((link.stream,), streams, document, ("links", tag, "stream"), "a stream")
        try:
            meaning(link)
            said = document.place(("uncertainties", tag)) if tag in file.uncertainties else link.place
            exactly(spread, replace(link, place=said), 1.0)
        except UserError as error:
            errors.append(error)
        found.append(replace(link, uncertainty=spread))
    if not found and not errors:
        write = "links: {FT1: {stream: leach.slurry, quantity: volume flow, unit: L/h}}"
        expected = "tags that are linked to streams, in the station file or here"
        errors.append(
            FlowsheetError(
                "E682", read="no linked tag", expected=expected, write=write, place=document.place(("links",))
            )
        )
    raise_all(errors)
    return tuple(found)


def _elements(case: Case, links: Sequence[Link]) -> tuple[str, ...]:
    """Elements that are balanced: as asked, else those of which a content is measured."""
    names = [link.quantity.removesuffix(DRY) for link in links] + [
        v.quantity.removesuffix(DRY) for v in case.file.values
    ]
    measured = [name for name in dict.fromkeys(names) if name not in FLOWS and name not in BESIDE]
    return case.file.elements or tuple(measured)


def _settings(case: Case, links: Sequence[Link]) -> Settings:
    part = case.file.steady
    by_tag = {link.tag: link for link in links}
    wide = {
        tag: (0.0, exactly(text, by_tag[tag], 1.0)) if "%" in str(text) else (exactly(text, by_tag[tag], 1.0), 0.0)
        for tag, text in part.tolerances.items()
        if tag in by_tag
    }
    return Settings(
        part.length, part.longest or _LONGEST * part.length, part.tolerance, wide, part.stale, part.coverage,
        part.notes == "break", part.sample_slack,
    )  # fmt: skip


def _ns(case: Case, name: str, end: str) -> int:
    """Beginning or end of a window that was given, ns.

    Raises:
        FlowsheetError: E683, no time, or an end that is not after the beginning.
    """
    span = case.file.windows[name]
    place = case.document.place(("windows", name, end))
    try:
        begin, to = (_stamp(text) for text in (span.begin, span.to))
    except (ValueError, TypeError, OverflowError):
        begin, to = 0, 0
    if not begin < to:
        read, expected = f"from {span.begin} to {span.to}", "two times, the second after the first"
        write = f'{name}: {{from: "2026-11-26T06:00:00Z", to: "2026-11-26T09:00:00Z"}}'
        raise FlowsheetError("E683", read=read, expected=expected, write=write, place=place)
    return begin if end == "from" else to


def _stamp(text: str) -> int:
    stamp = pd.Timestamp(text)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return int(stamp.as_unit("ns").value)


def _no_reading(case: Case, links: Sequence[Link]) -> FlowsheetError:
    """E677, where not one reading of a meter is left."""
    tags = ", ".join(link.tag for link in links[:3])
    expected = f"good readings of {tags} between `from` and `to`, where these are given"
    write = f"{links[0].tag},2026-11-26T14:00:00Z,12.5,good" if case.file.readings else "hydromet log status RUN"
    place = case.document.place(("readings",), key=True) if case.file.readings else None
    return FlowsheetError("E677", read="no good reading of a linked tag", expected=expected, write=write, place=place)


def _beyond(case: Case, search: Search, given: Sequence[tuple[str, int, int]]) -> Iterator[FlowsheetError]:
    """Windows that were given where there is no reading."""
    first, last = (f"{pd.Timestamp(time):%Y-%m-%dT%H:%M:%SZ}" for time in (search.start, search.end))
    for name, begin, to in given:
        if begin > search.end or to <= search.start:
            span = case.file.windows[name]
            yield FlowsheetError(
                "E677", read=f"{name}: no reading from {span.begin} to {span.to}",
                expected=f"a window between {first} and {last}", write=f'{name}: {{from: "{first}", to: "{last}"}}',
                place=case.document.place(("windows", name)),
            )  # fmt: skip


def _nowhere(case: Case, search: Search, settings: Settings) -> FlowsheetError:
    # a flowsheet has no such line: it wants a file of its own
    own = is_case(case.document)
    place = case.document.place(("steady",), key=True) if own else None
    hours = (search.end - search.start) / 3.6e12
    if not search.candidates:
        read = f"{hours:.3g} h of good readings of linked tags"
        expected = f"at least one window of {settings.length / 60.0:g} min without a gap, a calibration or a note"
        write = "steady: {length: 10 min}"
    else:
        worst = sorted(search.moved, key=lambda tag: (-search.moved[tag], tag))[:3]
        told = ", ".join(f"{tag} in {search.moved[tag]}" for tag in worst)
        read = f"{search.candidates} windows of {settings.length / 60.0:g} min in {hours:.3g} h, none steady: {told}"
        expected = "a window in which no tag moves by more than its tolerance"
        write = f"steady: {{tolerances: {{{worst[0]}: 5 %}}}}" if worst else "steady: {tolerance: 2 %}"
    if not own:
        write = f"reconcile: 1\nflowsheet: {case.file.flowsheet}\nrun: {case.file.run}\n{write}"
    return FlowsheetError("E677", read=read, expected=expected, write=write, place=place)


def _window(case: Case, found: Topology, links: Sequence[Link], window: SteadyWindow) -> WindowResult:
    """One window: what is measured, what is declared, the balances, the tests."""
    measurements, beside = [], []
    for link in links:
        mean = window.means.get(link.tag)
        if mean is None:
            continue
        if meaning(link)[0] == "beside":
            instrument = exactly(link.uncertainty, link, mean.value) / max(mean.samples, 1) ** 0.5
            beside.append(Beside(link, mean.value, mean.error, instrument))
        else:
            measurements.append(measurement(link, mean.value, mean.error, link.uncertainty, mean.samples))
    measurements += list(_typed(case))
    balanced = [m for m in measurements if not m.key[2] or m.key[2] in found.elements]
    if case.file.declared.use:
        kinds = {(m.key[0], m.key[1]) for m in balanced}
        wanted = {stream for stream, kind in kinds if kind == "volume" and (stream, "density") not in kinds}
        known = {(m.key[0], m.key[2]) for m in balanced if m.key[2]}
        extra = declared(case.plant, case.file.declared, found, wanted & set(case.plant.feeds))
        balanced += [m for m in extra if (m.key[0], m.key[2]) not in known]
    made = network(found, balanced)
    values = {i: (m.value, m.uncertainty) for i, m in made.measured.items()}
    kept = {i for i, m in made.measured.items() if m.link.tag == DECLARED}
    return WindowResult(window, made, examine(made.system, values, case.file.alpha, kept), tuple(beside))


def _typed(case: Case) -> Iterator[Measurement]:
    for number, value in enumerate(case.file.values):
        place = case.document.place(("values", number), key=True)
        link = Link("typed", value.stream, value.quantity, value.unit, value.uncertainty, "typed", "", place)
        if meaning(link)[0] != "beside":
            yield measurement(link, value.value, 0.0, value.uncertainty, 0)


def _nothing_redundant(case: Case, found: Topology, first: WindowResult) -> FlowsheetError:
    estimate, system = first.tested.first, first.network.system
    blind = [name for name, s in zip(system.names, estimate.status, strict=True) if s == "unobservable"]
    measured = sum(m.link.tag != DECLARED for m in first.network.measured.values())
    read = f"{measured} measured values in {len(found.nodes)} nodes, and no balance between them"
    told = f"; nothing tells {', '.join(blind[:4])}" if blind else ""
    expected = f"all but one stream of a unit or envelope measured, flow and content{told}"
    write = "values: [{stream: %s, quantity: mass flow, value: 1.0, unit: kg/h, uncertainty: 2 %%}]"
    stream = next((name.split(" ")[0] for name in blind), "wash_water")
    return FlowsheetError("E678", read=read, expected=expected, write=write % stream, place=case.document.place())


def courses(windows: Sequence[WindowResult]) -> dict[str, Course]:
    """What the bias of each suspected instrument does over all windows in which the balances tell it."""
    tags = dict.fromkeys(
        result.network.measured[s.index].link.tag for result in windows for s in result.tested.suspects
    )
    found = {}
    for tag in tags:
        rows = [row for result in windows if (row := _bias(result, tag))]
        if rows:
            times, biases, errors, suspected = zip(*rows, strict=True)
            found[tag] = course(times, biases, errors, sum(suspected))
    return found


def _bias(result: WindowResult, tag: str) -> tuple[float, float, float, bool] | None:
    """Middle of a window, bias of a tag in its unit with standard error, and whether it was suspected."""
    i = next((i for i, m in result.network.measured.items() if m.link.tag == tag), None)
    if i is None:
        return None
    middle = 0.5e-9 * (result.window.start + result.window.end)
    gone = {s.index for s in result.tested.suspects}
    values = {k: (m.value, m.uncertainty) for k, m in result.network.measured.items() if k not in gone | {i}}
    without = reconcile(result.network.system, values)
    if without.status[i] != OBSERVABLE:
        return None
    one = result.network.measured[i]
    bias = (one.value - float(without.values[i])) / one.per_unit
    # the instrument's own uncertainty is the same in all windows: a trend shows beside the noise alone
    noise = one.uncertainty / one.per_unit if one.link.kind == LABORATORY else one.error
    error = (noise**2 + (float(without.errors[i]) / one.per_unit) ** 2) ** 0.5
    return middle, bias, error, i in gone


def _notices(case: Case, links: Sequence[Link], windows: Sequence[WindowResult]) -> Iterator[tuple[str, str]]:
    """What a user should know: assumed uncertainties, tags left out, flows held at zero, unexplained chi-squares."""
    file = case.file
    assumed = [k.tag for k in links if k.uncertainty == file.uncertainty and k.tag not in file.uncertainties]
    if assumed and "uncertainty" not in file.model_fields_set:
        yield "W674", f"{case.file.uncertainty} taken for {', '.join(assumed)}: no uncertainty is declared"
    for result in windows:
        name = result.window.name
        reasons: dict[str, list[str]] = {}
        for tag, why in result.window.left_out.items():
            reasons.setdefault(why, []).append(tag)
        for why, tags in reasons.items():
            yield "W675", f"{name}: {', '.join(tags)} left out, {why}"
        for i in result.tested.last.held:
            yield "W676", f"{name}: {figures(result.network)[i]} would be negative and is held at zero"
        if result.window.unsteady:
            yield "W677", f"{name} was given and is not steady: {', '.join(result.window.unsteady)}"


def _samples_outside(
    readings: pd.DataFrame, links: Sequence[Link], search: Search, settings: Settings
) -> Iterator[tuple[str, str]]:
    """Samples that were taken in no window."""
    slack = round(settings.slack * 1e9)
    tags = {link.tag for link in links if link.kind == LABORATORY}
    times = readings[readings["tag"].isin(sorted(tags))]["time"].to_numpy("datetime64[ns]").astype("int64")
    lost = sum(not any(w.start - slack <= t < w.end + slack for w in search.windows) for t in times.tolist())
    if lost:
        yield "W678", f"{lost} of {len(times)} laboratory results were sampled in no steady window and are not used"
