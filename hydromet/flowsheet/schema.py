"""The flowsheet file, format 1, as pydantic models: what may stand in it, apart from names that refer to each other.

The units' own parameters are checked by the unit classes and the feeds by the feed door; ``hydromet.flowsheet.read``
puts the three together and checks the names.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from hydromet.errors import FlowsheetError
from hydromet.quantity import parse
from hydromet.species import species
from hydromet.units.fields import MolarFlow

FORMAT = "hydromet"
NEWEST = 1

# Fields of a unit that the flowsheet reads, not the unit.
MODEL = "model"
INLETS = "in"
OWN = (MODEL, INLETS, "title")

_YEAR = 31557600.0


class Part(BaseModel):
    """Base of the parts of a file: no unknown keys, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)


Text = Annotated[str | dict[Literal["en", "ja"], str], Field(examples=["{en: Nickel plant, ja: ニッケル工場}"])]


class Operating(Part):
    """How long the plant runs in a year."""

    hours: Annotated[float, BeforeValidator(lambda text: _hours(text))] = Field(  # noqa: PLW0108  # defined below
        default=8000.0 * 3600.0 / _YEAR,
        description="time on stream in a year; stored as a share of the year",
        examples=["8000 h/y"],
    )

    def seconds(self) -> float:
        """Seconds on stream in a year of 365.25 days."""
        return self.hours * _YEAR


def _hours(value: Any) -> float:
    share = parse(value, "operating time")
    if not 0.0 < share <= 1.0:
        raise FlowsheetError(
            "E431", read=str(value), expected="more than 0 and at most 8766 h/y", write="hours: 8000 h/y"
        )
    return share


def _salt(value: Any) -> Any:
    return species(value).id if isinstance(value, str) else value


class Outlet(Part):
    """A stream that leaves the plant."""

    stream: str = Field(description="the unit's outlet", examples=["filter.cake"])
    title: Text = ""


class Product(Outlet):
    """A stream that is sold or used; its metal counts as recovered."""

    compound: Annotated[str | None, BeforeValidator(_salt)] = Field(
        default=None, description="the salt it is sold as, for the purity", examples=["NiSO4:6H2O(s)"]
    )
    grade: str | None = Field(
        default=None, description="specification it is held against; that of its compound if not given",
        examples=["lithium_carbonate_battery"],
    )  # fmt: skip
    required: bool = Field(default=False, description="a limit of the specification that fails ends with exit code 5")


def _as_stream(value: Any) -> Any:
    """``name: unit.port`` is short for ``name: {stream: unit.port}``."""
    return {"stream": value} if isinstance(value, str) else value


def _as_streams(value: Any) -> Any:
    """One stream is short for a list of one."""
    return [value] if isinstance(value, str) else value


class Effluent(Part):
    """A stream held against limits: water, or gas with the air a fan adds."""

    stream: Annotated[tuple[str, ...], BeforeValidator(_as_streams)] = Field(
        description="a unit's outlet; several gases that leave by one stack", min_length=1, examples=["header.surplus"]
    )
    limits: str | None = Field(
        default=None, description="table of data/limits/effluent_tables.csv", examples=["japan_national"]
    )
    override: dict[str, str | int | float | tuple[float, float]] = Field(
        default_factory=dict,
        description="component -> limit of a prefecture or a permit in place of the table's; pH as [low, high]",
        examples=["{Ni: 1 mg/L, pH: [6, 8]}"],
    )
    air: MolarFlow = Field(default=0.0, description="dry air a fan adds to a gas", examples=["2000 Nm3/h"])
    required: bool = Field(default=False, description="a limit that fails ends with exit code 5")
    title: Text = ""


Leaving = Annotated[Outlet, BeforeValidator(_as_stream)]
Sold = Annotated[Product, BeforeValidator(_as_stream)]


class Target(Part):
    """A design specification: vary one number until another has its value."""

    vary: str = Field(description="what is varied: unit.parameter or feeds.name.rate", examples=["feeds.peroxide.rate"])
    within: tuple[str | int | float, str | int | float] = Field(
        description="lowest and highest value", examples=["[50 kg/h, 500 kg/h]"]
    )
    until: dict[str, str | int | float] = Field(
        description="the figure and its value, one only",
        min_length=1,
        max_length=1,
        examples=["{leach.slurry.pH: 1.2}"],
    )

    def goal(self) -> tuple[str, str | int | float]:
        """The figure and the value it shall have."""
        return next(iter(self.until.items()))


