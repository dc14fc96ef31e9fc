"""The file of an extraction fit, and the shake-out tests it names, as flasks at equilibrium.

A fit file lists CSV tables of three kinds. ``isotherm``: a row a metal and pH with the share extracted from a feed of
known composition, the pH held with a base whose cation is taken from the charge balance. ``loading``: a row a metal
with its concentration in both phases at a measured pH. ``pH50``: a row a metal with the pH of half extraction.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from hydromet.chemistry.extraction.extractants import Extractant, load_extractant
from hydromet.errors import ExtractionError, Place, UserError, raise_all
from hydromet.source import decode, load, nearest, read_bytes
from hydromet.species import species
from hydromet.units.fields import FROM_FILE, Concentration, Fraction, Molarity, Ratio, Temperature
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hydromet.source import Document

FORMAT = "extraction_fit"
NEWEST = 1
# Outside this range of extraction (percent) a share carries no information on the slope: such points load the organic
# but are not fitted.
INFORMATIVE = (3.0, 97.0)
# A dilute metal, mol/L.
TRACE = 1e-6
# Litres in a cubic metre.
LITRES = 1e3


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Isotherm(_Part):
    """Shake-out at several pH: columns metal, pH, extracted_percent."""

    kind: Literal["isotherm"]
    file: str = Field(description="CSV beside this file", examples=["isotherm.csv"])
    molarity: Molarity = Field(description="extractant in the organic, as monomer", examples=["0.8 mol/L"])
    o_a: Ratio = Field(gt=0.0, description="organic per aqueous volume of the feed", examples=[2.5])
    feed: dict[str, Concentration] = Field(description="metal -> concentration", examples=["{Co: 16.5 g/L}"])
    free_acid: Molarity = Field(0.0, description="H+ of the feed", examples=["0.01 mol/L"])
    base: str | None = Field(None, description="metal of the base that holds the pH, such as Na", examples=["Na"])
    base_molarity: Molarity | None = Field(None, gt=0.0, description="of the base solution; no dilution if not given")
    temperature: Temperature = 298.15
    sd_points: float = Field(2.0, gt=0.0, description="standard deviation of a share, points of per cent")


class Loading(_Part):
    """Loading at measured pH: columns metal, pH, aqueous_g_L, organic_g_L; of the other metals in a flask, `flask`.

    With `base`, a column base_g_L says what the liquor holds of the metal of the base at the end.
    """

    kind: Literal["loading"]
    file: str = Field(description="CSV beside this file", examples=["loading.csv"])
    molarity: Molarity = Field(description="extractant in the organic, as monomer", examples=["0.89 mol/L"])
    base: str | None = Field(None, description="metal of the base in the column base_g_L", examples=["Na"])
    temperature: Temperature = 298.15
    sd: Fraction = Field(0.05, gt=0.0, description="relative standard deviation of an organic concentration")


class HalfExtraction(_Part):
    """pH at which half of a dilute metal is extracted at O/A 1: columns metal, pH50, extractant_M."""

    kind: Literal["pH50"]
    file: str = Field(description="CSV beside this file", examples=["ph50.csv"])
    temperature: Temperature = 298.15
    sd_pH: float = Field(0.3, gt=0.0, description="standard deviation of such a pH")


Wanted = Literal["log_k", "second", "n", "m", "second_m"]


class Step(_Part):
    """Metals whose second form lies the same, fitted step in log K below the first."""

    metals: list[str] = Field(min_length=1, examples=["[Mn, Co, Ni]"])
    expected: float | None = Field(None, description="what is known of it from elsewhere, kept within `sd`")
    sd: float = Field(0.5, gt=0.0, description="standard deviation of `expected`")


class FitFile(_Part):
    """An extraction fit, format 1."""

    extraction_fit: int = Field(description="version of the format", examples=[1])
    extractant: str = Field(description="the file of data/extractants to start from", examples=["cyanex272"])
    name: str = Field(description="name of the extractant file to write", examples=["cyanex272_pilot"],
                      pattern=r"^[a-z][a-z0-9_]*$")  # fmt: skip
    source: str = Field(description="whose measurements these are", examples=["our laboratory, October 2026"])
    conditions: str = Field("", description="medium, diluent, modifier")
    tests: list[Annotated[Isotherm | Loading | HalfExtraction, Field(discriminator="kind")]] = Field(min_length=1)
    fit: dict[str, list[Wanted]] = Field(
        description="metal -> what to fit: log_k and m of the first form, second (log K) and second_m of the second, n",
        examples=["{Co: [log_k]}"],
    )
    common_step: Step | None = None
    keep_known: bool = Field(
        True, description="hold log K to the value of the starting file within its standard deviation where the tests"
        " say nothing",
    )  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One number to meet: the share extracted (per cent), the organic concentration (mol/L) or the pH50."""

    ion: str
    value: float
    sd: float
    fitted: bool
    place: Place


