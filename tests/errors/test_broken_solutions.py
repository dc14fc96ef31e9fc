"""One broken solution a mistake, in a file or typed, and the exact message it gets.

``solutions/NAME.yaml`` is a file, ``typed/NAME.words`` the words after ``hydromet speciate``; the message of either is
in ``NAME.txt``. After a change of wording run with ``HYDROMET_RENEW=1`` and read the difference.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from hydromet.cli.app import main
from hydromet.cli.catalogue import entries

HERE = Path(__file__).parent
FILES = sorted((HERE / "solutions").glob("*.yaml"))
TYPED = sorted((HERE / "typed").glob("*.words"))
USAGE = {"curve_misspelt", "curve_without_titrant", "curve_without_salt", "range_without_dots", "file_to_nowhere"}


def compared(case, told):
    expected = case.with_suffix(".txt")
    if os.environ.get("HYDROMET_RENEW"):
        expected.write_text(told, encoding="utf-8")
    assert told == expected.read_text(encoding="utf-8")
    heads = re.findall(r"^(E\d{3})\b", told, re.MULTILINE)
    assert heads
    assert set(heads) <= set(entries())
    assert told.count("  read      ") == told.count("  expected  ") == len(heads)
    assert "Traceback" not in told
    assert "pydantic" not in told.lower()


def test_there_are_enough():
    assert len(FILES) + len(TYPED) >= 40


@pytest.mark.parametrize("case", FILES, ids=lambda path: path.stem)
def test_file(case, monkeypatch, capsys):
    monkeypatch.chdir(case.parent)
    assert main(["speciate", case.name]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    compared(case, told.err)


@pytest.mark.parametrize("case", TYPED, ids=lambda path: path.stem)
def test_typed(case, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(case.read_text(encoding="utf-8"))
    assert main(["speciate", *words]) == (2 if case.stem in USAGE else 3)
    told = capsys.readouterr()
    assert told.out == ""
    compared(case, told.err)


@pytest.mark.parametrize("case", FILES, ids=lambda path: path.stem)
def test_line_and_column(case):
    lines = case.read_text(encoding="utf-8").splitlines()
    text = case.with_suffix(".txt").read_text(encoding="utf-8")
    places = re.findall(rf"^E\d{{3}} {case.name}:(\d+):(\d+)", text, re.MULTILINE)
    assert places
    for line, column in places:
        assert 1 <= int(column) <= len(lines[int(line) - 1]) + 1
