"""Tables, exports and mapping files of the user: what is read, and that damage is told at its place."""

from __future__ import annotations

import random

import pytest

from hydromet.assess.carbon.book import SHIPPED, books
from hydromet.errors import FootprintError, UserError, UserErrors

HEAD = "id,indicator,value,unit,title,geography,year,scope,gwp,uncertainty,source,licence,grade,verified,proxy,note"
ROW = (
    'chem.naoh,climate,0.95,kgCO2e/kg,"Caustic soda, membrane",JP,2024,cradle-to-gate,AR6 GWP100,10,supplier,own,'
    "measured,yes,no,"
)
STEAM = "mine.steam,climate,210,kgCO2e/t,Steam of next door,JP,2024,,AR6 GWP100,range 180-250,meter,,,,,"
TABLE = f"# our own\n{HEAD}\n{ROW}\n{STEAM}\n"

IDEA = """製品コード,製品名,単位,地域,GWP100,水
161111000,"水酸化ナトリウム(液体)",kg,JP,"1,234.5",0.02
173319000,硫酸,kg,JP,0.08,0.003
331111000,電力,kWh,JP,0.55,0.0002
999999000,輸送サービス,台,JP,3,0
888888000,値なし,kg,JP,-,0.1
"""
PLAN = """mapping: 1
file: idea.csv
title: AIST IDEA version 3.4
licence: single site, not to be passed on
source: IDEA v3.4
encoding: cp932
thousands: ","
columns: {code: 製品コード, name: 製品名, unit: 単位, geography: 地域}
values:
  climate: {column: GWP100, unit: gCO2e, gwp: AR6 GWP100}
  water: {column: 水, unit: m3}
year: "2019"
uncertainty: "20"
take:
  chem.naoh: "161111000"
"""


def write(folder, *, table=TABLE, export=IDEA, plan=PLAN, encoding="cp932"):
    (folder / "mine.csv").write_text(table, encoding="utf-8")
    (folder / "idea.csv").write_bytes(export.encode(encoding))
    (folder / "idea.yaml").write_text(plan, encoding="utf-8")
    return folder


def read(folder, *names):
    return books((SHIPPED, *names), folder)


def refused(call):
    with pytest.raises((UserError, UserErrors)) as caught:
        call()
    return getattr(caught.value, "errors", (caught.value,))


def test_a_table_goes_before_the_shipped_book_and_says_so(tmp_path) -> None:
    found = read(write(tmp_path), "mine.csv")
    own = found.factor("chem.naoh", "climate")
    assert (own.value, own.book, own.licence) == (0.95, "mine.csv", "own")
    assert found.factor("chem.naoh", "energy").book == SHIPPED
    assert found.factor("mine.steam", "climate").value == pytest.approx(0.210)
    assert [(each["code"], each["where"]) for each in found.replaced()] == [("W773", "chem.naoh")]
    assert [head.kind for head in found.heads] == ["shipped", "csv"]
    # The last book named wins, whichever it is.
    assert books(("mine.csv", SHIPPED), tmp_path).factor("chem.naoh", "climate").book == SHIPPED


BOOK = """factors: 1
id: suppliers-2026.1
title: {en: Figures of our suppliers}
version: "2026.1"
licence: confidential
changes: caustic soda of the new contract
rows: [mine.csv]
"""


def test_a_table_may_have_a_head(tmp_path) -> None:
    (write(tmp_path) / "suppliers.yaml").write_text(BOOK, encoding="utf-8")
    found = read(tmp_path, "suppliers.yaml")
    assert found.factor("mine.steam", "climate").book == "suppliers-2026.1"
    assert found.factor("mine.steam", "climate").licence == "confidential"
    head = found.heads[1].as_dict()
    assert (head["version"], head["changes"], head["rows"]) == ("2026.1", "caustic soda of the new contract", 2)
    before = head["sha256"]
    (tmp_path / "mine.csv").write_text(TABLE.replace("0.95", "0.96"), encoding="utf-8")
    assert read(tmp_path, "suppliers.yaml").heads[1].sha256 != before


@pytest.mark.parametrize(
    ("before", "after", "code", "line"),
    [
        ("id: suppliers-2026.1", "id: hydromet-2026.1", "E775", 2),
        ("id: suppliers-2026.1", "id: my book", "E115", 2),
        ("licence: confidential", "license: confidential", "E113", 5),
        ("rows: [mine.csv]", "rows: []", "E116", 7),
        ("rows: [mine.csv]", "rows: [mein.csv]", "E101", 0),
        ("rows: [mine.csv]", "rows: [mine.csv, mine.csv]", "E774", 3),
        ("factors: 1", "factors: 2", "E118", 1),
        ("factors: 1", "factor: 1", "E775", 1),
    ],
)
def test_a_damaged_head_is_told_at_its_place(tmp_path, before, after, code, line) -> None:
    assert before in BOOK
    (write(tmp_path) / "suppliers.yaml").write_text(BOOK.replace(before, after), encoding="utf-8")
    errors = refused(lambda: read(tmp_path, "suppliers.yaml"))
    assert (code, line) in [(error.code, error.place.line) for error in errors], [str(error) for error in errors]


