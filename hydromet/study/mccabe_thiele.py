"""McCabe-Thiele data of a solved cascade: operating line, equilibrium line and steps of one metal.

In a circuit with competing metals and a floating pH there is no isotherm that could be drawn first and stepped
afterwards: the equilibrium line is what the solved stages say, ``y* = D(pH, free extractant) x`` with the pH and the
free extractant of each stage, and between the stages with both interpolated. It therefore curves with the loading of
all metals and with the pH, and the steps are the stages themselves.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import exp
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.chemistry.extraction.extractants import Extractant, distribution, load_extractant
from hydromet.errors import ExtractionError
from hydromet.stream import ROOM
from hydromet.units.cascade import element_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Points = tuple[tuple[float, float], ...]
# Points of the equilibrium line between two stages and beyond the dilute end, and how far it is drawn there.
_BETWEEN, _BEYOND, _BELOW = 48, 48, 0.01


@dataclass(frozen=True)
class McCabeThiele:
    """One diagram: x is the metal in the aqueous phase, y in the organic, both g/L.

    Attributes:
        metal: element symbol, as in the columns of a stage profile.
        extractant: name of its data file.
        temperature: K.
        extraction: True where the metal goes to the organic, False where it is stripped or scrubbed off.
        operating: (x leaving stage j, y entering stage j), j = 0 to N; the first point is the end of the cascade where
            the aqueous phase enters, the last where the organic enters. Straight where both flows are constant; a side
            feed or the water of a base bends it.
        equilibrium: the equilibrium line, in the order of the stages, some dozen points between two, and on at constant
            D below the most dilute stage. Every x is positive, so that it can be drawn with logarithmic axes.
        stages: (x, y) of the phases leaving each stage; on the equilibrium line where the stage efficiency is 1.
        steps: corners of the staircase between both lines, ready to be joined by straight lines.
        pH: of each stage.
    """

    metal: str
    extractant: str
    temperature: float
    extraction: bool
    operating: Points
    equilibrium: Points
    stages: Points
    steps: Points
    pH: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def mccabe_thiele(
    stages: Sequence[Mapping[str, float]],
    metal: str,
    extractant: str,
    temperature: float = ROOM,
    *,
    aqueous_in: float | None = None,
    organic_in: float | None = None,
    synergists: Mapping[str, float] | None = None,
) -> McCabeThiele:
    """The diagram of one metal from the stage profile of a cascade.

    Operating line: the balance of a stage, ``x_(j-1) A_(j-1) + y_(j+1) O = x_j A_j + y_j O``. Equilibrium line:
    ``y* = x sum over the forms of exp(ln K + n pH ln 10 + m ln free)``; between stages log x, pH and log free are
    interpolated monotonically by stage number. It ends at stage 1 of an extraction: no stage has a richer liquor.

    Args:
        stages: rows of ``UnitResult.stages`` or of ``units.<name>.stages`` in a result.json (extract, scrub, strip).
        metal: element symbol or ion, such as ``Co`` or ``Co+2``.
        extractant: name in data/extractants.
        temperature: of the stages, K.
        aqueous_in: metal in the liquor entering stage 1, g/L, referred to the aqueous volume leaving stage 1; None:
            from the balance of stage 1, which holds every feed of that stage.
        organic_in: metal in the organic entering the last stage, g/L; None: from the balance of that stage, exact to
            what settlers entrain.
        synergists: name -> mol/L in the organic, where its extractant has any.

    Raises:
        ExtractionError: E626 the metal is not in the profile.
    """
    known = load_extractant(extractant).beside(synergists or {})
    ion = _ion(metal, known, stages)
    name = element_of(ion)
    x = [row[f"{name}_aq_g_L"] for row in stages]
    y = [row[f"{name}_org_g_L"] for row in stages]
    last = _organic_in(stages, x, y) if organic_in is None else organic_in
    first = _aqueous_in(stages[0], name, [*y, last][1]) if aqueous_in is None else aqueous_in
    operating = tuple(zip([first, *x], [*y, last], strict=True))
    corners = [operating[0]]
    for j, (a, b) in enumerate(zip(x, y, strict=True)):
        corners += [(a, b), operating[j + 1]]
    return McCabeThiele(
        metal=name,
        extractant=extractant,
        temperature=temperature,
        extraction=first >= x[-1],
        operating=operating,
        equilibrium=_equilibrium(stages, ion, known, temperature),
        stages=tuple(zip(x, y, strict=True)),
        steps=tuple(corners),
        pH=tuple(row["pH"] for row in stages),
    )


def _ion(metal: str, known: Extractant, stages: Sequence[Mapping[str, float]]) -> str:
    """The ion of a metal by element or ion; it must be in the profile."""
    there = [ion for ion in known.metals if stages and f"{element_of(ion)}_aq_g_L" in stages[0]]
    for ion in there:
        if metal in (ion, element_of(ion)):
            return ion
    names = [element_of(ion) for ion in there]
    raise ExtractionError(
        "E626", read=metal, expected=f"one of {', '.join(names)}" if names else "a cascade with stages", write="Co"
    )


def _aqueous_in(first: Mapping[str, float], name: str, above: float) -> float:
    """Metal entering stage 1 with the aqueous phase per volume leaving it, g/L; ``above`` is y of stage 2."""
    return max(first[f"{name}_aq_g_L"] + first["O_A"] * (first[f"{name}_org_g_L"] - above), 0.0)


def _organic_in(stages: Sequence[Mapping[str, float]], x: Sequence[float], y: Sequence[float]) -> float:
    """Metal on the organic entering the last stage, g/L."""
    if len(stages) < 2:
        return 0.0
    before = x[-2] / stages[-2]["O_A"] if stages[-2]["O_A"] > 0.0 else 0.0
    found = y[-1] + x[-1] / stages[-1]["O_A"] - before if stages[-1]["O_A"] > 0.0 else 0.0
    # Round-off and entrainment on a difference of large numbers: nothing.
    return found if found > 1e-3 * max(y[-1], before) else 0.0


def _equilibrium(stages: Sequence[Mapping[str, float]], ion: str, known: Extractant, temperature: float) -> Points:
    name = element_of(ion)
    x = [row[f"{name}_aq_g_L"] for row in stages]
    if min(x) <= 0.0:
        return ()
    pH = [row["pH"] for row in stages]
    free = [row["free_extractant_mol_L"] / known.aggregation for row in stages]
    along = np.linspace(0.0, len(stages) - 1.0, (len(stages) - 1) * _BETWEEN + 1).tolist()
    logs = _interpolated(np.log(x).tolist(), along)
    points = [
        (exp(u), exp(u) * distribution(known, ion, p, exp(f), temperature))
        for u, p, f in zip(logs, _interpolated(pH, along), _interpolated(np.log(free).tolist(), along), strict=True)
    ]
    if x[-1] <= x[0]:
        return (*points, *_diluted(*points[-1]))
    return (*reversed(_diluted(*points[0])), *points)


def _diluted(x: float, y: float) -> Points:
    """From the dilute end of the stages on down, where nothing competes: D stays what it is."""
    return tuple((share * x, share * y) for share in np.geomspace(1.0, _BELOW, _BEYOND)[1:].tolist())


def _interpolated(values: Sequence[float], along: Sequence[float]) -> list[float]:
    """A quantity between the stages, monotone where the stages are."""
    from scipy.interpolate import PchipInterpolator

    if len(values) == 1:
        return [float(values[0])]
    found: list[float] = PchipInterpolator(range(len(values)), values)(along).tolist()
    return found
