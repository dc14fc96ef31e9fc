"""A workbook whose formulas are reckoned from the numbers in its cells, as a spreadsheet would: what ours use."""

from __future__ import annotations

import io
import re
from functools import cache
from math import fsum

from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string

_CELL = r"(?:(\w+)!)?\$?([A-Z]+)\$?(\d+)"
_RANGE = re.compile(rf"{_CELL}:\$?([A-Z]+)\$?(\d+)")
_SUMIF = re.compile(rf"SUMIF\(({_RANGE.pattern}),\"(\w+)\",({_RANGE.pattern})\)")
_SUM = re.compile(rf"SUM\(({_RANGE.pattern})\)")


class Workbook:
    """Formulas with ``+ - * /``, ``SUM`` and ``SUMIF`` over cells and ranges of one column."""

    def __init__(self, content):
        self.sheets = load_workbook(io.BytesIO(content))
        self.value = cache(self._value)

    def _value(self, sheet, row, column):
        found = self.sheets[sheet].cell(row, column).value
        if not isinstance(found, str) or not found.startswith("="):
            return found
        text = _SUMIF.sub(lambda m: repr(self._sumif(sheet, m)), found[1:])
        text = _SUM.sub(lambda m: repr(fsum(self._range(sheet, m[1]))), text)
        text = re.sub(_CELL, lambda m: repr(self._cell(sheet, m)), text)
        assert re.fullmatch(r"[-+*/().\deE ]+", text), found
        return eval(text)  # noqa: S307  # numbers and signs only

    def _cell(self, sheet, match):
        return self.value(match[1] or sheet, int(match[3]), column_index_from_string(match[2])) or 0.0

    def _cells(self, sheet, text):
        match = _RANGE.fullmatch(text)
        assert match[2] == match[4]
        column = column_index_from_string(match[2])
        return [self.value(match[1] or sheet, row, column) for row in range(int(match[3]), int(match[5]) + 1)]

    def _range(self, sheet, text):
        return [value or 0.0 for value in self._cells(sheet, text)]

    def _sumif(self, sheet, match):
        where, wanted = match[1], match[7]
        parts = zip(self._cells(sheet, where), self._range(sheet, match[8]), strict=True)
        return fsum(value for key, value in parts if key == wanted)
