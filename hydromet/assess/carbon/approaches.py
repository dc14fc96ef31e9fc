"""One inventory, three answers: cut-off, avoided burden, circular footprint formula; per kg product and per kg metal.

* Cut-off (recycled-content method): waste comes in without burden, ``E_p = sum of share * value``. What PACT, Catena-X
  and Ouranos exchange.
* Avoided burden: the cut-off figure less what the co-products save elsewhere; for comparison only, may be below zero.
* Circular footprint formula (CFF) of the EU's Product Environmental Footprint: burdens of recycling are shared between
  who hands over waste and who takes the recycled material. Structure read in two independent implementations
  (``lcaac_cff``, ``ecobalyse_cff``); Commission Recommendation (EU) 2021/2279 itself recalled.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.assess.carbon.allocation import allocated, carriers, credits_of, matrix, shares
from hydromet.assess.carbon.thresholds import thresholds
from hydromet.datafiles import read_csv
from hydromet.errors import FootprintError
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.carbon.allocation import Key, Matrix, Method
    from hydromet.assess.carbon.shapes import Contribution, Factor, Inventory, Output

PARAMETERS = "data/factors/cff.csv"
# Burdens of the formula that a file may state, per kg of metal: symbol -> field of ``Burdens``.
STATED: Mapping[str, str] = {
    "Ev": "primary", "EvStar": "substituted", "ErecyclingEoL": "recycling_eol", "EER": "energy_recovery",
    "ESEheat": "heat", "ESEelec": "electricity", "ED": "disposal",
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One result for one product.

    Attributes:
        total: per reference, in the unit of the indicator.
        per_kg: per kg as sold; None of a product without mass.
        per_kg_metal: element -> per kg of it contained, ``per_kg / w_element``, impurities left out. Of a product with
            several metals each of them is charged with the whole, so these figures must not be added.
        per_kg_metals: per kg of all of these metals together; None without any.
    """

    total: float
    per_kg: float | None
    per_kg_metal: Mapping[str, float]
    per_kg_metals: float | None = None


def figure(total: float, output: Output) -> Figure:
    """Total of a product as ``total / mass``, per metal ``total / (mass * w_metal)``, per kg of all its metals."""
    per_kg = total / output.mass if output.mass > 0.0 else None
    metals = main_metals(output)
    together = total / math.fsum(metals.values()) if metals else None
    return Figure(total, per_kg, {name: total / mass for name, mass in metals.items()}, together)


def main_metals(output: Output) -> dict[str, float]:
    """The metals a product is sold for: element -> kg per reference; those below 1 % of its metal are impurities."""
    least = thresholds()["main_metal"] * math.fsum(output.metals.values())
    return {name: mass for name, mass in output.metals.items() if mass > 0.0 and mass >= least}


def cut_off(contributions: Sequence[Contribution], shared: Matrix) -> dict[str, float]:
    """Cut-off: product -> ``sum of share * value``, per reference, in the unit of the indicator.

    Args:
        contributions: of one indicator.
        shared: as ``allocation.matrix`` gives it; the products add up to the plant's total.

    Raises:
        FootprintError: E795 contributions of two indicators in one sum.
    """
    one_indicator(contributions)
    return {name: allocated(contributions, row) for name, row in shared.items()}


def one_indicator(contributions: Sequence[Contribution]) -> None:
    """Refuse a sum over two indicators: kilograms are not added to litres.

    Raises:
        FootprintError: E795.
    """
    kinds = sorted({each.factor.indicator for each in contributions})
    if len(kinds) > 1:
        raise FootprintError("E795", read=f"contributions of {' and '.join(kinds)}", expected="one indicator at a time")


