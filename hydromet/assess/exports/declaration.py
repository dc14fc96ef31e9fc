"""What is declared of one product: the figures every exporter reads, taken from the footprint and the company file.

All figures are per kg of the product as sold. ``gate`` is what leaves the plant's gate: every stage but distribution,
which the platforms keep apart.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.inventory import IMPURITIES, IMPURITY
from hydromet.assess.carbon.quality import own_factor
from hydromet.assess.carbon.upstream import declared_id
from hydromet.assess.exports.footprint import CUT_OFF
from hydromet.locale import pick
from hydromet.species import atomic_mass, species

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from hydromet.assess.carbon.shapes import Contribution
    from hydromet.assess.exports.footprint import Footprint

RAW, DISTRIBUTION = "raw_material", "distribution"
PACKAGING, UPSTREAM = "packaging", "upstream"
UNSPECIFIED, CARBON = "unspecified", "C"
_PERCENT = 100.0
_REPORT = re.compile(r"AR\d+\Z")


@dataclass(frozen=True)
class Share:
    """What one activity brings to one kg of the product.

    Attributes:
        activity, stage, kind, flow: of the inventory. value: kg CO2e per kg of product.
        quality: technological, geographical, time rating of its factor, 1 (best) to 5.
        traced: a supplier declares it on the platform.
    """

    activity: str
    stage: str
    kind: str
    flow: str
    value: float
    quality: tuple[float, float, float]
    traced: bool = False


@dataclass(frozen=True)
class Declaration:
    """One product as it is declared.

    Attributes:
        product: name in the flowsheet. title: of the plant or case.
        approach, allocation: the method of the figures. boundary, allocation_text: in words.
        shares: what adds up to the total. metals: kg per kg of product.
        uptake: biogenic CO2 taken up, zero or less. biogenic: biogenic CO2 given off. biogenic_other: what else is
            biogenic. land_use: of changed land use. All kg CO2e per kg; what is none of them is fossil.
        fossil_carbon, biogenic_carbon: kg C per kg of product. recycled_carbon: the same; None: not known.
        gwp: (assessment report of the IPCC or ``unspecified``, per cent of the figures that rest on it), largest first;
            CO2 itself rests on none.
        primary_data: share in per cent by the count of PACT (``pact``) and of Catena-X (``catena_x``).
        exempted: per cent left out, and in words what.
        sources: (name, version) of the factors used.
        recycled: metal -> pre- and post-consumer share, 0 to 1.
        proxies: factors that stand in for others. simulated: the amounts are solved and not metered.
        contract: a market-based figure is there, too.
        digest: id of the footprint it was taken from.
    """

    product: str
    title: str
    approach: str
    allocation: str
    shares: tuple[Share, ...]
    metals: Mapping[str, float] = field(default_factory=dict)
    boundary: str = ""
    allocation_text: str = ""
    uptake: float = 0.0
    biogenic: float = 0.0
    biogenic_other: float = 0.0
    land_use: float = 0.0
    fossil_carbon: float = 0.0
    biogenic_carbon: float = 0.0
    recycled_carbon: float | None = None
    gwp: tuple[tuple[str, float], ...] = (("AR6", 100.0),)
    primary_data: Mapping[str, float] = field(default_factory=dict)
    exempted: float = 0.0
    exempted_text: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    recycled: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    proxies: tuple[str, ...] = ()
    simulated: bool = False
    contract: bool = False
    digest: str = ""

    @property
    def total(self) -> float:
        """All stages, kg CO2e per kg."""
        return math.fsum(each.value for each in self.shares)

    @property
    def gate(self) -> float:
        """Cradle to gate without biogenic uptake, kg CO2e per kg."""
        return self.of(lambda each: each.stage != DISTRIBUTION)

    @property
    def distribution(self) -> float:
        """Transport to the customer, kg CO2e per kg."""
        return self.of(lambda each: each.stage == DISTRIBUTION)

    @property
    def packaging(self) -> float:
        """Part of the gate figure that is packaging, kg CO2e per kg."""
        return self.of(lambda each: each.kind == PACKAGING and each.stage != DISTRIBUTION)

    @property
    def packed(self) -> bool:
        """Packaging is in the inventory."""
        return any(each.kind == PACKAGING for each in self.shares)

    @property
    def distributed(self) -> bool:
        """Transport to the customer is in the inventory."""
        return any(each.stage == DISTRIBUTION for each in self.shares)

    @property
    def reports(self) -> list[str]:
        """Assessment reports the figures rest on, the largest part first."""
        return [name for name, _ in self.gwp if name != UNSPECIFIED] or ["AR6"]

    @property
    def fossil(self) -> float:
        """Part of the gate figure that is neither biogenic nor of land use, kg CO2e per kg."""
        return self.gate - self.biogenic - self.biogenic_other - self.land_use

    def of(self, wanted: Callable[[Share], bool]) -> float:
        """Sum of some shares, kg CO2e per kg."""
        return math.fsum(each.value for each in self.shares if wanted(each))

    def stage(self, name: str) -> float:
        """Sum of a life-cycle stage, kg CO2e per kg."""
        return self.of(lambda each: each.stage == name)

    def rating(self, wanted: Callable[[Share], bool] = lambda _: True) -> tuple[float, float, float] | None:
        """Ratings of some shares, weighted by what each brings in absolute terms; None where nothing is brought."""
        chosen = [each for each in self.shares if wanted(each) and each.value]
        weight = math.fsum(abs(each.value) for each in chosen)
        if not weight > 0.0:
            return None
        te, ge, ti = (math.fsum(abs(each.value) * each.quality[i] for each in chosen) / weight for i in range(3))
        return te, ge, ti


def declare(
    found: Footprint, product: str, *, approach: str = CUT_OFF, allocation: str = "",
    traced: Collection[str] = (), recycled: Mapping[str, tuple[float, float]] | None = None,
    recycled_carbon: float | None = None,
) -> Declaration:  # fmt: skip
    """The declaration of a product of a footprint.

    Args:
        found: the footprint.
        product: its name there.
        approach: ``cut_off``; the exporters refuse any other.
        allocation: that of the record if empty.
        traced: flows whose suppliers declare on the platform; what a supplier has declared is traced anyway.
        recycled: metal -> pre- and post-consumer share.
        recycled_carbon: kg of carbon from recycled material in a kg of product.

    Raises:
        ExportError: E965 no such product, E971 no such allocation.
    """
    output, method = found.product(product), found.allocation(allocation)
    row, contributions = found.matrix(method)[product], found.contributions["climate"]
    shares = tuple(
        Share(each.activity.id, each.activity.stage, each.activity.kind, each.activity.flow,
              weight * each.value / output.mass, each.factor.quality, _traced(each, traced))
        for weight, each in zip(row, contributions, strict=True)
    )  # fmt: skip
    record, entry = found.record, found.record["products"].get(product, {})
    carbon = entry.get("fossil") or {}
    return Declaration(
        product=product, title=pick(record.get("title") or ""), approach=approach, allocation=method, shares=shares,
        metals={metal: mass / output.mass for metal, mass in output.metals.items() if mass > 0.0},
        boundary=_boundary(str(record["method"].get("boundary") or ""), shares),
        allocation_text=f"{method.replace('_', ' ')} allocation; recycling by {approach.replace('_', '-')}: "
        "waste comes in without burden; waste given off takes none, its treatment is charged to the products",
        uptake=min(0.0, float(carbon.get("biogenic_uptake") or 0.0)), biogenic=float(carbon.get("biogenic") or 0.0),
        biogenic_other=float(carbon.get("biogenic_other") or 0.0), land_use=float(carbon.get("land_use") or 0.0),
        fossil_carbon=_carbon(carbon, output.compound),
        biogenic_carbon=float(carbon.get("biogenic_carbon_content") or 0.0),
        gwp=_reports(shares, contributions),
        primary_data=_primary(shares, contributions, _stated(record)),
        exempted=float((record.get("completeness") or {}).get("exempted_percent") or 0.0),
        exempted_text=_excluded(record),
        sources=_sources(contributions), recycled=recycled or {}, recycled_carbon=recycled_carbon,
        proxies=tuple(sorted({each.factor.id for each in contributions if each.factor.proxy})),
        simulated=found.simulated, contract=record.get("market_based") is not None, digest=found.digest,
    )  # fmt: skip


def _traced(each: Contribution, flows: Collection[str]) -> bool:
    activity = each.activity
    return activity.flow in flows or (activity.kind == UPSTREAM and "supplier" in each.factor.scope.lower())


def _boundary(name: str, shares: tuple[Share, ...]) -> str:
    """The boundary in words, with what each stage of the inventory holds."""
    stages: dict[str, set[str]] = {}
    for each in shares:
        stages.setdefault(each.stage, set()).add(each.kind)
    held = [f"{stage.replace('_', ' ')}: {', '.join(sorted(kinds))}" for stage, kinds in stages.items()]
    return "; ".join([name.replace("_", " "), *held]).lstrip("; ")


def _stated(record: Mapping[str, Any]) -> dict[str, float]:
    """Factor of a declared footprint -> part of it on primary data, as its supplier says; 0 if he does not."""
    declared = (record.get("upstream") or {}).get("declared") or ()
    return {
        declared_id(each["lot"], stage): float(each.get("PDS") or 0.0) for each in declared for stage in each["stages"]
    }


def _primary(
    shares: tuple[Share, ...], contributions: tuple[Contribution, ...], stated: Mapping[str, float]
) -> dict[str, float]:
    """Primary data share in per cent: PACT counts own amounts with own factors, Catena-X own amounts."""
    whole = math.fsum(abs(each.value) for each in shares)
    if not whole > 0.0:
        return {}
    pairs = list(zip(shares, contributions, strict=True))
    strict = math.fsum(
        stated.get(of.factor.id, 1.0) * abs(each.value) for each, of in pairs if of.activity.primary and own_factor(of)
    )
    wide = math.fsum(abs(each.value) for each, of in pairs if of.activity.primary)
    return {"pact": _PERCENT * strict / whole, "catena_x": _PERCENT * wide / whole}


def _reports(
    shares: tuple[Share, ...], contributions: tuple[Contribution, ...]
) -> tuple[tuple[str, float], ...]:  # fmt: skip
    """Assessment report -> per cent of the figures; a factor of CO2 alone rests on none."""
    sizes: dict[str, float] = {}
    for each, of in zip(shares, contributions, strict=True):
        name = of.factor.gwp.partition(" ")[0]
        if name not in ("", "CO2"):
            name = name if _REPORT.match(name) else UNSPECIFIED
            sizes[name] = sizes.get(name, 0.0) + abs(each.value)
    whole = math.fsum(abs(each.value) for each in shares)
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return tuple((name, _PERCENT * size / whole) for name, size in ordered if size > 0.0)


def _carbon(said: Mapping[str, Any], compound: str | None) -> float:
    """Carbon in a kg of product: what the footprint says, else what its formula holds."""
    if said.get("carbon_content") is not None:
        return float(said["carbon_content"])
    if not compound:
        return 0.0
    made = species(compound)
    return made.elements.get(CARBON, 0.0) * atomic_mass(CARBON) / made.molar_mass


def _excluded(record: Mapping[str, Any]) -> str:
    """What was left out, and why; impurities together, as the reagents of a plant are its recipe."""
    flows = (record.get("completeness") or {}).get("flows") or ()
    left = [each for each in flows if not each.get("included", True)]
    told = [f"{each['name']}: {each.get('reason', '')}" for each in left if not each["name"].startswith(IMPURITIES)]
    if len(told) < len(left):
        told.append(f"impurities of reagents: below {_PERCENT * IMPURITY:g} wt% each")
    return "; ".join(told)


def _sources(contributions: tuple[Contribution, ...]) -> tuple[tuple[str, str], ...]:
    """(source, book with version) of every factor that is not the plant's own."""
    bought = {(each.factor.source, each.factor.book) for each in contributions if not own_factor(each)}
    return tuple(sorted((source, book) for source, book in bought if source and book))
