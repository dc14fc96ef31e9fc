"""Errors say everything a user needs, in one shape, and survive a trip between processes."""

from __future__ import annotations

import pickle

import pytest

from hydromet import errors
from hydromet.errors import (
    BalanceError,
    CommandError,
    ConvergenceError,
    DeviceError,
    FlowsheetError,
    HydrometError,
    Place,
    QuantityError,
    SourceError,
    UserError,
    UserErrors,
    raise_all,
)


@pytest.fixture
def place():
    return Place(
        "nmc622.yaml", 14, 18, "    temperature: 60 C", before="    model: leach", path="units.leach.temperature"
    )


def test_anatomy(place):
    error = QuantityError(
        "E203", read="60 C, a charge", expected="a temperature", write="temperature: 60 degC", place=place
    )
    assert str(error) == (
        "E203 nmc622.yaml:14:18  units.leach.temperature\n"
        "    13 |     model: leach\n"
        "  > 14 |     temperature: 60 C\n"
        "                          ^\n"
        "  read      60 C, a charge\n"
        "  expected  a temperature\n"
        "  write     temperature: 60 degC\n"
        "  more      hydromet explain E203"
    )


def test_caret_stands_under_the_column_after_wide_characters():
    found = Place("f.yaml", 1, 7, "温度: {温: 1}").excerpt().splitlines()
    # Six characters stand before the column, three of them take two columns of the terminal.
    assert found[-1].index("^") == len("  > 1 | ") + 9


def test_long_line_is_shown_around_the_column():
    shown = Place("f.yaml", 3, 5001, "x" * 5000 + "!" + "y" * 5000).excerpt().splitlines()
    assert max(map(len, shown)) < 120
    assert shown[0][shown[1].index("^")] == "!"


def test_control_characters_never_reach_the_terminal():
    assert "\x1b" not in Place("f.yaml", 1, 1, "a: \x1b[31mred").excerpt()


def test_two_places(place):
    text = str(SourceError("E108", read="a", expected="b", place=place, also=Place("nmc622.yaml", 3, 1, "a: 1")))
    assert text.index("nmc622.yaml:14:18") < text.index("see also nmc622.yaml:3:1") < text.index("read")


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (SourceError("E101"), 3),
        (FlowsheetError("E401"), 3),
        (ConvergenceError("E701"), 4),
        (BalanceError("E750"), 5),
        (DeviceError("E990"), 6),
        (CommandError("E901"), 2),
        (CommandError("E951"), 3),
        (HydrometError(), 1),
        (UserErrors([ConvergenceError("E701"), ConvergenceError("E702")]), 4),
    ],
)
def test_exit_codes(error, exit_code):
    assert error.exit_code == exit_code


def test_every_user_error_is_a_value_error_so_that_pydantic_collects_it():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HydrometError)]
    assert len(kinds) > 10
    for kind in kinds:
        assert kind is HydrometError or issubclass(kind, ValueError)


def test_place_is_added_once(place):
    error = QuantityError("E202", read="60").at(place)
    assert error.place is place
    assert error.at(Place("other.yaml", 1, 1)).place is place


def test_pickle_keeps_everything(place):
    error = ConvergenceError("E701", read="a", expected="b", write="c", place=place, also=place)
    error.partial = {"kept": 1}
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is ConvergenceError
    assert str(copy) == str(error)
    assert copy.partial == {"kept": 1}
    several = pickle.loads(pickle.dumps(UserErrors([error, QuantityError("E202")])))
    assert [each.code for each in several.errors] == ["E202", "E701"]


def test_several_errors_are_sorted_by_place_and_at_most_twenty_are_printed():
    found = UserErrors(SourceError("E113", place=Place("f.yaml", line, 1, "x: 1")) for line in range(30, 0, -1))
    text = str(found)
    assert found.errors[0].place.line == 1
    assert text.count("E113 f.yaml:") == 20
    assert text.endswith("and 10 more")


def test_raise_all():
    raise_all([])
    with pytest.raises(SourceError, match="E101"):
        raise_all([SourceError("E101"), SourceError("E101")])
    with pytest.raises(UserErrors) as caught:
        raise_all([SourceError("E101"), SourceError("E102")])
    assert len(caught.value.errors) == 2


def test_plain_data_for_json(place):
    error = UserError("E203", read="a", expected="b", write="c", place=place)
    assert error.to_dict() == {
        "code": "E203",
        "read": "a",
        "expected": "b",
        "write": "c",
        "file": "nmc622.yaml",
        "line": 14,
        "column": 18,
        "path": "units.leach.temperature",
    }
