"""Electricity between the power station and the plant: what is lost, and what is location-based and what market-based.

The intensity of a grid is per kWh generated. Of that a share is lost on the way, so that a plant that takes 1 kWh has
``share / (1 - share)`` kWh more generated for it; the inventory carries this as an activity of its own. The shares
stand beside the book (``losses.csv``), each with its source. Figures of a utility (``market.``) and of an area
(``grid.``) are two answers to two questions and are never averaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from hydromet.datafiles import parse_csv, read_text, read_yaml
from hydromet.errors import FootprintError
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.carbon.shapes import Factor

GRID, MARKET = "grid.", "market."
_INCLUDED = "T&D losses included"


@dataclass(frozen=True)
class Loss:
    """What is lost of the electricity generated for a plant.

    Attributes:
        geography: the area it is of; a country stands for its supply areas.
        share: of what is generated.
        year, source, locator, grade, verified, note: where it comes from.
    """

    geography: str
    share: float
    year: str
    source: str
    locator: str
    grade: str
    verified: str
    note: str = ""

    @property
    def per_delivered(self) -> float:
        """What is lost, in kWh per kWh delivered."""
        return self.share / (1.0 - self.share)


def basis(factor: Factor) -> Literal["location", "market"]:
    """Whether an electricity factor is of a place or of a contract."""
    return "market" if factor.id.startswith(MARKET) else "location"


def includes_losses(factor: Factor) -> bool:
    """Whether the factor is per kWh delivered already."""
    return _INCLUDED in factor.scope


def loss(factor: Factor, book: str = "hydromet-2026.1") -> Loss:
    """What is lost on the way from the stations of a grid; nothing where the factor has it in it.

    Args:
        factor: of electricity, of any book.
        book: the shipped book that holds the table.

    Raises:
        FootprintError: E772, no loss is known for this geography.
    """
    if includes_losses(factor):
        note = "losses are in the factor"
        return Loss(
            factor.geography, 0.0, factor.year, factor.source, factor.locator, factor.grade, factor.verified, note
        )
    table = losses(book)
    found = table.get(factor.geography) or table.get(factor.geography.partition("-")[0])
    if found is None:
        near = nearest(factor.geography, table) or tuple(table)
        read = f"{factor.id}: no losses of {factor.geography}"
        raise FootprintError(
            "E772", read=read, expected=f"a stated share, or an area of {', '.join(near)}", write="losses: 5 %"
        )
    return found


@lru_cache(maxsize=4)
def losses(book: str) -> Mapping[str, Loss]:
    """Geography -> loss, as a shipped book has them."""
    name = f"data/factors/{read_yaml(f'data/factors/{book}.yaml')['losses']}"
    return {
        row["geography"]: Loss(
            row["geography"], float(row["share"]), row["year"], row["source"], row["locator"], row["grade"],
            row["verified"], row["note"],
        )
        for row in parse_csv(read_text(name), name)
    }  # fmt: skip
