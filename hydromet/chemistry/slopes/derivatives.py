"""Exact derivatives of a solved equilibrium, by implicit differentiation of its equations at the solution."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.records import LN10
from hydromet.chemistry.slopes.parameter_terms import parameter_terms
from hydromet.errors import ChemistryError
from hydromet.source import nearest
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from hydromet.chemistry.engine import Solved
    from hydromet.chemistry.system import Array

MW = species(WATER).molar_mass


@dataclass(frozen=True)
class Derivatives:
    """d(output)/d(input) of an equilibrium, everything else that was given held; amounts as the caller's.

    Near a phase boundary the derivatives are those of the phases that are there: on the other side of the boundary
    others hold. Gases keep their partial pressures. At a given pH the total of H+ that the caller named is held and
    the dose follows; without a titrant there is no dose and no pH among the inputs.

    Outputs: ``pH``, ``dose``, ``water`` (kg of liquid water), ``ln a(Ni+2)`` of the basis species, ``ln a(H2O)``,
    ``m(NiOH+)`` of every dissolved species (mol/kg), ``n(Ni(OH)2(s))`` of every phase (mol).

    Inputs: ``n(Ni+2)`` totals of the basis species and ``n(H2O)`` (mol, phases included), ``pH``, ``lnK(NiOH+)`` of
    formation from the basis, ``lnK(Ni(OH)2(s))`` of dissolution, ``T`` (K, through every constant and parameter), and
    the parameters ``Aphi``, ``beta0(Ni+2, SO4-2)``, ``beta1(...)``, ``beta2(...)``, ``C(...)``
    (Cphi / (2 sqrt|z+ z-|)), ``theta(...)``, ``lambda(...)``, ``psi(...)``, ``zeta(...)``.

    Attributes:
        solved: the equilibrium.

    Example:
        >>> from hydromet import Solution
        >>> slopes = Solution({"NiSO4": 1.0, "H2SO4": 0.1}).liquor.derivatives
        >>> slopes.of("pH", "n(H+)") < 0.0
        True
    """

    solved: Solved = field(repr=False)

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Names of the rows."""
        y = self.solved.system
        return (
            "pH", "dose", "water", "ln a(H2O)", *(f"ln a({name})" for name in y.components),
            *(f"m({name})" for name in y.names), *(f"n({name})" for name in y.phases),
        )  # fmt: skip

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names of the columns."""
        y = self.solved.system
        given = ("pH",) if self.solved.titrant is not None else ()
        return (
            *(f"n({name})" for name in y.components), f"n({WATER})", *given,
            *(f"lnK({name})" for name in y.names[len(y.components) :]), *(f"lnK({name})" for name in y.phases),
            "T", *y.parameter_names,
        )  # fmt: skip

    @cached_property
    def matrix(self) -> Array:
        """(outputs, inputs)."""
        return np.hstack([self._direct, self._temperature[:, None], self._parameters])

    def of(self, output: str, given: str) -> float:
        """One derivative by the names of its output and input.

        Raises:
            ChemistryError: E515 no such output or input, E516 the equations are singular at the solution.
        """
        for name, names, word in ((output, self.outputs, "an output"), (given, self.inputs, "an input")):
            if name not in names:
                near = ", ".join(nearest(name, names))
                raise ChemistryError("E515", read=name, expected=f"{word} of this equilibrium: {near}")
        row, column = self.outputs.index(output), self.inputs.index(given)
        if column < self._direct.shape[1]:
            return float(self._direct[row, column])
        return float(self.matrix[row, column])

    # --- the pieces; a right side is minus the derivative of the equations

    @cached_property
    def _direct(self) -> Array:
        """With totals, pH and constants."""
        return self._response[:, : self._response.shape[1] - len(self.solved.system.components) - 1]

    @cached_property
    def _parameters(self) -> Array:
        by_m, by_law = self._terms
        return self._shifted(by_m, by_law)

    @cached_property
    def _terms(self) -> tuple[Array, Array]:
        return parameter_terms(self.solved.system, self.solved.m, self.solved.at.aphi)

    @cached_property
    def _temperature(self) -> Array:
        """Along the analytic temperature dependence of all constants and parameters."""
        solved, y = self.solved, self.solved.system
        t = solved.at.temperature
        slope = np.array([0.0, -1.0 / t**2, 1.0 / t, 1.0]) * (1.0 if t == solved.temperature else 0.0)
        constants, values = y.constants @ slope, y.pitzer @ slope
        by_m, by_law = self._terms
        shifted: Array = self._shifted((by_m @ values)[:, None], np.array([by_law @ values]))[:, 0]
        nc = len(y.components)
        first = nc + 1 + (solved.titrant is not None)
        return shifted + self._response[:, first : first + len(constants) - nc] @ constants[nc:]

    def _shifted(self, by_m: Array, by_law: Array) -> Array:
        """Outputs for changes of ln gamma and of ln a_w at fixed molalities.

        A change of ln gamma of a complex acts as one of its ln K with the opposite sign.
        """
        y = self.solved.system
        nc, ns = len(y.components), len(y.names)
        first = nc + 1 + (self.solved.titrant is not None)
        own = self._response[:, first : first + ns - nc]
        basis = self._response[:, first + ns - nc + len(y.phases) :]
        found: Array = basis[:, :nc] @ by_m[:nc] - own @ by_m[nc:] + np.outer(basis[:, nc], by_law)
        return found

    @cached_property
    def _response(self) -> Array:
        return _response(self.solved)


def _response(solved: Solved) -> Array:
    """Outputs by totals and water, pH, ln K of complexes and of phases, ln gamma of the basis species, ln a_w."""
    y, m = solved.system, solved.m
    ns, nc, nph = len(y.names), len(y.components), len(y.phases)
    there = _present(solved)
    moved = _activity_slopes(solved) + np.eye(ns)  # d ln a / d ln m
    law = -MW * (m @ moved)
    changes, count = _changes(solved, there, moved, law)
    ln_a = moved[:nc] @ changes[:ns]
    ln_a[:, count - nc - 1 : count - 1] += np.eye(nc)
    ln_aw = law @ changes[:ns]
    ln_aw[-1] += 1.0
    out = np.zeros((4 + nc + ns + nph, count))
    out[0] = -ln_a[y.iH] / LN10
    out[1] = changes[-1] if solved.titrant is not None else 0.0
    out[2] = solved.water * changes[ns]
    out[3] = ln_aw
    out[4 : 4 + nc] = ln_a
    out[4 + nc : 4 + nc + ns] = m[:, None] * changes[:ns]
    out[[4 + nc + ns + p for p in there]] = changes[ns + 1 : ns + 1 + len(there)]
    return out


def _changes(solved: Solved, there: list[int], moved: Array, law: Array) -> tuple[Array, int]:
    """Changes of ln m, ln W, amounts of the phases that are there, dose; and for how many right sides."""
    y, W, titrant = solved.system, solved.water, solved.titrant
    ns, nc, nph, na = len(y.names), len(y.components), len(y.phases), len(there)
    formed, rows, phases = slice(0, ns - nc), slice(ns - nc, ns + 1), slice(ns + 1, ns + 1 + na)
    S, sa, lam = y.S[there], y.sa[there], moved[:nc]
    size = ns + 1 + na + (titrant is not None)
    J = np.zeros((size, size))
    J[formed, :ns] = y.A[nc:] @ lam + np.outer(y.a[nc:], law) - moved[nc:]
    mass = np.vstack([y.A.T, y.a])
    J[rows, :ns] = W * mass * solved.m
    J[rows, ns] = W * (mass @ solved.m)
    J[ns, ns] += W / MW
    J[rows, phases] = np.vstack([S.T, sa])
    J[phases, :ns] = S @ lam + np.outer(sa, law)
    own = nc + 1 + (titrant is not None)
    basis = own + ns - nc + nph
    R = np.zeros((size, basis + nc + 1))
    R[rows, : nc + 1] = np.eye(nc + 1)
    R[formed, own : own + ns - nc] = -np.eye(ns - nc)
    R[formed, basis:] = -np.column_stack([y.A[nc:], y.a[nc:]])
    R[phases, basis:] = -np.column_stack([S, sa])
    R[np.arange(ns + 1, ns + 1 + na), own + ns - nc + np.array(there, dtype=np.int64)] = 1.0
    if titrant is not None:
        J[rows, -1] = [-titrant.get(name, 0.0) for name in (*y.components, WATER)]
        J[-1, :ns] = lam[y.iH]
        R[-1, nc + 1], R[-1, basis + y.iH] = -LN10, -1.0
    scale = np.abs(J[rows]).sum(axis=1)
    J[rows] /= scale[:, None]
    R[rows] /= scale[:, None]
    try:
        found = np.asarray(np.linalg.solve(J, R), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        read = f"equations singular at the solution with {', '.join(y.phases[p] for p in there) or 'no phases'}"
        raise ChemistryError("E516", read=read, expected="phases that can be told apart") from error
    return found, R.shape[1]


def _present(solved: Solved) -> list[int]:
    """The phases that are there: amount, as a share of its limiting component, above the undersaturation."""
    y = solved.system
    if not len(y.phases):
        return []
    dissolved = y.A.T @ solved.m * solved.water + y.S.T @ solved.amounts
    apart = solved.lnKs - y.S @ solved.lam - y.sa * solved.ln_aw
    found = []
    for p, row in enumerate(y.S):
        limits = [dissolved[k] / count for k, count in enumerate(row) if count > 0.0 and k != y.iH]
        if solved.amounts[p] > abs(apart[p]) * min(limits, default=1.0):
            found.append(p)
    return found


def _activity_slopes(solved: Solved) -> Array:
    """Change of ln gamma with ln m of every species."""
    from hydromet.kernels.pitzer import pitzer

    y, at, n = solved.system, solved.at, len(solved.m)
    if y.davies:
        root = np.sqrt(max(0.5 * float(solved.m @ y.z**2), 1e-20))
        bend = -6.0 * at.aphi * (0.5 / (root * (1.0 + root) ** 2) - 0.3)
        slopes: Array = bend * np.outer(0.5 * y.z**2, 0.5 * y.z**2 * solved.m)
        return slopes
    H = np.empty((n, n))
    pitzer(
        solved.m, y.z, at.aphi, y.alphas, y.pair, y.pair_alpha, at.pair_value, y.two, at.two_value, y.three,
        at.three_value, np.empty(n), np.arange(n), H,
    )  # fmt: skip
    return H * solved.m
