"""Bipolar electrodialysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.species import species
from hydromet.units.base import Energy, FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.fields import CurrentDensity, Fraction, Molality, Ratio, Voltage
from hydromet.units.heat import driven, vessel_energy
from hydromet.units.membranes import ANIONS, CATIONS, charge, per_water, practice, product, shares, times
from hydromet.units.vessel import add_extents, concentration

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

FARADAY = 96485.33212  # C/mol
SPLIT = "H2O = H+ + OH-"
_CHOSEN = ("current_efficiency", "voltage", "anion_leak", "cation_leak", "water_cation", "water_anion")
# Hardness and metals above this, g/L, foul the membranes; share of a concentration that still counts as reached.
_FOULING, _SHORT = 1e-3, 0.98
_KWH = 3.6e6  # J
_FOULANTS = ("Ca", "Mg", "Ni", "Co", "Mn", "Fe", "Al")


class Electrodialyse(Unit):
    """Bipolar membranes turn sodium and lithium sulfate into base and acid with electricity.

    Assumptions:
        1. Three compartments in feed and bleed. Of the monovalent cations the share ``conversion`` leaves the salt, all
           in the proportion in which they are there, likewise sulfate and chloride; other ions stay in the salt.
        2. Per equivalent of base the declared leakages carry anions into the base and cations into the acid; leaked
           salt stays neutral. Current beyond the base is lost as heat: current efficiency.
        3. Every ion carries its declared water. Water is drawn to the declared concentrations; where the ions bring
           more than that, none is drawn and the product is thinner (W873).
        4. All streams leave at the temperature of the salt; the losses are cooled away.

    Ports: in ``salt``, ``base_water``, ``acid_water`` (drawn); out ``base``, ``acid``, ``depleted``. Base and acid are
    streams of a given size: the base goes to an ``extract`` without a set pH or a ``saponify`` without a fraction, to a
    ``neutralise`` without a pH or a ``mix``; a drawn port takes feeds only. A target can set the size.

    Equations: H2O = H+ + OH-, b mol/s; cations moved f = b (1 + a + c), anions the same in equivalents, a and c the
    leakages; I = F b / efficiency; P = I x voltage; area = I / current density.

    Validity: base and acid up to about 2 mol/kg, salt 0.5-2 mol/kg, below 1 mg/L of calcium and magnesium (W872).
    Efficiency and voltage do not follow the concentrations: they are constants of data/equipment/electrodialysis.csv.

    Sources: data/equipment/electrodialysis.csv with the grade of each value (herrero_2023, lee_2025).
    """

    model: Literal["electrodialyse"] = "electrodialyse"
    conversion: Fraction = Field(
        0.6, gt=0.0, lt=1.0, description="share of the monovalent cations taken out of the salt"
    )
    base_molality: Molality = Field(2.0, gt=0.0, description="hydroxide in the base")
    acid_molality: Molality = Field(1.0, gt=0.0, description="acid as H2SO4, half its H+")
    current_efficiency: Fraction | None = Field(None, gt=0.0, description="base made per charge; none: the data")
    voltage: Voltage | None = Field(None, description="of one triplet of membranes; none: the data")
    current_density: CurrentDensity | None = Field(None, description="for the membrane area; none: the data")
    anion_leak: Ratio | None = Field(
        None, le=1.0, description="equivalents of anions per OH- in the base; none: the data"
    )
    cation_leak: Ratio | None = Field(None, le=1.0, description="cations per H+ in the acid; none: the data")
    water_cation: Ratio | None = Field(None, description="mol of water carried per cation; none: the data")
    water_anion: Ratio | None = Field(None, description="mol of water per equivalent of anion; none: the data")

    inlets: ClassVar = (
        Port("salt", "sodium or lithium sulfate liquor"),
        Port("base_water", "make-up of the base", drawn=True),
        Port("acid_water", "make-up of the acid", drawn=True),
    )
    outlets: ClassVar = (Port("base", "hydroxide"), Port("acid", "sulfuric acid"), Port("depleted", "depleted salt"))
    example: ClassVar[tuple[dict[str, Any], ...]] = tuple(
        {
            "parameters": parameters,
            "inlets": {
                "salt": {
                    "flows": {"H2O": 55.5, "Na+": 2.0, "Li+": 0.3, "Cl-": 0.02, "H+": 0.01, "SO4-2": 1.145, "F-": 0.0},
                    "temperature": 308.15,
                },
                "base_water": {"flows": {"H2O": 55.5}, "temperature": 308.15},
                "acid_water": {"flows": {"H2O": 55.5}, "temperature": 308.15},
            },
        }
        for parameters in ({"conversion": 0.6}, {"conversion": 0.5, "base_molality": 5.0, "water_cation": 14.0})
    )

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Ions moved, water moved, water drawn."""
        salt, first = chemistry.canonical(inlets["salt"])
        leak = {"base": self._value("anion_leak"), "acid": self._value("cation_leak")}
        cations, anions = shares(salt, CATIONS), shares(salt, ANIONS)
        moved = self.conversion * min(charge(salt, CATIONS), charge(salt, ANIONS))
        made = moved / (1.0 + leak["base"] + leak["acid"])
        wet = {"base": moved * self._value("water_cation"), "acid": moved * self._value("water_anion")}
        # The salt always keeps some water, whatever the ions are said to carry.
        most = min(1.0, 0.9 * salt["H2O"] / (wet["base"] + wet["acid"])) if moved > 0.0 else 0.0
        wet = times(wet, most)
        base_ions = {**times(cations, made * (1.0 + leak["base"])), **times(anions, made * leak["base"]), "OH-": made}
        acid_ions = {**times(cations, made * leak["acid"]), **times(anions, made * (1.0 + leak["acid"])), "H+": made}
        base, base_water = product(inlets["base_water"], base_ions, made, made / self.base_molality, wet["base"])
        acid, acid_water = product(inlets["acid_water"], acid_ions, made, 0.5 * made / self.acid_molality, wet["acid"])
        left = {name: salt[name] - base_ions.get(name, 0.0) - acid_ions.get(name, 0.0) for name in (*CATIONS, *ANIONS)}
        left["H2O"] = salt["H2O"] - wet["base"] - wet["acid"]
        depleted = salt.with_flows({**salt.flows, **left})
        warm = salt.temperature
        return UnitResult(
            {"base": base.at(warm), "acid": acid.at(warm), "depleted": depleted},
            drawn={"base_water": base_water, "acid_water": acid_water},
            extents=add_extents(first, {SPLIT: made}),
            values=self._values(base, acid, made, cations),
            fixed_splits=(
                FixedSplit("anions leaked per OH-", "SO4-2", leak["base"], "base", practice("anion_leak").told()),
                FixedSplit("cations leaked per H+", "Na+", leak["acid"], "acid", practice("cation_leak").told()),
            ),
            notices=self._notices(salt, base, acid, chemistry) if made > 0.0 else (),
        )

    def energy(self, inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
        """Direct current of the stack; what does not split water becomes heat that is cooled away."""
        vessel = vessel_energy(inlets, result, chemistry)
        power = result.values["power_W"]
        text = f"electrodialysis: {self._value('voltage'):.3g} V a triplet at {self._value('current_efficiency'):.3g}"
        return driven(vessel, power, "electrodialysis", f"{text} of the charge; rectifier and pumps not included")

    def sources_used(self) -> list[dict[str, Any]]:
        """The values of the data file that nothing here overrides."""
        return [
            {
                "parameter": f"electrodialysis: {name}", "value": row.value, "unit": row.unit or "1",
                "source": row.source, "grade": row.grade, "validity": f"{row.low:g} to {row.high:g}", "note": row.note,
            }
            for name in (*_CHOSEN, "current_density")
            if getattr(self, name) is None and (row := practice(name))
        ]  # fmt: skip

    def _value(self, name: str) -> float:
        """The declared value, else that of the data."""
        own: float | None = getattr(self, name)
        return practice(name).value if own is None else own

    def _values(self, base: Stream, acid: Stream, made: float, cations: dict[str, float]) -> dict[str, float]:
        current = FARADAY * made / self._value("current_efficiency")
        power = current * self._value("voltage")
        hydroxide = made * sum(
            share * (species(name).molar_mass + species("OH-").molar_mass) for name, share in cations.items()
        )
        return {
            "current_A": current,
            "power_W": power,
            "membrane_area_m2": current / self._value("current_density"),
            "energy_kWh_per_kg_base": power / hydroxide / _KWH if hydroxide > 0.0 else 0.0,
            "base_mol_kg": per_water(base, "OH-"),
            "acid_mol_kg": 0.5 * per_water(acid, "H+"),
        }

    def _notices(self, salt: Stream, base: Stream, acid: Stream, chemistry: Chemistry) -> tuple[Notice, ...]:
        notices = []
        foul = {e: c for e in _FOULANTS if (c := concentration(salt, e, chemistry)) > _FOULING}
        if foul:
            text = ", ".join(f"{e} {1e3 * c:.3g} mg/L" for e, c in foul.items())
            notices.append(Notice("W872", f"{text} in the salt: membranes scale above 1 mg/L"))
        for name, reached, wanted in (
            ("base", per_water(base, "OH-"), self.base_molality),
            ("acid", 0.5 * per_water(acid, "H+"), self.acid_molality),
        ):
            if reached < _SHORT * wanted:
                text = f"{name} of {reached:.3g} mol/kg, set {wanted:.3g}: the ions bring more water than that"
                notices.append(Notice("W873", text))
        return tuple(notices)
