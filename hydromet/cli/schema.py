"""``hydromet schema``: the JSON Schema of a file format, for editors and other programs."""

from __future__ import annotations

from enum import StrEnum
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


def schema(
    kind: Annotated[
        Format,
        typer.Argument(
            help="Which format; export is the company file of hydromet export.",
            metavar="[flowsheet|result|solution|speciation|sx|recovery|carbon|station|export|pact-3|pact-2|catena-x-9|catena-x-7|"
            "ouranos|battery-pass|battery-pass-carbon|battery-supplier]",
        ),
    ] = Format.flowsheet,
) -> None:
    """Print the JSON Schema of a file format.

    Example: hydromet schema flowsheet > flowsheet.schema.json
    """
    if kind is Format.flowsheet:
        from hydromet.flowsheet.schema import json_schema
    elif kind is Format.result:
        from hydromet.flowsheet.result import json_schema
    elif kind is Format.solution:
        from hydromet.chemistry.solutions.solution_file import json_schema
    elif kind is Format.sx:
        from hydromet.study.sx_file import json_schema
    elif kind is Format.recovery:
        from hydromet.assess.eu_recovery.case_file import json_schema
    elif kind is Format.carbon:
        from hydromet.assess.carbon.case_file import json_schema
    elif kind is Format.export:
        from hydromet.assess.exports.company import json_schema
    elif kind in _PLATFORMS:
        from hydromet.assess.exports.formats import schema as rebuilt

        echo_json(rebuilt(kind.value))
        return
    elif kind is Format.station:
        from hydromet.cli.guard import instruments

        instruments()
        from instruments.station import json_schema
    else:
        from hydromet.chemistry.solutions.speciation_record import json_schema
    echo_json(json_schema())
