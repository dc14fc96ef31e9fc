"""What every test starts from: the shipped data only, and the same random examples on every machine."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.pop("HYDROMET_DATA", None)

# A slow machine is no failure, and a test that fails must fail again: the examples are always the same.
settings.register_profile("hydromet", deadline=None, derandomize=True)
settings.load_profile("hydromet")
