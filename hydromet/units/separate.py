"""Separation by declared shares of species: the honest name for what is not modelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hydromet.errors import UnitError
from hydromet.species import PHASES, species
from hydromet.units.base import FixedSplit, Inlets, Port, Unit, UnitResult
from hydromet.units.fields import Fraction

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class Rule(BaseModel):
    """Which share of which species goes to which outlet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    take: str = Field(description="a species id, or a phase: aq, s, l, g, org")
    share: Fraction = Field(description="share of it that goes to the outlet")
    to: str = Field(description="name of the outlet")
    source: str = Field("declared in the flowsheet", description="where the share comes from")


class Separate(Unit):
    """Separation by constant shares, each listed in the result as a declared split and never as a prediction.

    Assumptions:
        1. A rule sends a constant share of a species, or of all species of a phase, to its outlet, whatever the feed;
           the first rule that names a species decides about it. What no rule names goes to ``rest``.
        2. Temperature and pressure are those of the feed.

    Ports: in ``feed``; out one port for every name in the rules, and ``rest``.

    Equations: n_out = s n_in.

    Validity: declared shares hold for the material they were measured on. Ions cannot be told apart (each outlet must
    be electrically neutral): use a unit with chemistry for that.

    Sources: those named in the rules.
    """

    model: Literal["separate"] = "separate"
    rules: tuple[Rule, ...] = Field(description="what goes where; first fit decides", min_length=1)

    inlets: ClassVar = (Port("feed", "stream to separate"),)
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "rules": [
                {"take": "C(s)", "share": 0.9, "to": "graphite"},
                {"take": "s", "share": 0.02, "to": "graphite"},
                {"take": "org", "share": 0.995, "to": "organic"},
            ]
        },
        "inlets": {
            "feed": {"flows": {"H2O": 50.0, "C(s)": 5.0, "SiO2(s)": 1.0, "Diluent(org)": 0.1}, "temperature": 300.0},
        },
    }

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for rule in self.rules:
            if rule.take not in PHASES and species(rule.take).charge:
                raise UnitError(
                    "E804", read=f"take: {rule.take}", expected="a neutral species or a phase", write="take: aq"
                )
            if rule.to == "rest":
                raise UnitError("E803", read="a rule to rest", expected="another name: rest takes what is left")
        return self

    def outlet_ports(self) -> tuple[Port, ...]:
        """One port for every outlet that the rules name, and the rest."""
        named = tuple(dict.fromkeys(rule.to for rule in self.rules))
        return (*(Port(name, "separated by declared shares") for name in named), Port("rest", "what is left"))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:  # noqa: ARG002  # shares need no chemistry
        """Each species by the first rule that names it."""
        feed = inlets["feed"]
        parts: dict[str, dict[str, float]] = {port.name: {} for port in self.outlet_ports()}
        for name, flow in feed.flows.items():
            rule = next((r for r in self.rules if r.take in (name, species(name).phase)), None)
            share = rule.share if rule else 0.0
            if rule:
                parts[rule.to][name] = share * flow
            parts["rest"][name] = (1.0 - share) * flow
        splits = tuple(FixedSplit("separation", r.take, r.share, r.to, r.source) for r in self.rules)
        return UnitResult({name: feed.with_flows(flows) for name, flows in parts.items()}, fixed_splits=splits)