@dataclass(frozen=True)
class Flask:
    """Phases at equilibrium; concentrations in mol/L.

    Attributes:
        kind: as in the file. isotherm, pH50: feed is what went in, per litre of aqueous feed; loading: what the
            aqueous holds at the end.
        pH: at equilibrium. molarity: extractant as monomer. o_a: of the feed. temperature: K.
        feed: ion -> mol/L. acid: H+ of the feed. base: ion of the base that held the pH, or none.
        base_molarity: of its solution; infinite where the dilution is ignored.
        measured: what to meet.
    """

    kind: Literal["isotherm", "loading", "pH50"]
    pH: float
    molarity: float
    o_a: float
    temperature: float
    feed: Mapping[str, float]
    acid: float
    base: str | None
    base_molarity: float
    measured: tuple[Measured, ...]


@dataclass(frozen=True)
class FitCase:
    """A fit ready to run: the file, the extractant it starts from, ions to fit, those of one step, the flasks."""

    file: FitFile
    start: Extractant
    wanted: Mapping[str, tuple[Wanted, ...]]
    stepped: tuple[str, ...]
    flasks: tuple[Flask, ...]


def read_fit(path: str | Path) -> FitCase:
    """Read a fit file and its tables.

    Raises:
        UserError, UserErrors: everything that is wrong with them: E631 a column is missing, E632 a cell is no number or
            out of range, E633 no such metal, E634 a metal to fit has no measurement that says anything.
    """
    document = load(path)
    document.version(FORMAT, NEWEST)
    file = validate(document, FitFile, context=FROM_FILE)
    try:
        start = load_extractant(file.extractant)
    except ExtractionError as error:
        raise error.at(document.place(("extractant",))) from None
    errors: list[UserError] = []
    names = _Names(start, document, errors)
    flasks: list[Flask] = []
    for k, test in enumerate(file.tests):
        try:
            rows = tuple(_rows(Path(path).parent / test.file, str(Path(path).parent / test.file)))
        except UserError as error:
            errors.append(_at_its_name(error, document, ("tests", k, "file")))
            continue
        if isinstance(test, HalfExtraction):
            flasks += _half(test, rows, names)
        else:
            flasks += _isotherm(test, k, rows, names) if test.kind == "isotherm" else _loading(test, k, rows, names)
    wanted = {names.ion(metal, ("fit", metal), key=True): tuple(what) for metal, what in file.fit.items()}
    step = file.common_step.metals if file.common_step else ()
    stepped = tuple(names.ion(metal, ("common_step", "metals", k), key=False) for k, metal in enumerate(step))
    raise_all(errors)
    informed = {one.ion for flask in flasks for one in flask.measured if one.fitted}
    for metal, ion in zip(file.fit, wanted, strict=True):
        if ion not in informed:
            low, high = INFORMATIVE
            errors.append(
                ExtractionError(
                    "E634", read=f"{metal}: no row of the tests that says anything about it",
                    expected=f"a loading row, or a share between {low:g} and {high:g} %",
                    place=document.place(("fit", metal), key=True),
                )
            )  # fmt: skip
    raise_all(errors)
    return FitCase(file, start, wanted, stepped, tuple(flasks))


def _at_its_name(error: UserError, document: Document, path: tuple[str | int, ...]) -> UserError:
    """A table that cannot be read, at the line that names it."""
    if error.place is not None and error.place.line == 0:
        error.read = f"{error.place.file}: {error.read}"
        error.write = f"file: {Path(error.write).name}" if error.write else ""
        error.place = document.place(path)
    return error


@dataclass(frozen=True)
class _Names:
    """Metals by element or ion, as the extractant knows them."""

    start: Extractant
    document: Document
    errors: list[UserError]

    def find(self, name: str) -> str | None:
        """The ion an element or ion name stands for."""
        known = {ion.rstrip("0123456789").rstrip("+"): ion for ion in self.start.metals}
        if name in known:
            return known[name]
        return name if name in self.start.metals else None

    def ion(self, name: str, path: tuple[str | int, ...], *, key: bool) -> str:
        """The same for a name of the fit file; a mistake is kept."""
        return self.at(name, self.document.place(path, key=key))

    def at(self, name: str, place: Place) -> str:
        """The same for a name anywhere."""
        ion = self.find(name)
        if ion is None:
            known = [one.rstrip("0123456789").rstrip("+") for one in self.start.metals]
            expected = " or ".join(nearest(name, known)) or f"one of {', '.join(known)}"
            self.errors.append(ExtractionError("E633", read=name, expected=expected, place=place))
        return ion or ""


