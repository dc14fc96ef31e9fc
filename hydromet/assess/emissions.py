"""What every emission to the air carries: HF, dust, hydrogen and the air that dilutes it.

Hydrogen is kept below a share of its lower flammable limit (``data/limits/gas_safety.csv``).
"""

from __future__ import annotations

from functools import lru_cache
from math import fsum
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_csv
from hydromet.dimensions import NORMAL_CUBIC_METRE
from hydromet.quantity import parse
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hydromet.flowsheet.schema import Outlet
    from hydromet.stream import Stream

FILE = "data/limits/gas_safety.csv"
HOUR = 3600.0
_HYDROGEN, _VAPOUR, _HF = "H2(g)", "H2O(g)", "HF(g)"
_KINDS = {"share_of_limit": "fraction"}


@lru_cache(maxsize=1)
def safety() -> Mapping[str, tuple[float, Mapping[str, str]]]:
    """Name -> value (volume fraction, or share) and its row."""
    rows = read_csv(FILE)
    return {
        row["name"]: (parse(f"{row['value']} {row['unit']}", _KINDS.get(row["name"], "volume fraction")), row)
        for row in rows
    }


def dilution_air(gas: Stream) -> float:
    """Dry air that brings hydrogen to the kept share of its lower flammable limit, mol/s.

    ``n_air = n_H2 / (s LFL) - n_dry`` with ``n_dry`` the gas without its water, which may condense on the way; zero
    where the gas is lean enough by itself. The gas must be mixed before it meets a source of ignition; other flammable
    gases and the vapour of a diluent are not in it. LFL falls by a tenth per 100 K or so, which is not in it either.
    """
    limit, share = safety()["H2"][0], safety()["share_of_limit"][0]
    dry = fsum(gas.part("g").flows.values()) - gas[_VAPOUR]
    return max(gas[_HYDROGEN] / (limit * share) - dry, 0.0)


def emissions(
    declared: Mapping[str, Outlet], streams: Mapping[str, Stream], entering: Collection[str]
) -> dict[str, Any]:
    """Every declared emission.

    Args:
        declared: name -> outlet of the flowsheet.
        streams: of the solved plant.
        entering: elements that enter the plant.

    Returns:
        ``by_emission``: name -> ``stream``, ``HF_kg_h``, ``dust_kg_h`` and ``H2_mol_h`` (null where the model keeps it
        out, which is no prediction), ``H2_vol_percent_dry``, ``dilution_air_Nm3_h``; totals; ``basis`` of the limit.
    """
    rows = {name: _emission(out.stream, streams[out.stream], entering) for name, out in declared.items()}
    limit, share = safety()["H2"], safety()["share_of_limit"]
    air = fsum(row["dilution_air_Nm3_h"] for row in rows.values())
    return {
        "by_emission": rows,
        "dilution_air_Nm3_h": air,
        "basis": [
            f"lower flammable limit of H2 {100.0 * limit[0]:.4g} vol%; {limit[1]['source']}, {limit[1]['grade']}",
            f"kept below {100.0 * share[0]:.4g} % of it; {share[1]['source']}, {share[1]['grade']}",
            "HF and dust as the units give them off, before a scrubber or a filter",
        ],
    }


def _emission(name: str, stream: Stream, entering: Collection[str]) -> dict[str, Any]:
    gas = stream.part("g")
    dry = fsum(gas.flows.values()) - gas[_VAPOUR]
    fluoride = stream[_HF] * species(_HF).molar_mass if "F" in entering else 0.0
    return {
        "stream": name,
        "HF_kg_h": fluoride * HOUR or None,
        "dust_kg_h": stream.part("s").mass() * HOUR or None,
        "H2_mol_h": stream[_HYDROGEN] * HOUR or None,
        "H2_vol_percent_dry": 100.0 * stream[_HYDROGEN] / dry if dry > 0.0 and stream[_HYDROGEN] > 0.0 else None,
        "dilution_air_Nm3_h": dilution_air(stream) * HOUR / NORMAL_CUBIC_METRE,
    }
