"""Metal powders that cement copper: what they displace, how fast, how much of them corrodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from hydromet.chemistry.physical.volume import volume
from hydromet.datafiles import read_yaml
from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.bracket import rising_root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FILE = "data/reactions/cementation.yaml"
Metal = Literal["Fe", "Ni", "Co"]
_GAS_CONSTANT, _REFERENCE = 8.31446261815324, 298.15
# Surface of a sphere times its diameter over its volume.
_SIX = 6.0


@dataclass(frozen=True)
class Powder:
    """A metal powder.

    Attributes:
        metal: symbol. corroded: share of what is left over that dissolves in acid. displaces: ion -> share, default.
        transfer: m/s at 25 degC. activation: J/mol. origin: source, grade and note.
    """

    metal: str
    corroded: float
    displaces: Mapping[str, float]
    transfer: float
    activation: float
    origin: Mapping[str, str]

    @property
    def solid(self) -> str:
        """Species id of the powder."""
        return f"{self.metal}(s)"

    def ferric(self) -> str:
        """Reduction of Fe+3 by the powder."""
        return "2 Fe+3 + Fe(s) = 3 Fe+2" if self.metal == "Fe" else f"2 Fe+3 + {self.solid} = 2 Fe+2 + {self.metal}+2"

    def hydrogen(self) -> str:
        """Corrosion in acid."""
        return f"{self.solid} + 2 H+ = {self.metal}+2 + H2(g)"

    def displaced(self, ion: str) -> str:
        """Cementation of a divalent ion."""
        return f"{ion} + {self.solid} = {ion.removesuffix('+2')}(s) + {self.metal}+2"

    def sources(self) -> list[dict[str, Any]]:
        """Rate, corrosion and minor metals as parameter, value, unit, source, grade."""
        shares = {f"share of {ion} cemented": (share, "mol/mol") for ion, share in self.displaces.items()}
        values = {
            "mass transfer of copper": (self.transfer, "m/s"),
            "excess corroded": (self.corroded, "mol/mol"),
            **shares,
        }
        return [
            {"parameter": f"{name}, {self.metal} powder", "value": value, "unit": unit, "validity": "25-80 degC"}
            | dict(self.origin)
            for name, (value, unit) in values.items()
        ]

    def constant(self, left: float, size: float, temperature: float) -> float:
        r"""First-order rate constant of copper, 1/s.

        .. math:: k = k_L \frac{6 c}{\rho d}

        Args:
            left: powder in the tank, kg per m3 of liquor.
            size: diameter of its grains, m.
            temperature: K.
        """
        density = species(self.solid).molar_mass / volume(Stream({self.solid: 1.0}), "s")
        speed = self.transfer * math.exp(-self.activation / _GAS_CONSTANT * (1.0 / temperature - 1.0 / _REFERENCE))
        return speed * _SIX * left / (density * size)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml(FILE)
    return data


def powder(metal: str) -> Powder:
    """A powder of the data by its symbol."""
    row = _table()["powders"][metal]
    return Powder(
        metal,
        float(row["corroded"]),
        {str(ion): float(share) for ion, share in row["displaces"].items()},
        float(row["transfer"]),
        1e3 * float(row["activation_kJ_mol"]),
        {name: str(row[name]) for name in ("source", "grade", "note")},
    )


def removal_in(time: float, tanks: int, constant: Callable[[float], float]) -> float:
    """Share of the copper cemented in equal well-mixed tanks, X = 1 - (1 + k(X) t / N)^-N.

    Args:
        time: of all tanks, s.
        tanks: N.
        constant: rate constant with a share X removed, 1/s; falls as the powder is used up.
    """

    def miss(share: float) -> float:
        return share - 1.0 + (1.0 + max(constant(share), 0.0) * time / tanks) ** -tanks

    return rising_root(miss, 0.0, 1.0, 0.9)