def _isotherm(test: Isotherm, k: int, rows: tuple[_Row, ...], names: _Names) -> Iterator[Flask]:
    """A flask a pH: the rows of one pH belong together."""
    feed = {}
    for metal, concentration in test.feed.items():
        ion = names.ion(metal, ("tests", k, "feed", metal), key=True)
        feed[ion] = concentration / (species(ion).molar_mass * LITRES) if ion else 0.0
    base = names.ion(test.base, ("tests", k, "base"), key=False) if test.base else None
    groups: dict[float, list[Measured]] = defaultdict(list)
    for row in rows:
        ion, pH = names.at(row.text("metal", names), row.place), row.number("pH", names, -1.0, 15.0)
        share = row.number("extracted_percent", names, 0.0, 100.0)
        if ion and ion not in feed and ion != base:
            known = f"a metal of `feed`: {', '.join(test.feed)}, or of `base`"
            names.errors.append(ExtractionError("E633", read=row.text("metal", names), expected=known, place=row.place))
        fitted = INFORMATIVE[0] < share < INFORMATIVE[1]
        groups[pH].append(Measured(ion, share, test.sd_points, fitted, row.place))
    dilution = test.base_molarity / LITRES if test.base_molarity else float("inf")
    for pH, measured in sorted(groups.items()):
        yield Flask("isotherm", pH, test.molarity / LITRES, test.o_a, test.temperature, feed,
                    test.free_acid / LITRES, base, dilution,
                    tuple(measured))  # fmt: skip


def _loading(test: Loading, k: int, rows: tuple[_Row, ...], names: _Names) -> Iterator[Flask]:
    """A flask a row, or all rows of one name in the column ``flask``."""
    base = names.ion(test.base, ("tests", k, "base"), key=False) if test.base else ""
    groups: dict[str, list[tuple[str, float, float, _Row]]] = defaultdict(list)
    for row in rows:
        ion, pH = names.at(row.text("metal", names), row.place), row.number("pH", names, -1.0, 15.0)
        key = row.cells.get("flask") or f"line {row.place.line}"
        groups[key].append((ion, pH, row.number("aqueous_g_L", names, 0.0, 1e4), row))
    for group in groups.values():
        feed, measured = {}, []
        for ion, _, aqueous, row in group:
            mass = species(ion).molar_mass * LITRES if ion else 1.0
            feed[ion] = aqueous / mass
            organic = row.number("organic_g_L", names, 1e-9, 1e4) / mass
            measured.append(Measured(ion, organic, test.sd * organic, True, row.place))
            if base and base not in {one for one, *_ in group}:
                held = row.number("base_g_L", names, 0.0, 1e4)
                feed[base] = held / (species(base).molar_mass * LITRES)
        yield Flask("loading", group[0][1], test.molarity / LITRES, 1.0, test.temperature, feed, 0.0, None,
                    float("inf"), tuple(measured))  # fmt: skip


def _half(test: HalfExtraction, rows: tuple[_Row, ...], names: _Names) -> Iterator[Flask]:
    """A flask a row, with a trace of the metal."""
    for row in rows:
        ion, pH = names.at(row.text("metal", names), row.place), row.number("pH50", names, -1.0, 15.0)
        molarity = row.number("extractant_M", names, 1e-3, 10.0)
        yield Flask("pH50", pH, molarity, 1.0, test.temperature, {ion: TRACE}, 0.0, None, float("inf"),
                    (Measured(ion, pH, test.sd_pH, True, row.place),))  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """One line of a table, its cells by column."""

    cells: Mapping[str, str]
    place: Place

    def text(self, column: str, names: _Names) -> str:
        """A cell that has to be there."""
        if column not in self.cells:
            error = ExtractionError("E631", read=f"columns {', '.join(self.cells)}", expected=f"a column `{column}`",
                                    place=Place(self.place.file, 1, 1))  # fmt: skip
            if not any(str(error) == str(other) for other in names.errors):
                names.errors.append(error)
        return self.cells.get(column, "")

    def number(self, column: str, names: _Names, low: float, high: float) -> float:
        """A number in a range."""
        text = self.text(column, names)
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if low <= value <= high:
            return value
        if column in self.cells:
            expected = f"a number from {low:g} to {high:g}, with a decimal point"
            names.errors.append(ExtractionError("E632", read=f"{column}: {text or 'nothing'}", expected=expected,
                                                place=self.place))  # fmt: skip
        return low if low > 0.0 else 0.5 * high


def _rows(path: Path, name: str) -> Iterator[_Row]:
    """Lines of a CSV; a line that begins with # is a remark."""
    lines = decode(read_bytes(path, name), name).splitlines()
    heads: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader(io.StringIO(line)))]
        if heads:
            yield _Row(dict(zip(heads, cells, strict=False)), Place(name, number, 1, line))
        heads = heads or cells
