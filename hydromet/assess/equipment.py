"""Equipment list: volumes, areas, powers and the class of material of what the solved streams need.

What is built for each unit operation stands in ``data/equipment/unit_items.csv``, the defaults in ``sizing.csv``: a
list for a first study. An item without a size says ``not sized`` and why. Pumps are one a liquid stream
from unit to unit, exchangers one a heating or cooling duty. Materials go by what leaves the unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from hydromet.assess import sizing
from hydromet.assess.materials import conditions, material, told
from hydromet.assess.sizing import HOUR, Job, NotSizedError
from hydromet.datafiles import read_csv
from hydromet.units.practice import practices

FILE = "data/equipment/unit_items.csv"
# Items that conduct heat or turn: no plastic.
_METAL = ("heating surface", "compressor", "circulation pump", "cooler", "heater", "centrifuge", "dryer")
# Rules of what a crystalliser does not have that cools, or flashes in a vacuum.
_NEVER = {
    "cooling": ("evaporator", "separator", "compressor", "circulation"),
    "vacuum": ("evaporator", "compressor", "circulation"),
}
# Use of the power of items that no unit counts itself.
_USES = {"circulation": "pumping", "centrifuge": "centrifuges", "dryer": "fans"}
# Rules whose items are stirred.
_STIRRED = ("stirred_tank", "mixer_settler")
# Units that are a pipe, whose pump stands before them.
_PIPES = ("split", "mix")
# Units whose duty is in the item itself.
_OWN_HEAT = ("dry",)
_WORST = ("recalled", "estimated", "declared", "fitted", "measured")

Records = Mapping[str, Mapping[str, Any]]


@lru_cache(maxsize=1)
def unit_items() -> Mapping[str, tuple[Mapping[str, str], ...]]:
    """Model -> its rows, in the order of the list."""
    found: dict[str, tuple[Mapping[str, str], ...]] = {}
    for row in read_csv(FILE):
        found[row["model"]] = (*found.get(row["model"], ()), row)
    return found


def equipment(
    units: Records, streams: Records, order: Sequence[str], latent: Callable[[float], float]
) -> dict[str, list[dict[str, Any]]]:
    """The list of a solved plant.

    Args:
        units: records of the units as in ``result.json``, with ``in``.
        streams: records of their outlets.
        order: units in the order written.
        latent: K -> heat of evaporation of water, J/kg.

    Returns:
        ``items``: ``unit``, ``model``, ``item``, ``count``, ``size`` (per piece: volume_m3, diameter_m, area_m2,
        duty_kW, power_kW, flow_m3_h, head_m ...; empty if not sized), ``to`` (where a pump delivers), ``material``,
        ``material_reason``, ``conditions``, ``basis`` (what the size rests on), ``grade`` (the worst of it and of the
        material), ``reason`` (why it has no size).
    """
    rows: list[dict[str, Any]] = []
    for name in order:
        rows += _of_unit(name, units[name], streams, latent)
    rows += _pumps(units, streams, order, latent)
    return {"items": rows}


def auxiliaries(items: Sequence[Mapping[str, Any]], units: Records) -> dict[str, float]:
    """Drives that no unit counts itself, from the list, kW by use: agitation, pumping on duty, centrifuges, fans.

    Handbook values per volume and head: kept apart from the electricity that the units compute.

    Args:
        items: of ``equipment``.
        units: records of the units.
    """
    found = {"agitation": 0.0, "centrifuges": 0.0, "fans": 0.0, "pumping": 0.0}
    for _, use, power in drives(items, units):
        found[use] += power
    return found


def drives(items: Sequence[Mapping[str, Any]], units: Records) -> Iterator[tuple[int, str, float]]:
    """The same item by item: place in the list, use, kW."""
    rules = {(model, row["item"]): row["rule"] for model, rows in unit_items().items() for row in rows}
    for i, row in enumerate(items):
        power, rule = row["size"].get("power_kW", 0.0), rules.get((row["model"], row["item"]), "")
        if row["item"] == "pump" or rule in _USES:
            yield i, _USES.get(rule, "pumping"), power
        elif rule in _STIRRED:
            own = units[row["unit"]]["energy"]["electric_kW"].get("agitation", 0.0)
            yield i, "agitation", 0.0 if own else power * row["count"]


def _job(
    name: str, record: Mapping[str, Any], streams: Records, latent: Callable[[float], float], use: str = ""
) -> Job:
    outlets = {key.partition(".")[2]: value for key, value in streams.items() if key.partition(".")[0] == name}
    return Job(name, record, outlets, tuple(use.split()), latent)


def _of_unit(
    name: str, record: Mapping[str, Any], streams: Records, latent: Callable[[float], float]
) -> Iterator[dict[str, Any]]:
    model = record["model"]
    rows = unit_items().get(model)
    if rows is None:
        job = _job(name, record, streams, latent)
        yield _row(job, model, partial(_not_sized, reason=f"no rule for a {model} in {FILE}"))
        return
    for row in rows:
        job = _job(name, record, streams, latent, row["use"])
        if not row["item"]:
            continue
        if row["rule"] == "compressor" and record["parameters"].get("arrangement") != "mvr":
            continue
        if row["rule"] in _NEVER.get(str(record["parameters"].get("operation")), ()):
            continue
        rule = sizing.RULES.get(row["rule"])
        yield _row(job, row["item"], rule or partial(_not_sized, reason=row["note"]))
    if model not in _OWN_HEAT:
        yield from _exchangers(name, record, streams, latent)


def _not_sized(job: Job, reason: str) -> sizing.Size:
    del job
    raise NotSizedError(reason)


def _exchangers(
    name: str, record: Mapping[str, Any], streams: Records, latent: Callable[[float], float]
) -> Iterator[dict[str, Any]]:
    """A heater for bought steam, a cooler or condenser for cooling water.

    The steam of an evaporator without recompression goes to its heating surface, which is listed already.
    """
    energy, driven = record["energy"], record["values"].get("water_evaporated_kg_s", 0.0) > 0.0
    steam = energy["steam_kW"]
    if driven and record["parameters"].get("arrangement") != "mvr":
        steam = 0.0
    for duty, item in ((steam, "heater"), (-energy["cooling_kW"], "cooler")):
        job = _job(name, record, streams, latent)
        if abs(duty) * sizing.KILO < job.usual("least_duty"):
            continue
        job = _job(name, record, streams, latent)
        hottest = max((each["temperature_K"] for each in job.outlets.values()), default=0.0)
        yield _row(job, item, partial(sizing.exchanger, duty=duty, temperature=hottest))


def _pumps(
    units: Records, streams: Records, order: Sequence[str], latent: Callable[[float], float]
) -> Iterator[dict[str, Any]]:
    """One pump a liquid stream that a unit hands to another; feeds and reagents come with their own."""
    taken = {
        source: name
        for name in order
        for ways in units[name].get("in", {}).values()
        for source in ways
        if source in streams
    }
    for name in order:
        if units[name]["model"] in _PIPES:
            continue
        for stream in streams:
            if stream.partition(".")[0] == name and stream in taken:
                record = streams[stream]
                if record["mass_kg_h"] <= 0.0 or sizing.is_gas(record):
                    continue
                job = Job(stream, {"model": "pump"}, {"out": record}, (), latent)
                solid = record["phases_kg_h"].get("s", 0.0) / record["mass_kg_h"]
                cake = solid > practices(sizing.FILE)["pumpable"].value
                yield _row(job, "conveyor" if cake else "pump", _conveyor if cake else _pump, to=taken[stream])


def _conveyor(job: Job) -> sizing.Size:
    job.usual("pumpable")
    raise NotSizedError("a cake or dry crystals: no pump")


def _pump(job: Job) -> sizing.Size:
    """``P = rho g H Q / eta`` at the flow with its margin; one on duty, one in reserve."""
    (record,) = job.outlets.values()
    flow = job.flow()
    if flow < job.usual("least_flow"):
        raise NotSizedError("a small flow: a metering pump of the supplier")
    head = job.usual("head")
    density = record["mass_kg_h"] / HOUR / flow
    flow *= job.usual("pump_margin")
    power = density * sizing.GRAVITY * head * flow / job.usual("pump_efficiency")
    return {"count": 2, "flow_m3_h": flow * HOUR, "head_m": head, "power_kW": power / sizing.KILO}


def _row(job: Job, item: str, rule: Callable[[Job], sizing.Size], to: str = "") -> dict[str, Any]:
    try:
        size, reason = rule(job), ""
    except NotSizedError as error:
        size, reason = {}, str(error)
    # The vapour that is compressed holds no more than the droplets of its condensate.
    seen = [job.outlets["condensate"]] if item == "compressor" and "condensate" in job.outlets else job.outlets.values()
    worst = conditions(seen)
    chosen = material(worst, metal=item in _METAL)
    grades = [*job.grades, *([chosen.grade] if chosen else [])]
    return {
        "unit": job.unit,
        "model": job.record["model"],
        "item": item,
        "to": to,
        "count": int(size.pop("count", 0)),
        "size": size,
        "material": chosen.name if chosen else "",
        "conditions": told(worst),
        "basis": job.basis,
        "grade": next((grade for grade in _WORST if grade in grades), "declared"),
        "reason": reason,
        "material_reason": "" if chosen else "no class of data/equipment/materials.csv takes these conditions",
    }
