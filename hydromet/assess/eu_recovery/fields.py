"""Figures of a case file: a mass or a share with its standard deviation and the record it was taken from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from hydromet.assess.eu_recovery.rules import KEYS, member_states, rules
from hydromet.errors import RecoveryError
from hydromet.flowsheet.assay import Sigma, Spread
from hydromet.flowsheet.schema import Part as FilePart
from hydromet.quantity import either, parse
from hydromet.source import nearest
from hydromet.species import atomic_mass

if TYPE_CHECKING:
    from collections.abc import Iterable

MASS, SHARE = "mass", "mass fraction"
TONNE = 1000.0
# Letters of the longest symbol of an element.
_SYMBOL = 2


class Base(FilePart):
    """Base of the parts of a case file."""

    model_config = ConfigDict(arbitrary_types_allowed=True)


class Figure(Base):
    """A number with its uncertainty and its evidence."""

    value: float
    sigma: Spread | None = Field(default=None, description="standard deviation", examples=["2 % of value"])
    record: str = Field(default="", description="assay or weighing record", examples=["LAB-2026-017"])

    def spread(self, value: float, relative: float) -> float:
        """Standard deviation in the unit of ``value``; ``relative`` of it where none is stated."""
        return (self.sigma or Sigma(relative, relative=True)).of(value)


class Mass(Figure):
    """A mass; a bare text is short for ``{value: ...}``. ``value`` in kg."""

    value: Annotated[float, BeforeValidator(lambda v: parse(v, MASS) if isinstance(v, str) else _bare(v))] = Field(
        ge=0.0, description="mass in the reporting year", examples=["1200 t"]
    )
    sigma: Annotated[Spread | None, BeforeValidator(lambda v: _mass_sigma(v))] = Field(  # noqa: PLW0108  # below
        default=None, description="standard deviation", examples=["0.5 % of value", "2 t"]
    )


class Content(Figure):
    """An element in a fraction: a share of its dry mass or, better, a mass."""

    value: float = Field(ge=0.0, description="share of the dry mass, or a mass", examples=["19.3 wt%", "232 t"])
    absolute: bool = False

    @model_validator(mode="before")
    @classmethod
    def _dimension(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "absolute" in data or "value" not in data:
            return data
        value, kind = either(data["value"], (SHARE, MASS))
        found = {**data, "value": value, "absolute": kind == MASS}
        if kind == MASS and isinstance(data.get("sigma"), str):
            found["sigma"] = _mass_sigma(data["sigma"])
        return found

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.absolute and self.value > 1.0:
            raise RecoveryError(
                "E913", read=f"{100.0 * self.value:g} wt%", expected="at most 100 wt% of the dry mass", write="19.3 wt%"
            )
        return self


class Moisture(Figure):
    """Water of a fraction, as a share of its wet mass."""

    value: Annotated[float, BeforeValidator(lambda v: parse(v, SHARE) if isinstance(v, str) else v)] = Field(
        ge=0.0, description="water as a share of the wet mass", examples=["2 wt%"]
    )

    @model_validator(mode="after")
    def _some_solid(self) -> Self:
        if self.value >= 1.0:
            raise RecoveryError(
                "E912", read=f"{100.0 * self.value:g} wt%", expected="less than 100 wt% of the wet mass", write="2 wt%"
            )
        return self


def _bare(value: Any) -> Any:
    """A bare number is no mass: the quantity module says so."""
    return value if isinstance(value, float) and not isinstance(value, bool) else parse(value, MASS)


def _mass_sigma(value: Any) -> Any:
    """``2 t`` as a standard deviation in kg; ``0.5 % of value`` is left to the reader of assays."""
    if isinstance(value, str) and not any(word in value for word in ("of", "rel")):
        size = parse(value, MASS)
        if size > 0.0:
            return Sigma(size)
    return value


def _short(value: Any) -> Any:
    return {"value": value} if isinstance(value, str | int | float) and not isinstance(value, bool) else value


class Born(Content):
    """What of an element came with reagents: a share of the element in the fraction, or a mass."""

    value: float = Field(ge=0.0, description="share of the element, or a mass", examples=["40 %", "3 t"])

    @model_validator(mode="before")
    @classmethod
    def _dimension(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "absolute" in data or "value" not in data:
            return data
        value, kind = either(data["value"], ("fraction", MASS))
        return {**data, "value": value, "absolute": kind == MASS}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.absolute and self.value > 1.0:
            raise RecoveryError("E913", read=f"{100.0 * self.value:g} %", expected="at most 100 %", write="40 %")
        return self


MassFigure = Annotated[Mass, BeforeValidator(_short), Field(examples=["1200 t"])]
ContentFigure = Annotated[Content, BeforeValidator(_short), Field(examples=["19.3 wt%"])]
BornFigure = Annotated[Born, BeforeValidator(_short), Field(examples=["40 %"])]
MoistureFigure = Annotated[Moisture, BeforeValidator(_short), Field(examples=["2 wt%"])]


def key(name: str) -> str:
    """A row of the form or an element: canonical spelling (``C`` is ``C_cell``, ``O2`` is ``O``).

    Raises:
        RecoveryError: E919, neither.
    """
    found = {"C": "C_cell", "O2": "O", "Other": "Others"}.get(name, name)
    if found in KEYS or found == "Fe":
        return found
    if len(found) <= _SYMBOL and found.isalpha():
        try:
            atomic_mass(found)
        except ValueError:
            pass
        else:
            return found
    near = nearest(name, (*KEYS, "Fe", "F", "Si")) or ("Ni", "Steel", "C_cell")
    raise RecoveryError("E919", read=name, expected=f"an element or one of {', '.join(KEYS)}", write=near[0])


def choice(table: str, name: str) -> str:
    """A word of a table of the rules: form, family, part, commodity, use.

    Raises:
        RecoveryError: E910 unknown use, E920 another unknown word.
    """
    known: Iterable[str] = getattr(rules(), table)
    if name in known:
        return name
    near = nearest(name, known)
    expected = " or ".join(near) or f"one of {', '.join(known)}"
    if table == "uses":
        raise RecoveryError("E910", read=name, expected=expected, write=(near or ("product",))[0])
    raise RecoveryError("E920", read=name, expected=expected, write=(near or tuple(known))[0])


def country(name: str) -> str:
    """A country as two capital letters (ISO 3166-1); ``EL`` is Greece.

    Raises:
        RecoveryError: E920, anything else.
    """
    name = str(name)
    if name == "EL":
        return "GR"
    if len(name) == _SYMBOL and name.isascii() and name.isalpha() and name.isupper():
        return name
    raise RecoveryError("E920", read=name, expected="a country as two capital letters", write="DE")


def member_state(name: str) -> str:
    """A Member State of the Union.

    Raises:
        RecoveryError: E920, another country, or none.
    """
    code = country(name)
    if code not in member_states():
        expected = "the Member State of collection; none if it was outside the Union"
        raise RecoveryError("E920", read=str(name), expected=expected, write="DE")
    return code


def in_union(code: str) -> bool:
    """Is this a Member State of the European Union?"""
    return code in member_states()


Key = Annotated[str, BeforeValidator(key)]
Country = Annotated[str, BeforeValidator(country)]
MemberState = Annotated[str, BeforeValidator(member_state)]
Contents = dict[Key, ContentFigure]
Use = Annotated[str, BeforeValidator(lambda v: choice("uses", str(v))), Field(examples=["product"])]
Form = Annotated[str, BeforeValidator(lambda v: choice("forms", str(v))), Field(examples=["module"])]
Family = Annotated[str, BeforeValidator(lambda v: choice("families", str(v))), Field(examples=["lithium_based"])]
Kind = Annotated[str, BeforeValidator(lambda v: choice("parts", str(v))), Field(examples=["cathode_active"])]
Commodity = Annotated[str, BeforeValidator(lambda v: choice("commodities", str(v))), Field(examples=["black_mass"])]
