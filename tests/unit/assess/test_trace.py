"""Origins and losses through recycles, against the answers of pencil and paper."""

from __future__ import annotations

import pytest

from hydromet.assess.recovery import losses, recovery
from hydromet.assess.trace import leaving_share, trace
from hydromet.flowsheet.graph import Node
from hydromet.flowsheet.routing import route
from hydromet.stream import Stream


@pytest.fixture
def origins():
    """Ore (3 Ni) and soda (1 Ni) enter a; a gives 5 to b; b returns 1, sells 3.2 and loses 0.8."""
    nodes = [Node("a", {"in": ("ore", "b.back")}), Node("b", {"in": ("a.out", "soda")})]
    streams = {
        "a.out": Stream({"Ni(s)": 4.0}),
        "b.back": Stream({"Ni(s)": 1.0}),
        "b.product": Stream({"Ni(s)": 3.2}),
        "b.waste": Stream({"Ni(s)": 0.8}),
    }
    outlets = {"a": ["a.out"], "b": ["b.back", "b.product", "b.waste"]}
    inputs = {("ore", "a"): Stream({"Ni(s)": 3.0}), ("soda", "b"): Stream({"Ni(s)": 1.0})}
    return trace(route(nodes, outlets, streams, inputs))


def test_origin_of_the_product(origins):
    # b holds 5: x of it ore-born, with 4 x_a + 0 = 5 x_b and x_a = (3 + x_b) / 4, so x_b = 3/4
    assert origins.born("b.product", "Ni", ("ore",)) == pytest.approx(3.2 * 0.75)
    assert origins.born("b.product", "Ni", ("soda",)) == pytest.approx(3.2 * 0.25)
    assert origins.born("b.product", "Co", ("ore",)) == 0.0


def test_recovery_leaves_reagent_metal_out(origins):
    assert recovery(origins, ("ore",), ["b.product"])["Ni"] == pytest.approx(0.8)
    both = recovery(origins, ("ore", "soda"), ["b.product"])["Ni"]
    assert both == pytest.approx(3.2 / 4.0)


def test_losses_add_up_to_what_was_fed(origins):
    ways = losses(origins, ("ore",), {"b.product": ("products", "nickel"), "b.waste": ("wastes", "residue")})["Ni"]
    assert sum(way["share"] for way in ways.values()) == pytest.approx(1.0)
    assert list(ways) == ["nickel", "residue"]


def test_where_an_atom_ends(origins):
    assert leaving_share(origins.routing, "Ni", ["b.waste"]) == pytest.approx([0.2, 0.2])
