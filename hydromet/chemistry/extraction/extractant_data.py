"""Reading the files of ``data/extractants``; and the organic species of an extractant that came as a file alone."""

from __future__ import annotations

import re
from functools import cache
from math import isfinite, log10
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hydromet import datafiles
from hydromet.chemistry.extraction.extractants import (
    FOLDER,
    FORMAT,
    Extractant,
    Form,
    Limits,
    Metal,
    Synergist,
    extractants,
    organic_id,
)
from hydromet.chemistry.records import GRADES, Origin
from hydromet.errors import ExtractionError
from hydromet.species import declare_pseudo_element, pseudo_elements, species

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.chemistry.physical.thermochemistry import Thermo

_SYMBOL = re.compile(r"^symbol:\s*['\"]?([A-Za-z][\w-]*)", re.MULTILINE)
_ION = re.compile(r"^ +['\"]?([A-Z]\w*\+\d?)['\"]?:", re.MULTILINE)
# Standard deviation of a log K that comes from a pH50.
SD_FROM_PH50 = 0.6
# A form may take up this much less extractant than its charges before the capacity counts as exceeded: round-off.
_ROUND_OFF = 1e-9


def read_extractant(key: str) -> Extractant:
    """The extractant of ``data/extractants/<key>.yaml``, its pseudo-elements declared.

    Raises:
        ExtractionError: E602 the file is not as it should be.
    """
    file = f"{FOLDER}/{key}.yaml"
    data = datafiles.read_yaml(file)
    try:
        return _extractant(key, data)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, ExtractionError):
            raise
        raise ExtractionError(
            "E602", read=f"{file}: {error!r}", expected="the keys of data/extractants/d2ehpa.yaml"
        ) from error


def declare_extractants() -> None:
    """Make every extractant there is a file for known to ``species``, so that a feed may name it."""
    for key, (symbol, _) in _outlines().items():
        if symbol not in pseudo_elements():
            read_extractant(key)


