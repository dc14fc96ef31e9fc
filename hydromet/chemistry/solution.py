"""``Solution``: the aqueous engine for a person with a beaker, amounts per kilogram of water."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import log
from types import MappingProxyType
from typing import TYPE_CHECKING

from hydromet.chemistry.canonical import canonical
from hydromet.chemistry.chemistry import Chemistry
from hydromet.chemistry.salts import ions_of
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species
from hydromet.stream import ATMOSPHERE, ROOM, Stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry.liquor import Liquor

KILOGRAM = 1.0 / species(WATER).molar_mass


@dataclass(frozen=True)
class Solution:
    """A solution made from salts, acids, bases or ions, mol per kilogram of water.

    Args:
        composition: such as ``{"NiSO4": 1.0, "H2SO4": 0.1}``; ions (``Ni+2``) and neutrals are fine, the sum of
            charges must be zero.
        temperature: K.
        pressure: Pa.
        chemistry: data sets; the default set if not given.

    Raises:
        ChemistryError: E512 a compound cannot be taken apart into known ions, E513 the charges do not cancel.

    Example:
        >>> from hydromet import Solution
        >>> round(Solution({"NiSO4": 1.0}).osmotic_coefficient, 2)
        0.46
    """

    composition: Mapping[str, float]
    temperature: float = ROOM
    pressure: float = ATMOSPHERE
    precipitated: Mapping[str, float] = field(default_factory=dict)
    chemistry: Chemistry = field(default_factory=Chemistry.load, repr=False, compare=False)

    def __post_init__(self) -> None:
        flows: dict[str, float] = {WATER: KILOGRAM}
        for name, amount in self.composition.items():
            for ion, count in ions_of(name).items():
                flows[ion] = flows.get(ion, 0.0) + count * amount
        charge = sum(flow * species(name).charge for name, flow in flows.items())
        size = sum(abs(flow * species(name).charge) for name, flow in flows.items())
        if abs(charge) > 1e-9 * size + 1e-15:
            raise ChemistryError(
                "E513",
                read=f"{dict(self.composition)}: net charge {charge:+.3g} mol/kg",
                expected="as much positive as negative charge",
                write='Solution({"NiSO4": 1.0, "H2SO4": 0.1})',
            )
        stream, _ = canonical(Stream(flows, self.temperature, self.pressure))
        object.__setattr__(self, "composition", MappingProxyType(dict(self.composition)))
        object.__setattr__(self, "_stream", stream)

    @property
    def stream(self) -> Stream:
        """The solution as a stream of 1 kg/s of water."""
        made: Stream = self.__dict__["_stream"]
        return made

    @cached_property
    def liquor(self) -> Liquor:
        """The speciation."""
        return self.chemistry.liquor(self.stream)

    @property
    def pH(self) -> float:
        """-log10 a(H+)."""
        return self.liquor.pH

    @property
    def ionic_strength(self) -> float:
        """mol/kg water."""
        return self.liquor.ionic_strength

    @property
    def water_activity(self) -> float:
        """1 for pure water."""
        return self.liquor.water_activity

    @cached_property
    def osmotic_coefficient(self) -> float:
        """``-ln a_w / (M_w sum m)`` with the ions of the salts as if complete: how tables give it."""
        total = sum(flow for name, flow in self._ions().items() if name != WATER)
        return -log(self.water_activity) / (species(WATER).molar_mass * total) if total > 0.0 else 1.0

    def activity_coefficient(self, name: str) -> float:
        """Activity coefficient of a dissolved species, molality scale."""
        return self.liquor.activity_coefficient(name)

    def mean_activity_coefficient(self, salt: str) -> float:
        """Stoichiometric mean ionic activity coefficient of a salt, molality scale.

        ``(prod a_i^nu_i / prod m_i^nu_i)^(1/nu)`` with the total molalities of its ions, as tables give it.
        """
        ions, total = ions_of(salt), self._ions()
        order = sum(ions.values())
        result = 0.0
        for ion, count in ions.items():
            known = species(ion).id
            if total.get(known, 0.0) <= 0.0:
                raise ChemistryError(
                    "E504", read=f"{salt}: no {ion} in the solution", expected="a salt of the solution"
                )
            result += count * (self.liquor.activities[known] - log(total[known]))
        from math import exp

        return exp(result / order)

    def _ions(self) -> dict[str, float]:
        """Molality of each ion as put in, before speciation."""
        total: dict[str, float] = {}
        for name, amount in self.composition.items():
            for ion, count in ions_of(name).items():
                total[ion] = total.get(ion, 0.0) + count * amount
        return total

    @property
    def density(self) -> float:
        """kg/m3."""
        return self.chemistry.density(self.stream)

    @property
    def heat_capacity(self) -> float:
        """J/(kg K), frozen composition."""
        return self.chemistry.heat_capacity(self.stream) / self.stream.mass()

    def saturation_index(self, solid: str) -> float:
        """log10 of ion activity product over solubility product."""
        return self.liquor.saturation_index(solid)

    def equilibrate(self, solids: Sequence[str], gases: Sequence[str] | Mapping[str, float] = ()) -> Solution:
        """The solution after the given solids and gases have formed; ``precipitated`` holds them, mol."""
        result = self.chemistry.equilibrate(self.stream, solids=solids, gases=gases)
        return self._after(result.stream)

    def saturate(self, solid: str) -> float:
        """Amount of a solid that dissolves up to saturation, mol per kilogram of the water put in.

        Raises:
            ChemistryError: E514 the solution is already supersaturated with it, or no finite amount saturates it.
        """
        name = species(solid).id
        if self.saturation_index(name) > 1e-9:
            raise ChemistryError(
                "E514",
                read=f"{solid}: saturation index {self.saturation_index(name):.2f}",
                expected="a solution that can dissolve it",
            )
        amount = 1.0
        for _ in range(12):
            given = self.stream.with_flows({**self.stream.flows, name: amount})
            left = self.chemistry.equilibrate(given, solids=(name,)).stream[name]
            if left > 0.0:
                return amount - left
            amount *= 2.0
        raise ChemistryError("E514", read=solid, expected="a solid of limited solubility at this temperature")

    def titrate(self, titrant: str, to_pH: float, *, solids: Sequence[str] = ()) -> Solution:
        """The solution with as much of a dry titrant (``NaOH``, ``H2SO4``, ``Na2CO3``) as brings it to a pH."""
        dose = Stream(dict(ions_of(titrant)), self.temperature)
        return self._after(self.chemistry.at_pH(self.stream, to_pH, dose, solids=solids).stream)

    def _after(self, stream: Stream) -> Solution:
        """The solution of a stream's aqueous part, on the basis of one kilogram of its water."""
        aqueous = stream.part("aq")
        scale = KILOGRAM / aqueous[WATER]
        solid = stream.where(lambda name: species(name).phase in ("s", "g"))
        return Solution(
            {name: flow * scale for name, flow in aqueous.flows.items() if name != WATER},
            stream.temperature,
            self.pressure,
            dict(solid.flows),
            self.chemistry,
        )
