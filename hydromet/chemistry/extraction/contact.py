"""Counter-current contact of a liquor with an organic phase: the cascade kernel with activities from the engine.

The aqueous phase flows from stage 1 to N, the organic from N to 1. The kernel solves all stages at conditional
constants; the engine speciates every stage and gives them anew, until the pH of both agree. Everything that leaves is
what entered plus extents of reaction, so every element, charge and pseudo-element closes to round-off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.chemistry.extraction.contact_mixing import MANNERS
from hydromet.chemistry.extraction.contact_run import FAILURES, Run
from hydromet.chemistry.extraction.contact_types import Contacted, Dose, Feed, Layout, Outcome
from hydromet.errors import ExtractionError, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.chemistry.extraction.extractants import Extractant

_UNSOLVED = ("E604", "E506", "E507")


def contact(extractant: Extractant, feeds: Sequence[Feed], layout: Layout, doses: Sequence[Dose] = ()) -> Contacted:
    """Solve the cascade.

    Args:
        extractant: with its constants.
        feeds: aqueous normally enters stage 0, organic stage N-1.
        layout: stages, temperature, set points.
        doses: additions found on the way.

    Raises:
        ExtractionError: E604 no solution, E605 the base has no cation that is extracted.
    """
    first: UserError | None = None
    failures = 0
    for manner in MANNERS:
        run = Run(extractant, feeds, layout, doses, manner)
        try:
            return run.solve()
        except UserError as error:
            # Another way through the passes may end where this one has left the range of the chemistry.
            if error.code not in _UNSOLVED:
                raise
            first = first or error
            failures += run.failures
            if run.good is None or failures >= FAILURES:
                break
    assert first is not None  # noqa: S101  # there is a manner
    if first.code == "E604":
        raise first
    raise ExtractionError(
        "E604",
        read=f"a liquor on the way, {first.read} ({first.code})",
        expected="a cascade whose feeds are inside the range of the chemistry",
    ) from first


__all__ = ["Contacted", "Dose", "Feed", "Layout", "Outcome", "contact"]
