"""Adsorption of residual fluoride, phosphate or silica on alumina or a resin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.species import atomic_mass
from hydromet.units.base import FixedSplit, Inlets, Port, Unit, UnitResult
from hydromet.units.fields import Concentration, MassRatio
from hydromet.units.vessel import add_extents, liquor_volume, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

# Ion and exchange reaction of each element: ligand exchange with the hydroxyl of the surface.
_REACTIONS = {
    "F": ("F-", "F- + H2O = HF[adsorbed](s) + OH-"),
    "P": ("PO4-3", "PO4-3 + 3 H2O = H3PO4[adsorbed](s) + 3 OH-"),
    "Si": ("H4SiO4", "H4SiO4 = H4SiO4[adsorbed](s)"),
}


class Adsorb(Unit):
    """Fixed bed of activated alumina or a selective resin that takes an element down to a declared residual.

    Assumptions:
        1. The residual is declared, not predicted: it is listed as a fixed split. Where the feed holds less, nothing
           is taken.
        2. Anions are taken by ligand exchange: the surface gives OH- for them, so the pH of the liquor rises.
        3. Media are used up by their declared capacity; spent media leave as a solid without liquor.

    Ports: in ``feed``, ``media`` (drawn); out ``out``, ``spent``.

    Equations: F- + H2O = HF[adsorbed] + OH-; media = mass taken / capacity.

    Validity: alumina takes fluoride best at pH 5-6, to about 1-5 mg/L (recalled, water treatment).

    Sources: declared.
    """

    model: Literal["adsorb"] = "adsorb"
    residual: dict[Literal["F", "P", "Si"], Concentration] = Field(
        description="element -> content of the treated liquor", min_length=1
    )
    capacity: MassRatio = Field(0.003, gt=0.0, description="mass of the elements taken up per mass of media")

    inlets: ClassVar = (Port("feed", "liquor"), Port("media", "alumina or resin", drawn=True))
    outlets: ClassVar = (Port("out", "treated liquor"), Port("spent", "loaded media"))
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"residual": {"F": 0.005, "P": 0.001}},
        "inlets": {
            "feed": {
                "flows": {
                    "H2O": 90.0,
                    "Na+": 1.0,
                    "Li+": 0.1,
                    "F-": 0.005,
                    "PO4-3": 0.001,
                    "H+": 0.001,
                    "SO4-2": 0.5465,
                },
                "temperature": 313.15,
            },
            "media": {"flows": {"Al2O3(s)": 9.8}},
        },
    }

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Uptake, media, neutralisation."""
        feed = inlets["feed"]
        volume = liquor_volume(feed, chemistry)
        ready, first = chemistry.canonical(feed)
        extents: dict[str, float] = {}
        splits: list[FixedSplit] = []
        taken = 0.0
        for element, residual in self.residual.items():
            ion, equation = _REACTIONS[element]
            amount = max(0.0, ready[ion] - residual * volume / atomic_mass(element))
            extents[equation] = amount
            taken += amount * atomic_mass(element)
            share = amount / ready[ion] if ready[ion] > 0.0 else 0.0
            splits.append(FixedSplit(f"uptake to {residual * 1e3:.4g} mg/L", ion, share, "spent"))
        mixed, last = chemistry.canonical(react(ready, extents, chemistry))
        loaded = mixed.where(lambda name: "[adsorbed]" in name)
        media = inlets["media"].at(feed.temperature).scaled(taken / self.capacity)
        return UnitResult(
            {"out": mixed.where(lambda name: name not in loaded.flows), "spent": media.plus(loaded)},
            {"media": taken / self.capacity},
            add_extents(first, extents, last),
            {"media_kg_s": taken / self.capacity, "taken_kg_s": taken},
            fixed_splits=tuple(splits),
        )
