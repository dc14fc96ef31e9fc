"""What a unit operation is: frozen, typed parameters and one pure ``solve``."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

Inlets = Mapping[str, "Stream"]


@dataclass(frozen=True)
class Port:
    """An inlet or outlet of a unit.

    Attributes:
        name: as written in the flowsheet file.
        what: one line for the documentation.
        required: an inlet that must be connected.
        drawn: the unit itself decides how much it takes. The inlet arrives as a template of 1 kg/s and the unit
            reports the amount in ``UnitResult.drawn``; it must be connected to a feed without a rate.
    """

    name: str
    what: str
    required: bool = True
    drawn: bool = False


@dataclass(frozen=True)
class FixedSplit:
    """A constant share that the engineer declared: never a prediction, always listed in the result."""

    what: str
    species: str
    value: float
    outlet: str
    source: str = "declared in the flowsheet"


@dataclass(frozen=True)
class Notice:
    """A warning of a solved unit, by code: use outside validity, saturation, implausible operation."""

    code: str
    text: str


@dataclass(frozen=True)
class UnitResult:
    """What one unit made of its inlets.

    Attributes:
        outlets: port -> stream.
        drawn: drawn inlet port -> kg/s taken of it.
        extents: reaction equation as in ``chemistry.reaction`` -> extent, mol/s. They explain every change of species
            between inlets and outlets apart from the dissociation equilibria inside a liquor.
        values: performance figures, the unit of measure as the last part of the name (``residence_time_s``).
        stages: one mapping a stage, tank or effect, in flow order.
        fixed_splits, notices: see there.
    """

    outlets: Mapping[str, Stream]
    drawn: Mapping[str, float] = field(default_factory=dict)
    extents: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    stages: tuple[Mapping[str, float], ...] = ()
    fixed_splits: tuple[FixedSplit, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Energy:
    """Energy that crosses a unit's boundary, W; heat is positive into the unit.

    Attributes:
        heat: total heat duty: sensible heat to the outlet temperature plus reaction heats. The balance gate checks it
            against the enthalpies of formation of the outlets less the inlets.
        shaft: mechanical or electrical power that ends in the fluids, W; part of the balance.
        electric: electricity drawn from the grid, W, by named use (``agitation``, ``MVR``).
        steam: heat that has to be bought as steam, W; less than ``heat`` where it is recovered.
        cooling: heat that has to be removed by cooling water, W.
        basis: one line a figure: how it was obtained and what it rests on.
    """

    heat: float = 0.0
    shaft: float = 0.0
    electric: Mapping[str, float] = field(default_factory=dict)
    steam: float = 0.0
    cooling: float = 0.0
    basis: tuple[str, ...] = ()


class Unit(BaseModel):
    """Base of all unit operations.

    A subclass declares ``model``, its ports and its parameters as annotated fields (types from
    ``hydromet.units.fields``), each with a one-line description; its docstring holds the numbered assumptions, the
    equations, the validity and the sources, and becomes the unit's page in the manual. ``solve`` depends on its
    arguments only: no files, no clock, no globals, no state, and inlets are never changed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    model: str
    inlets: ClassVar[tuple[Port, ...]] = ()
    outlets: ClassVar[tuple[Port, ...]] = ()
    # A valid case for the tests and the manual: {"parameters": {field: value}, "inlets": {port: {"flows":
    # {species: mol/s}, "temperature": K}}}; a drawn port is scaled to 1 kg/s. Several cases: a tuple of such mappings.
    example: ClassVar[Mapping[str, Any] | tuple[Mapping[str, Any], ...]] = {}

    def inlet_ports(self) -> tuple[Port, ...]:
        """Inlets of this instance; overridden where they depend on the parameters."""
        return self.inlets

    def outlet_ports(self) -> tuple[Port, ...]:
        """Outlets of this instance; overridden where they depend on the parameters."""
        return self.outlets

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """Outlets by which an element that enters at an inlet can leave at all; None (the default) is every outlet.

        Overridden only where chemistry or mechanics rule a way out entirely: salts do not leave with the vapour, iron
        is not stripped by sulfuric acid. ``check`` then finds elements that enter a loop and never leave it.
        """
        del element, inlet
        return None

    @abstractmethod
    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Outlets and everything a report needs, from the inlets.

        Args:
            inlets: port -> stream; a port with several sources arrives adiabatically mixed, an optional port that is
                not connected is absent, a drawn port is a template of 1 kg/s.
            chemistry: properties and equilibria.
        """

    def energy(self, inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
        """Energy of the solved unit; called once, after convergence.

        The default is an isothermal or adiabatic vessel: the heat that brings the inlets to the outlet temperatures
        and drives the reactions.
        """
        from hydromet.units.heat import vessel_energy

        return vessel_energy(inlets, result, chemistry)

    def scaled(self, factor: float) -> Unit:
        """The same unit for a plant ``factor`` times as large: extensive parameters multiplied."""
        changed: dict[str, Any] = {name: _times(getattr(self, name), factor) for name in self.extensive()}
        return self.model_copy(update=changed)

    def extensive(self) -> tuple[str, ...]:
        """Names of the parameters that scale with the size of the plant."""
        return tuple(name for name, info in type(self).model_fields.items() if _is_extensive(info))


def _is_extensive(info: object) -> bool:
    """Whether a field or any part of its type (``MassFlow | None``, ``dict[str, MassFlow]``) is marked as extensive."""
    extra = getattr(info, "json_schema_extra", None)
    if isinstance(extra, dict) and extra.get("extensive"):
        return True
    parts = [*get_args(getattr(info, "annotation", info)), *getattr(info, "__metadata__", ())]
    return any(_is_extensive(part) for part in parts)


def _times(value: Any, factor: float) -> Any:
    if isinstance(value, Mapping):
        return {name: _times(part, factor) for name, part in value.items()}
    return None if value is None else value * factor
