"""``hydromet schema``: the JSON Schema of a file format, for editors and other programs."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import Annotated

import typer

from hydromet.cli.options import echo_json


class Format(StrEnum):
    """File formats with a schema."""

    flowsheet = "flowsheet"
    result = "result"
    solution = "solution"
    speciation = "speciation"
    sx = "sx"
    recovery = "recovery"
    carbon = "carbon"
    station = "station"
    reconcile = "reconcile"
    plant_fit = "plant_fit"
    parameters = "parameters"
    export = "export"
    pact_3 = "pact-3"
    pact_2 = "pact-2"
    catena_x_9 = "catena-x-9"
    catena_x_7 = "catena-x-7"
    ouranos = "ouranos"
    battery_pass = "battery-pass"  # noqa: S105  # no word to keep secret
    battery_pass_carbon = "battery-pass-carbon"  # noqa: S105
    battery_supplier = "battery-supplier"


# Formats of data platforms: their schemas are rebuilt from tables of fields.
_PLATFORMS = tuple(Format)[tuple(Format).index(Format.pact_3) :]
# Where the others have their ``json_schema``.
_MODULES = {
    Format.flowsheet: "hydromet.flowsheet.schema",
    Format.result: "hydromet.flowsheet.result",
    Format.solution: "hydromet.chemistry.solutions.solution_file",
    Format.speciation: "hydromet.chemistry.solutions.speciation_record",
    Format.sx: "hydromet.study.sx_file",
    Format.recovery: "hydromet.assess.eu_recovery.case_file",
    Format.carbon: "hydromet.assess.carbon.case_file",
    Format.station: "instruments.station",
    Format.reconcile: "hydromet.calibrate.reconcile_file",
    Format.plant_fit: "hydromet.calibrate.plant_fit_file",
    Format.parameters: "hydromet.flowsheet.parameters",
    Format.export: "hydromet.assess.exports.company",
}


def schema(
    kind: Annotated[
        Format,
        typer.Argument(
            help="Which format; export is the company file of hydromet export.",
            metavar="[flowsheet|result|solution|speciation|sx|recovery|carbon|station|reconcile|plant_fit|parameters|export|"
            "pact-3|pact-2|catena-x-9|catena-x-7|ouranos|battery-pass|battery-pass-carbon|battery-supplier]",
        ),
    ] = Format.flowsheet,
) -> None:
    """Print the JSON Schema of a file format.

    Example: hydromet schema flowsheet > flowsheet.schema.json
    """
    if kind in _PLATFORMS:
        from hydromet.assess.exports.formats import schema as rebuilt

        echo_json(rebuilt(kind.value))
        return
    if kind is Format.station:
        from hydromet.cli.guard import instruments

        instruments()
    echo_json(import_module(_MODULES[kind]).json_schema())
