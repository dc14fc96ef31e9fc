"""The one check before the command line touches the acquisition package: is ``instruments`` ours?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from hydromet.errors import DeviceError

if TYPE_CHECKING:
    from types import ModuleType


def instruments() -> ModuleType:
    """The package ``instruments`` that ships with hydromet.

    Raises:
        DeviceError: E990, another project's package of the same name (InstrumentKit has one) was found instead.
    """
    module = import_module("instruments")
    if getattr(module, "OWNER", "") == "hydromet":
        return module
    where = getattr(module, "__file__", None) or "a folder named instruments"
    raise DeviceError(
        "E990",
        read=f"another project's package `instruments` at {where}",
        expected="the one that is installed with hydromet; InstrumentKit installs a package of the same name",
        write="python -m pip uninstall instrumentkit && python -m pip install --force-reinstall --no-deps hydromet",
    )
