"""The inventory of a solved plant: every activity behind its products, per hour of operation, each with its place.

Everything is read from ``result.json``; nothing is solved. What the flowsheet's ``carbon:`` section does not say is
taken from ``data/factors/scenarios.yaml`` and noted as a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.plant import metals
from hydromet.assess.carbon.scenario import practice, substances, unknown
from hydromet.assess.carbon.shapes import Activity, Inventory, Output
from hydromet.errors import raise_all
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.assess.carbon.book import Books
    from hydromet.assess.carbon.scenario import Scenario
    from hydromet.assess.carbon.shapes import Kind, Stage
    from hydromet.errors import UserError

REFERENCE = "1 h of operation"
WATER = "H2O"
# A substance below this share of a reagent is an impurity, left out and listed, unless it has a factor of its own.
IMPURITY, IMPURITIES = 0.02, "impurities of "
# Duties below this are round-off of the energy balance, kW.
ROUND_OFF = 1e-6
_STAGES: Mapping[str, Stage] = {
    "upstream": "raw_material", "reagent": "raw_material", "solvent": "raw_material", "water": "raw_material",
    "packaging": "raw_material", "transport": "raw_material",
}  # fmt: skip
_SOLVENTS = ("(org)",)
_AIR, _HALF = ("N2(g)", "O2(g)", "Ar(g)", "CO2(g)"), 0.5


def stage_of(kind: str) -> Stage:
    """The life-cycle stage an activity of this kind is reported under, if nothing else is said."""
    return _STAGES.get(kind, "production")


@dataclass
class Ledger:
    """Collects the activities of one inventory.

    Attributes:
        data: ``result.json``. scenario: the choices. books: the factors.
        rows: activities so far. excluded: what is left out on purpose.
        defaults: what was taken from the usual practice, in words. doubts: code and text of warnings.
    """

    data: Mapping[str, Any]
    scenario: Scenario
    books: Books
    rows: list[Activity] = field(default_factory=list)
    excluded: dict[str, tuple[float, str]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    doubts: list[tuple[str, str]] = field(default_factory=list)

    def add(
        self, name: str, kind: Kind, flow: str, amount: float, per: str, factor: str, path: str, basis: str, *,
        unit: str = "", stage: Stage | None = None, primary: bool = True, deviation: float = 0.0,
        serves: Mapping[str, float] | None = None,
    ) -> None:  # fmt: skip
        """One line; an amount of zero is none."""
        if amount == 0.0:
            return
        usual = practice().deviations
        served = serves if serves is not None else self.serves(unit) if unit else {}
        self.rows.append(
            Activity(
                name, kind, stage or stage_of(kind), unit, flow, amount, per, factor, path, basis, primary,
                deviation or (usual.solved if primary else usual.default), served,
            )
        )  # fmt: skip

    def carrying(self) -> tuple[str, ...]:
        """Names of the outputs that take a share of the burden."""
        chosen = self.scenario.choices.by_products
        found = [*self.data["products"], *(name for name, each in chosen.items() if each.allocated)]
        return tuple(found)

    def serves(self, unit: str) -> dict[str, float]:
        """Product -> weight of a unit: as the section says, else metal that passes it on the way to the product."""
        own = self.scenario.choices.serves.get(unit)
        if own is not None:
            return dict.fromkeys(own, 1.0)
        traced = self.data.get("assessments", {}).get("serves", {}).get(unit, {})
        return {name: traced[name] for name in sorted(self.carrying()) if traced.get(name, 0.0) > 0.0}

    def weighted(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Product -> weight of something that units share: each unit's own shares times its part of it."""
        found: dict[str, list[float]] = {}
        for unit, weight in weights.items():
            served = self.serves(unit)
            total = fsum(served.values())
            for name, mass in served.items():
                found.setdefault(name, []).append(weight * mass / total)
        return {name: fsum(parts) for name, parts in sorted(found.items())}

    def default(self, what: str, text: str) -> None:
        """Note something taken from the usual practice."""
        self.defaults.setdefault(what, text)


def inventory(data: Mapping[str, Any], scenario: Scenario, books: Books) -> tuple[Inventory, dict[str, str]]:
    """The inventory of a result and what of it is default.

    Args:
        data: ``result.json`` of a converged plant.
        scenario: the choices.
        books: the factors; of electricity the losses of the grid are asked for.

    Raises:
        FootprintError: E780 to E786, something named in the section does not exist.
    """
    from hydromet.assess.carbon.leaving import emissions, hauls, wastes
    from hydromet.assess.carbon.upstream import upstream
    from hydromet.assess.carbon.utilities import losses, utilities

    ledger = Ledger(data, scenario, books)
    check_names(scenario, known_names(data))
    upstream(ledger)
    reagents(ledger)
    utilities(ledger)
    emissions(ledger)
    wastes(ledger)
    hauls(ledger)
    packaging(ledger)
    losses(ledger)
    taken = fsum(row["kg_h"] * _dry(row) for row in data["reagents"].values() if not row["water"])
    # The same order from a solved plant and from its file, whose keys are sorted.
    place = {unit: i for i, unit in enumerate(data["order"])}
    rows = sorted(ledger.rows, key=lambda row: (place.get(row.unit, -1), row.id))
    made = Inventory(
        REFERENCE, data["feed_kg_h"], tuple(rows), outputs(ledger), data["feed_kg_h"] + taken,
        dict(sorted(ledger.excluded.items())), tuple(sorted(ledger.doubts)),
    )  # fmt: skip
    return made, dict(sorted(ledger.defaults.items()))


