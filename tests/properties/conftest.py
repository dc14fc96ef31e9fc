"""An independent referee for equilibria: Pitzer's equations as printed in the textbook, plain Python and slow."""

from __future__ import annotations

from itertools import combinations
from math import exp, log, sqrt

import numpy as np
import pytest

from hydromet.chemistry.database import load_database
from hydromet.chemistry.records import LN10, at
from hydromet.species import species

_Y = np.linspace(1e-6, 40.0, 8001)


def j_function(x):
    """J(x) and J'(x) by the trapezoidal rule."""

    def value(x):
        f = (1.0 - np.exp(-x / _Y * np.exp(-_Y))) * _Y**2
        return x / 4.0 - 1.0 + float(np.trapezoid(f, _Y)) / x

    h = 1e-4 * x
    return value(x), (value(x + h) - value(x - h)) / (2 * h)


def e_theta(z1, z2, ionic, A):
    x12, x11, x22 = (6 * a * b * A * sqrt(ionic) for a, b in ((z1, z2), (z1, z1), (z2, z2)))
    J12, J11, J22 = (j_function(x) for x in (x12, x11, x22))
    theta = z1 * z2 / (4 * ionic) * (J12[0] - J11[0] / 2 - J22[0] / 2)
    slope = -theta / ionic + z1 * z2 / (8 * ionic * ionic) * (x12 * J12[1] - x11 * J11[1] / 2 - x22 * J22[1] / 2)
    return theta, slope


def g(x):
    return 2 * (1 - (1 + x) * exp(-x)) / x**2


def dg(x):
    return -2 * (1 - (1 + x + x * x / 2) * exp(-x)) / x**2


def like_charges(m, z, T, ionic, A):
    """Theta and its derivative with the ionic strength, of every pair of ions of one sign that has any."""
    theta, cache = {}, {}
    for n1, n2 in combinations([n for n in m if z[n]], 2):
        if z[n1] * z[n2] > 0 and z[n1] != z[n2]:
            key = tuple(sorted((abs(z[n1]), abs(z[n2]))))
            if key not in cache:
                cache[key] = e_theta(*key, ionic, A)
            theta[n1, n2] = cache[key]
    for one in load_database().mixing:
        if len(one.ions) == 2 and all(i in m for i in one.ions):
            n1, n2 = one.ions
            key = (n1, n2) if (n1, n2) in theta else (n2, n1) if (n2, n1) in theta else (n1, n2)
            old = theta.get(key, (0.0, 0.0))
            theta[key] = (old[0] + at(one.value, T), old[1])
    return theta


def pitzer_activities(m, T):
    """ln gamma of each species and ln a_w, from molalities, with the shipped parameters."""
    data = load_database()
    A = at(data.debye_huckel.value, T)
    z = {n: species(n).charge for n in m}
    ionic = 0.5 * sum(x * z[n] ** 2 for n, x in m.items())
    Z = sum(x * abs(z[n]) for n, x in m.items())
    root = sqrt(ionic)
    pairs = [(p, tuple(at(v, T) for v in p.values)) for p in data.pairs if all(i in m for i in p.ions)]
    F = -A * (root / (1 + 1.2 * root) + 2 / 1.2 * log(1 + 1.2 * root))
    B, Cs, BF = {}, 0.0, 0.0
    phi_sum = -A * ionic**1.5 / (1 + 1.2 * root)
    for p, (b0, b1, b2, C) in pairs:
        c, a = p.ions
        x1, x2 = p.alpha[0] * root, p.alpha[1] * root
        B[c, a] = B[a, c] = (b0 + b1 * g(x1) + b2 * g(x2), C)
        slope = (b1 * dg(x1) + b2 * dg(x2)) / ionic
        F += m[c] * m[a] * slope
        BF += m[c] * m[a] * (b0 + b1 * exp(-x1) + b2 * exp(-x2) + Z * C)
        Cs += m[c] * m[a] * C
    phi_sum += BF
    theta = like_charges(m, z, T, ionic, A)
    lng = dict.fromkeys(m, 0.0)
    for (n1, n2), (value, slope) in theta.items():
        F += m[n1] * m[n2] * slope
        phi_sum += m[n1] * m[n2] * (value + ionic * slope)
        lng[n1] += 2 * m[n2] * value
        lng[n2] += 2 * m[n1] * value
    for one in data.mixing:
        if len(one.ions) == 3 and all(i in m for i in one.ions):
            i, j, k = one.ions
            v = at(one.value, T)
            phi_sum += m[i] * m[j] * m[k] * v
            lng[i] += m[j] * m[k] * v
            lng[j] += m[i] * m[k] * v
            lng[k] += m[i] * m[j] * v
    for (n1, n2), (b, C) in B.items():
        lng[n1] += m[n2] * (2 * b + Z * C)
    for n in m:
        lng[n] += z[n] ** 2 * F + abs(z[n]) * Cs
    total = sum(m.values())
    # Pitzer's (phi - 1) sum(m) is 2 [f_phi + pairs + ...]; three-body terms count twice, two-body once.
    phi_three = sum(
        m[one.ions[0]] * m[one.ions[1]] * m[one.ions[2]] * at(one.value, T)
        for one in data.mixing
        if len(one.ions) == 3 and all(i in m for i in one.ions)
    )
    excess = 2 * (phi_sum - phi_three) + 2 * phi_three
    return lng, -species("H2O").molar_mass * (total + excess)


