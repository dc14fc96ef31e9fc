"""The phase library and the least squares on the simplex."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from hydromet.datafiles import names, read_csv, read_text
from hydromet.errors import FlowsheetError
from hydromet.flowsheet.phases import (
    carrier,
    constituent,
    content,
    fit_shares,
    library,
    mixture,
    non_negative_least_squares,
    not_told_apart,
)
from hydromet.species import species

_REAL = st.floats(-1.0, 1.0, allow_nan=False).map(lambda x: round(x, 6))


@pytest.mark.parametrize("name", sorted(library().chemistries))
def test_every_chemistry_has_thermochemistry_and_sums_to_one(name: str) -> None:
    known = {row["id"] for file in ("battery", "solids") for row in read_csv(f"data/species/{file}.csv")}
    made = constituent(name)
    assert sum(made.solids.values()) == pytest.approx(1.0, abs=1e-15)
    assert set(made.solids) <= known
    assert sum(made.element(symbol) for symbol in made.elements()) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("symbol", sorted(library().carriers))
def test_every_carrier_holds_its_element_and_is_known(symbol: str) -> None:
    known = {row["id"] for file in ("battery", "solids") for row in read_csv(f"data/species/{file}.csv")}
    made = carrier(symbol)
    assert made is not None
    assert made.element(symbol) > 0.0
    assert set(made.solids) <= known


def test_species_of_battery_csv_stand_in_no_other_file_of_solids() -> None:
    ours = [row["id"] for row in read_csv("data/species/battery.csv")]
    assert len(ours) == len(set(ours))
    assert not set(ours) & {row["id"] for row in read_csv("data/species/solids.csv")}
    assert all(species(name).id == name for name in ours)


def test_layered_oxides_are_the_mean_of_their_end_members() -> None:
    table = {row["id"]: row for row in read_csv("data/species/battery.csv")}
    ends = {"Ni": "LiNiO2(s)", "Mn": "LiMnO2(s)", "Co": "LiCoO2(s)", "Al": "LiAlO2(s)"}
    for name, row in table.items():
        if row["source"] != "hydromet_interpolated":
            continue
        parts = species(name).elements
        for column, digits in (("Hf_kJ_mol", 0.06), ("Cp_J_mol_K", 0.06)):
            mean = sum(parts.get(metal, 0.0) * float(table[end][column]) for metal, end in ends.items())
            assert float(row[column]) == pytest.approx(mean, abs=digits), name


def test_composition_of_nmc622() -> None:
    nmc = constituent("NMC622")
    assert nmc.element("Ni") == pytest.approx(0.3633, abs=1e-4)
    assert nmc.element("Li") == pytest.approx(0.0716, abs=1e-4)


def test_hydrolysis_product_keeps_six_fluorine_for_each_phosphorus() -> None:
    salt = constituent("LiPF6_hydrolysed")
    assert salt.element("F") / 18.998403 / (salt.element("P") / 30.973762) == pytest.approx(6.0, rel=1e-6)


def test_unknown_chemistry_offers_the_nearest() -> None:
    with pytest.raises(FlowsheetError) as caught:
        constituent("NCM622")
    assert caught.value.code == "E455"
    assert "NMC622" in caught.value.expected


@pytest.mark.parametrize("moles", [{"Ni+2": 1.0}, {"LiF(s)": 0.0}, {"LiF(s)": -1.0}])
def test_a_mixture_is_of_solids_in_positive_ratio(moles: dict[str, float]) -> None:
    with pytest.raises(FlowsheetError, match="E455"):
        mixture("mine", moles, "mixture")


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(1, 8), st.data())
def test_non_negative_least_squares_agrees_with_scipy(columns: int, rows: int, data: st.DataObject) -> None:
    numbers = st.lists(_REAL, min_size=rows, max_size=rows)
    matrix = np.array(data.draw(st.lists(numbers, min_size=columns, max_size=columns))).T
    target = np.array(data.draw(numbers))
    ours = non_negative_least_squares(matrix, target)
    _, residual = nnls(matrix, target)
    assert (ours >= 0.0).all()
    assert np.linalg.norm(matrix @ ours - target) == pytest.approx(residual, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3).filter(lambda w: sum(w) > 0.1))
def test_an_exact_assay_gives_the_shares_back(weights: list[float]) -> None:
    names = ("NMC622", "graphite", "copper")
    shares = np.array(weights) / sum(weights)
    matrix = np.array([[constituent(n).element(e) for n in names] for e in ("Ni", "C", "Cu", "Li")])
    found = fit_shares(matrix, matrix @ shares, np.full(4, 1e-3))
    assert found.fractions == pytest.approx(shares, abs=1e-9)
    assert found.fractions.sum() == pytest.approx(1.0, abs=1e-14)
    assert found.chi_square == pytest.approx(0.0, abs=1e-12)


def test_shares_minimise_the_weighted_residual_on_the_simplex() -> None:
    rng = np.random.default_rng(7)
    matrix, measured, sigma = rng.random((5, 3)), rng.random(5), rng.random(5) + 0.1
    found = fit_shares(matrix, measured, sigma)

    def residual(w: np.ndarray) -> float:
        return float(np.square((matrix @ w - measured) / sigma).sum())

    assert found.chi_square == pytest.approx(residual(found.fractions))
    for other in rng.dirichlet(np.ones(3), 2000):
        assert residual(other) >= found.chi_square - 1e-12


def test_standard_errors_of_a_direct_measurement() -> None:
    found = fit_shares(np.array([[1.0, 0.0]]), np.array([0.3]), np.array([0.02]))
    assert found.sigmas == pytest.approx([0.02, 0.02])
    assert found.degrees == 0


def test_collinear_chemistries_are_named() -> None:
    names = ("NMC111", "NMC622", "NMC811", "graphite")
    matrix = np.array([[constituent(n).element(e) for n in names] for e in ("Ni", "Co", "Mn", "Li", "C")])
    assert not_told_apart(matrix, np.full(5, 1e-3)) == (0, 1, 2)
    assert not_told_apart(matrix[:, 1:], np.full(5, 1e-3)) == ()


def test_more_chemistries_than_rows_are_never_told_apart() -> None:
    matrix = np.array([[constituent(n).element("Ni") for n in ("NMC622", "NMC811", "graphite", "copper")]])
    assert not_told_apart(matrix, np.array([1e-3]))
    assert not_told_apart(matrix[:, :1], np.array([1e-3])) == ()


def test_content_of_a_mix() -> None:
    assert content({"C(s)": 0.4, "Cu(s)": 0.6}, "Cu") == pytest.approx(0.6)


def _keys() -> set[str]:
    """Source keys of the data of feeds, reagents and products."""
    found = {row["source"] for row in read_csv("data/species/battery.csv")}
    found |= {row["source"] for row in read_csv("data/limits/product_grades.csv")}
    found |= {entry.source for entry in library().chemistries.values()}
    for folder in ("data/reagents", "flowsheets/feeds"):
        for name in names(folder, ".yaml"):
            found |= set(re.findall(r"source: ([\w]+)", read_text(f"{folder}/{name}.yaml")))
    return found


def test_every_source_is_explained() -> None:
    bibliography, words = read_text("data/REFERENCES.bib"), read_text("data/SOURCES.md")
    assert len(_keys()) > 20
    for key in sorted(_keys()):
        assert f"{{{key}," in bibliography or f"| `{key}` |" in words, key


def test_bibliography_has_each_key_once() -> None:
    keys = re.findall(r"^@\w+\{([^,]+),", read_text("data/REFERENCES.bib"), flags=re.MULTILINE)
    assert len(keys) == len(set(keys))
