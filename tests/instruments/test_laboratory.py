"""Results of the laboratory: whatever they are written in, once, and corrected beside what was there."""

from __future__ import annotations

import threading

import pytest

import instruments
from hydromet.errors import StationError
from instruments.laboratory import make
from instruments.laboratory_file import decode, parse, read_time, read_value
from instruments.laboratory_results import current, in_unit
from instruments.station import Laboratory
from instruments.status import Status
from instruments.store.verify import verify

GERMAN = (
    "Probe;Datum;Ort;Analyt;Wert;Einheit;Bemerkung\n"
    "S1;26.11.2026 14:00;Laugung;Ni 231.604;12.345,6;mg/L;geprüft\n"
    "S1;26.11.2026 14:00;Laugung;Co;< 0,05;mg/L;\n"
)
JAPANESE = "試料名,採取日時,採取場所,元素,濃度,単位\nS1,2026年11月26日 14:00,浸出槽,Ni,12345.6,mg/L\n"


def settings(**changes):
    return Laboratory(**{"folder": "/nowhere", "method": "ICP-OES", "timezone": "Asia/Tokyo", **changes})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_german_file_with_decimal_commas(encoding):
    nickel, cobalt = parse(GERMAN.encode(encoding), "a.csv", settings()).rows
    assert (nickel["sample"], nickel["place"], nickel["quantity"]) == ("S1", "Laugung", "Ni")
    assert (nickel["value"], nickel["unit"], nickel["method"]) == (12345.6, "mg/L", "ICP-OES 231.604 nm")
    assert nickel["remark"] == "geprüft"
    assert nickel["time_ns"] == read_time("2026-11-26T05:00:00Z")
    assert (cobalt["value"], cobalt["flag"], cobalt["written"]) == (None, "<LOD", "< 0,05")
    assert cobalt["status"] == Status.BadOutOfRange


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932"])
def test_japanese_file(encoding):
    (row,) = parse(JAPANESE.encode(encoding), "a.csv", settings()).rows
    assert (row["place"], row["value"]) == ("浸出槽", 12345.6)
    assert row["time_ns"] == read_time("2026-11-26T05:00:00Z")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Lösung für Prüfung, Größe; µg/L", "cp1252"),
        ("échantillon n° 3 prélevé à Liège", "cp1252"),
        ("Muestra; señal; añadido", "cp1252"),
        ("“quoted” – dash; café", "cp1252"),
        ("分析結果 ニッケル濃度 ｱｲｳ", "cp932"),
        ("pH計の校正", "cp932"),
    ],
)
def test_encodings_are_told_apart(text, encoding):
    assert decode(text.encode(encoding), "a.csv", "auto") == text


def test_a_stated_encoding_that_is_wrong_is_told():
    with pytest.raises(StationError, match="E105"):
        decode("Größe".encode("cp1252"), "a.csv", "utf-8")


@pytest.mark.parametrize(
    ("written", "comma", "value", "flag"),
    [
        ("12.5", False, 12.5, ""),
        ("12,5", True, 12.5, ""),
        ("1.234,5", True, 1234.5, ""),
        ("1,234.5", False, 1234.5, ""),
        ("1 234,5", True, 1234.5, ""),
        ("１２．５", False, 12.5, ""),
        ("-0,3", True, -0.3, ""),
        ("1.2E-3", False, 0.0012, ""),
        ("<0.05", False, None, "<LOD"),
        ("< LOD", False, None, "<LOD"),
        ("n.d.", False, None, "<LOD"),
        ("検出限界以下", False, None, "<LOD"),
        ("OVR", False, None, ">range"),
        (">1000", False, None, ">range"),
        ("12.5 Uncal", False, 12.5, "uncalibrated"),
        ("Uncal", False, None, "uncalibrated"),
        ("abc", False, None, "error"),
        ("", False, None, "error"),
        ("1.2.3", False, None, "error"),
        ("nan", False, None, "error"),
    ],
)
def test_values_as_laboratories_write_them(written, comma, value, flag):
    assert read_value(written, comma=comma) == (value, flag)


def test_times():
    noon = read_time("2026-11-26T12:00:00Z")
    for text in (
        "2026-11-26 12:00",
        "2026/11/26 12:00",
        "26.11.2026 12:00",
        "2026年11月26日 12:00",
        "2026-11-26T21:00+09:00",
    ):
        assert read_time(text) == noon
    assert read_time("11/26/2026 12:00", "%m/%d/%Y %H:%M") == noon
    with pytest.raises(StationError, match="E035"):
        read_time("11/12/2026")


