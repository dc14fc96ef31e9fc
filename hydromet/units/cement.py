"""Cementation of copper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.stream import Stream, add_flows
from hydromet.units.base import FixedSplit, Inlets, Port, Unit, UnitResult
from hydromet.units.dosing import SOLUBLE, dissolved
from hydromet.units.fields import Concentration, Fraction, Ratio, Temperature
from hydromet.units.heat import taken
from hydromet.units.vessel import add_extents, concentration, finish, liquor_volume, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

_FERRIC = "2 Fe+3 + Fe(s) = 3 Fe+2"
_HYDROGEN = "Fe(s) + 2 H+ = Fe+2 + H2(g)"
_COPPER = "Cu+2 + Fe(s) = Cu(s) + Fe+2"


class Cement(Unit):
    """Cementation of copper from an acid liquor with iron powder.

    Assumptions:
        1. Iron first reduces Fe+3 completely, then copper to the declared removal or residual (mass transfer to the
           powder ends it long before equilibrium), then other metals to their declared shares.
        2. Of the iron left over the share ``corroded`` dissolves in acid and sets hydrogen free, as far as there is
           acid; the rest stays in the cement.
        3. Where given iron falls short it goes to Fe+3 first, then to copper.
        4. No air: iron stays +2. Soluble salts of the powder dissolve; its oxides stay with the cement.

    Ports: in ``feed``, ``iron`` (drawn if ``iron_ratio`` is set); out ``slurry`` (a filter follows), ``gas``.

    Equations: 2 Fe+3 + Fe = 3 Fe+2; Cu+2 + Fe = Cu + Fe+2; Fe + 2 H+ = Fe+2 + H2;
    iron drawn = ratio (n_Cu removed + n_Fe+3 / 2 + other metals), mol.

    Validity: pH 1-3, 25-70 degC, up to a few g/L Cu.

    Sources: 99 % removal with 1.3 x stoichiometric iron is the design value of a black-mass plant study; the corroded
    share and the minor metals are estimates. All are listed as fixed splits.
    """

    model: Literal["cement"] = "cement"
    copper_removal: Fraction | None = Field(None, description="share of the dissolved copper to cement")
    residual_copper: Concentration | None = Field(None, description="copper left in the liquor, instead of a removal")
    iron_ratio: Ratio | None = Field(1.3, description="iron per stoichiometric need; none: the iron has a given flow")
    corroded: Fraction = Field(0.5, description="share of the excess iron that dissolves in acid with hydrogen")
    others: dict[str, Fraction] = Field(
        {"Pb+2": 0.5, "Ni+2": 0.002, "Co+2": 0.002}, description="divalent ion -> share cemented beside copper"
    )
    temperature: Temperature | None = Field(None, description="of the vessel; none: adiabatic")

    outlets: ClassVar = (Port("slurry", "liquor with cement copper"), Port("gas", "hydrogen and vapour"))
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"copper_removal": 0.99},
        "inlets": {
            "feed": {
                "flows": {"H2O": 90.0, "Cu+2": 0.08, "Fe+3": 0.01, "Ni+2": 0.8, "H+": 0.4, "SO4-2": 1.095},
                "temperature": 330.0,
            },
            "iron": {"flows": {"Fe(s)": 17.5, "C(s)": 0.5}},
        },
    }

    @model_validator(mode="after")
    def _one_aim(self) -> Self:
        if (self.copper_removal is None) == (self.residual_copper is None):
            raise UnitError(
                "E806",
                read="both or neither of copper_removal and residual_copper",
                expected="one of the two",
                write="copper_removal: 99 %",
            )
        return self

    def inlet_ports(self) -> tuple[Port, ...]:
        """Iron is drawn where its ratio is set."""
        drawn = self.iron_ratio is not None
        return Port("feed", "acid liquor with copper"), Port("iron", "iron powder", drawn=drawn)

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Iron dose, reactions, temperature."""
        feed, powder = inlets["feed"], inlets["iron"]
        removal = self._removal(feed, chemistry)
        wanted = {_COPPER: removal * feed["Cu+2"]}
        wanted |= {_displaced(ion): share * feed[ion] for ion, share in self.others.items()}
        need = 0.5 * feed["Fe+3"] + sum(wanted.values())
        drawn = {}
        if self.iron_ratio is not None:
            drawn["iron"] = self.iron_ratio * need / powder["Fe(s)"] if powder["Fe(s)"] > 0.0 else 0.0
            powder = powder.scaled(drawn["iron"])
        extents = self._extents(feed, powder["Fe(s)"], wanted)
        ready, release = dissolved(powder, chemistry, SOLUBLE)
        mixed, first = chemistry.canonical(Stream(add_flows([feed, ready]), feed.temperature, feed.pressure))
        slurry, gas, vapour = finish(
            react(mixed, extents, chemistry), taken(inlets, drawn).values(), self.temperature, chemistry
        )
        done = extents.get(_COPPER, 0.0) / feed["Cu+2"] if feed["Cu+2"] else 0.0
        splits = [
            FixedSplit("cementation", "Cu+2", removal, "slurry"),
            FixedSplit("corrosion", "Fe(s)", self.corroded, "slurry"),
        ]
        splits += [FixedSplit("cementation", ion, share, "slurry") for ion, share in self.others.items() if feed[ion]]
        return UnitResult(
            {"slurry": slurry, "gas": gas},
            drawn,
            add_extents(release, first, extents, vapour),
            {
                "copper_removal": done,
                "residual_copper_g_L": concentration(slurry, "Cu", chemistry),
                "iron_kg_per_kg_copper": powder.mass() / (done * feed["Cu+2"] * 0.063546) if done else 0.0,
            },
            fixed_splits=tuple(splits),
        )

    def _removal(self, feed: Stream, chemistry: Chemistry) -> float:
        if self.residual_copper is None:
            return self.copper_removal or 0.0
        copper = concentration(feed, "Cu", chemistry)
        return max(0.0, 1.0 - self.residual_copper / copper) if copper > 0.0 and liquor_volume(feed, chemistry) else 0.0

    def _extents(self, feed: Stream, iron: float, wanted: dict[str, float]) -> dict[str, float]:
        """Iron goes to Fe+3, copper and the others in this order; what is left corrodes in part."""
        found: dict[str, float] = {}
        for equation, extent in {_FERRIC: 0.5 * feed["Fe+3"], **wanted}.items():
            found[equation] = min(extent, iron)
            iron -= found[equation]
        found[_HYDROGEN] = min(self.corroded * iron, 0.5 * feed["H+"])
        return found


def _displaced(ion: str) -> str:
    return f"{ion} + Fe(s) = {ion.removesuffix('+2')}(s) + Fe+2"
