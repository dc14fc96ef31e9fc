"""``streams.xlsx``: the tables of a result as a workbook, totals and closures as live formulas."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hydromet.report.effluent import emission_rows, limit_rows
from hydromet.report.equipment import equipment_rows
from hydromet.report.grade import grade_rows
from hydromet.report.tables import Row, stream_table

if TYPE_CHECKING:
    from pathlib import Path

    from hydromet.flowsheet.result import Result

# No clock: the same result is the same workbook.
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  # a workbook knows no time zones


def write(result: Result, file: Path) -> None:
    """Write the workbook.

    Args:
        result: what to write.
        file: its path; the folder must exist.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(str(file)) as book:
        book.set_properties({"created": _CREATED})
        sheets = _Sheets(book)
        heads, rows = stream_table(result)
        sheets.add("streams", ["", *[str(row[0]) for row in rows]], _transposed(heads[1:], rows))
        _balance(sheets, result)
        sheets.add("products", *_products(result))
        sheets.add("recovery", *_recovery(result))
        sheets.add("reagents", *_reagents(result))
        sheets.add("energy", *_energy(result))
        sheets.add("grade", *grade_rows(result))
        sheets.add("effluent", *limit_rows(result))
        sheets.add("emissions", *emission_rows(result))
        sheets.add("equipment", *equipment_rows(result))
        sheets.add("fixed splits", *_splits(result))
        sheets.add(
            "warnings", ["code", "where", "text"], [[w["code"], w["where"], w["text"]] for w in result["warnings"]]
        )
        sheets.add("sources", *_sources(result))


class _Sheets:
    """Worksheets with a frozen, bold head."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.plain = book.add_format({"num_format": "#,##0.0###"})
        self.small = book.add_format({"num_format": "0.0E+00"})

    def add(self, name: str, heads: list[str], rows: list[Row]) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.write_row(0, 0, heads, self.bold)
        for i, row in enumerate(rows, 1):
            for j, cell in enumerate(row):
                if cell is not None:
                    sheet.write(i, j, cell, self.plain if isinstance(cell, float) else None)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, max(1, len(heads) - 1), 14)
        return sheet


def _transposed(heads: list[str], rows: list[Row]) -> list[Row]:
    """Streams in columns, as engineers read them."""
    return [[head, *[row[i] for row in rows]] for i, head in enumerate(heads, 1)]


def _balance(sheets: _Sheets, result: Result) -> None:
    """In and out of every element; the closure is a formula."""
    found = result["balance"]["elements"]
    rows: list[Row] = [[name, record["in_kg_h"], record["out_kg_h"]] for name, record in found.items()]
    sheet = sheets.add("balance", ["element", "in_kg_h", "out_kg_h", "difference_kg_h", "closure"], rows)
    for i, (_, into, out) in enumerate(rows, 2):
        assert isinstance(into, float)  # noqa: S101  # the record's type
        assert isinstance(out, float)  # noqa: S101
        sheet.write_formula(f"D{i}", f"=C{i}-B{i}", sheets.small, out - into)
        sheet.write_formula(f"E{i}", f'=IF(B{i}=0,"",D{i}/B{i})', sheets.small, (out - into) / into if into else "")


def _products(result: Result) -> tuple[list[str], list[Row]]:
    names = sorted({e for product in result.products.values() for e in product["impurities_ppm"]})
    heads = [
        "product",
        "stream",
        "kg_h",
        "t_y",
        "compound",
        "purity",
        "L50_um",
        "verdict",
        *[f"{e}_ppm" for e in names],
    ]
    rows: list[Row] = []
    for name, product in result.products.items():
        verdict = (product["grade"] or {}).get("verdict", "")
        first: Row = [
            name,
            product["stream"],
            product["mass_kg_h"],
            product["mass_t_y"],
            product["compound"],
            product["purity"],
            product.get("L50_um"),
            verdict,
        ]
        rows.append([*first, *[product["impurities_ppm"].get(e, 0.0) for e in names]])
    return heads, rows


def _recovery(result: Result) -> tuple[list[str], list[Row]]:
    outlets = list(dict.fromkeys(name for ways in result["losses"].values() for name in ways))
    heads = ["element", "recovery", *outlets]
    rows: list[Row] = [
        [element, share, *[result["losses"][element].get(name, {}).get("share", 0.0) for name in outlets]]
        for element, share in result.recovery.items()
    ]
    return heads, rows


def _reagents(result: Result) -> tuple[list[str], list[Row]]:
    return ["reagent", "kg_h", "kg_per_t_feed"], [
        [n, r["kg_h"], r["kg_per_t_feed"]] for n, r in result["reagents"].items()
    ]


def _energy(result: Result) -> tuple[list[str], list[Row]]:
    keys = ("electric_kW", "steam_kW", "cooling_kW", "heat_kW")
    rows: list[Row] = [[unit, *[record[key] for key in keys]] for unit, record in result["energy"]["by_unit"].items()]
    drives = result["energy"].get("auxiliaries_kW", {})
    rows += [[f"equipment list: {use}", power, None, None, None] for use, power in drives.items()]
    return ["unit", *keys], rows


def _splits(result: Result) -> tuple[list[str], list[Row]]:
    rows: list[Row] = [
        [s["unit"], s["what"], s["species"], s["value"], s["outlet"], s["source"],
         ", ".join(f"{e} {share:.1%}" for e, share in s["share_of_loss"].items())]
        for s in result["fixed_splits"]
    ]  # fmt: skip
    return ["unit", "what", "species", "value", "outlet", "source", "share of the loss it decides"], rows


def _sources(result: Result) -> tuple[list[str], list[Row]]:
    heads = ["parameter", "value", "unit", "source", "grade", "validity", "effect", "acts_on", "unit_operation", "note"]
    return heads, [[row.get(key, "") for key in heads] for row in result["provenance"]["parameters"]]
