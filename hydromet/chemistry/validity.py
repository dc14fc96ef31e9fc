"""Use of the data outside their validity, and the list of everything a liquor uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.chemistry.canonical import totals_of
from hydromet.chemistry.database import Constant, H, load_database
from hydromet.chemistry.engine import COLDEST, HOTTEST
from hydromet.chemistry.records import Caution, Origin, SourceRow
from hydromet.chemistry.system import assemble
from hydromet.chemistry.thermochemistry import load_species
from hydromet.species import WATER

if TYPE_CHECKING:
    from hydromet.chemistry.engine import Solved
    from hydromet.stream import Stream

# Range of the Pitzer set as a whole: temperature terms go to 110 degC, ionic strengths of the fits to about 20 mol/kg.
_COLD, _HOT = 273.15, 383.15
_STRONGEST = 20.0


def cautions(solved: Solved) -> tuple[Caution, ...]:
    """What a solved liquor asked beyond the range of the data."""
    found: list[Caution] = []
    t = solved.temperature
    if not _COLD - 0.01 <= t <= _HOT:
        used = min(max(t, COLDEST), HOTTEST)
        found.append(
            Caution(
                "W501",
                f"activity model at {t - 273.15:.0f} degC, valid 0 to 110; values of {used - 273.15:.0f} degC taken",
            )
        )
    if solved.ionic_strength > _STRONGEST:
        found.append(
            Caution(
                "W502",
                f"activity model used at ionic strength {solved.ionic_strength:.1f} mol/kg, fitted to {_STRONGEST:g}",
            )
        )
    data = load_database()
    for name, amount in zip(solved.system.phases, solved.amounts, strict=True):
        if amount <= 0.0:
            continue
        origin = (data.solids.get(name) or data.gases[name]).origin
        if not origin.t_min - 15.0 <= t <= origin.t_max + 15.0:
            found.append(
                Caution(
                    "W503",
                    f"solubility of {name} used at {t - 273.15:.0f} degC, data {origin.t_min - 273.15:.0f} to "
                    f"{origin.t_max - 273.15:.0f} degC ({origin.source})",
                )
            )
    return tuple(found)


def list_sources(stream: Stream | None, solids: tuple[str, ...]) -> tuple[SourceRow, ...]:
    """One row a parameter: thermochemistry, constants, Pitzer terms; of a liquor, or of everything."""
    data = load_database()
    if stream is None:
        present = {*data.components, WATER, *data.aqueous}
        listed = tuple(data.solids)
        names = tuple(load_species())
    else:
        totals = totals_of(stream.part("aq").flows)
        components = tuple(sorted({n for n in totals if n != WATER} | {H}))
        present = {*assemble(components, ()).names, WATER}
        listed = solids
        names = tuple(sorted({*stream.flows, *solids}))
    rows: list[SourceRow] = []
    known = load_species()
    for name in names:
        if name in known:
            one = known[name]
            rows.append(_row(f"enthalpy of formation of {name}", one.enthalpy / 1e3, "kJ/mol", one.origin))
    rows += [constant_row(constant) for constant in data.aqueous.values() if constant.id in present]
    rows += [constant_row(data.solids[name]) for name in listed if name in data.solids]
    for pair in data.pairs:
        if present.issuperset(pair.ions):
            rows += [
                _row(f"Pitzer {symbol} {' '.join(pair.ions)}", value[0], "kg/mol", pair.origin)
                for symbol, value in zip(("beta0", "beta1", "beta2", "C"), pair.values, strict=True)
                if any(value)
            ]
    rows += [
        _row(f"Pitzer {one.kind} {' '.join(one.ions)}", one.value[0], "kg/mol", one.origin)
        for one in data.mixing
        if present.issuperset(one.ions)
    ]
    return tuple(rows)


def constant_row(constant: Constant) -> SourceRow:
    """Value at 25 degC, source, grade and validity of one constant."""
    return _row(f"log10 K of {constant.equation}", constant.log10_k[0], "1", constant.origin)


def _row(quantity: str, value: float, unit: str, origin: Origin) -> SourceRow:
    low, high = origin.t_min - 273.15, origin.t_max - 273.15
    validity = "" if origin.t_max >= 1e4 else f"{low:g} to {high:g} degC"
    return SourceRow(quantity, value, unit, origin.source, origin.grade, validity, origin.note)
