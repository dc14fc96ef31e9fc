"""Crystalliser with centrifuge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.base import Energy, FixedSplit, Inlets, UnitResult
from hydromet.units.centrifuge import Cake, Spin, spin
from hydromet.units.crystal_uptake import formation, inclusion, partitions, uptake
from hydromet.units.crystallising import Crystallising
from hydromet.units.heat import vessel_energy
from hydromet.units.magma import magma
from hydromet.units.removal import Concentrated, flash, remove_share, remove_water_until
from hydromet.units.vessel import add_extents, blend

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class Crystallise(Crystallising):
    """Evaporative, cooling or vacuum crystalliser of one sulfate with its centrifuge, wash and bleed.

    Assumptions:
        1. Mixed suspension: crystals leave at equilibrium with a liquor of one composition at the declared
           temperature (no supersaturation left). Of ``salt`` and ``hydrates`` the stable ones form.
        2. Evaporative: one of ``water_removed``, ``crystal_yield``, ``slurry_density`` fixes the water evaporated.
           Cooling: none is. Vacuum: the feed flashes adiabatically to the temperature.
        3. Ions that fit the lattice are taken up by the homogeneous partition law; the others only with the liquor
           enclosed in the crystals and left between them. Substitution does not move the solubility of the host.
        4. The wash displaces cake liquor and dissolves crystals towards saturation. Spent wash joins the mother liquor.
        5. No mother liquor is recycled inside: ``mother_liquor`` returns through the flowsheet, which converges it
           with everything else; ``bleed`` is the exit of what the crystals do not take.
        6. Crystals grow at one rate whatever their size, nuclei form at size zero by secondary nucleation, nothing
           agglomerates or breaks. Growth is fast enough to leave the liquor at equilibrium; the supersaturation that
           it takes is reported, not subtracted from the yield. Seed is milled product; fines dissolve inside. Neither
           shows in the balance. In a batch nuclei form at a constant rate; its idle times are not counted.
        7. Entrained organic goes with the liquor, but for a declared share that sticks to the crystals (none unless
           declared; no wash removes it).

    Ports: in ``liquor``, ``wash`` (drawn, only with ``wash_ratio``); out ``crystals`` (wet), ``mother_liquor``,
    ``bleed``, ``condensate``.

    Equations: SI(salt) = 0; x_c / n_c = D x_l / n_l for each ion of the uptake data; cake liquor
    min(m_l, m_s w / (1 - w)), share left after the wash (1 - E)^(wash / cake liquor), enclosed liquor i m_s.
    Size: G dn/dL = -w(L) n / t, n(0) = B / G, B = k_b G^i M_T^j with the mass that crystallises: L50 = 3.672 G t,
    (L84 - L16) / (2 L50) = 0.52 without fines removal, classification and seed. w goes with size^-0.5, i with G.

    Validity: that of the activity model and the uptake data (10-85 degC). Most nucleation constants are estimated from
    the sizes of plants: trust the trend with time, seed and classification before the size itself.

    Sources: data/solubility/crystal_uptake.yaml and crystal_kinetics.csv with the grade of each value; hydrate
    solubility: the engine's; population balance: Randolph and Larson, Theory of Particulate Processes (recalled).
    """

    model: Literal["crystallise"] = "crystallise"
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {
                "temperature": 318.15,
                "salt": "NiSO4:6H2O(s)",
                "crystal_yield": 0.6,
                "wash_ratio": 0.1,
                "arrangement": "mvr",
            },
            "inlets": {
                "liquor": {
                    "flows": {"H2O": 50.0, "Ni+2": 1.6, "Co+2": 0.004, "Mg+2": 0.01, "H+": 0.2, "SO4-2": 1.714},
                    "temperature": 313.15,
                },
                "wash": {"flows": {"H2O": 55.5}, "temperature": 298.15},
            },
        },
        {
            "parameters": {"temperature": 293.15, "salt": "CoSO4:7H2O(s)", "operation": "cooling"},
            "inlets": {
                "liquor": {"flows": {"H2O": 50.0, "Co+2": 3.0, "Ni+2": 0.02, "SO4-2": 3.02}, "temperature": 333.15}
            },
        },
        {
            "parameters": {
                "temperature": 363.15, "salt": "MnSO4:H2O(s)", "slurry_density": 0.2, "residence_time": 7200.0,
                "fines_size": 5e-5, "fines_ratio": 4.0, "product_size": 3e-4, "product_ratio": 2.0, "seed_ratio": 0.02,
            },
            "inlets": {
                "liquor": {"flows": {"H2O": 50.0, "Mn+2": 2.5, "Zn+2": 0.01, "SO4-2": 2.51}, "temperature": 333.15}
            },
        },
        {
            "parameters": {
                "temperature": 283.15, "salt": "Na2SO4:10H2O(s)", "operation": "cooling", "batch": True,
                "seed_ratio": 0.05, "seed_size": 2e-4,
            },
            "inlets": {
                "liquor": {"flows": {"H2O": 50.0, "Na+": 3.0, "Li+": 0.5, "SO4-2": 1.75}, "temperature": 313.15}
            },
        },
    )  # fmt: skip

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Crystallise, take impurities up, centrifuge, wash, bleed."""
        feed, first = blend([inlets["liquor"]], chemistry)
        state = self._state(feed, chemistry)
        slurry, taken = uptake(feed, state.stream, (self.salt, *self.hydrates), chemistry)
        elevation = self.elevation(state)
        condensate, share = self.condense(slurry.part("aq"), state.water, elevation, feed.temperature)
        left = slurry.with_flows(
            {n: f if species(n).phase != "aq" else f * (1.0 - share) for n, f in slurry.flows.items()}
        )
        held = magma(left, (self.salt, *self.hydrates), self.setting(), chemistry)
        dose = (self.wash_ratio or 0.0) * left.part("s").mass()
        wash = inlets["wash"].scaled(dose) if dose else Stream()
        how = Spin(held.moisture, held.enclosed, self.wash_efficiency, self.wash_saturation)
        soluble = (self.salt, *self.hydrates, *(row.crystal for row in partitions(self.salt)))
        oil = left.part("org").scaled(self.oil_to_crystals if left.part("s").flows else 0.0)
        rest = left.with_flows({n: f - oil[n] for n, f in left.flows.items()}) if oil.flows else left
        cake = spin(rest, soluble, wash, how, chemistry)
        return UnitResult(
            {
                "crystals": held.sized(cake.crystals.plus(oil)),
                "mother_liquor": cake.liquor.scaled(1.0 - self.bleed),
                "bleed": cake.liquor.scaled(self.bleed),
                "condensate": condensate,
            },
            drawn={"wash": dose} if self.wash_ratio else {},
            extents=add_extents(first, state.extents, taken, cake.extents),
            values={**self._values(feed, left, state, cake, elevation), **held.values},
            fixed_splits=(
                self.droplets(),
                FixedSplit("liquor enclosed in crystals", "aq", held.enclosed, "crystals", inclusion(self.salt)[1]),
                *([FixedSplit("oil on the crystals", "org", self.oil_to_crystals, "crystals")] if oil.flows else []),
            ),
            notices=(*self.remarks(feed, left, cake.dissolved, held), *self.beyond(state), *self.short(state)),
        )

    def energy(self, inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
        """Heat of evaporation by the declared arrangement; a flash needs cooling water only."""
        if self.operation == "vacuum":
            return vessel_energy(inlets, result, chemistry)
        return super().energy(inlets, result, chemistry)

    def _state(self, feed: Stream, chemistry: Chemistry) -> Concentrated:
        """Liquor and crystals of the host after the declared operation."""
        solids = (self.salt, *self.hydrates)
        if self.operation == "cooling" or self.water_removed is not None:
            return remove_share(feed, self.water_removed or 0.0, self.temperature, solids, chemistry)
        if self.operation == "vacuum":
            return flash(feed, self.temperature, solids, chemistry)
        ion = formation(self.salt)[1]
        total = feed[ion]

        def miss(state: Concentrated) -> float:
            if self.crystal_yield is not None:
                return (1.0 - state.stream[ion] / total) / self.crystal_yield - 1.0 if total > 0.0 else 0.0
            return state.stream.part("s").mass() / state.stream.mass() / (self.slurry_density or 1.0) - 1.0

        return remove_water_until(feed, miss, 0.6, self.temperature, solids, chemistry)

    def _values(
        self, feed: Stream, slurry: Stream, state: Concentrated, cake: Cake, elevation: float
    ) -> dict[str, float]:
        ion = formation(self.salt)[1]
        made = sum(slurry[name] for name in (self.salt, *self.hydrates))
        return {
            **self.boiling(state, elevation),
            "crystal_yield_fraction": 1.0 - state.stream[ion] / feed[ion] if feed[ion] > 0.0 else 0.0,
            "slurry_density_kg_kg": slurry.part("s").mass() / slurry.mass() if slurry.flows else 0.0,
            "crystals_mol_s": made,
            "dissolved_by_wash_fraction": cake.dissolved,
            "cake_liquor_left_by_wash_fraction": cake.remaining,
        }
