"""A plant as a function of the parameters that are fitted: the figures of each window, by warm-started solves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hydromet.assess.case import load
from hydromet.errors import CalibrationError, ConvergenceError, UserError, UserErrors, raise_all
from hydromet.flowsheet.convergence import ERROR
from hydromet.flowsheet.overrides import value_at
from hydromet.flowsheet.targets import CLOSE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hydromet.assess.case import Flowsheet
    from hydromet.calibrate.plant_case import PlantCase
    from hydromet.errors import Place
    from hydromet.flowsheet.result import Result

# Trial points that could not be solved are all counted and the first few told.
_TOLD = 5


@dataclass
class PlantModel:
    """The plant of a fit, solved window by window; what was solved last in a window starts the next solve of it.

    Attributes:
        case: the fit.
        told: called after every solve: how many so far.
        solved: number of solves.
        failed: trial points that could not be solved: window, values, error.
        inputs: files the flowsheet reads -> SHA-256, of the first solve.
        tolerance: to which figures are converged, as a share; wider where the flowsheet has targets.
    """

    case: PlantCase
    told: Callable[[int], None] | None = None
    solved: int = 0
    failures: int = 0
    failed: list[tuple[str, tuple[float, ...], str]] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    tolerance: float = ERROR
    _last: dict[int, Result] = field(default_factory=dict)
    _known: dict[tuple[int, tuple[float, ...]], tuple[float, ...] | None] = field(default_factory=dict)

    def check(self) -> None:
        """Read the flowsheet of every window at both ends of all bounds and at the start; nothing is solved.

        Raises:
            UserError, UserErrors: what the flowsheet does not accept, at the line of the fit file.
        """
        parameters = self.case.parameters
        errors: list[UserError] = []
        for values in ([p.start for p in parameters], [p.low for p in parameters], [p.high for p in parameters]):
            for window in range(len(self.case.windows)):
                try:
                    plant = self._plant(window, values).plant
                except UserErrors as several:
                    errors += [self._placed(error, window) for error in several.errors]
                except UserError as error:
                    errors.append(self._placed(error, window))
                else:
                    self.inputs = dict(plant.files)
                    self.tolerance = CLOSE if plant.aims else ERROR
        raise_all(errors)

    def start(self) -> None:
        """Solve every window at the start of the fit.

        Raises:
            ConvergenceError: E695, one of them has no solution there.
            CalibrationError: E689, a figure that its result does not have.
        """
        start = [p.start for p in self.case.parameters]
        for number, window in enumerate(self.case.windows):
            try:
                result = self._solve(number, start)
            except (UserError, UserErrors) as error:
                place = self.case.document.place(("windows", window.name), key=True)
                raise ConvergenceError(
                    "E695", read=f"{window.name} at the start of the fit: {_reason(error)}",
                    expected="a plant that can be solved there", write="start: ...", place=place,
                ) from error  # fmt: skip
            errors = list(self._unknown(number, result))
            raise_all(errors)
            self._last[number] = result

    def figures(self, window: int, values: Sequence[float]) -> tuple[float, ...] | None:
        """The measured figures of a window as the plant has them; None where it cannot be solved.

        Args:
            window: its place in the case.
            values: of the parameters, in their units.
        """
        key = (window, tuple(float(v) for v in values))
        if key not in self._known:
            try:
                result = self._solve(window, values)
                found = tuple(one.figure.value(result.data) for one in self.case.windows[window].measured)
            except (UserError, UserErrors) as error:
                self._fail(window, key[1], _reason(error))
                self._known[key] = None
            else:
                self._last[window] = result
                self._known[key] = found
        return self._known[key]

    def _fail(self, window: int, values: tuple[float, ...], why: str) -> None:
        self.failures += 1
        if len(self.failed) < _TOLD:
            self.failed.append((self.case.windows[window].name, values, why))

    def _plant(self, window: int, values: Sequence[float]) -> Flowsheet:
        changes = {p.path: p.text(float(v)) for p, v in zip(self.case.parameters, values, strict=True)}
        return load(self.case.flowsheet, {**self.case.windows[window].settings, **changes})

    def _solve(self, window: int, values: Sequence[float]) -> Result:
        """Warm from the last solve of the window, cold where that fails."""
        plant = self._plant(window, values)
        self.solved += 1
        if self.told:
            self.told(self.solved)
        last = self._last.get(window)
        if last is not None:
            try:
                return plant.solve(start=last)
            except (UserError, UserErrors):
                pass
        return plant.solve()

    def _unknown(self, window: int, result: Result) -> Iterator[CalibrationError]:
        for one in self.case.windows[window].measured:
            try:
                one.figure.value(result.data)
            except CalibrationError as error:
                yield error.at(one.place)

    def _placed(self, error: UserError, window: int) -> UserError:
        """A mistake in a value of the fit file, told at its line there."""
        place = error.place
        if place is None or not place.file.startswith("--set "):
            if error.code == "E430":
                path = error.read.removeprefix("--set ").partition(":")[0]
                error.read = error.read.removeprefix("--set ")
                error.write = error.write.removeprefix("--set ").replace("=...", ": ...")
                error.place = self._place(path, window)
            return error
        path, _, _ = place.file.removeprefix("--set ").partition("=")
        error.place = replace(self._place(path, window), path=place.path)
        error.write = error.write.removeprefix("--set ")
        return error

    def _place(self, path: str, window: int) -> Place:
        """Where a path that is varied or set stands."""
        file, name = self.case.file, self.case.windows[window].name
        where: tuple[str, ...] = ("set", path)
        if path in file.fit:
            where = ("fit", path, "within")
        elif path in file.windows[name].set:
            where = ("windows", name, "set", path)
        return self.case.document.place(where)


def settings_run(case: PlantCase, flowsheet: Flowsheet) -> dict[str, list[str]]:
    """Paths that windows of the fit set, with the values that were run; the flowsheet's where one sets none."""
    windows = [window for window in case.windows if not window.predict]
    paths = dict.fromkeys(path for window in windows for path in window.settings)
    document = flowsheet.plant.document
    return {path: [str(window.settings.get(path, value_at(document, path))) for window in windows] for path in paths}


def _reason(error: UserError | UserErrors) -> str:
    first = error.errors[0] if isinstance(error, UserErrors) else error
    return f"{first.code} {first.read.partition(chr(10))[0]}".strip()
