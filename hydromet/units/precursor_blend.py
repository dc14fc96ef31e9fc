"""Mixed nickel, cobalt and manganese sulfate solution at a set ratio, for makers of cathode precursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from hydromet.errors import UnitError
from hydromet.stream import Stream, add_flows
from hydromet.units.base import Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.bracket import rising_root
from hydromet.units.fields import MolarFlow, Molarity, Ratio, Temperature
from hydromet.units.heat import taken
from hydromet.units.vessel import add_extents, finish, liquor_volume, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

Metal = Literal["Ni", "Co", "Mn"]
_METALS: tuple[Metal, ...] = ("Ni", "Co", "Mn")
_PORTS = {"Ni": "nickel", "Co": "cobalt", "Mn": "manganese"}
_HYDRATES = {"Ni": (6, 7, 1), "Co": (7, 6, 1), "Mn": (1, 5, 7)}
# A metal that is within this share of its need counts as met; a dose this far below zero as zero.
_MET = 1e-9
_WEAK = 1e-3


def _release() -> dict[str, str]:
    """How the sulfates go into solution."""
    found = {}
    for metal, hydrates in _HYDRATES.items():
        for water in hydrates:
            hydrate = "H2O" if water == 1 else f"{water}H2O"
            solid = f"{metal}SO4:{hydrate}(s)"
            found[solid] = f"{solid} = {metal}+2 + SO4-2 + {'' if water == 1 else f'{water} '}H2O"
    return found


_RELEASE = _release()


class PrecursorBlend(Unit):
    """Blend of sulfates or liquors to a molar ratio of Ni, Co and Mn and a total concentration.

    Assumptions:
        1. With a ``feed`` (say a liquor of Ni and Co) its metals stay; the metal of which it holds most for the ratio
           decides, the others are made up. Without one, ``metals`` says how much is made.
        2. The salts or liquors of the three ports are drawn in the amounts that meet the ratio exactly; what they bring
           of each other counts. A metal with the part zero is not drawn, and what arrives of it stays.
        3. Water is drawn up to the concentration; where there is too much already none is (W823).
        4. Crystals dissolve in full if the sulfates are below saturation at the temperature, else they stay in
           equilibrium (W824). Impurities, Na and Li go through; a precursor maker's limits are checked by ``grade``.

    Ports: in ``feed`` (optional), ``nickel``, ``cobalt``, ``manganese``, ``water`` (all drawn); out ``solution``.

    Equations: n_feed,i + sum_j d_j a_ij = s r_i for the metals of the ratio r, s the least with d_j >= 0 and at least
    metals / sum r;
    sum n_i / V = concentration; MSO4.xH2O = M+2 + SO4-2 + x H2O.

    Validity: up to the solubility, about 2 to 2.5 mol/L at 20-40 degC; volumes are those of the engine.

    Sources: stoichiometry.
    """

    model: Literal["precursor_blend"] = "precursor_blend"
    ratio: dict[Metal, Ratio] = Field(description="molar ratio of the metals", examples=[{"Ni": 6, "Co": 2, "Mn": 2}])
    concentration: Molarity = Field(2000.0, gt=0.0, description="of the metals of the ratio together")
    metals: MolarFlow | None = Field(None, gt=0.0, description="metals of the ratio together; none: set by the feed")
    temperature: Temperature | None = Field(None, description="of the tank; none: adiabatic")

    outlets: ClassVar = (Port("solution", "mixed sulfate solution"),)
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"ratio": {"Ni": 8, "Co": 1, "Mn": 1}, "temperature": 313.15},
            "inlets": {
                "feed": {
                    "flows": {"H2O": 90.0, "Ni+2": 1.6, "Co+2": 0.3, "Na+": 0.02, "SO4-2": 1.91},
                    "temperature": 313.15,
                },
                "nickel": {"flows": {"NiSO4:6H2O(s)": 3.8, "CoSO4:7H2O(s)": 0.001}},
                "cobalt": {"flows": {"CoSO4:7H2O(s)": 3.55}},
                "manganese": {"flows": {"MnSO4:H2O(s)": 5.9}},
                "water": {"flows": {"H2O": 55.5}},
            },
        },
        {
            "parameters": {"ratio": {"Ni": 6, "Co": 2, "Mn": 2}, "metals": 2.0, "concentration": 1800.0},
            "inlets": {
                "nickel": {"flows": {"NiSO4:6H2O(s)": 3.8}},
                "cobalt": {"flows": {"H2O": 50.0, "Co+2": 1.6, "Ni+2": 0.01, "SO4-2": 1.61}},
                "manganese": {"flows": {"MnSO4:H2O(s)": 5.9}},
                "water": {"flows": {"H2O": 55.5}},
            },
        },
    )

    @field_validator("ratio")
    @classmethod
    def _some(cls, value: dict[Metal, float]) -> dict[Metal, float]:
        if not any(part > 0.0 for part in value.values()):
            read = ", ".join(f"{metal}: {part:g}" for metal, part in value.items())
            expected = "at least one metal with a part above zero"
            raise UnitError("E825", read=read or "no metal", expected=expected, write="ratio: {Ni: 6, Co: 2, Mn: 2}")
        return value

    def inlet_ports(self) -> tuple[Port, ...]:
        """The feed is needed where no amount is set; only metals of the ratio are drawn."""
        drawn = tuple(Port(_PORTS[m], f"{_PORTS[m]} sulfate, crystals or liquor", drawn=True) for m in self._wanted())
        feed = Port("feed", "liquor that sets the amount", required=self.metals is None)
        return (feed, *drawn, Port("water", "demineralised water", drawn=True))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Salts, water, dissolution."""
        feed = inlets.get("feed", Stream())
        drawn = self._salts(feed, inlets)
        parts = [feed, *(inlets[port].scaled(dose) for port, dose in drawn.items())]
        temperature = self.temperature or next((s.temperature for s in parts if s.flows), 298.15)
        mixed, first = chemistry.canonical(Stream(add_flows(parts), temperature))
        wet, release = _dissolved(mixed, chemistry)
        drawn["water"] = self._water(wet, inlets["water"].at(temperature), chemistry)
        flows = add_flows([wet, inlets["water"].scaled(drawn["water"])])
        full, last = chemistry.canonical(Stream(flows, temperature))
        solution, back = _saturated(full, chemistry)
        came = [s for s in taken(inlets, drawn).values() if s.flows]
        solution, _, _ = finish(solution, came, self.temperature, chemistry)
        values = self._values(solution, chemistry)
        return UnitResult(
            {"solution": solution},
            drawn,
            add_extents(first, release, last, back),
            values,
            notices=self._notices(values, solution),
        )

    def _wanted(self) -> tuple[Metal, ...]:
        return tuple(metal for metal in _METALS if self.ratio.get(metal, 0.0) > 0.0)

    def _salts(self, feed: Stream, inlets: Inlets) -> dict[str, float]:
        """Doses of the three ports, kg/s: d(s) = A^-1 (s r - n_feed), s the least with no dose below zero.

        Raises:
            UnitError: E826 a metal comes from nowhere, or only with more of another than the ratio allows.
        """
        wanted, there = self._wanted(), feed.elements()
        brings = [inlets[_PORTS[m]].elements() for m in wanted]
        for metal, salt in zip(wanted, brings, strict=True):
            if salt.get(metal, 0.0) <= 0.0:
                raise UnitError("E826", read=f"no {metal} in {_PORTS[metal]}", expected=f"a sulfate of {metal}")
        matrix = np.array([[salt.get(metal, 0.0) for salt in brings] for metal in wanted])
        ratio = np.array([self.ratio[metal] for metal in wanted])
        per_scale = np.linalg.solve(matrix, ratio) if np.linalg.det(matrix) > 0.0 else -ratio
        if np.any(per_scale <= 0.0):
            worst = _PORTS[wanted[int(np.argmin(per_scale))]]
            raise UnitError("E826", read=f"{worst} from salts of mixed metals", expected="a purer salt of each metal")
        less = np.linalg.solve(matrix, np.array([there.get(metal, 0.0) for metal in wanted]))
        scale = max(float(np.max(less / per_scale)), (self.metals or 0.0) / float(ratio.sum()))
        doses = np.maximum(scale * per_scale - less, 0.0)
        return {_PORTS[metal]: float(dose) for metal, dose in zip(wanted, doses, strict=True)}

    def _water(self, liquor: Stream, water: Stream, chemistry: Chemistry) -> float:
        """Water up to the concentration, kg/s."""
        amount = sum(liquor[f"{m}+2"] for m in self._wanted())
        if amount <= 0.0 or water["H2O"] <= 0.0:
            return 0.0
        target = amount / self.concentration

        def miss(dose: float) -> float:
            flows = add_flows([liquor, water.scaled(dose)])
            volume = liquor_volume(liquor.with_flows(flows), chemistry) if flows.get("H2O", 0.0) > 0.0 else 0.0
            return volume / target - 1.0

        return 0.0 if miss(0.0) >= 0.0 else rising_root(miss, 0.0, 2000.0 * target, 1000.0 * target)

    def _values(self, solution: Stream, chemistry: Chemistry) -> dict[str, float]:
        volume = liquor_volume(solution, chemistry)
        metals = {m: solution[f"{m}+2"] for m in _METALS}
        total = sum(metals[m] for m in self._wanted())
        shares = {f"share_{m}": n / sum(metals.values()) for m, n in metals.items()} if total > 0.0 else {}
        strength = 1e-3 * total / volume if volume > 0.0 else 0.0
        return {**shares, "metals_mol_L": strength, "volume_m3_s": volume}

    def _notices(self, values: dict[str, float], solution: Stream) -> tuple[Notice, ...]:
        found = []
        crystals = sum(solution[name] for name in _RELEASE)
        if crystals > _MET * sum(solution.flows.values()):
            found.append(Notice("W824", f"{crystals:.3g} mol/s of sulfates stay as crystals"))
        elif 0.0 < values["metals_mol_L"] < 1e-3 * self.concentration * (1.0 - _WEAK):
            told = f"{values['metals_mol_L']:.3g} mol/L instead of {1e-3 * self.concentration:.3g}"
            found.append(Notice("W823", f"no water is needed: {told}"))
        return tuple(found)


def _dissolved(stream: Stream, chemistry: Chemistry) -> tuple[Stream, dict[str, float]]:
    """All crystals of the three sulfates in solution, with the extents."""
    extents = {_RELEASE[name]: stream[name] for name in _RELEASE if stream[name] > 0.0}
    return react(stream, extents, chemistry), extents


def _saturated(stream: Stream, chemistry: Chemistry) -> tuple[Stream, dict[str, float]]:
    """The solution with the crystals that do not dissolve, and the extents by which they form."""
    if stream["H2O"] <= 0.0:
        return stream, {}
    known = tuple(name for name in _RELEASE if name in chemistry.data.solids)
    state = chemistry.equilibrate(stream, solids=known)
    return state.stream, dict(state.extents)
