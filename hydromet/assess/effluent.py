"""Effluent: declared streams against named limits, component by component: pass, fail, not predicted.

As with product grades, a model that does not follow a component has no right to a pass. A pass cannot rest on a
declared split either (droplets in a condensate, dust of a dryer); a failure can: an assumption that fails is told.

In a flowsheet::

    effluents:
      waste_water: {stream: header.surplus, limits: japan_national, override: {Ni: 1 mg/L}}
      dryer_stack: {stream: [dryer.vapour, dryer.dust], limits: eu_nfm_air, air: 2000 Nm3/h}
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Any

from hydromet.assess.grade import FAIL, PASS, UNKNOWN
from hydromet.assess.limits import AIR, PH, EffluentLimit, is_element, limits_of, medium_of, override, table
from hydromet.assess.limits import UNKNOWN as UNPREDICTED
from hydromet.assess.splits import carried
from hydromet.dimensions import NORMAL_CUBIC_METRE
from hydromet.errors import FlowsheetError, UserError
from hydromet.source import nearest
from hydromet.species import PHASES, atomic_mass, pseudo_elements, species
from hydromet.species import WATER as H2O
from hydromet.stream import Stream, add_flows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydromet.flowsheet.passes import State
    from hydromet.flowsheet.read import Plant
    from hydromet.flowsheet.schema import Effluent

HOUR = 3600.0
_MG, _VAPOUR, _HF = 1e6, "H2O(g)", "HF(g)"
# mg/L in one kg/m3.
_MG_L = 1e3
# Units that hand on what they are given.
_THROUGH = ("header", "mix", "split")
# Nitrogen that is counted as ammonia.
_AMMONIA = ("NH4+", "NH3")

# Components that a split of a single species does not decide.
_OF_A_PHASE = (PH, "SS", "dust")

Source = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True)
class Sample:
    """What the limits are about.

    Attributes:
        stream: the streams added up, mol/s. volume: m3/s of it; zero where none is known. pH: None where it has none.
        dry: mol/s of dry gas with the air. entering: elements that enter the plant. splits: component -> the declared
            splits that it comes by.
    """

    stream: Stream
    volume: float
    pH: float | None
    dry: float
    entering: frozenset[str]
    splits: Source


def mistakes(plant: Plant) -> Iterator[UserError]:
    """Everything that is wrong with the declared effluents, at its place: E470 to E473, no concentration (E2..)."""
    made = [f"{name}.{port.name}" for name, unit in plant.units.items() for port in unit.outlet_ports()]
    for name, declared in plant.file.effluents.items():
        path = ("effluents", name)
        for stream in declared.stream:
            if stream not in made:
                near = nearest(stream, made) or tuple(made)
                yield FlowsheetError(
                    "E473", read=f"`{stream}`", expected=f"a unit's outlet such as {near[0]}",
                    write=f"stream: {near[0]}", place=plant.document.place((*path, "stream")),
                )  # fmt: skip
        try:
            medium = table(declared.limits).medium if declared.limits is not None else medium_of(declared)
        except UserError as error:
            yield error.at(plant.document.place((*path, "limits")))
            continue
        for component in declared.override:
            try:
                override(declared, component, medium)
                limits_of(declared.model_copy(update={"override": {component: declared.override[component]}}))
            except UserError as error:
                yield error.at(plant.document.place((*path, "override", component)))


def effluents(
    plant: Plant, state: State, records: Mapping[str, Mapping[str, Any]], entering: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Every declared effluent with its verdict.

    Args:
        plant: its file declares them.
        state: converged; streams and results of the units.
        records: of the streams, for volume and pH.
        entering: elements and pseudo-elements that enter the plant.

    Returns:
        name -> plain data: ``streams``, ``limits`` (name of the table), ``standard``, ``medium``, ``verdict``,
        ``volume_m3_h`` and ``pH`` of water or ``dry_gas_Nm3_h`` of a gas, ``content`` (component -> mg/L or mg/Nm3),
        ``rows`` (component, basis, kind, limit, value, unit, period, verdict, reason, share_of_limit, source, grade,
        note), and ``recalled``: how many limits are recalled from memory.
    """
    found = {}
    for name, declared in plant.file.effluents.items():
        sample = _sample(plant, state, records, declared, frozenset(entering))
        found[name] = judged(declared, sample)
    return found