def _dry(row: Mapping[str, Any]) -> float:
    """Share of a reagent that is not water."""
    water = float(row["contains_kg_h"].get(WATER, 0.0))
    return 1.0 - water / row["kg_h"] if row["kg_h"] > 0.0 else 1.0


def known_names(data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What a plant has, by kind, as ``check_names`` asks for it."""
    outlets = data.get("outlets", {})
    return {
        "feeds": tuple(data["assessments"]["recovery"]["feeds"]),
        "reagents": tuple(data["reagents"]),
        "products": tuple(data["products"]),
        "by_products": tuple(outlets.get("by_products", {})),
        "wastes": tuple(outlets.get("wastes", {})),
        "units": tuple(data["units"]),
    }


def check_names(scenario: Scenario, names: Mapping[str, tuple[str, ...]]) -> None:
    """Every name of the section stands for something of the plant.

    Raises:
        FootprintError, UserErrors: E780, at its place, with the nearest names.
    """
    choices = scenario.choices
    feeds, wastes, by_products = names["feeds"], names["wastes"], names["by_products"]
    products = names["products"]
    goods = (*feeds, *names["reagents"], *products, *by_products, *wastes, "feeds", "reagents", "wastes")
    known = {
        "feeds": (feeds, "feed"), "transport": (goods, "goods"), "treatments": (wastes, "waste"),
        "by_products": (by_products, "by-product"), "prices": ((*products, *by_products), "output"),
        "credits": (products, "product"), "packaging": (products, "product"), "serves": (names["units"], "unit"),
        "cff": (products, "product"), "biogenic": ((*feeds, *names["reagents"]), "feed"),
        "excluded": (names["reagents"], "reagent"),
    }  # fmt: skip
    wrong: list[UserError] = []
    for section, (allowed, what) in known.items():
        wrong += [
            scenario.wrong_name(unknown("E780", name, allowed, what), section, name)
            for name in getattr(choices, section)
            if name not in allowed
        ]
    carrying = (*products, *(name for name, each in choices.by_products.items() if each.allocated))
    for unit, served in choices.serves.items():
        wrong += [
            scenario.wrong_value(unknown("E780", name, carrying, "product"), "serves", unit)
            for name in served
            if name not in carrying
        ]
    raise_all(wrong)


def reagents(ledger: Ledger) -> None:
    """Reagents and make-up solvent by substance and unit, on the basis of what they contain; water by quality."""
    for name, row in ledger.data["reagents"].items():
        if row["kg_h"] <= 0.0:
            continue
        reason = ledger.scenario.choices.excluded.get(name)
        if reason is not None:
            ledger.excluded[name] = (row["kg_h"], reason)
        elif row["water"]:
            _water(ledger, name, row)
        else:
            _reagent(ledger, name, row)


def contents(data: Mapping[str, Any], name: str) -> dict[str, float]:
    """Formula -> kg/h of a reagent as labelled; of an older result without labels, its dissolved species."""
    found = data["reagents"][name]["contains_kg_h"]
    if found:
        return dict(found)
    moles = data["feeds"][name]["species_mol_h"]
    return {each: flow * species(each).molar_mass for each, flow in moles.items()}


def _water(ledger: Ledger, name: str, row: Mapping[str, Any]) -> None:
    """Fresh water in m3; demineralised if next to nothing is dissolved in it."""
    own = ledger.scenario.choices.substances.get(name)
    salts = 1.0 - row["contains_kg_h"].get(WATER, row["kg_h"]) / row["kg_h"]
    factor = own or practice().water.factor(salts)
    for unit, mass in row["by_unit_kg_h"].items():
        ledger.add(
            f"{unit}/{name}", "water", name, mass / 1000.0, "m3", factor, f"reagents.{name}.by_unit_kg_h.{unit}",
            f"drawn by the unit at 1000 kg/m3; {1e6 * salts:.2g} mg/kg dissolved", unit=unit,
        )  # fmt: skip


def _reagent(ledger: Ledger, name: str, row: Mapping[str, Any]) -> None:
    own = ledger.scenario.choices.substances
    by_unit, total = row["by_unit_kg_h"], row["kg_h"]
    if name in own:
        for unit, mass in by_unit.items():
            ledger.add(
                f"{unit}/{name}", "reagent", name, mass, "kg", own[name], f"reagents.{name}.by_unit_kg_h.{unit}",
                "as delivered; the section names the factor of this reagent", unit=unit,
            )  # fmt: skip
        return
    charged, traces = _substances(ledger, name, row)
    held = contents(ledger.data, name)
    for substance, factor in charged.items():
        share = held[substance] / total
        kind: Kind = "solvent" if substance.endswith(_SOLVENTS) else "reagent"
        for unit, mass in by_unit.items():
            ledger.add(
                f"{unit}/{name}/{substance}", kind, name, share * mass, "kg", factor,
                f"reagents.{name}.by_unit_kg_h.{unit}",
                f"{100.0 * share:.4g} wt% {substance} of {mass:.6g} kg/h as delivered", unit=unit,
            )  # fmt: skip
    if traces:
        ledger.excluded[f"{IMPURITIES}{name}"] = (
            fsum(traces.values()), f"below {100.0 * IMPURITY:g} wt% each: {', '.join(sorted(traces))}"
        )  # fmt: skip


def _substances(ledger: Ledger, name: str, row: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, float]]:
    """Substance -> factor of what a reagent is charged for, and the masses of its impurities."""
    known = {**substances(), **ledger.scenario.choices.substances}
    charged: dict[str, str] = {}
    traces: dict[str, float] = {}
    # Gases that come with air cost the blower's electricity only.
    air = contents(ledger.data, name).get("N2(g)", 0.0) > _HALF * row["kg_h"]
    for substance, mass in contents(ledger.data, name).items():
        small = mass < IMPURITY * row["kg_h"]
        if substance == WATER or (substance in _AIR and air):
            continue
        if small:
            traces[substance] = mass
        elif substance in known:
            charged[substance] = known[substance]
        else:
            line = f"substances: {{{substance}: chem.h2so4}}"
            raise unknown("E782", substance, known, f"{name}: no factor for", line).at(
                ledger.scenario.place("substances")
            )
    if not charged and not air:
        line = f"substances: {{{name}: chem.h2so4}}"
        raise unknown("E782", name, known, "no factor for", line).at(ledger.scenario.place("substances"))
    return charged, traces


def packaging(ledger: Ledger) -> None:
    """Packaging that the section declares."""
    for name, each in ledger.scenario.choices.packaging.items():
        mass = ledger.data["products"][name]["mass_kg_h"]
        ledger.add(
            f"{name}/packaging", "packaging", "packaging", each.amount * mass, "kg", each.factor,
            f"products.{name}.mass_kg_h", f"{each.amount:g} kg/kg as declared", primary=False, serves={name: 1.0},
        )  # fmt: skip


def outputs(ledger: Ledger) -> tuple[Output, ...]:
    """Products and by-products with the metals that count, each by name."""
    data, choices = ledger.data, ledger.scenario.choices
    found = []
    for name, row in sorted(data["products"].items()):
        compound = row.get("compound") or None
        held = _metals(data, row["stream"], compound, None)
        found.append(
            Output(name, "products", row["mass_kg_h"], held, choices.prices.get(name), compound, True,
                   choices.credits.get(name, ""), f"products.{name}.mass_kg_h")
        )  # fmt: skip
    for name, row in sorted(data.get("outlets", {}).get("by_products", {}).items()):
        own = choices.by_products.get(name)
        held = _metals(data, row["stream"], None, own.metals if own else None)
        found.append(
            Output(name, "by_products", row["mass_kg_h"], held, choices.prices.get(name), None,
                   bool(own and own.allocated), own.credit if own else "", f"outlets.by_products.{name}.mass_kg_h")
        )  # fmt: skip
    return tuple(found)


def _metals(
    data: Mapping[str, Any], stream: str, compound: str | None, chosen: Sequence[str] | None
) -> dict[str, float]:
    """Metals of an output that count, kg/h: those of its compound, if it is sold as one."""
    counted = chosen or [m for m in metals() if compound is None or m in species(compound).elements]
    elements = data["streams"][stream]["elements_kg_h"]
    return {metal: elements[metal] for metal in counted if elements.get(metal, 0.0) > 0.0}


def value_at(data: Any, path: str) -> Any:
    """What stands at a path of a result, ``streams.leach.gas.species_mol_h.CO2(g)``; a key may have dots in it.

    Raises:
        KeyError: nothing does.
    """
    if not path:
        return data
    if isinstance(data, list):
        step, _, rest = path.partition(".")
        if not (step.isdigit() and int(step) < len(data)):
            raise KeyError(path)
        return value_at(data[int(step)], rest)
    steps = path.split(".")
    for i in range(len(steps), 0, -1):
        key = ".".join(steps[:i])
        if isinstance(data, Mapping) and key in data:
            return value_at(data[key], ".".join(steps[i:]))
    raise KeyError(path)
