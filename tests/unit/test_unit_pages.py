"""Pages of the unit operations in the repository are those of the program (``python docs/generate.py`` renews)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import hydromet

DOCS = Path(hydromet.__file__).parent.parent / "docs"
PARTS = ("**Assumptions**", "1. ", "Ports:", "Equations:", "Validity:", "Source")


@pytest.fixture(scope="module")
def pages():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.unit_pages()


def test_every_page_is_the_one_of_the_program(pages):
    kept = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "reference" / "units").glob("*.md")}
    assert sorted(kept) == sorted(pages)
    assert [name for name, text in pages.items() if kept[name] != text] == []


def test_every_page_has_its_parts(pages):
    missing = {name: [part for part in PARTS if part not in text] for name, text in pages.items() if name != "index.md"}
    assert {name: parts for name, parts in missing.items() if parts} == {}
