"""Article 8 by mass balance: an account of recycled metal for each facility and metal, period by period.

In: the recycled metal that the year's intake brings into products, in the period it was taken in. Out: what the lots
delivered carry. Pre- and post-consumer metal have balances of their own, and none goes below zero. The method is this
program's (no published act, see ``data/regulation/recycled_content.yaml``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.flows import ROUNDING
from hydromet.assess.eu_recovery.recycled import CLASSES, OTHER
from hydromet.errors import BalanceError, RecoveryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.product_lots import ProductLot, RecycledContent
    from hydromet.assess.eu_recovery.recycled import Part, Product
    from hydromet.errors import Place

_TONNE = 1000.0
# A balance is empty within this share of what went through it.
_EMPTY = 1e-9
CREDITS, CARRIED = "credits", "carried in"
Table = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True)
class Delivery:
    """A lot delivered: what of which product in which period; ``share`` of the year's product of that name."""

    name: str
    product: Product
    share: float
    period: int
    declared: ProductLot | None = None

    def metal(self, name: str) -> float:
        """Metal in it, kg."""
        return self.share * self.product.content(name)


@dataclass
class _Account:
    """The running balance of one metal in one facility.

    Attributes:
        pool: lot (or what else it came from) -> kg of the metal in undelivered products, mixed.
        layers: period -> class -> kg with a claim.
    """

    pool: dict[str, float] = field(default_factory=dict)
    layers: dict[int, dict[str, float]] = field(default_factory=dict)

    @property
    def metal(self) -> float:
        """All of the metal in undelivered products, kg."""
        return sum(self.pool.values())

    def balance(self, name: str) -> float:
        return sum(layer[name] for layer in self.layers.values())

    def balances(self) -> dict[str, float]:
        return {name: self.balance(name) for name in CLASSES}

    def add(self, period: int, claims: Mapping[str, float]) -> None:
        layer = self.layers.setdefault(period, dict.fromkeys(CLASSES, 0.0))
        for name in CLASSES:
            layer[name] += claims.get(name, 0.0)

    def draw(self, name: str, amount: float) -> None:
        """Take a claim out, the oldest first."""
        for period in sorted(self.layers):
            part = min(amount, self.layers[period][name])
            self.layers[period][name] -= part
            amount -= part

    def lapse(self, up_to: int) -> dict[str, float]:
        """Claims of periods up to one are gone; the metal stays."""
        gone = dict.fromkeys(CLASSES, 0.0)
        for period in [each for each in self.layers if each <= up_to]:
            for name, amount in self.layers.pop(period).items():
                gone[name] += amount
        return gone


@dataclass(frozen=True)
class Book:
    """The accounts of a case.

    Attributes:
        periods: their names. lines: facility.metal -> one record a period, t. claims: lot -> metal -> class -> kg.
        origins: lot -> metal -> lot it came from -> kg, by the mixture in the plant when it was delivered.
    """

    periods: tuple[str, ...]
    lines: Mapping[str, list[dict[str, Any]]]
    claims: Mapping[str, Mapping[str, Mapping[str, float]]]
    origins: Mapping[str, Mapping[str, Mapping[str, float]]]


def book(case: Case, made: Mapping[str, Product], delivered: Sequence[Delivery]) -> Book:
    """Keep the accounts.

    Raises:
        BalanceError: E936, more metal delivered than there is; E937, more claimed than the account holds.
    """
    rules = case.file.recycled_content
    periods = tuple(rules.periods) or (str(case.file.year),)
    lines: dict[str, list[dict[str, Any]]] = {}
    claims: Table = {}
    origins: Table = {}
    pairs = {(each.facility, metal): None for each in made.values() for metal in each.metals}
    for facility, metal in pairs:
        account, first = _opened(rules, facility, metal)
        own = [each for each in made.values() if each.facility == facility]
        lines[f"{facility}.{metal}"] = [
            _period(case, account, own, [d for d in delivered if d.product.facility == facility and d.period == p],
                    metal, p, (claims, origins), first if p == 0 else None)
            for p in range(len(periods))
        ]  # fmt: skip
    return Book(periods, lines, claims, origins)


def _opened(rules: RecycledContent, facility: str, metal: str) -> tuple[_Account, dict[str, float]]:
    """The account with what was carried in, which is older than the first period."""
    carried = rules.opening.get(facility, {}).get(metal)
    found = {name: figure.value for name in (*CLASSES, OTHER) if carried and (figure := getattr(carried, name))}
    account = _Account({CARRIED: sum(found.values())} if found else {})
    account.add(-1, found)
    return account, found


def _period(
    case: Case,
    account: _Account,
    made: Iterable[Product],
    delivered: Sequence[Delivery],
    metal: str,
    period: int,
    told: tuple[Table, Table],
    carried: Mapping[str, float] | None,
) -> dict[str, Any]:
    rules = case.file.recycled_content
    names = tuple(rules.periods) or (str(case.file.year),)
    opening, stock = account.balances(), account.metal
    parts = [(part, _falls(rules, part, period, len(names))) for each in made for part in each.metals.get(metal, ())]
    into = {name: sum(part.of(name) * share for part, share in parts) for name in CLASSES}
    produced = sum(part.metal * share for part, share in parts)
    account.add(period, into)
    for part, share in parts:
        account.pool[part.lot] = account.pool.get(part.lot, 0.0) + part.metal * share
    out = _deliver(case, account, delivered, metal, told)
    gone = _lapse(rules, account, period, last=period == len(names) - 1)
    record = {
        "period": names[period], "opening_t": opening, "in_t": into, "out_t": out, "lapsed_t": gone,
        "closing_t": account.balances(), "carried_in": bool(carried),
    }  # fmt: skip
    metals = {"opening": stock, "made": produced, "delivered": sum(d.metal(metal) for d in delivered),
              "closing": account.metal}  # fmt: skip
    return {
        **{key: {n: m / _TONNE for n, m in value.items()} if isinstance(value, dict) else value
           for key, value in record.items()},
        "metal_t": {key: mass / _TONNE for key, mass in metals.items()},
    }  # fmt: skip


