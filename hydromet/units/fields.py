"""Types of unit parameters: text with a unit of measure in a file, an SI float inside.

A parameter class says ``temperature: Temperature``; a file may then say ``60 degC``, ``333.15 K`` or ``140 degF``.
Python callers may also pass the SI float. A file is validated with ``context=FROM_FILE``: there a bare number is
refused wherever the quantity has a unit. ``model_dump()`` gives SI floats, ``model_dump(mode="json")`` text that reads
back as the same float. Extensive quantities carry ``extensive: true`` in the JSON Schema: they scale with the plant.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationInfo

from hydromet.dimensions import DIMENSIONS
from hydromet.quantity import exact, parse

FROM_FILE: dict[str, Any] = {"bare numbers": "refused"}


def _read(value: Any, info: ValidationInfo, *, dimension: str) -> Any:
    """SI float of a quantity; a float passes unless it comes from a file and has a unit."""
    from_file = bool(info.context and info.context.get("bare numbers") == "refused")
    if isinstance(value, int | float) and not isinstance(value, bool) and not from_file:
        return float(value)
    return parse(value, dimension)


def _field(dimension: str, *, extensive: bool = False) -> tuple[BeforeValidator, PlainSerializer, Any]:
    """The three annotations of a quantity: how it is read, how it is written, what the JSON Schema says."""
    kind = DIMENSIONS[dimension]
    extra: dict[str, Any] = {"quantity": dimension, "unit": kind.si}
    if extensive:
        extra["extensive"] = True
    read = BeforeValidator(partial(_read, dimension=dimension), json_schema_input_type=str | float)
    write = PlainSerializer(partial(exact, dimension=dimension), return_type=str, when_used="json")
    return read, write, Field(json_schema_extra=extra, examples=[kind.example])


_read_t, _write_t, _schema_t = _field("temperature")
# Below 200 K no liquor is one, and correlations far from their data overflow.
Temperature = Annotated[float, _read_t, _write_t, _schema_t, Field(ge=200.0)]

_read_dt, _write_dt, _schema_dt = _field("temperature difference")
TemperatureDifference = Annotated[float, _read_dt, _write_dt, _schema_dt]

_read_d, _write_d, _schema_d = _field("time")
Duration = Annotated[float, _read_d, _write_d, _schema_d, Field(ge=0.0)]

_read_l, _write_l, _schema_l = _field("length")
Length = Annotated[float, _read_l, _write_l, _schema_l, Field(ge=0.0)]

_read_mf, _write_mf, _schema_mf = _field("mass flow", extensive=True)
MassFlow = Annotated[float, _read_mf, _write_mf, _schema_mf, Field(ge=0.0)]

_read_nf, _write_nf, _schema_nf = _field("molar flow", extensive=True)
MolarFlow = Annotated[float, _read_nf, _write_nf, _schema_nf, Field(ge=0.0)]

_read_vf, _write_vf, _schema_vf = _field("volume flow", extensive=True)
VolumeFlow = Annotated[float, _read_vf, _write_vf, _schema_vf, Field(ge=0.0)]

_read_v, _write_v, _schema_v = _field("volume", extensive=True)
Volume = Annotated[float, _read_v, _write_v, _schema_v, Field(ge=0.0)]

_read_a, _write_a, _schema_a = _field("area", extensive=True)
Area = Annotated[float, _read_a, _write_a, _schema_a, Field(ge=0.0)]

_read_w, _write_w, _schema_w = _field("power", extensive=True)
Power = Annotated[float, _read_w, _write_w, _schema_w, Field(ge=0.0)]

_read_p, _write_p, _schema_p = _field("pressure")
Pressure = Annotated[float, _read_p, _write_p, _schema_p, Field(gt=0.0)]

_read_c, _write_c, _schema_c = _field("mass concentration")
Concentration = Annotated[float, _read_c, _write_c, _schema_c, Field(ge=0.0)]

_read_m, _write_m, _schema_m = _field("molar concentration")
Molarity = Annotated[float, _read_m, _write_m, _schema_m, Field(ge=0.0)]

_read_ml, _write_ml, _schema_ml = _field("molality")
Molality = Annotated[float, _read_ml, _write_ml, _schema_ml, Field(ge=0.0)]

_read_f, _write_f, _schema_f = _field("fraction")
Fraction = Annotated[float, _read_f, _write_f, _schema_f, Field(ge=0.0, le=1.0)]

_read_x, _write_x, _schema_x = _field("mass fraction")
MassFraction = Annotated[float, _read_x, _write_x, _schema_x, Field(ge=0.0, le=1.0)]

_read_r, _write_r, _schema_r = _field("mass ratio")
MassRatio = Annotated[float, _read_r, _write_r, _schema_r, Field(ge=0.0)]

_read_n, _write_n, _schema_n = _field("ratio")
Ratio = Annotated[float, _read_n, _write_n, _schema_n, Field(ge=0.0)]

_read_ph, _write_ph, _schema_ph = _field("pH")
PH = Annotated[float, _read_ph, _write_ph, _schema_ph, Field(ge=-2.0, le=16.0)]

_read_sp, _write_sp, _schema_sp = _field("specific power")
SpecificPower = Annotated[float, _read_sp, _write_sp, _schema_sp, Field(ge=0.0)]

_read_se, _write_se, _schema_se = _field("specific energy")
SpecificEnergy = Annotated[float, _read_se, _write_se, _schema_se, Field(ge=0.0)]

_read_h, _write_h, _schema_h = _field("heat transfer coefficient")
HeatTransfer = Annotated[float, _read_h, _write_h, _schema_h, Field(gt=0.0)]

_read_k, _write_k, _schema_k = _field("rate constant")
RateConstant = Annotated[float, _read_k, _write_k, _schema_k, Field(ge=0.0)]

_read_fl, _write_fl, _schema_fl = _field("volume flux")
VolumeFlux = Annotated[float, _read_fl, _write_fl, _schema_fl, Field(ge=0.0)]

_read_u, _write_u, _schema_u = _field("voltage")
Voltage = Annotated[float, _read_u, _write_u, _schema_u, Field(gt=0.0, le=10.0)]

_read_cd, _write_cd, _schema_cd = _field("current density")
CurrentDensity = Annotated[float, _read_cd, _write_cd, _schema_cd, Field(gt=0.0)]
