"""The company file, format ``export: 1``: what a data platform asks for and no plant can know.

Every field may be left out; each format asks for those it needs and tells all that are missing at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from hydromet.errors import ExportError, UserError, raise_all
from hydromet.flowsheet.schema import Part, Text
from hydromet.quantity import parse
from hydromet.source import Document, load
from hydromet.units.fields import FROM_FILE
from hydromet.validation import validate

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

FORMAT = "export"
NEWEST = 1
_WHOLE = 1.0 + 1e-9


def _moment(value: Any) -> str:
    """A day or a moment as ``2025-04-01T00:00:00Z``; a day is its beginning in UTC."""
    words = str(value)
    try:
        if "T" in words:
            found = datetime.fromisoformat(words)
            if found.tzinfo is None:
                raise ValueError
        else:
            day = date.fromisoformat(words)
            found = datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        raise ExportError("E970", read=words, expected="a day, or a moment with its zone", write="2026-04-15") from None
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _uuid(value: Any) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        example = "d17833fe-22b7-4a4a-b097-bc3f2150c9a6"
        raise ExportError("E969", read=str(value), expected="a UUID, as the platform gave it", write=example) from None


def _coded(pattern: str, what: str, example: str) -> BeforeValidator:
    """A code of ISO 3166, whole: the models of Catena-X leave their patterns open at both ends."""

    def check(value: Any) -> str:
        if value != "" and not re.fullmatch(pattern, str(value)):
            raise ExportError("E973", read=str(value), expected=what, write=example)
        return str(value)

    return BeforeValidator(check)


Country = Annotated[str, _coded("[A-Z]{2}", "two letters by ISO 3166-1", "JP")]
Subdivision = Annotated[str, _coded("[A-Z]{2}-[A-Z0-9]{1,3}", "country and up to three signs by ISO 3166-2", "JP-13")]
Moment = Annotated[str, BeforeValidator(_moment)]
Uuid = Annotated[str, BeforeValidator(_uuid)]
Share = Annotated[float, BeforeValidator(lambda v: parse(v, "fraction") if isinstance(v, str) else v)]


class Period(Part):
    """From ``start``, which belongs to it, to ``end``, which does not."""

    start: Moment = Field(description="first moment of the period", examples=["2025-04-01"])
    end: Moment = Field(description="first moment after the period", examples=["2026-04-01"])


class Recycled(Part):
    """What the metal of a product was, by Article 8 of Regulation (EU) 2023/1542."""

    pre_consumer: Share = Field(ge=0.0, le=1.0, description="share from manufacturing waste", examples=["20 %"])
    post_consumer: Share = Field(ge=0.0, le=1.0, description="share from used batteries", examples=["80 %"])


class ProductInfo(Part):
    """What is declared of one product beside its figures."""

    name: str = Field(default="", description="name the customer knows", examples=["Nickel sulfate hexahydrate"])
    description: str = Field(default="", description="the product in words", examples=['"NiSO4.6H2O, 22.2 % Ni"'])
    ids: tuple[str, ...] = Field(
        default=(), description="product numbers as urn", examples=["[urn:gtin:4712345060507]"]
    )
    classifications: tuple[str, ...] = Field(
        default=(), description="classes as urn", examples=["[urn:pact:productclassification:un-cpc:34240]"]
    )
    cpc: str = Field(default="", description="UN CPC code", examples=['"34240"'])
    version: int = Field(default=0, ge=0, description="version of the footprint", examples=[0])
    validity: Period | None = Field(
        default=None, description="how long it is declared for", examples=["{start: 2026-04-15, end: 2027-04-15}"]
    )
    trace_id: Uuid | None = Field(
        default=None, description="traceId Ouranos gave the part", examples=["d17833fe-22b7-4a4a-b097-bc3f2150c9a6"]
    )
    cfp_id: Uuid | None = Field(
        default=None, description="cfpId Ouranos gave the footprint; none the first time",
        examples=["e17833fe-22b7-4a4a-b097-bc3f2150c9a6"],
    )  # fmt: skip
    traced_inputs: tuple[str, ...] = Field(
        default=(), description="flows whose suppliers declare on the platform: their burden is a component",
        examples=["[black_mass]"],
    )  # fmt: skip
    manufacturer_part: str = Field(default="", description="own part number", examples=["NS-6H"])
    customer_part: str = Field(default="", description="part number of the customer", examples=["4711-A"])
    quality_parameters: tuple[str, ...] = Field(
        default=(), description="quality parameters agreed with the customer", examples=["[Ni 22.2 %]"]
    )
    recycled_content: dict[Literal["Co", "Ni", "Li", "Pb"], Recycled] | None = Field(
        default=None, description="metal -> shares, where they come from no recovery case",
        examples=["{Ni: {pre_consumer: 20 %, post_consumer: 80 %}}"],
    )  # fmt: skip
    recycled_carbon: float | None = Field(
        default=None, ge=0.0, description="kg of carbon from recycled material in a kg of product", examples=[0.0]
    )
    recovered_as: str = Field(
        default="", description="facility.product or lot delivered in the recovery case",
        examples=["refinery.nickel_sulfate"],
    )  # fmt: skip


class Company(Part):
    """Who declares."""

    name: str = Field(default="", description="name of the declaring company", examples=["Example Recycling Ltd"])
    ids: tuple[str, ...] = Field(
        default=(), description="company numbers as urn", examples=["[urn:bpn:id:BPNL0000000001XY]"]
    )
    bpnl: str = Field(default="", description="legal entity in Catena-X", examples=["BPNL0000000001XY"])
    bpns: str = Field(default="", description="site in Catena-X", examples=["BPNS0000000002XY"])


class Geography(Part):
    """Where the plant stands."""

    region: str = Field(default="", description="region of the United Nations", examples=["Eastern Asia"])
    country: Country = Field(default="", description="ISO 3166-1, two letters", examples=["JP"])
    subdivision: Subdivision = Field(default="", description="ISO 3166-2", examples=["JP-07"])


class SectorRule(Part):
    """A rule book of a product category or a sector."""

    operator: Literal["PEF", "EPD International", "Other"] = Field(description="whose it is", examples=["Other"])
    names: tuple[str, ...] = Field(min_length=1, description="its names", examples=["[CX-PCF Rulebook v4]"])
    other: str = Field(default="", description="name of another operator", examples=["Catena-X"])


class MassBalance(Part):
    """Mass balancing of the carbon footprint, as Catena-X 9 asks."""

    used: bool = Field(description="a mass-balance claim is made", examples=["false"])
    free_attribution: Literal["true", "false", "not applicable"] = Field(
        description="shares attributed freely", examples=["not applicable"]
    )
    certificate: str = Field(min_length=1, description="its certificate scheme", examples=["not applicable"])


class Verification(Part):
    """A verification by a third party, given only if there was one."""

    coverage: Literal["PCF calculation model", "PCF program", "product level"] = Field(
        description="what was verified", examples=["product level"]
    )
    provider: str = Field(min_length=1, description="who verified", examples=["Example Assurance"])
    completed: Moment = Field(description="when", examples=["2026-03-20"])
    standard: str = Field(min_length=1, description="by which standard", examples=["ISO 14064-3"])
    comments: str = Field(default="", description="in words", examples=["limited assurance"])
    id: str = Field(default="", description="number of the attestation", examples=["A-2026-004"])


class CatenaX(Part):
    """Choices of the Catena-X formats."""

    waste_incineration: Literal["cut-off", "reverse cut-off", "system expansion", "polluter pays principle"] | None = (
        Field(default=None, description="how waste incineration is allocated", examples=["cut-off"])
    )
    mass_balance: MassBalance | None = Field(
        default=None, description="mass balancing",
        examples=["{used: false, free_attribution: not applicable, certificate: not applicable}"],
    )  # fmt: skip
    legal_statement: str = Field(default="", description="disclaimer", examples=["Provided in good faith."])
    type: Literal[
        "Retrospective PCF", "Prospective PCF without forerunner",
        "Prospective PCF of further developed product with forerunner",
        "Prospective PCF for current product for future production date", "Progressive PCF",
    ] | None = Field(default=None, description="measured or designed", examples=["Retrospective PCF"])  # fmt: skip


class BatteryPass(Part):
    """What the CarbonFootprint part of the battery pass asks beyond the figures."""

    study: str = Field(default="", description="address of the study", examples=["https://example.com/study.pdf"])
    performance_class: str = Field(default="", description="class, once an act defines it", examples=["not defined"])


class ExportFile(Part):
    """A company file."""

    export: int = Field(default=NEWEST, description="format version", examples=[NEWEST])
    title: Text = ""
    company: Company = Company()
    created: Moment | None = Field(
        default=None, description="when the footprint was declared; never taken from the clock",
        examples=["2026-04-15T00:00:00Z"],
    )  # fmt: skip
    status: Literal["Active", "Deprecated"] = "Active"
    preceding: tuple[Uuid, ...] = Field(
        default=(), description="ids of footprints this one replaces",
        examples=["[d17833fe-22b7-4a4a-b097-bc3f2150c9a6]"],
    )  # fmt: skip
    period: Period | None = Field(
        default=None, description="period the figures are of", examples=["{start: 2025-04-01, end: 2026-04-01}"]
    )
    geography: Geography = Geography()
    standards: tuple[str, ...] = Field(
        default=(), description="cross-sectoral standards followed", examples=["[ISO14067]"]
    )
    sector_rules: tuple[SectorRule, ...] = Field(
        default=(), description="rule books followed", examples=["[{operator: Other, names: [CX-PCF Rulebook v4]}]"]
    )
    comment: str = Field(default="", description="said with every export", examples=["Design figures."])
    recovery: str = Field(
        default="", description="recovery case with the recycled content, beside this file",
        examples=["recovery_two_recyclers.yaml"],
    )  # fmt: skip
    verification: Verification | None = Field(
        default=None, description="verification by a third party",
        examples=["{coverage: product level, provider: X, completed: 2026-03-20, standard: ISO 14064-3}"],
    )  # fmt: skip
    catena_x: CatenaX = CatenaX()
    battery_pass: BatteryPass = BatteryPass()
    products: dict[str, ProductInfo] = Field(
        default_factory=dict, description="product of the flowsheet -> what is declared of it",
        examples=["{nickel_sulfate: {name: Nickel sulfate hexahydrate}}"],
    )  # fmt: skip


@dataclass(frozen=True)
class CompanyFile:
    """A company file read and checked.

    Attributes:
        document: the file, with the place of everything. file: what it says.
    """

    document: Document
    file: ExportFile

    def product(self, name: str) -> ProductInfo:
        """What is said of a product; an empty entry if nothing."""
        return self.file.products.get(name, ProductInfo())


def read_company(path: Path | None) -> CompanyFile:
    """Read a company file; without one, an empty one, of which every format will say what it misses.

    Raises:
        UserError, UserErrors: everything that is wrong with it; E970 periods that end before they begin, E963 shares
            above the whole.
    """
    if path is None:
        return CompanyFile(Document("--company", {}), ExportFile())
    document = load(path)
    document.version(FORMAT, NEWEST)
    found = CompanyFile(document, validate(document, ExportFile, context=FROM_FILE))
    raise_all(_mistakes(found))
    return found


def _mistakes(found: CompanyFile) -> list[UserError]:
    file, errors = found.file, list[UserError]()
    periods = {("period",): file.period}
    for name, each in file.products.items():
        periods["products", name, "validity"] = each.validity  # type: ignore[index]
        for metal, share in (each.recycled_content or {}).items():
            total = share.pre_consumer + share.post_consumer
            if total > _WHOLE:
                place = found.document.place(("products", name, "recycled_content", metal))
                errors.append(ExportError(
                    "E963", read=f"{metal}: {100.0 * total:g} % pre- and post-consumer", expected="at most 100 %",
                    write=f"{metal}: {{pre_consumer: 20 %, post_consumer: 80 %}}", place=place,
                ))  # fmt: skip
    for path, period in periods.items():
        if period is not None and not period.start < period.end:
            errors.append(ExportError(
                "E970", read=f"{period.start} to {period.end}", expected="a period that ends after it begins",
                write=f"{path[-1]}: {{start: 2025-04-01, end: 2026-04-01}}", place=found.document.place(path),
            ))  # fmt: skip
    return errors


class Asked:
    """Fields a format needs of the company file; what is missing is told all at once.

    Args:
        company: the file. product: name of the product in it. name: of the format.
    """

    def __init__(self, company: CompanyFile, product: str, name: str) -> None:
        self.company, self.name = company, name
        self.own = ("products", product)
        self._missing: list[UserError] = []

    def need(self, *path: str) -> Any:
        """A field that has to be there; None, and noted as missing, if it is empty."""
        found = self.get(*path)
        if found in (None, "", ()):
            self._missing.append(self._absent(path))
            return None
        return found

    def of_product(self, field: str) -> Any:
        """A field of the product that has to be there."""
        return self.need(*self.own, field)

    def get(self, *path: str) -> Any:
        """A field, empty or not."""
        found: Any = self.company.file
        for step in path:
            found = found.get(step, ProductInfo()) if isinstance(found, dict) else getattr(found, step)
        return found

    def done(self) -> None:
        """Raise what is missing.

        Raises:
            ExportError, UserErrors: E961, one for every field.
        """
        raise_all(self._missing)

    def _absent(self, path: tuple[str, ...]) -> ExportError:
        kind: type[BaseModel] = ProductInfo if path[0] == "products" else ExportFile
        for step in path[:-1]:
            # names of products are no fields
            inner = kind.model_fields[step].annotation if step in kind.model_fields else kind
            kind = inner if isinstance(inner, type) and issubclass(inner, Part) else kind
        info, document = kind.model_fields[path[-1]], self.company.document
        line = f"{path[-1]}: {(info.examples or ['...'])[0]}"
        for step in reversed(path[:-1]):
            line = f"{step}: {{{line}}}"
        return ExportError(
            "E961", read=f"no `{'.'.join(path)}`",
            expected=f"{info.description}: {self.name} needs it in the file of --company", write=line,
            place=document.place(path, key=True) if document.lines else None,
        )  # fmt: skip


def json_schema() -> dict[str, Any]:
    """JSON Schema of the company file, for editors."""
    schema = ExportFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hydromet company file for exports"
    return schema
