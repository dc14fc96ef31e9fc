"""What leaves a contact: what entered plus extents of reaction, divided as the cascade divides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.canonical import NEUTRALISATION, neutralise
from hydromet.chemistry.extraction.contact_inventory import LITRE, Inventory
from hydromet.chemistry.extraction.contact_types import Contacted, Outcome
from hydromet.chemistry.records import LN10
from hydromet.species import WATER, species
from hydromet.stream import Stream

if TYPE_CHECKING:
    from hydromet.chemistry.extraction.conditional import Liquors
    from hydromet.chemistry.system import Array


class Outlets(Inventory):
    """Outlets and profile from the flows of the last pass."""

    metals_aq: Array
    metals_org: Array
    x: Array
    y: Array
    volume: Array
    liquors: Liquors
    dissolved_top: float
    unmet: tuple[int, ...]

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
