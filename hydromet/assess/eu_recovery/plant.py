"""Facilities that are flowsheets: solved once, read as shares of what they are fed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.chain import Fate, commodity_named
from hydromet.errors import BalanceError, RecoveryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.flowsheet.result import Result

# The use of an outlet of a flowsheet by its kind, where the case does not say; by-products have to be declared.
_BY_KIND = {"products": "product", "wastes": "waste", "emissions": "emission"}
# Shares of an element over all ways out make one within this.
_CLOSED = 1e-6


@dataclass(frozen=True)
class Plants:
    """Solved flowsheets by facility.

    Attributes:
        results: facility -> result. fates: facility -> outlet -> what becomes of it.
    """

    results: Mapping[str, Result] = field(default_factory=dict)
    fates: Mapping[str, Mapping[str, Fate]] = field(default_factory=dict)

    def shares(self, facility: str) -> dict[str, dict[str, float]]:
        """Outlet -> element -> share of the feed-born element that leaves by it."""
        found: dict[str, dict[str, float]] = {name: {} for name in self.fates[facility]}
        for element, ways in self.results[facility]["losses"].items():
            for outlet, way in ways.items():
                found[outlet][element] = way["share"]
        return found


def solve_plants(case: Case) -> Plants:
    """Solve or read the flowsheets of a case and check what is said of their outlets.

    Raises:
        RecoveryError: E924, no converged result, an outlet that does not exist, or a by-product without a use.
        BalanceError: E930, the result of a flowsheet does not close.
        ConvergenceError, UserErrors: as ``hydromet run`` has them.
    """
    results, fates = {}, {}
    for name, facility in case.file.facilities.items():
        if facility.plant is not None:
            results[name] = _result(case, name)
            fates[name] = _fates(case, name, results[name])
            _closed(case, name, results[name])
    return Plants(results, fates)


def _result(case: Case, name: str) -> Result:
    from hydromet.assess.case import run
    from hydromet.flowsheet.result import read_result

    plant = case.file.facilities[name].plant
    assert plant is not None  # noqa: S101  # asked only for facilities with one
    if plant.flowsheet is not None:
        return run(case.folder / plant.flowsheet)
    if plant.result is None:
        if not case.path:
            raise RecoveryError("E924", read="no flowsheet", expected="a flowsheet or a result",
                                write="flowsheet: nmc622_black_mass.yaml", place=_place(case, name))  # fmt: skip
        return run(case.document.name)
    found = read_result(case.folder / str(plant.result))
    if not found.converged:
        raise RecoveryError(
            "E924", read=f"{plant.result}: a plant that did not converge", expected="a converged result",
            write=f"result: {plant.result}", place=_place(case, name, "result"),
        )  # fmt: skip
    return found


def _fates(case: Case, name: str, result: Result) -> dict[str, Fate]:
    plant = case.file.facilities[name].plant
    assert plant is not None  # noqa: S101  # asked only for facilities with one
    outlets = _outlets(result)
    found: dict[str, Fate] = {}
    for key in plant.uses:
        if key not in outlets:
            raise RecoveryError("E924", read=key, expected=f"an outlet of the flowsheet: {', '.join(sorted(outlets))}",
                                write=f"uses: {{{min(outlets)}: product}}",
                                place=_place(case, name, "uses", key))  # fmt: skip
    missing = []
    for key, kind in outlets.items():
        if key in plant.uses:
            found[key] = plant.uses[key]
        elif kind in _BY_KIND:
            found[key] = Fate(use=_BY_KIND[kind], commodity=commodity_named(key))
        else:
            missing.append(key)
    if missing:
        raise RecoveryError(
            "E924", read=f"by-products without a use: {', '.join(missing)}", expected="a use of each by-product",
            write=f"uses: {{{', '.join(f'{key}: landfill' for key in missing)}}}", place=_place(case, name, "uses"),
        )  # fmt: skip
    return found


def _outlets(result: Result) -> dict[str, str]:
    """Outlet -> kind, for all declared outlets that carry anything of the feed."""
    found: dict[str, str] = dict.fromkeys(result["products"], "products")
    for kind, outlets in result.data.get("outlets", {}).items():
        found |= dict.fromkeys(outlets, kind)
    for ways in result["losses"].values():
        for name, way in ways.items():
            found.setdefault(name, way["kind"])
    return found


def _closed(case: Case, name: str, result: Result) -> None:
    """Every feed-born element leaves completely, and the result's own balance of the elements closes."""
    ways: Mapping[str, Any] = result["losses"]
    gaps = {element: sum(way["share"] for way in each.values()) - 1.0 for element, each in ways.items()}
    for element, line in (result.data.get("balance") or {}).get("elements", {}).items():
        if abs(line["closure"] or 0.0) > abs(gaps.get(element, 0.0)):
            gaps[element] = line["closure"]
    worst = max(gaps, key=lambda element: abs(gaps[element]), default="")
    if worst and abs(gaps[worst]) > _CLOSED:
        raise BalanceError(
            "E930", read=f"{worst} of {name}: {100.0 * gaps[worst]:+.3g} % of the feed unaccounted for",
            expected=f"a result that closes within {_CLOSED:g}", write="hydromet run on the flowsheet again",
            place=_place(case, name),
        )  # fmt: skip


def _place(case: Case, name: str, *keys: str) -> Any:
    path = (*case.path, "facilities", name, "plant", *keys)
    return case.document.place(path if path in case.document.values else path[:-1], key=True)