def test_a_table_of_excel_is_read(tmp_path) -> None:
    (tmp_path / "mine.csv").write_bytes(b"\xef\xbb\xbf" + TABLE.replace("\n", "\r\n").encode())
    assert read(tmp_path, "mine.csv").factor("mine.steam", "climate").title == "Steam of next door"


@pytest.mark.parametrize(
    ("before", "after", "code", "line", "column"),
    [
        ("0.95", "0,95", "E774", 3, 1),  # a comma for the decimals is a cell too many
        ("0.95", "n.a.", "E774", 3, 19),
        ("0.95", "", "E774", 3, 19),
        ("0.95", "-0.95", "E774", 3, 19),
        ("0.95", "1e999", "E774", 3, 19),
        ("kgCO2e/kg", "kgCO2e/ton", "E773", 3, 24),
        ("kgCO2e/kg", "kgCO2e", "E773", 3, 24),
        ("kgCO2e/kg", "m3/kg", "E773", 3, 24),
        ("kgCO2e/kg", "kgCO2e/MJ_HHV", "E773", 3, 24),
        ("climate,0.95", "climat,0.95", "E774", 3, 11),
        (",JP,2024,c", ",,2024,c", "E774", 3, 59),
        ("100,10,", "100,some,", "E774", 3, 93),
        ("measured", "sure", "E774", 3, 109),
        ("membrane\"", "membrane", "E774", 3, 1),
        ("chem.naoh,climate", "chem naoh,climate", "E774", 3, 1),
        ("mine.steam,climate,210,kgCO2e/t", "chem.naoh,climate,210,kgCO2e/t", "E774", 4, 1),
        ("uncertainty,", "uncertain,", "E774", 2, 1),
        ("unit,title", "unit,unit", "E774", 2, 1),
    ],
)  # fmt: skip
def test_a_damaged_table_is_told_at_its_place(tmp_path, before, after, code, line, column) -> None:
    assert before in TABLE
    write(tmp_path, table=TABLE.replace(before, after, 1))
    (error,) = refused(lambda: read(tmp_path, "mine.csv"))
    assert (error.code, error.place.line, error.place.column) == (code, line, column), str(error)
    assert error.read
    assert error.expected


def test_a_recipe_that_does_not_add_up_is_refused(tmp_path) -> None:
    lines = "id,value,unit,geography,year,uncertainty,source,recipe\na,1,kgCO2e/kg,JP,2024,5,me,\n"
    good = f"{lines}b,2.5,kgCO2e/kg,JP,2024,5,me,1/0.4 a\n"
    assert read(write(tmp_path, table=good), "mine.csv").factor("b", "climate").value == 2.5
    for recipe, value in (("1/0.4 a", "2.6"), ("2.5 c", "2.5"), ("1/0 a", "2.5"), ("a +  + a", "2"), ("x y z", "1")):
        table = f"{lines}b,{value},kgCO2e/kg,JP,2024,5,me,{recipe}\n"
        (error,) = refused(lambda table=table: read(write(tmp_path, table=table), "mine.csv"))
        assert (error.code, error.place.line) == ("E774", 3)


def test_a_credit_is_below_zero_only_as_a_substitution(tmp_path) -> None:
    line = "id,value,unit,geography,year,uncertainty,source,scope\ncredit.ni,-20,kgCO2e/kg,GLO,-,30,me,substitution\n"
    assert read(write(tmp_path, table=line), "mine.csv").factor("credit.ni", "climate").value == -20.0


def test_an_export_is_read_by_its_mapping_file(tmp_path) -> None:
    found = read(write(tmp_path), "idea.yaml")
    acid = found.factor("idea.173319000", "climate")
    assert (acid.value, acid.per, acid.title, acid.year) == (pytest.approx(8e-5), "kg", "硫酸", "2019")
    assert (acid.licence, acid.source) == ("single site, not to be passed on", "IDEA v3.4")
    assert acid.locator == "idea.csv, line 3"
    assert found.factor("chem.naoh", "climate").value == pytest.approx(1.2345)  # "1,234.5" g
    assert found.factor("chem.naoh", "water").value == 0.02
    assert found.factor("chem.naoh", "energy").book == SHIPPED
    assert found.factor("idea.331111000", "climate").per == "kWh"
    assert found.heads[1].kind == "idea"


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-16"])
def test_an_export_may_be_in_any_of_the_usual_encodings(tmp_path, encoding) -> None:
    plan = PLAN.replace("encoding: cp932", f"encoding: {encoding}")
    found = read(write(tmp_path, plan=plan, encoding=encoding), "idea.yaml")
    assert found.factor("idea.173319000", "climate").title == "硫酸"


