"""openLCA: a JSON-LD package of the plant's process, the factors as system processes, and a method that sums them.

The plant is one process with several products and their allocation factors: physical (metal mass, or mass), causal
(subdivision, one factor for every exchange) and, if prices are known, economic. A factor is a process of its own that
gives off its CO2 equivalents, water and primary energy: packages carry figures, no licensed inventories.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from hydromet.assess.exports.digits import dumps, identity
from hydromet.assess.exports.lca import FLOWS, UNITS, System, system
from hydromet.errors import ExportError
from hydromet.locale import pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydromet.assess.carbon.allocation import Method
    from hydromet.assess.exports.footprint import Footprint

FOLDERS = {
    "UnitGroup": "unit_groups", "FlowProperty": "flow_properties", "Flow": "flows", "Process": "processes",
    "Source": "sources", "ImpactCategory": "lcia_categories", "ImpactMethod": "lcia_methods",
}  # fmt: skip
# A package of the same result has the same bytes: no clock in it.
_DAY = (1980, 1, 1, 0, 0, 0)
_KINDS: dict[str, str] = {
    "metal_mass": "PHYSICAL_ALLOCATION", "mass": "PHYSICAL_ALLOCATION", "economic": "ECONOMIC_ALLOCATION",
    "subdivision": "CAUSAL_ALLOCATION",
}  # fmt: skip


def package(found: Footprint, allocation: str = "") -> bytes:
    """The zip file.

    Args:
        found: the footprint.
        allocation: the default of the process; that of the record if empty.

    Raises:
        ExportError: E968 olca-schema is not installed, E971 no such allocation.
    """
    try:
        import olca_schema
    except ImportError:
        raise ExportError(
            "E968", read="olca-schema is not installed", expected="the optional extra `carbon`",
            write="pip install 'hydromet[carbon]'",
        ) from None  # fmt: skip
    made = _Writer(olca_schema, found, system(found, found.allocation(allocation)))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "olca-schema.json", {"version": 2})
        for each in made.entities():
            data = {key: value for key, value in each.to_dict().items() if key != "lastChange"}  # of the clock
            _put(archive, f"{FOLDERS[type(each).__name__]}/{each.id}.json", data)
    return target.getvalue()


def _put(archive: zipfile.ZipFile, name: str, data: Any) -> None:
    info = zipfile.ZipInfo(name, _DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, dumps(data))


class _Writer:
    """Entities of a system, each with an id made of what it is."""

    def __init__(self, olca: Any, found: Footprint, made: System) -> None:
        self.olca, self.found, self.made = olca, found, made
        self.scope = found.digest
        self.names = {f"indicator {indicator}": name for indicator, (name, _, _) in FLOWS.items()}
        self.names |= {f"product {product}": product for product in made.outputs}
        for factor, table in made.factors.items():
            self.names[f"factor {factor}"] = f"{factor}: {next(iter(table.values())).title}"

    def entities(self) -> Iterator[Any]:
        """Everything the package holds; what is referred to comes first."""
        for quantity in UNITS:
            yield self._group(quantity)
            yield self._property(quantity)
        for indicator, (_, quantity, _) in FLOWS.items():
            yield self._flow(f"indicator {indicator}", "ELEMENTARY_FLOW", quantity)
        for source in sorted({each.source for table in self.made.factors.values() for each in table.values()}):
            yield self.olca.Source(id=self._id("source", source), name=source, text_reference=source)
        for factor, table in self.made.factors.items():
            first = next(iter(table.values()))
            yield self._flow(f"factor {factor}", "PRODUCT_FLOW", _quantity(first.per))
            yield self._background(factor)
        for product in self.made.outputs:
            yield self._flow(f"product {product}", "PRODUCT_FLOW", "mass")
        yield self._plant()
        yield from self._impacts()

    def _id(self, *parts: str) -> str:
        return identity(self.scope, *parts)

    def _ref(self, kind: str, key: str, name: str) -> Any:
        return self.olca.Ref(id=key, name=name, ref_type=self.olca.RefType[kind])

    def _flow_ref(self, key: str) -> Any:
        return self._ref("Flow", self._id("flow", key), self.names[key])

    def _unit_ref(self, unit: str) -> Any:
        return self._ref("Unit", self._id("unit", unit), unit)

    def _property_ref(self, quantity: str) -> Any:
        return self._ref("FlowProperty", self._id("property", quantity), quantity)

    def _group(self, quantity: str) -> Any:
        units = [
            self.olca.Unit(id=self._id("unit", unit), name=unit, conversion_factor=scale, is_ref_unit=scale == 1.0)
            for unit, scale in UNITS[quantity].items()
        ]
        return self.olca.UnitGroup(
            id=self._id("group", quantity), name=f"units of {quantity}", units=units,
            default_flow_property=self._property_ref(quantity),
        )  # fmt: skip

    def _property(self, quantity: str) -> Any:
        return self.olca.FlowProperty(
            id=self._id("property", quantity), name=quantity,
            flow_property_type=self.olca.FlowPropertyType.PHYSICAL_QUANTITY,
            unit_group=self._ref("UnitGroup", self._id("group", quantity), f"units of {quantity}"),
        )  # fmt: skip

    def _flow(self, key: str, kind: str, quantity: str) -> Any:
        return self.olca.Flow(
            id=self._id("flow", key), name=self.names[key], flow_type=self.olca.FlowType[kind],
            flow_properties=[self.olca.FlowPropertyFactor(
                flow_property=self._property_ref(quantity), conversion_factor=1.0, is_ref_flow_property=True
            )],
        )  # fmt: skip

    def _exchange(self, number: int, key: str, amount: float, unit: str, deviation: float = 1.0, **more: Any) -> Any:
        uncertainty = None
        if deviation > 1.0 and amount > 0.0:
            uncertainty = self.olca.Uncertainty(
                distribution_type=self.olca.UncertaintyType.LOG_NORMAL_DISTRIBUTION, geom_mean=amount, geom_sd=deviation
            )
        return self.olca.Exchange(
            internal_id=number, flow=self._flow_ref(key), amount=amount, unit=self._unit_ref(unit),
            flow_property=self._property_ref(_quantity(unit)), uncertainty=uncertainty, **more,
        )  # fmt: skip

    def _background(self, factor: str) -> Any:
        table = self.made.factors[factor]
        first = next(iter(table.values()))
        product = self._exchange(
            1, f"factor {factor}", 1.0, first.per, is_input=False, is_quantitative_reference=True
        )  # fmt: skip
        emitted = [
            self._exchange(
                i, f"indicator {indicator}", each.value, FLOWS[indicator][2], each.deviation, is_input=False,
                description=f"{each.source}, {each.locator}; {each.grade}, {each.geography} {each.year}; {each.gwp}",
            )
            for i, (indicator, each) in enumerate(table.items(), start=2)
        ]  # fmt: skip
        return self.olca.Process(
            id=self._id("process", factor), name=self.names[f"factor {factor}"],
            process_type=self.olca.ProcessType.LCI_RESULT, exchanges=[product, *emitted],
            last_internal_id=len(table) + 1,
            description=f"factor of {first.book}; licence of the source: {first.licence}",
            process_documentation=self.olca.ProcessDocumentation(
                sources=[self._ref("Source", self._id("source", each.source), each.source) for each in table.values()]
            ),
        )  # fmt: skip

    def _plant(self) -> Any:
        made, products = self.made, self.made.outputs
        largest = max(products, key=lambda name: products[name].mass)
        out = [
            self._exchange(i, f"product {name}", each.mass, "kg", is_input=False,
                           is_quantitative_reference=name == largest)
            for i, (name, each) in enumerate(products.items(), start=1)
        ]  # fmt: skip
        first = len(out) + 1
        taken = [
            self._exchange(
                i, f"factor {each.factor}", each.amount, each.per, each.deviation, is_input=True,
                default_provider=self._ref("Process", self._id("process", each.factor), each.factor),
                description=f"{each.id}: {each.path}",
            )
            for i, each in enumerate(made.activities, start=first)
        ]  # fmt: skip
        return self.olca.Process(
            id=self._id("process", "plant"), name=pick(self.found.record.get("title") or "plant"),
            process_type=self.olca.ProcessType.UNIT_PROCESS, exchanges=[*out, *taken],
            last_internal_id=len(out) + len(taken), allocation_factors=list(self._allocation(first)),
            default_allocation_method=self.olca.AllocationType[_KINDS[made.method]],
            description=f"amounts per {made.reference}",
        )  # fmt: skip

    def _allocation(self, first: int) -> Iterator[Any]:
        for method, shares in self.made.uniform.items():
            # One physical allocation a process: metal mass, unless mass was asked for.
            if method == ("mass" if self.made.method != "mass" else "metal_mass"):
                continue
            for product, share in shares.items():
                yield self._factor(method, product, share)
        for product, row in self.made.subdivided.items():
            for i, share in enumerate(row, start=first):
                yield self._factor("subdivision", product, share, self.olca.ExchangeRef(internal_id=i))

    def _factor(self, method: Method, product: str, share: float, exchange: Any = None) -> Any:
        return self.olca.AllocationFactor(
            allocation_type=self.olca.AllocationType[_KINDS[method]], product=self._flow_ref(f"product {product}"),
            value=share, exchange=exchange,
        )  # fmt: skip

    def _impacts(self) -> Iterator[Any]:
        refs = []
        for indicator, (name, quantity, unit) in FLOWS.items():
            key = self._id("category", indicator)
            refs.append(self._ref("ImpactCategory", key, name))
            yield self.olca.ImpactCategory(
                id=key, name=name, ref_unit=unit,
                impact_factors=[self.olca.ImpactFactor(
                    flow=self._flow_ref(f"indicator {indicator}"), value=1.0, unit=self._unit_ref(unit),
                    flow_property=self._property_ref(quantity),
                )],
            )  # fmt: skip
        yield self.olca.ImpactMethod(
            id=self._id("method"), name="hydromet: climate, water, primary energy", impact_categories=refs
        )


def _quantity(unit: str) -> str:
    return next(quantity for quantity, units in UNITS.items() if unit in units)
