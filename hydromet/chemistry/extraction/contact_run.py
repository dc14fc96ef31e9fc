"""The passes of a contact: the cascade kernel and the aqueous engine in turn until they agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.canonical import totals_of
from hydromet.chemistry.extraction.conditional import Constants, Liquors
from hydromet.chemistry.extraction.contact_inventory import LITRE
from hydromet.chemistry.extraction.contact_mixing import MANNERS, Manner, Mixing, between
from hydromet.chemistry.extraction.contact_outlets import Outlets
from hydromet.chemistry.physical.volumes import aqueous_volumes
from hydromet.chemistry.records import LN10
from hydromet.errors import ExtractionError
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hydromet.chemistry.extraction.contact_types import Contacted, Dose, Feed, Layout
    from hydromet.chemistry.extraction.extractants import Extractant
    from hydromet.chemistry.system import Array

    Mask = NDArray[np.bool_]

# pH of kernel and engine agree to this at the end; beyond ACCEPTED the contact counts as not solved.
AGREED, ACCEPTED, PASSES = 1e-9, 1e-5, 120
# The engine need not be more exact than this share of the last disagreement.
EASY = 1e-4
# Attempts of the kernel in a pass, each nearer to the last constants it could solve.
RETREATS = 4
# Attempts that fail are by far the slowest: a contact with so many is given up.
FAILURES = 25
MW = species(WATER).molar_mass


class Run(Outlets):
    """One calculation: arrays that change from pass to pass."""

    def __init__(
        self,
        extractant: Extractant,
        feeds: Sequence[Feed],
        layout: Layout,
        doses: Sequence[Dose],
        manner: Manner = MANNERS[0],
    ) -> None:
        super().__init__(extractant, feeds, layout, doses)
        self.mixing = Mixing(manner)
        self.good: Constants | None = None
        self.taken_up = set[int]()
        self.failures = 0

    def solve(self) -> Contacted:
        """Alternate kernel and engine until they agree."""
        self._inventory()
        if not self.ions or self._one_phase():
            return self._untouched()
        self._start()
        rung, gap = 0, 1.0
        for turn in range(1, PASSES + 1):
            rung = max(rung, self._solved(turn == 1))
            moved = self._rebase()
            loose = EASY * min(gap, 1.0)
            used = self.constants
            gap = self._engine(loose)
            moved = max(moved, self._redose(used if turn > self.mixing.manner.patience else None))
            if self._one_phase():
                return self._untouched()
            if max(gap, moved) < AGREED and loose <= AGREED and not self._resumed():
                break
        if gap > ACCEPTED or moved > ACCEPTED:
            raise ExtractionError(
                "E604",
                read=f"pH of kernel and engine {gap:.1e} apart, additions {moved:.1e} after {turn} passes",
                expected="a cascade whose feeds are inside the range of the chemistry",
            )
        return self._finish(turn, rung)

    def _start(self) -> None:
        """First constants: one liquor of all aqueous feeds; first transport at no entrainment."""
        count = self.stages
        self._flow_inert()
        components = (*self.ions, *totals_of(dict.fromkeys(self.dissolved, 1.0)))
        self.liquors = Liquors(components, count, self.layout.temperature)
        self.salt_columns = self._engine_columns()
        self.volumes = aqueous_volumes((*self.ions, *self.dissolved, "H+", "OH-"), self.layout.temperature)
        together = [values.sum(0)[None] for values in (self.aq, self.salt, self.acid, self.water)]
        self.volume = np.repeat(self._litres(*together), count)
        water = np.repeat(together[3], count)
        self.liquors.start(self._totals(*together[:3]), together[3])
        self.constants = self.liquors.constants(water * MW / self.volume, remainder=False)
        self.x, self.y, self.dose = np.zeros(count), np.zeros(count), np.zeros(count)
        self.unmet = ()
        e = self.layout.efficiency
        self.active = np.array([self.layout.slow.get(ion, 1.0) for ion in self.ions])
        self.efficiency = np.tile(e * self.active, (count, 1))
        self.held = self._holding(self._transport(self.org, self.back_org, aqueous=False))

    def _engine_columns(self) -> tuple[Array, Array]:
        """Matrices that turn metals and other dissolved species into totals of the engine's components."""
        index = {name: i for i, name in enumerate(self.liquors.names)}
        metals = np.zeros((len(self.ions), len(index)))
        for i, ion in enumerate(self.ions):
            metals[i, index[ion]] = 1.0
        salts = np.zeros((len(self.dissolved), len(index)))
        for i, name in enumerate(self.dissolved):
            for part, amount in totals_of({name: 1.0}).items():
                if part in index:
                    salts[i, index[part]] += amount
        return metals, salts

    def _totals(self, metals: Array, salts: Array, acid: Array) -> Array:
        by_metal, by_salt = self.salt_columns
        totals: Array = metals @ by_metal + salts @ by_salt
        totals[:, self.liquors.system.iH] += acid
        return totals

    def _volumes(self) -> Array:
        """Volume of the aqueous phase leaving every stage, L/s."""
        acid = -(self.metals_aq @ self.z + self.salt_out @ self.charges)
        return self._litres(self.metals_aq, self.salt_out, acid, self.water_out)

    def _litres(self, metals: Array, salts: Array, acid: Array, water: Array) -> Array:
        base = np.maximum(-acid, 0.0)
        ions = np.column_stack([metals, salts, np.maximum(acid, 0.0), base])
        return self.volumes(ions, water - base) / LITRE

    def _problem(self, fixed: Mask):  # type: ignore[no-untyped-def]
        from hydromet.kernels.cascade_equations import Problem

        z, n, m, ln_k = self.extractant.constants(self.ions, self.layout.temperature)
        charge = self.salt_out @ np.maximum(self.charges, 0.0), self.salt_out @ np.maximum(-self.charges, 0.0)
        c: Constants = self.constants
        aq = self.aq
        base = -1
        if self.base is not None and (fixed.any() or self.dosed.any()):
            base = self._base_column()
            aq = aq.copy()
            aq[:, base] -= self.dosed * self._alkali()
        return Problem(
            z=z, n=n, m=m, ln_k=ln_k, aqueous=aq, organic=self.org, efficiency=self.efficiency,
            active=self.active, cations=charge[0], anions=charge[1], volume_aq=self.volume,
            volume_org=self.organic_volume,
            extractant=(self.extractant_out - self.held) * (2.0 / self.extractant.aggregation),
            back_aq=self.back_aq, back_org=self.back_org, acid=c.acid, water=c.water, buffers=c.buffers,
            affinity=c.affinity, rest=c.rest, slope=c.slope, centre=c.ln_h, base=base, fixed=fixed,
        )  # fmt: skip

    def _base_column(self) -> int:
        assert self.base is not None  # noqa: S101  # asked for only with set points
        strength = {ion: self.base[1].get(ion, 0.0) * self.z[i] for ion, i in self.column.items()}
        ion = max(strength, key=lambda name: strength[name], default="")
        if not ion or strength[ion] <= 0.0 or self.base[1].get("OH-", 0.0) <= 0.0:
            raise ExtractionError(
                "E605",
                read=f"a base of {', '.join(sorted(self.base[1])) or 'nothing'}",
                expected=f"a hydroxide solution of Na+, Li+ or NH4+, extracted by {self.extractant.name}",
                write="base: caustic_soda",
            )
        return self.column[ion]

    def _alkali(self) -> float:
        """Hydroxide of one unit of base, mol: what the kernel doses. Neutral salts in it follow from pass to pass."""
        assert self.base is not None  # noqa: S101  # asked for only with set points
        ion = self.ions[self._base_column()]
        return float(min(self.base[1]["OH-"], self.base[1][ion]))

    def _solved(self, first: bool) -> int:
        """The kernel; where constants have moved too far for it, part of the way from the last it could solve."""
        wanted = self.constants
        for retreat in range(RETREATS):
            x, y, dose = self.x.copy(), self.y.copy(), self.dose.copy()
            if self.good is not None and retreat:
                self.constants = between(self.good, wanted, 0.3**retreat)
            try:
                rung = self._kernel(first)
            except ExtractionError as error:
                self.failures += 1
                spent = retreat == RETREATS - 1 or self.failures >= FAILURES
                if error.code != "E604" or self.good is None or spent:
                    raise
                self.x, self.y, self.dose = x, y, dose
                continue
            self.good = self.constants
            return rung
        raise AssertionError

    def _kernel(self, first: bool) -> int:
        from hydromet.kernels import expect
        from hydromet.kernels.cascade import solve

        expect("cascade.solve", 40.0)
        solved, met = None, list[int]()
        if first or not self.set_points:
            problem = self._problem(np.zeros(self.stages, dtype=np.bool_))
            solved = solve(problem, self.x, self.y, self.dose, not first)
            met = [j for j, pH in self.set_points.items() if -self.x[j] / LN10 >= pH]
            if met and len(met) == len(self.set_points):
                self.unmet, self.set_points = tuple(met), {}
        if self.set_points:
            solved = None if met else self._held(self.set_points)
            if len(self.set_points) > 1 and (solved is None or solved[0] == 0):
                solved = self._needed()
        assert solved is not None  # noqa: S101  # several set points where some are met
        rung, self.metals_aq, self.metals_org = solved
        if rung == 0:
            raise ExtractionError(
                "E604",
                read=f"{self.stages} stages, {len(self.ions)} metals, "
                f"O/A {self.organic_volume[0] / self.volume[0]:.3g}",
                expected="a cascade the kernel can solve; change O/A or the feed",
            )
        self.dosed_next = self.dose / self._alkali() if self.set_points else np.zeros(self.stages)
        return int(rung)

    def _held(self, points: dict[int, float]) -> tuple[int, Array, Array]:
        """The kernel with base dosed to these set points."""
        from hydromet.kernels.cascade import solve

        fixed = np.zeros(self.stages, dtype=np.bool_)
        for j, pH in points.items():
            fixed[j] = True
            self.x[j] = -pH * LN10
        self.dose[~fixed] = 0.0
        return solve(self._problem(fixed), self.x, self.y, self.dose, True)

    def _needed(self) -> tuple[int, Array, Array]:
        """The kernel with the set points that base of the others does not meet already, found one by one.

        Base goes up with the organic and acidity falls with the liquor: a stage that both bring too much base would
        have to be given acid.
        """
        wanted, points = self.set_points, dict[int, float]()
        last = -1
        for _ in range(3 * len(wanted)):
            solved = self._held(points)
            others = [j for j in points if j != last]
            short = [j for j in wanted if j not in points and -self.x[j] / LN10 < wanted[j]]
            if solved[0] > 0 and not short:
                self.unmet = (*self.unmet, *(j for j in wanted if j not in points))
                self.set_points = points
                return solved
            if solved[0] > 0:
                last = max(short)
                points[last] = wanted[last]
            elif others:
                del points[min(others, key=lambda j: points[j])]
            else:
                break
        return 0, *solved[1:]

    def _resumed(self) -> bool:
        """Whether set points met on the way are not met in the end: they are taken up again, once each."""
        wanted = self.layout.set_points
        short = {j for j in self.unmet if -self.x[j] / LN10 < wanted[j] - AGREED} - self.taken_up
        self.taken_up |= short
        self.unmet = tuple(j for j in self.unmet if j not in short)
        self.set_points = self.set_points | {j: wanted[j] for j in short}
        return bool(short)

    def _engine(self, tolerance: float) -> float:
        """Speciate every stage, renew constants, volumes and entrainment; the largest disagreement in pH."""
        acid = -(self.metals_aq @ self.z + self.salt_out @ self.charges)
        before, self.volume = self.volume, self._volumes()
        held = np.zeros(self.stages, dtype=np.bool_)
        held[list(self.set_points)] = True
        totals = self._totals(self.metals_aq, self.salt_out, acid)
        gap = float(np.max(self.liquors.speciate(totals, self.water_out, self.x, held, tolerance))) / LN10
        self.constants = self.liquors.constants(self.water_out * MW / self.volume)
        return max(gap, float(np.max(np.abs(self.volume / before - 1.0))))

    def _rebase(self) -> float:
        """Bring the water of the base in line with the kernel's dose; its relative change. Salts follow later."""
        if not self.set_points or self.base is None:
            return 0.0
        there = self.dosed_next > 0.0
        ratio = self.dosed / np.where(there, self.dosed_next, 1.0)
        more = (self.dosed_next - self.dosed) * (self.base[1].get(WATER, 0.0) + self.base[1]["OH-"])
        self.dosed = self.dosed_next
        self.water_out = self.water_out + self._transport(more[:, None], self.back_aq, aqueous=True)[:, 0]
        return float(np.max(np.abs(ratio - 1.0), where=there, initial=0.0))

    def _redose(self, used: Constants | None) -> float:
        """Renew entrainment, dissolved extractant and doses, rescale to the new volumes; largest relative change."""
        lay = self.layout
        has = self.organic_volume > 0.0
        ratio = np.divide(self.organic_volume, self.volume, out=np.zeros(self.stages), where=has)
        before = self.loss / self.extractant_in.sum(), *self.given
        self.back_aq = np.minimum(lay.aqueous_in_organic * ratio, 0.5)
        self.back_org = np.minimum(np.divide(lay.organic_in_aqueous, ratio, out=np.zeros(self.stages), where=has), 0.5)
        self.loss = self._dissolving()
        if self.doses:
            outcome = self._outcome()
            wanted = [max(float(dose.rule(outcome)), 0.0) for dose in self.doses]
        else:
            wanted = []
        before_held = self.held
        self._renew(used, wanted)
        if self.doses or self.set_points:
            self._inventory()
        self._flow_inert()
        if self.doses:
            old, self.volume = self.volume, self._volumes()
            for values in (self.constants.buffers.T, self.constants.rest, self.constants.slope):
                values *= old / self.volume
        after = self.loss / self.extractant_in.sum(), *self.given
        largest = max(self.given, default=0.0)
        moved = max(
            abs(after[0] - before[0]), float(np.max(np.abs(self.held - before_held)) / self.extractant_in.sum())
        )
        for new, old_dose in zip(after[1:], before[1:], strict=True):
            moved = max(moved, abs(new - old_dose) / max(new, old_dose, 1e-12 * largest, 1e-300))
        return float(moved)

    def _renew(self, used: Constants | None, wanted: list[float]) -> None:
        """Doses and what slow metals keep for the next pass; with the constants ``used``, everything mixed."""
        held = self._holding(self.metals_org)
        if used is None:
            self.given, self.held = wanted, held
            return
        before = [*self.given, *self.held.tolist()]
        self.constants, mixed = self.mixing.next(used, self.constants, before, [*wanted, *held.tolist()])
        self.given, self.held = mixed[: len(wanted)], np.array(mixed[len(wanted) :])

    def _holding(self, organic: Array) -> Array:
        """Extractant that slow metals of the organic entering a stage keep, mol/s: there is less for the others.

        Each metal alone follows its Murphree efficiency; without this their sum could exceed the capacity.
        """
        entering = self.org.copy()
        entering[:-1] += (1.0 - self.back_org[1:, None]) * organic[1:]
        entering[1:] += self.back_org[:-1, None] * organic[:-1]
        return entering @ (self.z * (1.0 - self.active))

    def _dissolving(self) -> float:
        """Extractant that dissolves in the aqueous phase on balance, mol/s."""
        e = self.extractant
        pH = -self.x / LN10
        top = self.back_aq[0] * self.volume[0]
        bottom = (1.0 - self.back_aq[-1]) * self.volume[-1]
        leaving = LITRE * (e.solubility(pH[-1]) * bottom + e.solubility(pH[0]) * top)
        self.dissolved_top = LITRE * e.solubility(pH[0]) * top / leaving if leaving > 0.0 else 0.0
        spare = 0.5 * float(self.extractant_out.min() - (self.metals_org @ self.z).max())
        return float(min(leaving - self.dissolved_in, max(spare, 0.0)))
