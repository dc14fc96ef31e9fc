"""From black mass alone there is no rRM: what the plant recovers of it, and whose lots are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.rates import fate
from hydromet.assess.eu_recovery.rules import rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures
    from hydromet.assess.eu_recovery.plant import Plants
    from hydromet.flowsheet.result import Result

# Feeds of which a plant has a recovery, but no first recycler's.
_FEEDS = ("black_mass", "intermediate")
MAKER = "the first recycler that made it"


def process_recovery(case: Case, plants: Plants, found: Figures) -> dict[str, Any]:
    """Metal at the calculation points over metal in the black mass of others, and of solved flowsheets their own.

    Returns:
        ``lots`` -> lot -> metal -> fed, recovered, per cent; ``needed``: whose lots of batteries a rate would need;
        ``flowsheets`` -> facility -> element -> per cent of the feed.
    """
    lots: dict[str, dict[str, dict[str, float]]] = {}
    needed = []
    for name, lot in case.file.lots.items():
        if lot.form not in _FEEDS:
            continue
        rows = next(iter(found.flows.lots[name].parts.values())).rows
        lots[name] = {}
        for metal in rules().general["metals"]:
            into = float(rows[metal][0]) if metal in rows else 0.0
            if into > 0.0:
                out = sum(
                    float(claim.mass[0])
                    for claim in found.claims
                    if claim.row == metal and not claim.origin.kind and claim.origin.lot == name
                    and claim.fraction.group == "out" and fate(case, plants, claim.fraction).recovery
                )  # fmt: skip
                lots[name][metal] = {"fed_t": into / 1000.0, "recovered_t": out / 1000.0, "percent": 100.0 * out / into}
        needed.append({"lot": name, "supplier": lot.supplier or lot.producer or MAKER,
                       "form": lot.form})  # fmt: skip
    flowsheets = {
        name: {element: 100.0 * share for element, share in sorted(result["recovery"].items())
               if element in rules().general["metals"]}
        for name, result in plants.results.items()
    }  # fmt: skip
    return {"lots": lots, "needed": needed, "flowsheets": flowsheets, "rates_possible": bool(found.totals)}


def of_flowsheet(solved: Result, feeds: Iterable[str]) -> dict[str, Any]:
    """The same of a flowsheet alone: its feeds are the black mass of somebody whose lots are needed."""
    recovered = {element: 100.0 * share for element, share in sorted(solved["recovery"].items())
                 if element in rules().general["metals"]}  # fmt: skip
    needed = [{"lot": feed, "supplier": MAKER, "form": "black_mass"} for feed in feeds]
    return {"lots": {}, "needed": needed, "flowsheets": {"plant": recovered}, "rates_possible": False}