def avoided_burden(
    inventory: Inventory,
    contributions: Sequence[Contribution],
    factors: Mapping[str, Factor],
    method: Method = "metal_mass",
    common_key: Key = "metal_mass",
) -> dict[str, float]:
    """Avoided burden: product -> its burden when all other outputs with a primary counterpart are credited.

    For product p, co-products C with a credit and products U without one:
    ``E_p = s_p (sum of values - sum over C of mass * E_primary)``, where s_p is the share of p among p and U under the
    method of allocation. If every other product has a credit, s_p is 1 and allocation plays no part. Each figure is a
    view of its own: they do not add up to the plant's total, and may be below zero. Not for exchange formats.

    Args:
        inventory: outputs, with the credits they name.
        contributions: of one indicator.
        factors: id -> factor of the same indicator, with the primary products.
        method: as in ``allocation.matrix``, for outputs without a credit.
        common_key: as there.

    Raises:
        FootprintError: E795 a credit's factor is missing; what ``allocation.matrix`` raises.
    """
    one_indicator(contributions)
    given = credits_of(inventory, factors, allocated_too=True)
    found = {}
    key: Key = common_key if method == "subdivision" else method
    for product in (each.name for each in carriers(inventory)):
        others = [each for each in given if each.output.name != product]
        gone = {each.output.name for each in others}
        # A credited co-product carries nothing: it has been replaced.
        outputs = tuple(replace(each, allocated=each.allocated and each.name not in gone) for each in inventory.outputs)
        alone = replace(inventory, outputs=outputs)
        burden = allocated(contributions, matrix(alone, contributions, method, common_key)[product])
        found[product] = burden - shares(alone, key)[product] * math.fsum(each.value for each in others)
    return found


@dataclass(frozen=True)
class Parameter:
    """One parameter of the formula as it stands in ``data/factors/cff.csv``.

    Attributes:
        symbol, application: which, and for what: ``A`` of ``battery_metals``.
        value: default; low, high: what the method allows or the literature spans.
        source, locator, grade, verified, note: where it comes from and how sure it is.
    """

    symbol: str
    application: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    locator: str
    grade: str
    verified: str
    note: str


@lru_cache(maxsize=1)
def parameters() -> Mapping[str, Mapping[str, Parameter]]:
    """Application -> symbol -> parameter."""
    found: dict[str, dict[str, Parameter]] = {}
    for row in read_csv(PARAMETERS):
        numbers = {key: float(row[key]) for key in ("value", "low", "high")}
        each = Parameter(**{**row, **numbers})  # type: ignore[arg-type]  # the columns are the fields
        found.setdefault(each.application, {})[each.symbol] = each
    return found


@dataclass(frozen=True)
class Circular:
    """Parameters of the circular footprint formula; all without unit but LHV.

    Attributes:
        A: part of the recycling burden on who takes the recycled material; 1 is cut-off, 0 avoided burden.
        R1: recycled part of the material. R2: part recycled at the end of life, after all losses.
        quality_in: Qsin/Qp; quality_out: Qsout/Qp, 0 to 1.
        B: part of the energy recovery burden on who takes the energy. R3: part of the material burnt for energy.
        LHV: lower heating value, MJ/kg. heat, electricity: efficiencies XER, together at most 1.
        stated: burdens by the symbols of ``STATED``, in place of what is known here; ``cff_of_product`` takes them.

    Raises:
        FootprintError: E794 a parameter out of its range, or ``R2 + R3`` above 1.
    """

    A: float
    R1: float = 0.0
    R2: float = 0.0
    quality_in: float = 1.0
    quality_out: float = 1.0
    B: float = 0.0
    R3: float = 0.0
    LHV: float = 0.0
    heat: float = 0.0
    electricity: float = 0.0
    stated: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in ((name, each) for name, each in asdict(self).items() if name != "stated"):
            top = math.inf if name == "LHV" else 1.0
            if not (math.isfinite(value) and 0.0 <= value <= top):
                wanted = "0 MJ/kg or more" if name == "LHV" else "0 to 1"
                write = f"cff: {{nickel_sulfate: {{{name}: {0.2 if name == 'A' else 0}}}}}"
                raise FootprintError("E794", read=f"{name} = {value:g}", expected=wanted, write=write)
        for one, other in (("R2", "R3"), ("heat", "electricity")):
            both = getattr(self, one) + getattr(self, other)
            # A sum of decimal fractions may pass one by an ulp.
            if both > 1.0 + 1.0e-12:
                raise FootprintError("E794", read=f"{one} + {other} = {both:g}", expected="at most 1 together")