def _falls(rules: RecycledContent, part: Part, period: int, count: int) -> float:
    """Share of the year's metal of an origin that belongs to a period: that of the inlets it came by.

    Metal that came by no inlet (reagents) is spread evenly.
    """
    if count == 1:
        return 1.0
    if not part.inlets:
        return 1.0 / count
    named = list(rules.periods.values())[period]
    return sum(share * named.of(token) for token, share in part.inlets.items())


def _deliver(
    case: Case,
    account: _Account,
    delivered: Sequence[Delivery],
    metal: str,
    told: tuple[Table, Table],
) -> dict[str, float]:
    """Take the lots out of the account; proportional lots all carry the share before the first of them left."""
    rules = case.file.recycled_content
    total, stock = sum(each.metal(metal) for each in delivered), account.metal
    if total > account.metal * (1.0 + ROUNDING):
        worst = max(delivered, key=lambda each: each.metal(metal))
        raise BalanceError(
            "E936", read=f"{total / _TONNE:.6g} t {metal} delivered",
            expected=f"at most the {account.metal / _TONNE:.6g} t of {worst.product.facility} at that time",
            write="period: a later one, or less mass", place=place(case, "lots", worst.name),
        )  # fmt: skip
    shares = {name: account.balance(name) / stock if stock > 0.0 else 0.0 for name in CLASSES}
    out = dict.fromkeys(CLASSES, 0.0)
    for each in delivered:
        claimed = each.declared.claim.get(metal) if each.declared is not None else None
        for name in CLASSES:
            share = shares[name] if rules.attribution != CREDITS else getattr(claimed, name) if claimed else 0.0
            amount = share * each.metal(metal)
            held = account.balance(name)
            if amount > held * (1.0 + ROUNDING) + _EMPTY:
                raise BalanceError(
                    "E937", read=f"{each.name}: {amount / _TONNE:.6g} t {name} {metal} claimed",
                    expected=f"at most the {held / _TONNE:.6g} t in the account of {each.product.facility}",
                    write=f"claim: {{{metal}: {{{name}: {100.0 * held / each.metal(metal):.4g} %}}}}",
                    place=place(case, "lots", each.name),
                )  # fmt: skip
            amount = min(amount, held)
            account.draw(name, amount)
            told[0].setdefault(each.name, {}).setdefault(metal, {})[name] = amount
            out[name] += amount
        part = each.metal(metal) / stock if stock > 0.0 else 0.0
        told[1].setdefault(each.name, {})[metal] = {lot: part * mass for lot, mass in account.pool.items()}
    left = max(0.0, 1.0 - total / stock) if stock > 0.0 else 0.0
    account.pool = {lot: left * mass for lot, mass in account.pool.items()}
    return out


def _lapse(rules: RecycledContent, account: _Account, period: int, *, last: bool) -> dict[str, float]:
    """Claims that end with a period by the rule of carrying over."""
    up_to = {"none": period, "next_period": period - 1, "within_year": period if last else -2, "with_stock": -2}
    return account.lapse(up_to[rules.carry_over])


def deliveries(case: Case, made: Mapping[str, Product]) -> list[Delivery]:
    """The lots delivered, as declared, or each product of the year as one lot.

    Raises:
        RecoveryError: E934, E935, lots or periods that contradict the case.
    """
    rules = case.file.recycled_content
    if not rules.lots:
        return [Delivery(key, each, 1.0, 0) for key, each in made.items()]
    names = list(rules.periods) or [str(case.file.year)]
    found = []
    for name, lot in rules.lots.items():
        product = made.get(lot.of)
        if product is None:
            known = ", ".join(made) or "none in this case"
            raise RecoveryError(
                "E934", read=lot.of, expected=f"a product with a metal of Article 8: {known}",
                write=f"of: {next(iter(made), 'refinery.nickel_sulfate')}", place=place(case, "lots", name, "of"),
            )  # fmt: skip
        period = lot.period or names[0]
        if period not in names or (not lot.period and len(names) > 1):
            raise RecoveryError("E935", read=lot.period or "no period", expected=f"one of {', '.join(names)}",
                                write=f"period: {names[0]}", place=place(case, "lots", name, "period"))  # fmt: skip
        found.append(Delivery(name, product, _share(case, name, lot, product), names.index(period), lot))
    return found


def _share(case: Case, name: str, lot: ProductLot, product: Product) -> float:
    if lot.share is not None:
        return lot.share
    if lot.mass is None or not product.weighed:
        raise RecoveryError("E934", read=f"a mass of {lot.of}, which the case does not weigh", expected="share",
                            write="share: 40 %", place=place(case, "lots", name, "mass"))  # fmt: skip
    return lot.mass.value / product.weighed


def place(case: Case, *keys: str) -> Place:
    """Place of a part of the ``recycled_content:`` section, or of the case if it has none."""
    where = (*case.path, "recycled_content", *keys)
    while where and where not in case.document.values:
        where = where[:-1]
    return case.document.place(where, key=True)
