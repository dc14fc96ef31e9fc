"""Cementation of copper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.stream import Stream, add_flows
from hydromet.units.base import FixedSplit, Inlets, Port, Unit, UnitResult
from hydromet.units.cementation import Metal, Powder, powder, removal_in
from hydromet.units.dosing import SOLUBLE, dissolved
from hydromet.units.fields import Concentration, Duration, Fraction, Length, Ratio, Temperature
from hydromet.units.heat import taken
from hydromet.units.vessel import add_extents, concentration, finish, liquor_volume, react

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry import Chemistry

_NAMES = {"Fe": "iron", "Ni": "nickel", "Co": "cobalt"}


class Cement(Unit):
    """Cementation of copper from an acid liquor with iron, nickel or cobalt powder.

    Assumptions:
        1. The powder first reduces Fe+3 completely, then copper, then other nobler metals to their shares (declared in
           ``others``, else those of the data). Nickel and cobalt powder bring no iron into the liquor.
        2. Copper falls to the declared removal or residual; or, with a ``residence_time``, as far as mass transfer to
           the powder that is left over takes it in well-mixed tanks, long before equilibrium.
        3. Of the powder left over the share ``corroded`` dissolves in acid and sets hydrogen free, as far as there is
           acid; the rest stays in the cement.
        4. Where given powder falls short it goes to Fe+3 first, then to copper.
        5. No air: iron stays +2. Soluble salts of the powder dissolve; its oxides stay with the cement.

    Ports: in ``feed``, ``iron`` (for nickel and cobalt its name is ``powder``; drawn if ``iron_ratio`` is set);
    out ``slurry`` (a filter follows), ``gas``.

    Equations: 2 Fe+3 + M = 2 Fe+2 + M+2; Cu+2 + M = Cu + M+2; M + 2 H+ = M+2 + H2, M = Fe, Ni, Co;
    powder drawn = ratio (n_Cu removed + n_Fe+3 / 2 + other metals), mol; with a residence time all the copper counts,
    X = 1 - (1 + k t / N)^-N, k = k_L 6 c / (rho d), c the powder left over.

    Validity: pH 1-3, 25-80 degC, up to a few g/L Cu. The rate is an estimate: a factor of 3 either way.

    Sources: 99 % removal with 1.3 x stoichiometric iron is the design value of a black-mass plant study; the corroded
    share, the minor metals and the rates are estimates (reactions/cementation.yaml). Shares are listed as fixed splits.
    """

    model: Literal["cement"] = "cement"
    metal: Metal = Field("Fe", description="of the powder")
    copper_removal: Fraction | None = Field(None, description="share of the dissolved copper to cement")
    residual_copper: Concentration | None = Field(None, description="copper left in the liquor, instead of a removal")
    residence_time: Duration | None = Field(None, gt=0.0, description="of all tanks, instead of a removal: predicts it")
    tanks: int = Field(1, ge=1, le=20, description="equal tanks in series, with a residence time")
    particle_size: Length = Field(5e-5, gt=0.0, description="diameter of the powder, with a residence time")
    iron_ratio: Ratio | None = Field(1.3, description="powder per stoichiometric need; none: it has a given flow")
    corroded: Fraction | None = Field(None, description="share of the excess that dissolves in acid; none: of the data")
    others: dict[str, Fraction] | None = Field(None, description="divalent ion -> share cemented; none: of the data")
    temperature: Temperature | None = Field(None, description="of the vessel; none: adiabatic")

    outlets: ClassVar = (Port("slurry", "liquor with cement copper"), Port("gas", "hydrogen and vapour"))
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"copper_removal": 0.99},
            "inlets": {
                "feed": {
                    "flows": {"H2O": 90.0, "Cu+2": 0.08, "Fe+3": 0.01, "Ni+2": 0.8, "H+": 0.4, "SO4-2": 1.095},
                    "temperature": 330.0,
                },
                "iron": {"flows": {"Fe(s)": 17.5, "C(s)": 0.5}},
            },
        },
        {
            "parameters": {
                "metal": "Ni",
                "residence_time": 7200.0,
                "tanks": 3,
                "iron_ratio": 2.0,
                "temperature": 343.15,
            },
            "inlets": {
                "feed": {
                    "flows": {"H2O": 90.0, "Cu+2": 0.02, "Fe+3": 0.002, "Ni+2": 0.8, "H+": 0.05, "SO4-2": 0.848},
                    "temperature": 330.0,
                },
                "powder": {"flows": {"Ni(s)": 17.0}},
            },
        },
    )

    @model_validator(mode="after")
    def _one_aim(self) -> Self:
        aims = [
            name for name in ("copper_removal", "residual_copper", "residence_time") if getattr(self, name) is not None
        ]
        if len(aims) != 1:
            raise UnitError(
                "E806",
                read=" and ".join(aims) or "none of copper_removal, residual_copper, residence_time",
                expected="one of copper_removal, residual_copper, residence_time",
                write="copper_removal: 99 %",
            )
        nobler = {"Cu+2", *powder(self.metal).displaces}
        for ion in self.others or {}:
            if ion not in nobler:
                expected = f"ions nobler than {self.metal}: {', '.join(sorted(nobler))}"
                raise UnitError("E820", read=f"others: {ion}", expected=expected, write="others: {Pb+2: 30 %}")
        return self

    def inlet_ports(self) -> tuple[Port, ...]:
        """The powder is drawn where its ratio is set."""
        drawn = self.iron_ratio is not None
        return Port("feed", "acid liquor with copper"), Port(self._port(), "powder of the metal", drawn=drawn)

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Dose, reactions, temperature."""
        feed, metal = inlets["feed"], inlets[self._port()]
        kind = powder(self.metal)
        shares = kind.displaces if self.others is None else self.others
        beside = {kind.displaced(ion): share * feed[ion] for ion, share in shares.items()}
        fixed = 0.5 * feed["Fe+3"] + sum(beside.values())
        removal = self._removal(feed, chemistry)
        drawn = {}
        if self.iron_ratio is not None:
            need = fixed + (1.0 if removal is None else removal) * feed["Cu+2"]
            drawn[self._port()] = self.iron_ratio * need / metal[kind.solid] if metal[kind.solid] > 0.0 else 0.0
            metal = metal.scaled(drawn[self._port()])
        if removal is None:
            removal = self._predicted(feed, metal[kind.solid], fixed, kind, chemistry)
        copper = {kind.displaced("Cu+2"): removal * feed["Cu+2"]}
        extents = self._extents(feed, metal[kind.solid], {**copper, **beside}, kind)
        ready, release = dissolved(metal, chemistry, SOLUBLE)
        mixed, first = chemistry.canonical(Stream(add_flows([feed, ready]), feed.temperature, feed.pressure))
        slurry, gas, vapour = finish(
            react(mixed, extents, chemistry), taken(inlets, drawn).values(), self.temperature, chemistry
        )
        done = extents.get(kind.displaced("Cu+2"), 0.0) / feed["Cu+2"] if feed["Cu+2"] else 0.0
        per_copper = metal.mass() / (done * feed["Cu+2"] * species("Cu+2").molar_mass) if done else 0.0
        return UnitResult(
            {"slurry": slurry, "gas": gas},
            drawn,
            add_extents(release, first, extents, vapour),
            {
                "copper_removal": done,
                "residual_copper_g_L": concentration(slurry, "Cu", chemistry),
                f"{_NAMES[self.metal]}_kg_per_kg_copper": per_copper,
            },
            fixed_splits=self._splits(feed, removal, shares, kind),
        )

    def sources_used(self) -> list[dict[str, Any]]:
        """Rate and minor metals with their sources."""
        return powder(self.metal).sources()

    def _port(self) -> str:
        return "iron" if self.metal == "Fe" else "powder"

    def _splits(
        self, feed: Stream, removal: float, shares: Mapping[str, float], kind: Powder
    ) -> tuple[FixedSplit, ...]:
        splits = [FixedSplit("corrosion", kind.solid, self._corroded(kind), "slurry")]
        if self.residence_time is None:
            splits.insert(0, FixedSplit("cementation", "Cu+2", removal, "slurry"))
        return (*splits, *(FixedSplit("cementation", ion, x, "slurry") for ion, x in shares.items() if feed[ion]))

    def _corroded(self, kind: Powder) -> float:
        return kind.corroded if self.corroded is None else self.corroded

    def _removal(self, feed: Stream, chemistry: Chemistry) -> float | None:
        """Share to cement that is declared; None where it is predicted."""
        if self.residual_copper is None:
            return self.copper_removal
        copper = concentration(feed, "Cu", chemistry)
        return max(0.0, 1.0 - self.residual_copper / copper) if copper > 0.0 and liquor_volume(feed, chemistry) else 0.0

    def _predicted(self, feed: Stream, metal: float, fixed: float, kind: Powder, chemistry: Chemistry) -> float:
        """Share that mass transfer to the powder left over takes in the residence time."""
        volume = liquor_volume(feed, chemistry)
        if volume <= 0.0 or self.residence_time is None:
            return 0.0
        mass = species(kind.solid).molar_mass / volume
        at = self.temperature or feed.temperature

        def constant(share: float) -> float:
            left = max(metal - fixed - share * feed["Cu+2"], 0.0)
            return kind.constant(left * mass, self.particle_size, at)

        return removal_in(self.residence_time, self.tanks, constant)

    def _extents(self, feed: Stream, metal: float, wanted: dict[str, float], kind: Powder) -> dict[str, float]:
        """The powder goes to Fe+3, copper and the others in this order; what is left corrodes in part."""
        found: dict[str, float] = {}
        for equation, extent in {kind.ferric(): 0.5 * feed["Fe+3"], **wanted}.items():
            found[equation] = min(extent, metal)
            metal -= found[equation]
        found[kind.hydrogen()] = min(self._corroded(kind) * metal, 0.5 * feed["H+"])
        return found
