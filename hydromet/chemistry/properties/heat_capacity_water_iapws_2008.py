"""Heat capacity and enthalpy of liquid water at atmospheric pressure."""

from __future__ import annotations

from hydromet.chemistry.records import T0

# Validity of the correlation, K; it has poles at 232 and 593 K.
COLDEST, HOTTEST = 253.15, 383.15
_R = 461.51805
_SCALE = 10.0
_C3 = -8.983025854
_ALPHA = ((4, -1.661470539e5), (5, 2.708781640e6), (7, -1.557191544e8))
_BETA = ((2, -8.237426256e-1), (3, 1.908956353), (4, -2.017597384), (5, 8.546361348e-1))


def water_heat_capacity(temperature: float) -> float:
    """Isobaric heat capacity of liquid water at 0.1 MPa, J/(kg K).

    ``cp / R = -c3 - tau (sum n (n + 1) a alpha^(n + 2) + sum m (m + 1) b beta^(m + 2))``, ``tau = T / 10 K``,
    ``alpha = 10 K / (593 K - T)``, ``beta = 10 K / (T - 232 K)``. Outside 253 to 383 K the value at the nearest end.

    Args:
        temperature: K.

    Source: IAPWS SR6-08(2011), Properties of Liquid Water at 0.1 MPa; 0.1 %.

    Example:
        >>> round(water_heat_capacity(298.15), 1)
        4181.4
    """
    t = min(max(temperature, COLDEST), HOTTEST)
    alpha, beta = _SCALE / (593.0 - t), _SCALE / (t - 232.0)
    series = sum(n * (n + 1) * a * alpha ** (n + 2) for n, a in _ALPHA)
    series += sum(m * (m + 1) * b * beta ** (m + 2) for m, b in _BETA)
    return -_R * (_C3 + t / _SCALE * series)


def water_heat(temperature: float) -> float:
    """Enthalpy of liquid water at 0.1 MPa less that at 298.15 K, J/kg: the integral of ``water_heat_capacity``.

    Args:
        temperature: K.

    Source: as ``water_heat_capacity``.
    """
    t = min(max(temperature, COLDEST), HOTTEST)
    beyond = (temperature - t) * water_heat_capacity(t) if t != temperature else 0.0
    return _enthalpy(t) - _AT_T0 + beyond


def _enthalpy(t: float) -> float:
    tau, alpha, beta = t / _SCALE, _SCALE / (593.0 - t), _SCALE / (t - 232.0)
    series = sum(a * (alpha**n - n * tau * alpha ** (n + 1)) for n, a in _ALPHA)
    series += sum(b * (beta**m + m * tau * beta ** (m + 1)) for m, b in _BETA)
    return _R * _SCALE * (series - _C3 * tau)


_AT_T0 = _enthalpy(T0)
