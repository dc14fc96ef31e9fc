"""Assays and their reconciliation: closure, moisture, the fluorine limit, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydromet.datafiles import find, names
from hydromet.errors import FlowsheetError, UserError, UserErrors
from hydromet.flowsheet.assay import Assay, AssayReport, assay_of, load_assay
from hydromet.flowsheet.reconcile import LIMIT, reconcile
from hydromet.source import load_text
from hydromet.species import atomic_mass, species

SHIPPED = names("flowsheets/feeds", ".yaml")

TEXT = """\
assay: 1
source: test
grade: measured
basis: dry
moisture: {value: 5 wt%, of: wet mass}
elements:
  Ni: {value: 19.30 wt%, sigma: 2 % of value}
  Co: {value: 6.43 wt%, sigma: 2 % of value}
  Mn: {value: 6.02 wt%, sigma: 2 % of value}
  Li: {value: 4.15 wt%, sigma: 2 % of value}
  C: {value: 44.0 wt%, sigma: 1.5 % of value}
  F: {value: 1.3 wt%, sigma: 6 % of value}
  O: {by_difference: true, sigma: 2 wt%}
chemistries: [NMC622, graphite, PVDF, LiF]
known:
  PVDF: {value: 2 wt%, sigma: 0.3 wt%}
