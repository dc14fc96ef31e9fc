"""A second opinion on equilibria: balances, mass action, saturation and the Gibbs energy in plain numpy.

Nothing of the engine is used, only the data as read: stoichiometry, ln K, Pitzer rows are assembled anew, J(x) of the
electrostatic terms is its integral. The Gibbs energy over RT is taken relative to the basis species::

    G = sum n_j (ln m_j - ln K_j - 1) + W Gex(m) + sum s_p ln K_p,      m_j = n_j / W

A gas at fixed pressure is a phase whose ln K holds the pressure, G then the potential of the open liquor.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
from scipy.interpolate import CubicSpline

from hydromet.chemistry.database import load_database
from hydromet.chemistry.records import LN10, at
from hydromet.species import species

MW = species("H2O").molar_mass
B = 1.2


@cache
def _j_splines():
    """J(x) of Pitzer and x J'(x), integrated on a grid of ln x by the trapezoidal rule."""
    x = np.exp(np.linspace(np.log(1e-6), np.log(600.0), 500))
    y = np.exp(np.linspace(np.log(1e-9), np.log(60.0), 20001))
    J, slope = [], []
    for one in x:
        inner = np.exp(-y)
        decay = np.exp(-one / y * inner)
        J.append(one / 4 - 1 + np.trapezoid((1 - decay) * y**3, np.log(y)) / one)
        derivative = 0.25 + np.trapezoid(decay * inner * y**2, np.log(y)) / one
        slope.append(one * derivative - np.trapezoid((1 - decay) * y**3, np.log(y)) / one)
    return CubicSpline(np.log(x), J), CubicSpline(np.log(x), slope)


def _j(x):
    x = max(x, 1e-6)
    value, slope = _j_splines()
    return float(value(np.log(x))), float(slope(np.log(x)))


