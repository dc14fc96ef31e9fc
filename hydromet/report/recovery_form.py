"""The documentation form of Delegated Regulation (EU) 2025/606, Parts 1 and 2, as plain data from a recovery result.

One form for each chemistry family. What the case does not state is listed under ``missing`` and marked in the form;
nothing is made up. The masses of Part 2 come from the ledger, those of Part 1 from the totals: their sums agree.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.rates import EFFICIENCY, form_row
from hydromet.assess.eu_recovery.rules import FOLDER, KEYS, rules
from hydromet.datafiles import read_csv
from hydromet.errors import BalanceError, RecoveryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORM = "hydromet-recovery-form/1"
COLUMNS = ("input_t", "output_eu_t", "output_non_eu_t", "output_t")
TOTAL = "Total"
# Sums of the same masses in another order.
_SAME = 1e-9
# Fractions with less than this share of what a step makes of a row are in the sum, but not named.
_TRACE = 1e-4
_UNSTATED = ("", "to be stated", "tbd")
_IMMOBILISED, _MERCURY = "immobilised", "Hg"
_FACILITY = ("name", "street", "city", "postal_code", "country", "person", "tel", "email")
Record = dict[str, Any]


@lru_cache(maxsize=1)
def fields() -> Mapping[tuple[str, str, str], Mapping[str, str]]:
    """(part, block, field) -> labels in both languages, unit, required."""
    return {(row["part"], row["block"], row["field"]): row for row in read_csv(f"{FOLDER}/form_li.csv")}


def forms(result: Mapping[str, Any]) -> dict[str, Record]:
    """Family -> form.

    Raises:
        RecoveryError: E940, no lot of batteries.
        BalanceError: E931, the steps of Part 2 do not sum to Part 1; then no rate is printed.
    """
    if not result.get("families"):
        raise RecoveryError("E940", read="no lot of batteries", expected="lots of cells, modules, packs or batteries",
                            write="lots: {cells: {form: cell, mass: 1200 t, bill: NMC622_cell}}")  # fmt: skip
    return {family: _Form(result, family).record() for family in result["families"]}


class _Form:
    """Fills the form of one family."""

    def __init__(self, result: Mapping[str, Any], family: str) -> None:
        self.result, self.family = result, family
        self.facilities: Mapping[str, Record] = result["facilities"]
        self.first = next(n for n, each in self.facilities.items() if each["role"] == "first_recycler")
        self.lots = {n: lot for n, lot in result["lots"].items() if lot["counted"] and lot["family"] == family}
        self.blocks = result["families"][family]
        self.counted = [row for row in KEYS if self.blocks["total"]["rows"][row]["input_t"] is not None]
        self.missing: list[str] = []

    def record(self) -> Record:
        """The whole form."""
        part_1, part_2 = self._part_1(), [self._step(name) for name in self.facilities]
        sums = list(self._sums(part_1["total"], part_2))
        return {
            "format": FORM, "family": self.family, "family_name": rules().families[self.family],
            "title": self.result["title"], "year": self.result["year"], "basis": self.result["basis"],
            "design": self.result["basis"] != "measured", "part_1": part_1, "part_2": part_2, "step_sum": sums,
            "missing": list(dict.fromkeys(self.missing)), "rows_counted": self.counted,
            "regime": self.result["rules"]["regime"], "unverified": self.result["rules"]["unverified"],
            "provenance": {key: self.result["provenance"][key] for key in ("hydromet", "case_sha256")},
        }  # fmt: skip

    def _stated(self, value: Any, what: str) -> str:
        text = str(value or "").strip()
        if text.lower() in _UNSTATED:
            self.missing.append(what)
            return ""
        return text

    def _facility(self, name: str) -> Record:
        each = self.facilities[name]
        values = {**{key: each.get(key) for key in _FACILITY[:5]}, **{key: each["contact"].get(key) for key in
                  _FACILITY[5:]}}  # fmt: skip
        return {key: self._stated(value, f"{name}: {key}") for key, value in values.items()}

    def _part_1(self) -> Record:
        states = self.blocks["by_member_state"]
        own = self.facilities[self.first]["country"]
        order = sorted(states, key=lambda state: (state != own, not state, state))
        return {
            "calendar_year": self.result["year"],
            "facility": self._facility(self.first),
            "process": [self._described(name) for name in self.facilities],
            "entering": [self._lot(name, self.first) for name in self.lots if self._parts(self.first, name)],
            "blocks": [self._block(states[state], state) for state in order],
            "total": self._block(self.blocks["total"]),
        }

    def _described(self, name: str) -> Record:
        each = self.facilities[name]
        return {
            "step": each["step"], "name": each["name"] or name, "country": each["country"], "eu": each["eu"],
            "description": each["description"], "flow_chart": each["flow_chart"],
            "first": name == self.first, "takes": list(each["in"]),
            "gives": [v["label"] or k for k, v in self.result["steps"][name]["intermediates"].items()],
        }  # fmt: skip

    def _lot(self, name: str, facility: str) -> Record:
        lot = self.lots[name]
        words = rules().forms[lot["form"]]["what"]
        label = {lang: " ".join(filter(None, (lot["chemistry"], word))) for lang, word in words.items()}
        return {
            "what": name, "type": label, "mass_t": self._entering(name, facility),
            "ewc_code": self._stated(lot["waste_code"], f"{name}: waste_code"),
            "member_state": self._stated(lot["collected_in"], f"{name}: collected_in"),
        }  # fmt: skip

    def _parts(self, facility: str, lot: str) -> list[str]:
        """Parts of a lot that a facility takes."""
        parts = list(self.result["lots"][lot]["parts"])
        single = {token for each in self.facilities.values() for token in each["in"]}
        takes = self.facilities[facility]["in"]
        return [p for p in parts if f"{lot}.{p}" in takes or (lot in takes and f"{lot}.{p}" not in single)]

    def _entering(self, lot: str, facility: str) -> float:
        """Wet mass of a lot that enters a facility, t: without packaging and without parts that others took.

        The water stays with the lot; a facility that takes single parts weighs them dry.
        """
        parts = self.result["lots"][lot]["parts"]
        taken = self._parts(facility, lot)
        mass = math.fsum(parts[part]["mass_t"] for part in taken)
        if lot in self.facilities[facility]["in"]:
            mass += float(self.result["lots"][lot]["wet_t"]) - float(self.result["lots"][lot]["dry_t"])
        return mass

    def _block(self, block: Mapping[str, Any], state: str | None = None) -> Record:
        """Results of a Member State of collection, ``""`` where none is stated; of all for none."""
        rows = []
        for row in (*KEYS, TOTAL):
            line = dict(block["rows"][row])
            rate = block["rRE"] if row == TOTAL else block["rRM"].get(row)
            rows.append({"row": row, **line, "rate": None if rate is None else rate["percent"],
                         "scope_in_t": None if rate is None or row == TOTAL else rate["input_t"],
                         "scope_out_t": None if rate is None or row == TOTAL else rate["output_t"]})  # fmt: skip
        extra = [
            {"row": metal, **dict.fromkeys(COLUMNS), "rate": rate["percent"], "scope_in_t": rate["input_t"],
             "scope_out_t": rate["output_t"]}
            for metal, rate in block["rRM"].items() if metal not in KEYS
        ]  # fmt: skip
        mercury = math.fsum(
            line["mass_t"] for line in self.result["ledger"]
            if line["row"] == _MERCURY and line["use"] == _IMMOBILISED and line["lot"] in self._of(state)
        )  # fmt: skip
        return {"member_state": state or "", "rows": [*rows[:-1], *extra, rows[-1]], "hg_waste_t": mercury}

    def _of(self, state: str | None) -> set[str]:
        """Lots collected in a Member State; all for none."""
        return {name for name, lot in self.lots.items() if state is None or (lot["collected_in"] or "") == state}

    def _step(self, name: str) -> Record:
        each, step = self.facilities[name], self.result["steps"][name]
        if not each["description"] and not each["flow_chart"]:
            self.missing.append(f"{name}: description or flow_chart")
        entering = [self._lot(lot, name) for lot in self.lots if self._parts(name, lot)]
        entering += [self._taken(token) for token in each["in"] if token.partition(".")[0] in self.facilities]
        return {
            "key": name, "step": each["step"], "facility": self._facility(name), "description": each["description"],
            "flow_chart": each["flow_chart"], "permit": each["permit"], "evidence": each["evidence"], "eu": each["eu"],
            "simulated": each["simulated"], "entering": entering,
            "intermediates": [self._given(name, key, value) for key, value in step["intermediates"].items()],
            "accounting": self._accounting(name), "hg_waste_t": self._mercury(name),
        }  # fmt: skip

    def _taken(self, token: str) -> Record:
        facility, _, fraction = token.partition(".")
        value = self.result["steps"][facility]["intermediates"].get(fraction, {})
        label = value.get("label") or fraction
        return {"what": token, "type": {"en": label, "ja": label}, "mass_t": _mass(value),
                "ewc_code": self._stated(value.get("waste_code"), f"{token}: waste_code"),
                "member_state": self.facilities[facility]["country"]}  # fmt: skip

    def _given(self, facility: str, name: str, value: Mapping[str, Any]) -> Record:
        to = self.facilities.get(value["to"])
        return {
            "what": name, "type": value["label"] or name, "mass_t": _mass(value),
            "ewc_code": self._stated(value["waste_code"], f"{facility}.{name}: waste_code"),
            "further_operator": (to["name"] or value["to"]) if to else "",
            "further_step": to["step"] if to else "",
        }  # fmt: skip

    def _lines(self, facility: str) -> Iterator[Record]:
        """Lines of the ledger that count in the efficiency of this family."""
        for line in self.result["ledger"]:
            if line["facility"] == facility and EFFICIENCY in line["counts"] and line["lot"] in self.lots:
                yield line

    def _accounting(self, name: str) -> list[Record]:
        table = {row: {"m_input_t": 0.0, "m_output_eu_t": 0.0, "m_output_non_eu_t": 0.0} for row in KEYS}
        fractions: dict[str, dict[str, float]] = {row: {} for row in KEYS}
        for lot in self.lots:
            for part in self._parts(name, lot):
                for row, mass in self.lots[lot]["parts"][part]["elements_t"].items():
                    table[form_row(row)]["m_input_t"] += mass if self.lots[lot]["parts"][part]["counted"] else 0.0
        for line in self._lines(name):
            row = form_row(line["row"])
            table[row][f"m_output_{line['region']}_t"] += line["mass_t"]
            fractions[row][line["fraction"]] = fractions[row].get(line["fraction"], 0.0) + line["mass_t"]
        found: list[Record] = []
        for row in KEYS:
            if row not in self.counted:
                found.append({"row": row, **dict.fromkeys(table[row]), "m_output_t": None, "fractions": []})
                continue
            total = table[row]["m_output_eu_t"] + table[row]["m_output_non_eu_t"]
            told = {key: mass for key, mass in fractions[row].items() if mass > _TRACE * total}
            made = [self._fraction(name, row, key, mass) for key, mass in told.items()]
            found.append({"row": row, **table[row], "m_output_t": total, "fractions": made})
        sums = {key: math.fsum(line[key] or 0.0 for line in found)
                for key in ("m_input_t", "m_output_eu_t", "m_output_non_eu_t", "m_output_t")}  # fmt: skip
        return [*found, {"row": TOTAL, **sums, "fractions": []}]

    def _fraction(self, facility: str, row: str, name: str, mass: float) -> Record:
        """A fraction that holds a row, where it goes, and its share of what entered the step."""
        step = self.result["steps"][facility]
        value = step["outputs"].get(name, {})
        fed = math.fsum(each["input_t"] for key, each in step["entering"].items() if form_row(key) == row)
        stock = name in step["stock"]  # output of later years, assigned back to the year of the input
        where = "" if stock else self._stated(value.get("destination"), f"{facility}.{name}: destination")
        return {
            "name": value.get("label") or name, "compound": value.get("compound"), "destination": where, "stock": stock,
            "yield_percent": 100.0 * mass / fed if fed > 0.0 else None,
        }  # fmt: skip

    def _mercury(self, facility: str) -> float:
        return math.fsum(
            line["mass_t"] for line in self.result["ledger"]
            if line["facility"] == facility and line["row"] == _MERCURY and line["use"] == _IMMOBILISED
            and line["lot"] in self.lots
        )  # fmt: skip

    def _sums(self, total: Record, steps: list[Record]) -> Iterator[Record]:
        """Part 2 against Part 1, row by row.

        Raises:
            BalanceError: E931, they differ.
        """
        for line in total["rows"]:
            for column in COLUMNS:
                if line[column] is None:
                    continue
                parts = [
                    row[f"m_{column}"] for step in steps for row in step["accounting"] if row["row"] == line["row"]
                ]
                summed = math.fsum(parts)
                if abs(summed - line[column]) > _SAME * max(1.0, abs(line[column])):
                    read = f"{column} of {line['row']}: {summed:.9g} t in Part 2, {line[column]:.9g} t in Part 1"
                    raise BalanceError("E931", read=read, expected="the same")
                yield {"row": line["row"], "column": column, "part_1_t": line[column], "part_2_t": summed}


def _mass(value: Mapping[str, Any]) -> float:
    """Dry mass of an intermediate, or the sum of its elements if it is not weighed, t."""
    if value.get("dry_t") is not None:
        return float(value["dry_t"])
    return math.fsum(value.get("elements_t", {}).values())
