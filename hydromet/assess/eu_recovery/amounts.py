"""Figures as arrays: one value a case of the uncertainty, the stated value first.

Every figure of a file is a quantity with a name, a nominal value and a standard deviation. ``Values`` hands out an
array over the cases for each, so that one pass of the arithmetic gives the rates, their derivatives and distribution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydromet.assess.eu_recovery.lots import Lot


def nominal_dry(lot: Lot) -> float:
    """Dry mass of a lot as stated, kg: (mass - packaging) x (1 - moisture)."""
    packaging = lot.packaging.value if lot.packaging else 0.0
    return (lot.mass.value - packaging) * (1.0 - (lot.moisture.value if lot.moisture else 0.0))
