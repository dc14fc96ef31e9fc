"""A footprint read back from its record: the same inventory, contributions and allocation, ready to be exported."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.allocation import METHODS, matrix
from hydromet.assess.carbon.record_fields import Core
from hydromet.assess.carbon.shapes import INDICATORS, Activity, Contribution, Factor, Inventory, Output
from hydromet.assess.exports.digits import identity
from hydromet.errors import ExportError, FootprintError, UserError, UserErrors
from hydromet.flowsheet.damage import check
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hydromet.assess.carbon.allocation import Key, Matrix, Method
    from hydromet.assess.carbon.shapes import Indicator

RECORD, RESULT = "hydromet-carbon/", "hydromet-result/"
CLIMATE: Indicator = "climate"
CUT_OFF = "cut_off"
# A record says again what its own rows add up to; further apart than this, it was changed by hand.
_CLOSE = 1e-9


@dataclass(frozen=True)
class Footprint:
    """A record and what it was reckoned from.

    Attributes:
        record: ``hydromet-carbon/1``. inventory: its activities and outputs.
        contributions: of every indicator it has.
        digest: id of everything in it.
    """

    record: Mapping[str, Any]
    inventory: Inventory
    contributions: Mapping[Indicator, tuple[Contribution, ...]]
    digest: str

    @property
    def products(self) -> Mapping[str, Output]:
        """Outputs that carry burden, by name."""
        return {each.name: each for each in self.inventory.outputs if each.allocated and each.mass > 0.0}

    @property
    def simulated(self) -> bool:
        """Whether the amounts are those of a solved plant, no written inventory: their places are keys of a result."""
        return simulated(self.record)

    def product(self, name: str) -> Output:
        """One of them.

        Raises:
            ExportError: E965, there is none of that name.
        """
        known = self.products
        if name not in known:
            near = nearest(name, known) or tuple(known)
            raise ExportError(
                "E965", read=name, expected=f"one of {', '.join(known)}", write=f"--product {near[0]}"
            )  # fmt: skip
        return known[name]

    def allocation(self, name: str = "") -> Method:
        """An allocation by name; that of the record if empty.

        Raises:
            ExportError: E971, there is none of that name.
        """
        chosen = name or str(self.record["method"]["allocation"])
        for found in METHODS:
            if found == chosen:
                return found
        near = nearest(chosen, METHODS) or ("metal_mass",)
        raise ExportError("E971", read=chosen, expected=f"one of {', '.join(METHODS)}", write=f"--allocation {near[0]}")

    def matrix(self, method: Method, indicator: Indicator = "climate") -> Matrix:
        """Share of every contribution that each product takes.

        Raises:
            ExportError: E971 the allocation cannot be made, such as one by price without prices.
        """
        common: Key = self.record["method"].get("common_key") or "metal_mass"
        try:
            return matrix(self.inventory, self.contributions[indicator], method, common)
        except FootprintError as error:
            raise ExportError(
                "E971", read=error.read, expected=error.expected, write="--allocation metal_mass"
            ) from None


def in_file(path: str) -> bool:
    """Whether a path is a place in a file, ``case.yaml:12``, and no key of a result."""
    head, _, tail = path.rpartition(":")
    return bool(head) and tail.isdigit()


def simulated(record: Mapping[str, Any]) -> bool:
    """Whether the amounts of a record are those of a solved plant: their places are keys of a result."""
    return any(not in_file(each["path"]) for each in record["activities"])


def read(path: Path, scenario: str = "") -> Footprint:
    """The footprint of a result, or in what ``hydromet carbon --json`` wrote.

    Args:
        path: a result (folder or file), a flowsheet, a case file, or a record as JSON.
        scenario: which one; that of the file if empty.

    Raises:
        ExportError: E966, there is none in it, or its figures do not follow from its rows.
        UserError, UserErrors: everything that keeps the footprint from being reckoned.
    """
    record = _written(path)
    if record is None:
        from hydromet.assess.carbon.assess import run

        record = run(path, [scenario] if scenario else [])[0]
    return footprint(record, str(path))


def _written(path: Path) -> Mapping[str, Any] | None:
    """The record in a file of JSON; None of a result, or of a file that is not JSON."""
    if path.is_dir() or path.suffix != ".json":
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise _none(path, str(error.strerror)) from None
    except (ValueError, RecursionError):
        raise _none(path, "no JSON") from None
    tag = str(data.get("format")) if isinstance(data, dict) else ""
    if tag.startswith(RESULT):
        return None
    if not tag.startswith(RECORD):
        raise _none(path, f"format {tag or 'absent'}")
    found: Mapping[str, Any] = data
    try:
        check(found, Core, str(path))
    except (UserError, UserErrors) as error:
        raise _none(path, (error.errors[0] if isinstance(error, UserErrors) else error).read) from None
    return found


def _none(file: Path | str, why: str) -> ExportError:
    return ExportError(
        "E966", read=f"{file}: {why}", expected="a result with a carbon footprint, or the record of one",
        write="hydromet export results/nmc622_black_mass --format pact-3",
    )  # fmt: skip


def footprint(record: Mapping[str, Any], name: str = "record") -> Footprint:
    """The footprint of a record in memory; see ``read``."""
    try:
        factors = {
            key: {each: _factor(row) for each, row in table.items()} for key, table in record["factors"].items()
        }  # fmt: skip
        activities = tuple(_made(Activity, row) for row in record["activities"])
        outputs = tuple(_output(each, row) for each, row in record["outputs"].items())
        inventory = Inventory(str(record["reference"]), float(record["feed_kg"]), activities, outputs, 1.0)
        contributions = {
            indicator: tuple(
                Contribution(each, factors[each.factor][indicator])
                for each in activities
                if indicator == CLIMATE or indicator in factors[each.factor]
            )
            for indicator in INDICATORS
        }
    except (KeyError, TypeError, ValueError) as error:
        raise _none(name, f"incomplete: {error}") from None
    wrong = [each for rows in contributions.values() for each in rows if not math.isfinite(each.value)]
    if wrong:
        raise _none(name, f"{wrong[0].activity.id} is no number")
    found = Footprint(record, inventory, contributions, identity(record))
    _consistent(found, name)
    return found


def _made(kind: type[Any], row: Mapping[str, Any]) -> Any:
    known = {each.name for each in fields(kind)}
    return kind(**{key: value for key, value in row.items() if key in known})


def _factor(row: Mapping[str, Any]) -> Factor:
    found: Factor = _made(Factor, {**row, "quality": tuple(row["quality"])})
    return found


def _output(name: str, row: Mapping[str, Any]) -> Output:
    found: Output = _made(Output, {**row, "name": name})
    return found


def _consistent(found: Footprint, name: str) -> None:
    """The cut-off figures of the record are what its rows add up to."""
    method = found.allocation()
    shared = found.matrix(method)
    for product, output in found.products.items():
        said = found.record["products"].get(product, {}).get("figures", {}).get("climate", {}).get(CUT_OFF, {})
        if method not in said:
            continue
        row, told = shared[product], float(said[method]["per_kg"])
        made = sum(w * each.value for w, each in zip(row, found.contributions["climate"], strict=True)) / output.mass
        if not abs(made - told) <= _CLOSE * max(abs(made), abs(told)):
            raise _none(name, f"{product}: {told:g} kg CO2e/kg is said, its rows make {made:g}")
