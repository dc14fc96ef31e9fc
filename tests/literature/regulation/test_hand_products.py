"""Products, salts and oxygen in cases reckoned by hand; see ``test_hand_cases`` and ``hand``."""

from __future__ import annotations

import pytest

from tests.literature.regulation.hand import ALL, OUT, PARTS, agrees, facility, lot, reckon, refused
from tests.literature.regulation.worked import case, efficiency, warned


def test_hydrates():
    # 45 x 0.20898 = 9.4041; 9.5 x 0.16539 = 1.5712; 18 x 0.20966 = 3.7739; 10 x 0.32506 = 3.2506; in all 17.9998 t
    out = {"ni": "45 t, compound: NiSO4.7H2O", "li": "9.5 t, compound: LiOH.H2O", "co": "18 t, compound: CoSO4.7H2O",
           "mn": "10 t, compound: MnSO4.H2O"}  # fmt: skip
    result = reckon(lot(), facility({key: f"use: product, mass: {what}" for key, what in out.items()}))
    agrees(result, Ni=94.041, Li=78.56, Co=94.345, rRE=18.0)
    assert "W942" not in warned(result)


def test_a_compound_nobody_knows_is_told():
    result = reckon(lot(), facility({"ni": "use: product, mass: 9 t, compound: NiSO5(s)"}))
    assert "W942" in warned(result)


@pytest.mark.parametrize(("use", "rate"), [("product", 64.0), ("energy", 50.0), ("fuel", 50.0)])
def test_graphite_sold_and_burnt(use, rate):
    out = OUT | {"salts": OUT["salts"].replace(", C: 5 t", ""), "graphite": f"use: {use}, elements: {{C: 14 t}}"}
    agrees(reckon(lot(), facility(out)), rRE=rate)  # 50 + 14


def test_lithium_of_the_electrolyte_salt_is_input_of_the_recovery():
    # 4.378 t LiPF6 hold 4.378 x 6.94 / 151.905 = 0.20002 t: 1.76 / 2.20002
    salted = lot(parts=PARTS + "\n      electrolyte_salt: {mass: 4.378 t}", mass=104.378)
    agrees(reckon(salted, facility({"li": "use: product, elements: {Li: 1.76 t}"})), Li=79.9993)


@pytest.mark.parametrize(("options", "rate"), [(ALL, 18.0), (ALL.replace("O: true", "O: false"), 100 * 12 / 92)])
def test_oxygen_of_cathode_material_recycled_as_such(options, rate):
    # 18 t with 6 t O of the batteries: 18 / 100, or 12 / 92 without oxygen on both sides
    cam = "use: product, mass: 18 t, elements: {Ni: 6 t, Co: 2.4 t, Mn: 2.4 t, Li: 1.2 t, O: 6 t}"
    agrees(reckon(lot(), facility({"cam": cam}), options=options), rRE=rate, Ni=60.0, Li=60.0)


def test_oxygen_of_the_air_does_not_count():
    # 6 Ni and 12 O, of which 8 came in: 14 / 100
    assert efficiency(reckon(lot(), facility({"o": "use: product, elements: {Ni: 6 t, O: 12 t}"}))) == pytest.approx(
        14.0
    )


def test_lead_of_a_lead_acid_battery_has_no_scope():
    whole = "{whole_battery: {share: 100 wt%, elements: {Pb: 6 t}, scope: {Pb: 50 %}}}"
    lead = f"\n  lead: {{form: battery, family: lead_acid, mass: 10 t, collected_in: DE, parts: {whole}}}"
    wrong = refused(case(lead, facility({"pb": "use: product, elements: {Pb: 5 t}"}, "lead")))
    assert (wrong.code, wrong.read) == ("E922", "Pb: 50 %")


@pytest.mark.parametrize(("year", "rate"), [(2029, 100 * 1.3 / 46.5), (2030, 100 * 18.57 / 86.21)])
def test_iron_phosphate_of_lfp_cells(year, rate):
    # Cathode 34 t: Fe 12.04, P 6.67, Li 1.5, O 13.79; graphite 21, Cu 15, Al 15, casing 15 t Steel.
    # 2029, without O, C, Fe_cell, P: 34 - 32.5 + 45 = 46.5 t in, 1.3 t Li out; no iron phosphate.
    # 2030: 12.04 + 6.67 + 1.5 + 21 + 45 = 86.21 t in. 30 t FePO4: 11.1087 t Fe, 6.1613 t P; 18.57 t out
    parts = """
      cathode_active: {mass: 34 t, elements: {Fe: 12.04 t, P: 6.67 t, Li: 1.5 t, O: 13.79 t}}
      anode_active: {mass: 21 t}
      anode_collector: {mass: 15 t}
      cathode_collector: {mass: 15 t}
      cell_casing: {mass: 15 t, elements: {Steel: 15 t}}"""
    out = {"iron_phosphate": "use: product, mass: 30 t, compound: FePO4(s), commodity: FePO4",
           "li": "use: product, elements: {Li: 1.3 t}"}  # fmt: skip
    agrees(reckon(lot(parts=parts), facility(out), year, ""), rRE=rate, Li=100 * 1.3 / 1.5)
