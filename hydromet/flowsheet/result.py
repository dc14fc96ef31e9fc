"""The result of a solved plant: frozen, plain data, versioned JSON that is the same bytes for the same input.

There is no clock, no path and no NaN in it; keys are sorted and numbers are written so that they read back exactly.
Everything after the solver (tables, reports, comparisons) reads a ``Result`` and nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from hydromet.errors import FlowsheetError, Place, UserError
from hydromet.source import decode, read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "hydromet-result"
NEWEST = 1
FORMAT = f"{NAME}/{NEWEST}"

LARGEST_BYTES = 100_000_000


class _Open(BaseModel):
    """More keys than these may come with later versions."""

    model_config = ConfigDict(extra="allow")


class ElementBalance(_Open):
    """One element over the plant's boundary."""

    in_kg_h: float
    out_kg_h: float
    closure: float | None = Field(description="(out - in) / total external input; null if the element is absent")


class BalanceRecord(_Open):
    """Balances rebuilt from the species."""

    elements: dict[str, ElementBalance]
    charge: dict[str, float | None]
    energy: dict[str, Any]
    units: dict[str, dict[str, Any]]
    worst: dict[str, Any]


class StreamRecord(_Open):
    """One stream."""

    temperature_K: float
    pressure_Pa: float
    mass_kg_h: float
    volume_m3_h: float | None
    pH: float | None = Field(description="-log10 a(H+) on the engine's scale; null without a liquor")
    potentials_V: dict[str, float] = Field(
        default_factory=dict, description="redox couple -> V against the standard hydrogen electrode, each for itself"
    )
    elements_kg_h: dict[str, float]
    species_mol_h: dict[str, float]


class ProductRecord(_Open):
    """One product."""

    stream: str
    mass_kg_h: float
    purity: float | None = Field(description="declared compound, kg per kg of dry product")
    L50_um: float | None = Field(None, description="median size by mass; null where no crystalliser predicts it")
    impurities_ppm: dict[str, float] = Field(description="mg per kg of dry product; oil is extractant and diluent")
    grade: dict[str, Any] | None = Field(description="verdict against a declared grade; null if none is declared")


class ReagentRecord(_Open):
    """Consumption of one reagent."""

    kg_h: float
    kg_per_t_feed: float | None


class ResultFile(_Open):
    """``result.json``: what every reader may rely on; other keys may be there."""

    format: str = Field(examples=[FORMAT])
    title: str | dict[str, str]
    converged: bool
    solver: dict[str, Any]
    balance: BalanceRecord | None
    streams: dict[str, StreamRecord]
    feeds: dict[str, StreamRecord]
    units: dict[str, dict[str, Any]]
    products: dict[str, ProductRecord]
    recovery: dict[str, float] = Field(description="feed-born metal in declared products over feed-born metal, 0 to 1")
    losses: dict[str, dict[str, Any]]
    reagents: dict[str, ReagentRecord]
    energy: dict[str, Any]
    water: dict[str, Any]
    effluent: dict[str, Any]
    fixed_splits: list[dict[str, Any]]
    assessments: dict[str, Any]
    warnings: list[dict[str, str]]
    provenance: dict[str, Any]


@dataclass(frozen=True)
class Result:
    """A result as plain data.

    Attributes:
        data: as in ``result.json``; not to be changed.
    """

    data: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        """One part of the result, such as ``result["recovery"]``."""
        return self.data[key]

    @property
    def converged(self) -> bool:
        """Did the plant converge? A partial result did not."""
        return bool(self.data["converged"])

    @property
    def products(self) -> Mapping[str, Any]:
        """Product -> mass, purity, impurities."""
        found: Mapping[str, Any] = self.data["products"]
        return found

    @property
    def recovery(self) -> Mapping[str, float]:
        """Element -> process recovery, 0 to 1."""
        found: Mapping[str, float] = self.data["recovery"]
        return found

    @property
    def streams(self) -> Mapping[str, Any]:
        """``unit.port`` -> stream."""
        found: Mapping[str, Any] = self.data["streams"]
        return found

    def to_json(self) -> str:
        """The text of ``result.json``.

        Raises:
            ValueError: a number is not finite, which is our mistake.
        """
        return json.dumps(self.data, sort_keys=True, allow_nan=False, ensure_ascii=False, indent=1) + "\n"

    def save(self, file: str | Path) -> Path:
        """Write ``result.json``; the folder is made."""
        path = Path(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.to_json(), encoding="utf-8", newline="\n")
        return path


def _no_number(text: str) -> float:
    message = f"{text} is no number of JSON"
    raise ValueError(message)


def read_result(file: str | Path) -> Result:
    """Read a ``result.json``, or the one in a folder.

    Raises:
        SourceError: E101 and following, the file cannot be read.
        FlowsheetError: E440 it is no result, E441 it is of a newer version.
    """
    path = Path(file)
    path = path / "result.json" if path.is_dir() else path
    place = Place(str(path))
    try:
        data = json.loads(decode(read_bytes(path, largest=LARGEST_BYTES), str(path)), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise FlowsheetError(
            "E440", read=f"line {error.lineno}: {error.msg}", expected="a result.json", place=place
        ) from None
    except UserError:
        raise
    except (ValueError, RecursionError) as error:  # NaN, a number of thousands of digits, brackets in brackets
        raise FlowsheetError("E440", read=str(error), expected="a result.json", place=place) from None
    tag = data.get("format") if isinstance(data, dict) else None
    name, _, version = str(tag).partition("/")
    if name != NAME or not version.isdigit():
        read = f"format {tag}" if tag else "no format tag"
        raise FlowsheetError("E440", read=read, expected=FORMAT, write="hydromet run flowsheet.yaml", place=place)
    if int(version) > NEWEST:
        raise FlowsheetError(
            "E441", read=f"format {tag}", expected=f"at most {FORMAT}: a newer hydromet wrote this", place=place
        )
    return Result(data)


def json_schema() -> dict[str, Any]:
    """JSON Schema of ``result.json``."""
    schema = ResultFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hydromet result"
    return schema
