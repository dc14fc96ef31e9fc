"""What ``Chemistry.equilibrate`` and ``Chemistry.at_pH`` return."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry.liquor import Liquor
    from hydromet.chemistry.outlet import Outlet
    from hydromet.chemistry.records import Caution
    from hydromet.chemistry.slopes.derivatives import Derivatives
    from hydromet.stream import Stream


@dataclass(frozen=True)
class Equilibrium:
    """A stream brought to equilibrium.

    Attributes:
        liquor: the dissolved part.
        dose: multiple of the titrant template that was added; 0 without titrant.
        rescued: True if the first attempt of the solver failed and the bracketed one was needed.
        outlet: what ``stream``, ``extents`` and ``amounts`` are made from.
    """

    liquor: Liquor
    outlet: Outlet = field(repr=False)
    dose: float = 0.0
    rescued: bool = False

    @property
    def stream(self) -> Stream:
        """Inlets plus extents times coefficients; canonical, with what precipitated and the gas that left."""
        return self._made[0]

    @property
    def extents(self) -> Mapping[str, float]:
        """Equation -> mol/s. Phases are written as dissolution, so what precipitates has a negative extent."""
        return self._made[1]

    @cached_property
    def amounts(self) -> Mapping[str, float]:
        """Solids and gases that were allowed to form -> mol/s there are at equilibrium."""
        return self.outlet.amounts

    @cached_property
    def _made(self) -> tuple[Stream, Mapping[str, float]]:
        return self.outlet.made()

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
