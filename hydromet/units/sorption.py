"""Metals that fresh hydroxides carry with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.datafiles import read_yaml
from hydromet.species import atomic_mass
from hydromet.units.vessel import liquor_volume

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream
    from hydromet.units.dosing import Dosed

FILE = "data/reactions/coprecipitation.yaml"


@dataclass(frozen=True, slots=True)
class Carrier:
    """One line of the data: share carried = x / (1 + x), x = slope c 10^(pH_slope (pH - reference))."""

    hydroxide: str
    metal: str
    ion: str
    reaction: str
    slope: float
    pH_slope: float
    reference: float


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[Carrier, ...], float]:
    data = read_yaml(FILE)
    rows = tuple(
        Carrier(
            str(r["hydroxide"]),
            str(r["metal"]),
            str(r["ion"]),
            str(r["reaction"]),
            float(r["slope"]),
            float(r["pH_slope"]),
            float(r["reference_pH"]),
        )
        for r in data["carried"]
    )
    return rows, float(data["lithium_base"]["factor"])


def carried(feed: Stream, after: Dosed, base: Stream, chemistry: Chemistry) -> Mapping[str, float]:
    """Extents by which fresh hydroxides carry metals with them, mol/s.

    Args:
        feed: liquor before the precipitation.
        after: the same at its set pH, with the hydroxide that forms.
        base: the base used; lithium hydroxide carries about half as much.
        chemistry: volume of the liquor.
    """
    volume = liquor_volume(after.stream, chemistry)
    if volume <= 0.0 or after.pH is None:
        return {}
    rows, factor = _table()
    less = factor if base["Li+"] + base["LiOH:H2O(s)"] + base["LiOH(s)"] > 0.0 else 1.0
    extents: dict[str, float] = {}
    for row in rows:
        formed = max(0.0, after.stream[row.hydroxide] - feed[row.hydroxide])
        content = formed * atomic_mass(row.metal) / volume
        x = less * row.slope * content * 10.0 ** (row.pH_slope * (after.pH - row.reference))
        share = x / (1.0 + x)
        if share > 0.0:
            extents[row.reaction] = extents.get(row.reaction, 0.0) + share * after.stream[row.ion]
    return extents
