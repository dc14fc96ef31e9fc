"""Dividing a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.units.base import Inlets, Port, Unit, UnitResult
from hydromet.units.fields import Fraction

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

# Shares that add up to one within this need no rest.
_WHOLE = 1e-12


class Split(Unit):
    """A stream divided into declared shares of the same composition: a bleed, a branch to two lines.

    Assumptions:
        1. All outlets have the composition, temperature and pressure of the feed, solids and organic included.

    Ports: in ``feed``; out one port for every name in ``shares``, and ``rest`` unless the shares add up to one.

    Equations: n_out,k = s_k n_in; the rest takes 1 - sum s_k.

    Validity: any stream. A split that tells species apart is the unit ``separate``.

    Sources: definition.
    """

    model: Literal["split"] = "split"
    shares: dict[str, Fraction] = Field(description="outlet name -> share of the feed", min_length=1)

    inlets: ClassVar = (Port("feed", "stream to divide"),)
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"shares": {"bleed": 0.05, "branch": 0.25}},
        "inlets": {
            "feed": {"flows": {"H2O": 50.0, "Na+": 2.0, "SO4-2": 1.0, "CaSO4:2H2O(s)": 0.1}, "temperature": 320.0},
        },
    }

    @model_validator(mode="after")
    def _possible(self) -> Self:
        total = sum(self.shares.values())
        if total > 1.0 + _WHOLE:
            raise UnitError("E802", read=f"shares that add up to {total:.6g}", expected="at most 1")
        if "rest" in self.shares:
            raise UnitError("E803", read="a share named rest", expected="no share for rest: it takes what is left")
        return self

    def outlet_ports(self) -> tuple[Port, ...]:
        """One port a share, and the rest."""
        named = tuple(Port(name, f"{share:.6g} of the feed") for name, share in self.shares.items())
        return named if self._left() == 0.0 else (*named, Port("rest", "what is left"))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:  # noqa: ARG002  # division needs no chemistry
        """The feed times each share."""
        left = self._left()
        whole = sum(self.shares.values()) + left  # one, to round-off
        shares = {name: share / whole for name, share in self.shares.items()}
        if left:
            shares["rest"] = left / whole
        return UnitResult({name: inlets["feed"].scaled(share) for name, share in shares.items()})

    def _left(self) -> float:
        left = 1.0 - sum(self.shares.values())
        return left if left > _WHOLE else 0.0
