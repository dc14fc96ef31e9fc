"""Recycled content of a product for an export: from the recovery case the company file names, or as stated in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydromet.errors import ExportError
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.exports.company import CompanyFile

_PERCENT = 100.0


def shares(company: CompanyFile, product: str) -> dict[str, tuple[float, float]]:
    """Metal -> pre- and post-consumer share of it, 0 to 1; empty where the company file says nothing.

    What the case traced goes before what the file states.

    Raises:
        ExportError: E972 the case has no such product or lot, or there is no case.
        UserError, UserErrors: everything that is wrong with the case.
    """
    said = company.product(product)
    if said.recovered_as:
        return _traced(company, product, said.recovered_as)
    return {metal: (each.pre_consumer, each.post_consumer) for metal, each in (said.recycled_content or {}).items()}


def _traced(company: CompanyFile, product: str, name: str) -> dict[str, tuple[float, float]]:
    place = company.document.place(("products", product, "recovered_as"))
    if not company.file.recovery:
        raise ExportError(
            "E972", read="no `recovery:` line", expected="the recovery case that product is of",
            write="recovery: recovery_two_recyclers.yaml", place=place,
        )  # fmt: skip
    from hydromet.assess.eu_recovery.assess import run

    content = run(Path(company.document.name).parent / company.file.recovery)["recycled_content"]
    lots = {lot: each["metals"] for lot, each in content["lots"].items()}
    known: Mapping[str, Any] = {**content["products"], **lots}
    if name not in known:
        near = nearest(name, known) or tuple(known)
        write = f"recovered_as: {near[0]}" if near else "recycled_content: {Ni: {pre_consumer: 0 %, post_consumer: 1}}"
        expected = f"one of {', '.join(known)}" if known else "a case with products of Co, Ni, Li or Pb"
        raise ExportError("E972", read=name, expected=expected, write=write, place=place)
    return {
        metal: (each["pre_consumer_percent"] / _PERCENT, each["post_consumer_percent"] / _PERCENT)
        for metal, each in known[name].items()
    }
