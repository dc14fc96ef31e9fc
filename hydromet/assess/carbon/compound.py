"""The compound an output is sold as: a formula of the shipped species, or one whose metals are stated beside it."""

from __future__ import annotations

import re
from difflib import get_close_matches

from hydromet.assess.eu_recovery.composition import known_formulas
from hydromet.errors import FootprintError
from hydromet.species import species

# A formula less alike than this is another compound, no slip of the pen.
_ALIKE = 0.8
_PHASE = re.compile(r"\((?:s|l|g|org|aq)\)$")


def compound_of(text: str, *, stated: bool) -> str:
    """Species id of a compound as written: ``NiSO4·6H2O``, ``NiSO4.6H2O(s)`` and ``NiSO4:6H2O(s)`` are one, a solid.

    Args:
        text: formula, with or without a phase.
        stated: its metals stand beside it: then it may be a formula that no shipped species has.

    Raises:
        SpeciesError: E302 to E304, it is no formula.
        FootprintError: E779, no shipped species has the formula, and it is a slip of one or nothing else says what it
            holds.
    """
    written = species(text)
    formula, known = _PHASE.sub("", written.id), known_formulas()
    found = written.id if _PHASE.search(text.strip()) or written.charge else f"{formula}(s)"
    if formula in known:
        return found
    # H20 and S04 are formulas, too, of 20 atoms of hydrogen and 4 of sulfur: hardly ever meant.
    meant = formula.replace("0", "O")
    if stated and meant not in known:
        return found
    near = (meant,) if meant in known else tuple(get_close_matches(formula, sorted(known), 3, _ALIKE))
    told = "".join(f"{each}(s) or " for each in near)
    raise FootprintError(
        "E779", read=f"compound `{text}`", expected=f"{told}a formula whose `metals` stand beside it",
        write=f'compound: "{near[0]}(s)"' if near else f'compound: "{found}", metals: {{Ni: 22.3 wt%}}',
    )  # fmt: skip
