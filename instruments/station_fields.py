"""Values of a station file: times, units, ranges, secrets, addresses of variables."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hydromet import quantity
from hydromet.dimensions import DIMENSIONS
from hydromet.errors import DeviceError, QuantityError, StationError


class Part(BaseModel):
    """Base of the parts of a station file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _duration() -> BeforeValidator:
    return BeforeValidator(partial(quantity.parse, dimension="time"), json_schema_input_type=str)


# Seconds, read from a text with its unit.
Seconds = Annotated[float, _duration(), Field(gt=0.0)]

_TRAPS = {"C": "degC", "F": "degF", "K ": "K"}
_SPAN = re.compile(r"(?P<low>\S+)\s*\.\.\s*(?P<high>\S+)(?:\s+(?P<unit>.*))?\Z")


def known_unit(text: Any) -> str:
    """A unit of measure as written, if there is such a unit; nothing stands for a plain number.

    Raises:
        StationError: E003, no such unit.
    """
    if text is None:
        return ""
    unit = str(text).strip()
    wrong = partial(StationError, "E003", read=str(text), expected="a unit of measure, such as degC, bar, g/L, mV")
    if unit in _TRAPS:
        raise wrong(write=_TRAPS[unit])
    if dimension_of(unit):
        return unit
    try:
        quantity.parse(f"1 {unit}", "number")
    except QuantityError as error:
        if error.code not in ("E203", "E207", "E208"):
            raise wrong(write="degC") from None
    return unit


def dimension_of(unit: str) -> str:
    """The first dimension that reads a unit without further ado; empty if none does."""
    if not unit:
        return "number"
    for name, kind in DIMENSIONS.items():
        try:
            quantity.parse(f"1 {unit}", name)
        except QuantityError:
            continue
        if kind.si or unit in kind.units:
            return name
    return ""


def si_unit(unit: str, dimension: str) -> bool:
    """Whether a dimension of a flowsheet reads this unit."""
    try:
        quantity.parse(f"1 {unit}".strip(), dimension)
    except QuantityError:
        return False
    return True


Unit = Annotated[str, BeforeValidator(known_unit, json_schema_input_type=str)]


class Span(Part):
    """Expected range of a value, in the unit of its tag."""

    low: float
    high: float
    unit: str = ""


def read_span(text: Any) -> Any:
    """``0..120 degC`` or ``[0, 120]`` as a range.

    Raises:
        StationError: E004.
    """
    wrong = partial(StationError, "E004", read=str(text), expected="two rising numbers", write="0..120 degC")
    if isinstance(text, dict | Span):
        return text
    if isinstance(text, list) and len(text) == 2:
        low, high, unit = text[0], text[1], ""
    else:
        match = _SPAN.match(quantity.normalise(str(text)))
        if not match:
            raise wrong()
        low, high, unit = match["low"], match["high"], match["unit"] or ""
    try:
        span = Span(low=quantity.parse(low, "number"), high=quantity.parse(high, "number"), unit=unit)
    except QuantityError:
        raise wrong() from None
    if not span.low < span.high:
        raise wrong()
    return span


Range = Annotated[Span, BeforeValidator(read_span, json_schema_input_type=str)]


class Secret(Part):
    """Where a password is found; never the password itself."""

    environment: str = Field("", description="name of an environment variable", examples=["PLC_PASSWORD"])
    keyring: str = Field("", description="service name in the keyring of the system", examples=["hydromet-plc"])

    @model_validator(mode="before")
    @classmethod
    def _no_password(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise StationError(
                "E005",
                read="a password in the file",
                expected="the name of an environment variable or of a keyring entry",
                write="password: {environment: PLC_PASSWORD}",
            )
        return data

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.environment) == bool(self.keyring):
            raise StationError(
                "E005",
                read="both" if self.environment else "neither",
                expected="`environment` or `keyring`",
                write="password: {environment: PLC_PASSWORD}",
            )
        return self

    def reveal(self, user: str) -> str:
        """The secret itself. Never log it, never store it.

        Args:
            user: user name, under which a keyring keeps it.

        Raises:
            DeviceError: E041, it is not there.
        """
        if self.environment:
            found = os.environ.get(self.environment)
            where, write = f"the environment variable {self.environment}", f"export {self.environment}=..."
        else:
            found = _from_keyring(self.keyring, user)
            where, write = f"the keyring entry {self.keyring} of {user}", f"keyring set {self.keyring} {user}"
        if not found:
            raise DeviceError("E041", read=f"nothing in {where}", expected="the password", write=write)
        return found


def _from_keyring(service: str, user: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        write = "python -m pip install 'hydromet[instruments]'"
        raise DeviceError("E040", read="keyring", expected="an installed package", write=write) from None
    try:
        return keyring.get_password(service, user)
    except KeyringError as error:
        expected = "a keyring that can be opened; a service without a session has none: use an environment variable"
        write = "password: {environment: PLC_PASSWORD}"
        raise DeviceError("E041", read=f"{type(error).__name__}: {error}", expected=expected, write=write) from None


_NODE = re.compile(r"nsu=(?P<uri>[^;]+);(?P<kind>[isgb])=(?P<id>.+)\Z", re.DOTALL)
_STANDARD = re.compile(r"(?P<kind>i)=(?P<id>\d+)\Z")
UA_NAMESPACE = "http://opcfoundation.org/UA/"


class NodeAddress(Part):
    """A variable by namespace URI and identifier; the index of a namespace changes with a restart.

    Attributes:
        uri: of the namespace.
        kind: ``i`` number, ``s`` text, ``g`` GUID, ``b`` bytes in base64.
        identifier: as text.
    """

    uri: str
    kind: str
    identifier: str

    def __str__(self) -> str:
        """The text of OPC 10000-6: ``nsu=http://plant;s=TT101``."""
        return f"nsu={self.uri};{self.kind}={self.identifier}"


def read_node(text: Any) -> Any:
    """``nsu=URI;s=NAME`` as an address.

    Raises:
        StationError: E006.
    """
    if isinstance(text, NodeAddress | dict):
        return text
    match = _NODE.match(str(text)) or _STANDARD.match(str(text))
    if match:
        kind, identifier = match["kind"], match["id"]
        uri = match.groupdict().get("uri", UA_NAMESPACE)
        if kind != "i" or identifier.isdigit():
            return NodeAddress(uri=uri, kind=kind, identifier=identifier)
    expected = "namespace URI and identifier; an index (ns=2) is another one after the server's next restart"
    raise StationError("E006", read=str(text), expected=expected, write="node: nsu=http://example.org/plant;s=TT101")


Node = Annotated[NodeAddress, BeforeValidator(read_node, json_schema_input_type=str)]
