"""Every trap between a text and a number in SI units: the right value, or the right message with a line that works."""

from __future__ import annotations

import math
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydromet.dimensions import DIMENSIONS, NORMAL_CUBIC_METRE
from hydromet.errors import QuantityError
from hydromet.quantity import convert, exact, normalise, parse, share, show

# Text, dimension, SI value worked out by hand.
RIGHT = [
    ("60 degC", "temperature", 333.15),
    ("60degC", "temperature", 333.15),
    ("60 °C", "temperature", 333.15),
    ("60℃", "temperature", 333.15),
    ("６０℃", "temperature", 333.15),
    ("６０ ｄｅｇＣ", "temperature", 333.15),
    ("333.15 K", "temperature", 333.15),
    ("140 degF", "temperature", 333.15),
    ("−5 degC", "temperature", 268.15),
    ("10 K", "temperature difference", 10.0),
    ("10 degC", "temperature difference", 10.0),
    ("18 degF", "temperature difference", 10.0),
    ("12 m3/h", "volume flow", 12 / 3600),
    ("12 m³/h", "volume flow", 12 / 3600),
    ("12 m^3/h", "volume flow", 12 / 3600),
    ("12 m**3 / h", "volume flow", 12 / 3600),
    ("12 m3/hr", "volume flow", 12 / 3600),
    ("36 l/h", "volume flow", 1e-5),
    ("1000 kg/h", "mass flow", 1000 / 3600),
    ("1e3 kg/h", "mass flow", 1000 / 3600),
    ("24 t/d", "mass flow", 24000 / 86400),
    ("8766 t/y", "mass flow", 8766000 / 31557600),
    ("8766 t/a", "mass flow", 8766000 / 31557600),
    ("10 lb/h", "mass flow", 4.5359237 / 3600),
    ("100 Nm3/h", "molar flow", 100 * 44.6150 / 3600),
    ("2 barg", "pressure", 301325.0),
    ("2 bar(g)", "pressure", 301325.0),
    ("2 bara", "pressure", 200000.0),
    ("14.695949 psi", "pressure", 101325.0),
    ("0 psig", "pressure", 101325.0),
    ("5 gpl", "mass concentration", 5.0),
    ("5 g/l", "mass concentration", 5.0),
    ("5 ㎎/ℓ", "mass concentration", 5e-3),
    ("0.5 M", "molar concentration", 500.0),
    ("2 eq/L", "equivalent concentration", 2000.0),
    ("30 wt%", "mass fraction", 0.3),
    ("30 % w/w", "mass fraction", 0.3),
    ("2.5 kg/kg", "mass ratio", 2.5),
    ("250 wt%", "mass ratio", 2.5),
    ("2.5 t/t", "mass ratio", 2.5),
    ("30 ｗｔ％", "mass fraction", 0.3),
    ("250 mg/kg", "mass fraction", 2.5e-4),
    ("250 g/t", "mass fraction", 2.5e-4),
    ("30 vol%", "volume fraction", 0.3),
    ("30 mol%", "mole fraction", 0.3),
    ("30 %", "fraction", 0.3),
    ("0.3", "fraction", 0.3),
    (0.3, "fraction", 0.3),
    (1, "ratio", 1.0),
    ("1.8", "pH", 1.8),
    ("1.8 pH", "pH", 1.8),
    ("4 hours", "time", 14400.0),
    ("30 min", "time", 1800.0),
    ("8000 h/y", "operating time", 8000 / 8766),
    ("60 rpm", "rotation", 1.0),
    ("0.5 1/h", "rate constant", 0.5 / 3600),
    ("0.5 h-1", "rate constant", 0.5 / 3600),
    ("1500 W/m2/K", "heat transfer coefficient", 1500.0),
    ("1500 W/(m2 K)", "heat transfer coefficient", 1500.0),
    ("1500 W/m²/degC", "heat transfer coefficient", 1500.0),
    ("1.2 kg·m⁻³", "density", 1.2),
    ("20 mPa.s", "Pa*s", 0.02),
    ("20 mPa·s", "Pa*s", 0.02),
    ("30 kWh/t", "specific energy", 108000.0),
]


