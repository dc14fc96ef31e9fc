"""What a value of the chemistry data is: a number with its source, grade and validity."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

T0 = 298.15
R = 8.31446261815324
LN10 = log(10.0)

Four = tuple[float, float, float, float]

GRADES = ("measured", "fitted", "estimated", "recalled")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from.

    Attributes:
        source: bibliography key.
        grade: ``measured``, ``fitted``, ``estimated`` or ``recalled``.
        t_min, t_max: range of validity, K; equal where the value is of one temperature.
        note: what a reader has to know.
    """

    source: str
    grade: str
    t_min: float = 0.0
    t_max: float = 1e4
    note: str = ""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One line of the list of everything a calculation used.

    Attributes:
        quantity: such as ``log K of Al(OH)3(s)``.
        value: at 25 degC.
        unit: of the value.
        source, grade: see ``Origin``.
        validity: range in words.
        note: remarks.
        effect: largest effect in a run, ln units of what it acts on; 0 where it is not known. See ``influence``.
        acts_on: the species or component.
    """

    quantity: str
    value: float
    unit: str
    source: str
    grade: str
    validity: str
    note: str = ""
    effect: float = 0.0
    acts_on: str = ""

    def as_dict(self) -> dict[str, str | float]:
        """As it stands in a result: the quantity is the ``parameter``, an effect of 0 is left out."""
        made: dict[str, str | float] = {
            "parameter": self.quantity, "value": self.value, "unit": self.unit, "source": self.source,
            "grade": self.grade, "validity": self.validity, "note": self.note,
        }  # fmt: skip
        return {**made, "effect": self.effect, "acts_on": self.acts_on} if self.effect > 0.0 else made


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning about validity, by code; ``units`` repeats it as a notice of the result."""

    code: str
    text: str


def at(parameter: Four, temperature: float) -> float:
    """``a1 + a2 (1/T - 1/T0) + a3 ln(T/T0) + a4 (T - T0)``: how every parameter depends on temperature."""
    a1, a2, a3, a4 = parameter
    return a1 + a2 * (1.0 / temperature - 1.0 / T0) + a3 * log(temperature / T0) + a4 * (temperature - T0)


def reaction_enthalpy(log10_k: Four, temperature: float) -> float:
    """Standard enthalpy of a reaction from the slope of its log10 K, J/mol (van't Hoff)."""
    _, b, c, d = log10_k
    return R * LN10 * (-b + c * temperature + d * temperature**2)
