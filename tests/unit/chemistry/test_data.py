"""The chemistry data: complete, graded, consistent."""

import pytest

from hydromet import datafiles
from hydromet.chemistry import Chemistry
from hydromet.chemistry.database import load_database
from hydromet.chemistry.physical.thermochemistry import load_species
from hydromet.chemistry.records import GRADES
from hydromet.errors import ChemistryError
from hydromet.species import species

TABLES = (
    "reactions/aqueous",
    "reactions/solids",
    "reactions/hydrates",
    "reactions/gases",
    "pitzer/binary",
    "pitzer/mixing",
    "density/ions",
)
_CANONICAL = """H2O Li+ Na+ K+ NH4+ Mg+2 Ca+2 Mn+2 Fe+2 Fe+3 Co+2 Ni+2 Cu+2 Zn+2 Al+3 Pb+2 Cr+3 SO4-2 Cl- F- CO3-2 PO4-3
H+ OH- H2O2 H4SiO4 O2 H2SO4(l) O2(g) H2(g) CO2(g) HF(g) H2O(g) N2(g) Cu(s) Al(s) Fe(s) Ni(s) Co(s) Al(OH)3(s) Fe(OH)3(s)
Cr(OH)3(s) CaSO4:2H2O(s) CaF2(s) CaCO3(s) Li2CO3(s) LiF(s) Li3PO4(s) AlPO4(s) FePO4:2H2O(s) Na2SO4(s) Na2SO4:10H2O(s)
Na2CO3(s) NiSO4:6H2O(s) NiSO4:7H2O(s) CoSO4:7H2O(s) CoSO4:6H2O(s) MnSO4:H2O(s) MnCO3(s) Ni(OH)2(s) Co(OH)2(s) Mn(OH)2(s)
Mg(OH)2(s) Ca(OH)2(s) Cu(OH)2(s) Zn(OH)2(s) MnO2(s) Ni(OH)2[sorbed](s) Co(OH)2[sorbed](s) LiOH[sorbed](s) C(s) PVDF(s)
LiNi0.6Mn0.2Co0.2O2(s)"""
CANONICAL = _CANONICAL.split()


@pytest.mark.parametrize("table", TABLES)
def test_every_row_has_source_and_grade(table):
    for row in datafiles.read_csv(f"data/{table}.csv"):
        assert row["source"], row
        assert row["grade"] in GRADES, row


def test_every_species_file_has_source_and_grade():
    for name in datafiles.names("data/species", ".csv"):
        for row in datafiles.read_csv(f"data/species/{name}.csv"):
            assert row["source"], row
            assert row["grade"] in GRADES, row


@pytest.mark.parametrize("name", CANONICAL)
def test_canonical_species_have_thermochemistry(name):
    known = load_species()
    assert species(name).id == name
    assert name in known
    if species(name).phase in ("s", "l"):
        assert 300.0 < known[name].density < 2e4
    assert -100.0 * 3 < known[name].heat_capacity < 1000.0


def test_no_species_has_two_values():
    seen = {}
    for name in datafiles.names("data/species", ".csv"):
        for row in datafiles.read_csv(f"data/species/{name}.csv"):
            key = species(row["id"]).id
            value = (float(row["Hf_kJ_mol"]), float(row["Cp_J_mol_K"]))
            assert seen.setdefault(key, value) == pytest.approx(value, abs=0.5), (name, row)


def test_solids_with_a_solubility_have_thermochemistry():
    missing = sorted(set(load_database().solids) - set(load_species()))
    assert not missing


def test_constants_stand_on_the_basis():
    data = load_database()
    basis = {"H2O", *(n for n in load_species() if species(n).phase == "aq" and n not in data.aqueous)}
    for one in (*data.aqueous.values(), *data.solids.values(), *data.gases.values()):
        assert basis.issuperset(one.basis), one.id


def test_unknown_set_is_named():
    with pytest.raises(ChemistryError, match="E501") as caught:
        Chemistry.load(("sulphate",))
    assert "sulfate" in str(caught.value)


def test_sources_carry_grade_and_validity():
    rows = Chemistry.load().sources()
    assert len(rows) > 500
    assert {row.grade for row in rows} <= set(GRADES)
    assert all(row.source for row in rows)
    assert any("Li2CO3" in row.quantity and row.grade == "fitted" and "0 to 100" in row.validity for row in rows)