"""


def shipped(name: str) -> Assay:
    return load_assay(find(f"flowsheets/feeds/{name}.yaml"))


def read(text: str) -> AssayReport:
    document = load_text(text, "feeds/mine.yaml")
    return reconcile(assay_of(document), document)


def refused(text: str) -> list[UserError]:
    with pytest.raises((UserError, UserErrors)) as caught:
        read(text)
    error = caught.value
    return list(error.errors) if isinstance(error, UserErrors) else [error]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_feeds_reconcile_and_close(name: str) -> None:
    report = reconcile(shipped(name))
    assert sum(report.phases.values()) == pytest.approx(1.0, abs=1e-14)
    assert all(abs(item.deviations) <= LIMIT for item in report.adjustments)
    assert all(share > 0.0 for share in report.phases.values())
    total = sum(report.element(symbol) for symbol in {e for s in report.phases for e in species(s).elements})
    assert total == pytest.approx(1.0, abs=1e-12)
    minors = {"Mg", "Ca", "Zn", "Na", "K", "Si", "Cl", "S", "Pb", "Cr", "Zr", "W", "Ti"}
    if name == "nmc811_electrode_scrap":  # never collected: no casings, no solder, no dust of a shredder
        minors -= {"Zn", "K", "Cl", "Pb", "Cr", "W", "Ti"}
    assert all(report.element(symbol) > 0.0 for symbol in minors)


def test_reference_feed_is_the_recalled_midpoint_renormalised() -> None:
    """The published midpoint sums to 0.959 without moisture and binder; minors and binder hydrogen make up one."""
    recalled = {
        "Ni": 0.186, "Co": 0.062, "Mn": 0.058, "Li": 0.04, "Al": 0.02, "Cu": 0.02, "Fe": 0.003, "C": 0.36, "F": 0.025,
        "P": 0.005,
    }  # fmt: skip
    elements = shipped("nmc622_shredded").elements
    minor = sum(item.value or 0.0 for symbol, item in elements.items() if symbol not in recalled)
    hydrogen = 0.02 * 2 * atomic_mass("H") / species("PVDF(s)").molar_mass
    factor = (1.0 - minor - hydrogen) / 0.959
    for symbol, value in recalled.items():
        assert elements[symbol].value == pytest.approx(value * factor, abs=6e-5), symbol


def test_nmc622_feed_is_what_its_stoichiometry_says() -> None:
    report = reconcile(shipped("nmc622_shredded"))
    # Ni 19.3 % over 36.33 % in the oxide: 53 % cathode; the rest of the carbon is graphite.
    assert report.phases["LiNi0.6Mn0.2Co0.2O2(s)"] == pytest.approx(0.193 / 0.3633, rel=0.01)
    assert report.phases["C(s)"] == pytest.approx(0.3736 - 0.02 * 24.02 / 64.03, rel=0.01)


@pytest.mark.parametrize("name", ["nmc622_shredded", "nmc811_shredded", "nmc_mixed"])
def test_phosphorus_beyond_the_fluorine_limit_is_phosphate(name: str) -> None:
    assay = shipped(name)
    report = reconcile(assay)
    phosphorus, fluorine = ((assay.elements[s].value or 0.0) / atomic_mass(s) for s in ("P", "F"))
    binder = 2.0 * report.shares["PVDF"][0] / species("PVDF(s)").molar_mass
    limit = (fluorine - binder) / 6.0
    salt = report.phases["LiPO2F2(s)"] / species("LiPO2F2(s)").molar_mass
    phosphate = report.phases["AlPO4(s)"] / species("AlPO4(s)").molar_mass
    assert limit < phosphorus
    assert salt / (salt + phosphate) == pytest.approx(limit / phosphorus, rel=1e-9)
    # All fluorine stays with the salt: four LiF beside each LiPO2F2.
    assert report.phases["LiF(s)"] / species("LiF(s)").molar_mass == pytest.approx(4.0 * salt, rel=1e-9)


def test_fluorine_in_excess_leaves_no_phosphate_and_free_fluoride() -> None:
    text = TEXT.replace("  O:", "  P: {value: 0.05 wt%, sigma: 5 % of value}\n  O:")
    report = read(text.replace("LiF]", "LiF, LiPF6_hydrolysed, Li3PO4]"))
    assert "Li3PO4(s)" not in report.phases
    salt = report.phases["LiPO2F2(s)"] / species("LiPO2F2(s)").molar_mass
    assert report.phases["LiF(s)"] / species("LiF(s)").molar_mass > 4.0 * salt
    assert report.element("P") == pytest.approx(0.0005, rel=0.1)


def test_fluorine_below_the_binder_puts_all_phosphorus_into_phosphate() -> None:
    text = TEXT.replace("F: {value: 1.3 wt%", "F: {value: 1.1 wt%")
    text = text.replace("  O:", "  P: {value: 0.1 wt%, sigma: 5 % of value}\n  O:")
    report = read(text.replace("LiF]", "LiPF6_hydrolysed, Li3PO4]").replace("2 wt%, sigma: 0.3", "2.5 wt%, sigma: 0.3"))
    assert "LiPO2F2(s)" not in report.phases
    assert report.element("P") == pytest.approx(0.001, rel=0.1)


def test_moisture_is_on_top() -> None:
    report = read(TEXT)
    assert report.moisture == pytest.approx(0.05 / 0.95)
    assert sum(report.phases.values()) == pytest.approx(1.0, abs=1e-14)
    dry = read(TEXT.replace("of: wet mass", "of: dry mass"))
    assert dry.moisture == pytest.approx(0.05)
    assert dry.phases == report.phases


def test_an_assay_as_received_is_brought_to_the_dry_basis() -> None:
    lines = []
    for line in TEXT.splitlines():
        if "sigma: 2 % of" in line or "1.5 %" in line or "6 %" in line:
            value = float(line.split("value: ")[1].split(" ")[0])
            line = line.replace(f"value: {line.split('value: ')[1].split(' ')[0]}", f"value: {value * 0.95!r}")
        lines.append(line.replace("basis: dry", "basis: as received"))
    wet, dry = read("\n".join(lines)), read(TEXT)
    assert wet.phases == pytest.approx(dry.phases, rel=1e-9)


def test_oxygen_by_difference_is_what_the_rest_leaves() -> None:
    report = read(TEXT)
    oxygen = next(item for item in report.adjustments if item.name == "O")
    measured = sum(item.measured for item in report.adjustments if item.basis == "measured")
    assert oxygen.basis == "by difference"
    assert oxygen.measured == pytest.approx(1.0 - measured - report.element("H"))
    assert oxygen.sigma == pytest.approx(0.02)


def test_measured_oxygen_takes_part() -> None:
    free = read(TEXT)
    bound = read(TEXT.replace("{by_difference: true, sigma: 2 wt%}", "{value: 18.4 wt%, sigma: 0.1 wt%}"))
    assert bound.degrees == free.degrees + 1
    assert abs(bound.element("O") - 0.184) < abs(free.element("O") - 0.184) + 1e-12


def test_below_the_limit_is_half_of_it() -> None:
    report = read(TEXT.replace("  O:", "  Pb: {below: 20 mg/kg}\n  O:"))
    lead = next(item for item in report.adjustments if item.name == "Pb")
    assert (lead.measured, lead.sigma, lead.basis) == (pytest.approx(1e-5), pytest.approx(1e-5), "below limit")


def test_other_carrier_on_request() -> None:
    text = TEXT.replace("  O:", "  Cl: {value: 200 mg/kg, sigma: 20 % of value}\n  O:")
    assert "NaCl(s)" in read(text).phases
    assert "LiCl(s)" in read(text + "carriers: {Cl: LiCl(s)}\n").phases


def test_own_mixture_is_one_chemistry() -> None:
    text = TEXT.replace("[NMC622,", "[mine,") + "mixtures: {mine: {LiNi0.6Mn0.2Co0.2O2(s): 0.9, NiO(s): 0.01}}\n"
    report = read(text)
    ratio = report.phases["NiO(s)"] / report.phases["LiNi0.6Mn0.2Co0.2O2(s)"]
    assert ratio == pytest.approx(0.01 * 74.69 / (0.9 * 96.93), rel=1e-3)


def test_result_is_plain_data_with_every_source() -> None:
    report = reconcile(shipped("nmc622_shredded"))
    plain = report.to_dict()
    assert {row["name"] for row in plain["adjustments"]} >= {"Ni", "O", "Ti", "PVDF"}
    assert plain["adjustments"][0].keys() >= {"measured", "reconciled", "deviations", "sigma"}
    assert all(row["source"] and row["grade"] in ("measured", "estimated", "recalled") for row in report.sources)
    assert {row["parameter"] for row in report.sources} >= {"Ni in the dry feed", "chemistry NMC622"}


def test_beyond_three_sigma_is_refused_with_the_worst_elements_and_lines_that_work() -> None:
    text = TEXT.replace("Li: {value: 4.15 wt%", "Li: {value: 6.5 wt%")
    (error,) = refused(text)
    assert error.code == "E452"
    assert error.read.startswith("Li: 6.5 wt% measured")
    assert error.place is not None
    assert error.place.path == "elements.Li"
    assert str(error.place) == "feeds/mine.yaml:10:7"
    assert error.write
    mended = text
    for line in error.write.splitlines():
        symbol = line.split(":")[0]
        old = next(each for each in mended.splitlines() if each.startswith(f"  {symbol}:"))
        mended = mended.replace(old, f"  {line}")
    assert all(abs(item.deviations) <= LIMIT for item in read(mended).adjustments)


@pytest.mark.parametrize(
    ("old", "new", "code", "path"),
    [
        ("Ni: {value: 19.30 wt%, sigma: 2 % of value}", "Ni: {value: 19.30 wt%}", "E456", "elements.Ni"),
        ("sigma: 2 % of value}\n  Co", "sigma: 0 wt%}\n  Co", "E456", "elements.Ni.sigma"),
        ("Ni: {value: 19.30 wt%,", "Ni: {value: 19.30 wt%, below: 1 wt%,", "E456", "elements.Ni"),
        ("Ni: {value: 19.30 wt%,", "Ni: {value: 19.30 %,", "E207", "elements.Ni.value"),
        ("Ni: {value: 19.30 wt%,", "Ni: {value: 19.30,", "E207", "elements.Ni.value"),
        ("Ni: {value: 19.30 wt%,", "Ni: {value: 193 wt%,", "E116", "elements.Ni.value"),
        ("  Ni: {", "  Nix: {", "E302", ""),
        ("  C: {value: 44.0 wt%", "  C: {value: 84.0 wt%", "E450", "elements"),
        ("  O: {by_difference: true, sigma: 2 wt%}\n", "", "E456", ""),
        ("  F: {value: 1.3 wt%, sigma: 6 % of value}", "  F: {by_difference: true, sigma: 1 wt%}", "E456", ""),
        ("  O:", "  V: {value: 50 mg/kg, sigma: 20 % of value}\n  O:", "E453", "elements.V"),
        ("[NMC622, graphite", "[NCM622, graphite", "E455", "chemistries.0"),
        ("[NMC622, graphite", "[NMC111, NMC622, NMC811, graphite", "E454", "chemistries"),
        ("PVDF, LiF]", "LiF]", "E455", "known.PVDF"),
        ("basis: dry", "basis: damp", "E117", "basis"),
        ("basis: dry\n", "", "E114", "basis"),
        ("moisture: {value: 5 wt%, of: wet mass}", "moisture: {value: 100 wt%, of: wet mass}", "E458", "moisture"),
        ("moisture: {value: 5 wt%, of: wet mass}", "moisture: {value: 5 wt%}", "E114", "moisture.of"),
        ("moisture: {value: 5 wt%, of: wet mass}", "moisture: {value: 5 %, of: wet mass}", "E207", "moisture.value"),
        ("source: test", "sources: test", "E113", "sources"),
        ("assay: 1", "assay: 9", "E118", "assay"),
    ],
)
def test_broken_assays_are_told_with_place_and_a_line_that_works(old: str, new: str, code: str, path: str) -> None:
    assert old in TEXT
    errors = refused(TEXT.replace(old, new))
    assert [error.code for error in errors] == [code]
    assert errors[0].place is not None
    assert errors[0].place.file == "feeds/mine.yaml"
    assert errors[0].place.path == path
    assert errors[0].expected


def test_all_mistakes_of_an_assay_at_once() -> None:
    text = TEXT.replace("19.30 wt%", "19.30 %").replace("basis: dry", "basis: damp").replace("source:", "sources:")
    assert sorted(error.code for error in refused(text)) == ["E113", "E117", "E207"]


def test_two_phosphates_beside_the_salt_are_refused() -> None:
    text = TEXT.replace("  O:", "  P: {value: 0.3 wt%, sigma: 5 % of value}\n  O:")
    (error,) = refused(text.replace("LiF]", "LiPF6_hydrolysed, Li3PO4, AlPO4]"))
    assert (error.code, error.expected) == ("E454", "one phosphate")


def test_warnings_name_what_the_assay_does_not_decide() -> None:
    codes = {notice.code for notice in read(TEXT.replace("LiF]", "LiF, Li2CO3]")).notices}
    assert codes <= {"W450", "W451"}
    pyrolysed = reconcile(shipped("nmc622_pyrolysed")).notices
    assert [notice.code for notice in pyrolysed] == ["W451"]


_SHARES = {
    "NMC622": (0.3, 0.6),
    "graphite": (0.2, 0.4),
    "copper": (0.0, 0.05),
    "PVDF": (0.005, 0.03),
    "LiF": (0.0, 0.02),
}


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({name: st.floats(*bounds) for name, bounds in _SHARES.items()}), st.floats(0.0, 0.3))
def test_a_feed_made_up_of_phases_is_found_again(weights: dict[str, float], moisture: float) -> None:
    """The assay of a known mix gives the mix back, whatever the sigmas."""
    from hydromet.flowsheet.phases import constituent

    total = sum(weights.values())
    shares = {name: weight / total for name, weight in weights.items()}
    elements: dict[str, Any] = {
        symbol: {
            "value": sum(share * constituent(name).element(symbol) for name, share in shares.items()),
            "sigma": "1 wt%" if symbol == "C" else "0.1 wt%",
        }
        for symbol in ("Ni", "Co", "Mn", "Li", "Cu", "C", "F")
    }
    elements["O"] = {"by_difference": True, "sigma": "1 wt%"}
    assay = Assay.model_validate(
        {
            "basis": "dry",
            "moisture": {"value": moisture, "of": "dry mass"},
            "elements": elements,
            "chemistries": list(shares),
        }
    )
    report = reconcile(assay)
    assert report.moisture == pytest.approx(moisture)
    for name, share in shares.items():
        assert report.shares[name][0] == pytest.approx(share, abs=1e-9)
    assert report.chi_square == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-2.0, 2.0), min_size=6, max_size=6))
def test_noise_moves_the_feed_but_never_opens_it(noise: list[float]) -> None:
    """Reconciled or refused; never a negative phase, never a sum other than one."""
    assay = shipped("nmc622_shredded")
    elements = dict(assay.elements)
    for symbol, size in zip(("Ni", "Co", "Mn", "Li", "C", "F"), noise, strict=True):
        value, sigma = elements[symbol].numbers()
        elements[symbol] = elements[symbol].model_copy(update={"value": value + size * sigma})
    try:
        report = reconcile(assay.model_copy(update={"elements": elements}))
    except FlowsheetError as error:
        if error.code != "E452":
            raise
        return
    assert min(report.phases.values()) > 0.0
    assert sum(report.phases.values()) == pytest.approx(1.0, abs=1e-14)
    assert all(abs(item.deviations) <= LIMIT for item in report.adjustments)
