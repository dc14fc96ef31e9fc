"""What a counter-current contact is given and what it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hydromet.chemistry.extraction.conditional import Liquors
    from hydromet.chemistry.system import Array
    from hydromet.stream import Stream


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
        slow: ion -> efficiency of that metal, on top; the extractant it keeps is not there for others.
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
