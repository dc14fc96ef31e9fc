"""Whatever the composition: solved, closed, at the minimum, the same at any size."""

from __future__ import annotations

import numpy as np
import pytest

from hydromet.chemistry import Chemistry
from hydromet.errors import ChemistryError
from hydromet.species import species
from hydromet.stream import Stream

CATIONS = (
    "Li+", "Na+", "K+", "NH4+", "Mg+2", "Ca+2", "Mn+2", "Fe+2", "Fe+3", "Co+2", "Ni+2", "Cu+2", "Zn+2", "Al+3", "Pb+2",
    "Cr+3",
)  # fmt: skip
ANIONS = ("Cl-", "F-", "CO3-2", "PO4-3")
NEUTRAL = ("H2O2", "H4SiO4")
WATER = 55.508
BASE = Stream({"Na+": 1.0, "OH-": 1.0, "H2O": 4.0})
ACID = Stream({"H+": 2.0, "SO4-2": 1.0, "H2O": 3.0})


@pytest.fixture(scope="module")
def chemistry():
    return Chemistry.load()


def draw(rng, solids):
    """A random liquor over five decades, 0 to 100 degC, with random phases allowed."""
    flows = {"H2O": WATER}
    for name in rng.choice(CATIONS, rng.integers(1, 10), replace=False):
        flows[str(name)] = 10 ** rng.uniform(-5, 0)
    for name in rng.choice(ANIONS, rng.integers(0, 4), replace=False):
        flows[str(name)] = 10 ** rng.uniform(-5, -0.3)
    if rng.random() < 0.2:
        flows[str(rng.choice(NEUTRAL))] = 10 ** rng.uniform(-5, -1)
    # acid or base, then sulfate or sodium closes the charges
    net = rng.uniform(-0.5, 0.5) * (sum(flows.values()) - WATER) if rng.random() < 0.75 else 0.0
    charge = sum(species(n).charge * x for n, x in flows.items()) + net
    flows["SO4-2" if charge > 0 else "Na+"] = flows.get("SO4-2" if charge > 0 else "Na+", 0.0) + (
        charge / 2 if charge > 0 else -charge
    )
    flows["H+" if net > 0 else "OH-"] = abs(net)
    if net < 0:
        flows["H2O"] -= abs(net)
    if rng.random() < 0.7:
        allowed = tuple(str(s) for s in rng.choice(solids, rng.integers(0, 8), replace=False))
    else:
        allowed = tuple(s for s in solids if "(OH)" in s)
    gases = {"CO2(g)": 10 ** rng.uniform(1, 5)} if rng.random() < 0.2 and "CO3-2" in flows else {}
    return Stream(flows, 273.15 + rng.uniform(0, 100)), allowed, gases


def sweep(chemistry, referee, count, seed):
    """Solve and referee random cases; return the share that needed the rescue."""
    rng = np.random.default_rng(seed)
    solids = sorted(s for s in chemistry.data.solids if "[" not in s)
    rescued = targets = 0
    for i in range(count):
        feed, allowed, gases = draw(rng, solids)
        made = chemistry.equilibrate(feed, solids=allowed, gases=gases)
        referee.check(feed, made.stream, made.liquor, (*allowed, *gases), gases)
        rescued += made.rescued
        if i % 3 == 0:
            pH = rng.uniform(0.0, 13.0)
            titrant = BASE if pH > made.pH else ACID
            try:
                dosed = chemistry.at_pH(feed, pH, titrant, solids=allowed, gases=gases)
            except ChemistryError as error:
                # A gas buffer or 4 mol/kg of titrant sets a limit: then it has to be the named error with the limit.
                assert error.code == "E508", error
                continue
            targets += 1
            assert dosed.pH == pytest.approx(pH, abs=1e-9)
            referee.check(feed.plus(titrant.scaled(dosed.dose)), dosed.stream, dosed.liquor, (*allowed, *gases), gases)
            rescued += dosed.rescued
    assert targets > 0.25 * count
    return rescued / (count + targets)


def test_random_liquors(chemistry, referee):
    assert sweep(chemistry, referee, 300, 20260) < 0.02


@pytest.mark.long
def test_many_random_liquors(chemistry, referee):
    assert sweep(chemistry, referee, 2000, 7) < 0.02


LEACH = {
    "H2O": WATER, "H+": 0.1, "Li+": 1.0, "Ni+2": 0.6, "Co+2": 0.2, "Mn+2": 0.2, "Cu+2": 0.02, "Fe+3": 0.02, "Al+3": 0.1,
    "Na+": 0.1, "SO4-2": 1.79 + 0.02,
}  # fmt: skip
SOLIDS = ("Al(OH)3(s)", "Fe(OH)3(s)", "Cu(OH)2(s)", "Ni(OH)2(s)", "Co(OH)2(s)")


def leach():
    flows = dict(LEACH)
    charge = sum(species(n).charge * x for n, x in flows.items() if n != "SO4-2")
    flows["SO4-2"] = charge / 2
    return Stream(flows, 333.15)


@pytest.mark.parametrize("factor", [1e6, 1e-6])
def test_size_of_the_plant_does_not_matter(chemistry, factor):
    small = chemistry.at_pH(leach(), 5.0, BASE, solids=SOLIDS)
    large = chemistry.at_pH(leach().scaled(factor), 5.0, BASE.scaled(3.0 * factor), solids=SOLIDS)
    assert large.dose * 3.0 == pytest.approx(small.dose, rel=1e-9)
    for name, flow in small.stream.flows.items():
        assert large.stream[name] == pytest.approx(flow * factor, rel=1e-8), name


def test_zero_totals_change_nothing(chemistry):
    with_zeros = Stream({**leach().flows, "Zn+2": 0.0, "CO3-2": 0.0, "H2O2": 0.0}, 333.15)
    assert chemistry.equilibrate(with_zeros, solids=SOLIDS) == chemistry.equilibrate(leach(), solids=SOLIDS)


def test_order_of_questions_does_not_matter(chemistry):
    first = chemistry.at_pH(leach(), 4.0, BASE, solids=SOLIDS)
    chemistry.at_pH(leach(), 9.0, BASE, solids=SOLIDS)
    again = chemistry.at_pH(leach(), 4.0, BASE, solids=SOLIDS)
    assert first.stream == again.stream
    assert first.dose == again.dose


def test_pure_water(chemistry):
    for T in (273.15, 298.15, 373.15):
        liquor = chemistry.liquor(Stream({"H2O": 1.0}, T))
        assert liquor.molalities["H+"] == pytest.approx(liquor.molalities["OH-"], rel=1e-9)
        assert liquor.water_activity == pytest.approx(1.0, abs=1e-7)
    assert chemistry.liquor(Stream({"H2O": 1.0})).pH == pytest.approx(7.0, abs=0.01)
