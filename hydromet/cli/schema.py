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
    station = "station"


def schema(
    kind: Annotated[
        Format,
        typer.Argument(help="Which format.", metavar="[flowsheet|result|solution|speciation|sx|recovery|station]"),
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
        from hydromet.chemistry.solution_file import json_schema
    elif kind is Format.sx:
        from hydromet.study.sx_file import json_schema
    elif kind is Format.recovery:
        from hydromet.assess.eu_recovery.case_file import json_schema
    elif kind is Format.station:
        from hydromet.cli.guard import instruments

        instruments()
        from instruments.station import json_schema
    else:
        from hydromet.chemistry.speciation_record import json_schema
    echo_json(json_schema())
