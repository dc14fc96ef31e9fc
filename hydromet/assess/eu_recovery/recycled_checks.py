"""What the ``recycled_content:`` section of a case may not say, beyond its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.assess.eu_recovery.accounts import CREDITS, place
from hydromet.assess.eu_recovery.recycled import CLASSES
from hydromet.errors import RecoveryError, UserError
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydromet.assess.eu_recovery.case_file import Case

_WHOLE = 1e-6
# Rules under which nothing of last year's claims is left.
_ENDS_WITH_THE_YEAR = ("within_year", "none")


def recycled_mistakes(case: Case) -> Iterator[UserError]:
    """E935: periods, intake, claims and credits that contradict the case."""
    yield from _periods(case)
    yield from _opening(case)
    rules = case.file.recycled_content
    for name, lot in rules.lots.items():
        if lot.claim and rules.attribution != CREDITS:
            yield RecoveryError(
                "E935", read="a claim of a lot", expected="none: the share is that of the account (proportional)",
                write="attribution: credits", place=place(case, "lots", name, "claim"),
            )  # fmt: skip


def _periods(case: Case) -> Iterator[UserError]:
    rules, facilities = case.file.recycled_content, case.file.facilities
    if not rules.periods:
        return
    if not rules.lots:
        yield RecoveryError("E935", read="periods without lots delivered", expected="the lots, each with its period",
                            write="lots: {NI-001: {of: refinery.nickel_sulfate, share: 40 %, period: H1}}",
                            place=place(case, "periods"))  # fmt: skip
    selling = {lot.of.partition(".")[0] for lot in rules.lots.values()} & set(facilities)
    known = [token for each in facilities.values() for token in (*each.inlets, *each.opening)]
    needed = [
        t for name in facilities if name in selling for t in (*facilities[name].inlets, *facilities[name].opening)
    ]
    for name, period in rules.periods.items():
        for token in period.intake:
            if token not in known:
                near = nearest(token, known) or known
                yield RecoveryError(
                    "E935", read=token, expected=f"a name in `in` or `opening` of a facility: {', '.join(known)}",
                    write=f"intake: {{{near[0]}: 50 %}}", place=place(case, "periods", name, "intake", token),
                )  # fmt: skip
    for token in needed:
        total = sum(period.of(token) for period in rules.periods.values())
        if abs(total - 1.0) > _WHOLE:
            yield RecoveryError(
                "E935", read=f"{100.0 * total:g} % of {token} over the periods", expected="100 % of the year's intake",
                write=f"intake: {{{token}: {100.0 / len(rules.periods):.4g} %}}", place=place(case, "periods"),
            )  # fmt: skip


def _opening(case: Case) -> Iterator[UserError]:
    rules = case.file.recycled_content
    for facility, metals in rules.opening.items():
        if facility not in case.file.facilities:
            near = nearest(facility, case.file.facilities) or tuple(case.file.facilities)
            yield RecoveryError("E935", read=facility, expected=f"a facility: {', '.join(case.file.facilities)}",
                                write=f"{near[0]}: ...", place=place(case, "opening", facility))  # fmt: skip
        for metal, carried in metals.items():
            claims = any((figure := getattr(carried, name)) and figure.value > 0.0 for name in CLASSES)
            if claims and rules.carry_over in _ENDS_WITH_THE_YEAR:
                yield RecoveryError(
                    "E935", read=f"claims on {metal} of last year",
                    expected=f"none: by carry_over: {rules.carry_over} they ended with it",
                    write="carry_over: with_stock", place=place(case, "opening", facility, metal),
                )  # fmt: skip
