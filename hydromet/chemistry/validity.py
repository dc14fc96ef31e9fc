"""Use of the data outside their validity, and the list of everything a liquor uses."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet import datafiles
from hydromet.chemistry.audit import COLD, HOT, STRONG, quantity
from hydromet.chemistry.canonical import totals_of
from hydromet.chemistry.database import Constant, H, load_database
from hydromet.chemistry.engine import COLDEST, HOTTEST
from hydromet.chemistry.physical.excess import slope_sources
from hydromet.chemistry.physical.thermochemistry import load_species
from hydromet.chemistry.records import T0, Caution, Origin, SourceRow
from hydromet.chemistry.system import assemble
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from hydromet.chemistry.audit import Audit, Use
    from hydromet.chemistry.engine import Solved
    from hydromet.stream import Stream

_SYMBOLS, _UNITS = ("beta0", "beta1", "beta2", "C"), ("kg/mol", "kg/mol", "kg/mol", "kg2/mol2")
# Correlations of salts in water, by folder of ``data``.
_CORRELATIONS = ("density", "heat_capacity", "viscosity")


def cautions(solved: Solved) -> tuple[Caution, ...]:
    """What a solved liquor asked beyond the range of the data."""
    found: list[Caution] = []
    t = solved.temperature
    if not COLD - 0.01 <= t <= HOT:
        used = min(max(t, COLDEST), HOTTEST)
        found.append(
            Caution(
                "W501",
                f"activity model at {t - 273.15:.0f} degC, valid 0 to 110; values of {used - 273.15:.0f} degC taken",
            )
        )
    if solved.ionic_strength > STRONG:
        found.append(
            Caution(
                "W502",
                f"activity model used at ionic strength {solved.ionic_strength:.1f} mol/kg, fitted to {STRONG:g}",
            )
        )
    for k, caution in _outside(solved.system.phases, t):
        if solved.amounts[k] > 0.0:
            found.append(caution)
    return tuple(found)


@lru_cache(maxsize=1024)
def _outside(phases: tuple[str, ...], t: float) -> tuple[tuple[int, Caution], ...]:
    """Place and caution of each phase whose data do not reach a temperature, K."""
    data, found = load_database(), []
    for k, name in enumerate(phases):
        constant = data.solids.get(name) or data.gases.get(name)
        origin = constant.origin if constant else None
        if origin and not origin.t_min - 15.0 <= t <= origin.t_max + 15.0:
            text = (
                f"solubility of {name} used at {t - 273.15:.0f} degC, data {origin.t_min - 273.15:.0f} to "
                f"{origin.t_max - 273.15:.0f} degC ({origin.source})"
            )
            found.append((k, Caution("W503", text)))
    return tuple(found)


def list_sources(
    stream: Stream | None, solids: tuple[str, ...] = (), audited: Audit | None = None
) -> tuple[SourceRow, ...]:
    """One row a parameter: thermochemistry, properties, constants, activity model; of a liquor, or of everything.

    Args:
        stream: canonical; None for all the data.
        solids: those allowed to form.
        audited: liquors of the run; their rows carry the largest effect they had, and come in the order of it.
    """
    data = load_database()
    if stream is None:
        present = {*data.components, WATER, *data.aqueous}
        listed = (*data.solids, *data.gases)
        names = tuple(load_species())
    else:
        totals = totals_of(stream.part("aq").flows)
        components = tuple(sorted({n for n in totals if n != WATER} | {H}))
        present = {*assemble(components, ()).names, WATER}
        names = tuple(sorted({*stream.flows, *solids}))
        listed = tuple(name for name in names if name in data.solids or name in data.gases)
    uses = audited.uses() if audited else {}
    rows = [
        constant_row(data.aqueous[name], uses.get(quantity(data.aqueous[name])))
        for name in data.aqueous
        if name in present
    ]
    rows += [constant_row(data.solids.get(name) or data.gases[name]) for name in listed]
    rows += [_row("Debye-Hueckel slope Aphi", data.debye_huckel.value[0], "(kg/mol)^0.5", data.debye_huckel.origin)]
    for pair in data.pairs:
        if present.issuperset(pair.ions):
            known = uses.get(quantity(pair))
            rows += [
                _row(f"Pitzer {symbol} {' '.join(pair.ions)}", value[0], unit, pair.origin, known, pair.m_max)
                for symbol, unit, value in zip(_SYMBOLS, _UNITS, pair.values, strict=True)
                if any(value)
            ]
    rows += [
        _row(quantity(one), one.value[0], _UNITS[3 if len(one.ions) == 3 else 0], one.origin, uses.get(quantity(one)))
        for one in data.mixing
        if present.issuperset(one.ions)
    ]
    rows.sort(key=lambda row: -row.effect)
    return (*rows, *slope_sources(present), *_thermochemistry(names), *_properties(names))


def _thermochemistry(names: tuple[str, ...]) -> list[SourceRow]:
    """Enthalpy of formation, heat capacity and density of species."""
    known = load_species()
    rows = []
    for name in names:
        if name in known:
            one = known[name]
            formed = replace(one.origin, t_min=T0, t_max=T0)  # by definition; the heat capacity takes it from there
            rows.append(_row(f"enthalpy of formation of {name}", one.enthalpy / 1e3, "kJ/mol", formed))
            rows.append(_row(f"heat capacity of {name}", one.heat_capacity, "J/(mol K)", one.origin))
            if one.density > 0.0:
                rows.append(_row(f"density of {name}", one.density, "kg/m3", one.origin))
    return rows


def _properties(names: tuple[str, ...]) -> list[SourceRow]:
    """Coefficients of density, heat capacity and viscosity of the salts that stand for the dissolved ions."""
    rows = []
    for folder in _CORRELATIONS:
        stands = {species(row["ion"]).id: row["salt"] for row in datafiles.read_csv(f"data/{folder}/ions.csv")}
        used = {stands[name] for name in names if name in stands}
        what = folder.replace("_", " ")
        for row in datafiles.read_csv(f"data/{folder}/laliberte.csv"):
            if row["salt"] in used:
                low, high = (float(row[key]) + 273.15 for key in ("t_min_C", "t_max_C"))
                origin = Origin(row["source"], row["grade"], low, high, row.get("note", ""))
                name = f"{what} of {row['salt']} in water, largest mass fraction"
                rows.append(_row(name, float(row["w_max"]), "kg/kg", origin))
    return rows


def constant_row(constant: Constant, use: Use | None = None) -> SourceRow:
    """An equilibrium constant as a line of the list of sources."""
    return _row(quantity(constant), constant.log10_k[0], "1", constant.origin, use)


def _row(name: str, value: float, unit: str, origin: Origin, use: Use | None = None, m_max: float = 0.0) -> SourceRow:
    low, high = origin.t_min - 273.15, origin.t_max - 273.15
    validity = "" if origin.t_max >= 1e4 else f"{low:g} degC" if low == high else f"{low:g} to {high:g} degC"
    validity += f", to {m_max:g} mol/kg" if m_max > 0.0 else ""
    effect, acts_on = (use.effect, use.acts_on) if use else (0.0, "")
    return SourceRow(name, value, unit, origin.source, origin.grade, validity, origin.note, effect, acts_on)