class Oracle:
    """The equilibrium problem of one set of components and phases at one temperature (inside 263 to 398 K)."""

    def __init__(self, components, phases, temperature, pressures=None):
        data, T = load_database(), temperature
        self.components = tuple(components)
        present = {*components, "H2O"}
        formed = [one for one in data.aqueous.values() if present.issuperset(one.basis)]
        self.names = (*components, *(one.id for one in formed))
        place = {n: i for i, n in enumerate(self.names)}
        column = {n: i for i, n in enumerate(components)}
        count, width = len(self.names), len(components)
        self.A, self.a = np.zeros((count, width)), np.zeros(count)
        self.A[:width] = np.eye(width)
        self.lnK = np.zeros(count)
        for i, one in enumerate(formed, start=width):
            self._row(self.A[i], self.a, i, one.basis, column)
            self.lnK[i] = at(one.log10_k, T) * LN10
        self.phases = tuple(phases)
        self.S, self.sa = np.zeros((len(phases), width)), np.zeros(len(phases))
        self.lnKs = np.zeros(len(phases))
        for p, name in enumerate(phases):
            one = data.solids.get(name) or data.gases[name]
            self._row(self.S[p], self.sa, p, one.basis, column)
            self.lnKs[p] = at(one.log10_k, T) * LN10 + np.log((pressures or {}).get(name, 1e5) / 1e5)
        self.z = np.array([float(species(n).charge) for n in self.names])
        self.aphi = at(data.debye_huckel.value, T)
        pairs = [p for p in data.pairs if all(i in place for i in p.ions)]
        self.pair = np.array([[place[i] for i in p.ions] for p in pairs], dtype=int).reshape(-1, 2)
        self.alpha = np.array([p.alpha for p in pairs]).reshape(-1, 2)
        self.value = np.array([[at(v, T) for v in p.values] for p in pairs]).reshape(-1, 4)
        mixing = [one for one in data.mixing if all(i in place for i in one.ions)]
        self.two = [(*(place[i] for i in one.ions), at(one.value, T)) for one in mixing if len(one.ions) == 2]
        self.three = [(*(place[i] for i in one.ions), at(one.value, T)) for one in mixing if len(one.ions) == 3]

    @staticmethod
    def _row(row, water, i, basis, column):
        for part, number in basis.items():
            if part == "H2O":
                water[i] = number
            else:
                row[column[part]] = number

    def _electrostatic(self, m, strength):
        """G, its derivative in I, and d/dm of the E-theta sums over ions of one sign and unequal charge."""
        root, total, slope = np.sqrt(strength), 0.0, 0.0
        gradient = np.zeros(len(m))
        for sign in (1, -1):
            charges = sorted({abs(z) for z in self.z if z * sign > 0})
            sums = {c: m[self.z == sign * c].sum() for c in charges}
            for c, d in combinations(charges, 2):
                (J1, D1), (J2, D2), (J3, D3) = (_j(6 * self.aphi * root * x) for x in (c * d, c * c, d * d))
                theta = c * d / (4 * strength) * (J1 - J2 / 2 - J3 / 2)
                theta_I = -theta / strength + c * d / (8 * strength**2) * (D1 - D2 / 2 - D3 / 2)
                total += 2 * theta * sums[c] * sums[d]
                slope += 2 * theta_I * sums[c] * sums[d]
                gradient[self.z == sign * c] += 2 * theta * sums[d]
                gradient[self.z == sign * d] += 2 * theta * sums[c]
        return total, slope, gradient

    def excess(self, m):
        """Excess Gibbs energy per kg of water over RT, ln gamma and ln a_w."""
        strength = max(0.5 * float(m @ self.z**2), 1e-20)
        root, Z = np.sqrt(strength), float(m @ np.abs(self.z))
        log_term = np.log1p(B * root)
        G = -4 * self.aphi * strength / B * log_term
        G_I = -2 * self.aphi * (root / (1 + B * root) + 2 / B * log_term)
        G_Z = 0.0
        lng = np.zeros(len(m))
        if len(self.pair):
            i, j = self.pair.T
            x = self.alpha * root
            e = np.exp(-x)
            small = x < 1e-3
            safe = np.where(small, 1.0, x)
            g = np.where(small, 1 - x * (2 / 3 - x / 4), 2 * (1 - (1 + safe) * e) / safe**2)
            dg = np.where(small, -x / 3 + x * x / 4, -2 * (1 - (1 + safe + safe**2 / 2) * e) / safe**2)
            b0, b1, b2, C = self.value.T
            v = 2 * (b0 + b1 * g[:, 0] + b2 * g[:, 1]) + Z * C
            v_I = 2 * (b1 * dg[:, 0] + b2 * dg[:, 1]) / strength
            mm = m[i] * m[j]
            G, G_I, G_Z = G + float(mm @ v), G_I + float(mm @ v_I), float(mm @ C)
            np.add.at(lng, i, m[j] * v)
            np.add.at(lng, j, m[i] * v)
        for i, j, v in self.two:
            G += 2 * v * m[i] * m[j]
            lng[i] += 2 * v * m[j]
            lng[j] += 2 * v * m[i]
        for i, j, k, v in self.three:
            G += v * m[i] * m[j] * m[k]
            lng[i] += v * m[j] * m[k]
            lng[j] += v * m[i] * m[k]
            lng[k] += v * m[i] * m[j]
        e_G, e_slope, e_gradient = self._electrostatic(m, strength)
        G += e_G
        lng += e_gradient + 0.5 * self.z**2 * (G_I + e_slope) + np.abs(self.z) * G_Z
        return G, lng, -MW * (float(m.sum()) + float(m @ lng) - G)

    def gibbs(self, n, water, s):
        """G over RT of n mol of the species, ``water`` kg of liquid water and s mol of the phases."""
        m = n / water
        there = n > 0
        ideal = float(n[there] @ (np.log(m[there]) - self.lnK[there] - 1))
        return ideal + water * self.excess(m)[0] + float(s @ self.lnKs)

    def residuals(self, b, bw, m, water, s):
        """Largest relative error of the balances, error of mass action (ln units), and ln saturation of the phases."""
        n = water * m
        made = n @ self.A + s @ self.S
        size = n @ np.abs(self.A) + s @ np.abs(self.S) + np.abs(b)
        balance = float((np.abs(made - b) / size).max())
        wet = water / MW + float(n @ self.a) + float(s @ self.sa)
        balance = max(balance, abs(wet - bw) / bw)
        _, lng, law = self.excess(m)
        activity = np.log(m) + lng
        width = len(self.components)
        action = activity - self.lnK - self.A @ activity[:width] - self.a * law
        index = self.S @ activity[:width] + self.sa * law - self.lnKs
        return balance, float(np.abs(action).max()), index

    def lowest(self, m, water, s, rng, trials):
        """The lowest change of G over random feasible extents, as a share of its terms: round-off at the minimum."""
        n = water * m
        nw = water / MW
        width = len(self.components)
        count = len(self.names) - width
        here = self.gibbs(n, water, s)
        size = float(n @ (np.abs(np.log(m)) + np.abs(self.lnK) + 1)) + float(s @ np.abs(self.lnKs)) + water
        worst = 0.0
        everything = np.concatenate([n, [nw], s])
        for _ in range(trials):
            change = np.zeros(len(n) + 1 + len(s))
            for r in rng.choice(count + len(s), min(count + len(s), int(rng.integers(1, 4))), replace=False):
                one = np.zeros(len(change))
                if r < count:
                    one[width + r] = 1.0
                    one[:width] -= self.A[width + r]
                    one[len(n)] -= self.a[width + r]
                else:
                    one[len(n) + 1 + r - count] = 1.0
                    one[:width] -= self.S[r - count]
                    one[len(n)] -= self.sa[r - count]
                one *= rng.choice([-1.0, 1.0])
                falls = one < 0
                room = float((everything[falls] / -one[falls]).min()) if falls.any() else 1.0
                change += one * room * 10 ** rng.uniform(-4, 0) * 0.33
            new = everything + change
            if (new < 0).any():
                continue
            there = self.gibbs(new[: len(n)], new[len(n)] * MW, new[len(n) + 1 :])
            worst = min(worst, (there - here) / size)
        return worst
