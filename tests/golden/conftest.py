"""Every shipped plant is solved once a session; all checks read that result."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import hydromet
from hydromet.cli.app import main
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


@pytest.fixture(scope="session")
def small_plant(tmp_path_factory):
    """The flowsheet that ``hydromet new`` writes: a leach with its recycle, solved in a second."""
    folder = tmp_path_factory.mktemp("small")
    assert main(["new", "flowsheet", "small", "-o", str(folder)]) == 0
    return folder / "small.yaml"