@pytest.mark.parametrize(("text", "dimension", "value"), RIGHT)
def test_right_value(text, dimension, value):
    assert parse(text, dimension) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "dimension", "code", "read", "write"),
    [
        ("60 C", "temperature", "E203", "60 C, an electric charge (coulomb)", "60 degC"),
        ("60 F", "temperature", "E203", "60 F, an electric capacitance (farad)", "60 degF"),
        ("333 k", "temperature", "E203", "333 k, the Boltzmann constant", "333 K"),
        ("10 m", "time", "E203", "10 m, a length (metre)", "10 min"),
        ("2 N", "equivalent concentration", "E203", "2 N, a force (newton); for normality write equivalents", "2 eq/L"),
        ("1.8 pH", "mass flow", "E203", "1.8 pH, no unit of measure: pH is a plain number", "1000 kg/h"),
        ("5 g/L", "volume flow", "E203", "5 g/L: a mass concentration (gram / liter)", "12 m3/h"),
        ("5 g/L", "molar concentration", "E203", "5 g/L: a mass concentration (gram / liter)", "0.5 mol/L"),
        ("5 kg", "number", "E203", "5 kg: a mass (kilogram)", "3"),
        ("30 wt%", "fraction", "E203", "30 wt%, a mass fraction", "30 %"),
        ("30 %", "mass flow", "E203", "30 %, a share of something", "1000 kg/h"),
        ("1,5 g/L", "mass concentration", "E204", "1,5 g/L", "1.5 g/L"),
        ("1,5", "ratio", "E204", "1,5", "1.5"),
        ("1,000 kg/h", "mass flow", "E204", "1,000 kg/h", "1000 kg/h"),
        ("1 000 kg/h", "mass flow", "E204", "1 000 kg/h", "1000 kg/h"),
        ("1_000 kg/h", "mass flow", "E204", "1_000 kg/h", "1000 kg/h"),
        ("12,345,678.9 kg/h", "mass flow", "E204", "12,345,678.9 kg/h", "12345678.9 kg/h"),
        ("60", "temperature", "E202", "60, without a unit", "60 degC"),
        (60, "temperature", "E202", "60, without a unit", "60 degC"),
        (0.3, "mass fraction", "E207", "0.3, without a basis", "30 wt%"),
        ("30 %", "mass fraction", "E207", "30 %, a share of nobody knows what", "30 wt%"),
        ("30 ％", "volume fraction", "E207", "30 %, a share of nobody knows what", "30 vol%"),
        ("5 ppm", "mass fraction", "E207", "5 ppm, a share of nobody knows what", "5 mg/kg"),
        ("5 ppb", "mass fraction", "E207", "5 ppb, a share of nobody knows what", "0.005 mg/kg"),
        ("30 mol%", "mass fraction", "E208", "30 mol%, a mole fraction", "30 wt%"),
        ("40", "mass fraction", "E207", "40, without a basis", "40 wt%"),
        (2.5, "mass ratio", "E202", "2.5, without a unit", "2.5 kg/kg"),
        ("250 %", "mass ratio", "E207", "250 %, a share of nobody knows what", "2.5 kg/kg"),
        ("2.5 mol/mol", "mass ratio", "E203", "2.5 mol/mol, a mole fraction", "2.5 kg/kg"),
        ("5:2", "mass ratio", "E209", "5:2", "2.5 kg/kg"),
        ("1:2", "mass fraction", "E209", "1:2", "50 wt%"),
        ("1:2", "ratio", "E209", "1:2", "0.5"),
        ("1/2", "ratio", "E209", "1/2", "0.5"),
        ("5 ton/h", "mass flow", "E210", "5 ton/h", "5 t/h"),
        ("-300 degC", "temperature", "E211", "-300 degC is -26.85 K", "60 degC"),
        ("5 KG/H", "mass flow", "E205", "5 KG/H: no such unit as KG/H", "5 kg/h"),
        ("5 foo", "time", "E205", "5 foo: no such unit as foo", "4 h"),
        ("5 kg/h*", "mass flow", "E205", "5 kg/h*: no such unit as kg/h*", "5 kg/h"),
        ("5 kg/100 h", "mass flow", "E205", "5 kg/100 h: no such unit as kg/100 h", "1000 kg/h"),
        ("5 m**999", "length", "E205", "5 m**999: no such unit as m999", "50 mm"),
        ("5 __import__('os')", "time", "E205", "5 __import__('os')", "4 h"),
        ("1-2 h", "time", "E206", "1-2 h", "4 h"),
        ("1..2 h", "time", "E206", "1..2 h", "4 h"),
        ("60 ± 2 degC", "temperature", "E206", "60 ± 2 degC", "60 degC"),
        ("~60 degC", "temperature", "E206", "~60 degC", "60 degC"),
        ("about 4 h", "time", "E206", "about 4 h", "4 h"),
        ("h", "time", "E206", "h", "4 h"),
        ("nan kg/h", "mass flow", "E206", "nan kg/h", "1000 kg/h"),
        ("1e999 kg/h", "mass flow", "E206", "1e999 kg/h", "1000 kg/h"),
        (math.nan, "fraction", "E206", "nan", "30 %"),
        (math.inf, "ratio", "E206", "inf", "1.5"),
        ("", "time", "E201", "an empty text", "4 h"),
        (None, "time", "E201", "nothing", "4 h"),
        (True, "fraction", "E201", "true", "30 %"),
        ([60], "temperature", "E201", "a list", "60 degC"),
        ({}, "temperature", "E201", "a mapping", "60 degC"),
    ],
)
def test_right_message(text, dimension, code, read, write):
    with pytest.raises(QuantityError) as caught:
        parse(text, dimension)
    error = caught.value
    assert (error.code, error.read, error.write) == (code, read, write)
    assert error.expected
    parse(error.write, dimension)  # what the message tells the user to write works


