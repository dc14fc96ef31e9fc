"""Mistakes that pydantic finds come out at their line, with names, words and examples of the file."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from hydromet.errors import FlowsheetError, QuantityError, UserErrors
from hydromet.quantity import parse
from hydromet.source import load_text
from hydromet.validation import validate

Temperature = Annotated[
    float, BeforeValidator(lambda text: parse(text, "temperature")), Field(json_schema_extra={"examples": ["60 degC"]})
]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Leach(Strict):
    model: Literal["leach"]
    inlets: dict[str, str | list[str]] = Field(alias="in")
    temperature: Temperature = Field(description="of the tanks")
    tanks: int = Field(3, ge=1)
    mode: Literal["slow", "fast"] = "slow"
    leach: Temperature | None = None


class Mix(Strict):
    model: Literal["mix"]
    pressure: float = 1.0


class Plant(Strict):
    hydromet: int
    units: dict[str, Annotated[Leach | Mix, Field(discriminator="model")]]
    trains: list[Leach] = []


def mistakes(text, model=Plant, path=()):
    with pytest.raises((UserErrors, ValueError)) as caught:
        validate(load_text(text, "f.yaml"), model, path)
    errors = getattr(caught.value, "errors", (caught.value,))
    return [(e.code, str(e.place).removeprefix("f.yaml:"), e.read, e.expected, e.write) for e in errors]


def unit(line, model="leach"):
    return (
        f"hydromet: 1\nunits:\n  leach:\n    model: {model}\n    in: {{a: b}}\n    temperature: 60 degC\n    {line}\n"
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("leach: 60", ("E202", "7:12", "60, without a unit", "a temperature with its unit", "leach: 60 degC")),
        ("tanks: 0", ("E116", "7:12", "0", "greater than or equal to 1", "tanks: 1")),
        ("tanks: three", ("E115", "7:12", "three", "a whole number", "")),
        ("mode: fst", ("E117", "7:11", "fst", "fast", "mode: fast")),
        ("mode: quick", ("E117", "7:11", "quick", "one of slow, fast", "mode: slow")),
        ("tempreature: 3", ("E113", "7:5", "`tempreature`", "temperature", "temperature: 60 degC")),
        ("tonks: 3", ("E113", "7:5", "`tonks`", "tanks", "tanks: 3")),
        ("zz: 3", ("E113", "7:5", "`zz`", "one of in, leach, mode, model, tanks, temperature", "")),
    ],
)
def test_value_in_a_union_whose_tag_is_also_its_name_and_a_field(line, expected):
    assert mistakes(unit(line)) == [expected]


def test_missing_key_points_at_its_parent_and_gives_an_example():
    assert mistakes("hydromet: 1\nunits:\n  a: {model: leach, in: {}}\n") == [
        ("E114", "3:3", "no `temperature`", "`temperature`: of the tanks", "temperature: 60 degC")
    ]


def test_tag_unknown_and_tag_missing():
    assert mistakes("hydromet: 1\nunits:\n  a: {model: mixx}\n  b: {pressure: 1}\n") == [
        ("E117", "3:14", "mixx", "mix", "model: mix"),
        ("E117", "4:3", "no `model`", "`model`", ""),
    ]


def test_alternatives_of_a_plain_union_are_one_mistake():
    assert mistakes(unit("").replace("{a: b}", "{a: 3}")) == [("E115", "5:13", "3", "text or a list", "")]


def test_list_items_and_top_level():
    text = "hydromet: 1\nunits: {}\ntrains:\n  - {model: leach, in: {}, temperature: 60 C}\nextra: 1\n"
    assert [(code, where) for code, where, *_ in mistakes(text)] == [("E203", "4:41"), ("E113", "5:1")]


def test_part_of_a_document():
    text = "hydromet: 1\nunits:\n  a: {model: mix, presure: 2}\n"
    assert mistakes(text, Mix, ("units", "a")) == [("E113", "3:19", "`presure`", "pressure", "pressure: 2")]


def test_user_errors_of_validators_keep_code_and_get_a_place():
    def refuse(value):
        raise UserErrors([FlowsheetError("E401", read="x"), QuantityError("E202", read="y", write="5 h")])

    class Holder(BaseModel):
        value: Annotated[str, BeforeValidator(refuse)]

    assert mistakes("value: 3\n", Holder) == [("E401", "1:8", "x", "", ""), ("E202", "1:8", "y", "", "value: 5 h")]


def test_sound_data_pass():
    found = validate(load_text(unit("tanks: 2")), Plant)
    assert found.units["leach"].temperature == pytest.approx(333.15)
