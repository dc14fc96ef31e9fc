"""What the boundary of each method takes in and leaves out, from ``data/factors/boundaries.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.datafiles import read_yaml
from hydromet.errors import FootprintError
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "data/factors/boundaries.yaml"


@dataclass(frozen=True)
class Boundary:
    """The boundary of one method.

    Attributes:
        id, title, published, source, verified: what it is and how sure; ``title`` by language.
        included, excluded: stage -> text by language. Stages as in ``shapes.Stage``, and ``use``.
    """

    id: str
    title: Mapping[str, str]
    published: str
    included: Mapping[str, Mapping[str, str]]
    excluded: Mapping[str, Mapping[str, str]]
    source: str
    verified: str

    def sums_up(self, stage: str) -> bool:
        """Whether a stage counts under this boundary."""
        return stage in self.included


@lru_cache(maxsize=1)
def boundaries() -> Mapping[str, Boundary]:
    """All boundaries by id."""
    found = {}
    for name, each in read_yaml(FILE).items():
        texts = {stage: {key: told[key] for key in ("en", "ja")} for stage, told in each["stages"].items()}
        inside = {stage for stage, told in each["stages"].items() if told["in"]}
        found[name] = Boundary(
            name, each["title"], str(each["published"]),
            {stage: text for stage, text in texts.items() if stage in inside},
            {stage: text for stage, text in texts.items() if stage not in inside},
            each["source"], str(each["verified"]),
        )  # fmt: skip
    return found


def boundary(name: str) -> Boundary:
    """One boundary by its id.

    Raises:
        FootprintError: E798 there is none; the nearest names are offered.
    """
    known = boundaries()
    if name not in known:
        raise FootprintError("E798", read=name, expected=", ".join(nearest(name, known) or known))
    return known[name]
