"""Vapour pressure of pure water."""

from __future__ import annotations

from math import exp

T_CRITICAL = 647.096
P_CRITICAL = 22.064e6


def vapour_pressure(temperature: float) -> float:
    """Vapour pressure of pure water, Pa.

    ``ln(p / pc) = (Tc / T) (a1 t + a2 t^1.5 + a3 t^3 + a4 t^3.5 + a5 t^4 + a6 t^7.5)``, ``t = 1 - T / Tc``.

    Args:
        temperature: K, 273.16 to 647.

    Source: Wagner and Pruss (1993), J. Phys. Chem. Ref. Data 22, 783; 0.02 %.

    Example:
        >>> round(vapour_pressure(373.124) / 101325, 4)
        1.0
    """
    t = 1.0 - temperature / T_CRITICAL
    series = (
        -7.85951783 * t
        + 1.84408259 * t**1.5
        - 11.7866497 * t**3
        + 22.6807411 * t**3.5
        - 15.9618719 * t**4
        + 1.80122502 * t**7.5
    )
    return P_CRITICAL * exp(T_CRITICAL / temperature * series)


def boiling_temperature(pressure: float, water_activity: float = 1.0) -> float:
    """Temperature at which water of the given activity boils, K.

    Args:
        pressure: Pa.
        water_activity: taken as constant between here and the boiling point.
    """
    temperature = 373.0
    for _ in range(50):
        value = vapour_pressure(temperature) * water_activity
        slope = (vapour_pressure(temperature + 0.01) * water_activity - value) / 0.01
        step = (pressure - value) / slope
        temperature += max(-40.0, min(40.0, step))
        if abs(step) < 1e-9:
            break
    return temperature
