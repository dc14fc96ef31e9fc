"""Other constants and Davies' equation on the same solver, to compare with codes that work with them.

Davies' equation knows one ion size and no specific interaction: above 0.5 mol/kg it is wrong by tenths of a pH unit
and by tens of percent in water activity. It is here for comparison alone and never a default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.chemistry.database import Constant, Database, Mixing, load_database, read_constant
from hydromet.chemistry.records import LN10, T0
from hydromet.species import WATER

if TYPE_CHECKING:
    from collections.abc import Mapping

_GRADE = "recalled"


def davies_database(
    aqueous: Mapping[str, tuple[str, float]], solids: Mapping[str, tuple[str, float]], slope: float | None = None
) -> Database:
    """Constants at 25 degC with Davies' equation for the ions and activity coefficients of one for neutral species.

    Args:
        aqueous: species -> (equation of its formation, log10 K); what a species is made of comes before it.
        solids: solid -> (equation of its dissolution, log10 K).
        slope: Debye-Hueckel slope A of ``log10 gamma = -A z^2 (...)`` at 25 degC; that of the Pitzer data if not given.

    Raises:
        ChemistryError: E502, E503 an equation does not form or dissolve its species.

    Example:
        >>> data = davies_database({"OH-": ("H2O = OH- + H+", -14.0)}, {})
        >>> from hydromet.chemistry.engine import solve_equilibrium
        >>> round(solve_equilibrium({"H2O": 55.5, "H+": 0.01, "Cl-": 0.01}, 298.15, data=data).pH, 2)
        2.04
    """
    formed: dict[str, Constant] = {}
    for name, (equation, log10_k) in aqueous.items():
        formed[name] = read_constant(_row(equation, log10_k), name, formed, formed=True)
    dissolved = {
        name: read_constant(_row(equation, log10_k), name, formed, formed=False)
        for name, (equation, log10_k) in solids.items()
    }
    shipped = load_database()
    own = shipped.debye_huckel
    if slope is not None:
        # A ln 10 = 3 Aphi
        own = Mixing("Aphi", (), (slope * LN10 / 3.0, 0.0, 0.0, 0.0), own.origin)
    basis = {part for one in (*formed.values(), *dissolved.values()) for part in one.basis}
    return Database(
        aqueous=formed,
        solids=dissolved,
        gases={},
        pairs=(),
        mixing=(),
        debye_huckel=own,
        components=frozenset(basis - {WATER}),
        davies=True,
    )


def _row(equation: str, log10_k: float) -> dict[str, str]:
    celsius = f"{T0 - 273.15:g}"
    return {
        "equation": equation, "logK_25C": repr(log10_k), "B_K": "", "C": "", "D_per_K": "", "source": "",
        "grade": _GRADE, "t_min_C": celsius, "t_max_C": celsius,
    }  # fmt: skip
