"""The tank that keeps an organic circuit at its flow and strength."""

from __future__ import annotations

from math import expm1
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.chemistry.extraction.extractants import load_extractant
from hydromet.chemistry.physical.volume import volume
from hydromet.errors import ExtractionError
from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.base import FixedSplit, Inlets, Port, Unit, UnitResult
from hydromet.units.cascade import stays
from hydromet.units.crud import declared
from hydromet.units.fields import Duration, Molarity, RateConstant, VolumeFlow
from hydromet.units.vessel import blend

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.chemistry.extraction.extractants import Extractant

DILUENT = "Diluent(org)"


class OrganicTank(Unit):
    """Organic tank: make-up of extractant and diluent holds the circulating organic at its flow and strength.

    Assumptions:
        1. Extractant counts in all its forms, free and as salts. What is lost in raffinate, vapour and crud is drawn
           anew; more than the declared flow leaves as ``surplus``, with the composition of the organic.
        2. No entrained water separates here. The tank is adiabatic.
        3. With ``degradation`` extractant and diluent age by a first-order rate for the ``circulation_time`` of a pass;
           what has aged leaves by ``degraded`` under its own name, metals on it included, and is made up. Products of
           the ageing that stay in the organic and act on the equilibria are not modelled.

    Ports: in ``organic`` (optional: an empty circuit is filled), ``extractant`` (drawn), ``diluent`` (drawn);
    out ``organic``, ``surplus``, ``degraded`` (if declared).

    Equations: aged share = 1 - exp(-k t); n_R = c_R V; V_diluent = V - n_R v_R; surplus share
    = 1 - min(1, target / present) of whichever is more in excess.

    Validity: the volume of the organic is additive.

    Sources: densities in data/extractants and data/species/organic.csv.
    """

    model: Literal["organic_tank"] = "organic_tank"
    extractant: str = Field(description="data/extractants", examples=["d2ehpa"])
    flow: VolumeFlow = Field(gt=0.0, description="organic that circulates")
    molarity: Molarity = Field(description="extractant in it, as monomer")
    degradation: RateConstant | Literal["typical"] = Field(
        0.0, description="oxidation and hydrolysis of extractant and diluent; typical: those of data/extractants"
    )
    circulation_time: Duration = Field(7200.0, description="of the organic through the circuit: inventory over flow")

    inlets: ClassVar = (
        Port("organic", "returning organic", required=False),
        Port("extractant", "commercial extractant", drawn=True),
        Port("diluent", "diluent", drawn=True),
    )
    outlets: ClassVar = (Port("organic", "to the extraction"), Port("surplus", "more than the circuit holds"))
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"extractant": "d2ehpa", "flow": 1e-3, "molarity": 600.0},
        "inlets": {
            "organic": {"flows": {"H(D2EHPA)(org)": 0.55, "Na(D2EHPA)(org)": 0.04, "Diluent(org)": 3.6, "H2O": 0.01}},
            "extractant": {"flows": {"H(D2EHPA)(org)": 3.0, "Diluent(org)": 0.2}},
            "diluent": {"flows": {"Diluent(org)": 5.9}},
        },
    }

    @model_validator(mode="after")
    def _possible(self) -> Self:
        known = load_extractant(self.extractant)
        most = 1.0 / known.molar_volume
        if self.molarity > most:
            raise ExtractionError(
                "E610",
                read=f"molarity: {self.molarity * 1e-3:.4g} mol/L",
                expected=f"at most that of pure {known.name}, {most * 1e-3:.4g} mol/L",
                write="molarity: 0.6 mol/L",
            )
        if isinstance(self.degradation, str):
            declared(self.degradation, self.extractant, "extractant")
        return self

    def outlet_ports(self) -> tuple[Port, ...]:
        """Aged organic leaves where its rate is declared."""
        return (*self.outlets, Port("degraded", "aged organic")) if self.degradation else self.outlets

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """A circuit that loses organic has no surplus: what stays on the organic does not leave by it."""
        if inlet != "organic" or not stays(self.extractant, element):
            return None
        return ("organic", "degraded") if self.degradation else ("organic",)

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Surplus off, extractant and diluent in."""
        known = load_extractant(self.extractant)
        organic, aged, splits = self._aged(inlets.get("organic", Stream()), known)
        there, volume_there = _extractant(organic, known), volume(organic, "org")
        target = self.molarity * self.flow
        other = self.flow - target * known.molar_volume
        other_there = volume_there - there * known.molar_volume
        keep = min(1.0, target / there if there > target else 1.0, other / other_there if other_there > other else 1.0)
        surplus, kept = organic.scaled(1.0 - keep), organic.scaled(keep)
        strong, thin = inlets["extractant"], inlets["diluent"]
        made = max(target - _extractant(kept, known), 0.0)
        strength = _extractant(strong, known)
        drawn = {"extractant": made / strength if strength > 0.0 else 0.0, "diluent": 0.0}
        brought = volume(strong, "org") * drawn["extractant"] - made * known.molar_volume
        missing = max(other - keep * other_there - brought, 0.0)
        size = thin[DILUENT] * species(DILUENT).molar_mass / _density(chemistry)
        drawn["diluent"] = missing / size if size > 0.0 else 0.0
        makeup = [strong.scaled(drawn["extractant"]), thin.scaled(drawn["diluent"])]
        full, extents = blend([kept, *makeup], chemistry)
        outlets = {"organic": full, "surplus": surplus}
        return UnitResult(
            {**outlets, "degraded": aged} if self.degradation else outlets,
            drawn,
            extents,
            {
                "extractant_mol_L": _extractant(full, known) / volume(full, "org") * 1e-3,
                "makeup_extractant_kg_h": makeup[0].mass() * 3600.0,
                "makeup_diluent_kg_h": makeup[1].mass() * 3600.0,
            },
            fixed_splits=splits,
        )

    def _aged(self, organic: Stream, known: Extractant) -> tuple[Stream, Stream, tuple[FixedSplit, ...]]:
        """What is left of the returning organic, what has aged since the last pass, and the shares."""
        if not self.degradation:
            return organic, Stream(), ()
        shares, splits = {}, []
        for what in ("extractant", "diluent"):
            rate, source = declared(self.degradation, self.extractant, what)
            shares[what] = -expm1(-rate * self.circulation_time)
            splits.append(FixedSplit(f"ageing of the {what}", what, shares[what], "degraded", source))
        aged = {
            name: flow * shares["extractant" if known.symbol in species(name).elements else "diluent"]
            for name, flow in organic.part("org").flows.items()
        }
        left = {name: flow - aged.get(name, 0.0) for name, flow in organic.flows.items()}
        return organic.with_flows(left), Stream(aged, organic.temperature), tuple(splits)


def _extractant(stream: Stream, known: Extractant) -> float:
    """Extractant in all organic forms, mol/s."""
    return stream.part("org").elements().get(known.symbol, 0.0)


def _density(chemistry: Chemistry) -> float:
    one = Stream({DILUENT: 1.0})
    return one.mass() / chemistry.volume(one, "org")
