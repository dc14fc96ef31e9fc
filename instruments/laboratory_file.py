"""A result file of a laboratory as rows: encodings, separators, decimal commas, limits of detection, times."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hydromet.errors import Place, StationError
from hydromet.source import nearest
from instruments.base import SECOND
from instruments.laboratory_results import FLAGS
from instruments.status import Status

if TYPE_CHECKING:
    from instruments.station import Laboratory

# Meaning -> headings, folded: no case, no blanks.
_HEADINGS = {
    "sample": "sample;sampleid;samplename;sampleno;probe;probenname;probennummer;id;試料;試料名;試料番号;サンプル",
    "time": "samplingtime;sampletime;sampled;time;date;datetime;datum;zeit;probenahme;採取日時;採取時刻;採取日;日時",
    "place": "place;location;samplingpoint;point;ort;stelle;採取場所;採取箇所;場所",
    "quantity": "element;analyte;quantity;parameter;component;analyt;元素;成分;項目;分析項目",
    "value": "value;result;concentration;conc;content;wert;ergebnis;gehalt;konzentration;結果;濃度;値;測定値;分析値",
    "unit": "unit;units;einheit;単位",
    "method": "method;methode;verfahren;方法;分析方法",
    "remark": "remark;remarks;comment;note;bemerkung;kommentar;備考",
}
_MEANING = {heading: meaning for meaning, names in _HEADINGS.items() for heading in names.split(";")}
_BELOW = re.compile(r"(<|≦|≤|n\.?\s?[dn]\.?$|b\.?\s?d\.?\s?l\.?$|検出限界|定量下限|不検出)", re.IGNORECASE)
_ABOVE = re.compile(r"(>|≧|≥|ovr|over|sat|範囲外|上限)", re.IGNORECASE)
_UNCALIBRATED = re.compile(r"uncal", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\Z")
# ``Ni [mg/L]``, ``Ni 231.604 (mg/L)``
_WIDE = re.compile(r"(?P<quantity>.+?)\s*[\[(](?P<unit>[^\])]+)[\])]\s*\Z")
_WAVELENGTH = re.compile(r"(?P<element>[A-Z][a-z]?)\s+(?P<line>\d{3}(?:[.,]\d+)?)(?:\s*nm)?\Z")
# Years of a sample: others are slips of the pen.
_FIRST, _LAST = 1980, 2200
_TIMES = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日 %H時%M分", "%Y年%m月%d日",
)  # fmt: skip


@dataclass(frozen=True)
class Parsed:
    """What a file holds.

    Attributes:
        rows: results, see ``instruments.laboratory_results``; without source, tag, file and time of receipt.
        remarks: lines that could not be read, in words.
    """

    rows: list[dict[str, Any]]
    remarks: list[str] = field(default_factory=list)


def parse(content: bytes, name: str, settings: Laboratory) -> Parsed:
    """Read a file.

    Args:
        content: its bytes.
        name: for messages.
        settings: how it is written.

    Raises:
        StationError: E105 its encoding, E038 its table or headings cannot be made out.
    """
    text = decode(content, name, settings.encoding)
    separator = _separator(text, settings.separator)
    table = _table(text, separator, name)
    columns = {str(meaning): heading for meaning, heading in settings.columns.items()}
    start, where = _header(table, columns, settings.layout, name)
    comma = settings.decimal == "comma" or (settings.decimal == "auto" and separator != "," and _commas(table[start:]))
    parsed = Parsed([])
    for number, cells in enumerate(table[start:], start + 1):
        line = {meaning: cells[i].strip() for meaning, i in where.items() if isinstance(i, int) and i < len(cells)}
        for quantity, written, unit in _values(cells, line, table[start - 1], where, settings):
            row, trouble = _result(line, quantity, written, unit, comma=comma, settings=settings)
            parsed.rows.append(row)
            if trouble:
                parsed.remarks.append(f"row {number}: {trouble}")
    return parsed


def _table(text: str, separator: str, name: str) -> list[list[str]]:
    """Rows of cells without those that are empty; lines end as on any machine there ever was."""
    lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))
    try:
        return [row for row in csv.reader(lines, delimiter=separator) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        write = 'separator: ";"'
        raise StationError("E038", read=str(error), expected="a table", write=write, place=Place(name)) from None


def decode(content: bytes, name: str, encoding: str) -> str:
    """Text of a file: by its mark, as UTF-8, else as Japanese or Western Windows.

    Raises:
        StationError: E105, it is not in the encoding stated.
    """
    if encoding == "auto":
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else _wide(content) or "utf-8-sig"
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            encoding = "cp932" if _japanese(content) else "cp1252"
    try:
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        read = f"the byte 0x{content[error.start]:02X}"
        write = "encoding: auto"
        raise StationError("E105", read=read, expected=encoding, write=write, place=Place(name)) from None


def _wide(content: bytes) -> str:
    """UTF-16 without its mark: separators, digits and ends of lines have a zero byte, always on the same side."""
    low, high = content[::2].count(0), content[1::2].count(0)
    if len(content) % 2 or 20 * max(low, high) < len(content) or min(low, high):
        return ""
    return "utf-16-le" if high else "utf-16-be"


def _japanese(content: bytes) -> bool:
    """Whether bytes that are no UTF-8 read as Japanese: most characters of two bytes lie in the first kanji plane.

    The letters of Western languages lie at 0xC0 and above, where Shift-JIS has half-width kana and rare kanji.
    """
    try:
        content.decode("cp932")
    except UnicodeDecodeError:
        return False
    common = rare = at = 0
    while at < len(content):
        byte = content[at]
        if 0x81 <= byte <= 0x9F:
            common, at = common + 1, at + 2
        elif byte >= 0xE0:
            rare, at = rare + 1, at + 2
        else:
            rare, at = rare + (byte >= 0xA0), at + 1
    return common > rare


def _separator(text: str, wanted: str) -> str:
    if wanted != "auto":
        return "\t" if wanted == "tab" else wanted
    lines = [line for line in text.splitlines() if line.strip()][:20]
    counts = {each: sorted(line.count(each) for line in lines)[len(lines) // 2] if lines else 0 for each in "\t;,"}
    return next((each for each in "\t;" if counts[each]), ",")


def _fold(heading: str) -> str:
    return re.sub(r"[\s_.\-]", "", unicodedata.normalize("NFKC", heading)).casefold()


def _header(table: list[list[str]], columns: dict[str, str], layout: str, name: str) -> tuple[int, dict[str, int]]:
    """Number of rows up to the first result, and meaning -> column; instruments write lines above the headings."""
    needed = ("sample", "quantity", "value") if layout == "long" else ("sample",)
    best: dict[str, int] = {}
    for number, row in enumerate(table[:50]):
        where: dict[str, int] = {}
        for i, cell in enumerate(row):
            folded = _fold(cell)
            own = next((meaning for meaning, heading in columns.items() if _fold(heading) == folded), "")
            meaning = own or _MEANING.get(folded, "")
            if meaning and (own or (meaning not in where and meaning not in columns)):
                where[meaning] = i
        if all(meaning in where for meaning in needed):
            return number + 1, where
        best = max(best, where, key=len)
    missing = [meaning for meaning in needed if meaning not in best]
    headings = [cell.strip() for row in table[:1] for cell in row if cell.strip()]
    near = nearest(missing[0], headings) or tuple(headings[:1])
    write = "columns: {%s: %s}" % (missing[0], near[0] if near else "HEADING")  # noqa: UP031  # braces
    read = f"the headings {', '.join(headings[:12]) or 'of an empty file'}"
    expected = f"a column for {' and '.join(missing)}"
    raise StationError("E038", read=read, expected=expected, write=write, place=Place(name))


def _commas(rows: list[list[str]]) -> bool:
    """Whether numbers have a decimal comma: the last sign among comma and point of any number."""
    for row in rows:
        for cell in row:
            text = cell.strip().lstrip("<> ")
            if re.fullmatch(r"[-+]?[\d.]*,\d+([eE][-+]?\d+)?", text):
                return True
    return False


def _values(
    cells: list[str], line: dict[str, str], headings: list[str], where: dict[str, int], settings: Laboratory
) -> list[tuple[str, str, str]]:
    """(quantity, value as written, unit) of a row: one, or one for each column of a wide file."""
    if settings.layout == "long":
        return [(line.get("quantity", ""), line.get("value", ""), line.get("unit", "") or settings.unit)]
    found = []
    for i, heading in enumerate(headings):
        if i in where.values() or not heading.strip() or i >= len(cells) or not cells[i].strip():
            continue
        match = _WIDE.match(unicodedata.normalize("NFKC", heading.strip()))
        quantity, unit = (match["quantity"], match["unit"]) if match else (heading.strip(), settings.unit)
        found.append((quantity.strip(), cells[i].strip(), unit.strip()))
    return found


def _result(
    line: dict[str, str], quantity: str, written: str, unit: str, *, comma: bool, settings: Laboratory
) -> tuple[dict[str, Any], str]:
    value, flag = read_value(written, comma=comma, stated=settings.decimal != "auto")
    method = line.get("method", "") or settings.method
    match = _WAVELENGTH.match(unicodedata.normalize("NFKC", quantity))
    if match:
        wavelength = match["line"].replace(",", ".")
        quantity, method = match["element"], f"{method} {wavelength} nm".strip()
    trouble = "" if flag != "error" else f"{quantity}: `{written}` is no value"
    time_ns = 0
    if line.get("time"):
        try:
            time_ns = read_time(line["time"], settings.time_format, settings.timezone)
        except StationError as error:
            trouble, flag = f"{error.read} is no time of sampling", flag or "error"
    row: dict[str, Any] = {
        "sample": line.get("sample", ""), "time_ns": time_ns, "place": line.get("place", ""), "quantity": quantity,
        "value": None if flag == "error" else value, "unit": settings.units.get(unit, unit), "flag": flag,
        "written": written, "method": method, "remark": line.get("remark", ""), "status": int(FLAGS[flag]),
    }  # fmt: skip
    if flag == "error":
        row["status"] = int(Status.BadDecodingError)
    return row, trouble


def read_value(written: str, *, comma: bool = False, stated: bool = True) -> tuple[float | None, str]:
    """A value as written -> (number, flag); no number below or above the range.

    Args:
        written: by the laboratory.
        comma: numbers have a decimal comma.
        stated: somebody said so; else ``1.234`` among decimal commas may be either, and is no value.
    """
    text = unicodedata.normalize("NFKC", written).strip()
    if _BELOW.match(text):
        return None, "<LOD"
    if _ABOVE.match(text):
        return None, ">range"
    flag = ""
    if _UNCALIBRATED.search(text):
        text, flag = _UNCALIBRATED.sub("", text).strip(" ()*"), "uncalibrated"
    text = text.replace("−", "-").replace(" ", "").replace("'", "")
    if comma and re.fullmatch(r"[-+]?\d{1,3}(\.\d{3})+", text):
        text = text.replace(".", "") if stated else ""
    text = text.replace(".", "").replace(",", ".") if comma and "," in text else text
    if not comma and re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", text):
        text = text.replace(",", "")
    if not _NUMBER.match(text):
        return None, flag or "error"
    return (float(text), flag) if isfinite(float(text)) else (None, "error")


def read_time(text: str, form: str = "", timezone: str = "UTC") -> int:
    """A time of sampling, ns UTC.

    Args:
        text: ISO 8601, ``2026/11/26 14:00``, ``26.11.2026 14:00``, ``2026年11月26日 14:00`` or as ``form`` says;
            days and months in an order that cannot be told (``11/12/2026``) need a ``form``.
        form: of strptime.
        timezone: of a time that names none.

    Raises:
        StationError: E035, it is none, or not of this age: the record counts nanoseconds up to the year 2262.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    found: dt.datetime | None = None
    if not form:
        try:
            found = dt.datetime.fromisoformat(plain)
        except ValueError:
            found = None
    for each in (form,) if form else _TIMES:
        if found is None:
            try:
                found = dt.datetime.strptime(plain, each)  # noqa: DTZ007  # the zone follows
            except ValueError:
                continue
    if found is None or not _FIRST <= found.year <= _LAST:
        raise StationError("E035", read=text, expected="a date and time", write="2026-11-26 14:00")
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(timezone))
    return int(found.timestamp()) * SECOND + found.microsecond * 1000
