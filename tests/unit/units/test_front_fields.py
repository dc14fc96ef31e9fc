from typing import ClassVar, Literal

import pytest
from pydantic import Field, ValidationError

from hydromet.errors import UnitError
from hydromet.units import registry
from hydromet.units.base import Port, Unit, UnitResult
from hydromet.units.fields import FROM_FILE, PH, Area, Fraction, MassFlow, MassFraction, Temperature


class Box(Unit):
    model: Literal["box"] = "box"
    temperature: Temperature = Field(description="t")
    rate: MassFlow | None = Field(None, description="r")
    supply: dict[str, MassFlow] = Field({}, description="s")
    area: Area = Field(2.0, description="a")
    share: Fraction = Field(0.5, description="f")
    moisture: MassFraction = Field(0.5, description="w")
    pH: PH = Field(7.0, description="p")

    inlets: ClassVar = (Port("feed", "feed"),)

    def solve(self, inlets, chemistry):  # noqa: ARG002
        return UnitResult({})


def test_text_becomes_si():
    box = Box(temperature="60 degC", rate="1000 kg/h", supply={"leach": "3.6 t/h"}, share="30 %", moisture="40 wt%")
    assert box.temperature == pytest.approx(333.15)
    assert box.rate == pytest.approx(1000 / 3600)
    assert box.supply["leach"] == pytest.approx(1.0)
    assert box.share == pytest.approx(0.3)
    assert box.moisture == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("temperature", 60, "E202"),
        ("temperature", "60 C", "E203"),
        ("share", "30 wt%", "E203"),
        ("moisture", "40 %", "E207"),
        ("rate", "3 m3/h", "E203"),
    ],
)
def test_a_file_has_to_name_the_unit(field, text, code):
    with pytest.raises(ValidationError) as caught:
        Box.model_validate({"temperature": "60 degC", field: text}, context=FROM_FILE)
    assert caught.value.errors()[0]["ctx"]["error"].code == code


def test_python_may_pass_si_numbers():
    assert Box(temperature=333.15, pH=2).temperature == 333.15


@pytest.mark.parametrize("bad", [{"share": 1.2}, {"share": -0.1}, {"temperature": -1.0}, {"rate": -1.0}, {"pH": 30}])
def test_bounds(bad):
    with pytest.raises(ValidationError):
        Box.model_validate({"temperature": 300.0, **bad})


def test_json_text_reads_back_the_same_float():
    box = Box(temperature=333.1500001, rate=0.1 / 3, supply={"a": 1 / 7})
    assert box.model_dump(mode="json")["temperature"].endswith(" K")
    assert Box.model_validate_json(box.model_dump_json()) == box


def test_extensive_parameters_scale():
    box = Box(temperature=300.0, rate=2.0, supply={"a": 3.0})
    assert box.extensive() == ("rate", "supply", "area")
    large = box.scaled(10.0)
    assert (large.rate, large.supply, large.area, large.temperature) == (20.0, {"a": 30.0}, 20.0, 300.0)


def test_schema_names_the_unit():
    schema = Box.model_json_schema()["properties"]
    assert schema["temperature"]["unit"] == "K"
    assert schema["area"]["extensive"] is True
    assert schema["temperature"]["examples"] == ["60 degC"]


def test_built_in_units_are_found():
    models = registry.unit_models()
    assert {"leach", "filter", "cement", "precipitate", "polish", "split", "header", "mix"} <= set(models)
    assert list(models) == sorted(models)


class _Point:
    name, value = "box", "somewhere:box"

    def __init__(self, thing):
        self.load = lambda: thing


@pytest.mark.parametrize(("thing", "code"), [(42, "E801"), (type("Leach2", (Box,), {"__annotations__": {}}), None)])
def test_entry_points(monkeypatch, thing, code):
    monkeypatch.setattr(registry, "entry_points", lambda **_: [_Point(thing)])
    registry.unit_models.cache_clear()
    try:
        if code:
            with pytest.raises(UnitError, match=code):
                registry.unit_models()
        else:
            assert registry.unit_models()["box"] is thing
    finally:
        registry.unit_models.cache_clear()


def test_two_units_of_one_name(monkeypatch):
    clash = type("Clash", (Box,), {"__annotations__": {"model": Literal["leach"]}, "model": "leach"})
    monkeypatch.setattr(registry, "entry_points", lambda **_: [_Point(clash)])
    registry.unit_models.cache_clear()
    try:
        with pytest.raises(UnitError, match="E800"):
            registry.unit_models()
    finally:
        monkeypatch.undo()
        registry.unit_models.cache_clear()
