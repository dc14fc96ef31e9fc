"""Figures as the platforms want them: decimal strings, five decimals rounded up, moments, ids from content."""

from __future__ import annotations

import json
from decimal import ROUND_CEILING, Decimal
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

# A float carries 15 decimal digits for certain; what it shows beyond is its binary form and no figure.
CERTAIN = 15
_FIVE = Decimal("0.00001")
# Ids of the parts of a model are made of this name and what they are.
NAMESPACE = uuid5(NAMESPACE_URL, "urn:hydromet:export:1")


def exact(value: float) -> Decimal:
    """A figure in decimal, at the 15 digits a float is sure of: 0.1 + 0.2 is 0.3."""
    return Decimal(f"{value:.{CERTAIN}g}")


def text(value: float) -> str:
    """A decimal string without exponent: ``1e-07`` becomes ``0.0000001``."""
    found = f"{exact(value):f}"
    found = found.rstrip("0").rstrip(".") if "." in found else found
    return "0" if found in ("-0", "") else found


def five_up(value: float) -> float:
    """Five decimals, anything beyond them rounded up (towards plus infinity), in decimal arithmetic.

    1.000005 becomes 1.00001 and 1.00000000001 becomes 1.00001, but 0.1 + 0.2 stays 0.3: binary noise is no sixth digit.
    """
    return float(exact(value).quantize(_FIVE, rounding=ROUND_CEILING)) + 0.0


def identity(*parts: Any) -> str:
    """A UUID (version 5) of plain data: the same content has the same id on every machine, at any time."""
    said = json.dumps(parts, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return str(uuid5(NAMESPACE, said))


def footprint_id(*parts: Any) -> str:
    """The same as a UUID of version 4, which Catena-X asks for: its bits are those of SHA-256 of the content."""
    said = json.dumps(parts, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return str(UUID(bytes=sha256(said.encode()).digest()[:16], version=4))


def dumps(data: Any) -> bytes:
    """Plain data as the bytes of a JSON file."""
    return (json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
