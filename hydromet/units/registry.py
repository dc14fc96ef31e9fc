"""Which unit operations there are: the built-in ones and those that installed packages offer."""

from __future__ import annotations

import inspect
import pkgutil
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING

import hydromet.units
from hydromet.errors import UnitError
from hydromet.units.base import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

GROUP = "hydromet.units"


@lru_cache(maxsize=1)
def unit_models() -> Mapping[str, type[Unit]]:
    """All unit classes by their ``model`` name, sorted.

    Built-in modules are imported on the first call only. A package adds its own through the entry point group
    ``hydromet.units``; an entry point names a unit class or a module that holds some.

    Raises:
        UnitError: two classes claim the same model name, or an entry point is not a unit.
    """
    found: dict[str, type[Unit]] = {}
    for unit in [*_built_in(), *_offered()]:
        name = model_name(unit)
        other = found.setdefault(name, unit)
        if other is not unit:
            raise UnitError("E800", read=f"{name}: {_path(other)} and {_path(unit)}", expected="one class a model name")
    return MappingProxyType(dict(sorted(found.items())))


def model_name(unit: type[Unit]) -> str:
    """The name by which a flowsheet file calls this unit."""
    return str(unit.model_fields["model"].default)


def _built_in() -> Iterator[type[Unit]]:
    for module in sorted(pkgutil.iter_modules(hydromet.units.__path__), key=lambda m: m.name):
        if not module.ispkg:
            yield from _units_of(import_module(f"{hydromet.units.__name__}.{module.name}"))


def _offered() -> Iterator[type[Unit]]:
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        thing = point.load()
        if inspect.ismodule(thing):
            yield from _units_of(thing)
        elif inspect.isclass(thing) and issubclass(thing, Unit):
            yield thing
        else:
            raise UnitError("E801", read=f"{point.name} = {point.value}", expected="a subclass of hydromet.Unit")


def _units_of(module: ModuleType) -> Iterator[type[Unit]]:
    """Concrete unit classes defined in a module, by name."""
    for _, thing in sorted(vars(module).items()):
        own = inspect.isclass(thing) and issubclass(thing, Unit) and thing.__module__ == module.__name__
        if own and not inspect.isabstract(thing) and isinstance(thing.model_fields["model"].default, str):
            yield thing


def _path(unit: type[Unit]) -> str:
    return f"{unit.__module__}.{unit.__qualname__}"
