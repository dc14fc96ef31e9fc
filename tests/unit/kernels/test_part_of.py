"""Pieces of kernels that count no references: the rules that keep them safe, and answers that do not change."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import re
import threading

import numpy as np
import pytest

import hydromet.kernels
from hydromet.chemistry.engine import solve_equilibrium

MODULES = [
    importlib.import_module(f"hydromet.kernels.{one.name}") for one in pkgutil.iter_modules(hydromet.kernels.__path__)
]
COMPILED = {id(one): one for module in MODULES for one in vars(module).values() if hasattr(one, "targetoptions")}


def uncounted(one):
    return one.targetoptions.get("_nrt") is False


def called_by(one):
    """The kernels that a kernel names."""
    names = one.py_func.__code__.co_names
    there = (one.py_func.__globals__.get(name) for name in names)
    return [other for other in there if id(other) in COMPILED]


def test_no_piece_hands_an_array_to_a_kernel_that_counts_references():
    """It would release an array that it does not own: pieces that give arrays are called by pieces only."""
    calls = [
        (one, other) for one in COMPILED.values() if not uncounted(one) for other in called_by(one) if uncounted(other)
    ]
    assert len(calls) >= 3  # solve, and the doors to the activity coefficients
    for one, other in calls:
        returned = re.findall(r"\w+", str(other.py_func.__annotations__["return"]))
        assert set(returned) <= {"None", "bool", "int", "float", "tuple"}, (
            one.py_func.__name__,
            other.py_func.__name__,
        )


@pytest.mark.parametrize(
    "piece", [one for one in COMPILED.values() if uncounted(one)], ids=lambda one: one.py_func.__name__
)
def test_no_piece_makes_an_array(piece):
    """There is nothing that would free it."""
    assert not {"empty", "zeros", "ones", "full", "copy", "array", "astype", "arange"} & set(
        piece.py_func.__code__.co_names
    )


def test_answers_do_not_change_under_threads_and_a_busy_collector():
    water = {"H2O": 55.508}
    rng = np.random.default_rng(8)
    asked = [
        {**water, "H+": 0.2 * x, "Ni+2": x, "Ca+2": 0.01, "SO4-2": 1.1 * x + 0.01, "Na+": y, "Cl-": y}
        for x, y in 10.0 ** rng.uniform(-4.0, 0.3, (60, 2))
    ]
    solids = ("CaSO4:2H2O(s)", "NiSO4:6H2O(s)", "NiSO4:7H2O(s)")

    def all_of_them():
        found = [solve_equilibrium(totals, 310.0, phases=solids) for totals in asked]
        return [(one.pH, one.m.tobytes(), one.amounts.tobytes()) for one in found]

    alone, together = all_of_them(), []
    before = gc.get_threshold()
    gc.set_threshold(10, 2, 2)
    try:
        threads = [threading.Thread(target=lambda: together.append(all_of_them())) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.set_threshold(*before)
    assert together == [alone] * 3


def test_no_piece_may_reorder_its_sums():
    """Code just compiled and the same code from the cache would differ in the last digit, and so would a result."""
    assert [one.py_func.__name__ for one in COMPILED.values() if one.targetoptions.get("fastmath")] == []
