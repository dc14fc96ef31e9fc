"""Units of solvent extraction, one by one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hydromet.chemistry import Chemistry
from hydromet.chemistry.extraction.extractants import load_extractant
from hydromet.errors import ExtractionError
from hydromet.stream import Stream
from hydromet.units.extract import Extract
from hydromet.units.organic_recovery import OrganicRecovery
from hydromet.units.organic_tank import OrganicTank
from hydromet.units.regenerate import Regenerate
from hydromet.units.saponify import Saponify
from hydromet.units.scrub import Scrub
from hydromet.units.strip import Strip

CHEMISTRY = Chemistry.load()


def template(**flows: float) -> Stream:
    names = {"H2SO4": "H2SO4(l)", "Na": "Na+", "OH": "OH-", "H": "H+", "Cl": "Cl-"}
    stream = Stream({names.get(k, k): v for k, v in flows.items()})
    return stream.scaled(1.0 / stream.mass())


CAUSTIC = template(Na=12.5, OH=12.5, H2O=27.8)
ACID = template(H2SO4=9.99, H2O=1.11)
WATER = template(H2O=55.5)
LIQUOR = Stream({"H2O": 52.0, "Ni+2": 0.43, "Co+2": 0.136, "Li+": 0.72, "Na+": 0.4, "H+": 0.001, "SO4-2": 1.1265})
FRESH = Stream({"H(Cyanex272)(org)": 0.8, "Diluent(org)": 3.4})
LOADED = Stream({
    "H(Cyanex272)(org)": 0.45, "Co(Cyanex272)2(org)": 0.14, "Ni(Cyanex272)2(org)": 0.01, "Na(Cyanex272)(org)": 0.01,
    "Fe(Cyanex272)3(org)": 1e-4, "Diluent(org)": 3.4,
})  # fmt: skip


THREE = {"extractant": "cyanex272", "stages": 3}


def codes(result: Any) -> set[str]:
    return {notice.code for notice in result.notices}


# --- extract


def test_extract_meets_the_raffinate_pH() -> None:
    unit = Extract(extractant="cyanex272", stages=5, raffinate_pH=5.3)
    result = unit.solve({"aqueous": LIQUOR, "organic": FRESH, "base": CAUSTIC}, CHEMISTRY)
    assert CHEMISTRY.liquor(result.outlets["raffinate"]).pH == pytest.approx(5.3, abs=1e-6)
    assert result.values["extracted_Co"] > 0.98
    assert result.values["extracted_Ni"] < 0.01
    assert len(result.stages) == 5
    assert result.stages[-1]["pH"] == pytest.approx(5.3)


def test_extract_profile_agrees_with_the_streams() -> None:
    result = Extract(extractant="cyanex272", stages=3, aqueous_entrainment=0.0, organic_entrainment=0.0).solve(
        {"aqueous": LIQUOR, "organic": FRESH, "base": CAUSTIC.scaled(0.02)}, CHEMISTRY
    )
    raffinate, loaded = result.outlets["raffinate"], result.outlets["organic"]
    cobalt = raffinate["Co+2"] * 0.058933 / CHEMISTRY.volume(raffinate, "aq")
    assert result.stages[-1]["Co_aq_g_L"] == pytest.approx(cobalt, rel=1e-4)
    known = load_extractant("cyanex272")
    bound = sum(m.charge * loaded[m.organic] for m in known.metals.values())
    assert result.stages[0]["loading"] == pytest.approx(bound / loaded.elements()["Cyanex272"], rel=1e-4)


def test_side_feed_enters_its_stage() -> None:
    side = Stream({"H2O": 10.0, "Co+2": 0.02, "SO4-2": 0.02})
    inlets = {"aqueous": LIQUOR, "organic": FRESH, "base": CAUSTIC.scaled(0.02), "side": side}
    first = Extract(extractant="cyanex272", stages=4, side_stage=1).solve(inlets, CHEMISTRY)
    last = Extract(extractant="cyanex272", stages=4, side_stage=4).solve(inlets, CHEMISTRY)
    assert first.outlets["raffinate"]["Co+2"] < last.outlets["raffinate"]["Co+2"]
    assert first.stages[0]["O_A"] < last.stages[0]["O_A"]


def test_low_efficiency_extracts_less() -> None:
    inlets = {"aqueous": LIQUOR, "organic": FRESH, "base": CAUSTIC.scaled(0.02)}
    full = Extract(extractant="cyanex272", stages=3).solve(inlets, CHEMISTRY)
    poor = Extract(extractant="cyanex272", stages=3, stage_efficiency=0.7).solve(inlets, CHEMISTRY)
    assert poor.values["extracted_Co"] < full.values["extracted_Co"]


def test_plausibility_is_named() -> None:
    inlets = {"aqueous": LIQUOR, "organic": FRESH.scaled(0.02), "base": CAUSTIC.scaled(0.001)}
    assert "W601" in codes(Extract(extractant="cyanex272", stages=2).solve(inlets, CHEMISTRY))
    hot = {"aqueous": LIQUOR, "organic": FRESH, "base": CAUSTIC}
    over = Extract(extractant="cyanex272", stages=2, raffinate_pH=8.5).solve(hot, CHEMISTRY)
    assert {"W603", "W604"} <= codes(over)
    assert any("Ni(OH)2(s)" in notice.text for notice in over.notices)
    gypsum = Stream({**LIQUOR.flows, "Ca+2": 0.05, "SO4-2": LIQUOR["SO4-2"] + 0.05})
    result = Extract(extractant="cyanex272", stages=2).solve({**inlets, "aqueous": gypsum}, CHEMISTRY)
    assert any("CaSO4:2H2O(s)" in notice.text for notice in result.notices)
    chromium = Stream({**LIQUOR.flows, "Cr+3": 0.02, "SO4-2": LIQUOR["SO4-2"] + 0.03})
    assert "W605" in codes(Extract(extractant="cyanex272", stages=2).solve({**inlets, "aqueous": chromium}, CHEMISTRY))
    sour = Extract(extractant="cyanex272", stages=2, raffinate_pH=1.0).solve(hot, CHEMISTRY)
    assert "W606" in codes(sour)
    assert sour.drawn["base"] == 0.0
    assert any(notice.text.startswith("stage 2") and "dosed there" in notice.text for notice in sour.notices)
    for temperature, told in ((333.15, False), (343.15, True), (283.15, True)):
        warm = Extract(extractant="cyanex272", stages=2, temperature=temperature).solve(inlets, CHEMISTRY)
        assert ("W615" in codes(warm)) is told
    other = Extract(extractant="d2ehpa", stages=2).solve({"aqueous": LIQUOR, "organic": FRESH}, CHEMISTRY)
    assert "W610" in codes(other)


def test_full_organic_is_named() -> None:
    inlets = {"aqueous": LIQUOR, "organic": FRESH.scaled(0.5), "base": CAUSTIC}
    assert "W602" in codes(Extract(extractant="cyanex272", stages=4, raffinate_pH=7.4).solve(inlets, CHEMISTRY))


@pytest.mark.parametrize(
    ("kind", "parameters", "code"),
    [
        (Extract, {"extractant": "cyanex", "stages": 3}, "E601"),
        (Extract, {"extractant": "cyanex272", "stages": 3, "side_stage": 4}, "E606"),
        (Extract, {"extractant": "cyanex272", "stages": 3, "stage_pH": {5: 5.0}}, "E606"),
        (Strip, THREE, "E607"),
        (Strip, THREE | {"acid_ratio": 1.1, "free_acid": 10.0}, "E607"),
        (Strip, THREE | {"acid_ratio": 1.1, "metal": "Co+2"}, "E608"),
        (Strip, THREE | {"acid_ratio": 1.1, "metal": "Co+2", "concentration": 90.0, "O_A": 8.0}, "E608"),
        (Strip, THREE | {"acid_ratio": 1.1, "metal": "Co", "concentration": 90.0}, "E609"),
        (OrganicTank, {"extractant": "cyanex272", "flow": 1e-3, "molarity": 6000.0}, "E610"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(kind: Any, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        kind(**parameters)
    assert code in str(caught.value)


# --- scrub and strip


def test_scrub_displaces_nickel_with_cobalt() -> None:
    product = Stream({"H2O": 3.0, "Co+2": 0.1, "H+": 0.01, "SO4-2": 0.105})
    unit = Scrub(extractant="cyanex272", stages=4, O_A=12.0)
    result = unit.solve({"organic": LOADED, "aqueous": product, "water": WATER}, CHEMISTRY)
    assert result.stages[-1]["O_A"] == pytest.approx(12.0, rel=1e-6)
    assert result.values["scrubbed_Ni"] > 0.99
    before, after = (s["Ni(Cyanex272)2(org)"] / s["Co(Cyanex272)2(org)"] for s in (LOADED, result.outlets["organic"]))
    assert after < 0.01 * before
    assert result.drawn["water"] > 0.0


def test_strip_meets_the_concentration() -> None:
    unit = Strip(extractant="cyanex272", stages=3, acid_ratio=1.1, metal="Co+2", concentration=90.0)
    result = unit.solve({"organic": LOADED, "acid": ACID, "water": WATER}, CHEMISTRY)
    liquor = result.outlets["strip_liquor"]
    assert liquor["Co+2"] * 0.058933 / CHEMISTRY.volume(liquor, "aq") == pytest.approx(90.0, rel=1e-4)
    assert result.values["stripped_Co"] > 0.999
    equivalents = 2 * 0.14 + 2 * 0.01 + 0.01
    assert result.drawn["acid"] * 2.0 * ACID["H2SO4(l)"] == pytest.approx(1.1 * equivalents, rel=1e-9)


def test_strip_leaves_the_free_acid_asked_for() -> None:
    unit = Strip(extractant="cyanex272", stages=3, free_acid=15.0, O_A=8.0)
    result = unit.solve({"organic": LOADED, "acid": ACID, "water": WATER}, CHEMISTRY)
    liquor = result.outlets["strip_liquor"]
    assert liquor["H+"] / CHEMISTRY.volume(liquor, "aq") * 0.098079 / 2.0 == pytest.approx(15.0, rel=1e-3)
    assert result.stages[-1]["O_A"] == pytest.approx(8.0, rel=1e-6)


def test_iron_stays_and_says_so() -> None:
    unit = Strip(extractant="cyanex272", stages=3, acid_ratio=1.1, O_A=8.0)
    result = unit.solve({"organic": LOADED, "acid": ACID, "water": WATER}, CHEMISTRY)
    assert result.values["stripped_Fe"] < 0.1
    assert [split.species for split in result.fixed_splits] == ["Fe+3"]
    assert unit.ways_out("Fe", "organic") == ("organic",)
    assert unit.ways_out("Co", "organic") is None


def test_strip_weaker_than_asked_draws_no_water() -> None:
    unit = Strip(extractant="cyanex272", stages=2, acid_ratio=1.1, metal="Co+2", concentration=400.0)
    wet = Stream({**LOADED.flows, "H2O": 20.0})
    result = unit.solve({"organic": wet, "aqueous": Stream({"H2O": 10.0}), "acid": ACID, "water": WATER}, CHEMISTRY)
    assert result.drawn["water"] == 0.0
    assert "W607" in codes(result)


def test_water_is_no_strip_acid() -> None:
    unit = Strip(extractant="cyanex272", stages=3, acid_ratio=1.1, O_A=8.0)
    with pytest.raises(ExtractionError) as caught:
        unit.solve({"organic": LOADED, "acid": WATER, "water": WATER}, CHEMISTRY)
    assert caught.value.code == "E611"


# --- saponify, regenerate, tank, recovery


def test_saponify_to_a_share() -> None:
    organic = Stream({"H(D2EHPA)(org)": 0.9, "Na(D2EHPA)(org)": 0.05, "Mn(D2EHPA)2(org)": 0.025, "Diluent(org)": 4.0})
    result = Saponify(extractant="d2ehpa", fraction=0.4).solve({"organic": organic, "base": CAUSTIC}, CHEMISTRY)
    assert result.outlets["organic"]["Na(D2EHPA)(org)"] == pytest.approx(0.4, rel=1e-12)
    assert result.drawn["base"] * CAUSTIC["OH-"] == pytest.approx(0.35, rel=1e-12)
    thick = Saponify(extractant="d2ehpa", fraction=0.8).solve({"organic": organic, "base": CAUSTIC}, CHEMISTRY)
    assert "W608" in codes(thick)


def test_saponify_cannot_exceed_the_capacity() -> None:
    full = Stream({"H(D2EHPA)(org)": 0.2, "Co(D2EHPA)2(org)": 0.4, "Diluent(org)": 4.0})
    with pytest.raises(ExtractionError) as caught:
        Saponify(extractant="d2ehpa", fraction=0.4).solve({"organic": full, "base": CAUSTIC}, CHEMISTRY)
    assert caught.value.code == "E603"
    assert "80.0%" in caught.value.read
    assert "0.200" in caught.value.expected


def test_saponification_before_or_inside_is_the_same() -> None:
    """Caustic mixed into the organic and caustic drawn by the extraction give the same raffinate."""
    inside = Extract(extractant="cyanex272", stages=4, raffinate_pH=5.5).solve(
        {"aqueous": LIQUOR, "organic": FRESH, "base": CAUSTIC}, CHEMISTRY
    )
    share = inside.drawn["base"] * CAUSTIC["OH-"] / 0.8
    soap = Saponify(extractant="cyanex272", fraction=share).solve({"organic": FRESH, "base": CAUSTIC}, CHEMISTRY)
    before = Extract(extractant="cyanex272", stages=4).solve(
        {"aqueous": LIQUOR, "organic": soap.outlets["organic"]}, CHEMISTRY
    )
    assert before.values["raffinate_pH"] == pytest.approx(5.5, abs=1e-6)
    for ion in ("Co+2", "Ni+2", "Na+"):
        assert before.outlets["raffinate"][ion] == pytest.approx(inside.outlets["raffinate"][ion], rel=1e-6)


def test_regenerate_takes_iron_off() -> None:
    organic = Stream({"H(D2EHPA)(org)": 0.5, "Fe(D2EHPA)3(org)": 0.01, "Mn(D2EHPA)2(org)": 0.001, "Diluent(org)": 3.0})
    acid = template(H=5.5, Cl=5.5, H2O=44.0)
    unit = Regenerate(extractant="d2ehpa", O_A=5.0, stripped={"Fe+3": 0.9})
    result = unit.solve({"organic": organic, "acid": acid}, CHEMISTRY)
    assert result.outlets["organic"]["Fe(D2EHPA)3(org)"] == pytest.approx(0.001)
    assert result.outlets["organic"]["Mn(D2EHPA)2(org)"] == pytest.approx(1e-5)
    volumes = CHEMISTRY.volume(organic, "org"), CHEMISTRY.volume(acid, "aq") * result.drawn["acid"]
    assert volumes[0] / volumes[1] == pytest.approx(5.0)
    assert {split.species for split in result.fixed_splits} == {"Fe+3", "Mn+2"}
    short = Regenerate(extractant="d2ehpa", O_A=1000.0).solve({"organic": organic, "acid": acid}, CHEMISTRY)
    assert "W609" in codes(short)
    assert Regenerate(extractant="d2ehpa", stripped={"Fe+3": 0.0}).ways_out("Fe", "organic") == ("organic",)


def test_tank_fills_and_trims_the_circuit() -> None:
    unit = OrganicTank(extractant="d2ehpa", flow=1e-3, molarity=600.0)
    drawn = {
        "extractant": template(**{"H(D2EHPA)(org)": 3.0, "Diluent(org)": 0.2}),
        "diluent": template(**{"Diluent(org)": 5.9}),
    }
    empty = unit.solve({"organic": Stream(), **drawn}, CHEMISTRY)
    full = empty.outlets["organic"]
    assert CHEMISTRY.volume(full, "org") == pytest.approx(1e-3, rel=1e-12)
    assert full.elements()["D2EHPA"] == pytest.approx(0.6, rel=1e-12)
    steady = unit.solve({"organic": full, **drawn}, CHEMISTRY)
    assert steady.drawn["extractant"] == pytest.approx(0.0, abs=1e-15)
    assert steady.outlets["surplus"].mass() == pytest.approx(0.0, abs=1e-12)
    over = unit.solve({"organic": full.scaled(1.5), **drawn}, CHEMISTRY)
    assert CHEMISTRY.volume(over.outlets["surplus"], "org") == pytest.approx(0.5e-3, rel=1e-9)
    assert CHEMISTRY.volume(over.outlets["organic"], "org") == pytest.approx(1e-3, rel=1e-9)


def test_recovery_brings_versatic_back() -> None:
    raffinate = Stream({
        "H2O": 52.0, "Li+": 0.7, "Na+": 1.5002, "SO4-2": 1.1, "OH-": 2e-4, "H(Versatic10)": 5e-3,
        "H(Versatic10)(org)": 1e-4, "Diluent(org)": 3e-4,
    })  # fmt: skip
    unit = OrganicRecovery(extractant="versatic10", pH=4.0, coalesced=0.9)
    result = unit.solve({"aqueous": raffinate, "acid": ACID}, CHEMISTRY)
    clean = result.outlets["aqueous"]
    known = load_extractant("versatic10")
    assert CHEMISTRY.liquor(clean).pH == pytest.approx(4.0, abs=1e-3)
    assert clean["H(Versatic10)"] == pytest.approx(known.solubility(4.0) * CHEMISTRY.volume(clean, "aq"), rel=1e-3)
    assert result.outlets["organic"]["Diluent(org)"] == pytest.approx(2.7e-4)
    assert result.outlets["organic"]["H(Versatic10)(org)"] > 2e-3
    sour = unit.solve({"aqueous": Stream({"H2O": 50.0, "H+": 0.1, "SO4-2": 0.05}), "acid": ACID}, CHEMISTRY)
    assert sour.drawn["acid"] == 0.0
    plain = OrganicRecovery(extractant="versatic10").solve({"aqueous": raffinate}, CHEMISTRY)
    assert plain.outlets["organic"]["Diluent(org)"] == pytest.approx(2.7e-4)
