"""Evidence folders that somebody edited by hand: always an error with a code, never a traceback."""

from __future__ import annotations

import json

import pytest

from hydromet.cli.app import main
from hydromet.errors import FootprintError
from hydromet.report.carbon_evidence import sha256
from hydromet.report.carbon_verify import verify
from tests.plants import CARBONATION

NEWER = '{"format": "hydromet-carbon-evidence/9", "members": {}, "record_sha256": "0"}'


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    place = tmp_path_factory.mktemp("verify")
    (place / "plant.yaml").write_text(CARBONATION, encoding="utf-8")
    assert main(["run", str(place / "plant.yaml"), "-o", str(place / "out")]) == 0
    assert main(["carbon", str(place / "out"), "--evidence", str(place / "evidence"), "--lang", "en"]) == 0
    return {path.relative_to(place / "evidence"): path.read_bytes()
            for path in (place / "evidence").rglob("*") if path.is_file()}  # fmt: skip


@pytest.fixture
def folder(written, tmp_path):
    for name, content in written.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def seal(folder, level, name, content):
    """Write a file and put its hash into the manifest."""
    (folder / level / name).write_bytes(content)
    file = folder / level / "manifest.json"
    manifest = json.loads(file.read_bytes())
    manifest["members"][name] = sha256(content)
    if name == "record.json":
        manifest["record_sha256"] = sha256(content)
    if name == "footprint.json":
        manifest["footprint_sha256"] = sha256(content)
    file.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("level", ["auditor", "customer"])
@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "\x00", '{"format": "hydromet-carbon-evidence/1"}', NEWER])
def test_a_manifest_that_is_none(folder, level, text):
    (folder / level / "manifest.json").write_text(text, encoding="utf-8")
    for place in (folder, folder / level):
        with pytest.raises(FootprintError) as told:
            verify(place)
        assert told.value.code == "E767"


@pytest.mark.parametrize(("level", "name"), [("auditor", "record.json"), ("auditor", "figures.json"),
                                             ("customer", "footprint.json")])  # fmt: skip
@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b"\xff\xfe", b'{"format": "hydromet-carbon/1"}'])
def test_files_that_are_none(folder, level, name, content):
    seal(folder, level, name, content)
    with pytest.raises(FootprintError) as told:
        verify(folder)
    assert told.value.code == "E767"


@pytest.mark.parametrize("key", ["customer_sha256", "inputs", "lang", "source"])
def test_a_manifest_that_lacks_a_key(folder, key):
    file = folder / "auditor/manifest.json"
    manifest = json.loads(file.read_bytes())
    del manifest[key]
    file.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(FootprintError) as told:
        verify(folder)
    assert told.value.code == "E767"


def test_a_page_that_was_written_anew_is_not_what_the_record_gives(folder):
    seal(folder, "auditor", "inventory.html", (folder / "auditor/inventory.html").read_bytes() + b" ")
    with pytest.raises(FootprintError) as told:
        verify(folder)
    assert "auditor/inventory.html" in str(told.value)


def test_a_figure_of_the_customer_that_was_changed_is_not_of_the_auditor(folder):
    """Sealed again with its page, the customer's level is sound by itself; beside the auditor's it is not."""
    data = json.loads((folder / "customer/footprint.json").read_bytes())
    data["products"]["lithium_carbonate"]["figures"]["climate"]["cut_off"]["per_kg"] = 0.1
    seal(folder, "customer", "footprint.json", (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode())
    with pytest.raises(FootprintError) as told:
        verify(folder)
    assert told.value.code == "E767"


def test_the_documents_of_another_version_are_not_compared(folder):
    for level in ("auditor", "customer"):
        file = folder / level / "manifest.json"
        manifest = json.loads(file.read_bytes())
        manifest["hydromet"] = "0.0.1"
        file.write_text(json.dumps(manifest), encoding="utf-8")
    told = verify(folder / "auditor")
    assert told["figures"] is True
    assert told["documents"] is None
