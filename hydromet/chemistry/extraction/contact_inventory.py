"""What enters the stages of a contact, sorted, and how matter that stays in its phase flows through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.chemistry.canonical import LIQUIDS, apply, canonical, neutralise
from hydromet.chemistry.physical.thermochemistry import load_species
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry.extraction.contact_types import Dose, Feed, Layout
    from hydromet.chemistry.extraction.extractants import Extractant
    from hydromet.chemistry.system import Array
    from hydromet.stream import Stream

# Less water than this, mol per mol of extractant, is no second phase.
DRY = 1e-6
LITRE = 1e-3
_AMOUNTS = ("aq", "org", "salt", "water", "acid", "extractant_in", "carried_in", "base_in", "dissolved_in", "rest")


def _copy(value: Any) -> Any:
    """Numbers stay, arrays and dictionaries are copied."""
    return value if isinstance(value, float) else value.copy()


class Inventory:
    """Feeds, doses and base of a cascade by stage: metals, other dissolved, other organic, the rest."""

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
        self.back_aq, self.back_org = np.zeros(self.stages), np.zeros(self.stages)
        self.loss = 0.0
        self.settled: dict[str, Any] | None = None
        everything = [part for _, part, _ in (*self.fixed, *self.templates)]
        if self.base is not None and self.set_points:
            everything.append(self.base[1])
        self._name(everything)
        if extractant.synergists:
            self._help()

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
        thermo = load_species()
        self.carried_size = np.array([
            species(n).molar_mass / (thermo[n].density if n in thermo else 800.0) for n in self.carried
        ])  # fmt: skip
        self.charges = np.array([species(n).charge for n in self.dissolved], dtype=np.float64)
        self.place = {
            **{name: ("salt", i) for i, name in enumerate(self.dissolved)},
            **{name: ("carried", i) for i, name in enumerate(self.carried)},
            **{name: ("organic", i) for name, i in self.organics.items()},
            **{name: ("metal", i) for name, i in self.column.items()},
            WATER: ("water", 0), "H+": ("acid", 0), "OH-": ("base", 0),
            self.extractant.acid: ("extractant", 0), self.extractant.dissolved: ("dissolved", 0),
        }  # fmt: skip
        self.z = np.array([known[ion].charge for ion in self.ions], dtype=np.float64)

    def _help(self) -> None:
        """Give the extractant the synergists of the organic, mol/L; they stay in it from end to end."""
        amounts = dict.fromkeys((self.extractant.acid, *self.organics, *self.carried), 0.0)
        for _, flows, _ in self.fixed:
            for name in amounts:
                amounts[name] += flows.get(name, 0.0)
        charges = {name: self.z[i] for name, i in self.organics.items()}
        own = amounts[self.extractant.acid] + sum(z * amounts[name] for name, z in charges.items())
        volume = own * self.extractant.molar_volume
        volume += sum(amounts[name] * size for name, size in zip(self.carried, self.carried_size, strict=True))
        known = {name: one.id for name, one in self.extractant.synergists.items()}
        there = {name: amounts.get(one, 0.0) * LITRE / volume for name, one in known.items()} if volume > 0.0 else {}
        self.extractant = self.extractant.beside(there)

    def _inventory(self) -> None:
        """Everything fed to each stage at the present doses; H+ is net, and OH- counts as water less H+."""
        if self.settled is None:
            self._empty()
            for stage, flows, _ in self.fixed:
                self._add(stage, flows, 1.0)
            self.settled = self._snapshot()
        else:
            self._restore(self.settled)
        for (stage, flows, _), amount in zip(self.templates, self.given, strict=True):
            self._add(stage, flows, amount)
        if self.base is not None:
            for stage, amount in enumerate(self.dosed):
                if amount > 0.0:
                    self._add(stage, self.base[1], amount)

    def _empty(self) -> None:
        count = self.stages
        self.aq = np.zeros((count, len(self.ions)))
        self.org = np.zeros((count, len(self.ions)))
        self.salt = np.zeros((count, len(self.dissolved)))
        self.water, self.acid, self.base_in = np.zeros(count), np.zeros(count), 0.0
        self.extractant_in, self.carried_in = np.zeros(count), np.zeros((count, len(self.carried)))
        self.dissolved_in = 0.0
        self.rest: dict[str, float] = {}

    def _add(self, stage: int, flows: Mapping[str, float], amount: float) -> None:
        for name, flow in flows.items():
            n = flow * amount
            kind, i = self.place.get(name, ("rest", 0))
            if kind == "metal":
                self.aq[stage, i] += n
            elif kind == "salt":
                self.salt[stage, i] += n
            elif kind == "organic":
                self.org[stage, i] += n
                self.extractant_in[stage] += self.z[i] * n
            elif kind == "water":
                self.water[stage] += n
            elif kind == "acid":
                self.acid[stage] += n
            elif kind == "base":
                self.acid[stage] -= n
                self.water[stage] += n
                self.base_in += n
            elif kind == "extractant":
                self.extractant_in[stage] += n
            elif kind == "dissolved":
                self.dissolved_in += n
            elif kind == "carried":
                self.carried_in[stage, i] += n
            else:
                self.rest[name] = self.rest.get(name, 0.0) + n

    def _snapshot(self) -> dict[str, Any]:
        """What the feeds of given amount bring, to start from again when doses change."""
        return {name: _copy(getattr(self, name)) for name in _AMOUNTS}

    def _restore(self, amounts: Mapping[str, Any]) -> None:
        for name, value in amounts.items():
            setattr(self, name, _copy(value))

    def _one_phase(self) -> bool:
        """No extractant, or no water to speak of entering the first stage."""
        extractant = float(self.extractant_in.sum())
        return extractant <= 0.0 or float(self.water[0]) <= DRY * extractant

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
        volume = self.extractant_out * self.extractant.molar_volume + self.carried_out @ self.carried_size
        self.organic_volume = volume / LITRE
