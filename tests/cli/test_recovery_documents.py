"""``hydromet recovery``: forms, certificates, frozen bundles and their verification, as files and exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from hydromet.cli.app import main
from hydromet.datafiles import find
from hydromet.errors import RecoveryError
from hydromet.report import recovery_bundle
from hydromet.report.recovery_files import file_names
from hydromet.report.recovery_form import COLUMNS, fields
from tests.literature.regulation.worked import LOT, case, one

PROGRAM = "import sys; from hydromet.cli.app import main; sys.exit(main())"
TRICK = '=HYPERLINK("http://x","y")'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A case file in a folder of its own, with forms, certificates and a bundle."""
    place = tmp_path_factory.mktemp("recovery")
    shutil.copy(find("flowsheets/recovery_two_recyclers.yaml"), place / "case.yaml")
    assert main(["recovery", str(place / "case.yaml"), "--form", str(place / "form"), "--certificate",
                 str(place / "lots"), "--bundle", str(place / "filing.zip")]) == 0  # fmt: skip
    return place


@pytest.fixture(scope="module")
def result(folder):
    with zipfile.ZipFile(folder / "filing.zip") as archive:
        return json.loads(archive.read("result.json"))


def small(tmp_path, text):
    file = tmp_path / "case.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_files_are_written(folder):
    assert sorted(p.name for p in (folder / "form").iterdir()) == ["form_lithium_based.html", "form_lithium_based.xlsx"]
    lots = {"refinery.nickel_sulfate", "refinery.cobalt_sulfate", "refinery.lithium_carbonate"}
    assert {p.name for p in (folder / "lots").iterdir()} == {
        f"certificate_{lot}.{kind}" for lot in lots for kind in ("json", "html")
    }


def cells(book, name):
    return {(c.row, c.column): c.value for row in book[name].iter_rows() for c in row if c.value is not None}


def test_the_workbook_holds_every_field_of_the_form(folder):
    book = load_workbook(folder / "form/form_lithium_based.xlsx")
    told = {str(v) for name in ("Part 1", "Part 2") for v in cells(book, name).values()}
    for (part, block, _), row in fields().items():
        if row["required"] != "cond" and (part, block) != ("1", "step"):
            both = f"{row['en']} / {row['ja']}"
            assert any(text.startswith(both) for text in told), both


def test_the_formulas_agree_with_the_result(folder, result):
    live = load_workbook(folder / "form/form_lithium_based.xlsx")
    seen = load_workbook(folder / "form/form_lithium_based.xlsx", data_only=True)
    rates = [c.value for row in seen["Part 1"].iter_rows(min_col=6, max_col=6) for c in row
             if isinstance(c.value, float)]  # fmt: skip
    block = result["families"]["lithium_based"]
    expected = [
        each for one_block in (*[block["by_member_state"][s] for s in ("DE", "BE")], block["total"])
        for each in (*[one_block["rRM"][m]["percent"] for m in ("Co", "Cu", "Li", "Ni")], one_block["rRE"]["percent"])
    ]  # fmt: skip
    assert rates == pytest.approx(expected)
    # recalculated by hand from the cells the formulas name
    for (row, column), text in cells(live, "Part 1").items():
        if column == 6 and str(text).startswith("=100*"):
            up, down = re.fullmatch(r"=100\*([A-H]\d+)/([A-H]\d+)", text).groups()
            assert seen["Part 1"].cell(row, 6).value == pytest.approx(
                100 * seen["Part 1"][up].value / seen["Part 1"][down].value
            )
        if column == 2 and str(text).startswith("=SUM("):
            first, last = re.fullmatch(r"=SUM\(B(\d+):B(\d+)\)", text).groups()
            masses = [seen["Part 1"].cell(r, 2).value for r in range(int(first), int(last) + 1)]
            assert seen["Part 1"].cell(row, 2).value == pytest.approx(
                sum(m for m in masses if isinstance(m, float | int))
            )


def test_the_steps_sum_to_part_1(folder):
    live = load_workbook(folder / "form/form_lithium_based.xlsx")
    seen = load_workbook(folder / "form/form_lithium_based.xlsx", data_only=True)
    sums = [row for row in live["Step sums"].iter_rows(min_row=3) if row[3].value]
    assert len(sums) >= 4 * 9
    for row in sums:
        places = re.findall(r"'Part 2'!([A-E]\d+)", row[3].value)
        assert len(places) == 5  # the facilities of the chain
        total = sum(seen["Part 2"][place].value for place in places)
        assert total == pytest.approx(seen["Part 1"][row[2].value.removeprefix("='Part 1'!")].value, abs=1e-9)
        assert seen["Step sums"].cell(row[0].row, 5).value == 0.0


