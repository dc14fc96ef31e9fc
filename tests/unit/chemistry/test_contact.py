"""Counter-current contact: agreement with the engine, conservation, entrainment, base, degenerate feeds."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from hydromet.chemistry import Chemistry
from hydromet.chemistry.extraction.contact import Contacted, Dose, Feed, Layout, contact
from hydromet.chemistry.extraction.extractants import load_extractant
from hydromet.errors import ExtractionError
from hydromet.species import species
from hydromet.stream import Stream, add_flows

CHEMISTRY = Chemistry.load()
CYANEX = load_extractant("cyanex272")
LIQUOR = {"H2O": 52.0, "Ni+2": 0.43, "Co+2": 0.136, "Mn+2": 0.002, "Li+": 0.72, "Na+": 0.4, "Cl-": 0.01, "F-": 0.01}
ORGANIC = Stream({"H(Cyanex272)(org)": 0.6, "Na(Cyanex272)(org)": 0.2, "Diluent(org)": 3.4})
CAUSTIC = Stream({"Na+": 12.5, "OH-": 12.5, "H2O": 27.8})


def neutral(flows: dict[str, float], acid: float = 0.001) -> Stream:
    charge = acid + sum(species(n).charge * f for n, f in flows.items())
    return Stream({**flows, "H+": acid, "SO4-2": 0.5 * charge})


FEED = neutral(LIQUOR)


def go(layout: Layout, *feeds: Feed, doses: Any = ()) -> Contacted:
    return contact(CYANEX, feeds, layout, doses)


def conserved(ins: list[Stream], done: Contacted) -> None:
    fed, made = Stream(add_flows(ins)), Stream(add_flows([done.raffinate, done.organic]))
    before, after = fed.elements(), made.elements()
    size = max(before.values())
    for element, amount in before.items():
        assert after.get(element, 0.0) == pytest.approx(amount, rel=1e-13, abs=1e-20 * size), element
    assert made.charge() == pytest.approx(fed.charge(), abs=1e-14)
    flows = dict(fed.flows)
    for equation, extent in done.extents.items():
        for name, nu in CHEMISTRY.reaction(equation).coefficients.items():
            flows[name] = flows.get(name, 0.0) + nu * extent
    for name in {*flows, *made.flows}:
        assert made[name] == pytest.approx(flows.get(name, 0.0), rel=1e-9, abs=1e-12)


def test_pH_is_that_of_the_engine() -> None:
    done = go(Layout(4, 313.15), Feed(0, FEED), Feed(3, ORGANIC))
    assert done.outcome is not None
    assert CHEMISTRY.liquor(done.raffinate).pH == pytest.approx(done.outcome.pH[-1], abs=1e-6)
    assert done.passes < 10
    conserved([FEED, ORGANIC], done)


def test_sodium_exchanges_for_metals() -> None:
    """What leaves the organic as sodium enters it as metals, equivalent for equivalent, but for the protons."""
    done = go(Layout(4, 298.15), Feed(0, FEED), Feed(3, ORGANIC))
    onto = {name: extent for name, extent in done.extents.items() if "Cyanex272" in name and "Na+" not in name}
    equivalents = sum(
        extent * species(name.split(" ", 1)[0]).charge for name, extent in onto.items() if "+" in name.split()[0]
    )
    sodium = -done.extents["Na+ + H(Cyanex272)(org) = Na(Cyanex272)(org) + H+"]
    protons = done.raffinate["H+"] - FEED["H+"]
    assert sodium > 0.15
    assert equivalents - sodium == pytest.approx(protons, abs=1e-12)


def test_random_streams_close() -> None:
    chance = Random(11)  # noqa: S311  # feeds, not secrets
    for _ in range(40):
        flows = {n: f * chance.choice((0.0, 1.0, chance.uniform(0.3, 3.0))) for n, f in LIQUOR.items() if n != "H2O"}
        feed = neutral({**flows, "H2O": 52.0, "CaSO4:2H2O(s)": 1e-3}, 10.0 ** -chance.uniform(0.5, 5.0))
        organic = Stream({
            "H(Cyanex272)(org)": chance.uniform(0.1, 1.0), "Na(Cyanex272)(org)": chance.uniform(0.0, 0.3),
            "Co(Cyanex272)2(org)": chance.uniform(0.0, 0.05), "Diluent(org)": 3.0, "H(D2EHPA)(org)": 1e-4,
            "H2O": 0.01, "Na+": 1e-5, "OH-": 1e-5,
        })  # fmt: skip
        stages = chance.randint(1, 9)
        layout = Layout(
            stages, 298.15 + chance.uniform(0.0, 30.0), efficiency=chance.uniform(0.8, 1.0), aqueous_in_organic=5e-4,
            organic_in_aqueous=1e-4,
        )  # fmt: skip
        done = go(layout, Feed(0, feed), Feed(stages - 1, organic))
        conserved([feed, organic], done)
        assert done.raffinate["CaSO4:2H2O(s)"] == feed["CaSO4:2H2O(s)"]


def test_entrainment_leaves_with_the_other_phase() -> None:
    dry = go(Layout(3, 298.15), Feed(0, FEED), Feed(2, ORGANIC))
    wet = go(Layout(3, 298.15, aqueous_in_organic=1e-3, organic_in_aqueous=2e-3), Feed(0, FEED), Feed(2, ORGANIC))
    assert dry.organic["H2O"] == 0.0
    assert dry.raffinate["Diluent(org)"] == 0.0
    assert CHEMISTRY.volume(wet.organic, "aq") == pytest.approx(1e-3 * CHEMISTRY.volume(wet.organic, "org"), rel=3e-3)
    assert CHEMISTRY.volume(wet.raffinate, "org") == pytest.approx(
        2e-3 * CHEMISTRY.volume(wet.raffinate, "aq"), rel=3e-3
    )
    assert wet.organic.part("aq").charge() == pytest.approx(0.0, abs=1e-16)
    assert wet.raffinate["Ni+2"] < dry.raffinate["Ni+2"]


def test_dissolved_extractant_leaves_with_the_raffinate() -> None:
    done = go(Layout(3, 298.15), Feed(0, FEED), Feed(2, ORGANIC))
    assert done.outcome is not None
    volume = CHEMISTRY.volume(done.raffinate, "aq")
    assert done.raffinate["H(Cyanex272)"] / volume == pytest.approx(
        CYANEX.solubility(float(done.outcome.pH[-1])), rel=1e-3
    )


def test_set_point_and_given_base_agree() -> None:
    layout = Layout(4, 298.15, set_points={3: 5.6}, base=CAUSTIC)
    done = go(layout, Feed(0, FEED), Feed(3, ORGANIC))
    assert done.base > 0.0
    assert CHEMISTRY.liquor(done.raffinate).pH == pytest.approx(5.6, abs=1e-6)
    again = go(Layout(4, 298.15), Feed(0, FEED), Feed(3, ORGANIC), Feed(3, CAUSTIC.scaled(done.base)))
    assert again.raffinate["Ni+2"] == pytest.approx(done.raffinate["Ni+2"], rel=1e-6)
    conserved([FEED, ORGANIC, CAUSTIC.scaled(done.base)], done)


def test_set_points_in_several_stages() -> None:
    layout = Layout(4, 298.15, set_points={1: 4.8, 3: 5.6}, base=CAUSTIC)
    done = go(layout, Feed(0, FEED), Feed(3, Stream({"H(Cyanex272)(org)": 0.8, "Diluent(org)": 3.4})))
    assert done.outcome is not None
    assert done.outcome.pH[1] == pytest.approx(4.8, abs=1e-9)
    assert done.outcome.pH[3] == pytest.approx(5.6, abs=1e-9)


def test_set_point_below_what_is_there_takes_no_base() -> None:
    done = go(Layout(3, 298.15, set_points={2: 3.0}, base=CAUSTIC), Feed(0, FEED), Feed(2, ORGANIC))
    assert done.base == 0.0
    assert done.unmet == (2,)


def test_soda_is_refused_as_a_base() -> None:
    soda = Stream({"Na+": 2.0, "CO3-2": 1.0, "H2O": 50.0})
    with pytest.raises(ExtractionError) as caught:
        go(Layout(3, 298.15, set_points={2: 5.6}, base=soda), Feed(0, FEED), Feed(2, ORGANIC))
    assert caught.value.code == "E605"


def test_dose_follows_its_rule() -> None:
    water = Stream({"H2O": 55.5})
    dose = Dose(0, water, lambda outcome: 0.1 if outcome is None else 0.25)
    done = go(Layout(3, 298.15), Feed(0, FEED), Feed(2, ORGANIC), doses=(dose,))
    assert done.doses == (0.25,)
    conserved([FEED, ORGANIC, water.scaled(0.25)], done)


@pytest.mark.parametrize(
    ("feed", "organic"),
    [
        (Stream(), ORGANIC),
        (FEED, Stream()),
        (FEED, Stream({"Diluent(org)": 3.0})),
        (Stream({"H2O": 50.0}), Stream({"H(Cyanex272)(org)": 0.5, "Diluent(org)": 3.0})),
        (Stream(), Stream()),
    ],
    ids=["no aqueous", "no organic", "no extractant", "no metal", "nothing"],
)
def test_nothing_to_contact(feed: Stream, organic: Stream) -> None:
    done = go(Layout(3, 298.15), Feed(0, feed), Feed(2, organic))
    assert done.outcome is None
    assert done.raffinate.flows == pytest.approx(feed.flows)
    assert done.organic.flows == pytest.approx(organic.flows)


def test_pure_water_strips_nothing_and_a_full_organic_is_fine() -> None:
    full = Stream({"Co(Cyanex272)2(org)": 0.3, "Diluent(org)": 3.0})
    done = go(Layout(3, 298.15), Feed(0, Stream({"H2O": 50.0})), Feed(2, full))
    conserved([Stream({"H2O": 50.0}), full], done)
    assert done.outcome is not None
    assert done.outcome.pH[-1] > 7.0
    assert done.raffinate["Co+2"] < 1e-3


@pytest.mark.parametrize("stages", [1, 30, 60])
def test_number_of_stages(stages: int) -> None:
    done = go(Layout(stages, 298.15), Feed(0, FEED), Feed(stages - 1, ORGANIC))
    conserved([FEED, ORGANIC], done)


def test_size_does_not_matter() -> None:
    one = go(Layout(4, 298.15), Feed(0, FEED), Feed(3, ORGANIC))
    large = go(Layout(4, 298.15), Feed(0, FEED.scaled(1e6)), Feed(3, ORGANIC.scaled(1e6)))
    for name, flow in one.raffinate.flows.items():
        assert large.raffinate[name] == pytest.approx(1e6 * flow, rel=1e-6)


@pytest.mark.parametrize("stages", [1, 4])
@pytest.mark.parametrize("efficiency", [1.0, 0.8])
def test_a_slow_metal_keeps_its_extractant(stages: int, efficiency: float) -> None:
    """Iron that hardly moves leaves zinc of the liquor only what it does not hold."""
    organic = Stream({"Fe(D2EHPA)3(org)": 0.15, "H(D2EHPA)(org)": 0.15, "Diluent(org)": 3.4})
    liquor = neutral({"H2O": 52.0, "Zn+2": 1.0, "Na+": 0.5})
    layout = Layout(stages, 313.15, efficiency, {"Fe+3": 0.05}, 2e-4, 6e-5)
    done = contact(load_extractant("d2ehpa"), [Feed(0, liquor), Feed(stages - 1, organic)], layout)
    conserved([liquor, organic], done)
    assert done.outcome is not None
    assert max(done.outcome.loading) <= 1.0
    stays = 0.15 * (1.0 - 0.05 * efficiency) ** stages
    assert 0.999 * stays < done.organic["Fe(D2EHPA)3(org)"] < 0.15
    room = 0.6 - 3.0 * done.organic["Fe(D2EHPA)3(org)"]
    assert 0.02 < done.organic["Zn(D2EHPA)2(org)"] <= 0.5 * room
