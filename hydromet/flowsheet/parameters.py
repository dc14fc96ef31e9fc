"""Parameters files: values fitted to a plant, which a flowsheet names with ``parameters: file.yaml``.

``hydromet calibrate`` writes them. The values enter the flowsheet as ``--set`` would put them there, before anything of
it is checked, so that a mistake in one is told at its line in the parameters file. A value stands in one place only:
what the flowsheet states itself is a conflict, unless it says ``fitted`` there; ``--set`` goes above both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hydromet.dimensions import DIMENSIONS
from hydromet.errors import FlowsheetError, QuantityError, UserError, raise_all
from hydromet.flowsheet.overrides import override, value_at
from hydromet.quantity import convert, normalise, parse
from hydromet.source import Document, decode, load_text, nearest, read_bytes
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hydromet.errors import Place

KEY, NEWEST = "parameters", 1
# What a flowsheet writes in the place of a value that its parameters file gives.
MARK = "fitted"
_ITEM = re.compile(r"(?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*(?P<unit>[^\d.].*)?\Z")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class FittedValue(_Part):
    """One value, as a flowsheet would write it."""

    value: str | int | float = Field(description="with its unit", examples=["9.1 um"])
    standard_error: str | int | float | None = Field(
        default=None, description="in the unit of the value; none at a bound", examples=["0.4 um"]
    )
    grade: Literal["fitted"] = "fitted"


class Origin(_Part):
    """Where the values come from."""

    file: str = Field(description="the fit file", examples=["plant_fit.yaml"])
    sha256: str = Field(description="of the fit file")
    program: str = Field(description="version of hydromet", examples=["0.1.0"])
    inputs: dict[str, str] = Field(default={}, description="every file read -> SHA-256")
    run: str = Field(default="", description="the run the measurements are of")


class Validity(_Part):
    """What the windows covered that were fitted."""

    begin: str | None = Field(default=None, alias="from", description="start of the first window")
    end: str | None = Field(default=None, alias="to", description="end of the last")
    settings: dict[str, tuple[str | int | float, str | int | float]] = Field(
        default={}, description="path in the flowsheet -> lowest and highest value that was run",
        examples=["{leach.temperature: [70 degC, 80 degC]}"],
    )  # fmt: skip


class ParametersFile(_Part):
    """A parameters file, format 1."""

    parameters: int = Field(description="version of the format", examples=[NEWEST])
    name: str = Field(description="of the fit", examples=["pilot_november"])
    source: str = Field(description="whose measurements", examples=["our pilot plant, November 2026"])
    values: dict[str, FittedValue] = Field(
        description="path in the flowsheet -> value", min_length=1, examples=["{leach.locked: {value: 0.031}}"]
    )
    correlation: tuple[tuple[str, str, float], ...] = Field(
        default=(), description="two paths and the correlation of their errors"
    )
    fit: Origin = Field(description="where they come from")
    validity: Validity = Validity()


@dataclass(frozen=True)
class Fitted:
    """The values of a parameters file that a plant uses.

    Attributes:
        name: of the file, as the flowsheet has it.
        digest: SHA-256 of the file.
        content: the file.
        used: paths, as the file has them, of the values that entered; ``--set`` replaced the others.
        outside: settings of the plant beyond what the fit covered: path, value, lowest, highest.
    """

    name: str
    digest: str
    content: ParametersFile
    used: tuple[str, ...]
    outside: tuple[tuple[str, str, str, str], ...]

    def sources(self) -> Iterator[dict[str, Any]]:
        """Rows of the provenance: one a value, with source and grade."""
        file = self.content
        spans = [f"{path} {low} to {high}" for path, (low, high) in file.validity.settings.items()]
        ends = [end for end in (file.validity.begin, file.validity.end) if end]
        for path in self.used:
            one = file.values[path]
            number, unit = number_and_unit(one.value)
            yield {
                "parameter": path, "value": number, "unit": unit, "grade": one.grade,
                "source": f"{self.name}: {file.name}, {file.source}",
                "standard_error": None if one.standard_error is None else number_and_unit(one.standard_error)[0],
                "validity": "; ".join([" to ".join(ends), *spans] if ends else spans), "fit_sha256": file.fit.sha256,
            }  # fmt: skip

    def notices(self) -> Iterator[tuple[str, str, str]]:
        """Code, unit operation and text of every setting outside what the fit covered."""
        for path, value, low, high in self.outside:
            where = path.removeprefix("units.").removeprefix("feeds.").partition(".")[0]
            yield "W691", where, f"{path} is {value}; the values of {self.name} were fitted from {low} to {high}"


def number_and_unit(value: str | float) -> tuple[float | None, str]:
    """Number and unit of a value as written; no number where it is none: ``(9.1, "um")``."""
    found = _ITEM.match(normalise(str(value)))
    if found is None or not isfinite(float(found["number"])):
        return None, str(value)
    return float(found["number"]), (found["unit"] or "").strip()


def read_parameters(path: Path, name: str) -> tuple[ParametersFile, Document, str]:
    """A parameters file, its document and its SHA-256.

    Raises:
        UserError, UserErrors: it cannot be read, has a newer tag (E118), or holds something else.
    """
    content = read_bytes(path, name)
    document = load_text(decode(content, name), name)
    document.version(KEY, NEWEST)
    file = validate(document, ParametersFile)
    raise_all(list(_mistakes(file, document)))
    return file, document, sha256(content).hexdigest()


def json_schema() -> dict[str, Any]:
    """JSON Schema of a parameters file, for editors."""
    schema = ParametersFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hydromet parameters"
    return schema


def _mistakes(file: ParametersFile, document: Document) -> Iterator[UserError]:
    """Values that are no numbers, correlations of nothing."""
    for path, one in file.values.items():
        number, unit = number_and_unit(one.value)
        where = ("values", path)
        if number is None:
            expected = "a number, with its unit where it has one"
            yield FlowsheetError("E690", read=f"{path}: {one.value}", expected=expected, write="value: 9.1 um",
                                 place=document.place((*where, "value")))  # fmt: skip
        error = number_and_unit(one.standard_error) if one.standard_error is not None else (0.0, unit)
        if error[0] is None or error[0] < 0.0 or error[1] != unit:
            write = f"standard_error: 0.1 {unit}".rstrip()
            yield FlowsheetError("E690", read=str(one.standard_error), expected=f"a number in {unit or 'no unit'}",
                                 write=write, place=document.place((*where, "standard_error")))  # fmt: skip
    for path, span in file.validity.settings.items():
        (low, unit), (high, other) = (number_and_unit(text) for text in span)
        if low is None or high is None or unit != other or low > high or not _is_unit(unit):
            expected = "lowest and highest value, numbers with one unit"
            yield FlowsheetError("E690", read=f"{path}: {span[0]} to {span[1]}", expected=expected,
                                 write=f"{path}: [70 degC, 80 degC]",
                                 place=document.place(("validity", "settings", path)))  # fmt: skip
    for i, (first, second, value) in enumerate(file.correlation):
        bad = next((path for path in (first, second) if path not in file.values), None)
        if bad is not None or not -1.0 <= value <= 1.0:
            read, expected = bad or f"{value:g}", "two paths among the values and a correlation from -1 to 1"
            yield FlowsheetError("E690", read=read, expected=expected, place=document.place(("correlation", i)))


def with_parameters(
    document: Document, folder: Path | None, set_paths: Mapping[str, Place]
) -> tuple[Document, dict[str, Place], Fitted | None]:
    """The flowsheet with the values of its parameters file in it.

    Args:
        document: of the flowsheet, ``--set`` already done.
        folder: beside which the file lies.
        set_paths: whole paths that ``--set`` gave: those stay.

    Returns:
        the document, whole path -> place in the parameters file, and what was used; None without a file.

    Raises:
        FlowsheetError: E685 no such file, E686 the flowsheet states a value itself, E687 no such path.
        UserError, UserErrors: the parameters file is wrong.
    """
    name = document.data.get(KEY)
    if not isinstance(name, str):  # nothing, or what the file model refuses
        return document, {}, None
    path = (folder or Path()) / name
    here = set_paths.get(KEY) or document.place((KEY,))
    if not path.is_file():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        raise FlowsheetError("E685", read=f"{name}: no such file", expected=f"a file beside the flowsheet: {path}",
                             write=f"parameters: {near[0] if near else 'parameters.yaml'}", place=here)  # fmt: skip
    file, theirs, digest = read_parameters(path, str(path))
    places: dict[str, Place] = {}
    used: list[str] = []
    errors: list[UserError] = []
    given = {place.path for place in set_paths.values()}
    for parameter, one in file.values.items():
        try:
            changed, there = override(document, {parameter: str(one.value)})
        except FlowsheetError as error:
            errors.append(_unknown(parameter, error, theirs.place(("values", parameter), key=True)))
            continue
        whole, stated = next(iter(there)), value_at(document, parameter)
        if stated is not None and stated != MARK and whole not in given:
            place = document.place(whole.split("."))
            errors.append(_conflict(parameter, stated, one.value, place, theirs.place(("values", parameter, "value"))))
        elif stated is None or stated == MARK:
            document = changed
            places[whole] = replace(theirs.place(("values", parameter, "value")), path=whole)
            used.append(parameter)
    raise_all(errors)
    return document, places, Fitted(name, digest, file, tuple(used), tuple(_outside(document, file)))


def _conflict(path: str, stated: Any, given: Any, here: Place, there: Place) -> FlowsheetError:
    return FlowsheetError(
        "E686", read=f"{path}: {stated} here, {given} in the parameters file", expected="the value in one of them",
        write=f"{path.rpartition('.')[2]}: {MARK}", place=here, also=there,
    )  # fmt: skip


def _unknown(path: str, error: FlowsheetError, place: Place) -> FlowsheetError:
    write = error.write.removeprefix("--set ").replace("=...", ": {value: ...}")
    return FlowsheetError("E687", read=f"`{path}`: no such place in the flowsheet", expected=error.expected,
                          write=write, place=place)  # fmt: skip


def _outside(document: Document, file: ParametersFile) -> Iterator[tuple[str, str, str, str]]:
    """Settings beyond the validity; what cannot be read as a number of the same kind is told elsewhere."""
    for path, (low, high) in file.validity.settings.items():
        value = value_at(document, path)
        unit = number_and_unit(low)[1]
        try:
            numbers = [_number(text, unit) for text in (low, value, high)]
        except (QuantityError, ValueError):
            continue
        span = 1e-9 * max(abs(numbers[0]), abs(numbers[2]))
        if not numbers[0] - span <= numbers[1] <= numbers[2] + span:
            yield path, str(value), str(low), str(high)


def _is_unit(unit: str) -> bool:
    """Whether something can be measured in it."""
    return not unit or any(_fits(unit, dimension) for dimension in DIMENSIONS)


def _fits(unit: str, dimension: str) -> bool:
    try:
        convert(1.0, unit, dimension)
    except QuantityError:
        return False
    return True


def _number(text: Any, unit: str) -> float:
    return parse(text, unit) if unit else float(text)
