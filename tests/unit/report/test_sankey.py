"""One element through a small plant: the table is the streams, the bands are as wide as they are large."""

from __future__ import annotations

from collections import Counter

import pytest

from hydromet.errors import CommandError
from hydromet.flowsheet.result import Result
from hydromet.report import plots
from hydromet.report.element_flows import element_flows

# kg/h of nickel: a leach with a recycle, a loss, a branch that passes a unit by, and a feed that two units draw from.
STREAMS = {
    "leach.slurry": 110.0,
    "filter.cake": 4.0,
    "filter.filtrate": 106.0,
    "extraction.organic": 100.5,
    "extraction.raffinate": 6.2,
    "crystalliser.crystals": 90.4,
    "crystalliser.bleed": 10.0,
    "crystalliser.dust": 0.1,
    "tail.purge": 6.3,
}
UNITS = {
    "leach": {"solids": ["ore"], "liquor": ["crystalliser.bleed"]},
    "filter": {"slurry": ["leach.slurry"]},
    "extraction": {"aqueous": ["filter.filtrate"], "base": ["caustic"]},
    "crystalliser": {"liquor": ["extraction.organic"]},
    "tail": {"liquor": ["extraction.raffinate"], "base": ["caustic"]},
}
DRAWN = {"extraction": {"base": 7.0}, "tail": {"base": 1.0}}


def stream(flow):
    return {"elements_kg_h": {"Ni": flow, "S": 0.0}, "mass_kg_h": 10.0 * flow}


@pytest.fixture
def plant():
    return Result(
        {
            "converged": True,
            "order": list(UNITS),
            "units": {name: {"in": ports, "drawn_kg_h": DRAWN.get(name, {})} for name, ports in UNITS.items()},
            "streams": {name: stream(flow) for name, flow in STREAMS.items()},
            "feeds": {"ore": stream(100.0), "caustic": {"elements_kg_h": {"Ni": 0.8}, "mass_kg_h": 8.0}},
            "products": {"salt": {"stream": "crystalliser.crystals"}},
            "outlets": {
                "wastes": {"cake": {"stream": "filter.cake"}, "purge": {"stream": "tail.purge"}},
                "emissions": {"dust": {"stream": "crystalliser.dust"}},
            },
        }
    )


def rows(curve):
    return list(zip(*(column.values for column in curve.columns), strict=True))


def test_the_table_closes_round_every_unit(plant):
    balance = Counter()
    for source, target, _, flow, _ in rows(element_flows(plant, "Ni")):
        balance[source] -= flow
        balance[target] += flow
    assert all(abs(balance[name]) < 1e-9 for name in UNITS)
    assert balance["products.salt"] == 90.4


def test_a_feed_that_several_units_draw_is_shared_out(plant):
    found = {(a, b): flow for a, b, _, flow, _ in rows(element_flows(plant, "Ni"))}
    assert found["feeds.caustic", "extraction"] == pytest.approx(0.7)
    assert found["feeds.caustic", "tail"] == pytest.approx(0.1)


def test_shares_are_of_what_is_brought_in(plant):
    curve = element_flows(plant, "Ni")
    shares = {b: share for _, b, _, _, share in rows(curve)}
    assert shares["wastes.cake"] == pytest.approx(4.0 / 100.8 * 100.0)
    assert curve.conditions == "100.8 kg/h Ni in feeds and reagents"


def test_bands_are_to_scale_and_recycles_are_lines(plant):
    axes = plots.figure(element_flows(plant, "Ni")).axes[0]
    texts = [text.get_text() for text in axes.texts]
    assert "salt  90.4 kg/h (89.7 %)" in texts
    assert "cake  4 kg/h (3.97 %)" in texts
    assert any("emissions" not in text and "1: 0.099 %" in text for text in texts)
    assert "10" in texts
    assert "leach  110" in texts
    widths = sorted(path.get_path().vertices[-2, 0] - path.get_path().vertices[0, 0] for path in axes.patches[:-1])
    ore = next(p for p in axes.patches if p.get_alpha() == 0.3).get_path().vertices
    scale = (ore[3, 0] - ore[0, 0]) / 100.0
    assert widths[-1] == pytest.approx(110.0 * scale)
    # four bands between units, three out of the plant, two feeds; the recycle is a line, the rest below 0.5 %
    assert len([p for p in axes.patches if p.get_alpha() is not None]) == 4 + 3 + 2


def test_an_element_that_is_not_there(plant):
    with pytest.raises(CommandError, match="E649") as caught:
        element_flows(plant, "Nj")
    assert "Ni" in caught.value.expected


def test_nothing_of_an_element(plant):
    curve = element_flows(plant, "S")
    assert rows(curve) == []
    assert plots.figure(curve).axes


def test_the_same_bytes_every_time(plant, tmp_path):
    for name in ("one.png", "two.png", "one.svg", "two.svg"):
        plots.draw(element_flows(plant, "Ni"), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
