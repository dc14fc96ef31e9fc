"""``station.yaml``: what is measured, where, how often, and what it stands for in the flowsheet."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, Field, model_validator

from hydromet.errors import Place, StationError, UserError, UserErrors, raise_all
from hydromet.source import load, nearest
from hydromet.validation import validate
from instruments.station_fields import Node, Part, Range, Seconds, Secret, Unit, dimension_of, si_unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hydromet.source import Document, Key

FORMAT, NEWEST = "station", 1
Policy = Literal["None", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"]


class Endpoint(Part):
    """An OPC-UA server."""

    endpoint: str = Field(description="address", pattern=r"^opc\.tcp://", examples=["opc.tcp://127.0.0.1:4840"])
    security: Policy = Field(
        default="Basic256Sha256", description="security policy; None only on a bench", examples=["Basic256Sha256"]
    )
    mode: Literal["Sign", "SignAndEncrypt"] = Field(default="SignAndEncrypt", description="what the policy does")
    user: str = Field("", description="user name; without one the logger is anonymous", examples=["logger"])
    password: Secret | None = Field(
        default=None, description="where the password is", examples=["{environment: PLC_PASSWORD}"]
    )
    publish: Seconds = Field(default=0.5, description="publishing interval", examples=["500 ms"])
    outage: Seconds = Field(default=60.0, description="outage that the queues shall bridge", examples=["60 s"])
    batch: int = Field(default=3000, ge=1, description="most tags of one connection", examples=[3000])
    trust: str = Field("", description="folder of trusted server certificates; `pki/trusted` beside the file")

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.security == "None" and (self.password or self.user):
            raise StationError(
                "E007",
                read="security: None together with a user",
                expected="a policy that encrypts, or an anonymous logger: the password would go in clear text",
                write="security: Basic256Sha256",
            )
        if bool(self.user) != bool(self.password):
            raise StationError(
                "E008",
                read=f"`{'user' if self.user else 'password'}` alone",
                expected="user and password",
                write="user: logger\npassword: {environment: PLC_PASSWORD}",
            )
        return self


class Instrument(Part):
    """A VISA instrument: socket, HiSLIP, serial line, GPIB or USB."""

    resource: str = Field(description="VISA resource name", examples=["TCPIP::192.168.1.20::5025::SOCKET"])
    driver: str = Field(description="name of the driver", examples=["mt_sics"])
    read_termination: str | None = Field(
        default=None, description="end of a reply; the driver's by default", examples=['"\\r\\n"']
    )
    write_termination: str | None = Field(
        default=None, description="end of a command; the driver's by default", examples=['"\\r\\n"']
    )
    timeout: Seconds = Field(default=2.0, description="longest wait for a reply", examples=["2 s"])
    interval: Seconds = Field(default=1.0, description="time between readings", examples=["1 s"])
    baud_rate: int | None = Field(default=None, ge=50, description="of a serial line", examples=[9600])
    data_bits: Literal[7, 8] | None = Field(default=None, description="of a serial line", examples=[8])
    parity: Literal["none", "even", "odd"] | None = Field(default=None, description="of a serial line")
    stop_bits: Literal[1, 2] | None = Field(default=None, description="of a serial line", examples=[1])
    options: dict[str, Any] = Field(default={}, description="what the driver wants to know")

    @model_validator(mode="after")
    def _socket_has_no_end(self) -> Self:
        if self.read_termination == "" and self.resource.upper().endswith("::SOCKET"):
            raise StationError(
                "E009",
                read="a SOCKET without `read_termination`",
                expected="the end of a reply: without it every reading times out",
                write='read_termination: "\\n"',
            )
        return self


class Laboratory(Part):
    """A folder into which the laboratory drops its results."""

    folder: str = Field(description="watched folder", examples=["/srv/lab/icp"])
    pattern: str = Field(default="*.csv", description="names of the files", examples=["*.csv"])
    encoding: Literal["auto", "utf-8", "utf-16", "cp932", "cp1252"] = Field(
        default="auto", description="UTF-8 with or without mark, UTF-16, then cp932 or cp1252"
    )
    separator: Literal["auto", ",", ";", "tab"] = Field(default="auto", description="between columns")
    decimal: Literal["auto", "point", "comma"] = Field(default="auto", description="decimal sign")
    columns: dict[Literal["sample", "time", "place", "quantity", "value", "unit", "method", "remark"], str] = Field(
        default={}, description="meaning -> heading in the file", examples=["{sample: Probe, time: Datum}"]
    )
    layout: Literal["long", "wide"] = Field(
        default="long", description="one result a row, or a column for each element"
    )
    unit: Unit = Field(default="", description="unit where the file states none", examples=["mg/L"])
    units: dict[str, Unit] = Field(
        default={}, description="what the laboratory writes -> unit", examples=["{ppm: mg/L}"]
    )
    time_format: str = Field("", description="how times are written; ISO by default", examples=["%d.%m.%Y %H:%M"])
    timezone: Annotated[str, BeforeValidator(lambda text: _zone(text))] = Field(  # noqa: PLW0108  # defined below
        default="UTC", description="of times without one", examples=["Asia/Tokyo"]
    )
    method: str = Field("", description="where the file states none", examples=["ICP-OES"])
    interval: Seconds = Field(default=5.0, description="how often the folder is looked at", examples=["5 s"])


class Deadband(Part):
    """Leave out values that hardly differ from the last one kept; the last before a change is kept as well."""

    change: float = Field(gt=0.0, description="in the unit of the tag, below its uncertainty", examples=[0.05])
    at_least_every: Seconds = Field(description="a value is kept after this time anyway", examples=["60 s"])


class Calibration(Part):
    """The last calibration of an instrument."""

    certificate: str = Field(min_length=1, description="number of the certificate", examples=["K-2026-117"])
    date: Annotated[dt.date, BeforeValidator(lambda text: _day(text))] = Field(  # noqa: PLW0108  # defined below
        description="day of the calibration", examples=["2026-09-01"]
    )
    due: Annotated[dt.date, BeforeValidator(lambda text: _day(text))] | None = Field(  # noqa: PLW0108
        default=None, description="day by which the next is due", examples=["2027-09-01"]
    )
    slope: float | None = Field(default=None, description="of an electrode, in % of ideal", examples=[98.2])
    zero: float | None = Field(default=None, description="offset, in the unit of the tag", examples=[0.02])
    standard_uncertainty: float | None = Field(default=None, gt=0.0, description="in the unit of the tag")

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.due and self.due < self.date:
            write = f"due: {self.date + dt.timedelta(days=365)}"
            raise StationError("E010", read=f"due {self.due}", expected=f"a day after {self.date}", write=write)
        return self


class FlowsheetLink(Part):
    """What a tag measures in the flowsheet."""

    stream: str = Field(description="stream or unit of the flowsheet", examples=["leach.liquor"])
    quantity: str = Field(description="what of it", examples=["temperature", "pH", "volume flow", "Ni"])


class TagSpec(Part):
    """One measured value."""

    source: str = Field(description="name of an endpoint, instrument or laboratory", examples=["plc"])
    node: Node | None = Field(
        default=None, description="OPC-UA variable", examples=["nsu=http://example.org/plant;s=TT101"]
    )
    path: tuple[str, ...] = Field(
        default=(), description="OPC-UA browse path below Objects", examples=["[plant:Area1, plant:TT101]"]
    )
    channel: str = Field("", description="which value of an instrument", examples=["weight"])
    quantity: str = Field("", description="which quantity of a laboratory", examples=["Ni"])
    place: str = Field("", description="where samples are taken", examples=["leach outlet"])
    unit: Unit = Field(description="unit of measure; empty for a plain number", examples=["degC"])
    range: Range | None = Field(default=None, description="expected range", examples=["0..120 degC"])
    sampling: Seconds | None = Field(default=None, description="sampling interval; 1 s", examples=["200 ms"])
    queue: int | None = Field(default=None, ge=2, description="queue in the server; from `outage`", examples=[600])
    deadband: Deadband | None = Field(default=None, description="leave out what hardly changed")
    calibration: Calibration | None = Field(default=None, description="last calibration")
    link: FlowsheetLink | None = Field(default=None, description="stream and quantity of the flowsheet")
    title: str | dict[str, str] = Field("", description="what the operators call it", examples=["{ja: 浸出}"])

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.range and self.range.unit and self.range.unit != self.unit:
            write = f"range: {self.range.low:g}..{self.range.high:g} {self.unit}"
            raise StationError("E011", read=f"a range in {self.range.unit}", expected=f"in {self.unit}", write=write)
        wanted = self.link.quantity if self.link else ""
        from hydromet.dimensions import DIMENSIONS

        if wanted in DIMENSIONS and not si_unit(self.unit, wanted):
            example = DIMENSIONS[wanted].example.partition(" ")[2]
            read = f"{self.unit or 'no unit'} ({dimension_of(self.unit) or 'another quantity'})"
            raise StationError("E012", read=read, expected=f"a unit of {wanted}", write=f"unit: {example}")
        return self


class Recording(Part):
    """How the record is kept."""

    commit: Seconds = Field(default=0.5, description="longest time until data are on disk", examples=["0.5 s"])
    buffer: int = Field(default=200_000, ge=1000, description="values held in memory at most", examples=[200000])
    segment_mb: float = Field(default=64.0, gt=0.0, le=1024.0, description="log that is sealed before the hour is over")
    warn_free: float = Field(default=0.10, ge=0.0, le=1.0, description="share of the disk: warn below", examples=[0.1])
    stop_free: float = Field(default=0.02, ge=0.0, le=1.0, description="share of the disk: log alone below")
    skew: Seconds = Field(default=2.0, description="difference of clocks that is told", examples=["2 s"])


class StationFile(Part):
    """The whole file."""

    station: int = Field(description="format version", examples=[NEWEST])
    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", description="of the plant", examples=["pilot_1"])
    title: str | dict[str, str] = Field("", description="what it is", examples=["{en: Pilot plant, ja: パイロット}"])
    namespaces: dict[str, str] = Field(
        default={},
        description="short name -> namespace URI, for browse paths",
        examples=["{plant: http://x.org/plant}"],
    )
    opcua: dict[str, Endpoint] = Field(default={}, description="OPC-UA servers")
    visa: dict[str, Instrument] = Field(default={}, description="VISA instruments")
    laboratory: dict[str, Laboratory] = Field(default={}, description="laboratories")
    tags: dict[str, TagSpec] = Field(
        description="what is measured; at least one", json_schema_extra={"minProperties": 1}
    )
    recording: Recording = Field(default=Recording(), description="how the record is kept")


@dataclass(frozen=True)
class Station:
    """A checked station file.

    Attributes:
        file: its content.
        text: as written, kept in the record (it holds no secret).
        path: where it was read.
    """

    file: StationFile
    text: str
    path: str

    @cached_property
    def sha256(self) -> str:
        """Hash of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of all sources that have a tag, in the order of the file; laboratories in any case."""
        used = {tag.source for tag in self.file.tags.values()}
        return tuple(name for name, kind in self._kinds.items() if name in used or kind == "laboratory")

    def kind(self, source: str) -> str:
        """Section a source stands in: ``opcua``, ``visa`` or ``laboratory``."""
        return self._kinds[source]

    def tags(self, source: str) -> dict[str, TagSpec]:
        """The tags of a source, by name."""
        return {name: tag for name, tag in self.file.tags.items() if tag.source == source}

    @cached_property
    def _kinds(self) -> dict[str, str]:
        return {name: kind for kind in ("opcua", "visa", "laboratory") for name in getattr(self.file, kind)}


def read(path: str | Path) -> Station:
    """Read and check a station file.

    Raises:
        UserError, UserErrors: everything that is wrong with it, each at its line.
    """
    return check(load(path))


def check(document: Document) -> Station:
    """A station from a document; see ``read``."""
    document.version(FORMAT, NEWEST)
    try:
        file = validate(document, StationFile)
    except (UserError, UserErrors) as error:
        raise _without_password(error) from None
    raise_all(_problems(file, document))
    return Station(file, "\n".join(document.lines) + "\n", document.name)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    return StationFile.model_json_schema()


def _problems(file: StationFile, document: Document) -> Iterator[UserError]:
    sections: dict[str, str] = {}
    for kind in ("opcua", "visa", "laboratory"):
        for name in getattr(file, kind):
            if name in sections:
                place = document.place((kind, name), key=True)
                also = document.place((sections[name], name), key=True)
                yield _error("E013", place, f"`{name}` a second time", "a name of its own", f"{name}_2:", also)
            sections[name] = kind
    if not file.tags:
        write = 'tags: {leach_pH: {source: plc, node: nsu=http://example.org/plant;s=AT102, unit: ""}}'
        yield _error("E019", document.place(("tags",)), "no tag", "at least one value to record", write)
    addresses: dict[tuple[Any, ...], str] = {}
    for name, tag in file.tags.items():
        here: Key = ("tags", name)
        if tag.source not in sections:
            near = nearest(tag.source, sections) or tuple(sections) or ("plc",)
            expected = " or ".join(near) if sections else "a source under `opcua:`, `visa:` or `laboratory:`"
            yield _error("E014", document.place((*here, "source")), tag.source, expected, f"source: {near[0]}")
            continue
        yield from _address(name, tag, sections[tag.source], file, document)
        found = (tag.source, tag.node, tag.path, tag.channel, tag.quantity, tag.place)
        if found in addresses:
            also = document.place(("tags", addresses[found]), key=True)
            place = document.place(here, key=True)
            yield _error("E015", place, f"`{name}`, the same as `{addresses[found]}`", "each value once", "", also)
        addresses[found] = name


_ADDRESS = {
    "opcua": (("node", "path"), "node: nsu=http://example.org/plant;s=TT101"),
    "visa": (("channel",), "channel: weight"),
    "laboratory": (("quantity",), "quantity: Ni"),
}


def _address(name: str, tag: TagSpec, kind: str, file: StationFile, document: Document) -> Iterator[UserError]:
    """Mistakes in how a tag says which value of its source it is."""
    here: Key = ("tags", name)
    fields, write = _ADDRESS[kind]
    given = [field for other, _ in _ADDRESS.values() for field in other if getattr(tag, field)]
    if len(given) != 1 or given[0] not in fields:
        read = " and ".join(f"`{field}`" for field in given) or "none"
        expected = f"{' or '.join(f'`{field}`' for field in fields)}, since `{tag.source}` stands under `{kind}:`"
        yield _error("E016", document.place(here, key=True), read, expected, write)
    for number, step in enumerate(tag.path):
        prefix, colon, _ = step.partition(":")
        if colon and prefix not in file.namespaces and not prefix.startswith("{"):
            near = nearest(prefix, file.namespaces)
            expected = " or ".join(near) if near else "a short name under `namespaces:`"
            place = document.place((*here, "path", number))
            write = "namespaces: {%s: http://example.org/plant}" % prefix  # noqa: UP031  # braces
            yield _error("E017", place, step, expected, write)


def _error(code: str, place: Place, read: str, expected: str, write: str, also: Place | None = None) -> StationError:
    return StationError(code, read=read, expected=expected, write=write, place=place, also=also)


def _without_password(error: UserError | UserErrors) -> UserError | UserErrors:
    """The same mistakes; the line of a password that somebody wrote into the file is not shown."""
    for one in error.errors if isinstance(error, UserErrors) else (error,):
        if one.code == "E005" and one.place:
            one.place = replace(one.place, text="", before="")
    return error


def _zone(text: Any) -> Any:
    try:
        return ZoneInfo(str(text)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = nearest(str(text), available_timezones()) or ("Asia/Tokyo",)
        expected = "a name of the time zone database, such as Asia/Tokyo, Europe/Berlin or UTC"
        raise StationError("E018", read=str(text), expected=expected, write=near[0]) from None


def _day(text: Any) -> Any:
    if isinstance(text, dt.date):
        return text
    try:
        return dt.date.fromisoformat(str(text))
    except ValueError:
        raise StationError("E010", read=str(text), expected="year-month-day", write="2026-09-01") from None
