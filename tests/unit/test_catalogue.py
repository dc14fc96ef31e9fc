"""Every code in the source is explained in two languages, and every explanation has a code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hydromet
from hydromet import datafiles
from hydromet.cli.catalogue import entries, explain
from hydromet.errors import CommandError, SourceError

PACKAGE = Path(hydromet.__file__).parent


def used():
    """Codes raised or noticed anywhere in the source -> the files that do."""
    found = {}
    for folder in (PACKAGE, PACKAGE.parent / "instruments"):
        for path in sorted(folder.rglob("*.py")):
            for code in re.findall(r"[\"']([EW]\d{3})[\"']", path.read_text(encoding="utf-8")):
                found.setdefault(code, set()).add(path.relative_to(PACKAGE.parent).as_posix())
    return found


def test_every_code_is_explained():
    missing = {code: sorted(files) for code, files in sorted(used().items()) if code not in entries()}
    assert not missing, "codes without an entry in data/errors:\n" + "\n".join(
        f"  {code}  raised in {', '.join(files)}" for code, files in missing.items()
    )


def test_every_explanation_has_a_code():
    idle = sorted(set(entries()) - set(used()))
    assert not idle, f"entries of data/errors that nothing raises: {', '.join(idle)}"


def test_explanation():
    text = explain("e203")
    assert text.startswith("E203  Unit of another kind\n\n")
    assert "Wrong:\n    temperature: 60 C\n\nRight:\n    temperature: 60 degC" in text
    assert "クーロン" in explain("E203", "ja")
    assert "coulomb" in explain("E203", "both")
    assert "クーロン" in explain("E203", "both")


def test_unknown_code():
    with pytest.raises(CommandError, match="E901") as caught:
        explain("E2030")
    assert caught.value.write == "hydromet explain E203"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("E999: {title: {en: A}, meaning: {en: B, ja: C}}", "E124"),
        ("E999: {title: {en: A, ja: }, meaning: {en: B, ja: C}}", "E115"),
        ("X1: {title: {en: A, ja: B}, meaning: {en: B, ja: C}}", "E124"),
        ("E203: {title: {en: A, ja: B}, meaning: {en: B, ja: C}}", "E124"),
    ],
)
def test_faulty_entries(text, code, tmp_path, monkeypatch):
    (tmp_path / "data/errors").mkdir(parents=True)
    (tmp_path / "data/errors/extra.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv(datafiles.VARIABLE, str(tmp_path))
    entries.cache_clear()
    try:
        with pytest.raises(SourceError, match=code):
            entries()
    finally:
        entries.cache_clear()