def _sample(
    plant: Plant, state: State, records: Mapping[str, Mapping[str, Any]], declared: Effluent, entering: frozenset[str]
) -> Sample:
    streams = [state.streams[name] for name in declared.stream]
    known = [records[name]["volume_m3_h"] for name in declared.stream]
    stream = streams[0] if len(streams) == 1 else Stream(add_flows(streams), streams[0].temperature)
    gas = stream.part("g")
    return Sample(
        stream=stream,
        volume=fsum(known) / HOUR if None not in known else 0.0,
        pH=records[declared.stream[0]]["pH"] if len(streams) == 1 else None,
        dry=fsum(gas.flows.values()) - gas[_VAPOUR] + declared.air,
        entering=entering,
        splits=lambda component: declared_splits(plant, state, declared.stream, component),
    )


def declared_splits(plant: Plant, state: State, streams: Collection[str], component: str) -> tuple[str, ...]:
    """Declared splits by which a component comes into streams.

    They are those of the unit that made a stream, or, behind units that only hand on, of the units before.

    Args:
        plant: connections.
        state: converged.
        streams: ``unit.port``.
        component: an element, or a component of a limit that is more than one.
    """
    sources: dict[str, None] = {}
    waiting = list(streams)
    while waiting:
        name = waiting.pop(0)
        if name in sources or name not in state.streams or "." not in name:
            continue
        sources[name] = None
        unit = name.partition(".")[0]
        if plant.units[unit].model in _THROUGH:
            node = next(node for node in plant.nodes if node.name == unit)
            waiting += [source for ways in node.inlets.values() for source in ways]
    elements = _elements_of(component, state, streams)
    found = [
        f"{name}: {split.what}"
        for name in sources
        for split in state.results[name.partition(".")[0]].fixed_splits
        if name == f"{name.partition('.')[0]}.{split.outlet}"
        and (split.species in PHASES or component not in _OF_A_PHASE)
        and any(carried(state.streams[name], split.species, element) > 0.0 for element in elements)
    ]
    return tuple(dict.fromkeys(found))


def _elements_of(component: str, state: State, streams: Collection[str]) -> tuple[str, ...]:
    """Elements whose path decides a component."""
    if component == "SO4":
        return ("S",)
    if component in ("N(oxidised)", "Cr(VI)"):
        return (component.partition("(")[0],)
    if component == "HF":
        return ("F",)
    if component == "oil":
        return tuple(pseudo_elements())
    if is_element(component):
        return (component,)
    # pH, dust, suspended solids: whatever is there besides water.
    present = {element for name in streams for element in state.streams[name].elements()}
    return tuple(sorted(present - set(species(H2O).elements)))


def judged(declared: Effluent, sample: Sample) -> dict[str, Any]:
    """One effluent against its limits; see ``effluents``."""
    medium, limits = medium_of(declared), limits_of(declared)
    rows = [_row(limit, sample, medium) for limit in limits]
    verdicts = {row["verdict"] for row in rows}
    head = table(declared.limits) if declared.limits is not None else None
    return {
        "streams": list(declared.stream),
        "title": declared.title,
        "limits": declared.limits,
        "standard": head.standard if head else "limits of the flowsheet",
        "note": head.note if head else "",
        "medium": medium,
        "verdict": next((v for v in (FAIL, UNKNOWN) if v in verdicts), PASS if rows else UNKNOWN),
        "recalled": sum(limit.grade == "recalled" for limit in limits),
        **_quantities(sample, medium),
        "rows": rows,
    }


def _quantities(sample: Sample, medium: str) -> dict[str, Any]:
    if medium == AIR:
        return {"dry_gas_Nm3_h": sample.dry * HOUR / NORMAL_CUBIC_METRE, "content": _gas_content(sample)}
    own = set(species(H2O).elements)
    content = {}
    if sample.volume > 0.0:
        dissolved = sample.stream.part("aq").elements().get("S", 0.0)
        content = {"SO4": dissolved * species("SO4-2").molar_mass * _MG_L / sample.volume}
        for element, moles in sorted(sample.stream.elements().items()):
            if element not in own:
                content[element] = moles * atomic_mass(element) * _MG_L / sample.volume
    return {"volume_m3_h": sample.volume * HOUR, "pH": sample.pH, "content": content}