@dataclass(frozen=True)
class Burdens:
    """What the formula adds up, per kg of material (or metal), in the unit of the indicator.

    Attributes:
        primary: Ev, primary production of the material. recycled: Erecycled, of the recycled input.
        recycling_eol: ErecyclingEoL, recycling at the end of life. substituted: Ev*, what it replaces; Ev if None.
        energy_recovery: EER. heat, electricity: ESE of the heat and electricity replaced, per MJ. disposal: ED.
    """

    primary: float
    recycled: float = 0.0
    recycling_eol: float = 0.0
    substituted: float | None = None
    energy_recovery: float = 0.0
    heat: float = 0.0
    electricity: float = 0.0
    disposal: float = 0.0


@dataclass(frozen=True)
class CircularFootprint:
    """The terms of the formula, each in the unit of the indicator per kg of material.

    Attributes:
        primary: ``(1-R1) Ev``. recycled_input: ``R1 (A Erecycled + (1-A) Ev Qsin/Qp)``.
        recycling: ``(1-A) R2 (ErecyclingEoL - Ev* Qsout/Qp)``.
        energy: ``(1-B) R3 (EER - LHV XERheat ESEheat - LHV XERelec ESEelec)``. disposal: ``(1-R2-R3) ED``.
    """

    primary: float
    recycled_input: float
    recycling: float
    energy: float
    disposal: float

    @property
    def material(self) -> float:
        """The three material terms."""
        return math.fsum((self.primary, self.recycled_input, self.recycling))

    @property
    def total(self) -> float:
        """All five terms."""
        return math.fsum((self.primary, self.recycled_input, self.recycling, self.energy, self.disposal))


def cff(burdens: Burdens, setting: Circular) -> CircularFootprint:
    """The circular footprint formula of the EU's Product Environmental Footprint.

    Material ``(1-R1) Ev + R1 (A Erec + (1-A) Ev Qsin/Qp) + (1-A) R2 (ErecEoL - Ev* Qsout/Qp)``; energy
    ``(1-B) R3 (EER - LHV XERheat ESEheat - LHV XERelec ESEelec)``; disposal ``(1-R2-R3) ED``.

    Validity: one material, burdens all per kg of the same thing. With A = 1 and R1 = 1 the material terms are the
    cut-off figure ``Erec``; with A = 0 they are ``Ev Qsin/Qp + R2 (ErecEoL - Ev* Qsout/Qp)``.
    """
    p, e = setting, burdens
    replaced = e.primary if e.substituted is None else e.substituted
    saved = p.LHV * (p.heat * e.heat + p.electricity * e.electricity)
    return CircularFootprint(
        primary=(1.0 - p.R1) * e.primary,
        recycled_input=p.R1 * (p.A * e.recycled + (1.0 - p.A) * e.primary * p.quality_in),
        recycling=(1.0 - p.A) * p.R2 * (e.recycling_eol - replaced * p.quality_out),
        energy=(1.0 - p.B) * p.R3 * (e.energy_recovery - saved),
        # The difference may fall below zero by an ulp where R2 + R3 is one.
        disposal=max(0.0, 1.0 - p.R2 - p.R3) * e.disposal,
    )


def defaults(application: str = "battery_metals", **given: float) -> Circular:
    """Parameters of an application from the data, with those given put in their place.

    Args:
        application: as in the table, ``battery_metals``.
        given: parameters, and burdens of ``STATED``, by name; they may come from a file, so anything that is no number
            is refused.

    Raises:
        FootprintError: E794 no such application or parameter, no number, a value out of range, or energy recovery
            without its burdens.
    """
    if application not in parameters():
        raise FootprintError("E794", read=f"application {application}", expected=", ".join(sorted(parameters())))
    known = {name: each.value for name, each in parameters()[application].items()}
    names = (*(name for name in Circular.__dataclass_fields__ if name != "stated"), *STATED)
    unknown = sorted(set(given) - set(names))
    if unknown:
        expected = ", ".join(nearest(unknown[0], names) or names)
        write = "cff: {nickel_sulfate: {A: 0.2}}"
        raise FootprintError("E794", read=f"parameter {unknown[0]}", expected=expected, write=write)
    chosen = {name: value for name, value in given.items() if name not in STATED}
    for name, value in chosen.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise FootprintError("E794", read=f"{name} = {value}", expected="a number", write=f"{name}: 0.2")
    found = Circular(**{**known, **chosen}, stated={name: given[name] for name in STATED if name in given})
    _sound(found)
    return found


