"""hydromet: a simulator for hydrometallurgical plants.

The public names are loaded when they are first used, so that ``import hydromet`` costs next to nothing. Whatever is
not in ``__all__`` of a documented module may change in any release.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Chemistry": "hydromet.chemistry",
    "Flowsheet": "hydromet.assess.case",
    "Port": "hydromet.units.base",
    "Result": "hydromet.flowsheet.result",
    "Solution": "hydromet.chemistry",
    "Stream": "hydromet.stream",
    "Unit": "hydromet.units.base",
    "UnitResult": "hydromet.units.base",
    "UserError": "hydromet.errors",
    "load": "hydromet.assess.case",
    "run": "hydromet.assess.case",
}

if TYPE_CHECKING:
    from hydromet.assess.case import Flowsheet, load, run
    from hydromet.chemistry import Chemistry, Solution
    from hydromet.errors import UserError
    from hydromet.flowsheet.result import Result
    from hydromet.stream import Stream
    from hydromet.units.base import Port, Unit, UnitResult

__all__ = [
    "Chemistry",
    "Flowsheet",
    "Port",
    "Result",
    "Solution",
    "Stream",
    "Unit",
    "UnitResult",
    "UserError",
    "load",
    "run",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    message = f"module 'hydromet' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
