"""By which outlets an element can leave a unit at all: what ``check`` finds loops without an exit with."""

from __future__ import annotations

import pytest

from hydromet.units.condense import Condense
from hydromet.units.crystallise import Crystallise
from hydromet.units.dry import Dry
from hydromet.units.evaporate import Evaporate
from hydromet.units.extract import Extract
from hydromet.units.organic_tank import OrganicTank
from hydromet.units.scrub import Scrub
from hydromet.units.strip import Strip

EVAPORATE = Evaporate(temperature=373.15, water_removed=0.5)
CRYSTALLISE = Crystallise(temperature=318.15, salt="NiSO4:6H2O(s)", crystal_yield=0.5, bleed=0.05)
EXTRACT = Extract(extractant="d2ehpa", stages=3, raffinate_pH=3.0)
STRIP = Strip(extractant="d2ehpa", stages=2, acid_ratio=1.1)


@pytest.mark.parametrize(
    ("unit", "element", "inlet", "outlets"),
    [
        (EVAPORATE, "Na", "liquor", {"concentrate"}),
        (EVAPORATE, "H", "liquor", {"concentrate", "condensate", "vent"}),
        (EVAPORATE, "C", "liquor", {"concentrate", "vent"}),
        (EVAPORATE.model_copy(update={"solids": ("Na2SO4(s)",)}), "Cl", "liquor", {"slurry"}),
        (CRYSTALLISE, "K", "liquor", {"crystals", "mother_liquor", "bleed"}),
        (CRYSTALLISE, "O", "liquor", {"crystals", "mother_liquor", "bleed", "condensate"}),
        (CRYSTALLISE.model_copy(update={"bleed": 0.0}), "K", "liquor", {"crystals", "mother_liquor"}),
        (CRYSTALLISE.model_copy(update={"bleed": 1.0}), "K", "liquor", {"crystals", "bleed"}),
        (Dry(temperature=353.15), "Ni", "crystals", {"product", "dust"}),
        (Dry(temperature=353.15), "H", "crystals", {"product", "dust", "vapour"}),
        (Condense(temperature=313.15), "Na", "vapour", {"condensate"}),
        (Condense(temperature=313.15), "C", "vapour", None),
        (EXTRACT, "Fe", "organic", {"organic"}),
        (EXTRACT, "Fe", "aqueous", {"organic"}),
        (EXTRACT, "Mn", "aqueous", None),
        (STRIP, "Fe", "organic", {"organic"}),
        (STRIP, "Fe", "acid", None),
        (STRIP, "Mn", "organic", None),
        (Scrub(extractant="d2ehpa", stages=2), "Fe", "organic", {"organic"}),
        (OrganicTank(extractant="d2ehpa", flow=1e-3, molarity=600.0), "Fe", "organic", {"organic"}),
        (OrganicTank(extractant="d2ehpa", flow=1e-3, molarity=600.0), "Diluent", "organic", None),
    ],
)
def test_ways_out(unit, element, inlet, outlets):
    found = unit.ways_out(element, inlet)
    assert (None if found is None else set(found)) == outlets
    if found:
        assert set(found) <= {port.name for port in unit.outlet_ports()}
