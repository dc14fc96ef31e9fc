"""Validity of everything that a set of liquors asked of the data: one finding a quantity, where it was asked, how far.

A finding is of a run, not of a liquor: parameters of one temperature used at another are one line with their number
and those that matter most; a pair used beyond the molality of its data is named. ``influence`` says what matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import gcd
from typing import TYPE_CHECKING

from hydromet.chemistry.database import Constant, Mixing, Pair, load_database
from hydromet.chemistry.engine import COLDEST, HOTTEST
from hydromet.chemistry.physical.validity import by_property
from hydromet.chemistry.slopes.influence import effects
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hydromet.chemistry.liquor import Liquor
    from hydromet.chemistry.physical.validity import Remark

Row = Pair | Mixing | Constant

# Range of the Pitzer set as a whole: temperature terms go to 110 degC, ionic strengths of the fits to about 20 mol/kg.
COLD, HOT, STRONG = 273.15, 383.15, 20.0
# Molality of a neutral solute, mol/kg, to which its one constant an ion is taken: they come from dilute gases.
DILUTE = 3.0
# A row counts as used within its temperatures up to this far outside them, K; a solid up to the second.
_NEAR, _NEAR_SOLID = 5.0, 15.0
# Effect (ln units) from which a Pitzer row, and share from which a species, is worth a warning; how many are named.
MATTERS, _NAMED = 0.05, 5
_ZERO = 273.15


@dataclass(frozen=True, slots=True)
class Finding:
    """One quantity used outside its validity in a run.

    Attributes:
        code: of the warning. text: the quantity, what was asked, the range and the source.
        where: the liquors, in the order they came.
    """

    code: str
    text: str
    where: tuple[str, ...]


@dataclass
class Use:
    """How a run used one row of the data.

    Attributes:
        row: of the data.
        effect: largest effect in a liquor. acts_on: species whose activity it changes most. at: that liquor.
        where: liquors in which it matters -> temperature, K, and ionic strength, mol/kg.
    """

    row: Row
    effect: float = 0.0
    acts_on: str = ""
    at: str = ""
    where: dict[str, tuple[float, float]] = field(default_factory=dict)

    def off(self) -> dict[str, float]:
        """Liquors in which it matters more than a little outside its temperatures -> their temperature, K."""
        low, high = self.row.origin.t_min - _NEAR, self.row.origin.t_max + _NEAR
        return {place: t for place, (t, _) in self.where.items() if not low <= t <= high}

    def beyond(self, limit: float) -> dict[str, float]:
        """Liquors in which it matters above an ionic strength -> theirs, mol/kg."""
        return {place: strength for place, (_, strength) in self.where.items() if strength > limit * (1.0 + 1e-6)}

    @property
    def effect_in_words(self) -> str:
        """Such as ``0.5 in ln gamma of Ni+2 in nickel_strip.liquor``."""
        if isinstance(self.row, Constant):
            return f"{self.effect:.0%} of {self.acts_on} in {self.at}"
        return f"{self.effect:.2g} in ln gamma of {self.acts_on} in {self.at}"


def quantity(row: Row) -> str:
    """How a row is named: ``Pitzer Ni+2 SO4-2``, ``Pitzer psi Na+ Ni+2 SO4-2``, ``log10 K of Ca+2 + F- = CaF+``."""
    if isinstance(row, Constant):
        return f"log10 K of {row.equation}"
    return f"Pitzer {row.kind} {' '.join(row.ions)}" if isinstance(row, Mixing) else f"Pitzer {' '.join(row.ions)}"


class Audit:
    """Collects the liquors of a run and says what they asked of the data."""

    def __init__(self) -> None:
        # Rows are of the one database, so their identity is a key; by value it would take longer than the speciation.
        self._uses: dict[int, Use] = {}
        self._hot: dict[str, float] = {}
        self._strong: dict[str, float] = {}
        self._neutral: dict[str, dict[str, float]] = {}
        self._solids: dict[str, dict[str, float]] = {}
        self._remarks: dict[Remark, dict[str, None]] = {}

    def add(self, where: str, liquor: Liquor, solids: Iterable[str] = ()) -> None:
        """Count a liquor, and the solids that stand with it.

        Args:
            where: what the liquor is called.
            liquor: speciated.
            solids: those in equilibrium with it.
        """
        t = liquor.temperature
        if not COLD - 0.01 <= t <= HOT:
            self._hot[where] = t
        if liquor.ionic_strength > STRONG:
            self._strong[where] = liquor.ionic_strength
        for row, effect, acts_on in effects(liquor):
            use = self._uses.get(id(row))
            if use is None:
                use = self._uses[id(row)] = Use(row)
            if effect > use.effect:
                use.effect, use.acts_on, use.at = effect, acts_on, where
            if effect >= MATTERS:
                use.where[where] = (t, liquor.ionic_strength)
        for name, m in liquor.molalities.items():
            if m > DILUTE and name != WATER and not species(name).charge:
                self._neutral.setdefault(name, {})[where] = m
        known = load_database().solids
        for name in solids:
            origin = known[name].origin if name in known else None
            if origin and not origin.t_min - _NEAR_SOLID <= t <= origin.t_max + _NEAR_SOLID:
                self._solids.setdefault(name, {})[where] = t

    def add_properties(self, where: str, remarks: Iterable[Remark]) -> None:
        """Count what the density and the heat capacity of a liquor were asked beyond their data."""
        for remark in remarks:
            self._remarks.setdefault(remark, {})[where] = None

    def uses(self) -> dict[str, Use]:
        """Every row that took part, by quantity."""
        return {quantity(use.row): use for use in self._uses.values()}

    def findings(self) -> tuple[Finding, ...]:
        """What was asked beyond the data, by code; nothing twice."""
        there = [use for use in self._uses.values() if use.where]
        there.sort(key=lambda use: (-use.effect, quantity(use.row)))
        activity = [use for use in there if not isinstance(use.row, Constant)]
        found = [_temperature(self._hot), _strength(self._strong), *_solids(self._solids), *_molality(activity)]
        found += _neutrals(self._neutral)
        found += [_one_temperature(activity), *_outside(activity), _constants(there), _estimated(activity)]
        found += _properties(self._remarks)
        return tuple(one for one in found if one)


def _properties(remarks: Mapping[Remark, Iterable[str]]) -> list[Finding]:
    return [
        Finding(caution.code, caution.text, tuple(dict.fromkeys(place for one in about for place in remarks[one])))
        for caution, about in by_property(remarks).items()
    ]


def _temperature(hot: dict[str, float]) -> Finding | None:
    if not hot:
        return None
    worst = max(hot.values(), key=lambda t: max(t - HOT, COLD - t))
    used = min(max(worst, COLDEST), HOTTEST)
    text = f"activity model at {_c(worst)} degC, valid 0 to 110"
    text += f"; values of {_c(used)} degC taken" if used != worst else ""
    return Finding("W501", text, tuple(hot))


def _strength(strong: dict[str, float]) -> Finding | None:
    if not strong:
        return None
    text = f"activity model at ionic strength {max(strong.values()):.1f} mol/kg, fitted to {STRONG:g}"
    return Finding("W502", text, tuple(strong))


def _solids(asked: dict[str, dict[str, float]]) -> list[Finding]:
    found, known = [], load_database().solids
    for name, places in asked.items():
        origin = known[name].origin
        worst = max(places.values(), key=lambda t: max(t - origin.t_max, origin.t_min - t))
        data = f"data {_range(origin.t_min, origin.t_max)} ({origin.source})"
        found.append(Finding("W503", f"solubility of {name} at {_c(worst)} degC, {data}", tuple(places)))
    return found


def _molality(activity: Sequence[Use]) -> list[Finding]:
    """Pairs beyond the molality of their data, by the ionic strength that goes with it."""
    found = []
    for use in activity:
        row = use.row
        if isinstance(row, Pair) and row.m_max > 0.0:
            limit = row.m_max * _strength_of(row.ions)
            beyond = use.beyond(limit)
            if beyond:
                data = f"data to {limit:.1f} ({row.m_max:g} mol/kg of the salt; {row.origin.source})"
                asked = f"{quantity(row)} at ionic strength {max(beyond.values()):.1f} mol/kg"
                found.append(Finding("W511", f"{asked}, {data}; {use.effect_in_words}", tuple(beyond)))
    return found


def _neutrals(strong: Mapping[str, dict[str, float]]) -> list[Finding]:
    """Dissolved neutrals beyond what their constants with ions were measured in."""
    return [
        Finding("W516", f"{name} at {max(places.values()):.3g} mol/kg, taken as dilute to {DILUTE:g}", tuple(places))
        for name, places in strong.items()
    ]


def _one_temperature(activity: Sequence[Use]) -> Finding | None:
    """Rows without temperature terms, together."""
    single = [use for use in activity if use.row.origin.t_max == use.row.origin.t_min and use.off()]
    if not single:
        return None
    text = f"{len(single)} activity parameters known at 25 degC alone, used at {_span(single)}: {_first(single)}"
    return Finding("W512", text, _off_places(single))


def _outside(activity: Sequence[Use]) -> list[Finding]:
    """Rows with temperature terms, one by one."""
    found = []
    for use in activity:
        origin = use.row.origin
        if origin.t_max > origin.t_min and use.off():
            data = f"data {_range(origin.t_min, origin.t_max)} ({origin.source})"
            text = f"{quantity(use.row)} at {_span([use])}, {data}; {use.effect_in_words}"
            found.append(Finding("W513", text, _off_places([use])))
    return found


def _constants(there: Sequence[Use]) -> Finding | None:
    """Constants of dissolved species outside their temperatures, together."""
    off = [use for use in there if isinstance(use.row, Constant) and use.off()]
    if not off:
        return None
    text = f"log10 K of {len(off)} dissolved species beyond their temperatures, at {_span(off)}: {_first(off)}"
    return Finding("W514", text, _off_places(off))


def _estimated(activity: Sequence[Use]) -> Finding | None:
    """Activity parameters that nobody measured, together."""
    guessed = [use for use in activity if use.row.origin.grade in ("estimated", "recalled")]
    if not guessed:
        return None
    text = f"{len(guessed)} of the {len(activity)} activity parameters that matter are estimates: {_first(guessed)}"
    return Finding("W515", text, _places(guessed))


def _first(uses: Sequence[Use]) -> str:
    """The uses with the largest effect, and how many more there are."""
    named = [f"{quantity(use.row).removeprefix('Pitzer ')} ({use.effect_in_words})" for use in uses[:_NAMED]]
    return ", ".join(named) + (f" and {len(uses) - _NAMED} more" if len(uses) > _NAMED else "")


def _span(uses: Sequence[Use]) -> str:
    """The temperatures at which rows were used outside theirs."""
    asked = [t for use in uses for t in use.off().values()]
    return _range(min(asked), max(asked))


def _off_places(uses: Sequence[Use]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place for use in uses for place in use.off()))


def _places(uses: Sequence[Use]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place for use in uses for place in use.where))


def _strength_of(ions: tuple[str, ...]) -> float:
    """Ionic strength of 1 mol/kg of the salt of two ions."""
    cation, anion = (abs(species(ion).charge) for ion in ions)
    return 0.5 * cation * anion * (cation + anion) / gcd(cation, anion)


def _c(kelvin: float) -> str:
    return f"{kelvin - _ZERO:.0f}"


def _range(low: float, high: float) -> str:
    return f"{_c(low)} degC" if high - low < 0.5 else f"{_c(low)} to {_c(high)} degC"
