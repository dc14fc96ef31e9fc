"""Viscosity of liquid water at atmospheric pressure."""

from __future__ import annotations

# Validity of the correlation, K.
COLDEST, HOTTEST = 253.15, 383.15
_TERMS = ((280.68, -1.9), (511.45, -7.7), (61.131, -19.6), (0.45903, -40.0))


def water_viscosity(temperature: float) -> float:
    """Viscosity of liquid water at 0.1 MPa, Pa s: ``1e-6 sum a (T / 300 K)^b``.

    Args:
        temperature: K, 253 to 383; outside, the value at the nearest end.

    Source: IAPWS SR6-08(2011), Properties of Liquid Water at 0.1 MPa; 1 to 2 %.

    Example:
        >>> round(1e3 * water_viscosity(293.15), 4)
        1.0016
    """
    reduced = min(max(temperature, COLDEST), HOTTEST) / 300.0
    return 1e-6 * sum(a * float(reduced**b) for a, b in _TERMS)
