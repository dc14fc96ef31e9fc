"""The documentation form as a workbook: totals, rates and the sum over the steps are live formulas."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from hydromet.locale import BOTH, pick
from hydromet.report.recovery_form import COLUMNS, TOTAL
from hydromet.report.recovery_pages import row_label
from hydromet.report.recovery_sheet import CREATED, Sheet, Styles
from hydromet.report.recovery_told import told
from hydromet.report.recovery_words import BLANK, headings, label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FORM = (30.0, 16.0, 16.0, 16.0, 16.0, 18.0, 30.0, 30.0)
# Columns B to E hold input, output in the EU, outside, and both.
_LETTERS = dict(zip(COLUMNS, "BCDE", strict=True))


def form_book(form: Mapping[str, Any], result: Mapping[str, Any], lang: str = BOTH) -> bytes:
    """The workbook of a family's form as bytes; the same result gives the same bytes."""
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": CREATED, "title": f"2025/606 {form['family']} {form['year']}"})
        _Book(book, form, result, lang).write()
    return target.getvalue()


class _Book:
    """Writes the sheets of one form."""

    def __init__(self, book: Any, form: Mapping[str, Any], result: Mapping[str, Any], lang: str) -> None:
        self.book, self.form, self.result, self.lang = book, form, result, lang
        self.styles, self.words = Styles(book), headings(lang)
        self.banner = f"{self.words['design']}: {self.words['design_note']}" if form["design"] else ""
        self.totals: dict[str, int] = {}
        self.steps: dict[str, list[int]] = {}

    def write(self) -> None:
        """All sheets, the sums after the parts they refer to."""
        self._part_1(self._sheet("Part 1"))
        self._part_2(self._sheet("Part 2"))
        self._sums(self._sheet("Step sums"))
        self._targets(self._sheet("Targets", (14.0, 34.0, 16.0, 30.0, 12.0, 16.0, 40.0, 48.0, 12.0)))
        self._recycled(self._sheet("Article 8", (30.0, 12.0, 14.0, 14.0, 14.0, 14.0, 14.0, 14.0)))
        self._notes(self._sheet("Notes", (34.0, 24.0, 24.0, 90.0)))

    def _sheet(self, name: str, widths: Sequence[float] = _FORM) -> Sheet:
        return Sheet(self.book, self.styles, name, widths, self.banner)

    def _label(self, part: str, block: str, field: str) -> str:
        return label(part, block, field, self.lang)

    def _pick(self, text: Any) -> str:
        return pick(text, self.lang)

    def _stated(self, sheet: Sheet, column: int, value: Any) -> None:
        sheet.cell(column, value or BLANK, None if value else self.styles.missing)

    def _pair(self, sheet: Sheet, name: str, value: Any) -> None:
        sheet.cell(0, name, self.styles.head)
        self._stated(sheet, 1, value)
        sheet.row += 1

    def _facility(self, sheet: Sheet, values: Mapping[str, str], part: str) -> None:
        for key, value in values.items():
            name = self.words["facility"] if part == "2" and key == "name" else self._label("1", "facility", key)
            self._pair(sheet, name, value)

    def _part_1(self, sheet: Sheet) -> None:
        form, words = self.form["part_1"], self.words
        sheet.line([words["form"]], self.styles.title)
        sheet.line([f"{self._pick(self.form['family_name'])} · {self._pick(self.form['title'])}"], self.styles.section)
        sheet.section(words["part_1"])
        self._pair(sheet, self._label("1", "header", "calendar_year"), str(form["calendar_year"]))
        sheet.section(words["reported_by"])
        self._facility(sheet, form["facility"], "1")
        sheet.section(words["process"])
        for each in form["process"]:
            marks = [words["first_recycler"] if each["first"] else "", "" if each["eu"] else words["outside"]]
            sheet.line([each["step"], each["name"], each["country"], ", ".join(filter(None, marks)),
                        ", ".join(each["takes"]), ", ".join(each["gives"]), self._pick(each["description"]),
                        each["flow_chart"]])  # fmt: skip
        sheet.section(words["entering"])
        self._entering(sheet, form["entering"], "1", "mass_wet_t")
        for each in form["blocks"]:
            sheet.section(f"{words['collected_in']}: {each['member_state'] or words['not_stated']}")
            self._block(sheet, each)
        sheet.section(words["all_states"])
        self.totals = self._block(sheet, form["total"])
        sheet.section(words["verification"])
        for key in ("overall_calculations", "audits", "evidence", "self_audits"):
            sheet.line([self._label("1", "verification", key), ""])

    def _entering(self, sheet: Sheet, rows: Sequence[Mapping[str, Any]], part: str, mass: str) -> None:
        sheet.line([self._label(part, "entering", key) for key in ("type", "ewc_code", mass, "member_state")],
                   self.styles.head)  # fmt: skip
        for row in rows:
            sheet.cell(0, f"{self._pick(row['type'])} ({row['what']})")
            self._stated(sheet, 1, row["ewc_code"])
            sheet.cell(2, row["mass_t"])
            self._stated(sheet, 3, row["member_state"])
            sheet.row += 1

    def _block(self, sheet: Sheet, block: Mapping[str, Any]) -> dict[str, int]:
        """One block of results; returns the row (from 0) of each element."""
        heads = [self._label("1", "results", key) for key in ("row", *COLUMNS, "rate")]
        sheet.line([*heads, self.words["scope_in"], self.words["scope_out"]], self.styles.head)
        places: dict[str, int] = {}
        first = sheet.row
        for line in block["rows"]:
            at = sheet.row
            places[line["row"]] = at
            sheet.cell(0, row_label(line["row"]))
            if line["input_t"] is None and line["rate"] is None:
                sheet.cell(1, self.words["not_counted"], self.styles.off)
            else:
                self._masses(sheet, line, first, at)
                self._rate(sheet, line, at)
            sheet.row += 1
        if block["hg_waste_t"]:
            sheet.line([self.words["hg"], block["hg_waste_t"]])
        return places

    def _masses(self, sheet: Sheet, line: Mapping[str, Any], first: int, at: int) -> None:
        """Masses of a row: the total output and the row of totals are formulas."""
        if line["input_t"] is None:
            return
        for column, key in enumerate(COLUMNS[:3], 1):
            letter = _LETTERS[key]
            if line["row"] == TOTAL:
                sheet.formula(at, column, f"=SUM({letter}{first + 1}:{letter}{at})", line[key])
            else:
                sheet.cell(column, line[key])
        sheet.formula(at, 4, f"=C{at + 1}+D{at + 1}", line["output_t"])

    def _rate(self, sheet: Sheet, line: Mapping[str, Any], at: int) -> None:
        if line["rate"] is None:
            return
        if line["row"] == TOTAL:
            sheet.formula(at, 5, f"=100*E{at + 1}/B{at + 1}", line["rate"], self.styles.rate)
            return
        sheet.cell(6, line["scope_in_t"])
        sheet.cell(7, line["scope_out_t"])
        sheet.formula(at, 5, f"=100*H{at + 1}/G{at + 1}", line["rate"], self.styles.rate)

    def _part_2(self, sheet: Sheet) -> None:
        words = self.words
        sheet.line([words["part_2"]], self.styles.title)
        breaks: list[int] = []
        for number, step in enumerate(self.form["part_2"]):
            if number:
                breaks.append(sheet.row)
            name = step["facility"]["name"] or step["key"]
            sheet.section(f"{self._label('2', 'step', 'step')} {step['step']}: {name}")
            self._facility(sheet, step["facility"], "2")
            self._pair(sheet, self._label("2", "step", "description"),
                       " ".join(filter(None, (self._pick(step["description"]), step["flow_chart"]))))  # fmt: skip
            if step["permit"]:
                self._pair(sheet, words["permit"], step["permit"])
            if not step["eu"]:
                self._pair(sheet, f"{words['outside']}: {words['evidence']}", step["evidence"])
            if step["simulated"]:
                self._pair(sheet, words["simulated"], "✓")
            sheet.section(words["into_step"])
            self._entering(sheet, step["entering"], "2", "mass_t")
            if step["intermediates"]:
                sheet.section(words["intermediates"])
                self._intermediates(sheet, step["intermediates"])
            sheet.section(words["accounting"])
            self._accounting(sheet, step)
        sheet.sheet.set_h_pagebreaks(breaks)

    def _intermediates(self, sheet: Sheet, rows: Sequence[Mapping[str, Any]]) -> None:
        keys = ("type", "ewc_code", "mass_t", "further_operator", "further_step")
        sheet.line([self._label("2", "intermediate", key) for key in keys], self.styles.head)
        for row in rows:
            for column, key in enumerate(keys):
                if key == "mass_t":
                    sheet.cell(column, row[key])
                else:
                    self._stated(sheet, column, row[key])
            sheet.row += 1

    def _accounting(self, sheet: Sheet, step: Mapping[str, Any]) -> None:
        heads = ("row", *(f"m_{key}" for key in COLUMNS), "fraction", "destination")
        sheet.line([self._label("2", "accounting", key) for key in heads], self.styles.head)
        first = sheet.row
        for line in step["accounting"]:
            at = sheet.row
            masses = {key: line[f"m_{key}"] for key in COLUMNS}
            sheet.cell(0, row_label(line["row"]))
            if masses["input_t"] is None:
                sheet.cell(1, self.words["not_counted"], self.styles.off)
            else:
                self.steps.setdefault(line["row"], []).append(at)
                self._masses(sheet, {"row": line["row"], **masses}, first, at)
                parts = line["fractions"]
                sheet.cell(
                    5, "\n".join(f"{f['name']} ({f['compound']})" if f["compound"] else f["name"] for f in parts)
                )
                sheet.cell(6, "\n".join(self._goes(f) for f in parts))
            sheet.row += 1
        if step["hg_waste_t"]:
            sheet.line([self.words["hg"], step["hg_waste_t"]])

    def _goes(self, fraction: Mapping[str, Any]) -> str:
        share = fraction["yield_percent"]
        where = self.words["stock"] if fraction["stock"] else fraction["destination"] or BLANK
        return where + ("" if share is None else f", {share:.2f} %")

    def _sums(self, sheet: Sheet) -> None:
        """Part 2 against Part 1 by formulas over both sheets."""
        sheet.line([self.words["step_sum"]], self.styles.title)
        heads = ["", self.words["column"], self.words["part_1"], self.words["steps"], self.words["difference"], ""]
        sheet.line(heads, self.styles.head)
        for line in self.form["step_sum"]:
            at, letter = sheet.row, _LETTERS[line["column"]]
            sheet.cell(0, row_label(line["row"]))
            sheet.cell(1, self._label("1", "results", line["column"]))
            sheet.formula(at, 2, f"='Part 1'!{letter}{self.totals[line['row']] + 1}", line["part_1_t"])
            cells = ",".join(f"'Part 2'!{letter}{row + 1}" for row in self.steps[line["row"]])
            sheet.formula(at, 3, f"=SUM({cells})", line["part_2_t"])
            sheet.formula(at, 4, f"=ROUND(D{at + 1}-C{at + 1},6)", round(line["part_2_t"] - line["part_1_t"], 6) + 0.0)
            closes = self.words["closes"]
            sheet.formula(at, 5, f'=IF(E{at + 1}=0,"{closes}","!")', closes, self.styles.text)
            sheet.row += 1

    def _targets(self, sheet: Sheet) -> None:
        words = self.words
        sheet.line([words["verdicts"]], self.styles.title)
        sheet.line(
            [words[key] for key in ("item", "rate", "target", "by", "verdict", "chance", "verified")], self.styles.head
        )
        for each in self.result["verdicts"]:
            if each["family"] == self.form["family"]:
                item = f"{each['rate']} {each['item'] if each['rate'] != 'rRE' else each['rules']}"
                sheet.cell(0, item)
                sheet.cell(1, each["percent"], self.styles.rate)
                sheet.cell(2, each["target"], self.styles.rate)
                sheet.cell(3, each["by"])
                sheet.cell(4, words["passes"] if each["passes"] else words["fails"])
                sheet.cell(5, 100.0 * each["probability_monte_carlo"], self.styles.rate)
                sheet.cell(6, each["verified"], None if each["verified"] == "yes" else self.styles.mark)
                sheet.row += 1
        sheet.section(words["countries"])
        keys = ("jurisdiction", "instrument", "item", "metric", "target", "phase", "here", "definition", "verified")
        sheet.line([words[key] for key in keys], self.styles.head)
        for each in self.result["countries"]:
            target = "" if each["target"] is None else f"{_sign(each)} {each['target']:g} {each['unit']}"
            values = "\n".join(f"{v['item']} {v['value']:.2f} {each['unit']} ({v['where']})" for v in each["values"])
            cells = [
                each["jurisdiction"], f"{each['instrument']} ({each['force']})", each["items"], each["metric"], target,
                each["phase"], values or words["no_value"], self._pick(each["definition"]), each["verified"],
            ]  # fmt: skip
            sheet.line(cells, self.styles.mark if each["verified"] == "no" else None)

    def _recycled(self, sheet: Sheet) -> None:
        words, recycled = self.words, self.result["recycled_content"]
        sheet.line([words["recycled"]], self.styles.title)
        sheet.line([f"{words['method']} ({words['verified']}: {recycled['method']['verified']})"], self.styles.mark)
        sheet.line([words[key] for key in ("product", "metal", "content", "pre", "post", "sum")], self.styles.head)
        for product, metals in recycled["products"].items():
            for metal, each in metals.items():
                sheet.line([product, metal, each["content_t"]])
                sheet.row -= 1
                for column, key in enumerate(("pre_consumer_percent", "post_consumer_percent", "recycled_percent"), 3):
                    sheet.cell(column, each[key], self.styles.rate)
                sheet.row += 1
        sheet.section(words["accounts"])
        keys = ("product", "period", "pre", "opening", "in", "out", "lapsed", "closing")
        sheet.line([words["metal"] if key == "product" else "" if key == "pre" else words[key] for key in keys],
                   self.styles.head)  # fmt: skip
        for account, lines in recycled["accounts"].items():
            for line in lines:
                for name, word in (("pre_consumer", words["pre"]), ("post_consumer", words["post"])):
                    masses = [line[f"{key}_t"][name] for key in ("opening", "in", "out", "lapsed", "closing")]
                    sheet.line([account, line["period"], word, *masses])

    def _notes(self, sheet: Sheet) -> None:
        words = self.words
        sheet.line([words["notes"]], self.styles.title)
        warnings = [f"{each['code']} {told(each['text'], self.lang)}" for each in self.result["warnings"]]
        for heading, lines in (
            (words["missing"], self.form["missing"]),
            (words["warnings"], warnings),
            (words["unverified"], [f"{each['what']} ({each['verified']})" for each in self.form["unverified"]]),
        ):
            sheet.section(heading)
            for line in lines:
                sheet.sheet.merge_range(sheet.row, 0, sheet.row, 3, "", self.styles.text)
                sheet.line([line])
        sheet.section(words["options"])
        sheet.line([words[key] for key in ("option", "chosen", "default", "meaning")], self.styles.head)
        options = {**self.result["rules"]["options"], **self.result["recycled_content"]["options"]}
        for name, each in options.items():
            sheet.line([name, each["chosen"], each["default"], self._pick(each["what"])],
                       None if each["chosen"] == each["default"] else self.styles.mark)  # fmt: skip
        sheet.section(words["provenance"])
        sheet.line(["hydromet", self.form["provenance"]["hydromet"]])
        sheet.line([words["case_hash"], self.form["provenance"]["case_sha256"]])


def _sign(line: Mapping[str, Any]) -> str:
    return "≤" if line["limit"] == "max" else "≥"
