"""What crystals take up from their mother liquor, from graded data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_yaml
from hydromet.quantity import parse
from hydromet.species import species
from hydromet.units.crystal_size import kinetics_row
from hydromet.units.vessel import add_extents, react

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

FILE = "data/solubility/crystal_uptake.yaml"


@dataclass(frozen=True)
class Partition:
    """Isomorphous substitution of one ion in one host crystal.

    Attributes:
        ion: the impurity in the liquor.
        crystal: the species it becomes.
        value: (mol impurity / mol host) in the crystal over the same ratio in the liquor.
        low, high: validity, K.
        grade, source: of the value.
    """

    ion: str
    crystal: str
    value: float
    low: float
    high: float
    grade: str
    source: str


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    data: Mapping[str, Any] = read_yaml(FILE)
    return data


@lru_cache(maxsize=64)
def partitions(host: str) -> tuple[Partition, ...]:
    """The ions known to substitute in a host crystal."""
    return tuple(
        Partition(
            ion=row["ion"],
            crystal=row["crystal"],
            value=float(row["value"]),
            low=parse(row["from"], "temperature"),
            high=parse(row["to"], "temperature"),
            grade=row["grade"],
            source=row["source"],
        )
        for row in _table()["partition"]
        if row["host"] == host and row["crystal"]
    )


@lru_cache(maxsize=64)
def inclusion(host: str) -> tuple[float, str]:
    """Mass of enclosed liquor per mass of crystal, with grade and source; zero for a crystal without data."""
    for row in _table()["inclusion"]:
        if row["host"] == host:
            return float(row["value"]), f"{row['grade']}: {row['source']}"
    return 0.0, "no data"


def enclosed_liquor(host: str, growth: float) -> float:
    r"""Mass of enclosed liquor per mass of crystal at a growth rate, m/s.

    .. math:: i = i_{max} y / (1 + y), y = \frac{i_0}{i_{max} - i_0} (G / G_0)^m

    so that i is the value of the data at their growth rate and never more than ``inclusion_most``. A crystal without
    kinetics keeps its value.
    """
    usual, found = inclusion(host)[0], kinetics_row(host)
    if found is None or growth <= 0.0 or usual <= 0.0:
        return usual
    most, reference = float(found["inclusion_most"]), float(found["inclusion_growth_m_s"])
    y = usual / (most - usual) * float((growth / reference) ** float(found["inclusion_order"]))
    return most * y / (1.0 + y)


def sources(host: str, *, enclosed: bool) -> list[dict[str, Any]]:
    """Partition coefficients of a host crystal, and its enclosed liquor if asked for, with source and grade."""
    names = {row.ion: f"partition of {row.ion} into {host}" for row in partitions(host)}
    rows = [
        {
            "parameter": names[row.ion], "value": row.value, "unit": "mol/mol", "source": row.source,
            "grade": row.grade, "validity": f"{row.low - 273.15:.0f}-{row.high - 273.15:.0f} degC", "note": "",
        }
        for row in partitions(host)
    ]  # fmt: skip
    for row in _table()["inclusion"] if enclosed else ():
        if row["host"] == host:
            found = {"parameter": f"liquor enclosed in {host}", "value": float(row["value"]), "unit": row["unit"]}
            rows.append({**found, "source": row["source"], "grade": row["grade"], "validity": "", "note": ""})
    return rows


def formation(crystal: str) -> tuple[str, str, int]:
    """How a sulfate or hydroxide hydrate forms: equation, metal ion, waters of crystallisation.

    For example ``NiSO4:6H2O(s)`` gives ``Ni+2 + SO4-2 + 6 H2O = NiSO4:6H2O(s)``, ``LiOH:H2O(s)`` gives
    ``Li+ + OH- + H2O = LiOH:H2O(s)``.
    """
    made = species(crystal)
    sulfate = "S" in made.elements
    hydrogen = round(made.elements.get("H", 0.0))
    waters = hydrogen // 2 if sulfate else (hydrogen - 1) // 2
    metal = next(element for element in made.elements if element not in ("S", "O", "H"))
    count = round(made.elements[metal])
    ion = f"{metal}+2" if sulfate and count == 1 else f"{metal}+"
    left = [ion if count == 1 else f"{count} {ion}", "SO4-2" if sulfate else "OH-"]
    if waters:
        left.append("H2O" if waters == 1 else f"{waters} H2O")
    return f"{' + '.join(left)} = {made.id}", ion, waters


def substitution(slurry: Stream, host: str, grown: float, chemistry: Chemistry) -> dict[str, float]:
    """Extents of substitution in a crystal that grew in contact with one well-mixed liquor.

    .. math:: x_c / n_{host,c} = D x_l / n_{host,l}, x_c + x_l = x

    gives x_c = x D q / (1 + D q) with q = n_{host,c} / n_{host,l}.

    Args:
        slurry: liquor and crystals before substitution.
        host: the main crystal.
        grown: host crystal that formed here, mol/s.
        chemistry: to write the reactions with.

    Returns:
        equation -> mol/s; bounded so that neither sulfate nor water runs out.
    """
    _, host_ion, _ = formation(host)
    left = slurry[host_ion]
    if grown <= 0.0 or left <= 0.0:
        return {}
    ratio = grown / left
    extents = {
        formation(row.crystal)[0]: slurry[row.ion] * row.value * ratio / (1.0 + row.value * ratio)
        for row in partitions(host)
        if slurry[row.ion] > 0.0
    }
    need = _used(extents, chemistry)
    scale = min([1.0, *(0.5 * slurry[name] / n for name, n in need.items() if name in ("SO4-2", "H2O") and n > 0.0)])
    return {equation: value * scale for equation, value in extents.items()}


def uptake(feed: Stream, slurry: Stream, hosts: Sequence[str], chemistry: Chemistry) -> tuple[Stream, dict[str, float]]:
    """The slurry after substitution in every host crystal that grew, with the extents, mol/s.

    Args:
        feed: what came in; host crystals in it are not counted as grown.
        slurry: liquor and crystals at equilibrium.
        hosts: the crystals.
        chemistry: to write the reactions with.
    """
    total: dict[str, float] = {}
    for host in hosts:
        taken = substitution(slurry, host, slurry[host] - feed[host], chemistry)
        slurry = react(slurry, taken, chemistry)
        total = add_extents(total, taken)
    return slurry, total


def _used(extents: Mapping[str, float], chemistry: Chemistry) -> dict[str, float]:
    """What reactions consume net, species -> mol/s; negative for what they make."""
    total: dict[str, float] = {}
    for equation, extent in extents.items():
        for name, nu in chemistry.reaction(equation).coefficients.items():
            total[name] = total.get(name, 0.0) - nu * extent
    return total
