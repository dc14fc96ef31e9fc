"""One broken flowsheet a mistake, and the exact message it gets: the messages are part of the interface.

Every ``cases/NAME.yaml`` has its message in ``cases/NAME.txt``, compared in full. After a change of wording run with
``HYDROMET_RENEW=1`` and read the difference.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hydromet.cli.app import main
from hydromet.cli.catalogue import entries

CASES = Path(__file__).with_name("cases")
FILES = sorted(path.stem for path in CASES.glob("*.yaml"))


def test_there_are_enough():
    assert len(FILES) >= 60


@pytest.mark.parametrize("name", FILES)
def test_exact_message(name, monkeypatch, capsys):
    monkeypatch.chdir(CASES)
    assert main(["check", f"{name}.yaml"]) == 3
    told = capsys.readouterr()
    expected = CASES / f"{name}.txt"
    if os.environ.get("HYDROMET_RENEW"):
        expected.write_text(told.err, encoding="utf-8")
    assert told.err == expected.read_text(encoding="utf-8")
    assert told.out == ""


@pytest.mark.parametrize("name", FILES)
def test_shape_of_the_message(name):
    """A code that is explained, a clickable place, what was read and what was expected; nothing of our insides."""
    text = (CASES / f"{name}.txt").read_text(encoding="utf-8")
    heads = re.findall(r"^(E\d{3})\b(.*)$", text, re.MULTILINE)
    assert heads
    for code, rest in heads:
        assert code in entries()
        assert rest.startswith(f" {name}.yaml")
    assert text.count("  read      ") == text.count("  expected  ") == len(heads)
    assert "Traceback" not in text
    assert "pydantic" not in text.lower()


WHOLE_FILE = {"empty", "only_comments"}


@pytest.mark.parametrize("name", sorted(set(FILES) - WHOLE_FILE))
def test_line_and_column(name):
    text = (CASES / f"{name}.txt").read_text(encoding="utf-8")
    lines = (CASES / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    for line, column in re.findall(rf"^E\d{{3}} {name}\.yaml:(\d+):(\d+)", text, re.MULTILINE):
        assert 1 <= int(column) <= len(lines[int(line) - 1]) + 1


def test_several_mistakes_are_told_at_once():
    text = (CASES / "several_mistakes.txt").read_text(encoding="utf-8")
    assert len(set(re.findall(r"^E\d{3}", text, re.MULTILINE))) >= 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "E104 plant.yaml\n  read      binary data\n  expected  a text file\n"),
        (b"hydromet: 1\ntitle: \xff\xfe\n", "E105 plant.yaml:2:8"),
        ("hydromet: 1\ntitle: 工場\n".encode("cp932"), "probably Shift-JIS (cp932)"),
        (b"# " + 10_000_000 * b"x", "E103 plant.yaml\n  read      10.0 MB\n  expected  at most 2 MB\n"),
        (b"\xef\xbb\xbf", "E102 plant.yaml\n  read      nothing\n"),
        (b"[" * 100_000, "E1"),
    ],
)
def test_files_that_are_no_flowsheets(content, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("plant.yaml").write_bytes(content)
    assert main(["run", "plant.yaml"]) == 3
    told = capsys.readouterr()
    assert message in told.err
    assert "Traceback" not in told.err
    assert not Path("results").exists()


def test_a_file_that_is_not_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("plant.yaml").write_text("hydromet: 1\n", encoding="utf-8")
    assert main(["run", "plnt.yaml"]) == 3
    assert capsys.readouterr().err == (
        "E101 plnt.yaml\n  read      no such file\n  expected  a file\n  write     plant.yaml\n"
        "  more      hydromet explain E101\n"
    )


@pytest.mark.parametrize("name", ["several_mistakes", "misspelt_model", "empty"])
def test_the_installed_program_says_the_same(name):
    """A process of its own: exit code 3 and not a word more."""
    program = "import sys; from hydromet.cli.app import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "run", f"{name}.yaml"],
        cwd=CASES,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr == (CASES / f"{name}.txt").read_text(encoding="utf-8")
