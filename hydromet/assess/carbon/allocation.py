"""Who carries which part of each contribution: metal mass, economic value, mass, subdivision, system expansion.

Only outputs with ``allocated`` carry burden; waste and by-products without it carry none, and their treatment is part
of what the others share. The shares of every contribution add up to one exactly, so the total of the plant does not
depend on the method: ``sum over products of share * value = value``.

Methods, in the order of ISO 14044 4.3.4.2 and ISO 14067 6.4.6 (recalled):

1. ``subdivision``: a contribution that serves some products only goes to them, by the weights of ``Activity.serves``;
   the rest by a common key.
2. system expansion: by-products that name a primary product are credited, see ``credits_of``.
3. ``metal_mass``: contained metal; the usual key of base metals. ``mass``: product as sold, for sensitivity only.
4. ``economic``: revenue, price times mass, of prices averaged over several years.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, get_args

from hydromet.assess.carbon.thresholds import thresholds
from hydromet.errors import FootprintError
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.carbon.shapes import Activity, Contribution, Factor, Inventory, Output

Key = Literal["metal_mass", "economic", "mass"]
Method = Literal["metal_mass", "economic", "mass", "subdivision"]
KEYS: tuple[Key, ...] = get_args(Key)
METHODS: tuple[Method, ...] = get_args(Method)
# Product -> the share it takes of each contribution, in the order of the contributions.
Matrix = dict[str, tuple[float, ...]]

_KILOGRAMS = {"kg": 1.0, "t": 1.0e-3}


def carriers(inventory: Inventory) -> tuple[Output, ...]:
    """The outputs that carry burden.

    Raises:
        FootprintError: E790 there is none; E791 a name occurs twice or an amount is negative or not finite.
    """
    twice = sorted(name for name, count in Counter(each.name for each in inventory.outputs).items() if count > 1)
    if twice:
        raise FootprintError("E791", read=f"two outputs called {twice[0]}", expected="one output of each name")
    for each in inventory.outputs:
        for what, amount in (("mass", each.mass), *each.metals.items()):
            if not (math.isfinite(amount) and amount >= 0.0):
                raise FootprintError(
                    "E791", read=f"{each.name}: {what} {amount:g} kg", expected="a mass of 0 kg or more"
                )
    found = tuple(each for each in inventory.outputs if each.allocated)
    if not found:
        only = ", ".join(each.name for each in inventory.outputs) or "no output"
        raise FootprintError(
            "E790",
            read=f"{only}: nothing carries the burden",
            expected="at least one product",
            write="products: {nickel_sulfate: {from: crystallise.crystals}}",
        )
    return found


def exact(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights as shares whose ``math.fsum`` is 1.0 to the last bit.

    Each share is its weight over the sum; the largest takes what rounding leaves, reckoned in rational numbers.

    Args:
        weights: 0 or more each, at least one above 0.
    """
    total = math.fsum(weights.values())
    shares = {name: weight / total for name, weight in weights.items()}
    largest = max(sorted(shares), key=shares.__getitem__)
    others = sum((Fraction(share) for name, share in shares.items() if name != largest), Fraction(0))
    return {**shares, largest: float(1 - others)}


def key_weights(outputs: Sequence[Output], key: Key) -> dict[str, float]:
    """Output -> what the key counts: kg of metal, revenue, or kg as sold, per reference.

    Raises:
        FootprintError: E792 no price, or none above zero, of the outputs it names.
    """
    if key == "mass":
        return {each.name: each.mass for each in outputs}
    if key == "metal_mass":
        return {each.name: math.fsum(each.metals.values()) for each in outputs}
    # One product carries everything, whatever it costs.
    if len(outputs) == 1:
        return {outputs[0].name: 1.0}
    missing = sorted(
        each.name for each in outputs if each.price is None or not (math.isfinite(each.price) and each.price > 0.0)
    )
    if missing:
        raise FootprintError(
            "E792",
            read=f"no price above zero for {', '.join(missing)}",
            expected="a price per kg as sold, averaged over several years, in one currency for every output",
            write=f"prices: {{{missing[0]}: 5.2}}",
        )
    return {each.name: (each.price or 0.0) * each.mass for each in outputs}


