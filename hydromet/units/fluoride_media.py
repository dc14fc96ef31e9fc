"""Media that take fluoride: what they hold in equilibrium, what passes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_yaml
from hydromet.errors import UnitError
from hydromet.species import atomic_mass, species
from hydromet.units.vessel import liquor_volume

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

FILE = "data/reactions/adsorption.yaml"


@dataclass(frozen=True)
class Uptake:
    """What a bed does with the fluoride of a liquor.

    Attributes:
        taken: fluoride, mol/s. loading: of the bed when it is changed, kg F per kg. bound: share of the fluoride that
        aluminium holds as complexes; it passes.
    """

    taken: float
    loading: float
    bound: float


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml(FILE)["media"]
    return data


def medium(name: str) -> dict[str, Any]:
    """A medium by its name.

    Raises:
        UnitError: E828 there is none of that name.
    """
    known = _table()
    if name not in known:
        raise UnitError("E828", read=name, expected=", ".join(known), write="medium: activated_alumina")
    row: dict[str, Any] = known[name]
    return row


def loading(name: str, fluoride: float, sulfate: float, pH: float) -> float:
    r"""Loading in equilibrium, kg F per kg of medium.

    .. math:: q = q_m \frac{b c}{1 + b c + s / s_h} \frac{1}{1 + 10^{pH_l - pH} + 10^{pH - pH_h}}

    Args:
        name: medium.
        fluoride: not bound to aluminium, kg/m3.
        sulfate: kg/m3.
        pH: of the liquor.
    """
    row = medium(name)
    bound = float(row["b"]) * 1e3 * fluoride
    return 1e-3 * float(row["most"]) * bound / (1.0 + bound + sulfate / float(row["half_sulfate"])) * window(name, pH)


def window(name: str, pH: float) -> float:
    """Share of the sites that take fluoride at a pH: in acid the medium dissolves, in alkali hydroxide wins."""
    row = medium(name)
    share: float = 1.0 / (1.0 + 10.0 ** (float(row["low"]) - pH) + 10.0 ** (pH - float(row["high"])))
    return share


def uptake(name: str, feed: Stream, chemistry: Chemistry) -> Uptake:
    """What a bed of the medium takes of the fluoride of a liquor in canonical composition."""
    volume = liquor_volume(feed, chemistry)
    if volume <= 0.0 or feed["F-"] <= 0.0:
        return Uptake(0.0, 0.0, 0.0)
    liquor = chemistry.liquor(feed)
    held = 0.0
    for one, molality in liquor.molalities.items():
        elements = species(one).elements
        if "Al" in elements and "F" in elements:
            held += elements["F"] * molality * liquor.water
    free = max(feed["F-"] - held, 0.0)
    row = medium(name)
    least = 1e-3 * float(row["least"]) * volume / atomic_mass("F")
    # Far outside the window the bed lets the fluoride pass instead of being changed all the time.
    half, open_share = float(row["window_half"]), window(name, liquor.pH)
    works = open_share**2 / (open_share**2 + half**2)
    taken = max(free - max(float(row["leak"]) * free, least), 0.0) * works
    sulfate = feed["SO4-2"] * species("SO4-2").molar_mass / volume
    full = loading(name, free * atomic_mass("F") / volume, sulfate, liquor.pH)
    return Uptake(taken, float(row["use"]) * full, held / feed["F-"])


def sources(name: str) -> list[dict[str, Any]]:
    """The isotherm as parameter, value, unit, source, grade."""
    row = medium(name)
    origin = {"source": row["source"], "grade": row["grade"], "validity": "pH 3-9, 20-60 degC", "note": row["note"]}
    units = {"most": "g/kg", "b": "L/mg", "half_sulfate": "g/L", "use": "", "leak": "", "least": "mg/L"}
    return [
        {"parameter": f"fluoride on {name}, {part}", "value": row[part], "unit": unit, **origin}
        for part, unit in units.items()
    ]
