"""Viscosity of aqueous electrolyte solutions."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log


@dataclass(frozen=True, slots=True)
class SoluteViscosity:
    """Coefficients of one salt.

    Attributes:
        molar_mass: kg/mol of the salt.
        v: v1 to v6.
        t_min, t_max: fitted range, degC. w_max: highest mass fraction fitted.
    """

    molar_mass: float
    v: tuple[float, float, float, float, float, float]
    t_min: float
    t_max: float
    w_max: float

    def logarithm(self, w: float, temperature: float) -> float:
        """Natural logarithm of the viscosity of the solute in mPa s.

        ``mu_i = exp((v1 w^v2 + v3) / (v4 t + 1)) / (v5 w^v6 + 1)``, t in degC, and of the solution
        ``ln mu = w_water ln mu_water + sum w_i ln mu_i``. The mass fraction is held at the fitted end, beyond which the
        powers run away; in t the expression is monotone and is extrapolated.

        Args:
            w: mass fraction of all solutes together.
            temperature: K.

        Source: Laliberte (2007), J. Chem. Eng. Data 52, 321; coefficients of Laliberte (2009), 54, 1725.
        """
        t = temperature - 273.15
        w = min(max(w, 1e-6), self.w_max)
        v1, v2, v3, v4, v5, v6 = self.v
        return (v1 * float(w**v2) + v3) / (v4 * t + 1.0) - log(v5 * float(w**v6) + 1.0)

    def viscosity(self, w: float, temperature: float) -> float:
        """Viscosity of the solute, mPa s."""
        return exp(self.logarithm(w, temperature))
