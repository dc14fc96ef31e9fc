"""The one vocabulary of quality: OPC-UA status codes, for every source.

A VISA time-out is ``BadTimeout``, a balance out of range ``BadOutOfRange``, a line that cannot be read
``BadDecodingError``, a pulled plug ``BadNoCommunication``, a balance that is not at rest
``UncertainSensorNotAccurate``. The codes are those of OPC 10000-6, Annex A.2 (StatusCode.csv); the upper 16 bits are
the code, of which the first two say good, uncertain or bad, the lower 16 bits are information.
"""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Codes that sources of this package give themselves; a server may send any other."""

    Good = 0x00000000
    GoodClamped = 0x00300000
    GoodLocalOverride = 0x00960000
    GoodNoData = 0x00A50000
    Uncertain = 0x40000000
    UncertainNoCommunicationLastUsableValue = 0x408F0000
    UncertainLastUsableValue = 0x40900000
    UncertainSubstituteValue = 0x40910000
    UncertainInitialValue = 0x40920000
    UncertainSensorNotAccurate = 0x40930000
    UncertainEngineeringUnitsExceeded = 0x40940000
    UncertainSubNormal = 0x40950000
    Bad = 0x80000000
    BadUnexpectedError = 0x80010000
    BadInternalError = 0x80020000
    BadCommunicationError = 0x80050000
    BadEncodingError = 0x80060000
    BadDecodingError = 0x80070000
    BadTimeout = 0x800A0000
    BadShutdown = 0x800C0000
    BadServerNotConnected = 0x800D0000
    BadUserAccessDenied = 0x801F0000
    BadNoCommunication = 0x80310000
    BadWaitingForInitialData = 0x80320000
    BadNodeIdInvalid = 0x80330000
    BadNodeIdUnknown = 0x80340000
    BadAttributeIdInvalid = 0x80350000
    BadNotReadable = 0x803A0000
    BadOutOfRange = 0x803C0000
    BadNotSupported = 0x803D0000
    BadNotFound = 0x803E0000
    BadTypeMismatch = 0x80740000
    BadConfigurationError = 0x80890000
    BadNotConnected = 0x808A0000
    BadDeviceFailure = 0x808B0000
    BadSensorFailure = 0x808C0000
    BadOutOfService = 0x808D0000
    BadNoData = 0x809B0000
    BadDataLost = 0x809D0000
    BadDataUnavailable = 0x809E0000


_CODE = 0xFFFF0000
_SEVERITY = 0xC0000000
_INFO_TYPE, _INFO_DATA_VALUE = 0x0C00, 0x0400
_OVERFLOW = 0x0080


def good(status: int) -> bool:
    """Whether a value may be used as it is."""
    return not status & _SEVERITY


def bad(status: int) -> bool:
    """Whether a value must not be used: it is stored as NaN."""
    return bool(status & Status.Bad)


def severity(status: int) -> str:
    """``good``, ``uncertain`` or ``bad``."""
    return "bad" if bad(status) else "good" if good(status) else "uncertain"


def overflow(status: int) -> bool:
    """Whether the server says that its queue ran over before this value: values are missing."""
    return status & _INFO_TYPE == _INFO_DATA_VALUE and bool(status & _OVERFLOW)


def name(status: int) -> str:
    """Name of a code such as ``BadTimeout``; hexadecimal where this table has none."""
    try:
        return Status(status & _CODE).name
    except ValueError:
        return f"0x{status & _CODE:08X}"
