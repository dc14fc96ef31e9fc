"""Every shipped plant is solved once a session; all checks read that result."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import hydromet
from hydromet.errors import HydrometError

ROOT = Path(hydromet.__file__).parent.parent


@pytest.fixture(scope="session")
def flowsheets():
    """The folder of the shipped plants."""
    return ROOT / "flowsheets"


@cache
def solved(file):
    """The result, or the error that all checks of this plant shall show."""
    try:
        return hydromet.run(file)
    except HydrometError as error:
        return error


@pytest.fixture
def result(plant, flowsheets):
    """The plant of this name under ``flowsheets/``, solved; a plant that fails, fails every one of its checks."""
    outcome = solved(flowsheets / f"{plant}.yaml")
    if isinstance(outcome, Exception):
        pytest.fail(f"{plant}: {outcome}")
    return outcome