def _gas_content(sample: Sample) -> dict[str, float]:
    if sample.dry <= 0.0:
        return {}
    per = _MG * NORMAL_CUBIC_METRE / sample.dry
    fluoride = sample.stream[_HF] * species(_HF).molar_mass
    return {"dust": sample.stream.part("s").mass() * per, "HF": fluoride * per}


def _row(limit: EffluentLimit, sample: Sample, medium: str) -> dict[str, Any]:
    value, reason = (_in_gas if medium == AIR else _in_water)(limit, sample)
    verdict = UNKNOWN
    if value is not None:
        verdict = PASS if (value >= limit.value if limit.kind == "min" else value <= limit.value) else FAIL
        verdict, reason = _not_proven(limit, sample, value, verdict)
    return {
        "component": limit.component,
        "basis": limit.basis,
        "kind": limit.kind,
        "limit": limit.value,
        "value": value,
        "unit": limit.unit,
        "period": limit.period,
        "verdict": verdict,
        "reason": reason,
        "share_of_limit": value / limit.value if value is not None and limit.unit != PH else None,
        "source": limit.source,
        "grade": limit.grade,
        "note": limit.note,
    }


def _not_proven(limit: EffluentLimit, sample: Sample, value: float, verdict: str) -> tuple[str, str]:
    """A pass that rests on a declared split is none; total chromium proves a pass of chromium(VI), but no failure."""
    if limit.component == "Cr(VI)" and verdict == FAIL:
        return UNKNOWN, f"total chromium is {value:.3g} {limit.unit}; its oxidation state is not predicted"
    splits = sample.splits(limit.component)
    if not splits:
        return verdict, ""
    more = f" and {len(splits) - 1} more" if len(splits) > 1 else ""
    told = f"declared split {splits[0]}{more}"
    return (UNKNOWN, f"decided by the {told}") if verdict == PASS else (verdict, f"by the {told}")


def _in_water(limit: EffluentLimit, sample: Sample) -> tuple[float | None, str]:
    """pH, or mg/L, or None with the reason why there is none."""
    name, stream = limit.component, sample.stream
    if name in UNPREDICTED["water"]:
        return None, "no balance predicts it"
    if name == PH:
        return (sample.pH, "") if sample.pH is not None else (None, "no liquor, or several streams: mix them in a unit")
    if sample.volume <= 0.0 or stream[H2O] <= 0.0:
        return None, "no liquor"
    per = _MG_L / sample.volume
    if name == "SS":
        mass = stream.part("s").mass()
        return (mass * per, "") if mass > 0.0 else (None, "the model keeps solids out of this stream altogether")
    if name == "oil":
        mass = fsum(stream.elements().get(e, 0.0) * atomic_mass(e) for e in pseudo_elements())
        return (mass * per, "") if mass > 0.0 else (None, "the model carries no organic into this stream")
    element = {"SO4": "S", "N(oxidised)": "N", "Cr(VI)": "Cr"}.get(name, name)
    if element not in sample.entering:
        return None, "in no feed or reagent: nobody stated it"
    part = stream.part("aq") if limit.basis == "dissolved" or name == "SO4" else stream
    moles = part.elements().get(element, 0.0)
    if moles <= 0.0:
        return None, "the model keeps it out of this stream altogether"
    if name == "N(oxidised)":
        moles -= (1.0 - limit.ammonia) * fsum(stream[kind] for kind in _AMMONIA)
    molar_mass = species("SO4-2").molar_mass if name == "SO4" else atomic_mass(element)
    return moles * molar_mass * per, ""


def _in_gas(limit: EffluentLimit, sample: Sample) -> tuple[float | None, str]:
    """Milligrams per Nm3 of dry gas, or None with the reason why there is none."""
    if sample.dry <= 0.0:
        return None, "no dry gas: declare the air of the fan"
    if limit.component == "HF" and "F" not in sample.entering:
        return None, "in no feed or reagent: nobody stated it"
    value = _gas_content(sample)[limit.component]
    return (value, "") if value > 0.0 else (None, "the model keeps it out of this gas altogether")
