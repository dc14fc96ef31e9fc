"""Water of a plant: what is fresh, what is given back, what is taken in on the whole."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hydromet.assess.consumption import water
from hydromet.species import species
from hydromet.stream import Stream

W = species("H2O").molar_mass
PURE = Stream({"H2O": 1.0 / W})


def test_net_intake_is_fresh_less_surplus():
    feeds = {
        "ore": SimpleNamespace(role="feed", stream=Stream({"C(s)": 1.0})),
        "process": SimpleNamespace(role="reagent", stream=PURE),
        "acid": SimpleNamespace(role="reagent", stream=Stream({"H2SO4(l)": 1.0, "H2O": 1.0})),
    }
    inputs = {
        ("ore", "leach"): Stream({"C(s)": 100.0}),
        ("process", "leach"): PURE.scaled(3.0),
        ("acid", "leach"): Stream({"H2SO4(l)": 1.0, "H2O": 1.0}),
    }
    brine = Stream({"H2O": 30.0, "Na+": 6.0, "SO4-2": 3.0})
    leaving = {"a.surplus": ("wastes", "surplus", PURE.scaled(1.0)), "a.brine": ("wastes", "brine", brine)}
    found = water(feeds, inputs, leaving)
    assert found["fresh_kg_h"] == pytest.approx(3.0 * 3600)
    assert found["surplus_kg_h"] == pytest.approx(3600)  # the brine is not water
    assert found["net_intake_kg_h"] == pytest.approx(2.0 * 3600)
    assert found["with_other_feeds_kg_h"] == pytest.approx(W * 3600)
    assert found["liquid_out_kg_h"]["wastes"] == pytest.approx((1.0 + 30 * W) * 3600)
