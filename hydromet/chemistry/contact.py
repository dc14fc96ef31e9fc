"""Counter-current contact of a liquor with an organic phase: the cascade kernel with activities from the engine.

The aqueous phase flows from stage 1 to N, the organic from N to 1. The kernel solves all stages at conditional
constants; the engine speciates every stage and gives them anew, until the pH of both agree. Everything that leaves is
what entered plus extents of reaction, so every element, charge and pseudo-element closes to round-off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.canonical import LIQUIDS, NEUTRALISATION, apply, canonical, neutralise, totals_of
from hydromet.chemistry.conditional import Constants, Liquors
from hydromet.chemistry.records import LN10
from hydromet.chemistry.thermochemistry import load_species
from hydromet.chemistry.volumes import aqueous_volumes
from hydromet.errors import ExtractionError
from hydromet.species import WATER, species
from hydromet.stream import Stream, add_flows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from hydromet.chemistry.extraction import Extractant
    from hydromet.chemistry.system import Array

    Mask = NDArray[np.bool_]

# pH of kernel and engine agree to this at the end; beyond ACCEPTED the contact counts as not solved.
AGREED, ACCEPTED, PASSES = 1e-9, 1e-5, 60
# Passes before the doses are mixed: normally the rules are right at once.
PATIENCE = 8
# The slope of the remaining acidity is corrected from changes of ln a(H+) within these bounds, by this factor at most.
_FAINT, _NEAR, _STEEPEST = 1e-9, 1.0, 8.0
# Less water than this, mol per mol of extractant, is no second phase.
DRY = 1e-6
MW = species(WATER).molar_mass
LITRE = 1e-3


@dataclass(frozen=True)
class Feed:
    """What enters a stage (counted from 0): the dissolved part joins the aqueous, the organic part the organic."""

    stage: int
    stream: Stream


@dataclass(frozen=True)
class Dose:
    """An addition whose amount depends on the outcome, such as strip water for a wanted concentration.

    Attributes:
        stage: where it enters. template: one unit of it.
        rule: outcome so far (None before the first pass) -> units needed; asked until it wants what was given.
    """

    stage: int
    template: Stream
    rule: Callable[[Outcome | None], float]


@dataclass(frozen=True)
class Layout:
    """How the cascade is built and run.

    Attributes:
        stages: number. temperature: K.
        efficiency: share of the organic that comes to equilibrium in a stage (Murphree, organic phase).
        slow: ion -> efficiency of that metal, on top.
        aqueous_in_organic, organic_in_aqueous: entrained volume per volume of the carrying phase, every settler.
        set_points: stage -> pH held there by a base. base: template of the base.
    """

    stages: int
    temperature: float
    efficiency: float = 1.0
    slow: Mapping[str, float] = field(default_factory=dict)
    aqueous_in_organic: float = 0.0
    organic_in_aqueous: float = 0.0
    set_points: Mapping[int, float] = field(default_factory=dict)
    base: Stream | None = None


@dataclass(frozen=True)
class Outcome:
    """A cascade at the end of a pass.

    Attributes:
        ions: the metals. aqueous, organic: (N, M) mol/s leaving each stage.
        pH, free, loading, volume_aq, volume_org: (N) pH, free units mol/L, equivalents per extractant, m3/s.
        extractant: (N) mol/s in the organic leaving each stage.
        acid: net H+ leaving the last stage, mol/s. doses, base: units taken of each.
    """

    ions: tuple[str, ...]
    aqueous: Array
    organic: Array
    pH: Array
    free: Array
    loading: Array
    volume_aq: Array
    volume_org: Array
    extractant: Array
    acid: float
    doses: tuple[float, ...]
    base: float


@dataclass(frozen=True)
class Contacted:
    """A solved cascade.

    Attributes:
        raffinate: what leaves the last stage with the aqueous phase, solids and entrained organic included.
        organic: what leaves the first stage with the organic phase, entrained liquor included.
        extents: equation -> mol/s. doses, base: units taken of each ``Dose`` and of the base.
        outcome: stage by stage; None where there was nothing to contact.
        liquors: speciated stages. unmet: set points met without base. passes, rung: effort of engine and kernel.
    """

    raffinate: Stream
    organic: Stream
    extents: Mapping[str, float]
    doses: tuple[float, ...]
    base: float
    outcome: Outcome | None
    liquors: Liquors | None = None
    unmet: tuple[int, ...] = ()
    passes: int = 0
    rung: int = 0


def contact(extractant: Extractant, feeds: Sequence[Feed], layout: Layout, doses: Sequence[Dose] = ()) -> Contacted:
    """Solve the cascade.

    Args:
        extractant: with its constants.
        feeds: aqueous normally enters stage 0, organic stage N-1.
        layout: stages, temperature, set points.
        doses: additions found on the way.

    Raises:
        ExtractionError: E604 no solution, E605 the base has no cation that is extracted.
    """
    return _Run(extractant, feeds, layout, doses).solve()


class _Run:
    """One calculation: arrays that change from pass to pass."""

    def __init__(self, extractant: Extractant, feeds: Sequence[Feed], layout: Layout, doses: Sequence[Dose]) -> None:
        self.extractant, self.layout, self.doses = extractant, layout, tuple(doses)
        self.stages = layout.stages
        self.extents: dict[str, float] = {}
        self.fixed = [self._plain(feed.stage, feed.stream) for feed in feeds]
        self.given = [max(dose.rule(None), 0.0) for dose in self.doses]
        self.templates = [self._template(dose.stage, dose.template) for dose in self.doses]
        self.set_points = dict(layout.set_points)
        self.base = self._template(self.stages - 1, layout.base) if layout.base is not None else None
        self.dosed = np.zeros(self.stages)
        self.history: list[tuple[Array, Array]] = []
        self.turns = 0
        everything = [part for _, part, _ in (*self.fixed, *self.templates)]
        if self.base is not None and self.set_points:
            everything.append(self.base[1])
        self._name(everything)

    def _plain(self, stage: int, stream: Stream) -> tuple[int, dict[str, float], dict[str, float]]:
        _, flows, extents = self._template(stage, stream)
        for equation, extent in extents.items():
            self.extents[equation] = self.extents.get(equation, 0.0) + extent
        return stage, flows, {}

    def _template(self, stage: int, stream: Stream) -> tuple[int, dict[str, float], dict[str, float]]:
        """Flows on basis species, and the extents that lead there; a concentrated acid dissolves in the stage."""
        made, first = canonical(stream)
        flows, extents = dict(made.flows), dict(first)
        for name, equation in LIQUIDS.items():
            if flows.get(name, 0.0) > 0.0:
                apply(flows, extents, equation, flows[name])
        neutralise(flows, extents)
        return stage, flows, extents

    def _name(self, parts: Sequence[Mapping[str, float]]) -> None:
        """Sort the species into metals, other dissolved, other organic and the rest."""
        names = sorted(set().union(*parts))
        known = self.extractant.metals
        ion_of = {metal.organic: ion for ion, metal in known.items()}
        present = {name for name in names if name in known} | {ion_of[name] for name in names if name in ion_of}
        self.ions = tuple(ion for ion in known if ion in present)
        self.column = {ion: i for i, ion in enumerate(self.ions)}
        self.organics = {known[ion].organic: i for ion, i in self.column.items()}
        taken = {*self.ions, *self.organics, self.extractant.acid, self.extractant.dissolved, WATER, "H+", "OH-"}
        self.dissolved = tuple(n for n in names if n not in taken and species(n).phase == "aq")
        self.carried = tuple(n for n in names if n not in taken and species(n).phase == "org")
        self.others = tuple(n for n in names if n not in taken and species(n).phase not in ("aq", "org"))
        self.charges = np.array([species(n).charge for n in self.dissolved], dtype=np.float64)
        self.z = np.array([known[ion].charge for ion in self.ions], dtype=np.float64)

    # --- inventory

    def _inventory(self) -> None:
        """Everything fed to each stage at the present doses; H+ is net, and OH- counts as water less H+."""
        count = self.stages
        self.aq = np.zeros((count, len(self.ions)))
        self.org = np.zeros((count, len(self.ions)))
        self.salt = np.zeros((count, len(self.dissolved)))
        self.water, self.acid, self.base_in = np.zeros(count), np.zeros(count), 0.0
        self.extractant_in, self.carried_in = np.zeros(count), np.zeros((count, len(self.carried)))
        self.dissolved_in, self.free_in = 0.0, 0.0
        self.rest: dict[str, float] = {}
        for stage, flows, _ in self.fixed:
            self._add(stage, flows, 1.0)
        for (stage, flows, _), amount in zip(self.templates, self.given, strict=True):
            self._add(stage, flows, amount)
        if self.base is not None:
            for stage, amount in enumerate(self.dosed):
                if amount > 0.0:
                    self._add(stage, self.base[1], amount)

    def _add(self, stage: int, flows: Mapping[str, float], amount: float) -> None:
        e, columns = self.extractant, {n: i for i, n in enumerate(self.dissolved)}
        carried = {n: i for i, n in enumerate(self.carried)}
        for name, flow in flows.items():
            n = flow * amount
            if name in self.column:
                self.aq[stage, self.column[name]] += n
            elif name in self.organics:
                i = self.organics[name]
                self.org[stage, i] += n
                self.extractant_in[stage] += self.z[i] * n
            elif name in columns:
                self.salt[stage, columns[name]] += n
            elif name == WATER:
                self.water[stage] += n
            elif name == "H+":
                self.acid[stage] += n
            elif name == "OH-":
                self.acid[stage] -= n
                self.water[stage] += n
                self.base_in += n
            elif name == e.acid:
                self.extractant_in[stage] += n
                self.free_in += n
            elif name == e.dissolved:
                self.dissolved_in += n
            elif name in carried:
                self.carried_in[stage, carried[name]] += n
            else:
                self.rest[name] = self.rest.get(name, 0.0) + n

    # --- the passes

    def solve(self) -> Contacted:
        """Alternate kernel and engine until they agree."""
        self._inventory()
        if not self.ions or self._one_phase():
            return self._untouched()
        self._start()
        rung = 0
        for turn in range(1, PASSES + 1):
            rung = max(rung, self._kernel(turn == 1))
            moved = self._rebase()
            gap = self._engine()
            moved = max(moved, self._redose())
            if self._one_phase():
                return self._untouched()
            if max(gap, moved) < AGREED:
                break
        if gap > ACCEPTED or moved > ACCEPTED:
            raise ExtractionError(
                "E604",
                read=f"pH of kernel and engine {gap:.1e} apart, additions {moved:.1e} after {turn} passes",
                expected="a cascade whose feeds are inside the range of the chemistry",
            )
        return self._finish(turn, rung)

    def _one_phase(self) -> bool:
        """No extractant, or no water to speak of entering the first stage."""
        extractant = float(self.extractant_in.sum())
        return extractant <= 0.0 or float(self.water[0]) <= DRY * extractant

    def _start(self) -> None:
        """First constants: one liquor of all aqueous feeds; first transport at no entrainment."""
        count = self.stages
        self.back_aq, self.back_org = np.zeros(count), np.zeros(count)
        self.loss = 0.0
        self._flow_inert()
        components = (*self.ions, *totals_of(dict.fromkeys(self.dissolved, 1.0)))
        self.liquors = Liquors(components, count, self.layout.temperature)
        self.salt_columns = self._engine_columns()
        self.constants = self.liquors.blank(count)
        self.steeper = np.ones(count)
        aq = self.aq.sum(0)
        self.volumes = aqueous_volumes((*self.ions, *self.dissolved, "H+", "OH-"), self.layout.temperature)
        acid, salts = float(self.acid.sum()), self.salt.sum(0)
        together = self._litres(
            aq[None, :], salts[None, :], self.acid.sum(keepdims=True), self.water.sum(keepdims=True)
        )
        self.volume = np.full(count, together[0])
        self.liquors.speciate(0, self._totals(aq, self.salt.sum(0), acid), self.water.sum())
        self.liquors.constants(0, self.water.sum() * MW / self.volume[0], self.constants, 0)
        for values in vars(self.constants).values():
            values[1:] = values[0]
        self.constants.rest[:] = 0.0
        self.constants.slope[:] = 0.0
        self.x, self.y, self.dose = np.zeros(count), np.zeros(count), np.zeros(count)
        self.unmet: tuple[int, ...] = ()
        e = self.layout.efficiency
        slow = np.array([self.layout.slow.get(ion, 1.0) for ion in self.ions])
        self.efficiency = np.tile(e * slow, (count, 1))

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

    def _totals(self, metals: Array, salts: Array, acid: float) -> Array:
        by_metal, by_salt = self.salt_columns
        totals: Array = metals @ by_metal + salts @ by_salt
        totals[self.liquors.system.iH] += acid
        return totals

    def _volumes(self) -> Array:
        """Volume of the aqueous phase leaving every stage, L/s."""
        acid = -(self.metals_aq @ self.z + self.salt_out @ self.charges)
        return self._litres(self.metals_aq, self.salt_out, acid, self.water_out)

    def _litres(self, metals: Array, salts: Array, acid: Array, water: Array) -> Array:
        base = np.maximum(-acid, 0.0)
        ions = np.column_stack([metals, salts, np.maximum(acid, 0.0), base])
        return self.volumes(ions, water - base) / LITRE

    def _transport(self, fed: Array, back: Array, *, aqueous: bool) -> Array:
        """Flows leaving every stage of matter that stays in its phase; columns are species."""
        if not back.any():
            return np.cumsum(fed, axis=0) if aqueous else np.cumsum(fed[::-1], axis=0)[::-1]
        matrix = np.eye(self.stages)
        for j in range(self.stages):
            ahead, behind = (1.0 - back[j], back[j]) if aqueous else (back[j], 1.0 - back[j])
            if j + 1 < self.stages:
                matrix[j + 1, j] -= ahead
            if j > 0:
                matrix[j - 1, j] -= behind
        return np.asarray(np.linalg.solve(matrix, fed), dtype=np.float64)

    def _flow_inert(self) -> None:
        self.salt_out = self._transport(self.salt, self.back_aq, aqueous=True)
        self.water_out = self._transport(self.water[:, None], self.back_aq, aqueous=True)[:, 0]
        fed = self.extractant_in.copy()
        if self.loss:
            last = int(np.nonzero(fed)[0][-1])
            fed[last] -= self.loss
        self.extractant_out = self._transport(fed[:, None], self.back_org, aqueous=False)[:, 0]
        self.carried_out = self._transport(self.carried_in, self.back_org, aqueous=False)
        thermo = load_species()
        size = np.array([species(n).molar_mass / (thermo[n].density if n in thermo else 800.0) for n in self.carried])
        self.organic_volume = (self.extractant_out * self.extractant.molar_volume + self.carried_out @ size) / LITRE

    def _problem(self, fixed: Mask):  # type: ignore[no-untyped-def]
        from hydromet.kernels.cascade_equations import Problem

        z, n, m, ln_k = self.extractant.constants(self.ions, self.layout.temperature)
        charge = self.salt_out @ np.maximum(self.charges, 0.0), self.salt_out @ np.maximum(-self.charges, 0.0)
        c: Constants = self.constants
        aq = self.aq
        base = -1
        if self.base is not None and fixed.any():
            base = self._base_column()
            aq = aq.copy()
            for j in np.nonzero(fixed)[0]:
                aq[j, base] -= self.dosed[j] * self._alkali()
        return Problem(
            z=z, n=n, m=m, ln_k=ln_k, aqueous=aq, organic=self.org, efficiency=self.efficiency,
            cations=charge[0], anions=charge[1], volume_aq=self.volume, volume_org=self.organic_volume,
            extractant=self.extractant_out * (2.0 / self.extractant.aggregation),
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

    def _kernel(self, first: bool) -> int:
        from hydromet.kernels import expect
        from hydromet.kernels.cascade import solve

        expect("cascade.solve", 40.0)
        fixed = np.zeros(self.stages, dtype=np.bool_)
        if first or not self.set_points:
            problem = self._problem(fixed)
            rung, aq, org = solve(problem, self.x, self.y, self.dose, not first)  # type: ignore[no-untyped-call]
            if first and self.base is not None:
                self.unmet = tuple(j for j, pH in self.set_points.items() if -self.x[j] / LN10 >= pH)
                self.set_points = {j: pH for j, pH in self.set_points.items() if j not in self.unmet}
        if self.set_points:
            for j, pH in self.set_points.items():
                fixed[j] = True
                self.x[j] = -pH * LN10
            problem = self._problem(fixed)
            rung, aq, org = solve(problem, self.x, self.y, self.dose, True)  # type: ignore[no-untyped-call]
            self.dosed_next = np.where(fixed, self.dose, 0.0) / self._alkali()
        else:
            self.dosed_next = np.zeros(self.stages)
        if rung == 0:
            raise ExtractionError(
                "E604",
                read=f"{self.stages} stages, {len(self.ions)} metals, "
                f"O/A {self.organic_volume[0] / self.volume[0]:.3g}",
                expected="a cascade the kernel can solve; change O/A or the feed",
            )
        self.metals_aq, self.metals_org = np.ascontiguousarray(aq.T), np.ascontiguousarray(org.T)
        return int(rung)

    def _engine(self) -> float:
        """Speciate every stage, renew constants, volumes and entrainment; the largest disagreement in pH."""
        gap = 0.0
        acid = -(self.metals_aq @ self.z + self.salt_out @ self.charges)
        before, self.volume = self.volume, self._volumes()
        for j in range(self.stages):
            totals = self._totals(self.metals_aq[j], self.salt_out[j], acid[j])
            self.liquors.speciate(j, totals, self.water_out[j])
            last = float(self.constants.ln_h[j]), float(self.constants.rest[j])
            self.liquors.constants(j, self.water_out[j] * MW / self.volume[j], self.constants, j)
            self._sharpen(j, *last)
            gap = max(gap, abs(self.constants.ln_h[j] - self.x[j]) / LN10)
        return max(gap, float(np.max(np.abs(self.volume / before - 1.0))))

    def _sharpen(self, j: int, ln_h: float, rest: float) -> None:
        """Correct the slope of the remaining acidity by the secant of the last two passes.

        The estimate takes every component for itself; where they share protons it is off: the passes swing or creep.
        """
        c = self.constants
        moved = float(c.ln_h[j]) - ln_h
        if _FAINT < abs(moved) < _NEAR and c.slope[j] > 0.0:
            seen = (float(c.rest[j]) - rest) / moved / float(c.slope[j])
            self.steeper[j] = min(max(seen, 1.0 / _STEEPEST), _STEEPEST)
        c.slope[j] *= self.steeper[j]

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

    def _redose(self) -> float:
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
            self.given = self._mixed([max(float(dose.rule(outcome)), 0.0) for dose in self.doses])
        if self.doses or self.set_points:
            self._inventory()
        self._flow_inert()
        if self.doses:
            old, self.volume = self.volume, self._volumes()
            for values in (self.constants.buffers.T, self.constants.rest, self.constants.slope):
                values *= old / self.volume
        after = self.loss / self.extractant_in.sum(), *self.given
        largest = max(self.given, default=0.0)
        moved = abs(after[0] - before[0])
        for new, old_dose in zip(after[1:], before[1:], strict=True):
            moved = max(moved, abs(new - old_dose) / max(new, old_dose, 1e-12 * largest, 1e-300))
        return float(moved)

    def _mixed(self, wanted: list[float]) -> list[float]:
        """Next doses from what the rules want, by Anderson mixing over the last passes.

        An acid that strips more metal when there is more of it answers only in part.
        """
        now, reply = np.array(self.given), np.array(wanted)
        self.history = [*self.history[-2:], (now, reply)]
        self.turns += 1
        if self.turns < PATIENCE:
            return wanted
        size = np.maximum(np.maximum(np.abs(now), np.abs(reply)), 1e-300)
        miss = (reply - now) / size
        moves = np.array([(r - n) / size - miss for n, r in self.history[:-1]]).T
        share, *_ = np.linalg.lstsq(moves, -miss, rcond=1e-8)
        mixed = reply + sum(
            (c * (r - reply) for c, (_, r) in zip(share, self.history[:-1], strict=True)), np.zeros_like(reply)
        )
        good = np.all((mixed >= 0.2 * reply) & (mixed <= 5.0 * reply + 1e-300))
        return [float(value) for value in (mixed if good else reply)]

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

    def _outcome(self) -> Outcome:
        bound = self.metals_org @ self.z
        total = self.extractant_out
        return Outcome(
            ions=self.ions,
            aqueous=self.metals_aq,
            organic=self.metals_org,
            pH=-self.x / LN10,
            free=np.exp(self.y),
            loading=np.divide(bound, total, out=np.zeros(self.stages), where=total > 0.0),
            volume_aq=self.volume * LITRE,
            volume_org=self.organic_volume * LITRE,
            extractant=total,
            acid=-float(self.metals_aq[-1] @ self.z + self.salt_out[-1] @ self.charges),
            doses=tuple(self.given),
            base=float(self.dosed.sum()),
        )

    # --- what leaves

    def _untouched(self) -> Contacted:
        """Nothing to contact: everything leaves with its own phase."""
        aqueous, organic = dict[str, float](), dict[str, float]()
        parts = [(flows, extents, 1.0) for _, flows, extents in self.fixed]
        parts += [(flows, extents, n) for (_, flows, extents), n in zip(self.templates, self.given, strict=True)]
        for flows, extents, amount in parts:
            for equation, extent in extents.items():
                self._extent(equation, extent * amount)
            for name, flow in flows.items():
                target = organic if species(name).phase == "org" else aqueous
                target[name] = target.get(name, 0.0) + flow * amount
        neutralise(aqueous, self.extents)
        at = self.layout.temperature
        return Contacted(
            Stream(aqueous, at),
            Stream(organic, at),
            self.extents,
            tuple(self.given),
            0.0,
            None,
            unmet=tuple(self.layout.set_points),
        )

    def _finish(self, passes: int, rung: int) -> Contacted:
        e, last = self.extractant, self.stages - 1
        for (_, _, extents), amount in zip(self.templates, self.given, strict=True):
            for equation, extent in extents.items():
                self.extents[equation] = self.extents.get(equation, 0.0) + extent * amount
        raffinate, loaded = dict(self.rest), dict[str, float]()
        up, down = self.back_aq[0], self.back_org[last]
        bound_up = bound_down = 0.0
        for i, ion in enumerate(self.ions):
            metal = e.metals[ion]
            four = np.array([
                (1.0 - self.back_aq[last]) * self.metals_aq[last, i], up * self.metals_aq[0, i],
                down * self.metals_org[last, i], (1.0 - self.back_org[0]) * self.metals_org[0, i],
            ])  # fmt: skip
            fed_org = float(self.org[:, i].sum())
            four[int(np.argmax(four))] += float(self.aq[:, i].sum()) + fed_org - float(four.sum())
            raffinate[ion], loaded[ion], raffinate[metal.organic], loaded[metal.organic] = four.tolist()
            extent = float(four[2] + four[3]) - fed_org
            self._extent(metal.equation, extent)
            bound_down += metal.charge * float(four[2])
            bound_up += metal.charge * float(four[3])
        for k, name in enumerate(self.dissolved):
            _share(raffinate, loaded, name, float(self.salt[:, k].sum()), up * float(self.salt_out[0, k]))
        for k, name in enumerate(self.carried):
            _share(loaded, raffinate, name, float(self.carried_in[:, k].sum()), down * float(self.carried_out[last, k]))
        self._extent(f"{e.acid} = {e.dissolved}", self.loss)
        _share(raffinate, loaded, e.dissolved, self.dissolved_in + self.loss,
               (self.dissolved_in + self.loss) * self.dissolved_top)  # fmt: skip
        total = float(self.extractant_in.sum()) - self.loss
        astray = max(down * float(self.extractant_out[last]) - bound_down, 0.0)
        raffinate[e.acid], loaded[e.acid] = astray, max(total - bound_up - bound_down - astray, 0.0)
        self._protons(raffinate, loaded, up * float(self.water_out[0]))
        at = self.layout.temperature
        return Contacted(
            raffinate=Stream(raffinate, at),
            organic=Stream(loaded, at),
            extents={k: float(v) for k, v in self.extents.items() if v != 0.0},
            doses=tuple(self.given),
            base=float(self.dosed.sum()),
            outcome=self._outcome(),
            liquors=self.liquors,
            unmet=self.unmet,
            passes=passes,
            rung=rung,
        )

    def _extent(self, equation: str, extent: float) -> None:
        self.extents[equation] = self.extents.get(equation, 0.0) + extent

    def _protons(self, raffinate: dict[str, float], loaded: dict[str, float], entrained: float) -> None:
        """Acid of both aqueous outlets by charge: both neutral, or with the charge that came in."""
        fed = float(self.acid.sum() + self.aq.sum(0) @ self.z + self.salt.sum(0) @ self.charges)
        base_out = 0.0
        for flows, charge in ((loaded, 0.0), (raffinate, fed)):
            net = charge - sum(flow * species(name).charge for name, flow in flows.items())
            flows["H+" if net > 0.0 else "OH-"] = abs(net)
            base_out += max(-net, 0.0)
            if flows is loaded:
                loaded[WATER] = max(entrained - max(-net, 0.0), 0.0)
        self._extent(NEUTRALISATION, self.base_in - base_out)
        raffinate[WATER] = float(self.water.sum()) - base_out - loaded[WATER]


def _share(main: dict[str, float], other: dict[str, float], name: str, total: float, part: float) -> None:
    """Of ``total``, ``part`` goes to the other outlet."""
    part = min(part, total)
    if part:
        other[name] = part
    main[name] = total - part


__all__ = ["Contacted", "Dose", "Feed", "Layout", "Outcome", "add_flows", "contact"]
