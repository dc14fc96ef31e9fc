"""One solution, asked everything: what ``hydromet speciate`` does."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from hydromet.chemistry.database import OH, H
from hydromet.chemistry.formation import allowed_solids
from hydromet.chemistry.root import bracket_root
from hydromet.chemistry.solubility import saturate
from hydromet.chemistry.solutions.amounts import Amount, ions_of_all, read_substance, to_molality
from hydromet.chemistry.solutions.solution import Solution
from hydromet.errors import ChemistryError
from hydromet.species import species
from hydromet.stream import ATMOSPHERE, ROOM

if TYPE_CHECKING:
    from collections.abc import Mapping

# Charges that differ by less than this share of their sum cancel.
_NEUTRAL = 1e-9
# Where the amount of the balancing ion is searched: up to so many times the charge there is.
_MOST = 1e6
_TOLERANCE = 1e-15
PH = "pH"


@dataclass(frozen=True)
class Question:
    """A solution as asked about.

    Attributes:
        composition: name -> amount, see ``amounts``.
        temperature: K. pressure: Pa.
        balance: ion that makes the charges cancel; ``pH`` for H+ or OH-; none: they must cancel.
        pH: target of a titration; with ``balance`` and no titrant the measured pH.
        titrant: what is dosed to the pH.
        solids: ``auto``, ``none`` or names: what may form.
        gases: gas -> partial pressure of the atmosphere the solution is open to, Pa.
        saturate: salt or solid that is dissolved until no more goes in.
        Eh: potential at which all couples are held, V against the standard hydrogen electrode; none: they are
            independent of each other.
    """

    composition: Mapping[str, Amount] = field(default_factory=dict)
    temperature: float = ROOM
    pressure: float = ATMOSPHERE
    balance: str | None = None
    pH: float | None = None
    titrant: str | None = None
    solids: str | tuple[str, ...] = "auto"
    gases: Mapping[str, float] = field(default_factory=dict)
    saturate: str | None = None
    Eh: float | None = None


@dataclass(frozen=True)
class Speciation:
    """A solution and what became of it.

    Attributes:
        question: as asked.
        molalities: name -> mol per kilogram of water put in, of what was asked about.
        balanced: ion -> mol per kilogram of water added (negative: taken away) so that the charges cancel.
        made: the solution as put together.
        solution: the same after dosing, dissolving and precipitation.
        allowed: solids that were allowed to form.
        dissolved: solid -> mol per kilogram of water put in that dissolved up to saturation.
    """

    question: Question
    molalities: Mapping[str, float]
    balanced: Mapping[str, float]
    made: Solution
    solution: Solution
    allowed: tuple[str, ...]
    dissolved: Mapping[str, float]


def speciate(question: Question) -> Speciation:
    """Put a solution together, balance it, titrate or saturate it, let solids form and gases come and go.

    Args:
        question: what the solution is made of and what is done to it.

    Raises:
        ChemistryError: E508 the pH is out of reach, E513 the charges do not cancel, E514 it cannot be saturated, E543
            the balance is impossible, E544 no room for water, E545 requests that do not go together.
    """
    _check(question)
    molalities, made, balanced = put_together(question)
    allowed = allowed_solids(question.solids)
    dissolved: dict[str, float] = {}
    if question.saturate is not None:
        full = saturate(made, question.saturate)
        dissolved[full.solid] = full.amount
        others = tuple(name for name in allowed if name != full.solid)
        end = full.solution.equilibrate(others, question.gases)
    elif question.Eh is not None:
        target = question.pH if question.titrant else None
        end = made.at_potential(question.Eh, pH=target, titrant=question.titrant, solids=question.solids)
    elif question.pH is not None and question.titrant is not None:
        end = made.titrate(question.titrant, question.pH, solids=allowed, gases=question.gases)
    else:
        end = made.equilibrate(allowed, question.gases)
    return Speciation(
        question,
        MappingProxyType(molalities),
        MappingProxyType(balanced),
        made,
        end,
        allowed,
        MappingProxyType(dissolved),
    )


def put_together(question: Question) -> tuple[dict[str, float], Solution, dict[str, float]]:
    """The molalities of what was named, the balanced solution, and what the balance added.

    Raises:
        ChemistryError: E513, E543, E544 as ``speciate``.
    """

    def completed(ions: dict[str, float]) -> dict[str, float]:
        nothing_yet = not any(ions.values())  # the first guess: no charge to balance, no pH to measure
        return _plus(ions, _balance(ions, question) if question.balance and not nothing_yet else {})

    molalities = to_molality(question.composition, question.temperature, completed)
    ions = ions_of_all(molalities)
    balanced = _balance(ions, question)
    return molalities, _solution(_plus(ions, balanced), question), balanced


def _plus(ions: Mapping[str, float], more: Mapping[str, float]) -> dict[str, float]:
    found = dict(ions)
    for ion, added in more.items():
        found[ion] = found.get(ion, 0.0) + added
    return found


def _check(question: Question) -> None:
    """Requests that contradict each other or say only half.

    Raises:
        ChemistryError: E545.
    """
    if question.titrant and question.pH is None:
        raise _half("a titrant without a pH", "the pH it has to reach", "--pH 5")
    if question.pH is not None and not question.titrant:
        if question.balance is None:
            expected = (
                "a titrant that brings the solution there, or for a measured pH the ion that balances the charges"
            )
            raise _half("a pH without a titrant", expected, "--titrant NaOH")
        if question.balance == PH:
            expected = "an ion: where the pH is given it cannot be found from the charges"
            raise _half("a measured pH with --balance pH", expected, "--balance SO4-2")
    if question.saturate and question.titrant:
        raise _half("saturation and titration at once", "one of the two", f"--saturate {question.saturate}")
    if question.Eh is not None and (question.saturate or question.gases):
        raise _half("a potential together with saturation or gases", "one of them", f'--Eh "{question.Eh:g} V"')


def _half(read: str, expected: str, write: str) -> ChemistryError:
    return ChemistryError("E545", read=read, expected=expected, write=write)


def _solution(ions: Mapping[str, float], question: Question) -> Solution:
    return Solution(
        {name: count for name, count in ions.items() if count > 0.0}, question.temperature, question.pressure
    )


def _balance(ions: Mapping[str, float], question: Question) -> dict[str, float]:
    """What to add to each ion so that the charges cancel, mol/kg; negative is taken away."""
    charge = sum(count * species(name).charge for name, count in ions.items())
    size = sum(abs(count * species(name).charge) for name, count in ions.items())
    neutral = abs(charge) <= _NEUTRAL * size
    if question.balance is None and not neutral:
        raise _unbalanced(ions, charge, size)
    if question.balance is None:
        return {}
    if question.balance == PH:
        return {H if charge < 0.0 else OH: abs(charge)} if charge else {}
    one = read_substance(question.balance)
    ion = species(one.name)
    if not ion.charge or ion.id in (H, OH):
        raise ChemistryError(
            "E543", read=question.balance, expected="an ion other than H+ and OH-, or pH", write="--balance SO4-2"
        )
    if question.pH is not None and question.titrant is None:
        return _measured(ions, ion.id, question)
    added = -charge / ion.charge
    if ions.get(ion.id, 0.0) + added < 0.0:
        other = "Na+" if charge < 0.0 else "SO4-2"
        raise ChemistryError(
            "E543",
            read=f"{ion.id}: {-added:.4g} mol/kg too much, {ions.get(ion.id, 0.0):.4g} mol/kg there",
            expected="an ion of the other charge, or one of which there is enough to take away",
            write=f"--balance {other}",
        )
    return {ion.id: added} if added else {}


def _unbalanced(ions: Mapping[str, float], charge: float, size: float) -> ChemistryError:
    """Says the excess in the words of an analysis, with the ion that is most likely short."""
    if charge > 0.0:
        ion = "Cl-" if ions.get("Cl-", 0.0) > ions.get("SO4-2", 0.0) + ions.get("HSO4-", 0.0) else "SO4-2"
    else:
        ion = "Na+"
    sign = "positive" if charge > 0.0 else "negative"
    share = 200.0 * abs(charge) / (size + abs(charge))
    return ChemistryError(
        "E513",
        read=f"{abs(charge):.4g} eq/kg water more {sign} charge than the other ({min(share, 100.0):.3g} % of it)",
        expected="charges that cancel; or the ion that makes up for it; or pH, if acid or base does",
        write=f"--balance {ion}",
    )


def _measured(ions: Mapping[str, float], ion: str, question: Question) -> dict[str, float]:
    """Amount of the balancing ion at which the solution, neutral with H+ or OH-, has the measured pH.

    The pH falls as the amount of an anion rises (rises with a cation), so there is one amount.

    Raises:
        ChemistryError: E543, no amount of it gives this pH.
    """
    z = species(ion).charge
    rest = {name: count for name, count in ions.items() if name != ion}
    charge = sum(count * species(name).charge for name, count in rest.items())
    direction = 1.0 if z > 0 else -1.0
    target = float(question.pH if question.pH is not None else 7.0)

    def acid(amount: float) -> dict[str, float]:
        left = charge + z * amount
        return {H if left < 0.0 else OH: abs(left)}

    def miss(amount: float) -> float:
        whole = _plus({**rest, ion: amount}, acid(amount))
        return direction * (_solution(whole, question).pH - target)

    low, high = 0.0, max(abs(charge / z), 1e-3)
    start = miss(low)
    while (end := miss(high)) < 0.0 and high < _MOST:
        low, start, high = high, end, 2.0 * high
    if start > 0.0 or end < 0.0:
        at = target + direction * (start if start > 0.0 else end)
        raise ChemistryError(
            "E543",
            read=f"pH {target:g} balanced with {ion}",
            expected=f"a pH it can give: {'without it' if start > 0.0 else 'with much of it'} the pH is {at:.2f}",
            write=f"--balance {'SO4-2' if z > 0 else 'Na+'}",
        )
    amount = min(bracket_root(miss, (low, start), (high, end), _TOLERANCE * high), key=lambda point: abs(point[1]))[0]
    found = {name: count for name, count in acid(amount).items() if count > 0.0}
    found[ion] = amount - ions.get(ion, 0.0)
    return found
