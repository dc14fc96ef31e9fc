"""Crud of a settler: organic, liquor and fine solids that stay together and leave by a port of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from hydromet.chemistry.extraction.extractants import load_extractant
from hydromet.errors import ExtractionError
from hydromet.units.base import FixedSplit
from hydromet.units.fields import Fraction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

# A declared share, or the value of practice in the file of the extractant.
Share = Fraction | Literal["typical"]
# No more of the liquor than this leaves with the crud.
_MOST = 0.5


@dataclass(frozen=True)
class Crud:
    """Outlets with the crud taken out, the precipitation that fed it, and what was declared."""

    outlets: Mapping[str, Stream]
    extents: Mapping[str, float] = field(default_factory=dict)
    splits: tuple[FixedSplit, ...] = ()


def declared(value: float | str, extractant: str, what: str) -> tuple[float, str]:
    """A declared share or rate, or the ``typical`` one of the extractant, and where it comes from.

    Args:
        value: a number, or ``typical``.
        extractant: its key.
        what: ``crud``, ``cobalt oxidation``, ``extractant`` or ``diluent`` (degradation, 1/s).

    Raises:
        ExtractionError: E615 the file of the extractant has no such value.
    """
    if not isinstance(value, str):
        return float(value), "declared in the flowsheet"
    one = load_extractant(extractant)
    known = one.limits
    found = {
        "crud": known.crud_share, "cobalt oxidation": known.cobalt_share,
        "extractant": known.extractant_rate, "diluent": known.diluent_rate,
    }[what]  # fmt: skip
    if found is None:
        raise ExtractionError(
            "E615",
            read=f"typical, of {one.name}",
            expected=f"a number: data/extractants/{extractant}.yaml says nothing of {what}",
            write="crud: 0.001 %",
        )
    origin = known.origins["degradation" if what in ("extractant", "diluent") else what]
    return found, f"data/extractants/{extractant}.yaml: {origin.source}, {origin.grade}"


def take_crud(
    outlets: Mapping[str, Stream],
    share: tuple[float, str],
    liquor: float,
    solids: Sequence[str],
    chemistry: Chemistry,
) -> Crud:
    """Solids of the leaving liquor, a share of the organic and liquor with it, into the port ``crud``.

    Args:
        outlets: ``organic`` and the aqueous one.
        share: of the organic, and its source.
        liquor: volume of liquor per volume of organic in the crud.
        solids: those that may precipitate from the leaving liquor.
        chemistry: saturation, volumes.

    Raises:
        ChemistryError: E505 a solid has no constant, E507.
    """
    name = next(port for port in outlets if port != "organic")
    organic, aqueous, extents = outlets["organic"], outlets[name], dict[str, float]()
    if solids and aqueous["H2O"] > 0.0:
        found = chemistry.equilibrate(aqueous, solids=tuple(solids))
        aqueous, extents = found.stream.at(aqueous.temperature), dict(found.extents)
    droplets = organic.part("org").scaled(share[0])
    wanted, there = liquor * chemistry.volume(droplets, "org") if droplets.flows else 0.0, 0.0
    if wanted > 0.0 and aqueous["H2O"] > 0.0:
        there = chemistry.volume(aqueous, "aq")
    caught = aqueous.part("aq").scaled(min(wanted / there, _MOST) if there > 0.0 else 0.0)
    crud = aqueous.part("s").plus(droplets).plus(caught).at(aqueous.temperature)
    return Crud(
        {
            **outlets,
            "organic": organic.with_flows({n: flow - droplets[n] for n, flow in organic.flows.items()}),
            name: aqueous.with_flows(
                {n: flow - caught[n] for n, flow in aqueous.flows.items() if not n.endswith("(s)")}
            ),
            "crud": crud,
        },
        extents,
        (FixedSplit("organic in the crud", "organic", share[0], "crud", share[1]),) if share[0] else (),
    )
