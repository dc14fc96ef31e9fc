"""The pages of the instruments: their station files are checked and their drivers made, as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hydromet.source import load_text
from instruments.devices import MODULES
from instruments.registry import make
from instruments.station import check
from instruments.status import Status

PAGES = Path(__file__).parents[3] / "docs/how-to/instruments"
EXAMPLES = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in sorted(PAGES.glob("*.md"))
    for number, block in enumerate(re.findall(r"```yaml\n(visa:.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_station_files_of_the_pages_work(example: str) -> None:
    station = check(load_text(f"station: 1\nname: page\n{example}", "page.yaml"))
    for name in station.sources:
        assert make(station, name).name == name


def test_every_driver_has_a_page() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES.glob("*.md"))
    assert [name for name in MODULES if f"driver: {name}" not in text and f"`{name}`" not in text] == []
    for page in PAGES.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert "driver: " not in text or page.stem == "new-driver" or "**Windows.**" in text, page


def test_the_statuses_of_the_page_exist() -> None:
    text = (PAGES / "index.md").read_text(encoding="utf-8")
    found = set(re.findall(r"`((?:Bad|Uncertain)\w+)`", text))
    assert found <= {status.name for status in Status}
    assert len(found) > 8
