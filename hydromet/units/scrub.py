"""Scrubbing of a loaded organic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.chemistry.extraction.contact import Dose, Feed
from hydromet.units.base import Inlets, Port, UnitResult
from hydromet.units.cascade import CascadeUnit, displaced, water_for
from hydromet.units.fields import Ratio

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class Scrub(CascadeUnit):
    """Counter-current scrubbing: a little acid or product liquor displaces co-extracted metals from the organic.

    Assumptions:
        1. As in ``extract``: equilibrium stages, competition for the extractant, the pH is a result. The scrub liquor
           enters stage 1, where the scrubbed organic leaves; the loaded organic enters stage N.
        2. Dilution water is drawn to the declared O/A, if one is set; with more liquor than that none is drawn.

    Ports: in ``organic``, ``aqueous`` (scrub liquor: dilute acid, or a split of the strip liquor), ``water`` (drawn if
    ``O_A`` is set), a port for every entry of ``sides``; out ``organic`` (scrubbed), ``raffinate`` (scrub raffinate,
    usually back to extraction), ``crud`` (if declared).

    Equations: as ``extract``; water = V_org / (O/A) - V_aq.

    Validity: as ``extract``.

    Sources: data/extractants; O/A 10-20, pH 3.5-4.5 for cobalt (practice, recalled).
    """

    model: Literal["scrub"] = "scrub"
    O_A: Ratio | None = Field(None, gt=0.0, description="organic over aqueous by volume; draws dilution water")

    outlets: ClassVar = (Port("organic", "scrubbed organic"), Port("raffinate", "scrub raffinate"))
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"extractant": "cyanex272", "stages": 3, "O_A": 15.0},
        "inlets": {
            "organic": {
                "flows": {
                    "H(Cyanex272)(org)": 0.45, "Co(Cyanex272)2(org)": 0.14, "Ni(Cyanex272)2(org)": 0.01,
                    "Na(Cyanex272)(org)": 0.01, "Li(Cyanex272)(org)": 0.01, "Diluent(org)": 3.4, "H2O": 0.01,
                },
            },
            "aqueous": {"flows": {"H2O": 0.6, "Co+2": 0.02, "H+": 0.02, "SO4-2": 0.03}},
            "water": {"flows": {"H2O": 55.5}},
        },
    }  # fmt: skip

    def own_ports(self) -> tuple[Port, ...]:
        """Water is drawn where O/A is set."""
        drawn = self.O_A is not None
        return (
            Port("organic", "loaded organic, enters stage N"),
            Port("aqueous", "scrub liquor, enters stage 1"),
            Port("water", "dilution of the scrub liquor", required=drawn, drawn=drawn),
        )

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Cascade with the given scrub liquor and the water for O/A."""
        feeds = [Feed(self.stages - 1, inlets["organic"]), Feed(0, inlets["aqueous"]), *self.side_feeds(inlets)]
        doses = []
        if self.O_A is not None:
            doses.append(Dose(0, inlets["water"], water_for(self.O_A, inlets["water"], 0, inlets)))
        elif "water" in inlets:
            feeds.append(Feed(0, inlets["water"]))
        done = self.run(feeds, doses=doses)
        drawn = {"water": done.doses[0]} if doses else {}
        outlets = {"organic": done.organic, "raffinate": done.raffinate}
        scrubbed = displaced(inlets["organic"], done.organic, self.extractant, "scrubbed")
        return self.report(done, outlets, drawn, chemistry, values=scrubbed)