def _sound(setting: Circular) -> None:
    """Burdens that are stated are numbers, and energy recovery has those it needs: nothing is zero by being unsaid."""
    for name, value in setting.stated.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise FootprintError("E794", read=f"{name} = {value}", expected="a number", write=f"{name}: 1.5")
    burning = setting.R3 > 0.0 and setting.B < 1.0
    saving = burning and setting.LHV > 0.0
    needed = {"EER": burning, "ESEheat": saving and setting.heat > 0.0, "ESEelec": saving and setting.electricity > 0.0}
    for name, counts in needed.items():
        if counts and name not in setting.stated:
            write = f"cff: {{nickel_sulfate: {{R3: {setting.R3:g}, {name}: 1.5}}}}"
            read = f"R3 = {setting.R3:g} without {name}"
            raise FootprintError("E794", read=read, expected=f"{name}, kg CO2e", write=write)


def doubts(setting: Circular, application: str = "battery_metals") -> tuple[tuple[str, str], ...]:
    """W793, as code and text: recalled defaults, values outside the range of the method, burdens not stated."""
    found = _unstated(setting)
    for name, each in parameters().get(application, {}).items():
        value = getattr(setting, name)
        if not each.low <= value <= each.high:
            found.append(("W793", f"{name} = {value:g} is outside {each.low:g} to {each.high:g} ({each.source})"))
        elif value == each.value and each.verified == "no":
            found.append(("W793", f"{name} = {value:g} is a recalled default ({each.source}), not verified"))
    return tuple(found)


def _unstated(setting: Circular) -> list[tuple[str, str]]:
    """What stands in for burdens of an end of life that is reckoned but not described."""
    found = []
    if setting.R2 > 0.0 and setting.A < 1.0 and "ErecyclingEoL" not in setting.stated:
        found.append(("W793", "ErecyclingEoL is not stated: this plant's own figure stands in for it"))
    left = 1.0 - setting.R2 - setting.R3
    if setting.R2 + setting.R3 > 0.0 and left > 1e-12 and "ED" not in setting.stated:
        found.append(("W793", f"ED is not stated: disposal of {left:g} of the material is not in"))
    return found


def cff_of_product(
    recycled_total: float, output: Output, primary: Mapping[str, float], setting: Circular
) -> dict[str, CircularFootprint]:
    """What a buyer of recycled metal counts under the formula: element -> terms per kg of that metal.

    ``Erecycled`` is the cut-off burden per kg of contained metal, all metals of the product together (the burden of a
    product with several metals is spread over them by mass); ``Ev`` is primary production of the same commodity. With
    R1 = 1: ``A Erec + (1-A) Ev Qsin/Qp``. ``ErecyclingEoL`` is that of the same process, ``Erecycled``, unless stated.

    Args:
        recycled_total: cut-off burden of the product per reference.
        output: the product.
        primary: element -> Ev per kg of metal in the primary commodity, same indicator.
        setting: parameters; the input is recycled as far as R1 says. Its stated burdens are taken for every metal.

    Raises:
        FootprintError: E791 the product holds no metal; E797 no primary figure for a metal of it.
    """
    metals, given = main_metals(output), setting.stated
    if not metals:
        raise FootprintError("E791", read=f"{output.name} holds no metal that counts", expected="a product with metal")
    missing = sorted(set(metals) - set(primary)) if "Ev" not in given else []
    if missing:
        raise FootprintError(
            "E797",
            read=f"{output.name}: no primary figure for {', '.join(missing)}",
            expected=f"one of {', '.join(sorted(primary))}, or a row for it in data/factors/benchmarks.csv",
        )
    per_metal = recycled_total / math.fsum(metals.values())
    own = {"recycled": per_metal, "recycling_eol": per_metal, **{STATED[name]: each for name, each in given.items()}}
    return {name: cff(Burdens(**{"primary": primary.get(name, 0.0), **own}), setting) for name in metals}


def cff_total(terms: Mapping[str, CircularFootprint], output: Output) -> float:
    """The formula for a product, per reference: sum over its metals of ``mass * total per kg of metal``."""
    return math.fsum(each.total * output.metals[name] for name, each in terms.items())
