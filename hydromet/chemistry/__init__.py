"""Aqueous chemistry: activity, equilibrium with solids and gas, enthalpy, density. The door is ``Chemistry``."""

from __future__ import annotations

from hydromet.chemistry.chemistry import Chemistry
from hydromet.chemistry.liquor import Liquor
from hydromet.chemistry.reaction import Reaction
from hydromet.chemistry.records import Caution, SourceRow
from hydromet.chemistry.results import Equilibrium
from hydromet.chemistry.solutions.solution import Solution

__all__ = ["Caution", "Chemistry", "Equilibrium", "Liquor", "Reaction", "Solution", "SourceRow"]
