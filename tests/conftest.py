"""What every test starts from: the shipped data only, and the same random examples on every machine."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.pop("HYDROMET_DATA", None)

# A slow machine is no failure, and a test that fails must fail again: the examples are always the same.
settings.register_profile("hydromet", deadline=None, derandomize=True)
settings.load_profile("hydromet")


def pytest_collection_modifyitems(config, items):
    """Groups of tests for one worker: pytest-xdist 3.8 notes them in a field that pytest 9.2 does not read any more."""
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        groups = sorted({str(mark.args[0]) for mark in item.iter_markers("xdist_group")})
        suffix = f"@{'_'.join(groups)}"
        if groups and hasattr(item, "_id") and not item.nodeid.endswith(suffix):
            item._id = type(item._id).parse(item.nodeid + suffix)
