"""Stripping of a loaded organic with sulfuric acid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.chemistry.extraction.contact import Dose, Feed, Outcome
from hydromet.chemistry.extraction.extractants import load_extractant, organic_id
from hydromet.chemistry.physical.volume import volume as stream_volume
from hydromet.errors import ExtractionError
from hydromet.species import species
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, UnitResult
from hydromet.units.cascade import CascadeUnit, displaced, specific_volume, water_for
from hydromet.units.fields import Concentration, Ratio
from hydromet.units.vessel import ACID_EQUIVALENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydromet.chemistry import Chemistry
    from hydromet.chemistry.extraction.extractants import Extractant
    from hydromet.stream import Stream


# Organic over aqueous by volume that no concentration is worth.
_DRIEST = 1000.0


class Strip(CascadeUnit):
    """Counter-current stripping with drawn acid and water: the strip liquor meets a metal concentration.

    Assumptions:
        1. As in ``extract``: equilibrium stages, the pH is a result. Acid and water enter stage 1, where the stripped
           organic leaves; the loaded organic enters stage N, where the strip liquor leaves.
        2. Acid is drawn as ``acid_ratio`` times the equivalents of the metals on the organic that can be stripped, or
           so that the strip liquor ends with ``free_acid``.
        3. Water is drawn so that the strip liquor holds ``concentration`` of ``metal``, or to the ratio ``O_A``; with
           neither the aqueous flow is given. A concentration the metal on the organic does not suffice for is not met:
           water is drawn all the same so that the acid entering stays at ``strongest_acid`` (W613).
        4. Fe(III), and on D2EHPA and PC-88A also Al, come off slowly with sulfuric acid: their stage efficiency is a
           value of data/extractants, listed as a fixed split. Iron needs ``regenerate``.
        5. Gypsum or whatever is named in ``crud_solids`` precipitates from the strip liquor after the last stage and
           leaves with the crud; the stages themselves stay supersaturated (W604).

    Ports: in ``organic``, ``acid`` (drawn), ``water`` (drawn if a concentration or O/A is set), ``aqueous`` (optional:
    recycled liquor), a port for every entry of ``sides``; out ``organic`` (stripped), ``strip_liquor``, ``crud`` (if
    declared).

    Equations: as ``extract``, run backwards: MRn(org) + n H+ = M+n + n RH(org).

    Validity: as ``extract``; acid up to the range of the aqueous engine.

    Sources: data/extractants; strip acid 100-220 g/L H2SO4, 2-4 stages (practice, recalled).
    """

    model: Literal["strip"] = "strip"
    acid_ratio: Ratio | None = Field(None, gt=0.0, description="acid per equivalent of strippable metal, 1.1 is usual")
    free_acid: Concentration | None = Field(
        None, description="H2SO4 left free in the strip liquor, instead of acid_ratio"
    )
    metal: str | None = Field(None, description="ion whose concentration in the strip liquor is set", examples=["Co+2"])
    concentration: Concentration | None = Field(None, gt=0.0, description="of that metal in the strip liquor")
    O_A: Ratio | None = Field(None, gt=0.0, description="organic over aqueous by volume, instead of a concentration")
    strongest_acid: Concentration = Field(
        450.0, gt=0.0, description="H2SO4 entering stage 1 at most; where the metal does not suffice water is drawn"
    )

    outlets: ClassVar = (Port("organic", "stripped organic"), Port("strip_liquor", "product liquor"))
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {
                "extractant": "cyanex272", "stages": 3, "acid_ratio": 1.1, "metal": "Co+2", "concentration": 90.0,
            },
            "inlets": {
                "organic": {
                    "flows": {
                        "H(Cyanex272)(org)": 0.5, "Co(Cyanex272)2(org)": 0.14, "Fe(Cyanex272)3(org)": 1e-4,
                        "Diluent(org)": 3.4, "H2O": 0.01,
                    },
                },
                "acid": {"flows": {"H2SO4(l)": 10.0, "H2O": 1.1}},
                "water": {"flows": {"H2O": 55.5}},
            },
        },
        {
            "parameters": {"extractant": "d2ehpa", "stages": 2, "free_acid": 20.0, "O_A": 8.0},
            "inlets": {
                "organic": {"flows": {"H(D2EHPA)(org)": 0.4, "Mn(D2EHPA)2(org)": 0.1, "Diluent(org)": 3.0}},
                "acid": {"flows": {"H2SO4(l)": 10.0, "H2O": 1.1}},
                "water": {"flows": {"H2O": 55.5}},
            },
        },
    )  # fmt: skip

    @model_validator(mode="after")
    def _specified(self) -> Self:
        if (self.acid_ratio is None) == (self.free_acid is None):
            raise ExtractionError(
                "E607",
                read="both or neither of acid_ratio and free_acid",
                expected="one of the two",
                write="acid_ratio: 1.1",
            )
        if (self.metal is None) != (self.concentration is None):
            raise ExtractionError(
                "E608",
                read="one of metal and concentration",
                expected="both, or none of them",
                write="metal: Co+2\n    concentration: 90 g/L",
            )
        if self.O_A is not None and self.metal is not None:
            raise ExtractionError("E608", read="concentration and O_A", expected="one of the two", write="O_A: 8")
        known = load_extractant(self.extractant).metals
        if self.metal is not None and self.metal not in known:
            raise ExtractionError(
                "E609", read=f"metal: {self.metal}", expected=f"one of {', '.join(known)}", write="metal: Co+2"
            )
        return self

    def _draws_water(self) -> bool:
        return self.O_A is not None or self.metal is not None

    def own_ports(self) -> tuple[Port, ...]:
        """Water is drawn where a concentration or O/A is set."""
        drawn = self._draws_water()
        return (
            Port("organic", "loaded organic, enters stage N"),
            Port("acid", "sulfuric acid, enters stage 1", drawn=True),
            Port("water", "enters stage 1", required=drawn, drawn=drawn),
            Port("aqueous", "recycled liquor, enters stage 1", required=False),
        )

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Cascade with the acid and water that meet the specification."""
        extractant = load_extractant(self.extractant)
        slow = {ion: m.sulfate_strip for ion, m in extractant.metals.items() if m.sulfate_strip < 1.0}
        slow = {ion: e for ion, e in slow.items() if inlets["organic"][organic_id(ion, extractant.symbol)] > 0.0}
        feeds = [Feed(self.stages - 1, inlets["organic"])]
        feeds += [Feed(0, inlets["aqueous"])] if "aqueous" in inlets else []
        feeds += self.side_feeds(inlets)
        acid = self._acid(inlets, slow)
        doses = [Dose(0, inlets["acid"], acid)]
        if self._draws_water():
            doses.append(Dose(0, inlets["water"], self._water(inlets, extractant, acid)))
        elif "water" in inlets:
            feeds.append(Feed(0, inlets["water"]))
        done = self.run(feeds, doses=doses, slow=slow)
        drawn = {"acid": done.doses[0]}
        notices = []
        if self._draws_water():
            drawn["water"] = done.doses[1]
            if done.outcome is not None:
                notices += self._short_of_water(done.outcome, inlets)
        splits = [FixedSplit("slow stripping, stage efficiency", ion, e, "strip_liquor") for ion, e in slow.items()]
        values = displaced(inlets["organic"], done.organic, self.extractant, "stripped")
        if done.outcome is not None:
            values |= self._liquor_values(done.outcome)
        outlets = {"organic": done.organic, "strip_liquor": done.raffinate}
        return self.report(done, outlets, drawn, chemistry, splits=splits, extra=notices, values=values)

    def _acid(self, inlets: Inlets, slow: dict[str, float]) -> Callable[[Outcome | None], float]:
        """Acid in kg/s: from the equivalents on the organic, or stripped plus free in the liquor."""
        strength = _acid_strength(inlets["acid"])
        extractant = load_extractant(self.extractant)
        loaded = sum(m.charge * inlets["organic"][m.organic] for ion, m in extractant.metals.items() if ion not in slow)
        given = _acid_strength(inlets["aqueous"]) if "aqueous" in inlets else 0.0

        if strength <= 0.0:
            raise ExtractionError(
                "E611",
                read=f"acid: {', '.join(inlets['acid'].flows) or 'nothing'}",
                expected="sulfuric acid",
                write="acid: sulfuric_acid",
            )

        def needed(outcome: Outcome | None) -> float:
            if self.free_acid is None or outcome is None:
                return max((self.acid_ratio or 1.2) * loaded - given, 0.0) / strength
            wanted = self.free_acid * ACID_EQUIVALENT * float(outcome.volume_aq[-1])
            return outcome.doses[0] + (wanted - outcome.acid) / strength

        return needed

    def _water(
        self, inlets: Inlets, extractant: Extractant, acid: Callable[[Outcome | None], float]
    ) -> Callable[[Outcome | None], float]:
        """Water in kg/s: to the concentration of the metal, or to O/A."""
        water = inlets["water"]
        if self.O_A is not None:
            return water_for(self.O_A, water, 1, inlets)
        least = self._least_water(inlets)
        mass, per_kg = species(self.metal or "").molar_mass, specific_volume(water)
        loaded = inlets["organic"][organic_id(self.metal or "", extractant.symbol)]
        first = loaded * mass / (self.concentration or 1.0) / per_kg

        def needed(outcome: Outcome | None) -> float:
            if outcome is None:
                return max(first, least(acid(None)))
            column = outcome.ions.index(self.metal) if self.metal in outcome.ions else -1
            volume = outcome.aqueous[-1, column] * mass / (self.concentration or 1.0) if column >= 0 else 0.0
            wanted = outcome.doses[1] + (float(volume) - float(outcome.volume_aq[-1])) / per_kg
            return max(wanted, least(acid(outcome)))

        return needed

    def _least_water(self, inlets: Inlets) -> Callable[[float], float]:
        """Acid in kg/s -> water in kg/s for at most ``strongest_acid`` entering stage 1, and a wet organic."""
        per_unit = _acid_strength(inlets["acid"]) / ACID_EQUIVALENT / self.strongest_acid
        other = [*(inlets[name] for name in ("aqueous",) if name in inlets)]
        there = sum(specific_volume(stream) for stream in other if stream["H2O"] > 0.0)
        per_kg = specific_volume(inlets["water"])
        wet = stream_volume(inlets["organic"], "org") / _DRIEST
        return lambda acid: max(acid * per_unit - there, wet - there, 0.0) / per_kg

    def _short_of_water(self, outcome: Outcome, inlets: Inlets) -> list[Notice]:
        """The liquor is weaker than asked for: without any water, or with what keeps the acid in range."""
        acid, water = outcome.doses
        if water == 0.0:
            return [Notice("W607", f"no strip water is needed: {self._found(outcome)}")]
        if self.metal is None or water > self._least_water(inlets)(acid) * (1.0 + 1e-9):
            return []
        text = f"water for acid of {self.strongest_acid:g} g/L at most and O/A {_DRIEST:g}: {self._found(outcome)}"
        return [Notice("W613", text)]

    def _found(self, outcome: Outcome) -> str:
        values = self._liquor_values(outcome)
        if self.metal is None:
            return "O/A is below without"
        return f"the liquor holds {values.get('liquor_g_L', 0.0):.3g} g/L of {self.metal}"

    def _liquor_values(self, outcome: Outcome) -> dict[str, float]:
        if self.metal is None or self.metal not in outcome.ions:
            return {}
        amount = float(outcome.aqueous[-1, outcome.ions.index(self.metal)])
        return {"liquor_g_L": amount * species(self.metal).molar_mass / float(outcome.volume_aq[-1])}


def _acid_strength(acid: Stream) -> float:
    """Equivalents of acid in a stream, mol/s."""
    return 2.0 * acid["H2SO4(l)"] + acid["H+"] - acid["OH-"]
