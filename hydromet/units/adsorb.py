"""Adsorption of residual fluoride, phosphate or silica on alumina or a resin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from hydromet.errors import UnitError
from hydromet.species import atomic_mass
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.fields import Concentration, MassRatio
from hydromet.units.fluoride_media import Uptake, medium, sources, uptake
from hydromet.units.vessel import add_extents, liquor_volume, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

# Ion and exchange reaction of each element: ligand exchange with the hydroxyl of the surface.
_REACTIONS = {
    "F": ("F-", "F- + H2O = HF[adsorbed](s) + OH-"),
    "P": ("PO4-3", "PO4-3 + 3 H2O = H3PO4[adsorbed](s) + 3 OH-"),
    "Si": ("H4SiO4", "H4SiO4 = H4SiO4[adsorbed](s)"),
}


class Adsorb(Unit):
    """Fixed bed of activated alumina or a selective resin for residual fluoride, phosphate or silica.

    Assumptions:
        1. Fluoride with a ``medium`` of the data is predicted: what aluminium holds as AlF complexes passes, of the
           rest a leak (all of it far outside the window of pH). The medium is changed at a share of its loading in
           equilibrium with the feed (Langmuir, with sulfate in competition and a window of pH).
        2. Without a medium, and for phosphate and silica, the residual is declared and listed as a fixed split. Where
           the feed holds less, nothing is taken.
        3. Anions are taken by ligand exchange: the surface gives OH- for them, so the pH of the liquor rises; the
           isotherm takes the pH of the feed.
        4. What has a declared residual uses up media by the declared capacity; spent media leave as a solid without
           liquor, they are not regenerated.

    Ports: in ``feed``, ``media`` (drawn); out ``out``, ``spent``.

    Equations: F- + H2O = HF[adsorbed] + OH-; q = q_m b c / (1 + b c + s / s_h) w(pH);
    media = fluoride taken / (use q) + other mass taken / capacity.

    Validity: alumina takes fluoride best at pH 5-7, to about 1-5 mg/L (recalled, water treatment); loadings are good to
    a factor of 2.

    Sources: declared; reactions/adsorption.yaml.
    """

    model: Literal["adsorb"] = "adsorb"
    residual: dict[Literal["F", "P", "Si"], Concentration] = Field(
        {}, description="element -> content of the treated liquor"
    )
    medium: str | None = Field(None, description="data/reactions/adsorption.yaml; predicts the fluoride left")
    capacity: MassRatio = Field(0.003, gt=0.0, description="mass of the elements taken up per mass of media")

    inlets: ClassVar = (Port("feed", "liquor"), Port("media", "alumina or resin", drawn=True))
    outlets: ClassVar = (Port("out", "treated liquor"), Port("spent", "loaded media"))
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
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
        },
        {
            "parameters": {"medium": "activated_alumina", "residual": {"P": 0.001}},
            "inlets": {
                "feed": {
                    "flows": {
                        "H2O": 90.0,
                        "Na+": 1.0,
                        "Li+": 0.4,
                        "F-": 0.004,
                        "Al+3": 1e-4,
                        "PO4-3": 1e-4,
                        "H+": 3e-4,
                        "SO4-2": 0.698,
                    },
                    "temperature": 313.15,
                },
                "media": {"flows": {"Al2O3(s)": 9.8}},
            },
        },
    )

    @field_validator("medium")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None:
            medium(value)
        return value

    @model_validator(mode="after")
    def _one_aim(self) -> Self:
        if (self.medium and "F" in self.residual) or not (self.medium or self.residual):
            read = "a medium and a residual of F" if self.medium else "neither residual nor medium"
            raise UnitError("E827", read=read, expected="one of the two for F", write="medium: activated_alumina")
        return self

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
        dose, values = taken / self.capacity, dict[str, float]()
        notices: tuple[Notice, ...] = ()
        if self.medium is not None:
            bed = uptake(self.medium, ready, chemistry)
            extents[_REACTIONS["F"][1]] = bed.taken
            mass = bed.taken * atomic_mass("F")
            taken += mass
            dose += mass / bed.loading if mass > 0.0 else 0.0
            values, notices = self._predicted(bed, ready, volume)
        mixed, last = chemistry.canonical(react(ready, extents, chemistry))
        loaded = mixed.where(lambda name: "[adsorbed]" in name)
        media = inlets["media"].at(feed.temperature).scaled(dose)
        return UnitResult(
            {"out": mixed.where(lambda name: name not in loaded.flows), "spent": media.plus(loaded)},
            {"media": dose},
            add_extents(first, extents, last),
            {"media_kg_s": dose, "taken_kg_s": taken, **values},
            fixed_splits=tuple(splits),
            notices=notices,
        )

    def sources_used(self) -> list[dict[str, Any]]:
        """The isotherm of the medium with its sources."""
        return sources(self.medium) if self.medium is not None else []

    def _predicted(self, bed: Uptake, ready: Stream, volume: float) -> tuple[dict[str, float], tuple[Notice, ...]]:
        """Figures of the predicted uptake, and the notice that aluminium holds most of what is left."""
        left = ready["F-"] - bed.taken
        residual = left * atomic_mass("F") / volume if volume > 0.0 else 0.0
        values = {"residual_F_g_L": residual, "loading_kg_kg": bed.loading, "fluoride_bound_to_aluminium": bed.bound}
        if bed.bound * ready["F-"] <= 0.5 * left or left <= 0.0:
            return values, ()
        text = f"{bed.bound * ready['F-'] / left:.0%} of the {1e3 * residual:.3g} mg/L fluoride left"
        return values, (Notice("W829", text),)
