"""The rules of the regulation as read from ``data/regulation``; nothing here depends on a case."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_csv, read_yaml
from hydromet.errors import RecoveryError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "data/regulation"
# Rows of the documentation form; other elements count as Others.
KEYS = (
    "Co", "Cu", "Li", "Ni", "Mn", "Al", "Steel", "Plastics", "O", "C_cell", "Fe_cell", "P", "Cl", "S", "Others",
)  # fmt: skip
OTHERS = "Others"
BLACK_MASS = "black_mass"


@dataclass(frozen=True)
class Regime:
    """Which elements with a switch count, from a reporting year on."""

    name: str
    first: int
    mandatory: frozenset[str]
    optional: frozenset[str]
    article: str

    def counted(self, chosen: Mapping[Any, bool]) -> frozenset[str]:
        """Elements with a switch that count, given the reporter's choices: the mandatory ones always."""
        return self.mandatory | {name for name in self.optional if chosen.get(name, False)}


@dataclass(frozen=True)
class Use:
    """Whether a fraction of this use counts in the efficiency and in the recovery."""

    efficiency: bool
    recovery: bool
    what: Mapping[str, str]
    rule: str


@dataclass(frozen=True)
class Target:
    """A figure of Annex XII; an empty family means all."""

    family: str
    item: str
    percent: float
    by: str
    part: str
    verified: str

    @property
    def year(self) -> int:
        """The year at whose end it has to be met."""
        return int(self.by[:4])


@dataclass(frozen=True)
class Rules:
    """Everything in ``data/regulation`` that the rates need; the tables are named as in the files."""

    general: Mapping[str, Any]
    regimes: tuple[Regime, ...]
    uses: Mapping[str, Use]
    forms: Mapping[str, Mapping[str, Any]]
    commodities: Mapping[str, Mapping[str, str]]
    families: Mapping[str, Mapping[str, str]]
    parts: Mapping[str, Mapping[str, Any]]
    targets: tuple[Target, ...]

    def regime(self, year: int) -> Regime:
        """The switches of a reporting year.

        Raises:
            RecoveryError: E911, before the first reporting year.
        """
        found = [regime for regime in self.regimes if regime.first <= year]
        if not found:
            first = self.general["first_reporting_year"]
            raise RecoveryError("E911", read=str(year), expected=f"a reporting year from {first} on", write=str(first))
        return found[-1]

    def targets_of(self, family: str, item: str) -> tuple[Target, ...]:
        """Targets of an efficiency or a metal, earliest first."""
        return tuple(t for t in self.targets if t.item == item and t.family in ("", family))


@lru_cache(maxsize=1)
def rules() -> Rules:
    """The shipped rules."""
    general = read_yaml(f"{FOLDER}/rules.yaml")
    regimes = tuple(
        Regime(each["name"], each["from"], frozenset(each["mandatory"]), frozenset(each["optional"]), each["article"])
        for each in general["regimes"]
    )
    uses = {row["use"]: Use(row["efficiency"] == "yes", row["recovery"] == "yes", _what(row), row["rule"])
            for row in read_csv(f"{FOLDER}/uses.csv")}  # fmt: skip
    forms = {
        row["form"]: {"waste": row["waste"] == "yes", "production": row["production"] == "yes", "what": _what(row)}
        for row in read_csv(f"{FOLDER}/forms.csv")
    }
    commodities = {row["commodity"]: row for row in read_csv(f"{FOLDER}/commodities.csv")}
    parts = read_yaml(f"{FOLDER}/parts.yaml")["parts"]
    targets = tuple(
        Target(row["family"], row["item"], float(row["percent"]), row["by"], row["part"], row["verified"])
        for row in read_csv(f"{FOLDER}/targets.csv")
    )
    return Rules(general, regimes, uses, forms, commodities, general["families"], parts, targets)


@lru_cache(maxsize=1)
def member_states() -> frozenset[str]:
    """Member States, ISO 3166-1 alpha-2."""
    return frozenset(row["code"] for row in read_csv(f"{FOLDER}/member_states.csv"))


@lru_cache(maxsize=1)
def bills() -> Mapping[str, Any]:
    """The shipped bills of material: ``cells``, ``packs`` and where they come from."""
    found: Mapping[str, Any] = read_yaml(f"{FOLDER}/bills.yaml")
    return found


def _what(row: Mapping[str, str]) -> dict[str, str]:
    return {"en": row["what_en"], "ja": row["what_ja"]}


@lru_cache(maxsize=1)
def traps() -> Mapping[str, Any]:
    """The traps T01 to T16: what is done wrong, what is right, where the rule stands."""
    found: Mapping[str, Any] = read_yaml(f"{FOLDER}/traps.yaml")["traps"]
    return found