@pytest.mark.parametrize("kind", DIMENSIONS.values(), ids=lambda kind: kind.name)
def test_units_read_without_pint_agree_with_pint(kind):
    import pint

    registry = pint.UnitRegistry()
    registry.define("equivalent = [equivalent] = eq")
    registry.define(f"normal_cubic_metre = {NORMAL_CUBIC_METRE!r} * mole = Nm3")
    # pint counts a revolution as 2 pi, and does not know shares and gauge pressures.
    ours = {"rpm", "", "pH", "wt%", "mol%", "vol%", "barg", "kPag", "MPag", "psig"}
    for unit, size in kind.units.items():
        if unit in ours:
            continue
        theirs = re.sub(r"(?<!N)m([23])", r"m**\1", unit.replace("%", "percent"))
        theirs = re.sub(r"^kt\b", "kilometric_ton", theirs)  # kt is a knot to pint and a thousand tonnes to a plant
        target = kind.si.replace("m3", "m**3").replace("m2", "m**2") or "dimensionless"
        # The factors that work for the difference of two values are right for the offset units, too.
        low, high = (registry.Quantity(value, theirs).to(target).magnitude for value in (0.0, 100.0))
        assert size * 100.0 == pytest.approx(high - low, rel=1e-12), unit
        if kind.name == "temperature":
            assert kind.offsets.get(unit, 0.0) == pytest.approx(low, rel=1e-12, abs=1e-12), unit


@pytest.mark.parametrize("kind", DIMENSIONS.values(), ids=lambda kind: kind.name)
def test_example_parses_and_si_text_is_exact(kind):
    value = parse(kind.example, kind.name)
    assert parse(exact(value, kind.name), kind.name) == value


@given(st.floats(1e-12, 1e12), st.sampled_from(sorted(DIMENSIONS)))
def test_round_trips(value, dimension):
    assert parse(exact(value, dimension), dimension) == value
    for unit in DIMENSIONS[dimension].units:
        shown = convert(value, unit, dimension)
        if dimension not in ("temperature", "pressure"):  # an offset costs digits
            assert parse(f"{shown!r} {unit}", dimension) == pytest.approx(value, rel=1e-12)


@given(st.text(max_size=30))
def test_no_text_gives_anything_but_a_number_or_a_named_error(text):
    for dimension in ("temperature", "mass flow", "fraction"):
        try:
            assert math.isfinite(parse(text, dimension))
        except QuantityError:
            continue


def test_conversion_and_display():
    assert convert(333.15, "degC", "temperature") == pytest.approx(60.0)
    assert convert(0.3, "lb/h", "mass flow") == pytest.approx(0.3 / 0.45359237 * 3600)
    assert show(333.15, "degC", "temperature") == "60 degC"
    assert show(0.25, "%", "fraction") == "25 %"
    assert show(1.8, "", "pH") == "1.8"


def test_shares_with_their_basis():
    assert share("30 wt%") == (0.3, "mass fraction")
    assert share("5 vol%") == (0.05, "volume fraction")
    assert share("250 mg/kg") == (pytest.approx(2.5e-4), "mass fraction")
    for wrong in ("30 %", 0.3):
        with pytest.raises(QuantityError, match="E207"):
            share(wrong)


def test_normalise_keeps_plain_text():
    assert normalise("60 degC") == "60 degC"
    assert normalise(" 60\u3000℃ ") == "60 °C"


def test_common_units_need_no_pint():
    code = (
        "import sys; from hydromet.quantity import parse;"
        "parse('60 degC', 'temperature'); parse('30 wt%', 'mass fraction');"
        "sys.exit('pint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
