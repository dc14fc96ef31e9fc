"""The door: a case file in, the recovery result out, as plain data of format ``hydromet-recovery/1``."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery import gates, record
from hydromet.assess.eu_recovery.amounts import Values
from hydromet.assess.eu_recovery.case_file import case_of, has_section, is_flowsheet
from hydromet.assess.eu_recovery.countries import by_country
from hydromet.assess.eu_recovery.figures import figures
from hydromet.assess.eu_recovery.naive import Naive
from hydromet.assess.eu_recovery.notices import NO_LOTS, notices
from hydromet.assess.eu_recovery.plant import solve_plants
from hydromet.assess.eu_recovery.process import of_flowsheet, process_recovery
from hydromet.assess.eu_recovery.rates import EFFICIENCY, RECOVERY
from hydromet.assess.eu_recovery.recycled_record import recycled_content, recycled_notices
from hydromet.assess.eu_recovery.rules import FOLDER, rules
from hydromet.assess.eu_recovery.traps import lint
from hydromet.assess.eu_recovery.uncertainty import spreads
from hydromet.assess.eu_recovery.waterfall import waterfalls
from hydromet.datafiles import names, read_text
from hydromet.errors import raise_all
from hydromet.source import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures
    from hydromet.assess.eu_recovery.plant import Plants
    from hydromet.assess.eu_recovery.traps import Trap
    from hydromet.assess.eu_recovery.uncertainty import Rate, Spread
    from hydromet.source import Document

FORMAT = "hydromet-recovery/1"
MEASURED, DESIGN = "measured", "design estimate"
# A rate that is the target but for the last bits of a sum meets it.
_ROUND_OFF = 1e-12


def run(path: str | Path) -> dict[str, Any]:
    """Read a case file and assess it; see ``assess``.

    A flowsheet without a ``recovery:`` section has no lots of batteries: its process recovery is all that can be said.
    """
    document = load(path)
    if is_flowsheet(document) and not has_section(document):
        return _without_lots(path, document)
    return assess(case_of(document, Path(path).parent))


def _without_lots(path: str | Path, document: Document) -> dict[str, Any]:
    from hydromet.assess.case import run as solve

    solved = solve(path)
    feeds = solved["assessments"]["recovery"]["feeds"]
    return {
        "format": FORMAT, "title": solved["title"], "year": None, "basis": DESIGN, "rules": None,
        **{key: {} for key in ("lots", "facilities", "families", "all_families", "steps", "waterfall", "naive")},
        **{key: [] for key in ("ledger", "step_sum", "verdicts", "uncertainty", "traps")},
        "process_recovery": of_flowsheet(solved, feeds),
        "warnings": [{"code": "W925", "text": NO_LOTS}],
        "provenance": {"flowsheets": {document.name: solved["provenance"]}},
    }  # fmt: skip


def assess(case: Case) -> dict[str, Any]:
    """Rates, verdicts, uncertainty, losses, naive claims and traps of a case.

    Returns:
        plain data; ``docs/explanations/eu-recovery.md`` has the keys. The same case gives the same data.

    Raises:
        RecoveryError: E918, more comes out than came in, and other mistakes that only the arithmetic shows.
        BalanceError, UserErrors: E930 to E932, a balance does not close; then there is no rate.
    """
    plants = solve_plants(case)
    values = Values()
    found = figures(case, plants, values)
    raise_all(gates.gate(case, found))
    sums = gates.step_sums(case, found)
    checked = gates.check_step_sums(case, found, sums)
    spread = spreads(case, plants, values.met)
    met = lint(case, plants, found)
    verdicts, recycled = _verdicts(case, spread), recycled_content(case, plants, found)
    return {
        "format": FORMAT,
        "title": case.file.title,
        "year": case.file.year,
        "basis": DESIGN if plants.results or case.file.basis == "estimate" else MEASURED,
        "rules": record.rules_in_force(case, values.met),
        "lots": record.lot_records(case, found),
        "facilities": record.facility_records(case),
        "families": {
            family: {
                "total": record.block_record(case, total),
                "by_member_state": {s: record.block_record(case, each) for s, each in found.states[family].items()},
            }
            for family, total in found.totals.items()
        },
        "all_families": record.recoveries(found.everything),
        "ledger": record.ledger(case, found),
        "steps": record.steps(case, plants, found, sums),
        "step_sum": checked,
        "verdicts": verdicts,
        "uncertainty": _uncertainty(case, spread),
        "waterfall": waterfalls(case, plants, found),
        "naive": _naive(case, plants, found, met),
        "traps": [each.to_dict() for each in met],
        "process_recovery": process_recovery(case, plants, found),
        "recycled_content": recycled,
        "countries": by_country(case, plants, found, verdicts, recycled),
        "warnings": [*notices(case, plants, found), *recycled_notices(case, recycled)],
        "provenance": _provenance(case, plants),
    }


def _verdicts(case: Case, spread: Mapping[Rate, Spread]) -> list[dict[str, Any]]:
    """Every target, held against the rate by the rules of the year the target falls in."""
    found = []
    for family, kind, name in spread:
        item = EFFICIENCY if kind == EFFICIENCY else name
        for target in rules().targets_of(family, item):
            regime = rules().regime(max(target.year, case.file.year))
            if kind == EFFICIENCY and name != regime.name:
                continue
            each = spread[family, kind, name]
            linear, random = each.passing(target.percent)
            found.append({
                "family": family, "item": item, "rate": kind, "percent": each.nominal, "target": target.percent,
                "by": target.by, "in_force": target.year <= case.file.year,
                "rules": regime.name if kind == EFFICIENCY else "",
                "passes": each.nominal >= target.percent * (1.0 - _ROUND_OFF),
                "probability_first_order": linear, "probability_monte_carlo": random, "verified": target.verified,
            })  # fmt: skip
    order = {EFFICIENCY: 0, RECOVERY: 1}
    return sorted(found, key=lambda v: (v["family"], order[v["rate"]], v["by"], v["item"]))


def _uncertainty(case: Case, spread: Mapping[Rate, Spread]) -> list[dict[str, Any]]:
    setting = case.file.options.monte_carlo
    return [
        {
            "family": family, "rate": kind, "item": name, "percent": each.nominal, "first_order_sd": each.first_order,
            "monte_carlo": {"cases": setting.cases, "seed": setting.seed, "mean": each.mean, "sd": each.deviation,
                            "low_95": each.low, "high_95": each.high},
            "contributions": [
                {"figure": figure, "sd": abs(part)}
                for figure, part in sorted(each.contributions.items(), key=lambda c: (-abs(c[1]), c[0]))
                if part != 0.0
            ],
        }
        for (family, kind, name), each in spread.items()
    ]  # fmt: skip


def _naive(case: Case, plants: Plants, found: Figures, met: tuple[Trap, ...]) -> dict[str, Any]:
    """Family -> what each trap met would have made of the rates, alone and all together."""
    table = {}
    numbers = sorted({each.trap for each in met})
    for family in found.totals:
        right = Naive(case, plants, found, family, frozenset()).rates()
        alone = {trap: Naive(case, plants, found, family, frozenset({trap})).rates() for trap in numbers}
        # What is neither counted nor lost by one mistake cannot be counted again by another.
        together = Naive(case, plants, found, family, frozenset(numbers)).rates()
        table[family] = {
            "right": right,
            "alone": {
                trap: {item: {"percent": rate, "too_high_by": rate - right.get(item, 0.0)} for item, rate in
                       rates.items() if abs(rate - right.get(item, 0.0)) > 1e-9}
                for trap, rates in alone.items()
            },
            "together": together,
        }  # fmt: skip
    return table


def _provenance(case: Case, plants: Plants) -> dict[str, Any]:
    """Versions and hashes of everything the figures rest on."""
    from hydromet import __version__

    text = "\n".join(case.document.lines) + "\n"
    files = {f"{FOLDER}/{name}": read_text(f"{FOLDER}/{name}") for name in names(FOLDER)}
    return {
        "hydromet": __version__,
        "case_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "flowsheets": {name: result["provenance"] for name, result in plants.results.items()},
        "data_sha256": {name: hashlib.sha256(content.encode()).hexdigest() for name, content in files.items()},
    }