def test_a_switched_off_row_is_empty(folder):
    seen = load_workbook(folder / "form/form_lithium_based.xlsx", data_only=True)["Part 1"]
    rows = [row for row in seen.iter_rows() if row[0].value == "C_cell"]
    assert len(rows) == 3
    assert all(cell.value is None for row in rows for cell in row[2:])


def test_what_is_not_stated_is_marked_and_told(folder, capsys):
    assert main(["recovery", str(folder / "case.yaml"), "--form", str(folder / "again")]) == 0
    told = capsys.readouterr()
    assert "W928" in told.err
    assert "refinery: street" in told.err
    assert told.out == ""
    page = (folder / "form/form_lithium_based.html").read_text(encoding="utf-8")
    assert page.count('class="missing">□') > 10
    assert "waste_code" in page


def test_the_page_speaks_both_languages_and_is_no_estimate(folder):
    page = (folder / "form/form_lithium_based.html").read_text(encoding="utf-8")
    assert "第1部：リサイクル全体" in page
    assert "Part 1: the complete recycling" in page
    assert "89.90 %" in page
    assert 'class="watermark"' not in page
    assert "2026" not in re.findall(r"<h1>.*?</h1>", page)[0]


@pytest.mark.parametrize(("lang", "has", "lacks"), [("en", "Part 1: the", "第1部"), ("ja", "第1部", "Part 1: the")])
def test_one_language(folder, lang, has, lacks):
    assert main(["recovery", str(folder / "case.yaml"), "--form", str(folder / lang), "--lang", lang]) == 0
    page = (folder / lang / "form_lithium_based.html").read_text(encoding="utf-8")
    assert has in page
    assert lacks not in page
    words = " ".join(str(v) for v in cells(load_workbook(folder / lang / "form_lithium_based.xlsx"), "Part 1").values())
    assert has in words
    assert lacks not in words


def test_an_estimate_is_watermarked(tmp_path):
    text = case(facilities=one({"salt": "use: product, elements: {Ni: 140 t}"})).replace(
        "year:", "basis: estimate\nyear:"
    )
    assert main(["recovery", small(tmp_path, text), "--form", str(tmp_path), "--certificate", str(tmp_path)]) == 0
    for name in ("form_lithium_based.html", "certificate_works.salt.html"):
        page = (tmp_path / name).read_text(encoding="utf-8")
        assert 'class="watermark">DESIGN ESTIMATE / 設計見積り' in page
    book = load_workbook(tmp_path / "form_lithium_based.xlsx")
    for sheet in book:
        assert sheet["A1"].value.startswith("DESIGN ESTIMATE")
        assert "DESIGN ESTIMATE" in sheet.oddHeader.center.text


def test_text_is_never_a_formula(tmp_path):
    lot = LOT.replace("collected_in: DE", f"collected_in: DE\n    waste_code: '{TRICK}'").replace(
        "cells:", "'@cells':", 1
    )
    text = case(lot, one({"salt": "use: product, label: '+1-2', destination: '=1+1', elements: {Ni: 140 t}"},
                         f"\n    name: '-{TRICK}'", takes="'@cells'"))  # fmt: skip
    assert main(["recovery", small(tmp_path, text), "--form", str(tmp_path)]) == 0
    book = load_workbook(tmp_path / "form_lithium_based.xlsx")
    bad = [c for sheet in book for row in sheet.iter_rows() for c in row
           if isinstance(c.value, str) and c.value.startswith(("=", "+", "-", "@"))]  # fmt: skip
    texts = [c for c in bad if TRICK in c.value or c.value.startswith(("+1", "@cells", "=1+1"))]
    assert {TRICK, f"-{TRICK}"} <= {c.value for c in texts}
    for cell in texts:
        assert cell.data_type == "s"
        assert cell.quotePrefix
    allowed = re.compile(r"=(SUM|ROUND|IF|100\*|[A-Z]\d+\+|'Part 1')")
    assert all(allowed.match(c.value) for c in bad if c.data_type == "f")


