"""``Solution``: the aqueous engine for a person with a beaker, amounts per kilogram of water."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import exp, log
from types import MappingProxyType
from typing import TYPE_CHECKING

from hydromet.chemistry.canonical import canonical, totals_of
from hydromet.chemistry.chemistry import Chemistry
from hydromet.chemistry.database import OH, H, load_database
from hydromet.chemistry.formation import allowed_solids
from hydromet.chemistry.salts import ions_of, protons_kept
from hydromet.chemistry.sane import check_composition
from hydromet.chemistry.saturation import dissolve
from hydromet.chemistry.solutions.amounts import KILOGRAM
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species
from hydromet.stream import ATMOSPHERE, ROOM, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hydromet.chemistry.liquor import Liquor
    from hydromet.chemistry.records import Caution
    from hydromet.chemistry.redox.result import RedoxEquilibrium
    from hydromet.chemistry.results import Equilibrium
    from hydromet.chemistry.solutions.curve import Curve

# Gas that stands over an open solution, mol per kilogram of water; more is taken where it dissolves.
_RESERVOIR, _DOUBLINGS = 0.1, 9
# A solid is there from this saturation index on; one without a constant of its own from this amount, mol/kg water.
_PRESENT, _TRACE = 1e-6, 1e-10


@dataclass(frozen=True)
class Solution:
    """A solution made from salts, acids, bases or ions, mol per kilogram of water.

    Args:
        composition: such as ``{"NiSO4": 1.0, "H2SO4": 0.1}``; ions (``Ni+2``) and neutrals are fine, the sum of
            charges must be zero.
        temperature: K.
        pressure: Pa.
        precipitated: solids beside it and gas that left, mol per kilogram of the water put in: a result of
            ``equilibrate`` and ``titrate``.
        dose: titrant that brought it here, mol per kilogram of the water put in: a result of ``titrate``.
        taken_up: gas -> mol per kilogram of the water put in that came from an open atmosphere, negative if it left.
        chemistry: data sets; the default set if not given.
        cautions: warnings of how it came about that its ``liquor`` cannot know: a result of ``at_potential``.

    Raises:
        ChemistryError: E512 a compound cannot be taken apart into known ions, E513 the charges do not cancel, E551 and
            E552 an amount or a pressure that cannot be.

    Example:
        >>> from hydromet import Solution
        >>> round(Solution({"NiSO4": 1.0}).osmotic_coefficient, 2)
        0.46
    """

    composition: Mapping[str, float]
    temperature: float = ROOM
    pressure: float = ATMOSPHERE
    precipitated: Mapping[str, float] = field(default_factory=dict)
    dose: float = 0.0
    taken_up: Mapping[str, float] = field(default_factory=dict)
    chemistry: Chemistry = field(default_factory=Chemistry.load, repr=False, compare=False)
    cautions: tuple[Caution, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        check_composition(self.composition, self.pressure)
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
        """``-ln a_w / (M_w sum m)`` with the ions of the salts as if complete: how tables give it.

        Sulfuric acid and NaHSO4 count as three ions, NaHCO3 and NaH2PO4 as two: weak acids keep their protons.
        """
        ions = {name: count for name, count in self._ions().items() if name != WATER}
        kept = sum(count * protons_kept(name) for name, count in ions.items() if species(name).charge < 0)
        total = sum(ions.values()) - min(kept, ions.get(H, 0.0))
        return -log(self.water_activity) / (species(WATER).molar_mass * total) if total > 0.0 else 1.0

    def molality(self, name: str) -> float:
        """Molality of a dissolved species after speciation, mol/kg water; zero if it is absent."""
        return self.liquor.molalities.get(species(name).id, 0.0)

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
        """J/(kg K), at the composition put in; shifts of its equilibria are in the measured values."""
        return self.chemistry.heat_capacity(self.stream) / self.stream.mass()

    @property
    def viscosity(self) -> float:
        """Dynamic viscosity, Pa s."""
        return self.chemistry.viscosity(self.stream)

    def saturation_index(self, solid: str) -> float:
        """log10 of ion activity product over solubility product."""
        return self.liquor.saturation_index(solid)

    def equilibrate(
        self, solids: str | Sequence[str] = "auto", gases: Sequence[str] | Mapping[str, float] = ()
    ) -> Solution:
        """The solution after solids have formed and gases have come or gone.

        Args:
            solids: those that may form: names, ``auto`` for what forms within hours (``fresh_solids``), or ``none``.
            gases: names of gases that leave where the solution is supersaturated with them at its pressure; or gas ->
                partial pressure, Pa, of an atmosphere that the solution is open to.

        Returns:
            the solution on the basis of one kilogram of its water; ``precipitated`` holds the solids and the gas that
            left, ``taken_up`` what came from the atmosphere.

        Raises:
            ChemistryError: E505 a solid or gas has no equilibrium constant.
        """
        allowed = allowed_solids(solids)
        return self._open(gases, lambda stream: self.chemistry.equilibrate(stream, solids=allowed, gases=gases))

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
        return dissolve(totals_of(self.stream.flows), self.temperature, name).amount

    def titrate(
        self,
        titrant: str,
        to_pH: float,
        *,
        solids: str | Sequence[str] = (),
        gases: Sequence[str] | Mapping[str, float] = (),
    ) -> Solution:
        """The solution with as much of a dry titrant (``NaOH``, ``H2SO4``, ``Na2CO3``) as brings it to a pH.

        Args:
            titrant: a salt, acid or base; the result's ``dose`` says how much of it, mol per kilogram of water put in.
            to_pH: target.
            solids: as in ``equilibrate``; none if not given.
            gases: as in ``equilibrate``.

        Raises:
            ChemistryError: E508 the titrant cannot reach the pH; the message says how far.
        """
        allowed = allowed_solids(solids)
        dose = Stream(dict(ions_of(titrant)), self.temperature)

        def ask(stream: Stream) -> Equilibrium:
            return self.chemistry.at_pH(stream, to_pH, dose, solids=allowed, gases=gases)

        try:
            return self._open(gases, ask)
        except ChemistryError as error:
            if error.code == "E508":
                error.read = f"pH {to_pH:g} with {titrant}"
            raise

    def at_potential(
        self,
        Eh: float,
        *,
        pH: float | None = None,
        titrant: str | None = None,
        solids: str | Sequence[str] = "auto",
    ) -> Solution:
        """The solution held at a potential until every couple of it is there: full redox equilibrium.

        Outside the stability of water (caution W521) it holds the O2 or H2 that 1 bar dissolves.

        Args:
            Eh: V against the standard hydrogen electrode.
            pH: target, with a titrant; without it the pH follows.
            titrant: as in ``titrate``.
            solids: as in ``equilibrate``; ``auto`` includes the oxides and metals that form within hours.

        Raises:
            ChemistryError: E508 the pH cannot be reached, E524 a pH without a titrant.
        """
        from hydromet.chemistry.redox.couples import fresh_redox_solids
        from hydromet.chemistry.redox.equilibrium import at_potential

        allowed = (*allowed_solids(solids), *(fresh_redox_solids() if solids == "auto" else ()))
        dose = Stream(dict(ions_of(titrant)), self.temperature) if titrant else None
        held = at_potential(self.stream, Eh, pH=pH, titrant=dose, solids=allowed)
        made = self._after(held, {})
        told = {one.code for one in made.liquor.cautions}
        return replace(made, cautions=tuple(one for one in held.liquor.cautions if one.code not in told))

    @property
    def potentials(self) -> Mapping[str, float]:
        """Potential of every couple whose both sides are there, V against the standard hydrogen electrode."""
        from hydromet.chemistry.redox.potentials import potentials

        return potentials(self.liquor, tuple(self.precipitated))

    def titration(self, titrant: str, to_pH: float, *, solids: str | Sequence[str] = "auto") -> Curve:
        """The titration curve up to a pH, as a table; see ``curves.titration``.

        Raises:
            ChemistryError: E508 the titrant cannot reach the pH.
        """
        from hydromet.chemistry.solutions.curves import titration

        return titration(self, titrant, to_pH, solids=solids)

    def solubility(self, salt: str, temperatures: tuple[float, float] = (273.15, 373.15)) -> Curve:
        """Solubility of a salt in this solution between two temperatures, K, as a table; see ``curves.solubility``.

        Raises:
            ChemistryError: E505 no solid of this salt is known, E514 it dissolves without limit.
        """
        from hydromet.chemistry.solutions.curves import solubility

        return solubility(salt, self, temperatures=temperatures)

    def distribution(
        self, element: str, pH: tuple[float, float] = (0.0, 14.0), *, solids: str | Sequence[str] = "auto"
    ) -> Curve:
        """Share of an element in its species and solids against pH, as a table; see ``curves.distribution``.

        Raises:
            ChemistryError: E547 the element is not in the solution.
        """
        from hydromet.chemistry.solutions.curves import distribution

        return distribution(self, element, pH=pH, solids=solids)

    def _open(self, gases: Sequence[str] | Mapping[str, float], ask: Callable[[Stream], Equilibrium]) -> Solution:
        """The answer with gas at hand to dissolve, as much as it takes, where pressures are given."""
        names = [species(name).id for name in gases] if isinstance(gases, Mapping) else []
        reservoir = _RESERVOIR if names else 0.0
        for _ in range(_DOUBLINGS):
            result = ask(self.stream.plus(Stream(dict.fromkeys(names, reservoir))))
            if all(result.stream[name] > 0.0 for name in names):
                return self._after(result, dict.fromkeys(names, reservoir))
            reservoir *= 2.0
        raise ChemistryError(
            "E514", read=f"{', '.join(names)}: more than {reservoir:g} mol/kg water dissolves",
            expected="a gas of limited solubility in this solution",
        )  # fmt: skip

    def _after(self, result: Equilibrium | RedoxEquilibrium, reservoir: Mapping[str, float]) -> Solution:
        """The solution of an equilibrium's aqueous part, on the basis of one kilogram of its water."""
        stream = result.stream
        aqueous = _with_neutrals(stream.part("aq").flows)
        scale = KILOGRAM / aqueous[WATER]
        beside = stream.where(lambda name: name not in reservoir and _is_there(name, stream[name], result.liquor))
        return Solution(
            {name: flow * scale for name, flow in aqueous.items() if name != WATER and flow > 0.0},
            stream.temperature,
            self.pressure,
            dict(beside.flows),
            result.dose,
            {name: amount - stream[name] for name, amount in reservoir.items()},
            self.chemistry,
        )


def _with_neutrals(flows: Mapping[str, float]) -> dict[str, float]:
    """Ammonia and carbon dioxide as such, with the water they give back, so that amounts are per kilogram of it."""
    found = dict(flows)
    for neutral, parts in (("NH3", {"NH4+": 1.0, OH: 1.0}), ("CO2", {"CO3-2": 1.0, H: 2.0})):
        count = min(found.get(name, 0.0) / nu for name, nu in parts.items())
        if count > 0.0:
            found[neutral] = found.get(neutral, 0.0) + count
            found[WATER] += count
            for name, nu in parts.items():
                found[name] = max(0.0, found[name] - nu * count)
    return found


def _is_there(name: str, amount: float, liquor: Liquor) -> bool:
    """Is this a solid or gas that the liquor is saturated with, and no trace that the solver left?"""
    if species(name).phase not in ("s", "g"):
        return False
    data = load_database()
    if name in data.solids or name in data.gases:
        return species(name).phase == "g" or liquor.saturation_index(name) > -_PRESENT
    return amount > _TRACE
