"""The file of a plant fit: what is varied, and what was measured in which steady window.

Measurements stand in the file, in CSV tables beside it, and in the ``reconciled.json`` of ``hydromet reconcile``.
"""

from __future__ import annotations

from hashlib import sha256
from math import hypot, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hydromet.calibrate.plant_case import Measured, Parameter, PlantCase, Window
from hydromet.calibrate.plant_figures import figure
from hydromet.calibrate.plant_tables import reconciled, rows, spread
from hydromet.errors import CalibrationError, UserError, raise_all
from hydromet.flowsheet.overrides import value_at
from hydromet.flowsheet.parameters import number_and_unit
from hydromet.source import decode, load_text, named_in, nearest, read_bytes
from hydromet.source import load as read_document
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hydromet.calibrate.plant_tables import Row
    from hydromet.source import Document

KEY, NEWEST = "plant_fit", 1
Value = str | int | float


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Prior(_Part):
    """What is known of a parameter from elsewhere."""

    value: Value = Field(description="expected", examples=["9 um"])
    sd: Value = Field(description="its standard deviation", examples=["2 um"])


class Sought(_Part):
    """A parameter that is fitted."""

    within: tuple[Value, Value] = Field(description="lowest and highest value", examples=["[5 um, 15 um]"])
    start: Value | None = Field(default=None, description="where the fit begins; the flowsheet's value if not given")
    prior: Prior | None = Field(default=None, description="held near this value", examples=["{value: 9 um, sd: 2 um}"])


class Reading(_Part):
    """One measured figure."""

    value: Value = Field(description="mean of the window, with its unit", examples=["22.1 g/L"])
    sd: Value = Field(description="standard error of it, or a percentage", examples=["0.3 g/L"])
    systematic: Value | None = Field(
        default=None, description="standard deviation of an error that is the same in all windows", examples=["0.2 g/L"]
    )


class WindowPart(_Part):
    """A steady window."""

    set: dict[str, Value] = Field(default={}, description="path in the flowsheet -> value that was run")
    measured: dict[str, Reading] = Field(default={}, description="figure -> measured value")
    use: Literal["fit", "predict"] = Field(default="fit", description="predict: left out, and foretold as a check")
    begin: str | None = Field(default=None, description="when it began", examples=['"2026-11-26T06:00:00Z"'])
    end: str | None = Field(default=None, description="when it ended")


class PlantFitFile(_Part):
    """A plant fit, format 1."""

    plant_fit: int = Field(description="version of the format", examples=[NEWEST])
    name: str = Field(description="name of what is written", examples=["pilot_november"],
                      pattern=r"^[A-Za-z][A-Za-z0-9_]*$")  # fmt: skip
    flowsheet: str = Field(description="beside this file", examples=["leach_train.yaml"])
    source: str = Field(description="whose measurements these are", examples=["our pilot plant, November 2026"])
    run: str = Field(default="", description="the run they are of")
    fit: dict[str, Sought] = Field(
        description="path in the flowsheet -> bounds", min_length=1, examples=["{leach.locked: {within: [0, 0.1]}}"]
    )
    set: dict[str, Value] = Field(default={}, description="path in the flowsheet -> value in all windows")
    tables: tuple[str, ...] = Field(default=(), description="CSV files: window, figure, value, unit, sd, systematic")
    reconciled: str | None = Field(
        default=None, description="reconciled.json, or its folder", examples=["run/reconciled.json"]
    )
    take: tuple[str, ...] | None = Field(
        default=None, description="figures taken from tables and reconciled.json; all, and all measured, if not given",
        examples=["[residue_filter.filtrate.mass_flow.Ni]"],
    )  # fmt: skip
    windows: dict[str, WindowPart] = Field(
        description="name -> what was run and measured", min_length=1, examples=["{base: {set: {}}}"]
    )
    systematic: dict[str, Value] = Field(
        default={}, description="figure -> standard deviation of an error that all windows share",
        examples=["{iron_removal.slurry.pH: 0.05}"],
    )  # fmt: skip
    least_sd: Value | None = Field(
        default=None, description="of any figure, in % of it: a mean of few samples does not know its scatter",
        examples=["0.8 %"],
    )  # fmt: skip
    robust: bool = Field(default=False, description="outliers count by their distance, not its square (Huber)")


def read_plant_fit(path: str | Path) -> PlantCase:
    """Read a plant fit with its tables; the flowsheet is looked at for start values only.

    Raises:
        UserError, UserErrors: everything that is wrong with it, each at its line.
    """
    content = read_bytes(path, str(path))
    document = load_text(decode(content, str(path)), str(path))
    document.version(KEY, NEWEST)
    file = validate(document, PlantFitFile)
    return _Reader(file, document, Path(path).parent).case(sha256(content).hexdigest())


def json_schema() -> dict[str, Any]:
    """JSON Schema of the file of a plant fit, for editors."""
    schema = PlantFitFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hydromet plant fit"
    return schema


