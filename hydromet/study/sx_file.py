"""The file of a solvent-extraction circuit or laboratory test: what ``hydromet sx`` reads."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SkipValidation, model_validator

from hydromet.chemistry.extraction.extractants import load_extractant
from hydromet.chemistry.solutions.amounts import Amount, read_amount, read_substance
from hydromet.errors import ExtractionError
from hydromet.quantity import parse
from hydromet.stream import ROOM
from hydromet.units.fields import (
    PH,
    Concentration,
    Duration,
    Fraction,
    Length,
    MassFraction,
    Molarity,
    Ratio,
    SpecificPower,
    Temperature,
    VolumeFlow,
    VolumeFlux,
)

FORMAT = "sx"
NEWEST = 1
# Highest stage number of a unit; what "any number of stages" means in the search for a limit.
MOST_STAGES = 60


def _known(name: str) -> str:
    load_extractant(name)
    return name


def _named(name: str) -> str:
    read_substance(name)
    return name


def _share(value: float) -> float:
    if not 0.0 < value < 1.0:
        raise ExtractionError(
            "E627", read=f"{100.0 * value:g} %", expected="a share above 0 and below 100 %", write="99.5 %"
        )
    return value


Name = Annotated[str, AfterValidator(_named)]
Written = Annotated[SkipValidation[Amount], BeforeValidator(read_amount, json_schema_input_type=str)]
Share = Annotated[Fraction, AfterValidator(_share)]
Stages = Annotated[int, Field(ge=1, le=MOST_STAGES)]
Times = Annotated[
    float, BeforeValidator(partial(parse, dimension="ratio"), json_schema_input_type=str | float), Field(gt=0.0)
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)


class Liquor(_Part):
    """An aqueous phase as analysed."""

    composition: dict[Name, Written] = Field(
        min_length=1, description="compounds, ions or elements with amounts", examples=["{Co: 16.5 g/L, Ni: 2 g/L}"]
    )
    pH: PH | None = Field(None, description="as measured; what of `balance` and acid belongs to it is calculated")
    balance: str = Field("SO4-2", description="ion that makes the charges cancel", examples=["SO4-2"])
    flow: VolumeFlow = Field(1.0 / 3600.0, gt=0.0, description="of the liquor; 1 m3/h", examples=["5 m3/h"])


class Organic(_Part):
    """The organic that meets the liquor."""

    molarity: Molarity = Field(gt=0.0, description="extractant, as monomer", examples=["0.6 mol/L"])
    saponified: Fraction | None = Field(
        None, lt=1.0, description="share of the extractant turned into the salt of `base` before the contact",
        examples=["40 %"],
    )  # fmt: skip
    loaded: dict[str, Concentration] = Field(
        {}, description="metals that stripping left on it", examples=["{Ni: 0.1 g/L}"]
    )


class Extraction(_Part):
    """Extraction: liquor and organic in counter-current."""

    stages: Stages = Field(1, description="mixer-settlers in series", examples=[4])
    o_a: Ratio = Field(1.0, gt=0.0, description="organic per liquor, by volume of what enters", examples=[1.2])
    raffinate_pH: PH | None = Field(None, description="held with base; none: the pH floats", examples=[5.5])


class Scrubbing(_Part):
    """Scrubbing of the loaded organic."""

    liquor: Liquor = Field(description="scrub liquor", examples=["{composition: {CoSO4: 10 g/L, H2SO4: 2 g/L}}"])
    stages: Stages = Field(2, description="mixer-settlers in series", examples=[2])
    o_a: Ratio = Field(10.0, gt=0.0, description="organic per scrub liquor, by volume", examples=[10])
    raffinate_to: Stages | None = Field(
        None, description="stage of extraction that the scrub raffinate goes back to; none: it leaves the circuit",
        examples=[1],
    )  # fmt: skip


class Stripping(_Part):
    """Stripping of the loaded, if there is scrubbing of the scrubbed organic with sulfuric acid."""

    stages: Stages = Field(2, description="mixer-settlers in series", examples=[2])
    acid_ratio: Ratio = Field(1.1, gt=0.0, description="acid per equivalent of strippable metal", examples=[1.1])


class Targets(_Part):
    """What the circuit has to reach."""

    extraction: dict[str, Share] = Field({}, description="metal -> share extracted", examples=["{Co: 99.5 %}"])
    raffinate: dict[str, Annotated[Concentration, Field(gt=0.0)]] = Field(
        {}, description="metal -> most that the raffinate holds", examples=["{Co: 10 mg/L}"]
    )
    raffinate_pH: PH | None = Field(None, description="least pH of the raffinate", examples=[5.5])
    purity: dict[str, Times] = Field(
        {}, description="A/B -> least mass ratio on the scrubbed organic", examples=["{Co/Ni: 1000}"]
    )
    stripped: dict[str, Share] = Field({}, description="metal -> share stripped", examples=["{Co: 99.5 %}"])
    strip_liquor: dict[str, Annotated[Concentration, Field(gt=0.0)]] = Field(
        {}, max_length=1, description="metal -> concentration in the strip liquor", examples=["{Co: 90 g/L}"]
    )


class Equipment(_Part):
    """Choices for mixers and settlers in place of those of data/equipment/mixer_settler.csv."""

    residence_time: Duration | None = Field(None, gt=0.0, description="in the mixer", examples=["3 min"])
    specific_flow: VolumeFlux | None = Field(
        None, gt=0.0, description="both phases per settler area", examples=["4 m3/m2/h"]
    )
    mixer_o_a: Ratio | None = Field(
        None, gt=0.0, description="in the mixer, by recycle of the lesser phase; 0 < 1", examples=[1]
    )
    organic_depth: Length | None = Field(None, gt=0.0, description="in the settler", examples=["0.3 m"])
    aqueous_depth: Length | None = Field(None, gt=0.0, description="in the settler", examples=["0.4 m"])
    length_to_width: Ratio | None = Field(None, gt=0.0, description="of the settler", examples=[3])
    mixer_power: SpecificPower | None = Field(None, description="of the impeller", examples=["1 kW/m3"])
    design_margin: Ratio | None = Field(None, ge=1.0, description="on all flows", examples=[1.1])


class Dissolved(_Part):
    """A solid base dissolved in water before it is used."""

    reagent: str = Field(description="reagent of data/reagents, or a file", examples=["lithium_hydroxide"])
    strength: Annotated[MassFraction, Field(gt=0.0, le=1.0)] = Field(
        description="mass of the reagent in the solution", examples=["10 wt%"]
    )


class Source(_Part):
    """A solved unit of a plant that the phases are taken from."""

    result: str = Field(description="result.json or its folder, beside this file", examples=["results/my_plant"])
    unit: str = Field(description="an extract, scrub or strip unit in it", examples=["cobalt_extraction"])


class SxFile(_Part):
    """A circuit of solvent extraction, format 1."""

    sx: int = Field(description="version of the format", examples=[NEWEST])
    title: str | dict[str, str] = Field("", description="in one or two languages")
    source: Source | None = Field(
        None, alias="from", description="a solved unit whose phases and parameters are the case; what stands here wins"
    )
    extractant: Annotated[str, AfterValidator(_known)] | None = Field(
        None, description="a file of data/extractants", examples=["cyanex272"]
    )
    temperature: Temperature = ROOM
    liquor: Liquor | None = Field(None, description="what is extracted from")
    organic: Organic | None = Field(None, description="what extracts")
    base: str | Dissolved = Field(
        "sodium_hydroxide_50", description="reagent of data/reagents, or a file; a solid one with its strength",
        examples=["ammonia_25"],
    )  # fmt: skip
    acid: str = Field("sulfuric_acid_98", description="reagent of data/reagents, or a file")
    water: str = Field("demineralised_water", description="that dilutes strip acid")
    stage_efficiency: Fraction = Field(1.0, gt=0.0, description="Murphree, of every stage of the circuit")
    aqueous_entrainment: Fraction = Field(2e-4, le=0.1, description="in the organic of every settler")
    organic_entrainment: Fraction = Field(6e-5, le=0.1, description="in the aqueous of every settler")
    extraction: Extraction = Field(Extraction(), description="extraction section")
    scrubbing: Scrubbing | None = Field(None, description="scrubbing section")
    stripping: Stripping | None = Field(None, description="stripping section")
    targets: Targets = Field(Targets(), description="what has to be reached")
    equipment: Equipment = Field(Equipment(), description="sizes of mixers and settlers")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = [name for name in ("extractant", "liquor", "organic") if getattr(self, name) is None]
        if missing and self.source is None:
            lines = {
                "extractant": "extractant: cyanex272",
                "liquor": "liquor: {composition: {Co: 16.5 g/L}, pH: 4}",
                "organic": "organic: {molarity: 0.6 mol/L}",
            }
            raise ExtractionError(
                "E625",
                read=f"no {' and no '.join(f'`{name}`' for name in missing)}",
                expected="extractant, liquor and organic, or `from:` with a solved unit",
                write=lines[missing[0]],
            )
        return self


def json_schema() -> dict[str, Any]:
    """JSON Schema of the file of a circuit."""
    schema = SxFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hydromet solvent-extraction case"
    return schema
