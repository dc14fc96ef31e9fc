"""What an SX engineer expects of the model: soaps that exchange, selectivity, losses, capacity, side feeds, ageing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from hydromet.chemistry import Chemistry
from hydromet.chemistry.extraction.extractants import extractants, load_extractant
from hydromet.errors import ExtractionError
from hydromet.species import species
from hydromet.stream import Stream, add_flows
from hydromet.units.extract import Extract
from hydromet.units.heat import taken
from hydromet.units.organic_tank import OrganicTank
from hydromet.units.regenerate import Regenerate
from hydromet.units.saponify import Saponify
from hydromet.units.scrub import Scrub
from hydromet.units.strip import Strip

if TYPE_CHECKING:
    from hydromet.units.base import Unit, UnitResult

CHEMISTRY = Chemistry.load()


def one(flows: dict[str, float]) -> Stream:
    stream = Stream(flows)
    return stream.scaled(1.0 / stream.mass())


def liquor(flows: dict[str, float], acid: float = 1e-3) -> Stream:
    """A sulfate liquor of about a litre, mol/s."""
    charge = acid + sum(species(name).charge * flow for name, flow in flows.items())
    return Stream({**flows, "H+": acid, "SO4-2": 0.5 * charge, "H2O": 52.0})


def fresh(key: str, extractant: float = 0.8, **salts: float) -> Stream:
    """Organic with alkali or metal salts, mol/s of each: ``Co=0.1``."""
    known = load_extractant(key)
    ions = {ion.rstrip("0123456789").rstrip("+"): metal for ion, metal in known.metals.items()}
    bound = sum(ions[name].charge * amount for name, amount in salts.items())
    there = {ions[name].organic: amount for name, amount in salts.items()}
    return Stream({known.acid: extractant - bound, "Diluent(org)": 3.4, **there})


BASES = {
    "Na": one({"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}),
    "Li": one({"Li+": 4.0, "OH-": 4.0, "H2O": 50.0}),
    "NH4": one({"NH4+": 8.0, "OH-": 8.0, "H2O": 40.0}),
}
ACID, WATER = one({"H2SO4(l)": 9.99, "H2O": 1.11}), one({"H2O": 55.5})
BATTERY = liquor({"Ni+2": 0.43, "Co+2": 0.136, "Li+": 0.72, "Na+": 0.4})


def solve(unit: Unit, **inlets: Stream) -> UnitResult:
    """The unit solved, every element conserved."""
    result = unit.solve(inlets, CHEMISTRY)
    before = Stream(add_flows(taken(inlets, result.drawn).values())).elements()
    after = Stream(add_flows(result.outlets.values())).elements()
    for element, amount in before.items():
        assert after.get(element, 0.0) == pytest.approx(amount, rel=1e-11, abs=1e-15), element
    assert set(result.outlets) == {port.name for port in unit.outlet_ports()}
    return result


def codes(result: UnitResult) -> set[str]:
    return {notice.code for notice in result.notices}


# --- counter-ions


@pytest.mark.parametrize("alkali", ["Na", "Li", "NH4"])
def test_soap_exchanges_its_alkali_for_the_metal(alkali: str) -> None:
    """Organic pre-saponified with NaOH, LiOH or NH3: the alkali it gives is what it takes in metals and protons."""
    ion = f"{alkali}+"
    soap = solve(Saponify(extractant="cyanex272", fraction=0.4), organic=fresh("cyanex272"), base=BASES[alkali])
    organic = soap.outlets["organic"]
    feed = liquor({"Co+2": 0.15, "Ni+2": 0.3})
    unit = Extract(extractant="cyanex272", stages=4, aqueous_entrainment=0.0, organic_entrainment=0.0)
    result = solve(unit, aqueous=feed, organic=organic)
    raffinate = result.outlets["raffinate"]
    given = raffinate[ion]
    assert given == pytest.approx(0.32, rel=0.06)
    taken_up = sum(2.0 * (feed[m] - raffinate[m]) for m in ("Co+2", "Ni+2"))
    protons = raffinate["H+"] - raffinate["OH-"] - feed["H+"]
    assert taken_up == pytest.approx(given + protons, rel=1e-9)
    assert result.values["extracted_Co"] > 0.97


def test_nickel_soap_exchanges_for_cobalt() -> None:
    """Preloaded nickel: no alkali at all, cobalt pushes nickel into the raffinate, mole for mole."""
    feed = liquor({"Co+2": 0.12, "Ni+2": 0.4})
    result = solve(Extract(extractant="cyanex272", stages=5), aqueous=feed, organic=fresh("cyanex272", Ni=0.13))
    raffinate, loaded = result.outlets["raffinate"], result.outlets["organic"]
    assert result.values["extracted_Co"] > 0.99
    assert raffinate["Ni+2"] > feed["Ni+2"] + 0.1
    assert loaded["Ni(Cyanex272)2(org)"] < 0.03
    assert raffinate["Na+"] == 0.0


def test_cobalt_soap_exchanges_for_manganese() -> None:
    feed = liquor({"Mn+2": 0.1, "Co+2": 0.2})
    result = solve(Extract(extractant="d2ehpa", stages=5), aqueous=feed, organic=fresh("d2ehpa", Co=0.12))
    assert result.values["extracted_Mn"] > 0.97
    assert result.outlets["raffinate"]["Co+2"] > 0.28


@pytest.mark.parametrize("key", extractants())
def test_every_metal_of_the_list_is_known_to_every_extractant(key: str) -> None:
    wanted = ["Mn+2", "Co+2", "Ni+2", "Li+", "Na+", "Ca+2", "Mg+2", "Cu+2", "Zn+2", "Fe+3", "Al+3", "NH4+"]
    known = load_extractant(key)
    assert set(wanted) == set(known.metals)
    feed = liquor(dict.fromkeys(wanted, 0.02), 0.02)
    result = solve(Extract(extractant=key, stages=2, raffinate_pH=4.0), aqueous=feed, organic=fresh(key),
                   base=BASES["Na"])  # fmt: skip
    assert "W605" not in codes(result)
    assert "degC" in known.conditions
    assert "modifier" in known.conditions


# --- selectivity


def test_cyanex_takes_magnesium_and_calcium_before_nickel() -> None:
    feed = liquor({"Co+2": 0.1, "Ni+2": 0.4, "Mg+2": 0.02, "Ca+2": 0.005})
    unit = Extract(extractant="cyanex272", stages=5, raffinate_pH=5.4)
    values = solve(unit, aqueous=feed, organic=fresh("cyanex272"), base=BASES["Na"]).values
    assert values["extracted_Co"] > values["extracted_Mg"] > values["extracted_Ca"] > values["extracted_Ni"]
    assert values["extracted_Mg"] > 10.0 * values["extracted_Ni"]


def versatic(pH: float, extractant: float = 1.4) -> UnitResult:
    feed = liquor({"Ni+2": 0.3, "Mg+2": 0.02, "Ca+2": 0.005, "Li+": 0.5})
    unit = Extract(extractant="versatic10", stages=4, raffinate_pH=pH)
    return solve(unit, aqueous=feed, organic=fresh("versatic10", extractant), base=BASES["Na"])


def test_versatic_rejects_magnesium_and_calcium() -> None:
    values = versatic(6.8).values
    assert values["extracted_Ni"] > 0.85
    assert values["extracted_Mg"] < 0.05
    assert values["extracted_Ca"] < 0.1


def test_versatic_dissolves_the_more_the_higher_the_pH() -> None:
    lost = [versatic(pH).values["extractant_loss_kg_h"] for pH in (5.5, 6.5, 7.0, 7.5)]
    assert lost == sorted(lost)
    assert lost[-1] > 3.0 * lost[0]
    # kg/h at about a litre a second of raffinate: 0.3 to 2 g/L.
    assert 0.8 < lost[0] < lost[-1] < 8.0


def test_versatic_works_near_nickel_hydroxide() -> None:
    told = {
        pH: [n.text for n in versatic(pH, 0.4).notices if n.code == "W604" and "Ni(OH)2" in n.text] for pH in (6.3, 8.0)
    }
    assert not told[6.3]
    assert "stage" in told[8.0][0]


# --- side feeds, crud, ageing


def test_feeds_enter_any_stage() -> None:
    sides = {"first": liquor({"Co+2": 0.02}), "second": liquor({"Ni+2": 0.02}), "more": fresh("cyanex272", 0.1)}
    unit = Extract(extractant="cyanex272", stages=6, sides={"first": 2, "second": 5, "more": 3})
    soap = fresh("cyanex272", Na=0.3)
    result = solve(unit, aqueous=BATTERY, organic=soap, **sides)
    volumes = [row["O_A"] for row in result.stages]
    # Liquor joins in stages 2 and 5, organic in stage 3.
    assert volumes[1] == pytest.approx(volumes[0] / 2.0, rel=0.05)
    assert volumes[4] == pytest.approx(volumes[3] * 2.0 / 3.0, rel=0.05)
    main, more = (CHEMISTRY.volume(stream, "org") for stream in (soap, sides["more"]))
    assert volumes[2] == pytest.approx(volumes[3] * (main + more) / main, rel=1e-3)
    assert result.values["extracted_Co"] > 0.9
    alone = Extract(extractant="cyanex272", stages=6, side_stage=2)
    same = alone.solve({"aqueous": BATTERY, "organic": soap, "side": sides["first"]}, CHEMISTRY)
    named = Extract(extractant="cyanex272", stages=6, sides={"first": 2})
    again = named.solve({"aqueous": BATTERY, "organic": soap, "first": sides["first"]}, CHEMISTRY)
    assert again.outlets["raffinate"].flows == same.outlets["raffinate"].flows


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        (Extract, {"sides": {"wash": 4}}, "E606"),
        (Extract, {"sides": {"aqueous": 2}}, "E612"),
        (Scrub, {"sides": {"water": 2}}, "E612"),
        (Strip, {"acid_ratio": 1.1, "sides": {"two words": 2}}, "E612"),
    ],
)
def test_a_side_feed_that_cannot_be_is_named(kind: Any, more: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        kind(extractant="cyanex272", stages=3, **more)
    assert code in str(caught.value)


def test_gypsum_and_crud_leave_by_their_port() -> None:
    feed = liquor({"Ni+2": 0.4, "Co+2": 0.1, "Ca+2": 0.03})
    dusty = Stream({**feed.flows, "SiO2(s)": 1e-4})
    unit = Extract(extractant="cyanex272", stages=3, crud=1e-4, crud_solids=("CaSO4:2H2O(s)",))
    soap = fresh("cyanex272", Na=0.2)
    result = solve(unit, aqueous=dusty, organic=soap)
    crud, raffinate = result.outlets["crud"], result.outlets["raffinate"]
    assert crud["CaSO4:2H2O(s)"] > 1e-3
    assert crud["SiO2(s)"] == 1e-4
    assert raffinate["SiO2(s)"] == 0.0
    assert CHEMISTRY.liquor(raffinate).saturation_index("CaSO4:2H2O(s)") == pytest.approx(0.0, abs=1e-6)
    share = crud.elements()["Cyanex272"] / soap.elements()["Cyanex272"]
    assert share == pytest.approx(1e-4, rel=1e-2)
    assert [split.outlet for split in result.fixed_splits] == ["crud"]
    typical = solve(Extract(extractant="cyanex272", stages=3, crud="typical"), aqueous=feed, organic=soap)
    assert "data/extractants/cyanex272.yaml" in typical.fixed_splits[0].source
    strip = Strip(extractant="cyanex272", stages=2, acid_ratio=1.1, O_A=6.0, crud_solids=("CaSO4:2H2O(s)",))
    gypsum = solve(strip, organic=fresh("cyanex272", Co=0.1, Ca=0.05), acid=ACID, water=WATER)
    assert gypsum.outlets["crud"]["CaSO4:2H2O(s)"] > 0.0


def test_cobalt_oxidises_on_an_oxime_and_stays_until_regeneration() -> None:
    oxygen = one({"O2(g)": 31.3})
    feed = liquor({"Ni+2": 0.1, "Co+2": 0.02})
    unit = Extract(extractant="lix84", stages=3, raffinate_pH=6.5, cobalt_oxidation="typical")
    result = solve(unit, aqueous=feed, organic=fresh("lix84"), base=BASES["NH4"], oxygen=oxygen)
    loaded = result.outlets["organic"]
    held = loaded["Co(LIX84)3(org)"]
    assert held > 5.0 * loaded["Co(LIX84)2(org)"]
    assert result.drawn["oxygen"] * oxygen["O2(g)"] == pytest.approx(0.25 * held)
    assert result.values["held_by_Co_III"] == pytest.approx(3.0 * held / 0.8, rel=1e-3)
    assert "W614" in codes(result)
    strip = Strip(extractant="lix84", stages=3, acid_ratio=1.1, O_A=2.0)
    stripped = solve(strip, organic=loaded, acid=ACID, water=WATER).outlets["organic"]
    assert stripped["Co(LIX84)3(org)"] == pytest.approx(held, rel=1e-3)
    assert stripped["Ni(LIX84)2(org)"] < 0.01 * loaded["Ni(LIX84)2(org)"]
    regenerate = Regenerate(extractant="lix84", O_A=2.0, cobalt_iii=0.8)
    clean = solve(regenerate, organic=stripped, acid=one({"H+": 5.5, "Cl-": 5.5, "H2O": 44.0}))
    assert clean.outlets["organic"]["Co(LIX84)3(org)"] == pytest.approx(0.2 * stripped["Co(LIX84)3(org)"], rel=1e-9)
    with pytest.raises(ExtractionError) as caught:
        unit.solve({"aqueous": feed, "organic": fresh("lix84"), "base": BASES["NH4"], "oxygen": WATER}, CHEMISTRY)
    assert caught.value.code == "E614"


def test_aged_organic_is_made_up() -> None:
    tank = OrganicTank(extractant="d2ehpa", flow=1e-3, molarity=600.0, degradation=1e-6, circulation_time=3600.0)
    pure, diluent = one({"H(D2EHPA)(org)": 3.0, "Diluent(org)": 0.2}), one({"Diluent(org)": 5.9})
    full = OrganicTank(extractant="d2ehpa", flow=1e-3, molarity=600.0).solve(
        {"organic": Stream(), "extractant": pure, "diluent": diluent}, CHEMISTRY
    )
    result = solve(tank, organic=full.outlets["organic"], extractant=pure, diluent=diluent)
    aged = result.outlets["degraded"]
    assert aged.elements()["D2EHPA"] == pytest.approx(0.6 * 0.0035935, rel=1e-3)
    assert result.values["makeup_extractant_kg_h"] > 0.0
    assert result.outlets["organic"].elements()["D2EHPA"] == pytest.approx(0.6, rel=1e-12)
    assert {split.species for split in result.fixed_splits} == {"extractant", "diluent"}
    assert OrganicTank(extractant="d2ehpa", flow=1e-3, molarity=600.0, degradation="typical").outlet_ports()[
        -1
    ].name == ("degraded")


def test_another_extractant_is_idle_and_counted() -> None:
    mixed = Stream({**fresh("cyanex272", Na=0.2).flows, "H(D2EHPA)(org)": 0.05, "Mn(D2EHPA)2(org)": 1e-3})
    result = solve(Extract(extractant="cyanex272", stages=3), aqueous=BATTERY, organic=mixed)
    assert "W611" in codes(result)
    expected = 0.052 / CHEMISTRY.volume(result.outlets["organic"], "org") * 1e-3
    assert result.values["inert_D2EHPA_mol_L"] == pytest.approx(expected, rel=1e-3)
    assert result.outlets["organic"]["Mn(D2EHPA)2(org)"] == pytest.approx(1e-3, rel=1e-3)
    assert "W611" not in codes(
        solve(Extract(extractant="cyanex272", stages=3), aqueous=BATTERY, organic=fresh("cyanex272"))
    )


# --- capacity


def test_ammonia_saponifies_dissolved_or_dissociated() -> None:
    made = [
        solve(Saponify(extractant="d2ehpa", fraction=0.4), organic=fresh("d2ehpa"), base=one(base))
        for base in ({"NH3": 8.0, "H2O": 48.0}, {"NH4+": 8.0, "OH-": 8.0, "H2O": 40.0})
    ]
    assert made[0].outlets["organic"].flows == pytest.approx(made[1].outlets["organic"].flows, rel=1e-12)
    assert made[0].outlets["organic"]["NH4(D2EHPA)(org)"] == pytest.approx(0.32, rel=1e-12)


def test_base_beyond_the_capacity_is_refused() -> None:
    unit = Extract(extractant="cyanex272", stages=3)
    base = BASES["Na"].scaled(0.9 / BASES["Na"]["OH-"])
    with pytest.raises(ExtractionError) as caught:
        unit.solve({"aqueous": BATTERY, "organic": fresh("cyanex272", Co=0.1), "base": base}, CHEMISTRY)
    assert caught.value.code == "E603"
    assert "stage 3: loading 25.0% and base for 112.4% more" in caught.value.read
    assert "75.0% is free" in caught.value.expected


def test_a_full_organic_stays_at_its_capacity() -> None:
    """Preloaded to the last molecule, held where nothing more can load: the loading ends at 100 %."""
    for organic in (fresh("cyanex272", Co=0.4), fresh("cyanex272", Na=0.4, Co=0.2), fresh("cyanex272", 0.1)):
        result = solve(
            Extract(extractant="cyanex272", stages=4, raffinate_pH=7.0),
            aqueous=liquor({"Co+2": 0.5, "Ni+2": 0.5}), organic=organic, base=BASES["Na"],
        )  # fmt: skip
        assert all(row["loading"] <= 1.0 + 1e-12 for row in result.stages)
        assert {"W602", "W612"} <= codes(result)


@pytest.mark.parametrize("alkali", sorted(BASES))
def test_a_pH_that_takes_more_base_than_the_organic_is_refused(alkali: str) -> None:
    unit = Extract(extractant="cyanex272", stages=4, stage_pH={2: 6.0, 4: 8.5})
    inlets = {"aqueous": BATTERY, "organic": fresh("cyanex272", 0.05), "base": BASES[alkali]}
    with pytest.raises(ExtractionError) as caught:
        unit.solve(inlets, CHEMISTRY)
    assert caught.value.code == "E603"
    assert "stage 4: loading 100.0" in caught.value.read
    assert "pH 8.5 in stage 4" in caught.value.read
    assert "its capacity, 100 %" in caught.value.expected


def test_no_organic_is_told() -> None:
    result = solve(Extract(extractant="cyanex272", stages=4), aqueous=BATTERY, organic=Stream({}))
    assert "W610" in codes(result)


def test_third_phase_by_alkali_is_named() -> None:
    soap = fresh("d2ehpa", Na=0.6)
    result = solve(Extract(extractant="d2ehpa", stages=1), aqueous=liquor({"Na+": 1.0}, 1e-6), organic=soap)
    told = next(notice.text for notice in result.notices if notice.code == "W612")
    assert "alkali salts" in told
    assert "recalled" in told


def test_a_base_too_weak_for_the_pH_is_named() -> None:
    unit = Extract(extractant="d2ehpa", stages=3, raffinate_pH=12.5)
    with pytest.raises(ExtractionError) as caught:
        unit.solve({"aqueous": BATTERY, "organic": fresh("d2ehpa"), "base": BASES["NH4"]}, CHEMISTRY)
    assert caught.value.code == "E613"
    assert "stage 3" in caught.value.read


def test_strip_liquor_of_a_metal_that_is_not_there() -> None:
    """Water is drawn so that the acid stays an acid one can pump; the concentration is not met, and that is said."""
    unit = Strip(extractant="cyanex272", stages=2, acid_ratio=1.1, metal="Co+2", concentration=90.0)
    result = solve(unit, organic=fresh("cyanex272", Ni=0.1), acid=ACID, water=WATER)
    assert "W613" in codes(result)
    liquor_out = result.outlets["strip_liquor"]
    strength = liquor_out["SO4-2"] * 0.098079 / CHEMISTRY.volume(liquor_out, "aq")
    assert 300.0 < strength < 500.0


def test_no_acid_is_no_strip() -> None:
    unit = Strip(extractant="cyanex272", stages=2, acid_ratio=1.1, O_A=8.0)
    with pytest.raises(ExtractionError) as caught:
        unit.solve({"organic": fresh("cyanex272", Co=0.1), "acid": Stream(), "water": WATER}, CHEMISTRY)
    assert caught.value.code == "E611"


# --- several set points


@pytest.mark.parametrize(
    "points", [{2: 5.0, 4: 7.0}, {1: 7.5, 2: 3.8}, {1: 5.14, 2: 6.56, 4: 7.95}, {4: 6.27, 6: 6.76}]
)
@pytest.mark.parametrize("alkali", sorted(BASES))
def test_set_points_are_held_or_exceeded(points: dict[int, float], alkali: str) -> None:
    """Base for one stage may bring another above its pH: that one gets none, and it is told."""
    unit = Extract(extractant="pc88a", stages=6, stage_pH=points)
    result = solve(unit, aqueous=BATTERY, organic=fresh("pc88a"), base=BASES[alkali])
    told = [notice.text for notice in result.notices if notice.code == "W606"]
    for stage, pH in points.items():
        found = result.stages[stage - 1]["pH"]
        if any(text.startswith(f"stage {stage}:") for text in told):
            assert found > pH
        else:
            assert found == pytest.approx(pH, abs=1e-7)
    assert len(told) < len(points)
