"""The summary of a result for the terminal: what an engineer asks first, on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import pick, tr
from hydromet.report.carbon_summary import of_run as carbon
from hydromet.report.effluent import hydrogen, verdicts
from hydromet.report.grade import governing, passes
from hydromet.report.layout import number, percent, table
from hydromet.report.tables import MAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.flowsheet.result import Result

# Impurities and losses named in a line; smaller losses are in the tables.
_PLACES = 3
_NAMED = 4
_SMALL_LOSS = 5e-4
# Recovery is stated on the first page for these, and for whatever is recovered to at least this share.
_WORTH = 0.01


def summary(result: Result, language: str = "en") -> str:
    """The whole page.

    Args:
        result: a converged result.
        language: ``en``, ``ja`` or ``both``.
    """
    parts = (
        _head,
        _products,
        governing,
        _recovery,
        passes,
        _reagents,
        _energy,
        _water,
        carbon,
        _effluent,
        verdicts,
        hydrogen,
        _splits,
        _targets,
        _warnings,
    )
    return "\n\n".join(text for part in parts if (text := part(result, language)))


def _section(title: str, body: str) -> str:
    return f"{title}\n{body}" if body else ""


def _head(result: Result, language: str) -> str:
    worst = result["balance"]["worst"]
    loops = result["solver"]["loops"]
    tears = sum(len(loop["tears"]) for loop in loops)
    title = pick(result["title"], language)
    passes = result["solver"]["passes"]
    lines = [
        f"{tr('Converged', language)}: {tears} {tr('recycles', language)}, {passes} {tr('passes', language)}",
        f"{tr('Worst closure', language)}: {worst['element']} {worst['closure']:.1e}; "
        f"{tr('enthalpy', language)} {worst['energy_unit']} {worst['energy_error']:.1e}",
    ]
    return "\n".join([*([title] if title else []), *(f"  {line}" for line in lines)])


def _products(result: Result, language: str) -> str:
    heads = [
        tr("Products", language),
        "kg/h",
        "t/y",
        tr("purity", language),
        tr("grade", language),
        tr("impurities, ppm", language),
    ]
    rows = []
    for name, record in result.products.items():
        worst = sorted(record["impurities_ppm"].items(), key=lambda item: -item[1])[:_NAMED]
        named = ", ".join(f"{element} {number(ppm, 3)}" for element, ppm in worst)
        verdict = (record["grade"] or {}).get("verdict", "")
        figures = [number(record["mass_kg_h"]), number(record["mass_t_y"]), percent(record["purity"])]
        rows.append([name, *figures, tr(verdict, language) if verdict else "", named])
    return table(heads, rows, indent="")


def _recovery(result: Result, language: str) -> str:
    """Recovered share of each metal and where the rest goes."""
    rows = []
    shown = [e for e in MAIN if e in result.recovery] + [e for e in result.recovery if e not in MAIN]
    for element in shown:
        share = result.recovery[element]
        if element not in MAIN[:7] and share < _WORTH:
            continue
        ways = result["losses"][element].items()
        lost = [
            f"{name} {percent(way['share'], 3)}"
            for name, way in ways
            if way["kind"] != "products" and way["share"] > _SMALL_LOSS
        ]
        rows.append([element, percent(share), ", ".join(lost)])
    heads = [tr("Recovery of feed metal", language), tr("in products", language), tr("where the rest goes", language)]
    if not rows:
        return ""
    feeds = ", ".join(result["assessments"]["recovery"]["feeds"])
    note = tr("Process recovery, no rate of Regulation (EU) 2023/1542: that needs the battery lots behind", language)
    return f"{table(heads, rows, indent='')}\n{note} {feeds}"


def _reagents(result: Result, language: str) -> str:
    rows = [
        [name, number(r["kg_h"]), number(r["kg_per_t_feed"])]
        for name, r in result["reagents"].items()
        if not r["water"] and r["kg_h"] > 0.0
    ]
    return table([tr("Reagents", language), "kg/h", tr("kg/t dry feed", language)], rows, indent="") if rows else ""


def _energy(result: Result, language: str) -> str:
    energy = result["energy"]
    names = (
        ("electric", tr("electricity", language)),
        ("steam", tr("steam", language)),
        ("cooling", tr("cooling", language)),
    )
    rows = [[shown, number(energy[f"{key}_kW"]), number(energy["kWh_per_t_feed"].get(key))] for key, shown in names]
    feed, extra = result["feed_kg_h"], energy.get("auxiliaries_kW", {})
    named = (
        ("agitation", tr("other agitators", language)),
        ("pumping", tr("pumps", language)),
        ("centrifuges", tr("centrifuges", language)),
        ("fans", tr("fans of dryers", language)),
    )
    for use, shown in named:
        if extra.get(use):
            rows.append([shown, number(extra[use]), number(1e3 * extra[use] / feed) if feed else "–"])
    return table([tr("Energy", language), "kW", tr("kWh/t dry feed", language)], rows, indent="")


def _water(result: Result, language: str) -> str:
    water = result["water"]
    out = ", ".join(f"{kind} {number(kg)}" for kind, kg in water["liquid_out_kg_h"].items() if kg > 0.0)
    line = f"{tr('fresh', language)} {number(water['fresh_kg_h'])} kg/h ({number(water['fresh_kg_per_t_feed'])} kg/t)"
    net = water.get("net_intake_kg_h")
    intake = f"{tr('net intake', language)} {number(net)} kg/h" if net is not None else ""
    out = f"{tr('out as liquid', language)} (kg/h): {out}" if out else ""
    vapour = f"{tr('vapour', language)} {number(water['vapour_out_kg_h'])} kg/h"
    return _section(tr("Water", language), "  " + "; ".join(part for part in (line, intake, out, vapour) if part))


def _effluent(result: Result, language: str) -> str:
    rows = []
    for name, record in result["effluent"].items():
        loads = sorted(record["elements_g_L"].items(), key=lambda item: -item[1])[: _NAMED + 2]
        carried = ", ".join(f"{element} {number(grams, 3)}" for element, grams in loads)
        rows.append([name, number(record["volume_m3_h"]), number(record["pH"], 3), carried])
    return table([tr("Effluent", language), "m3/h", "pH", "g/L"], rows, indent="") if rows else ""


def _splits(result: Result, language: str) -> str:
    """Declared constant splits with what they decide."""
    rows = [
        [f"{s['unit']}.{s['outlet']}", f"{s['what']}: {s['species']}", number(s["value"]), _decides(s["share_of_loss"])]
        for s in result["fixed_splits"]
    ]
    heads = [
        tr("Declared splits (not predictions)", language),
        "",
        tr("share", language),
        tr("part of the loss it decides", language),
    ]
    return table(heads, rows, left=2, indent="") if rows else ""


def _decides(shares: Mapping[str, float]) -> str:
    largest = sorted(shares.items(), key=lambda item: -item[1])[:_NAMED]
    return ", ".join(f"{element} {percent(share, 2)}" for element, share in largest if share > _SMALL_LOSS) or "–"


def _targets(result: Result, language: str) -> str:
    rows = [
        [t["until"], number(t["reached"]), t["vary"], number(t["found"])] for t in result["solver"].get("targets", ())
    ]
    heads = [tr("Targets (SI units)", language), tr("reached", language), tr("varied", language), tr("found", language)]
    return table(heads, rows, indent="") if rows else ""


def _warnings(result: Result, language: str) -> str:
    lines = [f"  {w['code']} {_places(w['where'], language)}: {w['text']}" for w in result["warnings"]]
    return _section(tr("Warnings", language), "\n".join(lines))


def _places(where: str, language: str) -> str:
    """The first units of a warning and how many more; the workbook and the result name all."""
    names = where.split(", ")
    if len(names) <= _PLACES:
        return where
    return f"{', '.join(names[:_PLACES])} {tr('and {n} more', language).format(n=len(names) - _PLACES)}"


def headline(result: Result) -> dict[str, Any]:
    """The key figures as plain data, for ``--json``."""
    keys = ("products", "recovery", "reagents", "energy", "water", "effluent", "warnings")
    return {"converged": result.converged, "worst": result["balance"]["worst"], **{key: result[key] for key in keys}}
