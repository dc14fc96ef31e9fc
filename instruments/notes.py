"""``log note``: what an operator has to say, and results read off a burette."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hydromet.errors import DeviceError, StationError
from hydromet.source import load_text
from instruments.base import now_ns
from instruments.folder import RunFolder, locked
from instruments.inbox import hand_in
from instruments.laboratory_file import read_time, read_value
from instruments.laboratory_results import FLAGS, in_unit
from instruments.station_fields import known_unit

if TYPE_CHECKING:
    from pathlib import Path

_VALUE = re.compile(r"(?P<value>[<>]?\s*[-+0-9.,eE]+|<\s*LOD|OVR)\s*(?P<unit>.*)\Z", re.IGNORECASE)


def hand_in_note(run: str | Path, text: str, author: str = "", result: dict[str, str] | None = None) -> bool:
    """Hand in a note; it is on disk when this returns.

    Args:
        run: folder of the run.
        text: what happened.
        author: who says so.
        result: of the laboratory: sample, quantity, value, and perhaps time, place, method.

    Returns:
        True if it is in the record, False if a running logger will book it.

    Raises:
        StationError: E030 no run, E039 an empty note, E037 half a result, E035 no time, E003 no unit, or none that
            can be turned into that of the tag, E032 no room to write it.
    """
    folder = RunFolder(run)
    folder.identity()
    if not text.strip() and not result:
        write = 'hydromet log note RUN "pump P3 changed" --author Sato'
        raise StationError("E039", read="a note without a word", expected="what happened", write=write)
    row = _row(folder, result) if result else None
    hand_in(folder, text, author=author, result=row)
    if locked(folder):
        return False
    from instruments.pieces import read_pieces
    from instruments.recorder import Recorder
    from instruments.station import check

    headers = [piece.header for piece in read_pieces(folder.pieces()) if piece.header]
    if not headers:
        return False
    station = check(load_text(headers[-1].text["station"], "station.yaml of the record"))
    try:
        recorder = Recorder(run, station)
    except DeviceError:  # a logger started in between: it books the note
        return False
    recorder.start()
    return not recorder.stop("a note was booked")


def _row(folder: RunFolder, given: dict[str, str]) -> dict[str, Any]:
    write = '--sample S-17 --quantity Ni --value "12.3 g/L"'
    missing = [name for name in ("sample", "quantity", "value") if not given.get(name)]
    if missing:
        raise StationError("E037", read=f"no {' and no '.join(missing)}", expected="all three of a result", write=write)
    match = _VALUE.match(given["value"].strip())
    if not match:
        raise StationError("E037", read=given["value"], expected="a number with its unit", write=write)
    value, flag = read_value(match["value"], comma="," in match["value"])
    if flag == "error":
        raise StationError("E037", read=given["value"], expected="a number with its unit", write=write)
    now = now_ns()
    row = {
        "sample": given["sample"], "time_ns": read_time(given["time"]) if given.get("time") else now,
        "place": given.get("place", ""), "quantity": given["quantity"], "value": value,
        "unit": known_unit(match["unit"]), "flag": flag, "written": given["value"], "method": given.get("method", ""),
        "remark": "", "status": int(FLAGS[flag]), "file": "", "sha256": "", "received_ns": now,
    }  # fmt: skip
    tag = _tag(folder, row)
    own = str(tag.get("unit", ""))
    if own and value is not None and in_unit({**row, "status": 0}, own)[1]:
        expected = f"a unit that {own} of the tag {tag['name']} can be given in"
        raise StationError("E003", read=f"unit: {row['unit'] or '(none)'}", expected=expected, write=f"{value:g} {own}")
    return {**row, "tag": tag.get("name", ""), "source": tag.get("source", "note")}


def _tag(folder: RunFolder, row: dict[str, Any]) -> dict[str, Any]:
    """The laboratory tag of the same quantity, and place if it has one."""
    from instruments.store.record import open_record

    found: dict[str, Any] = {}
    for tag in open_record(folder.path).tags():
        if str(tag.get("address", "")).casefold() == row["quantity"].casefold():
            if tag.get("place") and tag["place"].casefold() == row["place"].casefold():
                return tag
            found = found if tag.get("place") else tag
    return found
