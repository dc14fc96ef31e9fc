"""Short ways to write factors, activities, outputs and contributions in the worked examples."""

from __future__ import annotations

from typing import Any

from hydromet.assess.carbon.shapes import Activity, Contribution, Factor, Inventory, Output


def factor(name: str = "f", value: float = 1.0, per: str = "kg", gsd: float = 1.0, **given: Any) -> Factor:
    fields: dict[str, Any] = {
        "indicator": "climate", "title": name, "geography": "GLO", "year": "2024", "scope": "cradle-to-gate",
        "gwp": "AR6 GWP100", "source": "s", "locator": "l", "licence": "x", "grade": "estimated", "verified": "no",
        "proxy": False, "quality": (2.0, 2.0, 2.0), "book": "b",
    }  # fmt: skip
    return Factor(id=name, value=value, per=per, deviation=gsd, **fields | given)


def activity(name: str, amount: float = 1.0, per: str = "kg", gsd: float = 1.0, **given: Any) -> Activity:
    fields: dict[str, Any] = {
        "kind": "reagent", "stage": "production", "unit": "leach", "flow": name, "factor": "f", "path": "p",
    }  # fmt: skip
    return Activity(id=name, amount=amount, per=per, deviation=gsd, **fields | given)


def row(name: str, value: float, **given: Any) -> Contribution:
    """A contribution of a value: so many units of a factor of one."""
    return Contribution(activity(name, value, **given), factor("one"))


def product(name: str, mass: float, **given: Any) -> Output:
    metals = {key: given.pop(key) for key in ("Ni", "Co", "Li", "Mn", "Cu") if key in given}
    return Output(name, given.pop("kind", "products"), mass, metals, **given)


def inventory(*outputs: Output, **given: Any) -> Inventory:
    return Inventory(
        "1 h of operation", given.pop("feed", 1000.0), given.pop("activities", ()), outputs,
        given.pop("mass_in", 1000.0), **given,
    )  # fmt: skip
