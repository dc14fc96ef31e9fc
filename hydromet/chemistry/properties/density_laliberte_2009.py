"""Density of aqueous electrolyte solutions."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp


@dataclass(frozen=True, slots=True)
class ApparentVolume:
    """Coefficients of one salt.

    Attributes:
        molar_mass: kg/mol of the salt.
        c: c0 to c4.
        t_min, t_max: fitted range, degC. w_max: highest mass fraction fitted.
    """

    molar_mass: float
    c: tuple[float, float, float, float, float]
    t_min: float
    t_max: float
    w_max: float

    def volume(self, w: float, temperature: float) -> float:
        """Apparent molar volume of the salt, m3/mol.

        ``rho_app = (c0 w + c1) exp(1e-6 (t + c4)^2) / (w + c2 + c3 t)``, t in degC, evaluated inside the fitted range:
        outside it the expression can have a pole.

        Args:
            w: mass fraction of all solutes together.
            temperature: K.

        Source: Laliberte (2009), J. Chem. Eng. Data 54, 1725.
        """
        t = min(max(temperature - 273.15, self.t_min), self.t_max)
        w = min(w, self.w_max)
        c0, c1, c2, c3, c4 = self.c
        return self.molar_mass * (w + c2 + c3 * t) / ((c0 * w + c1) * exp(1e-6 * (t + c4) ** 2))
