"""What ``Chemistry.equilibrate`` and ``Chemistry.at_pH`` return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry.derivatives import Derivatives
    from hydromet.chemistry.liquor import Liquor
    from hydromet.chemistry.records import Caution
    from hydromet.stream import Stream


@dataclass(frozen=True)
class Equilibrium:
    """A stream brought to equilibrium.

    Attributes:
        stream: inlets plus extents times coefficients; canonical, with what precipitated and the gas that left.
        extents: equation -> mol/s. Phases are written as dissolution, so what precipitates has a negative extent.
        dose: multiple of the titrant template that was added; 0 without titrant.
        liquor: the dissolved part.
        rescued: True if the first attempt of the solver failed and the bracketed one was needed.
    """

    stream: Stream
    extents: Mapping[str, float]
    dose: float
    liquor: Liquor
    rescued: bool = False

    @property
    def pH(self) -> float:
        """Of the liquor."""
        return self.liquor.pH

    @property
    def saturation(self) -> Mapping[str, float]:
        """Saturation index of every known solid, allowed or not."""
        return self.liquor.saturation

    @property
    def derivatives(self) -> Derivatives:
        """Exact derivatives of everything here with totals, pH, constants, parameters and temperature."""
        return self.liquor.derivatives

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """Use of data outside their validity."""
        return self.liquor.cautions