def test_no_rate_without_a_balance(tmp_path, capsys):
    text = case(facilities=one({"salt": "use: product, elements: {Ni: 100 t}"}, "\n    losses: measured"))
    target = tmp_path / "out"
    assert main(["recovery", small(tmp_path, text), "--form", str(target), "--bundle", str(tmp_path / "b.zip")]) == 5
    told = capsys.readouterr()
    assert "E930" in told.err
    assert "%" not in told.out
    assert not target.exists()
    assert not (tmp_path / "b.zip").exists()


def test_no_form_of_black_mass_alone(tmp_path, capsys):
    lots = "\n  powder: {form: black_mass, origin: other_chain, mass: 100 t, elements: {Ni: 20 t}}"
    text = case(lots, one({"salt": "use: product, elements: {Ni: 19 t}"}, takes="powder"))
    assert main(["recovery", small(tmp_path, text), "--form", str(tmp_path / "x")]) == 3
    assert "E940" in capsys.readouterr().err


def test_json_stands_beside_the_files(folder, capsys):
    capsys.readouterr()
    assert main(["recovery", str(folder / "case.yaml"), "--certificate", str(folder / "more"), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["format"] == "hydromet-recovery/1"
    assert data["traps"][0]["file"] == "case.yaml"


def test_the_same_bytes_from_anywhere(folder, tmp_path):
    """Another folder, another process, another order of hashes."""
    shutil.copy(folder / "case.yaml", tmp_path / "case.yaml")
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", PROGRAM, "recovery", "case.yaml", "--bundle", "b.zip", "--form", "f"],
                   cwd=tmp_path, env=environment, check=True, capture_output=True)  # fmt: skip
    assert (tmp_path / "b.zip").read_bytes() == (folder / "filing.zip").read_bytes()
    for name in ("form_lithium_based.html", "form_lithium_based.xlsx"):
        assert (tmp_path / "f" / name).read_bytes() == (folder / "form" / name).read_bytes()


def test_a_bundle_verifies(folder, capsys):
    capsys.readouterr()
    assert main(["recovery", "--verify", str(folder / "filing.zip")]) == 0
    told = capsys.readouterr().out
    assert "recomputed (exactly)" in told
    assert "89.90 %" in told
    assert main(["recovery", "--verify", str(folder / "filing.zip"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rates"]["lithium_based"]["rRE"] == pytest.approx(89.90, abs=0.01)


def test_a_bundle_holds_everything(folder):
    with zipfile.ZipFile(folder / "filing.zip") as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
        assert names == sorted(names)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {"inputs/case.yaml", "result.json", "form_lithium_based.html", "form_lithium_based.xlsx",
            "data/regulation/rules.yaml", "data/regulation/targets.csv"} <= set(names)  # fmt: skip
    assert set(manifest["members"]) == set(names) - {"manifest.json"}
    assert set(manifest["versions"]) >= {"hydromet", "numpy", "xlsxwriter"}
    assert all(re.fullmatch("[0-9a-f]{64}", each["sha256"]) for each in manifest["members"].values())


NEWER = b'{"format": "hydromet-recovery-bundle/9", "members": {}, "case": "manifest.json"}'


def spoilt(folder, tmp_path, place):
    content = bytearray((folder / "filing.zip").read_bytes())
    content[place] ^= 0x01
    target = tmp_path / "spoilt.zip"
    target.write_bytes(content)
    return target


MEMBERS = (
    "manifest.json", "inputs/case.yaml", "result.json", "form_lithium_based.xlsx", "data/regulation/targets.csv",
    "certificates/certificate_refinery.cobalt_sulfate.html",
)  # fmt: skip


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("where", ["first", "middle", "last", "header"])
def test_one_changed_byte_is_found_and_named(folder, tmp_path, capsys, member, where):
    with zipfile.ZipFile(folder / "filing.zip") as archive:
        entry = archive.getinfo(member)
        start = entry.header_offset + 30 + len(member)
    place = {"first": start, "middle": start + entry.file_size // 2, "last": start + entry.file_size - 1,
             "header": entry.header_offset + 10}[where]  # fmt: skip
    assert main(["recovery", "--verify", str(spoilt(folder, tmp_path, place))]) == 3
    told = capsys.readouterr().err
    assert told.startswith("E942")
    assert member in told


def repacked(folder, tmp_path, change):
    """A bundle whose members and manifest were made up together."""
    with zipfile.ZipFile(folder / "filing.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    manifest = json.loads(members["manifest.json"])
    manifest["members"] = {n: {"bytes": len(c), "sha256": recovery_bundle._hash(c)} for n, c in sorted(members.items())
                           if n != "manifest.json"}  # fmt: skip
    members["manifest.json"] = recovery_bundle.dumps(manifest)
    target = tmp_path / "forged.zip"
    target.write_bytes(recovery_bundle.pack(members))
    return target


@pytest.mark.parametrize(
    ("member", "old", "new", "named"),
    [
        ("result.json", b"4034.0", b"4044.0", "result.json"),
        ("inputs/case.yaml", b"4034 t", b"4044 t", "result.json"),
        ("form_lithium_based.html", b"89.90 %", b"93.90 %", "form_lithium_based.html"),
        ("data/regulation/targets.csv", b",Li,80,", b",Li,70,", "result.json"),
    ],
)
def test_a_forged_bundle_does_not_recompute(folder, tmp_path, capsys, member, old, new, named):
    def change(members):
        assert old in members[member]
        members[member] = members[member].replace(old, new)

    assert main(["recovery", "--verify", str(repacked(folder, tmp_path, change))]) == 3
    told = capsys.readouterr().err
    assert told.startswith("E943")
    assert named in told


def test_frozen_data_are_used_not_those_installed(folder, tmp_path, monkeypatch):
    """Rules that changed since do not spoil an old bundle; the worker process reads those of the bundle."""
    own = tmp_path / "data/regulation"
    own.mkdir(parents=True)
    text = find("data/regulation/targets.csv").read_text(encoding="utf-8")
    (own / "targets.csv").write_text(text.replace(",Li,80,", ",Li,99,"), encoding="utf-8")
    monkeypatch.setenv("HYDROMET_DATA", str(tmp_path))
    assert recovery_bundle.verify(folder / "filing.zip")["recomputed"] == "exactly"


def test_a_forged_case_does_not_read_files_outside(folder, tmp_path):
    def change(members):
        old = members["inputs/case.yaml"]
        members["inputs/case.yaml"] = old[: old.index(b"  copper_works:")] + (
            b"  works: {country: DE, in: [shredder.copper_granulate], plant: {result: /etc/passwd}}\n"
        )

    with pytest.raises(RecoveryError, match="E945"):
        recovery_bundle.verify(repacked(folder, tmp_path, change))


def test_another_version_of_the_program_has_to_find_the_same_figures(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(recovery_bundle, "__version__", "9.9.9")
    assert "another version" in recovery_bundle.verify(folder / "filing.zip")["recomputed"]

    def change(members):
        members["inputs/case.yaml"] = members["inputs/case.yaml"].replace(b"4034 t", b"4044 t")

    with pytest.raises(RecoveryError, match="E943"):
        recovery_bundle.verify(repacked(folder, tmp_path, change))


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.zip", b"", "E941"),
        ("text.zip", b"not a zip at all", "E941"),
        ("cut.zip", None, "E941"),
        ("foreign.zip", {"photo.txt": b"x"}, "E941"),
        ("manifest.zip", {"manifest.json": b"[1, 2]"}, "E941"),
        ("newer.zip", {"manifest.json": NEWER}, "E941"),
        ("slip.zip", {"manifest.json": b"{}", "../../evil.txt": b"x"}, "E944"),
        ("absolute.zip", {"manifest.json": b"{}", "/etc/evil": b"x"}, "E944"),
        ("windows.zip", {"manifest.json": b"{}", "C:\\evil.txt": b"x"}, "E944"),
    ],
)  # fmt: skip
def test_what_is_no_bundle(folder, tmp_path, capsys, name, content, code):
    target = tmp_path / name
    if content is None:
        content = (folder / "filing.zip").read_bytes()[:-400]
    target.write_bytes(recovery_bundle.pack(content) if isinstance(content, dict) else content)
    before = sorted(tmp_path.rglob("*"))
    assert main(["recovery", "--verify", str(target)]) == 3
    told = capsys.readouterr().err
    assert told.startswith(code)
    assert "Traceback" not in told
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_or_a_name_twice_is_refused(tmp_path):
    for names in (["manifest.json", "a", "a"], ["manifest.json", "link"]):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for name in names:
                entry = zipfile.ZipInfo(name)
                entry.external_attr = (0o120777 if name == "link" else 0o100644) << 16
                with pytest.warns(UserWarning, match="Duplicate") if name in archive.namelist() else _nothing():
                    archive.writestr(entry, b"x")
        file = tmp_path / "x.zip"
        file.write_bytes(target.getvalue())
        with pytest.raises(RecoveryError, match="E944"):
            recovery_bundle.verify(file)


class _nothing:
    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None


def test_a_missing_bundle(tmp_path, capsys):
    assert main(["recovery", "--verify", str(tmp_path / "none.zip")]) == 3
    assert "E101" in capsys.readouterr().err


def test_lint_tells_mistakes_of_the_file_by_its_exit_code(folder, tmp_path, capsys):
    """Traps met and declared as the rules want them: 0. Declared otherwise, and corrected: 3."""
    assert main(["recovery", str(folder / "case.yaml"), "--lint"]) == 0
    told = capsys.readouterr().out
    assert "W901  T01" in told
    assert "2025/606 Annex, intermediate fraction" in told
    out = {"black_mass": "use: product, commodity: black_mass, elements: {Ni: 140 t}"}
    file = small(tmp_path, case(facilities=one(out)))
    assert main(["recovery", file, "--lint"]) == 3
    assert "corrected" in capsys.readouterr().out
    assert main(["recovery", file]) == 0


def test_names_of_files():
    names = file_names(["a/b", "A?B", "../x", "ロット 1", "", "." * 9, "n" * 300])
    assert list(names.values()) == ["a_b", "A_B_2", "x", "ロット_1", "lot", "lot_2", "n" * 80]
    assert len({each.casefold() for each in names.values()}) == len(names)
    assert all(Path(each).name == each for each in names.values())


def test_columns_of_the_form():
    assert [fields()["1", "results", key]["required"] for key in COLUMNS] == ["yes", "yes", "cond", "yes"]


MIXED = """
  cells:
    form: cell
    mass: 1000 t
    collected_in: FR
    parts: {cathode_active: {mass: 400 t, elements: {Ni: 100 t}}, cell_casing: {mass: 600 t, elements: {Hg: 60 kg}}}
  nowhere:
    form: cell
    mass: 100 t
    parts: {cathode_active: {share: 100 wt%, elements: {Ni: 50 wt%}}}
  lead:
    form: battery
    family: lead_acid
    mass: 500 t
    collected_in: DE
    parts: {whole_battery: {share: 100 wt%, elements: {Pb: 60 wt%}, scope: {Pb: 100 %}}}"""


def rows_of(file, sheet, name):
    book = load_workbook(file, data_only=True)[sheet]
    return [[cell.value for cell in row] for row in book.iter_rows() if str(row[0].value).startswith(name)]


def test_one_form_for_each_family(tmp_path):
    out = {
        "salt": "use: product, of: [cells, nowhere], elements: {Ni: 120 t}",
        "mercury": "use: immobilised, elements: {Hg: 60 kg}",
        "bullion": "use: product, of: [lead], elements: {Pb: 290 t}",
    }
    file = small(tmp_path, case(MIXED, one(out, takes="cells, nowhere, lead")))
    assert main(["recovery", file, "--form", str(tmp_path)]) == 0
    lithium, lead = tmp_path / "form_lithium_based.xlsx", tmp_path / "form_lead_acid.xlsx"
    # 120 of 150 t; each block of its own: France, no Member State, all
    assert [row[5] for row in rows_of(lithium, "Part 1", "Ni")] == pytest.approx([80.0, 80.0, 80.0])
    assert [row[1] for row in rows_of(lithium, "Part 1", "Ni")] == pytest.approx([100.0, 50.0, 150.0])
    # mercury stands with those who collected it, and with the sum
    assert [row[1] for row in rows_of(lithium, "Part 1", "Hg")] == pytest.approx([0.06, 0.06])
    assert rows_of(lead, "Part 1", "Hg") == []
    # Pb has a rate and no row of its own: its mass is among the others
    assert [row[5] for row in rows_of(lead, "Part 1", "Pb")] == pytest.approx([100 * 290 / 300] * 2)
    for form, total in ((lithium, 1100.0), (lead, 500.0)):
        assert rows_of(form, "Part 1", "Total")[-1][1] == pytest.approx(total)
        assert rows_of(form, "Step sums", "Total")[0][2:5] == pytest.approx([total, total, 0.0])
