"""What a sum of factors has to say of itself: mixed potentials, CO2 only, stand-ins and recalled rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.assess.carbon.shapes import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydromet.assess.carbon.shapes import Factor

CO2_ONLY = "CO2"
# Stoichiometric CO2 is complete as it stands; CO2 of burning lacks the supply of the fuel.
_COMPLETE = "process (scope 1)"
# Scopes without the supply of the fuel, and how the factor of the supply is called: ``fuel.ng_boiler.upstream``.
_BURNING = ("combustion", "tank-to-wheel")
_SUPPLIES = ("upstream", "wtt")


def notices(factors: Iterable[Factor]) -> list[dict[str, str]]:
    """Warnings of a record for the factors it used, each of them once; see the codes.

    W770 sets of potentials are mixed, W771 CO2 only, W772 weak: a proxy, or neither read nor derived, W774 burning
    without the supply of the fuel.
    """
    once = {(each.id, each.indicator): each for each in factors}.values()
    used = sorted(once, key=lambda each: (each.id, INDICATORS.index(each.indicator)))
    return [*_mixed(used), *_co2_only(used), *_unsupplied(used), *_weak(used)]


def _mixed(used: Iterable[Factor]) -> Iterable[dict[str, str]]:
    sets: dict[str, list[str]] = {}
    for each in used:
        if each.indicator == "climate" and each.gwp != CO2_ONLY:
            sets.setdefault(each.gwp or "unstated", []).append(each.id)
    if len(sets) > 1:
        text = "; ".join(f"{name}: {', '.join(ids)}" for name, ids in sorted(sets.items()))
        yield {"code": "W770", "where": "factors", "text": text}


def _co2_only(used: Iterable[Factor]) -> Iterable[dict[str, str]]:
    for each in used:
        if each.indicator == "climate" and each.gwp == CO2_ONLY and each.scope != _COMPLETE:
            yield {"code": "W771", "where": each.id, "text": f"{each.title}: {each.scope}"}


def _unsupplied(used: Iterable[Factor]) -> Iterable[dict[str, str]]:
    """Factors of burning whose sibling for the supply is not among those used; those of CO2 only are told already."""
    there = {each.id for each in used}
    for each in used:
        stem = each.id.rpartition(".")[0]
        burning = each.indicator == "climate" and each.scope.startswith(_BURNING) and each.gwp != CO2_ONLY
        if burning and not there & {f"{stem}.{supply}" for supply in _SUPPLIES}:
            yield {"code": "W774", "where": each.id, "text": f"{each.title}: {each.scope}, nothing of its supply"}


def _weak(used: Iterable[Factor]) -> Iterable[dict[str, str]]:
    """One warning for a factor, with the indicators it is weak for: those of the climate first."""
    found: dict[tuple[str, str], list[Factor]] = {}
    for each in used:
        if each.proxy or each.verified == "no":
            kind = "stand-in" if each.proxy else "recalled, not read again"
            found.setdefault((each.id, kind), []).append(each)
    by_climate = sorted(found.items(), key=lambda item: item[1][0].indicator != "climate")
    for (name, kind), rows in by_climate:
        indicators = ", ".join(each.indicator for each in rows)
        yield {"code": "W772", "where": name, "text": f"{indicators}: {rows[0].title}: {kind}"}
