"""What the parts of a lot are made of: element or row -> share of the part."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.assess.eu_recovery.lots import BatteryPart, check_kind
from hydromet.assess.eu_recovery.rules import KEYS, OTHERS, bills, rules
from hydromet.datafiles import names, read_csv
from hydromet.flowsheet.phases import constituent
from hydromet.species import atomic_mass, species

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from hydromet.assess.eu_recovery.case_file import Options
    from hydromet.assess.eu_recovery.lots import Lot

PLASTICS = "Plastics"
# Name of the only part of a lot that is no battery.
WHOLE = ""
# Elements of a compound that came with reagents and water unless a file says otherwise.
REAGENT_BORN = frozenset({"H", "O", "S", "C_cell", "N", "Na", "K", "F", "Cl"})
_PHASE = re.compile(r"(\[[^\]]*\])?(\([a-z]+\))?$")
_ROWS = frozenset({"Steel", PLASTICS, OTHERS})


def parts_of(lot: Lot) -> dict[str, BatteryPart]:
    """The parts of a lot by name: its own, those of its bill, or one unnamed part if it is no battery."""
    if lot.elements:
        return {WHOLE: BatteryPart(unknown=True)}
    if lot.bill is None:
        return dict(lot.parts)
    return _billed(lot.bill)


def _billed(name: str) -> dict[str, BatteryPart]:
    chemistry, _, level = name.rpartition("_")
    shipped = bills()
    cell = {part: BatteryPart.model_validate(entry) for part, entry in shipped["cells"][chemistry].items()}
    if level == "cell":
        return cell
    pack = shipped["packs"]["EV"]
    share = BatteryPart.model_validate({"share": pack["cells"]}).share
    of_cells = share.value if share else 1.0
    inner = {
        part: entry.model_copy(update={"share": entry.share.model_copy(update={"value": entry.share.value * of_cells})})
        for part, entry in cell.items()
        if entry.share
    }
    return inner | {part: BatteryPart.model_validate(entry) for part, entry in pack["parts"].items()}


def kind_of(name: str, part: BatteryPart) -> str:
    """Kind of a part; ``other`` for the unnamed one."""
    return "other" if name == WHOLE else check_kind(name, part)


def by_convention(name: str, part: BatteryPart, options: Options) -> Mapping[str, float] | None:
    """Element or row -> share of a part whose ``elements`` are not given; None if nothing says.

    A part that the options make plastics is all ``Plastics``.
    """
    entry = rules().parts[kind_of(name, part)]
    if part.unknown:
        return {OTHERS: 1.0}
    option = entry.get("plastics")
    if option and getattr(options, option) == PLASTICS:
        return {PLASTICS: 1.0}
    if part.material is not None:
        found: dict[str, float] = {}
        for solid, share in constituent(part.material).solids.items():
            for element, inner in formula(solid).items():
                found[element] = found.get(element, 0.0) + share * inner
        return rowed(found, entry["iron"])
    if "is" not in entry:
        return None
    made = entry["is"]
    return {made: 1.0} if made in _ROWS else rowed(formula(f"{made}(s)"), entry["iron"])


def rowed(elements: Mapping[str, float], iron: str) -> dict[str, float]:
    """Elements under the names of the form: ``C`` is ``C_cell``, ``Fe`` the row of its part."""
    names = {"C": "C_cell", "Fe": iron}
    found: dict[str, float] = {}
    for element, share in elements.items():
        row = names.get(element, element)
        found[row] = found.get(row, 0.0) + share
    return found


def brought(element: str, inlets: Iterable[Collection[str]]) -> bool:
    """Is an element of reagents (sodium, nitrogen) that no inlet of a facility names? It came with one."""
    return element in REAGENT_BORN - set(KEYS) and not any(element in each for each in inlets)


@lru_cache(maxsize=1)
def known_formulas() -> frozenset[str]:
    """Formulas of the shipped species, without phase."""
    tables = (read_csv(f"data/species/{name}.csv") for name in names("data/species", ".csv"))
    return frozenset(_PHASE.sub("", row["id"]) for rows in tables for row in rows)


def formula(compound: str) -> dict[str, float]:
    """Mass fractions of the elements of a compound, from its formula."""
    found = species(compound)
    return {e: n * atomic_mass(e) / found.molar_mass for e, n in found.elements.items()}
