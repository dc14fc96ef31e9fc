"""Ouranos (ABtC): one request of four records, five decimals with what is beyond rounded up, nothing below zero.

Which stage goes where is our reading of the labels: ``preProduction`` own raw materials, ``mainProduction`` own energy,
direct emissions and waste, ``preComponent`` and ``mainComponent`` the same of inputs whose suppliers declare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.exports.declaration import DISTRIBUTION, RAW, Share
from hydromet.assess.exports.digits import five_up
from hydromet.assess.exports.formats import catalogue, rule
from hydromet.assess.exports.rules import no_credits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hydromet.assess.exports.company import Asked
    from hydromet.assess.exports.declaration import Declaration

NAME, UNIT = "ouranos", "kgCO2e/kilogram"
PRE, MAIN = "preProcessing", "mainProcessing"


def _pre(each: Share) -> bool:
    return each.stage == RAW


def _main(each: Share) -> bool:
    return each.stage not in (RAW, DISTRIBUTION)


# cfpType -> (dqrType, what belongs to it).
RECORDS: Mapping[str, tuple[str, Callable[[Share], bool]]] = {
    "preProduction": (PRE, lambda each: _pre(each) and not each.traced),
    "mainProduction": (MAIN, lambda each: _main(each) and not each.traced),
    "preComponent": (PRE, lambda each: _pre(each) and each.traced),
    "mainComponent": (MAIN, lambda each: _main(each) and each.traced),
}
_RATED: Mapping[str, Callable[[Share], bool]] = {PRE: _pre, MAIN: _main}


def records(declared: Declaration, asked: Asked) -> list[dict[str, Any]]:
    """The four records of one part.

    Raises:
        ExportError, UserErrors: E961 no traceId, E962 a rule broken.
    """
    no_credits(declared, NAME, "ouranos-no-negative")
    trace, cfp = asked.of_product("trace_id"), asked.get(*asked.own, "cfp_id")
    asked.done()
    quality = {name: _value(declared.rating(wanted)) for name, wanted in _RATED.items()}
    found = [
        {
            "cfpId": cfp, "traceId": trace, "cfpType": name, "ghgEmission": _figure(declared, name, wanted),
            "ghgDeclaredUnit": UNIT, "dqrType": kind, "dqrValue": dict(quality[kind]),
        }
        for name, (kind, wanted) in RECORDS.items()
    ]  # fmt: skip
    hold(found)
    return found


def _figure(declared: Declaration, name: str, wanted: Callable[[Share], bool]) -> float:
    value = five_up(max(0.0, declared.of(wanted)))
    if value > catalogue()["formats"][NAME]["most"]:
        read = f"{declared.product}: {name} is {value:.5f}"
        raise rule(NAME, "ouranos-no-negative", read, "a footprint per kg that is within the range")
    return value


def _value(rating: tuple[float, float, float] | None) -> dict[str, float]:
    """Ratings of a processing; 0 where nothing was brought that could be rated."""
    te, ge, ti = rating or (0.0, 0.0, 0.0)
    return {"TeR": five_up(te), "GeR": five_up(ge), "TiR": five_up(ti)}


def hold(found: Sequence[Mapping[str, Any]]) -> None:
    """The rules between the records, for what is written and for what a file holds.

    Raises:
        ExportError: E962 with the rule's name.
    """
    kinds = [each.get("cfpType") for each in found]
    if sorted(map(str, kinds)) != sorted(RECORDS):
        read = f"{len(kinds)} records: {', '.join(map(str, kinds))}"
        raise rule(NAME, "ouranos-four-records", read, "one record of each type")
    for key in ("cfpId", "traceId", "ghgDeclaredUnit"):
        said = {each.get(key) for each in found}
        if len(said) > 1:
            raise rule(NAME, "ouranos-one-id", f"{key}: {', '.join(map(str, said))}", f"one {key} in all four")
    for each in found:
        figures = (float(each["ghgEmission"]), *map(float, each["dqrValue"].values()))
        if any(value != five_up(value) for value in figures):
            raise rule(NAME, "ouranos-five-decimals", f"{each['cfpType']}: {figures}", "figures rounded up")
        pair = [other["dqrValue"] for other in found if other["dqrType"] == each["dqrType"]]
        if each["dqrType"] != RECORDS[each["cfpType"]][0] or any(other != pair[0] for other in pair):
            read = f"{each['cfpType']}: {each['dqrType']} {each['dqrValue']}"
            raise rule(NAME, "ouranos-dqr-pairs", read, "one dqrValue for preProcessing, one for mainProcessing")