def test_wide_file_with_lines_above_the_headings():
    text = (
        "Instrument report\nOperator,Sato\n\nSample ID,Date,Ni 231.604 (mg/L),Co [g/L]\nS1,2026-11-26 14:00,12.5,<0.1\n"
    )
    nickel, cobalt = parse(text.encode(), "a.csv", settings(layout="wide")).rows
    assert (nickel["quantity"], nickel["value"], nickel["unit"]) == ("Ni", 12.5, "mg/L")
    assert (cobalt["quantity"], cobalt["flag"], cobalt["unit"]) == ("Co", "<LOD", "g/L")


def test_headings_of_ones_own_and_units_as_the_laboratory_writes_them():
    text = "LabNr\tWas\tMesswert\tE\nS1\tNi\t3,5\tppm\n"
    own = settings(
        columns={"sample": "LabNr", "quantity": "Was", "value": "Messwert", "unit": "E"}, units={"ppm": "mg/L"}
    )
    (row,) = parse(text.encode(), "a.csv", own).rows
    assert (row["value"], row["unit"]) == (3.5, "mg/L")


def test_headings_that_cannot_be_made_out():
    with pytest.raises(StationError, match="E038") as caught:
        parse(b"LabNr;Was;Wert\nS1;Ni;3\n", "a.csv", settings())
    assert "LabNr" in caught.value.read
    with pytest.raises(StationError, match="E038"):
        parse(b"", "a.csv", settings())


def test_a_row_that_cannot_be_read_is_kept_and_told():
    text = "Sample,Time,Element,Value,Unit\nS1,sometime,Ni,1.0,mg/L\nS2,2026-11-26,Ni,1.O,mg/L\n"
    parsed = parse(text.encode(), "a.csv", settings())
    assert [row["written"] for row in parsed.rows] == ["1.0", "1.O"]
    assert all(row["status"] == Status.BadDecodingError and row["value"] is None for row in parsed.rows)
    assert len(parsed.remarks) == 2


def test_unit_of_the_tag():
    row = {"value": 12345.6, "unit": "mg/L", "status": 0}
    assert in_unit(row, "g/L") == (pytest.approx(12.3456), 0)
    assert in_unit({**row, "unit": "ppm"}, "g/L")[1] == Status.BadConfigurationError


def test_the_last_of_a_key_counts():
    first = {"source": "icp", "sample": "S1", "quantity": "Ni", "method": "m", "value": 1.0}
    assert current([first, {**first, "sample": "S2"}, {**first, "value": 2.0}]) == [
        {**first, "sample": "S2"},
        {**first, "value": 2.0},
    ]


@pytest.fixture
def watched(tmp_path, station, recorder, until):
    """A watched folder, and a way to look at it once until all is on disk."""
    folder = tmp_path / "results"
    folder.mkdir()
    text = f"""\
station: 1
name: bench
laboratory:
  icp: {{folder: {folder}, method: ICP-OES, timezone: Asia/Tokyo, interval: 10 ms}}
recording: {{commit: 5 ms}}
tags:
  nickel: {{source: icp, quantity: Ni, place: Laugung, unit: g/L}}
  any_cobalt: {{source: icp, quantity: Co, unit: mg/L}}
"""
    given = station(text)

    def look(seconds=0.6):
        found = recorder(given=given)
        stop = threading.Event()
        source = make(given, "icp")
        thread = threading.Thread(target=source.run, args=(found, found.resume("icp"), stop))
        thread.start()
        stop.wait(seconds)
        stop.set()
        thread.join()
        found.stop()
        return found.run.path

    look.folder = folder
    look.station = given
    return look


def test_results_get_into_the_record_once_and_corrections_beside_them(watched):
    (watched.folder / "a.csv").write_text(GERMAN, encoding="cp1252")
    run = watched()
    assert instruments.read(run, "nickel")["value"].tolist() == [pytest.approx(12.3456)]
    # The same file under another name, and touched; then a cumulative file with one value corrected.
    (watched.folder / "b.csv").write_text(GERMAN, encoding="cp1252")
    (watched.folder / "a.csv").touch()
    watched()
    assert len(instruments.results(run)) == 2
    (watched.folder / "c.csv").write_text(GERMAN.replace("12.345,6", "12.400,0"), encoding="utf-8")
    watched()
    frame = instruments.results(run)
    assert frame["written"].tolist() == ["12.345,6", "< 0,05", "12.400,0"]
    assert frame["current"].tolist() == [False, True, True]
    assert frame["file"].tolist() == ["a.csv", "a.csv", "c.csv"]
    assert instruments.read(run, "nickel")["value"].tolist() == [pytest.approx(12.4)]
    cobalt = instruments.read(run, "any_cobalt")
    assert cobalt["value"].isna().all()
    assert cobalt["text"].tolist() == ["<LOD"]
    assert cobalt["time"].iloc[0].isoformat() == "2026-11-26T05:00:00+00:00"
    assert verify(run).troubles == []


