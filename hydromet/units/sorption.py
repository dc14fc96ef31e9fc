"""Metals that fresh hydroxides carry with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_yaml
from hydromet.species import atomic_mass, species
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

    hydroxides: tuple[str, ...]
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
            tuple(str(name) for name in r["hydroxides"]),
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
    loads: dict[tuple[str, str], float] = {}
    for row in rows:
        formed = sum(
            max(0.0, after.stream[solid] - feed[solid]) * species(solid).elements[row.metal] for solid in row.hydroxides
        )
        content = formed * atomic_mass(row.metal) / volume
        x = less * row.slope * content * 10.0 ** (row.pH_slope * (after.pH - row.reference))
        loads[row.reaction, row.ion] = loads.get((row.reaction, row.ion), 0.0) + x
    return {
        reaction: x / (1.0 + x) * min(feed[ion], after.stream[ion]) for (reaction, ion), x in loads.items() if x > 0.0
    }


def sources() -> list[dict[str, Any]]:
    """The correlation as parameter, value, unit, source, grade."""
    data = read_yaml(FILE)
    rows = []
    for r in data["carried"]:
        name = f"{r['ion']} carried by {r['metal']} hydroxides"
        origin = {
            "source": r["source"],
            "grade": r["grade"],
            "validity": "pH 3-5, 30-60 degC",
            "note": r.get("note", ""),
        }
        rows.append({"parameter": f"{name}, at pH {r['reference_pH']}", "value": r["slope"], "unit": "L/g", **origin})
        rows.append({"parameter": f"{name}, slope of log10", "value": r["pH_slope"], "unit": "1/pH", **origin})
    base = data["lithium_base"]
    less = {"parameter": "metals carried with LiOH over those with NaOH", "value": base["factor"], "unit": "kg/kg"}
    return [*rows, {**less, "source": base["source"], "grade": base["grade"], "validity": "", "note": base["note"]}]