def shares(inventory: Inventory, key: Key) -> dict[str, float]:
    """Share of each product in what serves all of them: ``w_p / sum of w``, adding up to one exactly.

    Args:
        inventory: its outputs are read.
        key: ``metal_mass`` (kg of metal that counts), ``economic`` (revenue) or ``mass`` (kg as sold).

    Returns:
        product -> share, products in the order of the inventory; a product of which the key counts nothing has 0.

    Raises:
        FootprintError: E790 nothing carries burden; E791 the key is zero for all of it; E792 a price is missing.
    """
    outputs = carriers(inventory)
    if len(outputs) == 1:
        return {outputs[0].name: 1.0}
    weights = key_weights(outputs, key)
    if not math.fsum(weights.values()) > 0.0:
        raise FootprintError(
            "E791",
            read=f"{key} is 0 for {', '.join(weights)}",
            expected="a product with something that the key counts",
            write="allocation: mass" if key == "metal_mass" else "allocation: metal_mass",
        )
    return exact(weights)


def served(inventory: Inventory, activity: Activity) -> dict[str, float] | None:
    """Shares of an activity that serves some products only; None where it serves all.

    Weights of outputs that carry no burden are left out: what treats waste is shared by the products.

    Raises:
        FootprintError: E793 an output of that name does not exist, or a weight is negative or not finite.
    """
    known = {each.name: each.allocated for each in inventory.outputs}
    for name, weight in activity.serves.items():
        if name not in known:
            near = ", ".join(nearest(name, known))
            raise FootprintError("E793", read=f"{activity.id} serves {name}", expected=near or ", ".join(sorted(known)))
        if not (math.isfinite(weight) and weight >= 0.0):
            raise FootprintError(
                "E793", read=f"{activity.id} serves {name} by {weight:g}", expected="a weight of 0 or more"
            )
    weights = {name: weight for name, weight in activity.serves.items() if known[name] and weight > 0.0}
    return exact(weights) if weights else None


def matrix(
    inventory: Inventory, contributions: Sequence[Contribution], method: Method, common_key: Key = "metal_mass"
) -> Matrix:
    """Share of every contribution that each product takes.

    Args:
        inventory: outputs and what serves whom.
        contributions: of one indicator.
        method: a key for all contributions alike, or ``subdivision``.
        common_key: the key of what serves all products, under subdivision.

    Returns:
        product -> shares in the order of the contributions; over the products they add up to one, exactly.

    Raises:
        FootprintError: as ``shares`` and ``served``.
    """
    products = [each.name for each in carriers(inventory)]
    if method != "subdivision":
        common = shares(inventory, method)
        return {name: (common[name],) * len(contributions) for name in products}
    own = [served(inventory, each.activity) for each in contributions]
    # The key is asked for only if something is left to it: subdivision of everything needs no price.
    common = shares(inventory, common_key) if None in own else {}
    return {name: tuple((common if each is None else each).get(name, 0.0) for each in own) for name in products}


def subdivided(
    inventory: Inventory, contributions: Sequence[Contribution], common_key: Key = "metal_mass"
) -> dict[str, dict[str, float]]:
    """Process subdivision as product -> activity -> share; see ``matrix``."""
    found = matrix(inventory, contributions, "subdivision", common_key)
    return {
        name: {each.activity.id: share for each, share in zip(contributions, row, strict=True)}
        for name, row in found.items()
    }


def allocated(contributions: Sequence[Contribution], row: Sequence[float]) -> float:
    """What one product carries: sum of share times value, in the unit of the indicator per reference."""
    return math.fsum(share * each.value for each, share in zip(contributions, row, strict=True))


