"""Heat capacity of aqueous electrolyte solutions, as apparent molar heat capacities of the salts."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

from hydromet.chemistry.records import T0

ZERO_C = 273.15
# Below this mass fraction of solutes the term in w^a6 is held: with a negative exponent it grows without bound there.
_DILUTE = 0.005
# Gauss-Legendre: six nodes integrate the smooth exponential over 100 K to better than 1e-8 of the heat.
_NODES = tuple(zip(*(values.tolist() for values in np.polynomial.legendre.leggauss(6)), strict=True))


@dataclass(frozen=True, slots=True)
class ApparentHeatCapacity:
    """Coefficients of one salt.

    ``cp = a1 exp(a2 t + a3 exp(0.01 t) + a4 w) + a5 w^a6`` in kJ/(kg K), t in degC, w the mass fraction of all solutes
    together; times the molar mass it is the apparent molar heat capacity. Evaluated inside the fitted range: outside
    it, the value at the nearest end is held.

    Attributes:
        molar_mass: kg/mol of the salt.
        a: a1 to a6.
        t_min, t_max: fitted range, degC. w_max: highest mass fraction fitted.

    Source: Laliberte (2009), J. Chem. Eng. Data 54, 1725.
    """

    molar_mass: float
    a: tuple[float, float, float, float, float, float]
    t_min: float
    t_max: float
    w_max: float

    def factors(self, w: float) -> tuple[float, float]:
        """What depends on composition only: factor of the exponential in t, and the constant, J/(mol K)."""
        inside = min(w, self.w_max)
        a1, _, _, a4, a5, a6 = self.a
        scale = 1e3 * self.molar_mass
        return scale * a1 * exp(a4 * inside), scale * a5 * max(inside, _DILUTE) ** a6

    def capacity(self, factors: tuple[float, float], temperature: float) -> float:
        """Apparent molar heat capacity, J/(mol K), at a temperature in K."""
        return factors[0] * self._rising(self._inside(temperature - ZERO_C)) + factors[1]

    def heat(self, factors: tuple[float, float], temperature: float) -> float:
        """Its integral from 298.15 K to the temperature, J/mol."""
        start, end = T0 - ZERO_C, temperature - ZERO_C
        low, high = self._inside(start), self._inside(end)
        half, middle = 0.5 * (high - low), 0.5 * (high + low)
        total = half * sum(weight * self._rising(middle + half * node) for node, weight in _NODES) if half else 0.0
        # Outside the fitted range the integrand is constant.
        if low != start:
            total += (low - start) * self._rising(low)
        if high != end:
            total += (end - high) * self._rising(high)
        return factors[0] * total + factors[1] * (end - start)

    def _inside(self, t: float) -> float:
        return min(max(t, self.t_min), self.t_max)

    def _rising(self, t: float) -> float:
        return exp(self.a[1] * t + self.a[2] * exp(0.01 * t))
