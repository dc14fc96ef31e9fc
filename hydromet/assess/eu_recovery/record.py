"""The parts of the result as plain data: lots, facilities, blocks, ledger, steps, rules in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.composition import WHOLE, kind_of, parts_of
from hydromet.assess.eu_recovery.fields import in_union
from hydromet.assess.eu_recovery.figures import metals
from hydromet.assess.eu_recovery.flows import CLOSING, EARLIER, OUT, REAGENT, UNACCOUNTED
from hydromet.assess.eu_recovery.gates import closures
from hydromet.assess.eu_recovery.rates import EU, NON_EU, evidence_ok, fate, form_row, not_input, percent, takes
from hydromet.assess.eu_recovery.rules import KEYS, bills, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.assess.eu_recovery.amounts import Array, Quantity
    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures
    from hydromet.assess.eu_recovery.lots import Lot
    from hydromet.assess.eu_recovery.plant import Plants
    from hydromet.assess.eu_recovery.rates import Block, Claim

_TONNE = 1000.0
_LOT_ATTRIBUTES = (
    "form", "family", "origin", "chemistry", "collected_in", "sorting", "supplier", "country", "due_diligence",
    "waste_code", "notification", "producer", "title",
)  # fmt: skip
_FACILITY_ATTRIBUTES = (
    "role", "country", "evidence", "name", "street", "city", "postal_code", "contact", "permit", "operator",
    "description", "flow_chart", "title", "losses",
)  # fmt: skip


def tonnes(mass: Array | float) -> float:
    """The stated value of a mass, t."""
    return (float(mass) if isinstance(mass, float | int) else float(mass[0])) / _TONNE


def rules_in_force(case: Case, met: Mapping[str, Quantity]) -> dict[str, Any]:
    """Acts, regime, options, elements that count, standard deviations taken by default, and what was not read."""
    found, options = rules(), case.file.options
    regime = found.regime(case.file.year)
    counted = regime.counted(options.count)
    taken = sorted(name for name, each in met.items() if not each.stated and each.sigma > 0.0)
    return {
        "acts": found.general["acts"],
        "regime": {"name": regime.name, "article": regime.article, "mandatory": sorted(regime.mandatory)},
        "counted": sorted(counted),
        "rows_counted": [row for row in KEYS if takes(row, counted)],
        "options": {
            name: {"chosen": getattr(options, name), "default": entry["choices"][0], "what": entry["what"]}
            for name, entry in found.general["options"].items()
        },
        "default_sigma": {**found.general["default_sigma"], "used_for": taken},
        "unverified": _unverified(case),
    }


def _unverified(case: Case) -> list[dict[str, str]]:
    """What the figures rest on that was not read in the act or the source itself."""
    found = [
        {"what": f"{act['id']}", "verified": str(act["verified"]), "source": str(act["source"])}
        for act in rules().general["acts"].values()
        if act["verified"] != "yes"
    ]
    kinds = sorted({
        kind_of(name, part)
        for lot in case.file.lots.values()
        for name, part in parts_of(lot).items()
        if not part.elements and part.material is None and not part.unknown
    })  # fmt: skip
    found += [
        {"what": f"composition by convention: {rules().parts[kind]['what']['en']}", "verified": "no",
         "source": "hydromet_judgement"}
        for kind in kinds
        if rules().parts[kind].get("verified") == "no"
        and getattr(case.file.options, rules().parts[kind]["plastics"]) != "Plastics"
    ]  # fmt: skip
    shipped = sorted({lot.bill for lot in case.file.lots.values() if lot.bill})
    return found + [
        {"what": f"bill of material {name}", "verified": str(bills()["verified"]), "source": str(bills()["source"])}
        for name in shipped
    ]


def lot_records(case: Case, found: Figures) -> dict[str, Any]:
    """What came in, lot by lot."""
    records = {}
    for name, lot in case.file.lots.items():
        content = found.flows.lots[name]
        counted = [each for each in content.parts.values() if each.counted]
        scope: dict[str, float] = {}
        for each in counted:
            for metal in rules().general["metals"]:
                if metal in each.rows and each.scope.get(metal, 0.0) > 0.0:
                    scope[metal] = scope.get(metal, 0.0) + each.scope[metal] * tonnes(each.rows[metal])
        records[name] = {
            **{key: getattr(lot, key) for key in _LOT_ATTRIBUTES},
            "counted": lot.counted,
            "reason": not_input(lot),
            "received_t": tonnes(lot.mass.value), "wet_t": tonnes(content.wet), "dry_t": tonnes(content.dry),
            "record": lot.mass.record,
            **({"footprint": lot.footprint.model_dump()} if lot.footprint else {}),
            "rows_t": _rows(each.rows for each in counted),
            "scope_t": scope,
            "parts": {
                part or "whole": {
                    "kind": each.kind, "mass_t": sum(tonnes(mass) for mass in each.rows.values()),
                    "elements_t": {row: tonnes(mass) for row, mass in sorted(each.rows.items())},
                    "counted": each.counted, "records": _part_records(lot, part),
                }
                for part, each in content.parts.items()
            },
        }  # fmt: skip
    return records


def _part_records(lot: Lot, part: str) -> dict[str, str]:
    """``part`` (bill, share or mass) and elements -> record they were taken from."""
    entry = parts_of(lot)[part]
    elements = lot.elements if part == WHOLE else entry.elements
    figures = {"share": entry.share, "mass": entry.mass, **elements}
    found = {name: figure.record for name, figure in figures.items() if figure is not None and figure.record}
    return {**({"part": entry.record} if entry.record else {}), **found}


def _rows(tables: Iterable[Mapping[str, Array]]) -> dict[str, float]:
    total = dict.fromkeys(KEYS, 0.0)
    for table in tables:
        for row, mass in table.items():
            total[form_row(row)] += tonnes(mass)
    return total


def facility_records(case: Case) -> dict[str, Any]:
    """The chain; the first recycler is step N_0, preparation comes before it."""
    names = list(case.file.facilities)
    first = next((i for i, name in enumerate(names) if case.file.facilities[name].role == "first_recycler"), 0)
    return {
        name: {
            **{key: getattr(facility, key) for key in _FACILITY_ATTRIBUTES},
            "step": f"N_{i - first}" if i >= first else f"preparation {i + 1}",
            "in": list(facility.inlets),
            "eu": in_union(facility.country),
            "evidence_ok": evidence_ok(case, name),
            "simulated": facility.plant is not None,
        }
        for i, (name, facility) in enumerate(case.file.facilities.items())
    }


def block_record(case: Case, each: Block) -> dict[str, Any]:
    """One block of the form: rows with input and output, rRE, rRM; rows not taken into account are null."""
    counted = rules().regime(case.file.year).counted(case.file.options.count)
    rows: dict[str, Any] = {}
    columns = {"input_t": _rows([each.inputs]), **{f"output_{r}_t": _rows([each.outputs[r]]) for r in (EU, NON_EU)}}
    for row in KEYS:
        line = {key: table[row] for key, table in columns.items()}
        line["output_t"] = line["output_eu_t"] + line["output_non_eu_t"]
        rows[row] = line if takes(row, counted) else dict.fromkeys(line)
    out, into = each.efficiency(counted)
    rows["Total"] = {key: sum(line[key] or 0.0 for line in rows.values())
                     for key in ("input_t", "output_eu_t", "output_non_eu_t", "output_t")}  # fmt: skip
    for line in rows.values():
        line["percent"] = 100.0 * line["output_t"] / line["input_t"] if line["input_t"] else None
    return {
        "rows": rows,
        "rRE": _rate(out, into),
        "rRM": recoveries(each),
    }


def recoveries(each: Block) -> dict[str, Any]:
    """Metal -> rRM with its numerator and denominator."""
    return {metal: _rate(*each.recovery(metal)) for metal in metals(each)}


def _rate(out: Array | float, into: Array | float) -> dict[str, float | None]:
    rate = percent(out, into)
    return {
        "percent": None if rate is None else tonnes(rate) * _TONNE,
        "input_t": tonnes(into),
        "output_t": tonnes(out),
    }


def ledger(case: Case, found: Figures) -> list[dict[str, Any]]:
    """Every element of every fraction by lot: what counts for which rate, and why the rest does not.

    Parts of a lot are summed; ``scope_t`` is the metal of active materials, collectors and electrolyte salts in it.
    """
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    for claim in found.claims:
        fraction, origin = claim.fraction, claim.origin
        whose = f"{origin.kind} {origin.lot}.{origin.part}".rstrip(".") if origin.kind else origin.lot
        key = (fraction.facility, fraction.group, fraction.name, claim.year, claim.use, claim.row, whose, claim.reason)
        line = lines.setdefault(key, {
            "facility": fraction.facility, "fraction": fraction.name or fraction.group, "group": fraction.group,
            "use": claim.use, "year": claim.year, "row": claim.row, "lot": whose, "mass_t": 0.0, "scope_t": 0.0,
            "counts": [*(["rRE"] if claim.efficiency else []), *(["rRM"] if claim.recovery else [])],
            "class": _class(case, claim), "reason": claim.reason, "region": claim.region,
            "record": _record(case, fraction.facility, fraction.group, fraction.name, claim.row),
        })  # fmt: skip
        line["mass_t"] += tonnes(claim.mass)
        line["scope_t"] += claim.scope * tonnes(claim.mass)
    return list(lines.values())


def _class(case: Case, claim: Claim) -> str:
    """Post- or pre-consumer waste, rework, another chain, primary, reagent or earlier input."""
    if claim.origin.kind:
        return claim.origin.kind
    lot = case.file.lots[claim.origin.lot]
    origin = "primary" if lot.form == "primary" else lot.origin
    return {"waste": "post_consumer", "reuse_rejected": "post_consumer", "production": "pre_consumer"}.get(
        origin, origin
    )


def _record(case: Case, facility: str, group: str, name: str, row: str) -> str:
    """The assay or weighing behind a figure."""
    declared = case.file.facilities[facility]
    tables: dict[str, Mapping[str, Any]] = {OUT: declared.out, CLOSING: declared.closing}
    fraction: Any = tables.get(group, {}).get(name)
    if fraction is None:
        return "solved flowsheet" if declared.plant is not None and group == OUT else ""
    stated = [fraction.elements.get(each) for each in (row, "Fe", "Others")]
    assay = next((each.record for each in stated if each is not None and each.record), "")
    if not assay and fraction.purity is not None:
        assay = fraction.purity.record
    weighing = fraction.mass.record if fraction.mass is not None else ""
    return ", ".join(filter(None, (assay, weighing)))


def steps(case: Case, plants: Plants, found: Figures, sums: Mapping[str, Any]) -> dict[str, Any]:
    """Facility by facility: what entered, intermediates, outputs, losses, the columns of the form, closure."""
    records: dict[str, Any] = {}
    for name in case.file.facilities:
        groups: dict[str, dict[str, Any]] = {"intermediates": {}, "outputs": {}, "losses": {}, "stock": {}}
        for each in found.flows.of(name):
            if each.group == UNACCOUNTED:
                continue
            its = fate(case, plants, each)
            group = "stock" if each.group != OUT else "intermediates" if its.use == "intermediate" else (
                "outputs" if its.efficiency else "losses")  # fmt: skip
            declared = case.file.facilities[name].out.get(each.name)
            groups[group][each.name] = {
                "use": its.use, "to": each.taken_by, "dry_t": None if each.dry is None else tonnes(each.dry),
                "elements_t": {row: sum(tonnes(m) for m in o.values()) for row, o in sorted(each.content.items())},
                "label": declared.label if declared else "", "compound": declared.compound if declared else None,
                "destination": declared.destination if declared else "",
                "waste_code": declared.waste_code if declared else "", "reason": its.reason,
            }  # fmt: skip
        entering = {
            row: {
                "input_t": sum(tonnes(m) for o, m in origins.items() if not o.kind),
                "reagents_t": sum(tonnes(m) for o, m in origins.items() if o.kind == REAGENT),
                "earlier_t": sum(tonnes(m) for o, m in origins.items() if o.kind == EARLIER),
            }
            for row, origins in sorted(found.flows.entering[name].items())
        }
        columns = {f"{key}_t": {row: mass / _TONNE for row, mass in sorted(rows.items())}
                   for key, rows in sums[name].items()}  # fmt: skip
        closed = {row: each["closure"] for row, each in closures(found, name).items()}
        records[name] = {"in": list(case.file.facilities[name].inlets), "entering": entering, **groups, **columns,
                         "closure": closed}  # fmt: skip
    return records