class Referee:
    """Checks a solved stream against everything that defines the equilibrium."""

    def check(self, inlet, outlet, liquor, allowed, pressures=None):
        """Raise unless balances, mass action and saturation hold.

        Args:
            inlet: flows in, with the titrant. outlet: flows out. liquor: of the outlet. allowed: phases.
        """
        data = load_database()
        T = liquor.temperature
        before, after = inlet.elements(), outlet.elements()
        for element, amount in before.items():
            assert after.get(element, 0.0) == pytest.approx(amount, rel=1e-11), element
        assert outlet.charge() == pytest.approx(0.0, abs=1e-11 * sum(outlet.flows.values()))
        self.check_totals(inlet, outlet, liquor, allowed)
        act = self.check_mass_action(liquor)
        # phases: saturated if present, not supersaturated if absent: the minimum of the Gibbs energy
        for name in allowed:
            one = data.solids.get(name) or data.gases[name]
            if not all(p in act for p in one.basis):
                continue
            index = sum(c * act[p] for p, c in one.basis.items()) - at(one.log10_k, T) * LN10
            if pressures and name in pressures:
                index -= log(pressures[name] / 1e5)
            assert index < 1e-5, (name, index)
            if outlet[name] > 1e-9 * sum(outlet.flows.values()):
                assert index == pytest.approx(0.0, abs=1e-5), name

    @staticmethod
    def check_totals(inlet, outlet, liquor, allowed):
        """Species add up to the dissolved totals."""
        data = load_database()
        made, size, totals, held = {}, {}, {}, {}
        for name, x in liquor.molalities.items():
            for part, count in data.made_of(name).items():
                made[part] = made.get(part, 0.0) + count * x * liquor.water
                size[part] = size.get(part, 0.0) + abs(count) * x * liquor.water
        made["H2O"] = made.get("H2O", 0.0) + liquor.water / species("H2O").molar_mass
        for name, flow in outlet.part("aq").flows.items():
            for part, count in data.made_of(name).items():
                totals[part] = totals.get(part, 0.0) + count * flow
        for name in allowed:
            one = data.solids.get(name) or data.gases[name]
            for part, count in one.basis.items():
                held[part] = held.get(part, 0.0) + abs(count) * outlet[name]
        for part, amount in totals.items():
            room = 1e-9 * size.get(part, 0.0) + 2e-11 * (abs(amount) + held.get(part, 0.0) + abs(inlet["H2O"]) * 1e-3)
            assert made.get(part, 0.0) == pytest.approx(amount, abs=room), part

    @staticmethod
    def check_mass_action(liquor):
        """Mass action holds with independent activity coefficients; ln a of every species."""
        data, m, T = load_database(), dict(liquor.molalities), liquor.temperature
        lng, law = pitzer_activities(m, T)
        assert liquor.activities["H2O"] == pytest.approx(law, abs=1e-7)
        act = {n: log(x) + lng[n] for n, x in m.items() if x > 0.0}
        act["H2O"] = law
        for name, one in data.aqueous.items():
            if name in act:
                want = at(one.log10_k, T) * LN10 + sum(c * act[p] for p, c in one.basis.items())
                assert act[name] == pytest.approx(want, abs=3e-6), name
        return act


@pytest.fixture(scope="session")
def referee():
    """See ``Referee``."""
    return Referee()
