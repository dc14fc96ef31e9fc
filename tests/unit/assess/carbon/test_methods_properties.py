"""What must hold for any inventory: shares of one, a total that allocation does not change, scaling, order."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydromet.assess.carbon.allocation import METHODS, exact, matrix, shares
from hydromet.assess.carbon.approaches import Burdens, Circular, avoided_burden, cff, cut_off
from hydromet.assess.carbon.breakdown import GROUPINGS, breakdown, sums
from hydromet.assess.carbon.completeness import check
from hydromet.assess.carbon.quality import primary_share, rating
from hydromet.assess.carbon.sensitivity import elasticities, tornado, vary
from hydromet.assess.carbon.shapes import Contribution
from hydromet.assess.carbon.uncertainty import draw, first_order, moments, monte_carlo
from hydromet.draws import column
from tests.literature.carbon.rows import activity, factor, inventory, product, row

POSITIVE = st.floats(1e-6, 1e6)
NAMES = ("ni", "co", "li", "cu")
COLUMN = ["0.805417652732093", "0.186139648155278", "0.175307714867072"]


@st.composite
def plants(draw_):
    """One to four products, all with metal, mass and price; up to eight contributions, some of which serve few."""
    names = NAMES[: draw_(st.integers(1, 4))]
    outputs = [
        product(name, draw_(POSITIVE), Ni=draw_(POSITIVE), price=draw_(POSITIVE), credit="primary") for name in names
    ]
    outputs.append(product("waste", 5.0, allocated=False))
    rows = []
    for i in range(draw_(st.integers(1, 8))):
        serves = draw_(st.dictionaries(st.sampled_from((*names, "waste")), st.floats(0.0, 10.0), max_size=4))
        unit, stage = (
            draw_(st.sampled_from(("leach", "strip", ""))),
            draw_(st.sampled_from(("raw_material", "production"))),
        )
        found = activity(
            f"a{i}", draw_(st.floats(-1e3, 1e6)), gsd=draw_(st.floats(1.0, 2.0)), serves=serves, unit=unit, stage=stage
        )
        rows.append(Contribution(found, factor(f"f{i % 3}", (2.0, 0.1, 5.0)[i % 3], gsd=(1.1, 1.5, 1.0)[i % 3])))
    return inventory(*outputs), rows


@given(st.dictionaries(st.text(max_size=3), st.floats(0.0, 1e300), min_size=1, max_size=30))
def test_shares_add_up_to_one_exactly(weights):
    if not 0.0 < math.fsum(weights.values()) < math.inf:
        return
    found = exact(weights)
    assert math.fsum(found.values()) == 1.0
    assert all(0.0 <= each <= 1.0 for each in found.values())


@given(plants(), st.sampled_from(METHODS))
def test_every_contribution_is_shared_out_completely(plant, method):
    made, rows = plant
    found = matrix(made, rows, method)
    for i in range(len(rows)):
        assert math.fsum(row[i] for row in found.values()) == 1.0
    assert "waste" not in found


@given(plants())
def test_the_total_does_not_depend_on_the_method(plant):
    made, rows = plant
    whole = math.fsum(each.value for each in rows)
    size = math.fsum(abs(each.value) for each in rows)
    for method in METHODS:
        totals = cut_off(rows, matrix(made, rows, method, "economic"))
        assert math.fsum(totals.values()) == pytest.approx(whole, abs=1e-12 * max(size, 1e-300))


@given(plants(), st.floats(1e-3, 1e3), st.sampled_from(METHODS))
def test_another_reference_scales_everything_alike(plant, scale, method):
    """An hour or a year: the figures per kg are the same."""
    made, rows = plant
    larger = replace(
        made,
        outputs=tuple(
            replace(each, mass=scale * each.mass, metals={k: scale * v for k, v in each.metals.items()})
            for each in made.outputs
        ),
    )
    more = [replace(each, activity=replace(each.activity, amount=scale * each.activity.amount)) for each in rows]
    before, after = cut_off(rows, matrix(made, rows, method)), cut_off(more, matrix(larger, more, method))
    size = math.fsum(abs(each.value) for each in rows)
    for name, value in before.items():
        assert after[name] == pytest.approx(scale * value, rel=1e-9, abs=1e-11 * scale * max(size, 1e-300))


@given(plants(), st.randoms(use_true_random=False), st.sampled_from(METHODS))
def test_order_does_not_matter(plant, chance, method):
    made, rows = plant
    mixed, turned = list(rows), list(made.outputs)
    chance.shuffle(mixed)
    chance.shuffle(turned)
    before = cut_off(rows, matrix(made, rows, method))
    after = cut_off(mixed, matrix(replace(made, outputs=tuple(turned)), mixed, method))
    size = math.fsum(abs(each.value) for each in rows)
    for name, value in before.items():
        assert after[name] == pytest.approx(value, rel=1e-12, abs=1e-13 * max(size, 1e-300))


@given(plants(), st.sampled_from(("metal_mass", "economic", "mass")), st.floats(1.1, 100.0))
def test_more_of_a_product_never_lowers_its_share(plant, key, more):
    made, _ = plant
    first = made.outputs[0]
    larger = replace(first, mass=more * first.mass, metals={k: more * v for k, v in first.metals.items()})
    after = shares(replace(made, outputs=(larger, *made.outputs[1:])), key)
    assert after[first.name] >= shares(made, key)[first.name] - 1e-15


@given(plants())
def test_avoided_burden_falls_with_the_credit(plant):
    made, rows = plant
    low, high = (avoided_burden(made, rows, {"primary": factor("primary", value)}) for value in (1.0, 2.0))
    for name, value in low.items():
        others = any(each.allocated and each.name != name for each in made.outputs)
        assert high[name] < value if others else high[name] == value


@given(plants(), st.sampled_from(GROUPINGS), st.integers(1, 5))
def test_parts_add_up(plant, by, top):
    _, rows = plant
    total = math.fsum(each.value for each in rows)
    size = max(math.fsum(abs(each.value) for each in rows), 1e-300)
    found = breakdown(rows, by, top=top)
    assert math.fsum(part.value for part in found) == pytest.approx(total, abs=1e-9 * size)
    assert math.fsum(sums(rows, by).values()) == pytest.approx(total, abs=1e-9 * size)
    reached = [part.cumulative for part in found]
    assert reached == sorted(reached)
    assert reached[-1] == 1.0


@given(plants())
def test_elasticities_add_up_to_one(plant):
    _, rows = plant
    total = math.fsum(each.value for each in rows)
    if abs(total) > 1e-3 * math.fsum(abs(each.value) for each in rows):
        assert math.fsum(elasticities(rows).values()) == pytest.approx(1.0, abs=1e-9)


@given(plants())
def test_doubling_everything_doubles_the_total(plant):
    _, rows = plant
    flows = {each.activity.flow: 2.0 for each in rows}
    found = vary(rows, flows)
    assert found.change == pytest.approx(math.fsum(each.value for each in rows), abs=1e-9 * abs(found.total) + 1e-6)


@given(plants())
def test_the_longest_bar_is_first_and_the_base_is_in_each(plant):
    _, rows = plant
    base = math.fsum(each.value for each in rows)
    bars = tornado(rows)
    spans = [bar.span for bar in bars]
    assert spans == sorted(spans, reverse=True)
    slack = 1e-9 * max(math.fsum(abs(each.value) for each in rows), 1e-300)
    assert all(min(bar.low, bar.high) - slack <= base <= max(bar.low, bar.high) + slack for bar in bars)


@given(plants())
def test_quality_lies_between_best_and_worst_of_the_rows(plant):
    _, rows = plant
    found = rating(rows)
    if found is not None:
        assert 1.0 <= found.overall <= 5.0
        share = primary_share(rows)
        assert 0.0 <= share.pact <= share.catena_x <= 100.0 + 1e-9


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 50.0), st.floats(0.0, 50.0))
def test_the_formula_lies_between_its_limits(A, R1, q, primary, recycled):
    """Cut-off at A = 1 and substitution at A = 0 are the ends of a straight line in A."""
    burdens = Burdens(primary, recycled=recycled)
    ends = [cff(burdens, Circular(end, R1=R1, quality_in=q)).material for end in (0.0, 1.0)]
    found = cff(burdens, Circular(A, R1=R1, quality_in=q)).material
    assert found == pytest.approx((1.0 - A) * ends[0] + A * ends[1], abs=1e-9)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.01, 50.0))
def test_a_closed_loop_of_equal_quality_is_the_same_for_every_A(A, R, recycled):
    """R1 = R2, one quality, one recycling: what the formula takes from the input it gives at the end of life."""
    burdens = Burdens(20.0, recycled=recycled, recycling_eol=recycled)
    found = cff(burdens, Circular(A, R1=R, R2=R)).material
    assert found == pytest.approx((1.0 - R) * 20.0 + R * recycled, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(plants(), st.randoms(use_true_random=False), st.integers(0, 2**40))
def test_draws_do_not_depend_on_order(plant, chance, seed):
    _, rows = plant
    mixed = list(rows)
    chance.shuffle(mixed)
    one = draw(rows, [[1.0] * len(rows)], 200, seed)
    other = draw(mixed, [[1.0] * len(rows)], 200, seed)
    assert np.array_equal(one, other)


def test_a_longer_run_begins_with_the_shorter_one():
    rows = [Contribution(activity("a", 3.0, gsd=1.2), factor("f", 2.0, gsd=1.4))]
    short, long = draw(rows, [[1.0]], 100, 7), draw(rows, [[1.0]], 1000, 7)
    assert np.array_equal(short[0], long[0, :100])
    assert not np.array_equal(short, draw(rows, [[1.0]], 100, 8))


def test_numbers_of_a_column_are_fixed():
    """They are the same on every machine and with every numpy: results in files can be made again."""
    assert [f"{each:.15f}" for each in column(1, "factor climate grid", 3)] == COLUMN
    found = column(0, "x", 100_000)
    assert 0.0 < found.min() < found.max() < 1.0
    assert abs(found.mean() - 0.5) < 0.003
    assert abs(np.corrcoef(found, column(0, "y", 100_000))[0, 1]) < 0.01


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 100.0), st.integers(0, 2), st.floats(1.0, 1.4)), min_size=1, max_size=6))
def test_monte_carlo_agrees_with_the_moments(parts):
    """Mean and deviation of a sum of correlated lognormals, in closed form, for any grouping of factors."""
    gsd = (1.2, 1.35, 1.0)
    rows = [
        Contribution(activity(f"a{i}", value, gsd=own), factor(f"f{of}", gsd=gsd[of]))
        for i, (value, of, own) in enumerate(parts)
    ]
    ones = [1.0] * len(rows)
    found, exactly = monte_carlo(rows, samples=20_000)[""], moments(rows, ones)
    mean = exactly.median * math.exp(0.5 * math.log(exactly.gsd) ** 2)
    deviation = mean * math.sqrt(math.expm1(math.log(exactly.gsd) ** 2))
    # Four standard errors of mean and (roughly) deviation of 20,000 samples.
    assert found.mean == pytest.approx(mean, abs=4.0 * deviation / math.sqrt(20_000) + 1e-9)
    assert found.deviation == pytest.approx(deviation, rel=0.06, abs=1e-9)
    # First order leaves out that a wide part has a mean above its median: at most 3 % for these deviations.
    assert first_order(rows, ones).gsd == pytest.approx(exactly.gsd, rel=0.03)


@settings(max_examples=20, deadline=None)
@given(plants())
def test_spread_of_products_is_ordered(plant):
    made, rows = plant
    found = monte_carlo(rows, matrix(made, rows, "metal_mass"), samples=200)
    for each in found.values():
        values = list(each.percentiles.values())
        assert values == sorted(values)
        assert all(value is None or math.isfinite(value) for value in each.record().values())


@given(plants(), st.floats(0.0, 1e4))
def test_what_is_left_out_is_counted_against_the_whole(plant, kg):
    made, rows = plant
    found = check(replace(made, excluded={"cloth": (kg, "small")}), rows, {"cloth": 1.0})
    assert found.excluded_mass == pytest.approx(kg / (1000.0 + kg))
    assert found.exempted_percent == pytest.approx(100.0 / (1.0 + _size(rows)), rel=1e-9)
    assert found.complete == (not {"W791", "W792"} & {code for code, _ in found.notices})


def _size(rows):
    return math.fsum(abs(value) for value in sums(rows, "flow").values())


def test_one_product_carries_everything_without_a_price():
    made = inventory(product("ni", 10.0))
    for key in ("metal_mass", "economic", "mass"):
        assert shares(made, key) == {"ni": 1.0}
    assert cut_off([row("a", 5.0)], matrix(made, [row("a", 5.0)], "subdivision")) == {"ni": 5.0}
