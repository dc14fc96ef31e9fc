"""The chemistry a unit operation asks: properties, speciation, equilibria, mixing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp
from typing import TYPE_CHECKING

from hydromet.chemistry.canonical import apply, canonical, dissolved_totals, neutralise, on_basis
from hydromet.chemistry.database import Constant, Database, load_database, unknown_phase
from hydromet.chemistry.engine import Solved, ln_vapour, solve_equilibrium
from hydromet.chemistry.later import Later, activities_of, molalities_of
from hydromet.chemistry.liquor import Liquor
from hydromet.chemistry.outlet import Outlet
from hydromet.chemistry.physical import energy, volume
from hydromet.chemistry.physical.stream_enthalpy import StreamEnthalpy, liquor_totals
from hydromet.chemistry.physical.thermochemistry import load_species
from hydromet.chemistry.physical.validity import by_property, property_remarks
from hydromet.chemistry.physical.viscosity import liquor_viscosity
from hydromet.chemistry.reaction import Reaction, parse_equation
from hydromet.chemistry.results import Equilibrium
from hydromet.chemistry.sane import check_temperature
from hydromet.chemistry.validity import cautions
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species
from hydromet.stream import Stream

if TYPE_CHECKING:
    from hydromet.chemistry.records import Caution, SourceRow

SETS = ("sulfate",)


@dataclass(frozen=True)
class Chemistry:
    """Aqueous chemistry, thermochemistry and properties; frozen, shared, the same answer for the same question.

    Attributes:
        names: data sets it was loaded with.
        data: equilibrium constants and activity parameters.
    """

    names: tuple[str, ...]
    data: Database

    @classmethod
    def load(cls, names: Iterable[str] = ("sulfate",)) -> Chemistry:
        """The chemistry of the named data sets.

        Raises:
            ChemistryError: E501 no such data set.
        """
        return _load(tuple(names))

    # --- thermochemistry

    def species_enthalpy(self, name: str, temperature: float) -> float:
        """Enthalpy of one species, J/mol: ``Hf + Cp (T - 298.15 K)``.

        Raises:
            ChemistryError: E510 the species has no thermochemistry.
        """
        return energy.species_enthalpy(name, temperature)

    def enthalpy(self, stream: Stream) -> float:
        """Enthalpy flow, W: formation enthalpies, speciation and dilution of the liquor, sensible heat.

        The dissolved part is taken as one liquor at internal equilibrium, sulfuric acid with less water than dissolves
        it with its heat of mixing; solids, gases, organics and other pure liquids as they are listed.
        """
        return self.enthalpy_of(stream.flows)(stream.temperature)

    def enthalpy_of(self, flows: Mapping[str, float]) -> StreamEnthalpy:
        """Enthalpy flow of these flows, W, as a function of temperature, K; see ``enthalpy``."""
        return StreamEnthalpy(flows)

    def heat_capacity(self, stream: Stream) -> float:
        """Heat capacity flow, W/K: the derivative of ``enthalpy`` with temperature at the composition put in."""
        return self.enthalpy_of(stream.flows).capacity(stream.temperature)

    def at_enthalpy(self, stream: Stream, enthalpy: float) -> Stream:
        """The same composition at the temperature at which its enthalpy flow is ``enthalpy`` (W).

        Raises:
            ChemistryError: E511 no temperature between 200 and 600 K has that enthalpy.
        """
        return energy.at_enthalpy(stream, self.enthalpy_of(stream.flows), enthalpy)

    def mix(self, *streams: Stream) -> Stream:
        """Adiabatic mixture: canonical, at the temperature at which no enthalpy is lost; lowest pressure."""
        if not streams:
            return Stream()
        merged, _ = canonical(streams[0].plus(*streams[1:]))
        pressure = min(stream.pressure for stream in streams)
        sizes = {name: size for stream in reversed(streams) for name, size in stream.sizes.items()}
        start = energy.mean_temperature(streams)
        mixed = Stream(merged.flows, start, pressure, sizes)
        if not mixed.flows:
            return mixed
        return self.at_enthalpy(mixed, sum(self.enthalpy(stream) for stream in streams))

    def reaction(self, equation: str) -> Reaction:
        """A balanced reaction with its heat; see ``Reaction``.

        Raises:
            ReactionError: E320 not an equation, E321 it does not balance.
        """
        spelled, coefficients = parse_equation(equation)
        return Reaction(spelled, coefficients, energy.species_enthalpy)

    # --- volumes

    def volume(self, stream: Stream, phase: str | None = None) -> float:
        """Volume flow of one phase (``aq``, ``org``, ``s``, ``l``, ``g``) or of all, m3/s."""
        return volume.volume(stream, phase)

    def density(self, stream: Stream) -> float:
        """Density of the aqueous part, kg/m3.

        Raises:
            ChemistryError: E506 there is no aqueous part.
        """
        part = stream.part("aq")
        if not part.flows:
            raise ChemistryError("E506", read="a stream without an aqueous part", expected="a liquor with water")
        return part.mass() / volume.aqueous_volume(part.flows, part.temperature)

    def viscosity(self, stream: Stream) -> float:
        """Dynamic viscosity of the aqueous part without its solids, Pa s; see ``viscosity.liquor_viscosity``.

        Raises:
            ChemistryError: E506 there is no water.
        """
        return liquor_viscosity(_liquor_totals(stream), stream.temperature)

    def property_cautions(self, stream: Stream) -> tuple[Caution, ...]:
        """Use of density, viscosity and heat capacity data of the aqueous part outside what they were fitted to."""
        return tuple(by_property(property_remarks(_liquor_totals(stream), stream.temperature)))

    # --- equilibria

    def canonical(self, stream: Stream) -> tuple[Stream, Mapping[str, float]]:
        """The stream on basis species and the extents that lead there; see ``canonical.canonical``."""
        return canonical(stream)

    def liquor(self, stream: Stream, temperature: float | None = None) -> Liquor:
        """Homogeneous speciation of the aqueous part.

        Raises:
            ChemistryError: E506 no water.
        """
        warmth = stream.temperature if temperature is None else temperature
        solved = self._speciate(stream, warmth)
        if solved is None:
            raise ChemistryError("E506", read="a stream without an aqueous part", expected="a liquor with water")
        return self._liquor(solved, stream.pressure)

    def equilibrate(
        self,
        stream: Stream,
        *,
        solids: Sequence[str] = (),
        dissolve: Sequence[str] = (),
        gases: Sequence[str] | Mapping[str, float] = (),
        temperature: float | None = None,
    ) -> Equilibrium:
        """Equilibrium of the liquor with the solids and gases that are allowed to form or dissolve.

        Args:
            stream: any other solid, and the organic part, take no part.
            solids: those that may form or dissolve to equilibrium.
            dissolve: solids that dissolve completely first.
            gases: those that may leave or dissolve: names (partial pressure = pressure of the stream less the vapour
                pressure of water) or gas -> partial pressure, Pa.
            temperature: K; that of the stream if not given.

        Raises:
            ChemistryError: E505 a solid or gas has no equilibrium constant, E506 no water, E507 no solution.
        """
        return self._equilibrium(stream, solids, dissolve, gases, temperature, None, None)

    def at_pH(
        self,
        stream: Stream,
        pH: float,
        titrant: Stream,
        *,
        solids: Sequence[str] = (),
        dissolve: Sequence[str] = (),
        gases: Sequence[str] | Mapping[str, float] = (),
        temperature: float | None = None,
    ) -> Equilibrium:
        """The same with as much titrant as brings the liquor to the pH; the dose is a result.

        Args:
            stream: as in ``equilibrate``.
            pH: target, -log10 a(H+).
            titrant: template of one dose. Its solids that have a dissolution reaction dissolve unless they are listed
                in ``solids``.
            solids: as in ``equilibrate``.
            dissolve: as in ``equilibrate``.
            gases: as in ``equilibrate``.
            temperature: as in ``equilibrate``.

        Raises:
            ChemistryError: as ``equilibrate``, and E508 the titrant cannot reach the pH; the message says how far.
        """
        return self._equilibrium(stream, solids, dissolve, gases, temperature, titrant, pH)

    def sources(self, stream: Stream | None = None, solids: Sequence[str] = ()) -> tuple[SourceRow, ...]:
        """Every parameter that a liquor like this one uses, with value, unit, source, grade and validity."""
        from hydromet.chemistry.validity import list_sources

        return list_sources(None if stream is None else canonical(stream)[0], tuple(species(s).id for s in solids))

    # --- inside

    def _speciate(self, stream: Stream, temperature: float) -> Solved | None:
        totals = liquor_totals(stream.flows)
        return _homogeneous(totals, temperature) if totals else None

    def _liquor(self, solved: Solved, pressure: float) -> Liquor:
        return Liquor(
            temperature=solved.temperature,
            pressure=pressure,
            water=solved.water,
            molalities=Later(solved, molalities_of),
            activities=Later(solved, activities_of),
            ionic_strength=solved.ionic_strength,
            pH=solved.pH,
            ok=True,
            iterations=solved.iterations,
            residual=solved.residual,
            cautions=cautions(solved),
            solved=solved,
        )

    def _equilibrium(
        self,
        stream: Stream,
        solids: Sequence[str],
        dissolve: Sequence[str],
        gases: Sequence[str] | Mapping[str, float],
        temperature: float | None,
        titrant: Stream | None,
        pH: float | None,
    ) -> Equilibrium:
        warmth = stream.temperature if temperature is None else temperature
        allowed = _allowed(self.data, tuple(solids))
        gone = {species(name).id for name in dissolve}.difference(allowed)
        check_temperature(warmth)
        pressures = self._pressures(gases, stream.pressure, warmth)
        phases = (*allowed, *pressures)
        dose_totals: dict[str, float] | None = None
        if titrant is not None:
            gone |= {n for n in titrant.flows if species(n).phase == "s" and n in self.data.solids} - set(allowed)
            # Pure acids dissolve, and NH3 takes up water, even where the reagent itself holds too little of it.
            spare = 10.0 * titrant.part("l", "aq").mass() / species(WATER).molar_mass
            dose_totals, _, _ = self._reacting(titrant.plus(Stream({WATER: spare})), gone, phases)
            dose_totals[WATER] = dose_totals.get(WATER, 0.0) - spare
        totals, extents, flows = self._reacting(stream, gone, phases)
        try:
            solved = solve_equilibrium(totals, warmth, phases=phases, pressures=pressures, titrant=dose_totals, pH=pH)
        except ChemistryError as error:
            if error.code == "E508" and titrant is not None:
                error.read += f" with {', '.join(titrant.flows) or 'nothing'}"
            raise
        inlet = stream
        if titrant is not None and solved.dose != 0.0:
            inlet = stream.plus(titrant.scaled(solved.dose))
            _, extents, flows = self._reacting(inlet, gone, phases)
        outlet = Outlet(inlet, flows, extents, phases, sum(map(abs, totals.values())), solved)
        dose = solved.dose if titrant is not None else 0.0
        return Equilibrium(self._liquor(solved, stream.pressure), outlet, dose, solved.rescued)

    def _reacting(
        self, stream: Stream, gone: set[str], phases: tuple[str, ...]
    ) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """Totals that take part, and the canonical flows with the extents so far."""
        flows, extents = on_basis(stream.flows)
        for name in sorted(gone):
            if flows.get(name, 0.0) > 0.0:
                apply(flows, extents, _known(self.data, name).equation, flows[name])
        neutralise(flows, extents)
        totals = dissolved_totals(flows)
        for name in phases:
            amount = flows.get(name, 0.0)
            if amount > 0.0:
                for part, count in _known(self.data, name).basis.items():
                    totals[part] = totals.get(part, 0.0) + count * amount
        return totals, extents, flows

    def _pressures(
        self, gases: Sequence[str] | Mapping[str, float], pressure: float, temperature: float
    ) -> dict[str, float]:
        if isinstance(gases, Mapping):
            return {_known(self.data, name).id: float(p) for name, p in gases.items()}
        if not gases:
            return {}
        free = max(pressure - exp(ln_vapour(temperature)), 0.01 * pressure)
        return {_known(self.data, name).id: free for name in gases}


def _liquor_totals(stream: Stream) -> Mapping[str, float]:
    totals = liquor_totals(stream.flows)
    if not totals:
        raise ChemistryError("E506", read="a stream without an aqueous part", expected="a liquor with water")
    return dict(totals)


def _known(data: Database, name: str) -> Constant:
    known = species(name).id
    constant = data.solids.get(known) or data.gases.get(known)
    if constant is None:
        raise unknown_phase(name, (*data.solids, *data.gases))
    return constant


@lru_cache(maxsize=256)
def _allowed(data: Database, names: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of phases as they were asked for, each once."""
    return tuple(dict.fromkeys(_known(data, name).id for name in names))


@lru_cache(maxsize=8)
def _load(names: tuple[str, ...]) -> Chemistry:
    for name in names:
        if name not in SETS:
            raise ChemistryError("E501", read=name, expected=f"one of {', '.join(SETS)}", write="chemistry: [sulfate]")
    load_species()
    return Chemistry(names, load_database())


@lru_cache(maxsize=256)
def _homogeneous(totals: tuple[tuple[str, float], ...], temperature: float) -> Solved:
    """Speciation without phases; repeated questions about the same liquor are frequent and answered from memory."""
    return solve_equilibrium(dict(totals), temperature)
