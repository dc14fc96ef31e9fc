"""Numbers of a result by their dotted path in ``result.json``: what a sweep shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hydromet.errors import CommandError
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Share of an element in the products from which on its recovery is a response of the plant.
_RECOVERED = 0.05
# Ending of a name -> its unit; the longest first.
_UNITS = {
    "_kg_per_t_feed": "kg/t", "_kg_h": "kg/h", "_mol_h": "mol/h", "_m3_h": "m3/h", "_kg_m3": "kg/m3", "_kW": "kW",
    "_um": "um", "_ppm": "mg/kg", "_Pa": "Pa", "_V": "V", "_K": "K",
}  # fmt: skip
_ENERGY = "energy.kWh_per_t_feed"


def main_responses(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Recoveries of what the plant recovers, mass and purity of its products."""
    born = [f"recovery.{name}" for name, share in data["recovery"].items() if share >= _RECOVERED]
    made = [f"products.{name}.{what}" for name in data["products"] for what in ("mass_kg_h", "purity")]
    return (*born, *made)


def all_responses(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The main ones, then impurities of the products, reagents and energy per tonne of feed."""
    more = [
        f"products.{name}.impurities_ppm.{impurity}"
        for name, product in data["products"].items()
        for impurity in product["impurities_ppm"]
    ]
    more += [f"reagents.{name}.kg_per_t_feed" for name in data["reagents"]]
    more += [f"{_ENERGY}.{name}" for name in data["energy"].get("kWh_per_t_feed") or {}]
    return (*main_responses(data), *more)


def response(data: Mapping[str, Any], path: str) -> float | None:
    """The number at a path; None where the result has none there (no liquor, an absent reagent).

    Keys with dots in them, such as ``streams.leach.slurry.pH``, are found without quotes.

    Raises:
        CommandError: E653, what stands there is no number.
    """
    found = next(_at(data, path.split(".")), None)
    if found is None or (isinstance(found, int | float) and not isinstance(found, bool)):
        return found
    keys = list(found)[:6] if isinstance(found, Mapping) else []
    raise CommandError(
        "E653",
        read=f"--show {path}: {_described(found)}",
        expected=f"a number: {', '.join(f'{path}.{key}' for key in keys)}" if keys else "the path of a number",
        write=f"--show {path}.{keys[0]}" if keys else "--show recovery.Ni",
    )


def check_responses(results: Sequence[Mapping[str, Any]], paths: Iterable[str]) -> None:
    """Every path is in at least one of the results.

    Raises:
        CommandError: E652 a path is in none of them, E653 it is no number.
    """
    for path in paths:
        for data in results:
            response(data, path)
        if not any(True for data in results for _ in _at(data, path.split("."))):
            known = [".".join(each) for each in _paths(results[0], ())] if results else []
            near = nearest(path, known)
            raise CommandError(
                "E652",
                read=f"--show {path}: no such figure in the result",
                expected=" or ".join(near) if near else "a path into result.json, such as recovery.Ni",
                write=f"--show {near[0] if near else 'recovery.Ni'}",
            )


def unit_of(path: str) -> str:
    """The unit that the names of a path end in; empty for a share, a pH or a plain number."""
    parts = path.split(".")
    for name in (f"_{parts[-1]}", f"_{parts[-2]}" if len(parts) > 1 else ""):
        for ending, unit in _UNITS.items():
            if name.endswith(ending):
                return unit
    return "kWh/t" if path.startswith(_ENERGY) else ""


def _at(data: Any, steps: Sequence[str]) -> Iterator[Any]:
    """What stands at the end of the steps; a key may be several of them joined by dots."""
    if not steps:
        yield data
    elif isinstance(data, Mapping):
        for count in range(1, len(steps) + 1):
            key = ".".join(steps[:count])
            if key in data:
                yield from _at(data[key], steps[count:])
    elif isinstance(data, list) and steps[0].isdigit() and int(steps[0]) < len(data):
        yield from _at(data[int(steps[0])], steps[1:])


def _paths(data: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Paths of all numbers."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _paths(value, (*above, str(key)))
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield above


def _described(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a group of figures"
    return "a list" if isinstance(value, list) else f"`{value}`"
