"""Extractant data: complete, sourced, consistent with the thermochemistry; loading; volumes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from hydromet.chemistry import Chemistry
from hydromet.chemistry.extraction.extractants import distribution, extractants, load_extractant, loading, organic_id
from hydromet.chemistry.physical.volume import aqueous_volume
from hydromet.chemistry.physical.volumes import AqueousVolumes
from hydromet.errors import ExtractionError
from hydromet.species import species
from hydromet.stream import Stream

WANTED = {"Mn+2", "Co+2", "Ni+2", "Li+", "Na+", "Ca+2", "Mg+2", "Cu+2", "Zn+2", "Fe+3", "Al+3", "NH4+"}
CHEMISTRY = Chemistry.load()


def test_five_extractants() -> None:
    assert set(extractants()) == {"cyanex272", "d2ehpa", "lix84", "pc88a", "versatic10"}


# Nickel on D2EHPA keeps some free extractant, by measurement.
SOLVATED = {("d2ehpa", "Ni+2")}


@pytest.mark.parametrize("key", ["cyanex272", "d2ehpa", "lix84", "pc88a", "versatic10"])
def test_every_metal_has_sourced_constants(key: str) -> None:
    known = load_extractant(key)
    assert set(known.metals) == WANTED
    for metal in known.metals.values():
        assert metal.forms
        assert metal.pH_min < metal.pH_max
        for form in metal.forms:
            assert form.sd > 0.0
            assert form.origin.source
            # The form that takes up least extractant sets the capacity: one equivalent per monomer.
            assert metal.charge <= known.aggregation * form.m + 1e-12
        least = min(known.aggregation * f.m for f in metal.forms)
        assert least == pytest.approx(metal.charge) or (key, metal.ion) in SOLVATED
    assert any("log K of" in row.quantity for row in known.sources())


@pytest.mark.parametrize("key", extractants())
def test_heat_of_extraction_is_that_of_the_enthalpies(key: str) -> None:
    for metal in load_extractant(key).metals.values():
        reaction = CHEMISTRY.reaction(metal.equation)
        assert reaction.heat(298.15) == pytest.approx(metal.heat, abs=60.0)
        assert reaction.heat(330.0) == pytest.approx(metal.heat, abs=60.0)


@pytest.mark.parametrize("key", extractants())
def test_loading_leaves_the_organic_volume(key: str) -> None:
    known = load_extractant(key)
    for metal in known.metals.values():
        salt = CHEMISTRY.volume(Stream({metal.organic: 1.0}), "org")
        assert salt == pytest.approx(metal.charge * known.molar_volume, rel=2e-4)


def test_organic_names() -> None:
    assert organic_id("Co+2", "D2EHPA") == "Co(D2EHPA)2(org)"
    assert organic_id("NH4+", "Versatic10") == "NH4(Versatic10)(org)"
    assert organic_id("Fe+3", "LIX84") == "Fe(LIX84)3(org)"


def test_distribution_follows_the_equation() -> None:
    known = load_extractant("versatic10")
    one = distribution(known, "Ni+2", 6.3, 0.235)
    assert distribution(known, "Ni+2", 6.8, 0.235) == pytest.approx(10.0 * one)
    # pH50 6.3 at 0.5 M and O/A 1: half of it extracted, within what the second form adds.
    assert 0.7 < one < 1.3


def test_selectivity_that_engineers_know() -> None:
    """Cyanex 272 takes Mg and Ca before Ni, Versatic 10 rejects them; D2EHPA takes Ca and Mn before Co."""
    cyanex, versatic, d2ehpa = (load_extractant(k) for k in ("cyanex272", "versatic10", "d2ehpa"))

    def order(known, pH, *ions):  # type: ignore[no-untyped-def]
        return sorted(ions, key=lambda ion: -distribution(known, ion, pH, 0.2))

    assert order(cyanex, 5.0, "Ni+2", "Mg+2", "Ca+2", "Co+2")[-1] == "Ni+2"
    assert order(versatic, 6.5, "Mg+2", "Ca+2", "Ni+2", "Co+2")[:2] == ["Ni+2", "Co+2"]
    assert order(d2ehpa, 2.5, "Co+2", "Mn+2", "Ca+2", "Ni+2", "Zn+2") == ["Zn+2", "Ca+2", "Mn+2", "Co+2", "Ni+2"]


def test_loading_balance_and_capacity() -> None:
    known = load_extractant("cyanex272")
    free, held = loading(known, 0.6, 5.0, {"Co+2": 0.2, "Ni+2": 0.4})
    total = free
    for ion, amount in held.items():
        metal = known.metals[ion]
        parts = [10.0 ** (f.log_k + metal.n * 5.0) * free**f.m for f in metal.forms]
        total += amount * sum(f.m * p for f, p in zip(metal.forms, parts, strict=True)) / sum(parts)
    assert total == pytest.approx(0.3, rel=1e-10)
    _, full = loading(known, 0.6, 12.0, {"Co+2": 5.0, "Ni+2": 5.0})
    assert 2.0 * sum(full.values()) < 0.6


def test_warmth_helps_endothermic_extraction() -> None:
    known = load_extractant("cyanex272")
    cold, warm = (distribution(known, "Co+2", 4.5, 0.2, t) for t in (298.15, 318.15))
    expected = math.exp(known.metals["Co+2"].heat / 8.314462618 * (1 / 298.15 - 1 / 318.15))
    assert warm / cold == pytest.approx(expected, rel=1e-9)


def test_dissolved_extractant_rises_with_pH_and_levels_off() -> None:
    known = load_extractant("versatic10")
    found = [known.solubility(pH) * known.molar_mass for pH in (2.0, 4.0, 6.5, 7.0, 9.0, 14.0)]
    assert found == sorted(found)
    assert found[0] == pytest.approx(0.25, rel=1e-3)
    assert 0.3 < found[2] < 1.0
    assert found[-1] == pytest.approx(2.0, rel=1e-6)


def test_unknown_extractant_offers_the_nearest() -> None:
    with pytest.raises(ExtractionError) as caught:
        load_extractant("lix84i")
    assert caught.value.code == "E601"
    assert "lix84" in caught.value.expected
    assert caught.value.write == "extractant: lix84"


def test_faulty_file_is_a_named_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data" / "extractants"
    folder.mkdir(parents=True)
    source = (Path(__file__).parents[3] / "data/extractants/lix84.yaml").read_text(encoding="utf-8")
    (folder / "broken.yaml").write_text(source.replace("grade: recalled}", "grade: guessed}", 1), encoding="utf-8")
    (folder / "shorter.yaml").write_text(source.replace("symbol: LIX84\n", ""), encoding="utf-8")
    monkeypatch.setenv("HYDROMET_DATA", str(tmp_path))
    for name in ("broken", "shorter"):
        with pytest.raises(ExtractionError) as caught:
            load_extractant(name)
        assert caught.value.code == "E602"


def test_many_volumes_at_once() -> None:
    names = ("Na+", "Ni+2", "SO4-2", "Cl-", "Cr+3", "H2O2", "H(Versatic10)", "H+")
    rng = np.random.default_rng(5)
    flows, water = rng.uniform(0.0, 0.5, (6, len(names))), rng.uniform(20.0, 60.0, 6)
    for temperature in (288.15, 333.15):
        together = AqueousVolumes(names, temperature)(flows, water)
        for row, w, volume in zip(flows, water, together, strict=True):
            one = aqueous_volume({**dict(zip(names, row.tolist(), strict=True)), "H2O": float(w)}, temperature)
            assert volume == pytest.approx(one, rel=1e-12)


def test_pseudo_elements_are_conserved_by_the_equations() -> None:
    for key in extractants():
        known = load_extractant(key)
        for metal in known.metals.values():
            assert species(metal.organic).elements[known.symbol] == metal.charge