class _Reader:
    """Puts the parts together; all mistakes are told at once."""

    def __init__(self, file: PlantFitFile, document: Document, folder: Path) -> None:
        self.file = file
        self.document = document
        self.folder = folder
        self.errors: list[UserError] = []
        self.inputs: dict[str, str] = {}

    def case(self, digest: str) -> PlantCase:
        flowsheet = self.folder / self.file.flowsheet
        with named_in(self.document, "flowsheet"):
            plant = read_document(flowsheet)
        parameters = tuple(self.parameter(path, one, plant) for path, one in self.file.fit.items())
        found = self.tabled()
        matrices = self.covariances()
        windows = tuple(self.window(name, part, found, matrices) for name, part in self.file.windows.items())
        self.named(windows)
        raise_all(self.errors)
        _counted(self.file, self.document, windows)
        return PlantCase(self.file, flowsheet, parameters, windows, digest, self.inputs, self.document)

    def wrong(self, code: str, read: str, expected: str, write: str, *where: str | int) -> None:
        place = self.document.place(where)
        self.errors.append(CalibrationError(code, read=read, expected=expected, write=write, place=place))

    def parameter(self, path: str, one: Sought, plant: Document) -> Parameter:
        """Bounds, start and prior as numbers of one unit."""
        where = ("fit", path)
        (low, unit), (high, other) = (number_and_unit(text) for text in one.within)
        if low is None or high is None or unit != other or not low < high:
            read, example = f"{one.within[0]} to {one.within[1]}", "within: [5 um, 15 um]"
            self.wrong("E690", read, "two numbers with one unit, the lower first", example, *where, "within")
            return Parameter(path, 0.0, 1.0, 0.5, "")
        prior = self.prior(path, one.prior, unit)
        start = self.start(path, one, plant, unit)
        if start is None:
            start = prior[0] if prior else 0.5 * (low + high)
        if not low <= start <= high:
            read, within = f"{start:g} {unit}".rstrip(), f"from {low:g} to {high:g} {unit}".rstrip()
            self.wrong("E690", f"a start at {read}", within, f"start: {0.5 * (low + high):g} {unit}".rstrip(), *where)
        return Parameter(path, low, high, start, unit, prior)

    def start(self, path: str, one: Sought, plant: Document, unit: str) -> float | None:
        """What the file says, or the flowsheet where that has the unit."""
        text = one.start if one.start is not None else value_at(plant, path)
        number, its = number_and_unit(text) if isinstance(text, str | int | float) else (None, "")
        if number is not None and its == unit:
            return number
        if one.start is not None:
            self.wrong("E690", str(text), f"a number in {unit or 'no unit'}", "", "fit", path, "start")
        return None

    def prior(self, path: str, given: Prior | None, unit: str) -> tuple[float, float] | None:
        if given is None:
            return None
        (value, first), (sd, second) = number_and_unit(given.value), number_and_unit(given.sd)
        if value is None or sd is None or not sd > 0.0 or {first, second} != {unit}:
            read = f"{given.value} and {given.sd}"
            expected = f"a value and a standard deviation above zero in {unit or 'no unit'}"
            self.wrong("E690", read, expected, f"prior: {{value: 9 {unit}, sd: 2 {unit}}}", "fit", path, "prior")
            return None
        return value, sd

    def tabled(self) -> list[Row]:
        """Rows of the tables, those of windows that exist."""
        found: list[Row] = []
        for i, name in enumerate(self.file.tables):
            try:
                with named_in(self.document, "tables", i):
                    some = rows(self.folder / name)
            except UserError as error:
                self.errors.append(error.at(self.document.place(("tables", i))))
                continue
            self.inputs[name] = some.digest
            self.errors += some.errors
            found += some.rows
        for row in found:
            if row.window not in self.file.windows:
                near = nearest(row.window, self.file.windows) or tuple(self.file.windows)[:3]
                self.errors.append(
                    CalibrationError("E697", read=f"window `{row.window}`", expected=" or ".join(near), place=row.place)
                )
        return found

    def covariances(self) -> dict[str, Any]:
        """What was reconciled: window -> rows and covariance."""
        if self.file.reconciled is None:
            return {}
        try:
            with named_in(self.document, "reconciled"):
                some = reconciled(self.folder / self.file.reconciled)
        except UserError as error:
            self.errors.append(error.at(self.document.place(("reconciled",))))
            return {}
        self.inputs[self.file.reconciled] = some.digest
        return dict(some.windows)

    def window(self, name: str, part: WindowPart, table: Sequence[Row], matrices: Mapping[str, Any]) -> Window:
        """The figures of a window; one may be given once."""
        where = ("windows", name)
        own = matrices.get(name)
        given = self.taken(name, table, own)
        given += [(row, None) for row in self.written(name, part)]
        found: list[Measured] = []
        index: list[Any] = []
        for row, i in given:
            if row.figure in {one.figure.path for one in found}:
                read, expected = f"{row.figure} of {name} for the second time", "each figure once in a window"
                self.errors.append(CalibrationError("E697", read=read, expected=expected, place=row.place))
                continue
            one = self.measured(row)
            if one is not None:
                found.append(one)
                index.append(i)
        if not given and not any(
            error.code in ("E101", "E104", "E699") for error in self.errors
        ):  # a table may be missing
            self.wrong("E697", f"nothing measured in {name}", "a figure", "measured: {leach.slurry.pH: {value: 1.7, "
                       "sd: 0.02}}", *where)  # fmt: skip
        settings = {**self.file.set, **part.set}
        for path in settings.keys() & self.file.fit.keys():
            key = (*where, "set", path) if path in part.set else ("set", path)
            self.wrong("E697", f"{path} is set and fitted", "one of both", f"# {path}: ...", *key)
        begin, end = (own.begin, own.end) if own is not None else (part.begin, part.end)
        matrix = _matrix(found, index, own.covariance) if own is not None else None
        return Window(name, {path: str(value) for path, value in settings.items()}, tuple(found), part.use == "predict",
                      matrix, begin, end)  # fmt: skip

    def taken(self, name: str, table: Sequence[Row], own: Any) -> list[tuple[Row, Any]]:
        """Rows of a window from elsewhere; of reconciled ones also their place in the covariance."""
        take = self.file.take
        given: list[tuple[Row, Any]] = []
        if own is not None:
            wanted = [row.measured if take is None else row.figure in take for row in own.rows]
            given += [(row, i) for i, row in enumerate(own.rows) if wanted[i]]
        given += [(row, None) for row in table if row.window == name and (take is None or row.figure in take)]
        return given

    def written(self, name: str, part: WindowPart) -> Iterator[Row]:
        """The figures that stand in the file itself."""
        from hydromet.calibrate.plant_tables import Row

        for path, one in part.measured.items():
            place = self.document.place(("windows", name, "measured", path))
            number, unit = number_and_unit(one.value)
            value = "" if number is None else repr(number)
            systematic = "" if one.systematic is None else str(one.systematic)
            yield Row(name, path, value, unit if number is not None else "", str(one.sd), systematic, place)

    def measured(self, row: Row) -> Measured | None:
        """A row as numbers; None where it has a mistake, which is kept."""
        try:
            what = figure(row.figure, row.unit)
            value = spread(row.value, row.unit, 0.0, "value")
            sd = spread(row.sd, row.unit, value, "sd")
            if not sd > 0.0:
                raise CalibrationError(
                    "E694", read=f"sd {row.sd}", expected="a standard error above zero", write="sd: 1 %"
                )
            shared = row.systematic or str(self.file.systematic.get(row.figure, ""))
            systematic = spread(shared, row.unit, value, "systematic") if shared else 0.0
            if systematic < 0.0:
                raise CalibrationError(
                    "E694", read=f"systematic {shared}", expected="a deviation", write="systematic: 1 %"
                )
            systematic = hypot(systematic, row.shared * sd)
            sd = max(sd * sqrt(1.0 - row.shared**2), self.least() * abs(value))
        except UserError as error:
            self.errors.append(error.at(row.place))
            return None
        return Measured(what, value, sd, systematic, row.place)

    def least(self) -> float:
        """The least standard error, a share; 0 if none is asked for or it cannot be read."""
        if self.file.least_sd is None:
            return 0.0
        number, unit = number_and_unit(self.file.least_sd)
        if number is None or unit != "%" or number < 0.0:
            if not any(error.place and error.place.path == "least_sd" for error in self.errors):
                self.wrong("E694", str(self.file.least_sd), "a percentage of the value", "least_sd: 0.9 %", "least_sd")
            return 0.0
        return number / 100.0

    def named(self, windows: Sequence[Window]) -> None:
        """Figures that ``take`` or ``systematic`` name and no window has."""
        known = dict.fromkeys(one.figure.path for window in windows for one in window.measured)
        for key, names in (("take", self.file.take or ()), ("systematic", self.file.systematic)):
            for i, name in enumerate(names):
                if name not in known and not self.errors:
                    near = nearest(name, known) or tuple(known)[:3]
                    step = i if key == "take" else name
                    self.wrong("E697", f"`{name}`: measured in no window", " or ".join(near), near[0], key, step)


def _matrix(found: Sequence[Measured], index: Sequence[Any], given: Any) -> tuple[tuple[float, ...], ...]:
    """The reconciled covariance of the figures that are used; those from elsewhere are independent of it."""
    return tuple(
        tuple(
            found[i].sd ** 2 if i == j else float(given[a][b]) if a is not None and b is not None else 0.0
            for j, b in enumerate(index)
        )
        for i, a in enumerate(index)
    )


def _counted(file: PlantFitFile, document: Document, windows: Sequence[Window]) -> None:
    """Enough measurements for the parameters, counting what is known of them.

    Raises:
        CalibrationError: E693.
    """
    known = sum(one.prior is not None for one in file.fit.values())
    number = sum(len(window.measured) for window in windows if not window.predict)
    if number + known < len(file.fit) or not number:
        raise CalibrationError(
            "E693", read=f"{len(file.fit)} parameters, {number} figures to fit",
            expected="fewer parameters, more figures, or a prior", place=document.place(("fit",), key=True),
            write="prior: {value: 9 um, sd: 2 um}",
        )  # fmt: skip
