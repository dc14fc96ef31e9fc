"""What is measured of a plant, by name, and what a solved plant says of it.

``STREAM.QUANTITY``, with the name of a feed or of a unit's outlet: ``temperature``, ``pH``, ``mass_flow``,
``volume_flow``, ``density``; with an element ``mass_flow.Ni``, ``fraction.Ni`` (of the mass of the stream) and
``concentration.Ni`` (of the volume; the stream holds no solids to speak of); ``potential.Fe+3/Fe+2``. Anything else is
a path into ``result.json``, as ``sweep --show`` has it, in the unit its name ends in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hydromet import quantity
from hydromet.dimensions import DIMENSIONS
from hydromet.errors import CalibrationError, CommandError, QuantityError
from hydromet.source import nearest
from hydromet.study.response import response, unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOUR = 3600.0
# Quantity -> dimension of its unit, and whether it needs an element or a couple, may have one, or has none.
_QUANTITIES = {
    "temperature": ("temperature", "none"), "pH": ("pH", "none"), "mass_flow": ("mass flow", "may"),
    "volume_flow": ("volume flow", "none"), "density": ("density", "none"), "potential": ("voltage", "needs"),
    "concentration": ("mass concentration", "needs"), "fraction": ("mass fraction", "needs"),
}  # fmt: skip
_NAMED = re.compile(r"(?P<stream>.+?)\.(?P<quantity>" + "|".join(_QUANTITIES) + r")(?:\.(?P<of>[^.]+))?\Z")
# Share of solids by mass above which a volume is no longer that of the liquor.
_SLURRY = 1e-3


@dataclass(frozen=True)
class Figure:
    """A figure of a solved plant.

    Attributes:
        path: as written. unit: in which it is measured.
        stream, quantity, of: of a named one; ``quantity`` is empty for a path into the result.
    """

    path: str
    unit: str
    stream: str = ""
    quantity: str = ""
    of: str = ""

    def value(self, data: Mapping[str, Any]) -> float:
        """The figure of a result, in its unit.

        Raises:
            CalibrationError: E689, the result has no such figure.
        """
        if not self.quantity:
            try:
                found = response(data, self.path)
            except CommandError as error:
                raise CalibrationError("E689", read=self.path, expected=error.expected) from None
            if found is None:
                raise CalibrationError("E689", read=f"{self.path}: not in the result",
                                       expected="STREAM.QUANTITY, or a path into result.json",
                                       write="leach.slurry.pH")  # fmt: skip
            return float(found)
        known = {**data["streams"], **data["feeds"]}
        if self.stream not in known:
            near = nearest(self.stream, known) or tuple(known)[:3]
            tail = f"{self.quantity}.{self.of}" if self.of else self.quantity
            raise CalibrationError("E689", read=f"{self.path}: no stream `{self.stream}`", expected=" or ".join(near),
                                   write=f"{near[0]}.{tail}")  # fmt: skip
        return quantity.convert(self._si(known[self.stream]), self.unit, _QUANTITIES[self.quantity][0])

    def _si(self, record: Mapping[str, Any]) -> float:
        volume, mass = record["volume_m3_h"], record["mass_kg_h"]
        element = record["elements_kg_h"].get(self.of, 0.0)
        solids = record["phases_kg_h"].get("s", 0.0)
        found: float | None = None
        if self.quantity == "temperature":
            found = record["temperature_K"]
        elif self.quantity == "pH":
            found = record["pH"]
        elif self.quantity == "potential":
            found = record["potentials_V"].get(self.of)
        elif self.quantity == "mass_flow":
            found = (element if self.of else mass) / _HOUR
        elif self.quantity == "fraction" and mass:
            found = element / mass
        elif self.quantity == "volume_flow" and volume:
            found = volume / _HOUR
        elif self.quantity == "density" and volume:
            found = mass / volume
        elif self.quantity == "concentration" and volume and solids <= _SLURRY * mass:
            found = element / volume
        if found is None:
            slurry = self.quantity == "concentration" and volume
            expected = "a stream without solids: the filtrate" if slurry else "a quantity that this stream has"
            raise CalibrationError("E689", read=self.path, expected=expected)
        return float(found)


def is_figure(path: str) -> bool:
    """Whether a name is that of a stream and a quantity; divided feeds and doubled tags are not."""
    return _NAMED.match(path) is not None and not set(">#") & set(path)


def figure(path: str, unit: str) -> Figure:
    """A figure from its name and the unit it was measured in.

    Raises:
        CalibrationError: E689, it needs an element or has none; E694, the unit is of another kind.
    """
    match = None if path.partition(".")[0] in ("streams", "feeds") else _NAMED.match(path)
    if match is None:
        own = unit_of(path)
        if unit not in ("", own):
            raise CalibrationError(
                "E694", read=f"{path} in {unit}", expected=own or "no unit", write=f"1.0 {own}".rstrip()
            )
        return Figure(path, own)
    stream, name, of = match["stream"], match["quantity"], match["of"] or ""
    dimension, needs = _QUANTITIES[name]
    if bool(of) != (needs == "needs") and needs != "may":
        wanted = "an element or couple at the end" if needs == "needs" else "no element"
        example = {"potential": "Fe+3/Fe+2"}.get(name, "Ni")
        right = f"{stream}.{name}.{example}" if needs == "needs" else f"{stream}.{name}"
        raise CalibrationError("E689", read=path, expected=wanted, write=right)
    try:
        quantity.convert(1.0, unit, dimension)
    except QuantityError:
        example = DIMENSIONS[dimension].example
        raise CalibrationError("E694", read=f"{path} in {unit or 'no unit'}", expected=f"a unit of {dimension}",
                               write=f"value: {example}") from None  # fmt: skip
    return Figure(path, unit, stream, name, of)