def test_a_file_that_cannot_be_read_is_told_and_read_once_it_can(watched):
    (watched.folder / "a.csv").write_text("LabNr;Was;Wert\nS1;Ni;3\n")
    run = watched()
    events = instruments.events(run, "laboratory")
    assert "E038" in events["text"].iloc[0]
    (watched.folder / "a.csv").write_text("Probe;Analyt;Wert\nS1;Ni;3\n")
    watched()
    assert instruments.results(run)["value"].tolist() == [3.0]


def test_a_file_that_is_still_being_written_waits(watched):
    path = watched.folder / "a.csv"
    stop = threading.Event()

    def grow():
        while not stop.wait(0.002):
            with path.open("a") as file:
                file.write("x" * 50)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        run = watched()
    finally:
        stop.set()
        writer.join()
    assert instruments.events(run, "laboratory").empty


def test_a_folder_that_is_not_there_is_told_and_waited_for(watched, caplog):
    watched.folder.rmdir()
    watched(0.1)
    assert "no such folder" in caplog.text


def test_check_reads_the_newest_result(watched):
    from instruments.checking import check

    lines = check(watched.station)
    assert [(line.trouble, line.note) for line in lines] == [("", "no result yet")] * 2
    (watched.folder / "a.csv").write_text(GERMAN)
    nickel, cobalt = check(watched.station)
    assert nickel.value == pytest.approx(12.3456)
    assert cobalt.trouble == "BadOutOfRange"
    (watched.folder / "a.csv").unlink()
    watched.folder.rmdir()
    assert all("E043" in line.trouble for line in check(watched.station))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_machine(end):
    assert len(parse(GERMAN.replace("\n", end).encode("cp1252"), "a.csv", settings()).rows) == 2


def test_a_point_among_decimal_commas_is_no_value_unless_somebody_says_what_it_is():
    """1.234 may be a thousand times as much."""
    text = GERMAN.replace("12.345,6", "1.234").encode("cp1252")
    parsed = parse(text, "a.csv", settings())
    assert (parsed.rows[0]["value"], parsed.rows[0]["status"]) == (None, Status.BadDecodingError)
    assert parsed.remarks == ["row 2: Ni: `1.234` is no value"]
    assert parse(text, "a.csv", settings(decimal="comma")).rows[0]["value"] == 1234.0
    assert parse(text, "a.csv", settings(decimal="point")).rows[0]["value"] == 1.234


@pytest.mark.parametrize("time", ["31.12.9999 00:00", "26.11.2926 14:00", "01.01.0001", "26.11.1926"])
def test_a_slip_of_the_pen_in_a_year_keeps_nothing_from_being_recorded(watched, time):
    """Times are whole nanoseconds; a year that does not fit once kept the segment from being sealed."""
    (watched.folder / "a.csv").write_text(GERMAN.replace("26.11.2026 14:00", time), encoding="cp1252")
    run = watched()
    (first, _) = instruments.results(run).to_dict("records")
    assert (first["time_ns"], first["status"], first["flag"]) == (0, Status.BadDecodingError, "error")
    assert list((run / "data").rglob("*.h5"))
    assert verify(run).troubles == []


@pytest.mark.parametrize("content", ["1e400", "inf", "nan"])
def test_what_is_no_number_of_this_world_is_an_error(content):
    assert read_value(content) == (None, "error")


def test_a_file_that_is_no_table_does_not_keep_the_others_out(watched):
    (watched.folder / "a.csv").write_bytes(b"\0\xff" * 500 + b'"' * 9 + b"\r\r" * 70_000)
    (watched.folder / "b.csv").write_text(GERMAN, encoding="cp1252")
    run = watched(0.8)
    assert len(instruments.results(run)) == 2
    texts = instruments.events(run, "laboratory")["text"].tolist()
    assert len(texts) == 2
    assert "a.csv cannot be read" in texts[0]
