"""Size of a mixer-settler from residence time and specific flow."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import pi
from typing import TYPE_CHECKING, Any

from hydromet.units.practice import Practice, practices

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "data/equipment/mixer_settler.csv"
KINDS = {
    "residence_time": "time", "specific_flow": "volume flux", "mixer_o_a": "ratio", "organic_depth": "length",
    "aqueous_depth": "length", "length_to_width": "ratio", "mixer_power": "specific power", "design_margin": "ratio",
}  # fmt: skip


def practice(name: str) -> Practice:
    """One value of the file."""
    return practices(FILE, tuple(KINDS.items()))[name]


@dataclass(frozen=True)
class Size:
    """One mixer-settler of a section; all of them are alike, for the stage with the largest flow.

    Attributes:
        section: name of what is sized. stages: number of mixer-settlers.
        organic, aqueous: advance flows with the margin, m3/s. recycle: of the lesser phase inside the stage, m3/s.
        mixer_volume: m3. mixer_diameter: of a cylinder as high as wide, m. power: of the impeller, W.
        settler_area: m2. settler_width, settler_length, settler_depth: m.
        organic_inventory: m3 of organic in one mixer-settler.
    """

    section: str
    stages: int
    organic: float
    aqueous: float
    recycle: float
    mixer_volume: float
    mixer_diameter: float
    power: float
    settler_area: float
    settler_width: float
    settler_length: float
    settler_depth: float
    organic_inventory: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def mixer_settler(section: str, stages: int, organic: float, aqueous: float, chosen: Mapping[str, float]) -> Size:
    """Size one of equal mixer-settlers.

    ``V = (Q_org + Q_aq + Q_recycle) t``, ``A = (Q_org + Q_aq + Q_recycle) / q`` with the flows times the margin. The
    lesser phase is recycled from the settler to the mixer until the mixer holds ``mixer_o_a`` (its reciprocal where the
    aqueous is the lesser).

    Args:
        section: name for the result.
        stages: how many there are.
        organic: advance flow of the fullest stage, m3/s, without the margin.
        aqueous: likewise.
        chosen: the names of ``KINDS`` -> value, SI.

    Validity: as the residence time and specific flow, which a continuous test or the time to separate has to give.
    """
    organic, aqueous = organic * chosen["design_margin"], aqueous * chosen["design_margin"]
    ratio = chosen["mixer_o_a"] if organic <= aqueous else 1.0 / chosen["mixer_o_a"]
    lesser, greater = sorted((organic, aqueous))
    share = min(ratio, 1.0 / ratio)
    recycle = max(share * greater - lesser, 0.0)
    total = organic + aqueous + recycle
    volume = total * chosen["residence_time"]
    area = total / chosen["specific_flow"]
    width = (area / chosen["length_to_width"]) ** 0.5
    in_mixer = (organic + (recycle if organic <= aqueous else 0.0)) / total if total > 0.0 else 0.0
    return Size(
        section=section,
        stages=stages,
        organic=organic,
        aqueous=aqueous,
        recycle=recycle,
        mixer_volume=volume,
        mixer_diameter=(4.0 * volume / pi) ** (1.0 / 3.0),
        power=volume * chosen["mixer_power"],
        settler_area=area,
        settler_width=width,
        settler_length=area / width if width > 0.0 else 0.0,
        settler_depth=chosen["organic_depth"] + chosen["aqueous_depth"],
        organic_inventory=in_mixer * volume + chosen["organic_depth"] * area,
    )
