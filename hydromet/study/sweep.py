"""A flowsheet solved over the values of one of its numbers.

One point after another, each started from its neighbour: serial, the same every time. A point that cannot be solved
is a row with its reason, not the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hydromet.assess.case import Flowsheet, Limits, load
from hydromet.chemistry.solutions.curve import Column, Curve
from hydromet.errors import UserError, UserErrors
from hydromet.flowsheet.overrides import override, value_at
from hydromet.source import load as read
from hydromet.study.phase_changes import phase_changes
from hydromet.study.response import all_responses, check_responses, main_responses, response, unit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hydromet.flowsheet.result import Result
    from hydromet.flowsheet.solve import Watch
    from hydromet.study.points import Points
    from hydromet.study.vary import Vary

KIND = "sweep"


@dataclass(frozen=True)
class Point:
    """One value of a sweep.

    Attributes:
        value: in the unit of the sweep.
        text: value and unit as the file would have them.
        result: the solved plant; None if it could not be solved.
        error: why not.
        kept: it was read from the folder of the study.
    """

    value: float
    text: str
    result: Result | None
    error: UserError | None = None
    kept: bool = False


def sweep(
    file: str | Path,
    vary: Vary,
    *,
    changes: Mapping[str, str] | None = None,
    points: Points | None = None,
    limits: Limits | None = None,
    watch: Watch | None = None,
    told: Callable[[Point], None] | None = None,
    start: Result | None = None,
) -> tuple[Point, ...]:
    """Solve a flowsheet for each value.

    The point next to the setting of the file comes first, the others outwards from it, up and then down; each starts
    from the last one that was solved on its side, and cold where that fails.

    Args:
        file: the flowsheet.
        vary: which number, and its values.
        changes: other values that stay changed, as ``--set`` gives them.
        points: folder with solved points, which are read, and new ones are added; none keeps nothing.
        limits: budget of each point.
        watch: called after every pass of the solver.
        told: called after every point.
        start: result that the first point starts from; cold if absent.

    Returns:
        one point a value, in the order of the values.

    Raises:
        UserError, UserErrors: the file is wrong, or a value cannot be read; all are read before any is solved.
    """
    # The read plants are small; a mistake in the last value shall not come after an hour.
    plants = [_loaded(file, changes or {}, vary.path, text) for text in vary.texts()]
    found: dict[int, Point] = {}
    centre = vary.nearest(value_at(override(read(file), changes or {})[0], vary.path))
    for way in (range(centre, len(plants)), range(centre - 1, -1, -1)):
        last = found[centre].result if centre in found else start
        for i in way:
            point = _point(Point(vary.numbers[i], vary.texts()[i], None), plants[i], points, last, limits, watch)
            last = point.result or last
            found[i] = point
            if told:
                told(point)
    return tuple(found[i] for i in range(len(plants)))


def _loaded(file: str | Path, changes: Mapping[str, str], path: str, text: str) -> Flowsheet:
    try:
        return load(file, {**changes, path: text})
    except UserErrors as several:
        raise UserErrors(_renamed(error, path) for error in several.errors) from None
    except UserError as error:
        raise _renamed(error, path) from None


def _renamed(error: UserError, path: str) -> UserError:
    """The value was given by ``--vary``."""
    ours = f"--set {path}"
    for name in ("read", "write"):
        text = getattr(error, name)
        if text.startswith("--set "):
            setattr(error, name, "--vary " + text.removeprefix("--set "))
    if error.place is not None and error.place.file.startswith(ours):
        error.place = replace(error.place, file="--vary " + error.place.file.removeprefix("--set "))
    return error


def _point(
    point: Point,
    plant: Flowsheet,
    points: Points | None,
    start: Result | None,
    limits: Limits | None,
    watch: Watch | None,
) -> Point:
    """The point as it was kept, or solved and kept."""
    before = points.read(plant) if points else None
    if before is not None:
        return replace(point, result=before, kept=True)
    point = _solved(point, plant, start, limits, watch)
    if points and point.result is not None:
        points.keep(plant, point.result)
    return point


def _solved(point: Point, plant: Flowsheet, start: Result | None, limits: Limits | None, watch: Watch | None) -> Point:
    """The point with its result, warm if that goes, else cold; or with the error of the cold start."""
    for way in (start, None) if start is not None else (None,):
        try:
            return replace(point, result=plant.solve(limits, watch, way), error=None)
        except UserErrors as several:
            point = replace(point, error=several.errors[0])
        except UserError as error:
            point = replace(point, error=error)
    return point


def table(vary: Vary, found: Sequence[Point], show: Sequence[str] = (), title: str = "") -> Curve:
    """The responses of a sweep as a curve of kind ``sweep``.

    Columns: the value (``x``); what is shown (``y``), which is ``show`` or the main responses; without ``show``, all
    others (``more``); how the point was started and why it failed (``text``). Marks: solids that appear or vanish
    between two points; notes: the points that failed.

    Args:
        vary: what was varied.
        found: the points.
        show: dotted paths into ``result.json``.
        title: of the plant, for the caption.

    Raises:
        CommandError: E652 a path is in no result, E653 it is no number.
        UserError: every point failed: the error of the first.
    """
    solved = [point.result.data for point in found if point.result is not None]
    if not solved:
        raise next(point.error for point in found if point.error is not None)
    check_responses(solved, show)
    main = tuple(show) or _together(main_responses(data) for data in solved)
    more = () if show else tuple(p for p in _together(all_responses(data) for data in solved) if p not in main)
    columns = [Column(vary.path, vary.unit, "x", tuple(float(f"{point.value:.10g}") for point in found))]
    for kind, paths in (("y", main), ("more", more)):
        columns += [Column(path, unit_of(path), kind, tuple(_cell(point, path) for point in found)) for path in paths]
    columns.append(Column("start", "", "text", tuple(_start(point) for point in found)))
    columns.append(Column("error", "", "text", tuple(_reason(point) or None for point in found)))
    notes = tuple(f"{vary.path} = {point.text}: {_reason(point)}" for point in found if point.error is not None)
    marks = phase_changes([point.value for point in found if point.result is not None], solved)
    return Curve(KIND, vary.path, title, tuple(columns), notes, marks)


def _together(lists: Iterator[tuple[str, ...]] | Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for paths in lists for path in paths))


def _cell(point: Point, path: str) -> float | None:
    return None if point.result is None else response(point.result.data, path)


def _start(point: Point) -> str | None:
    return None if point.result is None else str(point.result["solver"]["start"])


def _reason(point: Point) -> str:
    """Code and first line of what was read."""
    return f"{point.error.code} {point.error.read.partition(chr(10))[0]}".strip() if point.error is not None else ""
