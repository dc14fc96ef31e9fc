"""The feed door: compositions, reagents, water, assays; electroneutral, summing, with sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydromet.datafiles import names, read_csv
from hydromet.errors import UserError, UserErrors
from hydromet.flowsheet.components import dissolved, in_basis
from hydromet.flowsheet.feeds import (
    AssayFeed,
    CompositionFeed,
    FeedStream,
    ReagentFeed,
    WaterFeed,
    feed_stream,
    read_feed,
)
from hydromet.flowsheet.recipe import load_reagent
from hydromet.source import load_text
from hydromet.species import pseudo_elements, species

REAGENTS = names("data/reagents", ".yaml")
HOUR = 3600.0


def door(text: str, folder: Path | None = None) -> FeedStream:
    document = load_text(f"feeds:\n  it:\n    {text}\n", "plant.yaml")
    return feed_stream(read_feed(document, ("feeds", "it")), folder=folder, document=document, path=("feeds", "it"))


def refused(text: str, folder: Path | None = None) -> UserError:
    with pytest.raises((UserError, UserErrors)) as caught:
        door(text, folder)
    error = caught.value
    return error.errors[0] if isinstance(error, UserErrors) else error


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("NaOH", {"Na+": 1, "OH-": 1}),
        ("NH3", {"NH4+": 1, "OH-": 1, "H2O": -1}),
        ("CO2", {"CO3-2": 1, "H+": 2, "H2O": -1}),
        ("HCO3-", {"CO3-2": 1, "H+": 1}),
        ("HSO4-", {"SO4-2": 1, "H+": 1}),
        ("HF", {"F-": 1, "H+": 1}),
        ("H3PO4", {"PO4-3": 1, "H+": 3}),
        ("Ca(HCO3)2", {"Ca+2": 1, "CO3-2": 2, "H+": 2}),
        ("FeSO4", {"Fe+2": 1, "SO4-2": 1}),
        ("Fe2(SO4)3", {"Fe+3": 2, "SO4-2": 3}),
        ("NiSO4:6H2O", {"Ni+2": 1, "SO4-2": 1, "H2O": 6}),
        ("Na2SiO3", {"Na+": 2, "H4SiO4": 1, "OH-": 2, "H2O": -3}),
        ("H2SO4(l)", {"H2SO4(l)": 1}),
        ("Ca(OH)2(s)", {"Ca(OH)2(s)": 1}),
        ("H(Versatic10)", {"H(Versatic10)": 1}),
        ("Fe+3", {"Fe+3": 1}),
        ("H2O2", {"H2O2": 1}),
    ],
)
def test_formulas_in_basis_species(formula: str, expected: dict[str, float]) -> None:
    found = in_basis(formula)
    assert found == pytest.approx(expected)
    elements: dict[str, float] = {}
    for name, count in found.items():
        for element, atoms in species(name).elements.items():
            elements[element] = elements.get(element, 0.0) + count * atoms
    assert {e: n for e, n in elements.items() if abs(n) > 1e-12} == pytest.approx(dict(species(formula).elements))
    assert sum(count * species(name).charge for name, count in found.items()) == species(formula).charge


@pytest.mark.parametrize("formula", ["SO2", "NaClO", "KMnO4", "Na2SO3", "TiOSO4"])
def test_oxidation_states_a_liquor_has_no_ion_for(formula: str) -> None:
    with pytest.raises(UserError, match="E462"):
        in_basis(formula)


def test_acid_and_base_neutralise() -> None:
    assert dissolved({"NaOH": 2.0, "HCl": 1.5}) == pytest.approx({"Na+": 2.0, "Cl-": 1.5, "OH-": 0.5, "H2O": 1.5})


@pytest.mark.parametrize("name", REAGENTS)
def test_every_reagent_is_complete(name: str) -> None:
    """One kg, electroneutral, every species with thermochemistry, every number with source and grade, two titles."""
    known = {row["id"] for file in names("data/species", ".csv") for row in read_csv(f"data/species/{file}.csv")}
    organic = {f"({group})" for group in pseudo_elements()}
    feed = feed_stream(ReagentFeed(reagent=name))
    assert feed.drawn
    assert feed.role == "reagent"
    assert feed.stream.mass() == pytest.approx(1.0, abs=1e-12)
    assert abs(feed.stream.charge()) < 1e-12
    assert sum(feed.contains.values()) == pytest.approx(1.0, abs=1e-12)
    for species_id in feed.stream.flows:
        assert species_id in known or any(group in species_id or "Diluent" in species_id for group in organic), (
            species_id
        )
    reagent, _ = load_reagent(name)
    assert isinstance(reagent.title, dict)
    assert reagent.title.keys() == {"en", "ja"}
    assert len(feed.sources) == len(reagent.components)
    assert all(row["source"] and row["grade"] for row in feed.sources)
    assert set(feed.files) == {f"data/reagents/{name}.yaml"}


def test_reagents_carry_what_their_labels_say() -> None:
    acid = feed_stream(ReagentFeed(reagent="sulfuric_acid_98")).stream
    assert acid["H2SO4(l)"] * species("H2SO4(l)").molar_mass == pytest.approx(0.98)
    assert acid["Fe+2"] * 0.055845 == pytest.approx(30e-6, rel=1e-4)
    caustic = feed_stream(ReagentFeed(reagent="sodium_hydroxide_50")).stream
    assert caustic["OH-"] > 0.0
    assert caustic["H+"] == 0.0
    assert caustic["Cl-"] > 0.0
    lime = feed_stream(ReagentFeed(reagent="hydrated_lime")).stream
    assert lime["Mg(OH)2(s)"] > 0.0
    water = feed_stream(WaterFeed(water="process")).stream
    assert 1e6 * water["Ca+2"] * 0.040078 == pytest.approx(60.0, rel=1e-3)


def test_assay_feed_is_dry_mass_with_moisture_on_top() -> None:
    feed = door("{assay: feeds/nmc622_shredded.yaml, rate: 1000 kg/h}")
    assert feed.role == "feed"
    assert not feed.drawn
    assert feed.report is not None
    assert feed.stream.part("s").mass() * HOUR == pytest.approx(1000.0)
    assert feed.stream["H2O"] * species("H2O").molar_mass * HOUR == pytest.approx(1000.0 * 0.02 / 0.98)
    assert feed.stream.temperature == 298.15
    assert feed.stream.elements()["Ni"] * 0.0586934 * HOUR == pytest.approx(
        1000.0 * feed.report.element("Ni"), rel=1e-5
    )
    wet = door("{assay: feeds/nmc622_shredded.yaml, rate: 1000 kg/h, rate_of: wet mass}")
    assert wet.stream.mass() * HOUR == pytest.approx(1000.0)
    assert [notice.code for notice in feed.notices] == ["W452"]
    assert feed.at_rate(2.0 * feed.rate).stream.mass() == pytest.approx(2.0 * feed.stream.mass())


def test_sizes_go_with_every_solid() -> None:
    sizes = door("{assay: feeds/nmc622_shredded.yaml, rate: 1 t/h}").stream.sizes
    assert [x for pair in sizes["C(s)"] for x in pair] == pytest.approx([1e-5, 0.4, 5e-5, 0.35, 2.5e-4, 0.25])
    assert "LiF(s)" in sizes


def test_a_feed_without_a_rate_is_a_template_of_one_kg() -> None:
    for text in ("{reagent: soda_ash}", "{water: demineralised}", "{assay: feeds/nmc622_shredded.yaml}"):
        feed = door(text)
        assert feed.drawn
        assert feed.stream.mass() == pytest.approx(1.0)


def test_files_beside_the_flowsheet_win(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    shipped = (Path(__file__).parents[2] / "flowsheets/feeds/nmc811_shredded.yaml").read_text(encoding="utf-8")
    (tmp_path / "feeds" / "nmc622_shredded.yaml").write_text(shipped, encoding="utf-8")
    mine = door("{assay: feeds/nmc622_shredded.yaml, rate: 1 kg/s}", tmp_path)
    assert mine.stream["LiNi0.8Mn0.1Co0.1O2(s)"] > 0.0
    line = "  - {species: NaOH, share: 30 wt%, source: label, grade: measured}\n"
    own = f"reagent: 1\ntitle: mine\ncomponents:\n{line}rest: H2O\n"
    (tmp_path / "caustic.yaml").write_text(own, encoding="utf-8")
    assert door("{reagent: caustic.yaml}", tmp_path).contains == pytest.approx({"NaOH": 0.3, "H2O": 0.7})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{composition: {NiSO4: 10 wt%, H2SO4: 5 g/kg}, basis: mass, rest: H2O, rate: 1 kg/s}", {"Ni+2": 0.646187}),
        ("{composition: {NiSO4: 1 mol/kg}, basis: molality, rate: 1.154754 kg/s}", {"Ni+2": 1.0, "H2O": 55.50844}),
        ("{composition: {N2(g): 79 mol%, O2(g): 21 mol%}, basis: mole, rate: 1 kg/s}", {"O2(g)": 0.21 / 0.0288505}),
        ("{composition: {Na+: 2 wt%, SO4-2: 1 wt%}, basis: mass, rest: H2O, charge_by: Cl-, rate: 1 kg/s}", {}),
    ],
)
def test_compositions(text: str, expected: dict[str, float]) -> None:
    stream = door(text).stream
    for name, flow in expected.items():
        assert stream[name] == pytest.approx(flow, rel=1e-4)
    assert abs(stream.charge()) < 1e-12
    assert stream.mass() == pytest.approx(1.154754 if "molality" in text else 1.0, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("{rate: 1 kg/h}", "E459", "none of assay"),
        ("{assay: feeds/nmc622_shredded.yaml, reagent: soda_ash}", "E459", "assay and reagent"),
        ("[soda_ash]", "E459", ""),
        ("{reagent: sulphuric_acid_98}", "E457", "sulphuric_acid_98"),
        ("{reagent: soda_ash, rate: 1000}", "E202", "without a unit"),
        ("{reagent: soda_ash, rate: 10 m3/h}", "E203", "volume flow"),
        ("{reagent: soda_ash, rat: 1 kg/h}", "E113", "rat"),
        ("{reagent: soda_ash, temperature: 60 C}", "E203", "coulomb"),
        ("{reagent: soda_ash, rate: -1 kg/h}", "E116", ""),
        ("{water: tap}", "E117", "tap"),
        ("{assay: feeds/nothing.yaml, rate: 1 kg/h}", "E101", "no such file"),
        ("{composition: {Ni+2: 5 wt%, SO4-2: 1 wt%}, basis: mass, rest: H2O}", "E451", "1.496 eq/kg of positive"),
        ("{composition: {Cl-: 1 wt%}, basis: mass, rest: H2O}", "E451", "negative charge"),
        ("{composition: {NaCl: 10 wt%}, basis: mass}", "E450", "sum to 10 %"),
        ("{composition: {NaCl: 60 wt%, KCl: 60 wt%}, basis: mass, rest: H2O}", "E450", "120 %"),
        ("{composition: {NaCl: -1 wt%}, basis: mass, rest: H2O}", "E450", "-1 wt%"),
        ("{composition: {NaCl: 10 %}, basis: mass, rest: H2O}", "E207", "nobody knows what"),
        ("{composition: {NaCl: 10 vol%}, basis: mass, rest: H2O}", "E208", "volume fraction"),
        ("{composition: {NaCl: 10 wt%}, rest: H2O}", "E114", "basis"),
        ("{composition: {NaCl: 10 g/L}, basis: volume}", "E460", "volume"),
        ("{composition: {NaClO: 10 wt%}, basis: mass, rest: H2O}", "E462", "NaClO"),
        ("{composition: {Xx: 10 wt%}, basis: mass, rest: H2O}", "E302", "Xx"),
    ],
)
def test_broken_feeds_are_told_with_their_place(text: str, code: str, words: str) -> None:
    error = refused(text)
    assert error.code == code
    assert words in error.read
    assert str(error.place).startswith("plant.yaml:")


def test_reagents_that_do_not_sum(tmp_path: Path) -> None:
    lines = "".join(f"  - {{species: {s}, share: 70 wt%, source: label, grade: measured}}\n" for s in ("NaOH", "NaCl"))
    text = f"reagent: 1\ntitle: too much\ncomponents:\n{lines}rest: H2O\n"
    (tmp_path / "much.yaml").write_text(text, encoding="utf-8")
    error = refused("{reagent: much.yaml}", tmp_path)
    assert error.code == "E450"
    assert error.place is not None
    assert error.place.file == "much.yaml"


def test_the_same_feed_twice_is_equal() -> None:
    text = "{assay: feeds/nmc622_shredded.yaml, rate: 1000 kg/h}"
    assert door(text).stream == door(text).stream


def test_specs_can_be_built_in_python() -> None:
    assert feed_stream(AssayFeed(assay="feeds/nmc622_shredded.yaml", rate=1.0)).stream.part(
        "s"
    ).mass() == pytest.approx(1.0)
    made = feed_stream(CompositionFeed(composition={"NaCl": "10 wt%"}, basis="mass", rest="H2O", rate=2.0))
    assert made.stream["Na+"] == pytest.approx(0.2 / 0.058443, rel=1e-4)


_SALTS = ("NiSO4", "H2SO4", "NaOH", "Li2SO4", "CaCl2", "NH4F", "MgSO4:7H2O", "Na3PO4", "K2CO3")


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(_SALTS), st.floats(1e-4, 0.1), min_size=1), st.floats(1e-3, 1e3))
def test_salts_in_water_are_neutral_and_weigh_what_they_should(shares: dict[str, float], rate: float) -> None:
    written = {formula: f"{100 * share!r} wt%" for formula, share in shares.items()}
    stream = feed_stream(CompositionFeed(composition=written, basis="mass", rest="H2O", rate=rate)).stream
    assert stream.mass() == pytest.approx(rate, rel=1e-12)
    assert abs(stream.charge()) <= 1e-9 * sum(stream.flows.values())
    assert stream["H+"] == 0.0 or stream["OH-"] == 0.0
    for formula, share in shares.items():
        for element in set(species(formula).elements) - {"H", "O", "S", "Na"}:
            wanted = rate * share / species(formula).molar_mass * species(formula).elements[element]
            assert stream.elements()[element] >= wanted * (1.0 - 1e-9)


def test_liquor_in_grams_per_litre_takes_its_water_from_the_density() -> None:
    from hydromet.chemistry import Chemistry

    chemistry = Chemistry.load()
    spec = CompositionFeed(composition={"NiSO4": "120 g/L", "H2SO4": "0.1 mol/L"}, basis="volume", rate=1.0)
    stream = feed_stream(spec, chemistry).stream
    volume = chemistry.volume(stream)
    assert stream["Ni+2"] * species("NiSO4").molar_mass / volume == pytest.approx(120.0, rel=1e-9)
    assert stream["H+"] / volume == pytest.approx(200.0, rel=1e-9)
    assert stream.mass() == pytest.approx(1.0)


def test_waters_and_peroxide_have_the_ph_they_should() -> None:
    from hydromet.chemistry import Chemistry

    chemistry = Chemistry.load()
    assert 7.0 < chemistry.liquor(feed_stream(WaterFeed(water="process")).stream).pH < 8.6
    assert 6.5 < chemistry.liquor(feed_stream(WaterFeed(water="demineralised")).stream).pH < 7.5
    assert chemistry.liquor(feed_stream(ReagentFeed(reagent="hydrogen_peroxide_50")).stream).pH < 7.0