class Preferences(Part):
    """Units of measure in tables."""

    flow: Annotated[str, BeforeValidator(lambda t: _unit(t, "mass flow"))] = Field(default="kg/h", examples=["kg/h"])
    concentration: Annotated[str, BeforeValidator(lambda t: _unit(t, "mass concentration"))] = Field(
        default="g/L", examples=["g/L"]
    )
    temperature: Annotated[str, BeforeValidator(lambda t: _unit(t, "temperature"))] = Field(
        default="degC", examples=["degC"]
    )


def _unit(value: Any, dimension: str) -> Any:
    parse(f"1 {value}", dimension)
    return value


class Assess(Part):
    """What is assessed beyond balances, recovery and consumption."""

    recovery: Literal["process"] = Field(default="process", description="process recovery of feed-born metal")


_Shares = partial(Field, default_factory=dict)


class FlowsheetFile(Part):
    """A flowsheet file.

    Units are written from top to bottom like a process description, and every connection once, at the consumer.
    """

    hydromet: int = Field(description="format version", examples=[NEWEST])
    title: Text = ""
    chemistry: tuple[str, ...] = Field(default=("sulfate",), description="chemistry data sets", examples=["[sulfate]"])
    parameters: str | None = Field(
        default=None, description="file of fitted values, beside the flowsheet", examples=["pilot_parameters.yaml"]
    )
    operating: Operating = Operating()
    feeds: dict[str, dict[str, Any]] = Field(
        description="what comes in", min_length=1, examples=["{water: {water: process, rate: 1 t/h}}"]
    )
    units: dict[str, dict[str, Any]] = Field(
        description="unit operations, top to bottom", min_length=1, examples=["{tank: {model: mix, in: {feed: water}}}"]
    )
    targets: tuple[Target, ...] = Field(default=(), description="design specifications")
    products: dict[str, Sold] = Field(
        description="what is sold; its metal counts as recovered",
        min_length=1,
        examples=["{nickel_sulfate: dryer.product}"],
    )
    by_products: dict[str, Leaving] = _Shares(description="what finds a use but is not a product")
    wastes: dict[str, Leaving] = _Shares(description="what is disposed of: residues, effluent, bleeds")
    emissions: dict[str, Leaving] = _Shares(description="what goes to the air")
    effluents: dict[str, Effluent] = _Shares(
        description="streams held against limits",
        examples=["{waste_water: {stream: header.surplus, limits: japan_national}}"],
    )
    recovery: dict[str, Any] | None = Field(
        default=None, description="lots and chain of recyclers for the EU rates; read by hydromet recovery"
    )
    carbon: dict[str, Any] | None = Field(
        default=None, description="grid, heat, treatments, transport of the carbon footprint; read by hydromet carbon"
    )
    show: Preferences = Field(default=Preferences(), description="units of measure in tables")
    assess: Assess = Field(default=Assess(), description="assessments")

    def leaving(self) -> dict[str, tuple[str, str, Outlet]]:
        """Declared stream -> (kind, name, declaration), products first."""
        kinds: tuple[tuple[str, dict[str, Any]], ...] = (
            ("products", self.products),
            ("by_products", self.by_products),
            ("wastes", self.wastes),
            ("emissions", self.emissions),
        )
        return {out.stream: (kind, name, out) for kind, outs in kinds for name, out in outs.items()}


LEAVING = ("products", "by_products", "wastes", "emissions")


def json_schema() -> dict[str, Any]:
    """JSON Schema of the flowsheet file, every unit operation and its parameters included; for editors."""
    from hydromet.units.registry import unit_models

    schema = FlowsheetFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hydromet flowsheet"
    definitions = schema.setdefault("$defs", {})
    source = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    choices = []
    for name, unit in unit_models().items():
        part = unit.model_json_schema(ref_template="#/$defs/{model}")
        definitions.update(part.pop("$defs", {}))
        ports = [port.name for port in unit.inlets]
        part["properties"] = {
            **part.get("properties", {}),
            "model": {"const": name},
            INLETS: {"type": "object", "additionalProperties": source, "description": f"inlets: {', '.join(ports)}"},
            "title": schema["properties"]["title"],
        }
        part["required"] = sorted({*part.get("required", []), MODEL})
        part["additionalProperties"] = False
        definitions[f"unit_{name}"] = part
        choices.append({"$ref": f"#/$defs/unit_{name}"})
    schema["properties"]["units"]["additionalProperties"] = {"oneOf": choices}
    return schema
