"""What is read of a footprint's record, as pydantic models: the gate before one that is stored is shown or exported."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from hydromet.assess.carbon.allocation import Method
from hydromet.assess.carbon.result_fields import Share, SpeciesName, Text  # noqa: TC001  # pydantic reads the annotations
from hydromet.assess.carbon.shapes import Indicator, Kind, Stage
from hydromet.errors import FlowsheetError
from hydromet.flowsheet.damage import Strict, check

Sums = dict[str, float]


class ActivityRow(Strict):
    """As ``shapes.Activity``."""

    id: str
    kind: Kind
    stage: Stage
    unit: str
    flow: str
    amount: float
    per: str
    factor: str
    path: str
    basis: str
    primary: bool
    deviation: float = Field(ge=1.0)
    serves: dict[str, Share]


class FactorRow(Strict):
    """As ``shapes.Factor``."""

    id: str
    indicator: Indicator
    value: float
    per: str
    title: str
    geography: str
    year: str
    scope: str
    gwp: str
    source: str
    locator: str
    licence: str
    grade: str
    verified: str
    deviation: float = Field(ge=1.0)
    proxy: bool
    quality: list[float] = Field(min_length=3, max_length=3)
    book: str
    note: str = ""


class OutputRow(Strict):
    """As ``shapes.Output``."""

    name: str
    kind: str
    mass: Share
    metals: dict[str, Share]
    price: float | None
    compound: SpeciesName | None
    allocated: bool
    credit: str
    path: str


class FigureRow(Strict):
    """One figure of a product."""

    total: float
    per_kg: float | None
    per_kg_metal: Sums
    per_kg_metals: float | None = None


Figures = dict[Indicator, dict[str, dict[Method, FigureRow]]]


class Spread(Strict):
    """Monte Carlo of a product."""

    nominal: float
    low: float = Field(alias="p2.5")
    median: float = Field(alias="p50")
    high: float = Field(alias="p97.5")
    gsd: float | None
    samples: int


class Rating(Strict):
    """Data quality."""

    technological: float = Field(alias="TeR")
    geographical: float = Field(alias="GeR")
    time: float = Field(alias="TiR")
    overall: float
    level: str


class PrimaryShare(Strict):
    """Primary data, percent."""

    pact: float
    catena_x: float


class Quality(Strict):
    """Of a product; nothing where nothing contributes."""

    rating: Rating | None = Field(alias="DQR")
    primary: PrimaryShare | None = Field(alias="PDS")
    processing: dict[str, Sums | None]


class Ends(Strict):
    """Of a published range."""

    low: float
    high: float


class BenchmarkRow(Strict):
    """A published figure beside."""

    id: str
    route: str
    system: str
    basis: str
    source: str
    grade: str
    verified: str
    as_sold: Ends
    difference: list[float] = Field(min_length=2, max_length=2)


class IndicatorRow(Strict):
    """Water or energy of one product."""

    by_stage: Sums
    by_kind: Sums
    by_unit: Sums
    uncertainty: Spread
    unverified: list[str]


class ProductRow(Strict):
    """A product."""

    mass_kg: Share
    metals_kg: Sums
    compound: str | None
    figures: Figures
    by_stage: Sums
    by_kind: Sums
    by_unit: Sums
    by_activity: Sums
    upstream: Sums
    platform: Sums
    uncertainty: Spread
    by_indicator: dict[Indicator, IndicatorRow] = Field(default_factory=dict)
    quality: Quality
    benchmarks: list[BenchmarkRow]
    fossil: dict[str, float | None] | None


class Excluded(Strict):
    """Left out."""

    kg: float
    reason: str


class Flow(Strict):
    """A flow of the completeness check."""

    name: str
    included: bool
    reason: str


class Completeness(Strict):
    """What is left out, and whether the criteria are met."""

    complete: bool
    exempted_percent: float
    flows: list[Flow]


class Bar(Strict):
    """Of a sensitivity."""

    name: str
    low: float
    high: float


class Grid(Strict):
    """What another grid changes."""

    change: float
    total: float


class Sensitivity(Strict):
    """Other grids, doses, factors."""

    grids: dict[str, Grid]
    doses: list[Bar]
    factors: list[Bar]


class Electricity(Strict):
    """By the place, or by contract."""

    grid: str
    electricity: float
    total: float
    per_kg: dict[str, float | None]


class ScenarioRow(Strict):
    """The choices."""

    name: str
    title: Text | None
    grid: str
    market_grid: str | None
    heat: str
    cooling: str
    losses: float | None
    period: str
    geography: str
    year: int | None
    defaults: dict[str, str | list[str]]


class BoundaryRow(Strict):
    """What a method takes in."""

    title: dict[str, str]
    included: dict[str, dict[str, str]]
    excluded: dict[str, dict[str, str]]
    source: str
    verified: str


class MethodRow(Strict):
    """The methods."""

    approach: str
    allocation: Method
    boundary: str
    impossible: dict[str, str]
    boundaries: dict[str, BoundaryRow] = Field(default_factory=dict)
    gwp: list[str]
    indicators: dict[Indicator, str]


class BookRow(Strict):
    """A factor book."""

    id: str
    title: Text
    version: str
    licence: str
    sha256: str
    rows: int


class Upstream(Strict):
    """Declared footprints, and the parts of supplier and plant."""

    declared: list[dict[str, Any]]
    upstream: float
    own: float


class WarningRow(Strict):
    """A warning."""

    code: str
    where: str
    text: str


class Provenance(Strict):
    """Version and tables."""

    hydromet: str
    data_sha256: dict[str, str]


class CoreScenario(Strict):
    """What an export reads of the choices."""

    name: str
    grid: str


class CoreMethod(Strict):
    """What an export reads of the methods."""

    approach: str
    allocation: Method
    boundary: str


class CoreProduct(Strict):
    """What an export reads of a product."""

    mass_kg: Share
    figures: Figures


class Core(Strict):
    """What an export reads of ``hydromet-carbon/1``; other programs may write no more than this."""

    title: Text
    reference: str
    feed_kg: float
    scenario: CoreScenario
    method: CoreMethod
    activities: list[ActivityRow]
    factors: dict[str, dict[Indicator, FactorRow]]
    outputs: dict[str, OutputRow]
    products: dict[str, CoreProduct]


class Record(Strict):
    """``hydromet-carbon/1`` as a run stores it."""

    format: str = Field(pattern=r"^hydromet-carbon/1$")
    title: Text
    reference: str
    feed_kg: float
    scenario: ScenarioRow
    books: list[BookRow]
    method: MethodRow
    activities: list[ActivityRow]
    factors: dict[str, dict[Indicator, FactorRow]]
    contributions: dict[Indicator, Sums]
    totals: dict[Indicator, float]
    gaps: dict[Indicator, list[str]]
    by_stage: Sums
    by_kind: Sums
    by_unit: Sums
    outputs: dict[str, OutputRow]
    products: dict[str, ProductRow]
    location_based: Electricity
    market_based: Electricity | None
    upstream: Upstream
    excluded: dict[str, Excluded]
    completeness: Completeness
    sensitivity: Sensitivity
    warnings: list[WarningRow]
    unverified: list[str]
    provenance: Provenance

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Rows that name each other are there; every total and figure of the climate is."""
        for i, each in enumerate(self.activities):
            there = "climate" in self.factors.get(each.factor, {})
            _there(there, f"activities.{i}.factor", each.factor, "a factor of the record")
            there = each.id in self.contributions.get("climate", {})
            _there(there, f"activities.{i}.id", each.id, "an activity with a contribution")
        allocated = {name for name, each in self.outputs.items() if each.allocated}
        for name, row in self.outputs.items():
            _there(row.name == name, f"outputs.{name}.name", row.name, name)
        for name in sorted({*allocated, *self.products}):
            there = name in allocated and name in self.products
            _there(there, f"products.{name}", name, "an output that carries burden")
            cut = self.products[name].figures.get("climate", {}).get("cut_off", {})
            key = f"products.{name}.figures.climate.cut_off.{self.method.allocation}"
            _there(self.method.allocation in cut, key, "nothing", "the figure of the record's allocation")
        _there(set(self.totals) == set(self.contributions) == set(self.method.indicators), "totals",
               ", ".join(self.totals), "the indicators of the record")  # fmt: skip
        return self


def _there(found: bool, key: str, read: str, expected: str) -> None:
    if not found:
        raise FlowsheetError("E442", read=f"{key}: {read}", expected=expected)


def check_record(record: Any, file: str = "result.json", under: str = "assessments.carbon") -> None:
    """Refuse a record that is not one that a run stored.

    Raises:
        FlowsheetError, UserErrors: E442, with the key and what was read.
    """
    check(record, Record, file, under)