def directly_served(inventory: Inventory, contributions: Sequence[Contribution]) -> float:
    """Part of the absolute contributions that subdivision assigns without the common key, 0 to 1."""
    whole = math.fsum(abs(each.value) for each in contributions)
    own = math.fsum(abs(each.value) for each in contributions if served(inventory, each.activity) is not None)
    return own / whole if whole > 0.0 else 0.0


@dataclass(frozen=True)
class Credit:
    """What an output saves elsewhere.

    Attributes:
        output: the by-product or co-product.
        factor: of the primary product it stands in for, per kg as sold.
        value: ``mass * factor``, in the unit of the indicator per reference; a figure above zero is taken off.
    """

    output: Output
    factor: Factor

    @property
    def value(self) -> float:
        """Burden avoided, in the unit of the indicator per reference."""
        return self.output.mass * _KILOGRAMS[self.factor.per] * self.factor.value


def credits_of(
    inventory: Inventory, factors: Mapping[str, Factor], *, allocated_too: bool = False
) -> tuple[Credit, ...]:
    """Credits of system expansion: outputs that name the primary product they stand in for.

    Args:
        inventory: its outputs are read.
        factors: id -> factor of one indicator.
        allocated_too: credit products that carry burden, too, as the avoided burden of another product does.

    Raises:
        FootprintError: E795 the factor is not in the book, or is not per mass.
    """
    found = []
    for each in inventory.outputs:
        if not each.credit or (each.allocated and not allocated_too):
            continue
        if each.credit not in factors:
            near = ", ".join(nearest(each.credit, factors))
            raise FootprintError(
                "E795", read=f"{each.name}: credit {each.credit}", expected=near or "a factor of the book"
            )
        factor = factors[each.credit]
        if factor.per not in _KILOGRAMS:
            raise FootprintError("E795", read=f"{each.credit} is per {factor.per}", expected="a factor per kg or per t")
        found.append(Credit(each, factor))
    return tuple(found)


def expanded(totals: Mapping[str, float], common: Mapping[str, float], given: Sequence[Credit]) -> dict[str, float]:
    """System expansion: the products share the credits of the by-products by the common key.

    ``E_p = sum of share * value - share_p * sum of credits``; over the products, the plant's total less its credits.

    Args:
        totals: product -> what it carries before credits.
        common: product -> share, as ``shares`` gives them.
        given: credits of outputs that carry no burden.
    """
    saved = math.fsum(each.value for each in given)
    return {name: total - common[name] * saved for name, total in totals.items()}


@dataclass(frozen=True)
class PriceTest:
    """Whether prices differ so much that a mass key is questioned.

    Attributes:
        ratio: highest over lowest price per kg as sold; None where a price is missing.
        highest, lowest: the two outputs.
        missing: outputs without a price.
        economic: the ratio is above that of ``data/factors/methods.yaml``: the networks would then allocate by value.
    """

    ratio: float | None
    highest: str
    lowest: str
    missing: tuple[str, ...]
    economic: bool


def price_test(inventory: Inventory) -> PriceTest:
    """The price-ratio test of PACT and Catena-X (recalled), as information: it changes no figure."""
    outputs = carriers(inventory)
    priced = sorted((each.price, each.name) for each in outputs if each.price is not None and each.price > 0.0)
    missing = tuple(each.name for each in outputs if each.name not in {name for _, name in priced})
    if missing or not priced:
        return PriceTest(None, "", "", missing, economic=False)
    (low, lowest), (high, highest) = priced[0], priced[-1]
    return PriceTest(high / low, highest, lowest, (), economic=high / low > thresholds()["price_ratio"])


def with_prices(inventory: Inventory, prices: Mapping[str, float]) -> Inventory:
    """The same inventory with prices per kg as sold, for the outputs named; all in one currency."""
    outputs = tuple(
        replace(each, price=prices[each.name]) if each.name in prices else each for each in inventory.outputs
    )
    return replace(inventory, outputs=outputs)