def test_decimal_commas_semicolons_and_units_of_another_language(tmp_path) -> None:
    export = "title line\nCode;Name;Einheit;GWP\n1;Natronlauge;Kilogramm;1.234,5\n2;Strom;Kilowattstunde;0,55\n"
    plan = (
        "mapping: 1\nfile: idea.csv\ntitle: t\nlicence: l\nsource: s\ndelimiter: ';'\nheading: 2\ndecimal: ','\n"
        "thousands: '.'\ncolumns: {code: Code, name: Name, unit: Einheit}\nprefix: gabi.\n"
        "values: {climate: {column: GWP, unit: kgCO2e}}\nunits: {Kilogramm: kg, Kilowattstunde: kWh}\n"
    )
    found = read(write(tmp_path, export=export, plan=plan, encoding="utf-8"), "idea.yaml")
    assert found.factor("gabi.1", "climate").value == pytest.approx(1234.5)
    assert (found.factor("gabi.2", "climate").value, found.factor("gabi.2", "climate").per) == (0.55, "kWh")


def test_full_width_figures_are_figures(tmp_path) -> None:
    found = read(write(tmp_path, export=IDEA.replace("0.08", "0.08")), "idea.yaml")
    assert found.factor("idea.173319000", "climate").value == pytest.approx(8e-5)


@pytest.mark.parametrize(("name", "code", "column"), [("idea.999999000", "E773", 18), ("idea.888888000", "E774", 18)])
def test_a_row_that_cannot_be_used_is_told_when_it_is_asked_for(tmp_path, name, code, column) -> None:
    found = read(write(tmp_path), "idea.yaml")
    (error,) = refused(lambda: found.factor(name, "climate"))
    assert error.code == code
    assert error.place.file == "idea.csv"
    assert error.place.column >= column


@pytest.mark.parametrize(
    ("before", "after", "code", "line"),
    [
        ("column: GWP100", "column: GWP10", "E776", 10),
        ("code: 製品コード", "code: コード", "E776", 8),
        ("unit: gCO2e", "unit: poundCO2", "E773", 10),
        ('"161111000"', '"161111001"', "E776", 15),
        ('"161111000"', '"999999000"', "E776", 15),
        ("encoding: cp932", "encoding: utf-8-sig", "E776", 1),
        ("encoding: cp932", "encoding: cp933", "E117", 6),
        ("thousands: \",\"", "thousands: .", "E776", 7),
        ("file: idea.csv", "file: ide.csv", "E101", 0),
        ("title:", "titel:", "E113", 3),
        ("mapping: 1", "mapping: 2", "E118", 1),
        ("mapping: 1", "maping: 1", "E775", 1),
        ('uncertainty: "20"', 'uncertainty: "many"', "E774", 13),
    ],
)  # fmt: skip
def test_a_damaged_mapping_file_is_told_at_its_place(tmp_path, before, after, code, line) -> None:
    assert before in PLAN
    write(tmp_path, plan=PLAN.replace(before, after, 1))
    errors = refused(lambda: read(tmp_path, "idea.yaml"))
    assert (code, line) in [(error.code, error.place.line) for error in errors], str(errors[0])


def test_a_code_twice_is_refused(tmp_path) -> None:
    write(tmp_path, export=f"{IDEA}173319000,硫酸,kg,JP,0.09,0.003\n")
    (error,) = refused(lambda: read(tmp_path, "idea.yaml"))
    assert (error.code, error.place.line, error.place.column) == ("E776", 7, 1)


@pytest.mark.parametrize("name", ["hydromet-2025.1", "hydromet", "", "../secret", "data/factors/hydromet-2026.1", "."])
def test_an_unknown_book_is_an_error_with_the_nearest(name) -> None:
    (error,) = refused(lambda: books((name,)))
    assert (error.code, error.write) == ("E775", f"books: [{SHIPPED}]")


@pytest.mark.parametrize("seed", range(300))
def test_damage_gives_an_error_or_a_book_and_never_a_traceback(tmp_path, seed) -> None:
    """One to four bytes of a file changed, lost or doubled."""
    draw = random.Random(seed)  # noqa: S311
    write(tmp_path)
    victim = draw.choice(["mine.csv", "idea.csv", "idea.yaml"])
    content = bytearray((tmp_path / victim).read_bytes())
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(content))
        kind = draw.choice(("change", "lose", "double", "cut"))
        if kind == "change":
            content[at] = draw.choice([*b'",;\n\r\t\0:{}[]#-. 9a', 0xFF, 0x82, draw.randrange(256)])
        elif kind == "lose":
            del content[at : at + draw.randint(1, 9)]
        elif kind == "double":
            content[at:at] = content[at : at + draw.randint(1, 30)]
        else:
            del content[at + 1 :]
        if not content:
            content = bytearray(b" ")
    (tmp_path / victim).write_bytes(bytes(content))
    for name in ("mine.csv", "idea.yaml"):
        try:
            found = books((name,), tmp_path)
        except (UserError, UserErrors) as error:
            assert error.code.startswith("E")
            assert "hydromet explain" in str(error)
            continue
        for identity in found.ids():
            for indicator in ("climate", "water"):
                try:
                    assert found.factor(identity, indicator).value >= 0.0
                except FootprintError as error:
                    assert error.code in ("E771", "E773", "E774")