@cache
def _outlines() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Key -> symbol and metals, read without parsing: a start must not cost five YAML files."""
    found = {}
    for key in extractants():
        text = datafiles.read_text(f"{FOLDER}/{key}.yaml")
        if match := _SYMBOL.search(text):
            found[key] = match[1], tuple(_ION.findall(text))
    return found


def missing_species(known: Mapping[str, Thermo]) -> Iterable[Thermo]:
    """Thermochemistry of the organic species of extractants that no file of ``data/species`` lists.

    The formation enthalpy of the acid is set to zero: it cancels out of every balance, because the group is never
    taken apart. ``Hf(MRn) = n Hf(RH) + Hf(M+n) + heat of extraction``, ``Cp = n Cp(RH) + Cp(M+n)``; Cp of the acid is
    that of the diluent by mass; a salt has the volume of the acid it is made from.
    """
    for key, (symbol, ions) in _outlines().items():
        needed = {f"H({symbol})(org)", *(organic_id(ion, symbol) for ion in ions)}
        if not needed <= known.keys():
            yield from _derived(read_extractant(key), known)


def _derived(one: Extractant, known: Mapping[str, Thermo]) -> Iterable[Thermo]:
    from hydromet.chemistry.physical.thermochemistry import Thermo

    diluent = known["Diluent(org)"]
    per_mass = diluent.heat_capacity / species(diluent.id).molar_mass
    origin = Origin(f"{FOLDER}/{one.key}.yaml", "estimated", note="enthalpy of the acid set to zero: it cancels")
    capacity = per_mass * one.molar_mass
    yield Thermo(one.acid, 0.0, capacity, one.density, origin)
    yield Thermo(one.dissolved, 0.0, capacity, 0.0, origin)
    for metal in one.metals.values():
        ion = known[metal.ion]
        density = species(metal.organic).molar_mass / (metal.charge * one.molar_volume)
        heat = ion.enthalpy + metal.heat
        yield Thermo(metal.organic, heat, metal.charge * capacity + ion.heat_capacity, density, origin)
    if "Co+2" in one.metals:
        two = known["Co+2"].enthalpy + one.metals["Co+2"].heat
        aged = species(f"Co({one.symbol})3(org)")
        density = aged.molar_mass / (3.0 * one.molar_volume)
        # Oxidation by air taken as athermal: half a water for every Co(III).
        heat = two - 0.5 * known["H2O"].enthalpy
        yield Thermo(aged.id, heat, 3.0 * capacity + known["Co+2"].heat_capacity, density, origin)
    for synergist in one.synergists.values():
        mass = species(synergist.id).molar_mass
        yield Thermo(synergist.id, 0.0, per_mass * mass, synergist.density, origin)


def _extractant(key: str, data: Mapping[str, Any]) -> Extractant:
    if data["format"] != FORMAT:
        raise ExtractionError("E602", read=f"format: {data['format']}", expected=f"format: {FORMAT}")
    symbol = str(data["symbol"])
    declare_pseudo_element(symbol, str(data["group"]))
    acid = f"H({symbol})(org)"
    density, active, solubility = data["density"], data["active_fraction"], data["solubility"]
    synergists = {name: _synergist(name, entry) for name, entry in data.get("synergists", {}).items()}
    metals = {ion: _metal(symbol, ion, entry, float(data["aggregation"])) for ion, entry in data["metals"].items()}
    one = Extractant(
        key=key,
        name=str(data["extractant"]),
        symbol=symbol,
        acid=acid,
        dissolved=f"H({symbol})",
        aggregation=float(data["aggregation"]),
        molar_mass=species(acid).molar_mass,
        density=float(density["kg_m3"]),
        active_fraction=float(active["value"]),
        solubility_neutral=float(solubility["neutral_g_L"]),
        solubility_pH=float(solubility["rises_from_pH"]),
        solubility_most=float(solubility["most_g_L"]),
        metals=MappingProxyType(metals),
        conditions=_conditions(data),
        pH_note=str(data["pH_note"]),
        origins={"density": _origin(density), "active_fraction": _origin(active), "solubility": _origin(solubility)},
        limits=_limits(data),
        synergists=MappingProxyType(synergists),
    )
    _within_capacity(one)
    return one


def _conditions(data: Mapping[str, Any]) -> str:
    """Medium, temperature, diluent and modifier the constants hold for, in words."""
    said = [str(data["conditions"]), f"{float(data.get('temperature_K', 298.15)) - 273.15:g} degC"]
    said += [f"{word} {data[word]}" for word in ("diluent", "modifier") if word in data]
    return "; ".join(said)


def _within_capacity(one: Extractant) -> None:
    """A form that takes up less extractant than its charge needs would let the loading pass 100 %."""
    for metal in one.metals.values():
        for form in metal.forms:
            if one.aggregation * form.m < metal.charge * (1.0 - _ROUND_OFF) or form.sd < 0.0 or metal.n <= 0.0:
                raise ExtractionError(
                    "E602",
                    read=f"{one.key}: {metal.ion} with n: {metal.n:g}, m: {form.m:g}, sd: {form.sd:g}",
                    expected=f"n above 0, sd not below 0, m of at least {metal.charge / one.aggregation:g}: one "
                    "extractant a charge, or the loading would exceed the capacity",
                    write=f"m: {metal.charge / one.aggregation:g}",
                )
            if form.synergist and form.synergist not in one.synergists:
                raise ExtractionError(
                    "E602",
                    read=f"{one.key}: synergist: {form.synergist}",
                    expected=f"one declared under synergists: {', '.join(one.synergists) or 'there is none'}",
                )


def _limits(data: Mapping[str, Any]) -> Limits:
    """What practice knows; a file without says nothing, and nothing is warned of or lost as ``typical``."""
    third, aged, cobalt, crud = (data.get(k) for k in ("third_phase", "degradation", "cobalt_oxidation", "crud"))
    day = 86400.0
    entries = {"third phase": third, "degradation": aged, "cobalt oxidation": cobalt, "crud": crud}
    return Limits(
        loading=float(third["loading"]) if third else 1.0,
        alkali=float(third["alkali"]) if third else 1.0,
        extractant_rate=float(aged["extractant_per_day"]) / day if aged else None,
        diluent_rate=float(aged["diluent_per_day"]) / day if aged else None,
        cobalt_share=float(cobalt["share"]) if cobalt else None,
        crud_share=float(crud["share"]) if crud else None,
        origins={what: _origin(entry) for what, entry in entries.items() if entry},
    )


def _synergist(name: str, entry: Mapping[str, Any]) -> Synergist:
    declare_pseudo_element(name, str(entry["group"]))
    return Synergist(name, species(f"({name})(org)").id, float(entry["kg_m3"]), _origin(entry))


def _origin(entry: Mapping[str, Any]) -> Origin:
    if entry["grade"] not in GRADES:
        raise ExtractionError("E602", read=f"grade: {entry['grade']}", expected=f"one of {', '.join(GRADES)}")
    return Origin(str(entry["source"]), str(entry["grade"]), note=str(entry.get("note", "")))


def _form(entry: Mapping[str, Any], n: float, aggregation: float) -> Form:
    """A form by its log K, or by the pH50 of a dilute metal at O/A 1: ``log K = -n pH50 - m log10 [free]``."""
    m = float(entry["m"])
    if "pH50" in entry:
        pH50, molarity = float(entry["pH50"]), float(entry["extractant_M"])
        log_k, sd = -n * pH50 - m * log10(molarity / aggregation), float(entry.get("sd", SD_FROM_PH50))
        note = f"from pH50 {pH50:g} at {molarity:g} M"
        origin = Origin(str(entry["source"]), "estimated", note=note)
    else:
        log_k, sd, origin = float(entry["log_k"]), float(entry["sd"]), _origin(entry)
    form = Form(log_k, m, sd, origin, str(entry.get("synergist", "")), float(entry.get("s", 0.0)))
    if not all(isfinite(value) for value in (form.log_k, form.m, form.sd, form.s)):
        raise ExtractionError("E602", read=f"a form of {dict(entry)}", expected="finite numbers")
    return form


def _metal(symbol: str, ion: str, entry: Mapping[str, Any], aggregation: float) -> Metal:
    charge = species(ion).charge
    organic = organic_id(ion, symbol)
    count = f"{charge} " if charge > 1 else ""
    low, high = entry["pH"]
    return Metal(
        ion=species(ion).id,
        organic=organic,
        equation=f"{ion} + {count}H({symbol})(org) = {organic} + {count}H+",
        charge=charge,
        n=float(entry["n"]),
        forms=tuple(_form(form, float(entry["n"]), aggregation) for form in entry["forms"]),
        heat=float(entry["heat_kJ_mol"]) * 1e3,
        pH_min=float(low),
        pH_max=float(high),
        sulfate_strip=float(entry.get("sulfate_strip", 1.0)),
        not_used=tuple(entry.get("not_used", ())),
    )
