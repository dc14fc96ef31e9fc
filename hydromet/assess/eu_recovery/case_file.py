"""The case file, format ``recovery: 1``, or the ``recovery:`` section of a flowsheet: read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from hydromet.assess.eu_recovery.chain import Facility
from hydromet.assess.eu_recovery.fields import Base
from hydromet.assess.eu_recovery.lots import Lot
from hydromet.assess.eu_recovery.product_lots import RecycledContent
from hydromet.errors import SourceError, raise_all
from hydromet.flowsheet.schema import Text
from hydromet.source import Document, load
from hydromet.units.fields import FROM_FILE, Fraction
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "recovery"
NEWEST = 1
FLOWSHEET = "hydromet"


class MonteCarlo(Base):
    """Random cases of the uncertainty."""

    cases: int = Field(default=2000, ge=100, le=100_000, description="number of cases")
    seed: int = Field(default=1, description="the same seed gives the same cases everywhere")


class Options(Base):
    """Judgement calls the regulation leaves open; the first of each is the default (``data/regulation/rules.yaml``)."""

    count: dict[Literal["O", "C_cell", "Fe_cell", "P", "Cl", "S"], bool] = Field(
        default_factory=dict, description="elements with a switch -> taken into account", examples=["{P: true}"]
    )
    organic_carbon: Literal["C_cell", "Plastics"] = "C_cell"
    separator: Literal["Plastics", "C_cell"] = "Plastics"
    intermediate_products: Literal["if_substitute", "never", "always"] = "if_substitute"
    sold_intermediates: Literal["by_kind", "no_output", "output"] = "by_kind"
    product_impurities: Literal["not_recovered", "recovered"] = "not_recovered"
    attribution: Literal["metal_fed", "dry_mass_fed"] = "metal_fed"
    stock: Literal["first_in_first_out", "mixed"] = "first_in_first_out"
    later_years: Literal["known", "this_year"] = "known"
    closure: Fraction | None = Field(default=None, description="facilities with analysed losses close within this")
    monte_carlo: MonteCarlo = MonteCarlo()


class CaseFile(Base):
    """A recovery case: who reports what for which year.

    Facilities are written in the order of the chain; connections once, at the consumer.
    """

    recovery: int = Field(default=NEWEST, description="format version", examples=[NEWEST])
    title: Text = ""
    year: int = Field(description="reporting year", examples=[2026])
    basis: Literal["measured", "estimate"] = Field(
        default="measured", description="`estimate`: a design; every form is marked so"
    )
    options: Options = Options()
    lots: dict[str, Lot] = Field(description="what came in", min_length=1)
    facilities: dict[str, Facility] = Field(description="the chain, first to last", min_length=1)
    recycled_content: RecycledContent = Field(
        default=RecycledContent(), description="Article 8: periods, credits and lots delivered"
    )


@dataclass(frozen=True)
class Case:
    """A case file read and checked.

    Attributes:
        document: the file, with the place of everything. path: where the case stands in it.
        file: what it says. folder: files named in it are beside it.
    """

    document: Document
    path: tuple[str, ...]
    file: CaseFile
    folder: Path


def read_case(path: str | Path) -> Case:
    """Read a case file, or the ``recovery:`` section of a flowsheet.

    Raises:
        UserError, UserErrors: everything that is wrong with it, each with its place.
    """
    return case_of(load(path), Path(path).parent)


def is_flowsheet(document: Document) -> bool:
    """Is this a flowsheet, with or without a section?"""
    return isinstance(document.data, dict) and FLOWSHEET in document.data


def has_section(document: Document) -> bool:
    """Is this a flowsheet with a ``recovery:`` section?"""
    return is_flowsheet(document) and isinstance(document.data.get(FORMAT), dict)


def case_of(document: Document, folder: Path) -> Case:
    """The case in a document already read; see ``read_case``."""
    from hydromet.assess.eu_recovery.checks import mistakes
    from hydromet.assess.eu_recovery.recycled_checks import recycled_mistakes

    data = document.data
    section: Mapping[str, Any] | Any = data.get(FORMAT) if isinstance(data, dict) else None
    if is_flowsheet(document):
        if not isinstance(section, dict):
            raise SourceError(
                "E114", read="a flowsheet without a `recovery:` section", expected="lots, facilities and a year",
                write="recovery: {year: 2026, lots: ..., facilities: ...}", place=document.place(),
            )  # fmt: skip
        path: tuple[str, ...] = (FORMAT,)
    else:
        document.version(FORMAT, NEWEST)
        path = ()
    case = Case(document, path, validate(document, CaseFile, path, context=FROM_FILE), folder)
    raise_all([*mistakes(case), *recycled_mistakes(case)])
    return case


def json_schema() -> dict[str, Any]:
    """JSON Schema of the case file, for editors."""
    schema = CaseFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hydromet recovery case"
    return schema
