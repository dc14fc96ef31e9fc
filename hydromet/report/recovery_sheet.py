"""A worksheet that is written from top to bottom; text is never taken for a formula.

Every text is written as a string cell, and one that begins with a sign of a formula carries the quote prefix besides,
so that it stays text when somebody edits the cell.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

# No clock: the same result is the same workbook.
CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  # a workbook knows no time zones
_SIGNS = ("=", "+", "-", "@", "\t", "\r")
# A cell holds no more.
_LONGEST = 32_767


class Styles:
    """The cell formats of a workbook."""

    def __init__(self, book: Any) -> None:
        wrap = {"text_wrap": True, "valign": "top"}
        box = {**wrap, "border": 1, "border_color": "#999999"}
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.section = book.add_format({"bold": True, "font_size": 12, "bottom": 2})
        self.head = book.add_format({**box, "bold": True, "bg_color": "#eeeeee"})
        self.text = book.add_format(box)
        self.quoted = book.add_format({**box, "quote_prefix": True})
        self.mass = book.add_format({**box, "num_format": "#,##0.000"})
        self.rate = book.add_format({**box, "num_format": '0.00" %"'})
        self.missing = book.add_format({**box, "bg_color": "#fff3c4", "font_color": "#aa0000"})
        self.mark = book.add_format({**box, "bg_color": "#fff3c4"})
        self.off = book.add_format({**box, "bg_color": "#f3f3f3"})
        self.banner = book.add_format({"bold": True, "font_size": 14, "font_color": "#aa0000"})


class Sheet:
    """One worksheet; ``row`` is the next free one, from 0.

    Args:
        book, styles: the workbook. name: of the sheet. widths: of the columns. banner: watermark, or nothing.
    """

    def __init__(self, book: Any, styles: Styles, name: str, widths: Sequence[float], banner: str = "") -> None:
        self.sheet, self.styles, self.name, self.row = book.add_worksheet(name), styles, name, 0
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_footer("&L&A&R&P / &N")
        if banner:
            self.sheet.set_header(f'&C&"Arial,Bold"&20&KAA0000{banner.replace("&", "&&")}')
            self.line([banner], self.styles.banner)

    def line(self, cells: Sequence[Any], style: Any = None) -> int:
        """Write a row and return its number (from 0); ``None`` leaves a cell out."""
        for column, cell in enumerate(cells):
            self.cell(column, cell, style)
        self.row += 1
        return self.row - 1

    def cell(self, column: int, value: Any, style: Any = None) -> None:
        """Write one cell of the next row."""
        if value is None:
            return
        if isinstance(value, float | int) and not isinstance(value, bool):
            self.sheet.write_number(self.row, column, value, style or self.styles.mass)
            return
        text = str(value)[:_LONGEST]
        quoted = text.startswith(_SIGNS) and style in (None, self.styles.text)
        self.sheet.write_string(self.row, column, text, self.styles.quoted if quoted else style or self.styles.text)

    def formula(self, row: int, column: int, formula: str, value: float | str, style: Any = None) -> None:
        """Write a live formula with its value."""
        self.sheet.write_formula(row, column, formula, style or self.styles.mass, value)

    def section(self, text: str) -> None:
        """A heading after a free row."""
        self.row += 1
        self.line([text], self.styles.section)
