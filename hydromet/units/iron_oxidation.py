"""How far Fe+2 is oxidised by a gas in a given time: rate law and transfer of oxygen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.chemistry.records import at
from hydromet.datafiles import read_yaml
from hydromet.units.bracket import rising_root
from hydromet.units.vessel import liquor_volume

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

FILE = "data/reactions/iron_oxidation.yaml"
_GAS_CONSTANT, _REFERENCE, _ATM = 8.31446261815324, 298.15, 101325.0
_PATHS = ("acid", "neutral", "sulfate")
_NEUTRAL_PH = 6.0
# Below this share of the iron nothing is computed.
_LEAST = 1e-9


@dataclass(frozen=True)
class Aeration:
    """A train of equal tanks with gas.

    Attributes:
        time: residence time of the liquor in all tanks, s.
        tanks: number of equal tanks in series.
        pH: at which the tanks are held.
        transfer: kLa of oxygen, 1/s; none: that of the data.
        catalysis: factor on the rate, for a recycle of ferric hydroxide or dissolved copper.
    """

    time: float
    tanks: int
    pH: float
    transfer: float | None = None
    catalysis: float = 1.0


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml(FILE)
    return data


def rates(pH: float, temperature: float) -> tuple[float, float]:
    r"""Rate constants of first order (1/s/atm) and of second order in iron (m3/mol/s/atm).

    .. math:: -d[Fe]/dt = p_{O_2} (k_1 [Fe] + k_2 [Fe]^2), \quad k_1 = k_a + k_n 10^{2 (pH - 6)}

    Args:
        pH: -log10 a(H+).
        temperature: K.
    """
    part = {}
    for name in _PATHS:
        row = _table()[name]
        heat = 1e3 * float(row["activation_kJ_mol"]) / _GAS_CONSTANT
        part[name] = float(row["per_atm"]) / 60.0 * math.exp(-heat * (1.0 / temperature - 1.0 / _REFERENCE))
    first = part["acid"] + part["neutral"] * 10.0 ** (2.0 * (pH - _NEUTRAL_PH))
    return first, 1e-3 * part["sulfate"]


def oxidised_share(liquor: Stream, gas: Stream, how: Aeration, chemistry: Chemistry) -> float:
    """Share of the Fe+2 of a liquor that the oxygen of a gas oxidises, 0 to 1.

    Each tank is well mixed; the gas, spread evenly over the tanks, has the composition at which it leaves. In a tank
    kLa (c* - c) = r / 4 and r = (k1 Fe + k2 Fe^2) c / H.

    Args:
        liquor: with Fe+2, at the temperature of the tanks.
        gas: its O2(g), N2(g) and the like, mol/s.
        how: the tanks.
        chemistry: volume of the liquor, solubility of oxygen.
    """
    volume = liquor_volume(liquor, chemistry)
    iron = liquor["Fe+2"] / volume if volume > 0.0 else 0.0
    total = sum(gas.part("g").flows.values())
    if iron <= 0.0 or gas["O2(g)"] <= 0.0 or how.time <= 0.0:
        return 0.0
    limit = min(1.0, 4.0 * gas["O2(g)"] / liquor["Fe+2"])

    def miss(share: float) -> float:
        used = 0.25 * share * liquor["Fe+2"]
        left = max(gas["O2(g)"] - used, 0.0)
        pressure = liquor.pressure / _ATM * left / (total - used)
        return share - _reached(iron, pressure, liquor.temperature, how, chemistry)

    return rising_root(miss, 0.0, limit, 0.5 * limit) if miss(limit) > 0.0 else limit


def _reached(iron: float, pressure: float, temperature: float, how: Aeration, chemistry: Chemistry) -> float:
    """Share oxidised after the train with a given partial pressure of oxygen, atm; iron in mol/m3."""
    first, second = (how.catalysis * k for k in rates(how.pH, temperature))
    transfer = how.transfer if how.transfer is not None else float(_table()["transfer"]["per_hour"]) / 3600.0
    henry = _solubility(temperature, chemistry)
    tank = how.time / how.tanks
    left = iron
    for _ in range(how.tanks):
        left = _outlet(left, tank, pressure, (first, second, transfer * henry))
    return max(1.0 - left / iron, 0.0)


def _outlet(iron: float, time: float, pressure: float, constants: tuple[float, float, float]) -> float:
    """Fe+2 behind one well-mixed tank, mol/m3."""
    first, second, supply = constants

    def miss(left: float) -> float:
        chemical = first * left + second * left**2
        # Transfer and reaction in series: r = p / (1 / (4 kLa H) + 1 / k).
        rate = pressure * 4.0 * supply * chemical / (4.0 * supply + chemical) if chemical > 0.0 else 0.0
        return (left + rate * time) / iron - 1.0

    return rising_root(miss, 0.0, iron, iron / (1.0 + first * pressure * time))


def _solubility(temperature: float, chemistry: Chemistry) -> float:
    """Oxygen dissolved in water per atmosphere of it, mol/m3."""
    constant = chemistry.data.gases["O2(g)"]
    per_bar: float = 10.0 ** at(constant.log10_k, temperature)
    return 1e3 * per_bar * _ATM / 1e5


def sources() -> list[dict[str, Any]]:
    """The rate law as parameter, value, unit, source, grade."""
    rows = []
    for name in (*_PATHS, "transfer", "surface"):
        row = _table()[name]
        value = next(row[key] for key in ("per_atm", "per_hour", "most") if key in row)
        rows.append(
            {
                "parameter": f"oxidation of Fe+2 by oxygen, {name}",
                "value": value,
                "unit": row["unit"],
                "source": row["source"],
                "grade": row["grade"],
                "validity": "25-90 degC",
                "note": row["note"],
            }
        )
    return rows
