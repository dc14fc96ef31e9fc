"""The file of a solution: what ``hydromet speciate`` reads, and what its words and options are checked against."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SkipValidation

from hydromet.chemistry.database import load_database
from hydromet.chemistry.formation import allowed_solids
from hydromet.chemistry.salts import ANIONS, CATIONS
from hydromet.chemistry.sane import COLDEST_ASKED, HOTTEST_ASKED
from hydromet.chemistry.solubility import hydrates_of
from hydromet.chemistry.solutions.amounts import Amount, read_amount, read_substance
from hydromet.chemistry.solutions.speciation import PH, Question
from hydromet.dimensions import ZERO_CELSIUS
from hydromet.errors import ChemistryError, SpeciesError
from hydromet.quantity import parse
from hydromet.source import nearest
from hydromet.species import WATER, species
from hydromet.stream import ATMOSPHERE, ROOM

FORMAT = "solution"
NEWEST = 1


def _named(name: str) -> str:
    read_substance(name)
    return name


def _balancing(name: str) -> str:
    if name.strip().casefold() == PH.casefold():
        return PH
    try:
        return read_substance(name).name
    except (ChemistryError, SpeciesError) as error:
        near = nearest(name, (*CATIONS, *ANIONS)) or ("SO4-2",)
        raise ChemistryError(error.code, read=name, expected="an ion, or pH", write=near[0]) from None


def _titrant(name: str) -> str:
    ions = read_substance(name).ions
    if set(ions) == {WATER} or abs(sum(count * species(ion).charge for ion, count in ions.items())) > 1e-9:
        raise ChemistryError("E512", read=name, expected="an acid, a base or a salt", write="NaOH")
    return name


def _solids(value: str | list[str]) -> str | tuple[str, ...]:
    """``auto``, ``none``, or names, with commas between them where they are one text."""
    names = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if len(names) == 1 and names[0] in ("auto", "none"):
        return names[0]
    return tuple(_solid(name) for name in allowed_solids(names))


def _solid(name: str) -> str:
    known = load_database().solids
    text = name if name.endswith("(s)") else f"{name}(s)"
    if species(text).id in known:
        return species(text).id
    near = nearest(text, known)
    expected = " or ".join(near) or "auto, none, or solids of data/reactions"
    raise ChemistryError("E505", read=name, expected=expected, write=near[0] if near else "auto")


def _gas(name: str) -> str:
    known = load_database().gases
    text = name if name.endswith("(g)") else f"{name}(g)"
    if species(text).id in known:
        return species(text).id
    near = nearest(text, known) or tuple(known)
    raise ChemistryError("E505", read=name, expected=f"a gas: {', '.join(known)}", write=near[0])


def _salt(name: str) -> str:
    hydrates_of(name)
    return name


def _bearable(kelvin: float) -> float:
    if not COLDEST_ASKED <= kelvin <= HOTTEST_ASKED:
        low, high = COLDEST_ASKED - ZERO_CELSIUS, HOTTEST_ASKED - ZERO_CELSIUS
        raise ChemistryError(
            "E553", read=f"{kelvin - ZERO_CELSIUS:g} degC", expected=f"{low:.0f} to {high:.0f} degC", write="25 degC"
        )
    return kelvin


def _quantity(dimension: str) -> Any:
    return BeforeValidator(partial(parse, dimension=dimension), json_schema_input_type=str)


Name = Annotated[str, AfterValidator(_named)]
Written = Annotated[SkipValidation[Amount], BeforeValidator(read_amount, json_schema_input_type=str)]
Gas = Annotated[str, AfterValidator(_gas)]
Pressure = Annotated[float, _quantity("pressure")]


class SolutionFile(BaseModel):
    """A solution, and what is done to it."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    solution: int = Field(NEWEST, description="format version", examples=[NEWEST])
    title: str | dict[str, str] = Field("", description="of the solution, in one or two languages")
    composition: dict[Name, Written] = Field(
        default_factory=dict,
        description="compounds, ions or elements with amounts: mol/kg of water, mol/L, g/L, wt% of solution",
        examples=["{NiSO4: 1.2 mol/kg}"],
    )
    temperature: Annotated[float, _quantity("temperature"), AfterValidator(_bearable)] = Field(
        ROOM, description="temperature; 25 degC", examples=["60 degC"]
    )
    pressure: Annotated[float, _quantity("pressure"), Field(gt=0.0, examples=["1 atm"])] = Field(
        ATMOSPHERE, description="pressure; 1 atm"
    )
    balance: Annotated[str, AfterValidator(_balancing)] | None = Field(
        None, description="ion that makes the charges cancel, or pH for acid or base", examples=["SO4-2"]
    )
    pH: Annotated[float, _quantity("pH"), Field(ge=-3.0, le=16.0, examples=["5"])] | None = Field(
        None, description="to reach with the titrant; without a titrant as measured, with `balance`"
    )
    titrant: Annotated[str, AfterValidator(_titrant)] | None = Field(
        None, description="acid, base or salt that is dosed to the pH", examples=["NaOH"]
    )
    solids: Annotated[str | tuple[str, ...], BeforeValidator(_solids)] = Field(
        "auto", description="what may form: auto (what forms within hours), none, or names", examples=["auto"]
    )
    gases: dict[Gas, Pressure] = Field(
        default_factory=dict,
        description="partial pressures of the atmosphere the solution is open to",
        examples=["{CO2: 0.0004 bar}"],
    )
    saturate: Annotated[str, AfterValidator(_salt)] | None = Field(
        None, description="salt or solid that is dissolved until no more goes in", examples=["NiSO4"]
    )
    Eh: Annotated[float, _quantity("voltage"), Field(ge=-5.0, le=5.0, examples=["0.77 V"])] | None = Field(
        None, description="potential of all couples against the standard hydrogen electrode; none: independent couples"
    )

    def question(self) -> Question:
        """The same, ready to be asked."""
        return Question(**{name: getattr(self, name) for name in Question.__dataclass_fields__})


def json_schema() -> dict[str, Any]:
    """JSON Schema of the file of a solution."""
    schema = SolutionFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hydromet solution"
    return schema
