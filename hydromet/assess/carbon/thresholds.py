"""Thresholds of the methods, from ``data/factors/methods.yaml``."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.datafiles import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "data/factors/methods.yaml"


@lru_cache(maxsize=1)
def thresholds() -> Mapping[str, float]:
    """Name -> value: ``price_ratio``, and the shares ``cut_off_flow``, ``cut_off_total``, ``main_metal``."""
    return {name: float(each["value"]) for name, each in read_yaml(FILE).items() if "value" in each}


@lru_cache(maxsize=1)
def quality_levels() -> Mapping[str, float]:
    """Word -> highest rating it is used for, best first."""
    return {word: float(bound) for word, bound in read_yaml(FILE)["quality_levels"]["bounds"].items()}
