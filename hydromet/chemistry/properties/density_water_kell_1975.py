"""Density of pure water at atmospheric pressure."""

from __future__ import annotations


def water_density(temperature: float) -> float:
    """Density of liquid water at 1 atm, kg/m3.

    Args:
        temperature: K, 273 to 423.

    Source: Kell (1975), J. Chem. Eng. Data 20, 97.

    Example:
        >>> round(water_density(298.15), 2)
        997.05
    """
    t = temperature - 273.15
    polynomial = 999.83952 + t * (
        16.945176 + t * (-7.9870401e-3 + t * (-46.170461e-6 + t * (105.56302e-9 - t * 280.54253e-12)))
    )
    return polynomial / (1.0 + 16.879850e-3 * t)
