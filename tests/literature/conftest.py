"""What the tests against the literature share."""

from __future__ import annotations

import pytest

from hydromet.chemistry import Chemistry


@pytest.fixture(scope="module")
def chemistry():
    return Chemistry.load()
