"""What a run asked of the data: once a quantity, with its places; the parameters that decide most come first."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hydromet import Solution
from hydromet.chemistry import Chemistry
from hydromet.chemistry.audit import Audit, quantity
from hydromet.chemistry.database import Constant, Pair, load_database
from hydromet.chemistry.slopes.influence import effects
from hydromet.chemistry.validity import list_sources
from hydromet.stream import Stream
from tests.properties.oracle import Oracle


def liquor(composition, celsius=25.0):
    return Solution(composition, temperature=celsius + 273.15).liquor


def audited(**liquors):
    audit = Audit()
    for name, one in liquors.items():
        audit.add(f"{name}.liquor", one)
    return audit


def codes(audit):
    return {finding.code: finding for finding in audit.findings()}


def test_a_liquor_inside_the_data_is_quiet():
    """Sodium chloride of 1 mol/kg at 25 degC: measured at this temperature, to 6 mol/kg."""
    assert audited(a=liquor({"NaCl": 1.0})).findings() == ()


def test_heat_and_strength_are_told_once_with_all_places():
    strong, hot = liquor({"LiCl": 24.0}), liquor({"NaCl": 1.0}, 130.0)
    audit = audited(first=strong, second=strong, third=hot)
    found = codes(audit)
    assert found["W502"].where == ("first.liquor", "second.liquor")
    assert "24.0 mol/kg" in found["W502"].text
    assert found["W501"].where == ("third.liquor",)
    assert "130 degC, valid 0 to 110; values of 125 degC taken" in found["W501"].text
    assert len([one for one in audit.findings() if one.code == "W502"]) == 1


def test_pair_beyond_the_molality_of_its_data():
    pair = next(one for one in load_database().pairs if one.m_max > 0.0 and one.ions == ("Li+", "SO4-2"))
    inside, outside = liquor({"Li2SO4": 0.9 * pair.m_max}), liquor({"Li2SO4": 1.2 * pair.m_max})
    said = [one for one in audited(a=inside).findings() if one.code == "W511" and "Li+ SO4-2" in one.text]
    assert not said
    (said,) = (one for one in audited(a=inside, b=outside).findings() if one.code == "W511" and "Li+ SO4-2" in one.text)
    assert f"({pair.m_max:g} mol/kg of the salt; {pair.origin.source})" in said.text
    assert f"data to {3.0 * pair.m_max:.1f}" in said.text
    assert said.where == ("b.liquor",)


def test_a_neutral_that_is_not_dilute():
    thin, strong = liquor({"NH3": 2.9}), liquor({"NH3": 8.5})
    assert "W516" not in codes(audited(a=thin))
    found = codes(audited(a=thin, b=strong))["W516"]
    assert found.where == ("b.liquor",)
    assert found.text.startswith("NH3 at 8.5 mol/kg")
    assert "W516" not in codes(audited(a=liquor({"NaCl": 5.0})))


def test_parameters_of_one_temperature_are_one_line_with_the_largest_first():
    mixture = {"NiSO4": 1.0, "Al2(SO4)3": 0.1, "H2SO4": 1.0, "CuSO4": 0.5}
    assert "W512" not in codes(audited(a=liquor(mixture)))
    audit = audited(a=liquor(mixture, 80.0), b=liquor(mixture, 60.0), cold=liquor(mixture, 25.0))
    found = codes(audit)["W512"]
    assert found.where == ("a.liquor", "b.liquor")
    assert "60 to 80 degC" in found.text
    assert " more" in found.text
    numbers = [float(part.split("(")[1]) for part in found.text.split(" in ln gamma")[:-1]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 5
    single = [u for u in audit.uses().values() if u.where and u.row.origin.t_min == u.row.origin.t_max
              and not isinstance(u.row, Constant)]  # fmt: skip
    assert found.text.startswith(f"{len(single)} activity parameters")


def test_estimates_that_matter_are_counted():
    audit = audited(a=liquor({"NiSO4": 1.0, "H2SO4": 1.0}))
    found = codes(audit)["W515"]
    assert "HSO4-" in found.text
    known = {quantity(u.row): u.row.origin.grade for u in audit.uses().values()}
    for name in found.text.split(": ", 1)[1].split(", "):
        row = name.split(" (")[0].split(" and ")[0]
        assert known[f"Pitzer {row}"] in ("estimated", "recalled")


def test_constants_without_temperature_terms_used_hot():
    off = [
        one
        for one in load_database().aqueous.values()
        if one.origin.t_max < 330.0 and "PO4-3" in one.basis and "Al+3" in one.basis
    ]
    assert off
    found = codes(audited(a=liquor({"Al2(SO4)3": 0.1, "H3PO4": 0.1, "H2SO4": 0.2}, 90.0)))
    assert any(one.equation in found["W514"].text for one in off)


def test_solid_outside_its_temperatures():
    audit = Audit()
    audit.add("cold.slurry", liquor({"NiSO4": 1.0}, 90.0), ("NiSO4:7H2O(s)",))
    found = codes(audit)["W503"]
    assert "NiSO4:7H2O(s) at 90 degC" in found.text
    assert found.where == ("cold.slurry",)


@pytest.mark.parametrize(
    "composition", [{"NiSO4": 1.5}, {"Na2SO4": 1.0, "CaCl2": 0.1}, {"Al2(SO4)3": 0.2, "LiCl": 1.0}]
)
def test_effect_of_a_pair_is_what_leaving_it_out_changes(composition):
    """ln gamma of the oracle with and without the row, at fixed molalities."""
    one = liquor(composition, 60.0)
    names = [name for name, m in one.molalities.items() if m > 0.0]
    data = load_database()
    components = tuple(name for name in names if name not in data.aqueous)
    oracle = Oracle(components, (), one.temperature)
    m = [one.molalities[name] for name in oracle.names]
    full = oracle.excess(np.array(m))[1]
    told = {row.ions: (effect, acts_on) for row, effect, acts_on in effects(one) if isinstance(row, Pair)}
    pairs = [p for p in data.pairs if all(ion in oracle.names for ion in p.ions)]
    values, checked = oracle.value.copy(), 0
    for k, pair in enumerate(pairs):
        effect, acts_on = told[pair.ions]
        if effect < 0.01:
            continue
        oracle.value = values.copy()
        oracle.value[k] = 0.0
        change = abs(full - oracle.excess(np.array(m))[1])
        assert change[oracle.names.index(acts_on)] == pytest.approx(effect, rel=1e-6)
        checked += 1
    assert checked > 0


def test_share_of_a_complex_is_its_effect():
    one = liquor({"Al2(SO4)3": 0.1})
    told = {row.id: (effect, acts_on) for row, effect, acts_on in effects(one) if isinstance(row, Constant)}
    effect, acts_on = told["AlSO4+"]
    aluminium = sum(m for name, m in one.molalities.items() if name.startswith("Al"))
    assert effect == pytest.approx(one.molalities["AlSO4+"] / aluminium, rel=1e-3)
    assert acts_on == "Al+3"


def test_every_parameter_is_listed_with_source_and_grade():
    """All that a liquor with nickel, sodium and sulfate can use, the influential first, nothing without a source."""
    stream = Stream({"H2O": 55.5, "Ni+2": 1.0, "Na+": 1.0, "SO4-2": 1.5}, 333.15)
    audit = Audit()
    audit.add("a.liquor", Chemistry.load().liquor(stream))
    rows = list_sources(stream, ("NiSO4:6H2O(s)", "Ni(OH)2(s)"), audit)
    names = [row.quantity for row in rows]
    for wanted in ("Pitzer beta0 Ni+2 SO4-2", "Pitzer C Na+ SO4-2", "Debye-Hueckel slope Aphi", "heat capacity of Ni+2",
                   "enthalpy of formation of NiSO4:6H2O(s)", "density of NiSO4:6H2O(s)"):  # fmt: skip
        assert wanted in names
    assert any(name.startswith("density of NiSO4 in water") for name in names)
    assert any(name.startswith("viscosity of Na2SO4 in water") for name in names)
    assert any("NiSO4:6H2O(s) =" in name for name in names)
    assert all(row.source and row.grade for row in rows)
    assert all(row.validity for row in rows if not row.quantity.startswith(("heat capacity", "density")))
    assert all(math.isfinite(row.value) for row in rows)
    counted = [row.effect for row in rows if row.effect > 0.0]
    assert counted == sorted(counted, reverse=True)
    assert counted[0] > 0.5
    assert "to " in next(row.validity for row in rows if row.quantity.startswith("Pitzer beta0 Na+ SO4-2"))
