"""The auditor's workbook: amounts, factors and masses as numbers, what follows from them as live formulas."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.shapes import INDICATORS
from hydromet.locale import BOTH, pick
from hydromet.report import carbon_words as words
from hydromet.report.carbon_read import is_unverified, lines, weak
from hydromet.report.recovery_sheet import CREATED, Sheet, Styles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.report.carbon_evidence import Evidence

INVENTORY, FACTORS, OUTPUTS, PRODUCTS = "Inventory", "Factors", "Outputs", "Products"
# Columns of the inventory before those of the products.
_AMOUNT, _FIRST_VALUE = 4, 7
# Allocations whose share is one weight over the sum of all: the weight's column on the sheet of outputs.
_KEYS = {"mass": 2, "metal_mass": 3, "economic": 5}
_SHARE = 6


def letter(column: int) -> str:
    """Name of a column, from 0: A, Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def evidence_book(found: Evidence, lang: str = BOTH) -> bytes:
    """The workbook as bytes; the same evidence gives the same bytes."""
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": CREATED, "title": f"CFP {found.source}"})
        _Book(book, found, lang).write()
    return target.getvalue()


class _Book:
    """Writes the sheets; a formula refers to cells that are written before or after it."""

    def __init__(self, book: Any, found: Evidence, lang: str) -> None:
        self.book, self.found, self.lang = book, found, lang
        self.made, self.record = found.made, found.made.record
        self.h, self.styles = words.headings(lang), Styles(book)
        self.styles.mass = book.add_format({"border": 1, "border_color": "#999999", "valign": "top"})
        self.banner = f"{self.h['design']}: {self.h['design_note']}" if found.simulated else ""
        self.method = self.record["method"]["allocation"]
        self.products = list(self.made.products)
        self.factor_rows: dict[tuple[str, str], int] = {}
        self.output_rows: dict[str, int] = {}

    def write(self) -> None:
        """All sheets, in the order they are read."""
        products = self._sheet(PRODUCTS, (44.0, *(20.0,) * max(4, len(self.products))))
        inventory = self._sheet(INVENTORY, (46.0, 14.0, 16.0, 18.0, 14.0, 8.0, 24.0, *(14.0,) * 6))
        self._factors(self._sheet(FACTORS, (26.0, 10.0, 14.0, 16.0, 40.0, 10.0, 8.0, 18.0, 16.0, 20.0, 36.0, 20.0,
                                            12.0, 10.0, 10.0, 10.0, 20.0)))  # fmt: skip
        self._outputs(self._sheet(OUTPUTS, (26.0, 22.0, 14.0, 14.0, 12.0, 14.0, 14.0, 40.0)))
        first, last = self._inventory(inventory)
        self._products(products, first, last)
        self._notes(self._sheet("Notes", (44.0, 90.0)))

    def _sheet(self, name: str, widths: Sequence[float]) -> Sheet:
        return Sheet(self.book, self.styles, name, widths, self.banner)

    def _factors(self, sheet: Sheet) -> None:
        keys = ("title", "geography", "year", "scope", "gwp", "source", "locator", "licence", "grade", "verified",
                "proxy", "deviation", "book")  # fmt: skip
        heads = {**self.h, "deviation": self.h["gsd"]}
        sheet.line([self.h["factor"], self.h["indicator"], self.h["value"], self.h["per"], *(heads[k] for k in keys)],
                   self.styles.head)  # fmt: skip
        units = self.record["method"]["indicators"]
        for name, rows in self.record["factors"].items():
            for indicator, row in rows.items():
                self.factor_rows[name, indicator] = sheet.row + 1
                told = [("yes" if row[key] else "no") if key == "proxy" else row[key] for key in keys]
                mark = self.styles.mark if row["proxy"] or is_unverified(row) else None
                sheet.line([name, indicator, row["value"], f"{units[indicator]}/{row['per']}", *told], mark)

    def _outputs(self, sheet: Sheet) -> None:
        h = self.h
        sheet.line([h["product"], h["compound"], h["mass"], h["metals"], h["price"], f"{h['price']} × {h['mass']}",
                    f"{h['share']}: {words.allocations(self.lang)[self.method]}", h["path"]],
                   self.styles.head)  # fmt: skip
        first, count = sheet.row, len(self.products)
        column = _KEYS.get(self.method)
        for i, name in enumerate(self.products):
            each, at = self.record["outputs"][name], first + i
            self.output_rows[name] = at + 1
            price = each["price"]
            sheet.line([name, each["compound"] or "", each["mass"], None, price, None, None, each["path"]])
            metals = "+".join(repr(kg) for kg in each["metals"].values()) or "0"
            sheet.formula(at, 3, f"={metals}", sum(each["metals"].values()))
            if price is not None:
                sheet.formula(at, 5, f"=E{at + 1}*C{at + 1}", price * each["mass"])
            if column is not None and count > 1:
                key = letter(column)
                share = lines(self.made, name)[0].share if self.record["activities"] else 0.0
                whole = f"SUM({key}${first + 1}:{key}${first + count})"
                sheet.formula(at, _SHARE, f"={key}{at + 1}/{whole}", share)
            elif column is not None:
                sheet.formula(at, _SHARE, "=1", 1.0)
        others = [name for name in self.record["outputs"] if name not in self.products]
        for name in others:
            each = self.record["outputs"][name]
            sheet.line([name, each["compound"] or "", each["mass"], sum(each["metals"].values()), each["price"], None,
                        h["no"], each["path"]])  # fmt: skip

    def _inventory(self, sheet: Sheet) -> tuple[int, int]:
        """Amount, factor, contribution for three indicators; share and part for each product."""
        h, units = self.h, self.record["method"]["indicators"]
        heads = [h["activity"], h["stage"], h["kind"], h["unit"], h["amount"], h["per"], h["factor"]]
        for indicator in INDICATORS:
            heads += [f"{h['factor']}: {units[indicator]}", f"{h['contribution']}: {units[indicator]}"]
        for name in self.products:
            heads += [f"{h['share']}: {name}", f"{h['part']}: {name}"]
        sheet.line([*heads, h["path"], h["found"], h["basis"], h["primary"], h["serves"]], self.styles.head)
        parts = {name: lines(self.made, name) for name in self.products}
        marks, first = weak(self.record), sheet.row
        for i, each in enumerate(self.record["activities"]):
            at = sheet.row
            mark = self.styles.mark if each["factor"] in marks else None
            for column, key in enumerate(("id", "stage", "kind", "unit", "amount", "per", "factor")):
                sheet.cell(column, each[key], mark)
            column = self._values(sheet, at, each)
            value = f"{letter(_FIRST_VALUE + 1)}{at + 1}"
            for name in self.products:
                line = parts[name][i]
                self._share(sheet, at, column, name, line.share)
                sheet.formula(at, column + 1, f"={value}*{letter(column)}{at + 1}", line.part)
                column += 2
            served = ", ".join(f"{k} {v:.6g}" for k, v in each["serves"].items())
            found = self.found.figures.get(each["path"], "")
            for more in (each["path"], found, each["basis"], h["yes"] if each["primary"] else h["no"], served):
                sheet.cell(column, more)
                column += 1
            sheet.row += 1
        sheet.sheet.freeze_panes(first, 1)
        return first + 1, sheet.row

    def _values(self, sheet: Sheet, at: int, each: Mapping[str, Any]) -> int:
        column = _FIRST_VALUE
        for indicator in INDICATORS:
            row = self.factor_rows.get((each["factor"], indicator))
            if row is not None:
                factor = self.record["factors"][each["factor"]][indicator]["value"]
                sheet.formula(at, column, f"={FACTORS}!C{row}", factor)
                sheet.formula(at, column + 1, f"={letter(_AMOUNT)}{at + 1}*{letter(column)}{at + 1}",
                              self.record["contributions"][indicator][each["id"]])  # fmt: skip
            column += 2
        return column

    def _share(self, sheet: Sheet, at: int, column: int, name: str, share: float) -> None:
        """A reference to the one share of a product, or, under subdivision, the number of this activity."""
        if self.method in _KEYS:
            sheet.formula(at, column, f"={OUTPUTS}!{letter(_SHARE)}${self.output_rows[name]}", share)
        else:
            sheet.cell(column, share)

    def _products(self, sheet: Sheet, first: int, last: int) -> None:
        """Totals of the plant and of each product from the sheet of the inventory, beside the stated figures."""
        h, record = self.h, self.record
        sheet.line([f"{h['evidence']}: {pick(record['title'], self.lang)}"], self.styles.title)
        sheet.line([h["auditor"]], self.styles.mark)
        sheet.section(f"{h['total']} / {record['reference']}")
        sheet.line([h["indicator"], h["sum_check"], h["stated"], h["add_up"]], self.styles.head)
        for i, indicator in enumerate(INDICATORS):
            at, column = sheet.row, letter(_FIRST_VALUE + 1 + 2 * i)
            sheet.cell(0, f"{h[indicator]} [{record['method']['indicators'][indicator]}]")
            total = record["totals"][indicator]
            sheet.formula(at, 1, f"=SUM({INVENTORY}!{column}{first}:{column}{last})", total)
            sheet.cell(2, total)
            sheet.formula(at, 3, f"=B{at + 1}-C{at + 1}", 0.0)
            sheet.row += 1
        sheet.section(f"{h['climate']}: {words.approaches(self.lang)['cut_off']}, "
                      f"{words.allocations(self.lang)[self.method]}")  # fmt: skip
        sheet.line(["", *self.products], self.styles.head)
        self._stages(sheet, first, last)

    def _stages(self, sheet: Sheet, first: int, last: int) -> None:
        h, named = self.h, words.stages(self.lang)
        stages = list(dict.fromkeys(each["stage"] for each in self.record["activities"]))
        columns = [letter(_FIRST_VALUE + 2 * len(INDICATORS) + 2 * i + 1) for i in range(len(self.products))]
        by_stage = {name: self.record["products"][name]["by_stage"] for name in self.products}
        top = sheet.row
        for stage in stages:
            sheet.cell(0, f"{named.get(stage, stage)} [kgCO2e]")
            for i, (name, key) in enumerate(zip(self.products, columns, strict=True)):
                where = f"{INVENTORY}!B{first}:B{last}"
                formula = f'=SUMIF({where},"{stage}",{INVENTORY}!{key}{first}:{key}{last})'
                sheet.formula(sheet.row, 1 + i, formula, by_stage[name].get(stage, 0.0))
            sheet.row += 1
        figures = [self.record["products"][name]["figures"]["climate"]["cut_off"][self.method]
                   for name in self.products]  # fmt: skip
        masses = [self.record["products"][name]["mass_kg"] for name in self.products]
        rows: list[tuple[str, str, list[float]]] = [
            (f"{h['total']} [kgCO2e]", "=SUM({c}{top}:{c}{end})", [each["total"] for each in figures]),
            (h["mass"], "", masses),
            (f"{h['per_kg']} [kgCO2e/kg]", "={c}{total}/{c}{mass}", [each["per_kg"] for each in figures]),
            (h["stated"], "", [each["per_kg"] for each in figures]),
            (h["add_up"], "={c}{per}-{c}{stated}", [0.0] * len(figures)),
        ]
        end = sheet.row
        places = {"top": top + 1, "end": end, "total": end + 1, "mass": end + 2, "per": end + 3, "stated": end + 4}
        for name, formula, values in rows:
            sheet.cell(0, name, self.styles.head)
            for i, value in enumerate(values):
                if formula:
                    sheet.formula(sheet.row, 1 + i, formula.format(c=letter(1 + i), **places), value)
                else:
                    sheet.cell(1 + i, value)
            sheet.row += 1

    def _notes(self, sheet: Sheet) -> None:
        h, record = self.h, self.record
        sheet.line([h["chain"]], self.styles.section)
        sheet.line([f"{h['record_hash']} (record.json)", self.found.digest])
        sheet.line([f"{h['result_hash']} ({self.found.source})", self.found.source_sha256])
        for each in record["books"]:
            sheet.line([f"{h['book']} {each['id']} ({each['version']})", each["sha256"]])
        for heading, pairs in (
            (h["completeness"], [(h["exempted"], f"{record['completeness']['exempted_percent']:.6g} %")]),
            (h["excluded"], [(n, f"{e['kg']:.6g} kg: {e['reason']}") for n, e in record["excluded"].items()]),
            (h["defaults"], [(n, str(t)) for n, t in record["scenario"]["defaults"].items()]),
            (h["warnings"], [(f"{w['code']} {w['where']}", w["text"]) for w in record["warnings"]]),
            (h["inputs"], list(self.found.inputs.items())),
            (h["glossary"], words.terms(self.lang)),
        ):
            sheet.section(heading)
            for name, text in pairs:
                sheet.line([name, text])
