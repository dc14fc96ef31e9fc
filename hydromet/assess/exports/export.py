"""The door: a footprint and a company file in, the files of a format out, each checked, or refused by a rule's name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hydromet.assess.exports import battery, catena_x, ouranos, pact
from hydromet.assess.exports.company import Asked
from hydromet.assess.exports.declaration import declare
from hydromet.assess.exports.digits import dumps
from hydromet.assess.exports.figures import figures
from hydromet.assess.exports.footprint import CUT_OFF
from hydromet.assess.exports.formats import check, known
from hydromet.assess.exports.recycled import shares
from hydromet.assess.exports.rules import left_out
from hydromet.errors import ExportError, UserError, UserErrors, raise_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from hydromet.assess.exports.company import CompanyFile
    from hydromet.assess.exports.declaration import Declaration
    from hydromet.assess.exports.figures import Figures
    from hydromet.assess.exports.footprint import Footprint

    Writer = Callable[[Declaration, Asked], Any]

OPENLCA, BRIGHTWAY = "openlca", "brightway"
_WRITERS: Mapping[str, Writer] = {
    pact.V3: pact.version_3, pact.V2: pact.version_2,
    catena_x.V7: catena_x.version_7, catena_x.V9: catena_x.version_9, ouranos.NAME: ouranos.records,
    battery.PASS: battery.recycled_content, battery.CARBON: battery.carbon_footprint,
    battery.SUPPLIER: battery.supplier,
}  # fmt: skip


@dataclass(frozen=True)
class Export:
    """What an export comes to.

    Attributes:
        files: name -> content. notices: code and text of what the format has no place for.
        figures: name -> what a reader takes from that file, read back from it; none of a model.
    """

    files: Mapping[str, bytes]
    notices: tuple[tuple[str, str], ...]
    figures: Mapping[str, Figures] = field(default_factory=dict)


def export(
    found: Footprint, name: str, company: CompanyFile, *, products: Sequence[str] = (), approach: str = CUT_OFF,
    allocation: str = "", official: Path | None = None,
) -> Export:  # fmt: skip
    """The files of one format.

    Args:
        found: the footprint.
        name: of the format, or an alias.
        company: what the platform asks for and no plant can know.
        products: which of them; all if none.
        approach: ``cut_off``; any other is refused by the platforms' rules.
        allocation: that of the record if empty.
        official: a schema file to check against, in place of the rebuilt one.

    Raises:
        ExportError, UserErrors: E960 to E972, all products at once; nothing is left half made.
    """
    chosen = known(name)
    if chosen in (OPENLCA, BRIGHTWAY):
        for product in products:
            found.product(product)
        made = _models(found, chosen, approach, allocation, official)
        whole = (("W960", f"{chosen}: the choice of products; the plant is one model with all of them"),)
        return Export(made.files, whole if products else ())
    files: dict[str, bytes] = {}
    notices: list[tuple[str, str]] = []
    errors: list[UserError] = []
    for product in products or tuple(found.products):
        try:
            declared = declaration(found, company, product, approach, allocation)
            for each in _formats(chosen, company):
                document = _WRITERS[each](declared, Asked(company, product, each))
                check(document, each, official if each == chosen else None)
                files[f"{each}_{_plain(product)}.json"] = dumps(document)
            notices += left_out(declared, chosen)
        except UserErrors as several:
            errors += several.errors
        except UserError as error:
            errors.append(error)
    raise_all(errors)
    if chosen == battery.PASS and not company.file.battery_pass.study:
        text = "battery-pass: CarbonFootprint, as `battery_pass.study` is not stated"
        notices.append(("W960", text))
    read = {name: figures(name.partition("_")[0], json.loads(content)) for name, content in files.items()}
    return Export(files, tuple(dict.fromkeys(notices)), read)


def declaration(
    found: Footprint, company: CompanyFile, product: str, approach: str = CUT_OFF, allocation: str = ""
) -> Declaration:
    """What is declared of a product, with what the company file says of its recycled content and its inputs.

    Raises:
        ExportError: E965 no such product, E971 no such allocation, E972 no such product in the recovery case.
    """
    found.product(product)
    said = company.product(product)
    return declare(
        found, product, approach=approach, allocation=allocation, traced=said.traced_inputs,
        recycled=shares(company, product), recycled_carbon=said.recycled_carbon,
    )  # fmt: skip


def _formats(chosen: str, company: CompanyFile) -> tuple[str, ...]:
    """The battery pass has its footprint in a part of its own, written where a study is named."""
    if chosen == battery.PASS and company.file.battery_pass.study:
        return battery.PASS, battery.CARBON
    return (chosen,)


def _models(found: Footprint, name: str, approach: str, allocation: str, official: Path | None) -> Export:
    if approach != CUT_OFF:
        raise ExportError(
            "E971", read=f"{name} by {approach}", expected="the inventory, which is cut-off; credits are its user's",
            write=f"--approach {CUT_OFF}",
        )  # fmt: skip
    if official is not None:
        check({}, name, official)
    if name == OPENLCA:
        from hydromet.assess.exports.openlca import package

        return Export({"openlca.zip": package(found, allocation)}, ())
    from hydromet.assess.exports.brightway import database, workbook

    data = database(found, allocation)
    return Export({"brightway.json": dumps(data), "brightway.xlsx": workbook(data)}, ())


def _plain(product: str) -> str:
    return re.sub(r"[^\w.-]+", "_", product)
