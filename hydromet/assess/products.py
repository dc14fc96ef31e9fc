"""What leaves the plant: products with purity and impurities, by-products, wastes, effluent, emissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.governing import step
from hydromet.assess.grade import FAIL, default_specification, grade, impurities, purity
from hydromet.flowsheet.balance import HOUR
from hydromet.species import WATER, species
from hydromet.units.crystal_size import median

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hydromet.assess.trace import Origins
    from hydromet.flowsheet.schema import FlowsheetFile, Outlet, Product
    from hydromet.stream import Stream

# Free water above this share of the mass makes an outlet a liquid.
_WET = 0.5


def products(
    file: FlowsheetFile, streams: Mapping[str, Stream], entering: Collection[str], origins: Origins
) -> dict[str, dict[str, Any]]:
    """Product -> mass, compound, purity, median size, impurities, verdict of its specification, as delivered.

    Args:
        file: the flowsheet file.
        streams: of the solved plant.
        entering: elements and pseudo-elements that enter the plant.
        origins: of every element, for the step that governs a limit.
    """
    seconds = file.operating.seconds()
    return {
        name: _product(declared, streams[declared.stream], seconds, entering, origins)
        for name, declared in file.products.items()
    }


def _product(
    declared: Product, stream: Stream, seconds: float, entering: Collection[str], origins: Origins
) -> dict[str, Any]:
    compound = declared.compound or _main_solid(stream)
    mass = stream.mass()
    specification = declared.grade or default_specification(compound)
    return {
        **_leaving(declared, stream, seconds),
        "compound": compound,
        "purity": purity(stream, compound) if compound and mass else None,
        "moisture": stream[WATER] * species(WATER).molar_mass / mass if mass else None,
        "L50_um": 1e6 * median(stream.sizes[compound]) if compound in stream.sizes else None,
        "impurities_ppm": impurities(stream, compound) if compound and mass else {},
        "grade": _grade(declared.stream, stream, specification, entering, origins) if specification else None,
    }


def _grade(
    name: str, stream: Stream, specification: str, entering: Collection[str], origins: Origins
) -> dict[str, Any]:
    """The verdict, with the step that governs every limit that fails and the one that is nearest to failing."""
    found = grade(stream, specification, entering=entering)
    for row in found["limits"]:
        wanted = row["verdict"] == FAIL or row["component"] == found["governed_by"]
        row["step"] = step(origins, row["component"], name) if wanted and row["kind"] == "max" else None
    return found


def _main_solid(stream: Stream) -> str:
    """The solid there is most of."""
    masses = {name: flow * species(name).molar_mass for name, flow in stream.part("s").flows.items()}
    return max(masses, key=lambda name: (masses[name], name), default="")


def _leaving(declared: Outlet, stream: Stream, seconds: float) -> dict[str, Any]:
    mass = stream.mass()
    return {
        "stream": declared.stream,
        "title": declared.title,
        "mass_kg_h": mass * HOUR,
        "mass_t_y": mass * seconds * 1e-3,
    }


def outlets(file: FlowsheetFile, streams: Mapping[str, Stream]) -> dict[str, dict[str, Any]]:
    """By-products, wastes and emissions: kind -> name -> mass."""
    kinds = {"by_products": file.by_products, "wastes": file.wastes, "emissions": file.emissions}
    return {
        kind: {name: _leaving(out, streams[out.stream], file.operating.seconds()) for name, out in declared.items()}
        for kind, declared in kinds.items()
    }


def effluent(
    file: FlowsheetFile, records: Mapping[str, Mapping[str, Any]], streams: Mapping[str, Stream]
) -> dict[str, Any]:
    """Wastes that are liquids: flow, pH and what they carry."""
    found: dict[str, Any] = {}
    for name, out in file.wastes.items():
        stream, record = streams[out.stream], records[out.stream]
        water = stream[WATER] * species(WATER).molar_mass
        if water > _WET * stream.mass() > 0.0:
            volume = record["volume_m3_h"]
            masses = {e: kg for e, kg in record["elements_kg_h"].items() if e not in {"H", "O"}}
            found[name] = {
                "stream": out.stream,
                "mass_kg_h": record["mass_kg_h"],
                "volume_m3_h": volume,
                "pH": record["pH"],
                "elements_kg_h": masses,
                "elements_g_L": {e: kg / volume for e, kg in masses.items()} if volume else {},
            }
    return found
