"""Tables and figures of a footprint: other grids, allocations side by side, stages too small to be shown alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hydromet.assess.carbon.assess import run
from hydromet.assess.exports.footprint import Footprint, footprint
from hydromet.cli.app import main
from hydromet.report.carbon_curves import grid, stack
from hydromet.report.carbon_customer import rounded, stages
from hydromet.report.carbon_read import by_grid, lines, plant_resting_on, resting_on, weak
from hydromet.report.plots import draw
from tests.plants import CARBONATION

PRODUCT = "lithium_carbonate"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("figures")
    # One figure of losses for all areas: then only the grid differs.
    (place / "plant.yaml").write_text(CARBONATION + "  losses: 5 %\n", encoding="utf-8")
    assert main(["run", str(place / "plant.yaml"), "-o", str(place / "out")]) == 0
    return place / "out"


@pytest.fixture(scope="module")
def made(folder) -> Footprint:
    return footprint(run(folder)[0])


def per_kg(folder, **changes):
    record = run(folder, changes=changes)[0]
    return record["products"][PRODUCT]["figures"]["climate"]["cut_off"]["metal_mass"]["per_kg"]


@pytest.mark.parametrize("name", ["FR-2024", "EU-2024", "JP-Okinawa-2024"])
def test_another_grid_is_what_a_run_with_it_gives(folder, made, name):
    assert by_grid(made, PRODUCT)[name] == pytest.approx(per_kg(folder, grid=name), rel=1e-12)


def test_the_own_grid_changes_nothing(folder, made):
    assert by_grid(made, PRODUCT)["JP-Tokyo-2024"] == pytest.approx(per_kg(folder), rel=1e-12)
    curve = grid(made, PRODUCT)
    assert [name for name, own in zip(curve["grid"], curve["own"], strict=True) if own == "yes"] == ["JP-Tokyo-2024"]
    assert list(curve["footprint"]) == sorted(curve["footprint"])


def test_bars_add_up_to_the_figure(made):
    curve = stack(made, PRODUCT)
    figures = made.record["products"][PRODUCT]["figures"]["climate"]["cut_off"]
    assert set(curve["allocation"]) == set(figures)
    parts = curve.of_kind("share")
    for i, method in enumerate(curve["allocation"]):
        summed = sum(column.values[i] for column in parts)
        assert summed == pytest.approx(figures[method]["per_kg"], rel=1e-12)
        assert curve["total"][i] == pytest.approx(figures[method]["per_kg"], rel=1e-12)


def test_parts_of_a_product_rest_on_weak_factors(made):
    marks = weak(made.record)
    assert "unverified" in marks.values()
    rows = lines(made, PRODUCT)
    whole = sum(abs(row.part) for row in rows)
    found = resting_on(made, PRODUCT)
    # One product carries all of the plant.
    assert found == pytest.approx(plant_resting_on(made.record), rel=1e-12)
    assert "not verified" in stack(made, PRODUCT).conditions
    for mark, share in found.items():
        parts = [abs(row.part) for row in rows if marks.get(row.contribution.factor.id) == mark]
        assert share == pytest.approx(sum(parts) / whole, rel=1e-12)


def test_a_stage_of_few_flows_is_not_shown_alone(made):
    """Raw material alone would tell a dose: it is added to production."""
    output = made.product(PRODUCT)
    whole = stages(made, output)
    assert set(whole) == {"raw_material", "production"}
    kept = [each for each in made.inventory.activities if each.stage != "raw_material" or each.flow == "soda"]
    ids = {each.id for each in kept}
    few = replace(
        made,
        inventory=replace(made.inventory, activities=tuple(kept)),
        contributions={k: tuple(c for c in v if c.activity.id in ids) for k, v in made.contributions.items()},
    )
    found = stages(few, output)
    assert list(found) == ["production"]
    rest = sum(each.part for each in lines(few, PRODUCT)) / output.mass
    assert found["production"] == rounded(rest)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_figures_are_drawn_the_same_every_time(made, tmp_path, language):
    for curve in (stack(made, PRODUCT), grid(made, PRODUCT)):
        files = [tmp_path / f"{curve.kind}_{i}.svg" for i in range(2)]
        for file in files:
            draw(curve, file, language)
        assert files[0].read_bytes() == files[1].read_bytes()
        assert b"<svg" in files[0].read_bytes()


def test_the_command_draws_both(folder, tmp_path):
    for kind in ("carbon", "carbon-grid"):
        file = tmp_path / f"{kind}.png"
        assert main(["plot", str(folder), kind, PRODUCT, "--to", str(file)]) == 0
        assert file.read_bytes().startswith(b"\x89PNG")


def test_an_unknown_product_is_named(folder, capsys):
    assert main(["plot", str(folder), "carbon", "lithium_carbonat"]) == 2
    told = capsys.readouterr().err
    assert "E646" in told
    assert f"carbon {PRODUCT}" in told
