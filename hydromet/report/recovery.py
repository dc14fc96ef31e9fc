"""The EU recovery result as text for the terminal: rates, verdicts, losses, uncertainty, naive claims, traps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import pick, tr
from hydromet.report.layout import number, table
from hydromet.report.recovery_tables import recycled_table
from hydromet.report.recovery_told import told

if TYPE_CHECKING:
    from collections.abc import Mapping

# Figures of the uncertainty that are named.
_LARGEST = 3
_PERCENT = 2
# Losses below this many per cent of the input are summed.
_SHOWN = 0.005
# Round-off of the tracing, t.
_NOTHING = 1e-9


def rate(percent: float | None) -> str:
    """A rate, two decimals; empty without input."""
    return "" if percent is None else f"{percent:.{_PERCENT}f} %"


def summary(result: Mapping[str, Any], lang: str) -> str:
    """Everything a reader needs on one page."""
    basis = tr("design estimate, not for reporting", lang) if result["basis"] != "measured" else tr("measured", lang)
    title = pick(result["title"], lang) or tr("EU recovery rates", lang)
    if result["rules"] is None:  # a flowsheet without lots
        return "\n\n".join([f"{title}  ({basis})", _process(result, lang)])
    head = [
        f"{title}: {result['year']}  ({basis})",
        f"  2025/606, {result['rules']['regime']['name']}; {tr('rows taken into account', lang)}: "
        + ", ".join(result["rules"]["rows_counted"]),
    ]
    makers = (_rates, _rows, _verdicts, _waterfall, _uncertainty, _naive, _process, recycled_table, _notes)
    return "\n\n".join(part for part in ("\n".join(head), *(make(result, lang) for make in makers)) if part)


def _rates(result: Mapping[str, Any], lang: str) -> str:
    """Numerator, denominator and rate; one row a family, Member State and item."""
    rows = []
    for family, record in result["families"].items():
        for state, each in {"": record["total"], **record["by_member_state"]}.items():
            where = tr("all", lang) if each is record["total"] else state or tr("not stated", lang)
            for item, line in {"rRE": each["rRE"], **{f"rRM {m}": x for m, x in each["rRM"].items()}}.items():
                rows.append([family, where, item, number(line["output_t"], 6), number(line["input_t"], 6),
                             rate(line["percent"])])  # fmt: skip
    if len(result["families"]) > 1:
        rows += [[tr("all", lang), tr("all", lang), f"rRM {metal}", number(line["output_t"], 6),
                  number(line["input_t"], 6), rate(line["percent"])]
                 for metal, line in result["all_families"].items()]  # fmt: skip
    heads = [tr("family", lang), tr("collected in", lang), tr("rate", lang), tr("output, t", lang),
             tr("input, t", lang), ""]  # fmt: skip
    return table(heads, rows, left=3, indent="") if rows else ""


def _rows(result: Mapping[str, Any], lang: str) -> str:
    """Rows of the form, all Member States together."""
    parts = []
    for family, record in result["families"].items():
        rows = []
        for row, line in record["total"]["rows"].items():
            masses = [line[key] for key in ("input_t", "output_eu_t", "output_non_eu_t")]
            if any(mass is None for mass in masses):
                rows.append([row, tr("left out", lang), "", "", ""])
            elif any(masses):
                rows.append([row, *(number(mass, 5) for mass in masses), rate(line["percent"])])
        first = f"{tr('efficiency by element', lang)}: {family}"
        heads = [first, tr("input, t", lang), tr("output in the EU, t", lang), tr("outside, t", lang), ""]
        parts.append(table(heads, rows, indent=""))
    return "\n\n".join(parts)


def _verdicts(result: Mapping[str, Any], lang: str) -> str:
    rows = [
        [
            each["family"], each["item"] if each["rate"] == "rRE" else f"rRM {each['item']}", rate(each["percent"]),
            f"{each['target']:g} %", each["by"],
            tr("target met", lang) if each["passes"] else tr("target missed", lang),
            _chance(each["probability_monte_carlo"]), tr("in force", lang) if each["in_force"] else "",
            each["rules"],
        ]
        for each in result["verdicts"]
    ]  # fmt: skip
    heads = [tr("family", lang), tr("metal or battery", lang), tr("rate", lang), tr("target", lang), tr("by", lang),
             tr("verdict", lang), tr("probability of passing", lang), "", tr("elements as", lang)]  # fmt: skip
    return table(heads, rows, left=2, indent="") if rows else ""


def _chance(share: float) -> str:
    return f"{100.0 * share:.0f} %"


def _waterfall(result: Mapping[str, Any], lang: str) -> str:
    parts = []
    for name, each in result["waterfall"].items():
        rows = [[tr("input in scope", lang), "", number(each["input_t"], 5), "100.00 %", ""]]
        shown = [step for step in each["steps"] if abs(step["percent"]) >= _SHOWN]
        rows += [
            [f"{step['facility']}.{step['fraction']}".rstrip("."), told(step["use"], lang), number(step["mass_t"], 5),
             rate(step["percent"]), told(step["reason"], lang)]
            for step in shown
        ]  # fmt: skip
        traces = [step for step in each["steps"] if abs(step["percent"]) < _SHOWN]
        if traces:
            rows.append([f"{tr('traces', lang)} ({len(traces)})", "", number(sum(s["mass_t"] for s in traces), 5),
                         rate(sum(s["percent"] for s in traces)), ""])  # fmt: skip
        rows.append([tr("recovered", lang), "", number(each["recovered_t"], 5), rate(each["recovered_percent"]), ""])
        heads = [f"{tr('losses', lang)}: {name}", tr("use", lang), "t", "", tr("reason", lang)]
        parts.append(table(heads, rows, left=2, indent=""))
    return "\n\n".join(parts)


def _uncertainty(result: Mapping[str, Any], lang: str) -> str:
    rows = []
    for each in result["uncertainty"]:
        random = each["monte_carlo"]
        largest = ", ".join(f"{c['figure']} {c['sd']:.2f}" for c in each["contributions"][:_LARGEST])
        item = f"rRM {each['item']}" if each["rate"] == "rRM" else f"rRE {each['item']}"
        rows.append([each["family"], item, rate(each["percent"]), f"{each['first_order_sd']:.2f}",
                     f"{random['sd']:.2f}", f"{random['low_95']:.2f} – {random['high_95']:.2f}", largest])  # fmt: skip
    heads = [tr("uncertainty", lang), "", tr("rate", lang), tr("sd, first order", lang), tr("sd, Monte Carlo", lang),
             "95 %", tr("largest contributions, percentage points", lang)]  # fmt: skip
    return table(heads, rows, left=2, indent="") if rows else ""


def _naive(result: Mapping[str, Any], lang: str) -> str:
    """What each mistake would claim, alone, and all of them."""
    parts = []
    for family, each in result["naive"].items():
        items = list(each["right"])
        rows = [[tr("by the rules", lang), *(rate(each["right"][i]) for i in items), ""]]
        for trap, rates in each["alone"].items():
            if rates:
                wrong = next((pick(t["wrong"], lang) for t in result["traps"] if t["trap"] == trap), "")
                rows.append([trap, *(rate(rates[i]["percent"]) if i in rates else "" for i in items), wrong])
        rows.append([tr("all together", lang), *(rate(each["together"].get(i)) for i in items), ""])
        parts.append(table([f"{tr('naive claim', lang)}: {family}", *items, tr("mistake", lang)], rows, indent=""))
    return "\n\n".join(parts)


def _process(result: Mapping[str, Any], lang: str) -> str:
    """Process recovery of black mass and of flowsheets; whose lots are needed where there is no rate."""
    found = result["process_recovery"]
    lines = []
    if not found["rates_possible"]:
        lines.append(tr("No rRE and no rRM: they start from waste batteries, not from black mass.", lang))
        lines += [f"  {tr('needed: the lots of', lang)} {each['supplier']} ({each['lot']})" for each in found["needed"]]
    rows = [[name, metal, number(x["recovered_t"], 5), number(x["fed_t"], 5), rate(x["percent"])]
            for name, metals in found["lots"].items() for metal, x in metals.items()]  # fmt: skip
    rows += [
        [name, metal, "", "", rate(x)] for name, metals in found["flowsheets"].items() for metal, x in metals.items()
    ]
    if rows:
        heads = [tr("process recovery", lang), "", tr("output, t", lang), tr("fed, t", lang), ""]
        lines.append(table(heads, rows, left=2, indent=""))
    return "\n".join(lines)


def _notes(result: Mapping[str, Any], lang: str) -> str:
    lines = [f"{each['code']}  {told(each['text'], lang)}" for each in result["warnings"]]
    lines += [
        f"{tr('not verified', lang)}: {each['what']} ({each['verified']})" for each in result["rules"]["unverified"]
    ]
    default = result["rules"]["default_sigma"]
    if default["used_for"]:
        lines.append(
            f"{tr('standard deviations by default (estimated)', lang)}: {len(default['used_for'])} "
            f"{tr('figures without their own', lang)}"
        )
    corrected = [each for each in result["traps"] if each["state"] == "corrected"]
    lines += [f"{each['code']} {each['trap']}  {told(each['what'], lang)}" for each in corrected]
    return "\n".join(lines)


def traps(result: Mapping[str, Any], lang: str) -> str:
    """Every trap met, by code and article."""
    states = {"met": tr("met", lang), "corrected": tr("corrected", lang)}
    rows = [
        [each["code"], each["trap"], f"{each['file']}:{each['line']}:{each['column']}", states[each["state"]],
         told(each["what"], lang), each["article"]]
        for each in result["traps"]
    ]  # fmt: skip
    heads = ["", "", tr("place", lang), tr("state", lang), tr("what was met", lang), tr("article", lang)]
    return table(heads, rows, left=6, indent="") if rows else tr("no trap met", lang)


def ledger(result: Mapping[str, Any], lang: str) -> str:
    """Where numerators and denominators come from: parts of lots, then fractions by lot, with their records."""
    inputs = [
        [name, part, row, number(mass, 5), tr("yes", lang) if each["counted"] else tr("no", lang),
         ", ".join(dict.fromkeys(each["records"].get(key, "") for key in ("mass", "share", "part", row)
                                 if each["records"].get(key))) or lot["record"]]
        for name, lot in result["lots"].items()
        for part, each in lot["parts"].items()
        for row, mass in each["elements_t"].items() if abs(mass) > _NOTHING
    ]  # fmt: skip
    outputs = [
        [f"{line['facility']}.{line['fraction']}", line["use"], line["lot"], line["row"], number(line["mass_t"], 5),
         number(line["scope_t"], 5), "+".join(line["counts"]) or told(line["reason"], lang),
         line["record"]]
        for line in result["ledger"] if abs(line["mass_t"]) > _NOTHING
    ]  # fmt: skip
    into = [tr("lot", lang), tr("part", lang), tr("row", lang), "t", tr("counts", lang), tr("record", lang)]
    out = [tr("fraction", lang), tr("use", lang), tr("lot", lang), tr("row", lang), "t", tr("in scope, t", lang),
           tr("counts for, or why not", lang), tr("record", lang)]  # fmt: skip
    return f"{table(into, inputs, left=3, indent='')}\n\n{table(out, outputs, left=4, indent='')}"
