"""YAML as the core schema of 1.2 reads it, every value with its place, every mistake with a caret."""

from __future__ import annotations

import pytest

from hydromet.errors import SourceError, UserErrors
from hydromet.source import LARGEST_BYTES, decode, load, load_text, nearest


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("1:2", "1:2"),
        ("1e-3", 1e-3),
        ("1E3", 1000.0),
        ("010", 10),
        ("0o10", "0o10"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        (".5", 0.5),
        ("5.", 5.0),
        ("-3", -3),
        ("true", True),
        ("True", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("2026-11-23", "2026-11-23"),
        ("60 degC", "60 degC"),
        ('"1"', "1"),
        ("'NO'", "NO"),
        ("98 %", "98 %"),
        ("Ni+2", "Ni+2"),
        ("[NO, NO2]", ["NO", "NO2"]),
        ("１", "１"),
    ],
)
def test_scalars(text, value):
    found = load_text(f"key: {text}").data["key"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text():
    assert load_text("on: 1\nNO: 2\n1: 3\ntrue: 4\n2026-11-23: 5").data == {
        "on": 1,
        "NO": 2,
        "1": 3,
        "true": 4,
        "2026-11-23": 5,
    }


def test_places_of_keys_and_values():
    document = load_text("a: 1\nb:\n  - x\n  - {c: 60 degC}\n", "f.yaml")
    place = document.place(("b", 1, "c"))
    assert (place.line, place.column, place.text, place.before, place.path) == (
        4,
        9,
        "  - {c: 60 degC}",
        "  - x",
        "b.1.c",
    )
    assert document.place(("b", 1, "c"), key=True).column == 6
    assert str(document.place(("b", 1, "missing"))) == "f.yaml:4:5"
    assert str(document.place(("nothing",))) == "f.yaml:1:1"


@pytest.mark.parametrize(
    ("text", "code", "where", "read"),
    [
        ("a: 1\nb: 2\na: 3\n", "E108", "3:1", "`a` a second time"),
        ("a: {x: 1, x: 2}\n", "E108", "1:11", "`x` a second time"),
        ("a: &x 1\n", "E109", "1:4", "the anchor &x"),
        ("<<: {a: 1}\n", "E109", "1:1", "the merge key <<"),
        ("a: !!str 1\n", "E109", "1:4", "the tag tag:yaml.org,2002:str"),
        ("a: !!python/object:os.system x\n", "E109", "1:4", "the tag tag:yaml.org,2002:python/object:os.system"),
        ("a: 1\n---\nb: 1\n", "E110", "2:1", "a second document (---)"),
        ("? [a]\n: 1\n", "E111", "1:3", "a list or mapping as a key"),
        ("a:\n\tb: 1\n", "E107", "2:1", "a tab"),
        ("a: b: c\n", "E106", "1:5", "a second `: ` in one line"),
        ("a: @b\n", "E106", "1:4", "found character '@' that cannot start any token"),
        ("a: 'x\n", "E106", "1:6", "found unexpected end of stream"),
        ("a: \x07b\n", "E104", "1:4", "the control character U+0007"),
        ("# nothing\n", "E102", "", "nothing but comments"),
        ("a: " + "[" * 60 + "]" * 60, "E111", "1:44", "more than 40 levels"),
    ],
)
def test_refused(text, code, where, read):
    with pytest.raises(SourceError) as caught:
        load_text(text, "f.yaml")
    error = caught.value
    assert (error.code, error.read) == (code, read)
    assert str(error.place) == (f"f.yaml:{where}" if where else "f.yaml")
    assert error.expected


def test_alias_is_refused_with_its_anchor():
    with pytest.raises(UserErrors) as caught:
        load_text("a: &x 1\nb: *x\n", "f.yaml")
    assert [(each.code, each.place.line) for each in caught.value.errors] == [("E109", 1), ("E109", 2)]


def test_duplicate_key_shows_both_places():
    with pytest.raises(SourceError) as caught:
        load_text("leach: 1\nwash: 2\nleach: 3\n", "f.yaml")
    assert str(caught.value).splitlines()[:6] == [
        "E108 f.yaml:3:1",
        "    2 | wash: 2",
        "  > 3 | leach: 3",
        "        ^",
        "  see also f.yaml:1:1",
        "  > 1 | leach: 1",
    ]


def test_all_mistakes_at_once():
    with pytest.raises(UserErrors) as caught:
        load_text("a: 1\na: 2\nb: &x 1\nc: !t 1\n", "f.yaml")
    assert [each.code for each in caught.value.errors] == ["E108", "E109", "E109"]


@pytest.mark.parametrize(
    ("content", "code", "read"),
    [
        (b"", "E102", "nothing"),
        (b"\xef\xbb\xbf\r\n \r\n", "E102", "nothing"),
        (b"PK\x03\x04\x00\x00\x08", "E104", "binary data"),
        ("温度: 60".encode("cp932"), "E105", "probably Shift-JIS (cp932)"),
        ("a: 1".encode("utf-16"), "E105", "UTF-16"),
    ],
)
def test_bytes_that_are_no_text(content, code, read):
    with pytest.raises(SourceError) as caught:
        decode(content, "f.yaml")
    assert (caught.value.code, caught.value.read) == (code, read)


def test_wrong_encoding_points_at_the_byte():
    with pytest.raises(SourceError) as caught:
        decode(b"a: 1\nb: x\xff", "f.yaml")
    assert str(caught.value.place) == "f.yaml:2:5"


def test_byte_order_mark_and_windows_line_ends():
    assert load_text(decode(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "f")).data == {"a": 1, "b": 2}


def test_file_that_is_missing_offers_the_nearest(tmp_path):
    (tmp_path / "plant.yaml").write_text("a: 1")
    with pytest.raises(SourceError) as caught:
        load(tmp_path / "plnat.yaml")
    assert caught.value.code == "E101"
    assert caught.value.write == str(tmp_path / "plant.yaml")


def test_folder_and_large_file(tmp_path):
    with pytest.raises(SourceError, match="E101"):
        load(tmp_path)
    big = tmp_path / "big.yaml"
    big.write_bytes(b"a: 1\n" * (LARGEST_BYTES // 5 + 1))
    with pytest.raises(SourceError, match="E103"):
        load(big)


def test_format_version():
    assert load_text("hydromet: 1").version("hydromet", 2) == 1
    for text in ("hydromet: 3", "other: 1", "hydromet: one", "hydromet: true", "- 1"):
        with pytest.raises(SourceError, match="E118") as caught:
            load_text(text).version("hydromet", 2)
        assert caught.value.write == "hydromet: 2"


def test_nearest_names():
    assert nearest("tempreature", ["temperature", "pressure"])[0] == "temperature"
    assert nearest("LEACH", ["leach", "leach2"])[0] == "leach"
    assert nearest("xyz", ["leach"]) == ()
