"""The shipped rules hold together, and say what the acts say."""

from __future__ import annotations

import re

import pytest

from hydromet.assess.eu_recovery.case_file import Options
from hydromet.assess.eu_recovery.composition import by_convention, parts_of
from hydromet.assess.eu_recovery.lots import Lot, known_bills
from hydromet.assess.eu_recovery.rules import KEYS, bills, member_states, rules, traps
from hydromet.cli.catalogue import entries


def test_targets_of_annex_xii():
    found = {(t.family, t.item, t.year): t.percent for t in rules().targets}
    assert found[("lithium_based", "rRE", 2025)] == 65
    assert found[("lithium_based", "rRE", 2030)] == 70
    assert found[("lead_acid", "rRE", 2025)] == 75
    assert found[("lead_acid", "rRE", 2030)] == 80
    assert found[("nickel_cadmium", "rRE", 2025)] == 80
    assert found[("other", "rRE", 2025)] == 50
    for metal in ("Co", "Cu", "Pb", "Ni"):
        assert (found[("", metal, 2027)], found[("", metal, 2031)]) == (90, 95)
    assert (found[("", "Li", 2027)], found[("", "Li", 2031)]) == (50, 80)
    assert len(found) == 16
    assert {t.verified for t in rules().targets} == {"secondary"}


def test_regimes():
    before, after = rules().regime(2029), rules().regime(2030)
    assert before.counted({}) == frozenset()
    assert before.counted({"O": True, "P": True}) == {"O", "P"}
    assert after.counted({"C_cell": False}) == {"C_cell", "Fe_cell", "P"}
    assert after.optional == {"O", "Cl", "S"}


def test_what_counts():
    counted = {name: (use.efficiency, use.recovery) for name, use in rules().uses.items()}
    assert [name for name, each in counted.items() if each[1]] == ["product"]
    assert [name for name, each in counted.items() if each[0]] == ["product", "material", "slag"]
    forms = rules().forms
    assert [name for name, form in forms.items() if form["production"]] == ["battery", "pack", "module", "cell"]
    scope = {name: part["scope"] for name, part in rules().parts.items()}
    assert {name for name, each in scope.items() if each == "recovery"} == {
        "cathode_active", "anode_active", "cathode_collector", "anode_collector", "electrolyte_salt",
    }  # fmt: skip
    assert set(scope.values()) == {"recovery", "efficiency", "excluded", "stated"}


def test_rows_of_the_form():
    assert tuple(rules().general["rows"]) == KEYS


def test_member_states():
    assert len(member_states()) == 27
    assert {"DE", "GR", "HR"} <= member_states()
    assert not {"GB", "CH", "NO", "TR"} & member_states()


def test_every_trap_has_texts_and_a_code():
    assert list(traps()) == [f"T{i:02d}" for i in range(1, 17)]
    for name, entry in traps().items():
        assert entry["wrong"]["ja"]
        assert entry["right"]["ja"]
        assert re.match(r"(2025/606|2023/1542) ", entry["article"])
        assert entries()[f"W9{name[1:]}"].title["en"].startswith(f"{name}:")


@pytest.mark.parametrize("name", known_bills())
def test_bills_make_a_whole(name):
    lot = Lot.model_validate({"form": "pack", "mass": "1 t", "bill": name})
    parts = parts_of(lot)
    assert sum(part.share.value for part in parts.values()) == pytest.approx(1.0, abs=1e-9)
    for part, entry in parts.items():
        made = by_convention(part, entry, Options())
        assert entry.elements or sum(made.values()) == pytest.approx(1.0, abs=1e-9)
    assert bills()["verified"] == "no"
