"""The shipped files are found, an overlay comes first, and names cannot leave the folders."""

from __future__ import annotations

import pytest

from hydromet import datafiles
from hydromet.errors import SourceError


@pytest.fixture
def overlay(tmp_path, monkeypatch):
    (tmp_path / "data/species").mkdir(parents=True)
    monkeypatch.setenv(datafiles.VARIABLE, str(tmp_path))
    return tmp_path


def test_checkout_is_found_by_its_marker(monkeypatch):
    monkeypatch.delenv(datafiles.VARIABLE, raising=False)
    (root,) = datafiles.roots()
    assert (root / datafiles.MARKER).is_file()
    assert datafiles.read_yaml(datafiles.MARKER) == {"format": "hydromet-data/1"}


def test_overlay_comes_first_and_the_shipped_files_stay(overlay):
    (overlay / "data/species/mine.csv").write_text("id,value\nNi+2,1\n")
    assert datafiles.roots()[0] == overlay
    assert datafiles.read_csv("data/species/mine.csv") == [{"id": "Ni+2", "value": "1"}]
    assert "mine.csv" in datafiles.names("data/species")
    assert "species/mine.csv" in datafiles.sets()
    assert datafiles.find(datafiles.MARKER).is_file()
    shipped = datafiles.find("data/errors/e2.yaml")
    (overlay / "data/errors").mkdir()
    (overlay / "data/errors/e2.yaml").write_text("E201: {}\n")
    assert datafiles.find("data/errors/e2.yaml") == overlay / "data/errors/e2.yaml" != shipped


def test_overlay_that_is_no_folder(monkeypatch):
    monkeypatch.setenv(datafiles.VARIABLE, "nowhere/at/all")
    with pytest.raises(SourceError, match="E120"):
        datafiles.roots()


def test_nothing_shipped(monkeypatch, tmp_path):
    monkeypatch.delenv(datafiles.VARIABLE, raising=False)
    monkeypatch.setattr(datafiles, "_PACKAGE", tmp_path / "hydromet")
    with pytest.raises(SourceError, match="E121"):
        datafiles.roots()


def test_packaged_copy_is_preferred_to_a_folder_above(monkeypatch, tmp_path):
    monkeypatch.delenv(datafiles.VARIABLE, raising=False)
    for root in (tmp_path, tmp_path / "hydromet/_share"):
        (root / "data").mkdir(parents=True)
        (root / datafiles.MARKER).write_text("format: hydromet-data/1\n")
    monkeypatch.setattr(datafiles, "_PACKAGE", tmp_path / "hydromet")
    assert datafiles.roots() == (tmp_path / "hydromet/_share",)


def test_wrong_name_offers_the_nearest():
    with pytest.raises(SourceError, match="E122") as caught:
        datafiles.find("data/errors/e22.yaml")
    assert "e2.yaml" in caught.value.expected


@pytest.mark.parametrize("name", ["/etc/passwd", "data/../pyproject.toml", ""])
def test_names_stay_inside(name):
    with pytest.raises(SourceError, match="E122"):
        datafiles.find(name)


def test_csv_with_comments_quotes_and_blank_lines(overlay):
    (overlay / "data/t.csv").write_text('# source: us\nid, note\n\nNi+2,"a, b"\n# more\n Co+2 ,c\n', encoding="utf-8")
    assert datafiles.read_csv("data/t.csv") == [{"id": "Ni+2", "note": "a, b"}, {"id": "Co+2", "note": "c"}]


@pytest.mark.parametrize("row", ["Ni+2,1,5", "Ni+2"])
def test_csv_with_a_ragged_row(overlay, row):
    (overlay / "data/t.csv").write_text(f"# c\nid,value\n{row}\n")
    with pytest.raises(SourceError, match="E123") as caught:
        datafiles.read_csv("data/t.csv")
    assert "line 3" in caught.value.read


def test_names_without_suffix():
    assert {"e1", "e2", "e9"} <= set(datafiles.names("data/errors", ".yaml"))
    assert datafiles.names("data/no such folder") == ()
