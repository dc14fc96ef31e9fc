"""Design questions: every answer is run through the units at the answer and one step short of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hydromet.cli.new import _TEMPLATES
from hydromet.errors import ExtractionError
from hydromet.study import sx_circuit as circuit
from hydromet.study import sx_design as design
from hydromet.study.sx_case import read_case
from hydromet.study.sx_file import MOST_STAGES

TEMPLATE = _TEMPLATES / "sx.yaml"
# Targets out of the way of a question that is about another one.
ONLY_COBALT = {"targets": "{extraction: {Co: 99.5 %}}"}


def case(**changes):
    """The template with some values changed; ``__`` stands for a dot."""
    return read_case(TEMPLATE, {name.replace("__", "."): value for name, value in changes.items()})


def extracted(given, **changes):
    """Share of cobalt extracted by the plan of a case with some of it changed: straight from the unit."""
    plan = replace(circuit.plan_of(given), **changes)
    return circuit.extraction(given, plan).result.values["extracted_Co"]


# --- stages


@pytest.mark.parametrize(("o_a", "target"), [("1.15", 0.995), ("1.2", 0.9999), ("1.3", 0.9), ("1.14", 0.999)])
def test_fewest_stages(o_a, target):
    given = case(extraction__o_a=o_a, targets=f"{{extraction: {{Co: {100 * target} %}}}}")
    found = design.stages(given)
    count = int(found.value)
    assert extracted(given, stages=count) >= target
    if count > 1:
        assert extracted(given, stages=count - 1) < target
    assert [one.value for one in found.tried] == list(range(1, count + 1))
    assert len(found.trial.section.result.stages) == count


def test_stages_for_a_raffinate_concentration():
    given = case(targets="{raffinate: {Co: 1 mg/L}}")
    found = design.stages(given)
    for count, meets in ((int(found.value), True), (int(found.value) - 1, False)):
        left = circuit.grams(circuit.extraction(given, replace(circuit.plan_of(given), stages=count)), "Co+2")[0]
        assert (left <= 1e-3) is meets


def test_stages_of_scrubbing_and_stripping():
    given = case(targets="{purity: {Co/Ni: 20000}, stripped: {Co: 99.99 %}, strip_liquor: {Co: 90 g/L}}")
    plan = circuit.plan_of(given)
    loaded = circuit.loaded(given, plan)
    count = int(design.stages(given, "scrubbing").value)
    ratios = [
        circuit.purity(given, circuit.scrubbing(given, replace(plan, scrub_stages=n), loaded).organic, "Co/Ni")
        for n in (count - 1, count)
    ]
    assert ratios[0] < 20000.0 <= ratios[1]
    count = int(design.stages(given, "stripping").value)
    scrubbed = circuit.scrubbed(given, plan)
    shares = [
        circuit.stripping(given, replace(plan, strip_stages=n), scrubbed).result.values["stripped_Co"]
        for n in (count - 1, count)
    ]
    assert shares[0] < 0.9999 <= shares[1]


# --- the scrub raffinate back to extraction


def test_the_scrub_raffinate_goes_back():
    """Extraction gets what scrubbing gives, so what enters both leaves both: every metal closes over the two."""
    given = case(scrubbing__raffinate_to="1")
    done = circuit.solve(given)
    first, second = done["extraction"], done["scrubbing"]
    returned = first.inlets[circuit.RETURNED]
    assert returned.flows == pytest.approx(dict(second.aqueous.flows), rel=1e-6, abs=1e-9)
    entering = [first.inlets["aqueous"], first.inlets["organic"], second.inlets["aqueous"]]
    base = first.inlets["base"].scaled(first.result.drawn["base"]) if "base" in first.result.drawn else None
    entering += [base] if base is not None else []
    for element in ("Co", "Ni", "Li", "Mg", "S"):
        put_in = sum(one.elements().get(element, 0.0) for one in entering)
        taken_out = sum(one.elements().get(element, 0.0) for one in (first.aqueous, second.organic))
        assert taken_out == pytest.approx(put_in, rel=1e-8)
    without = circuit.solve(case())
    assert done["extraction"].result.values["loading"] != without["extraction"].result.values["loading"]


def test_a_design_follows_the_returned_scrub_raffinate():
    """What comes back loads the organic of every trial, in extraction and, at each number of stages, in scrubbing."""

    def purity(given, stages):
        here = replace(circuit.plan_of(given), scrub_stages=stages)
        return circuit.purity(given, circuit.scrubbing(given, here, circuit.loaded(given, here)).organic, "Co/Ni")

    wanted = 1.01 * purity(case(scrubbing__raffinate_to="1"), 1)
    targets = f"{{extraction: {{Co: 95 %}}, purity: {{Co/Ni: {wanted}}}}}"
    given = case(targets=targets, scrubbing__raffinate_to="1")
    count = int(design.stages(given).value)
    section = circuit.extraction(given, replace(circuit.plan_of(given), stages=count))
    assert circuit.RETURNED in section.inlets
    assert section.result.values["extracted_Co"] >= 0.95
    count = int(design.stages(given, "scrubbing").value)
    assert count == 2
    assert purity(given, count) >= wanted


def test_a_scrub_raffinate_to_no_stage():
    with pytest.raises(ExtractionError) as caught:
        circuit.solve(case(scrubbing__raffinate_to="9"))
    assert caught.value.code == "E606"


# --- O/A


@pytest.mark.parametrize("changes", [{}, {"organic__saponified": "60 %"}, {"extraction__stages": "2"}])
def test_least_o_a(changes):
    given = case(**ONLY_COBALT, **changes)
    found = design.o_a(given)
    assert extracted(given, o_a=found.value) >= 0.995 * (1.0 - 1e-9)
    assert extracted(given, o_a=0.99 * found.value) < 0.995


def test_least_o_a_at_a_held_pH():
    given = case(**ONLY_COBALT, organic="{molarity: 0.6 mol/L}", extraction="{stages: 3, o_a: 1, raffinate_pH: 5.2}")
    found = design.o_a(given)
    assert extracted(given, o_a=found.value) >= 0.995 * (1.0 - 1e-9)
    assert extracted(given, o_a=0.99 * found.value) < 0.995
    assert found.figures["base"][0] > 0.0


def test_the_limit_of_o_a_is_that_of_sixty_stages():
    given = case(**ONLY_COBALT, organic="{molarity: 0.6 mol/L}", extraction="{stages: 2, o_a: 1, raffinate_pH: 5.2}")
    found = design.o_a(given)
    limit = found.figures[f"o_a_of_{MOST_STAGES}_stages"][0]
    assert limit < 0.99 * found.value  # two stages need more than endless ones
    assert extracted(given, stages=MOST_STAGES, o_a=limit) >= 0.995 * (1.0 - 1e-9)
    assert extracted(given, stages=MOST_STAGES, o_a=0.99 * limit) < 0.995
    sixty = design.o_a(replace(given, file=given.file.model_copy(
        update={"extraction": given.file.extraction.model_copy(update={"stages": MOST_STAGES})}
    )))  # fmt: skip
    assert sixty.value == pytest.approx(limit, rel=1e-4)


# --- saponification


def test_saponification_for_a_pH():
    given = case(targets="{raffinate_pH: 5.5}")
    found = design.saponification(given)
    plan = circuit.plan_of(given)
    pH = [
        circuit.extraction(given, replace(plan, saponified=s)).result.values["raffinate_pH"]
        for s in (found.value, 0.99 * found.value)
    ]
    assert pH[0] >= 5.5 - 1e-6
    assert pH[1] < 5.5
    assert found.value == pytest.approx(
        design.saponification(case(targets="{}", extraction="{stages: 4, o_a: 1.2, raffinate_pH: 5.5}")).value
    )  # the pH that base would hold is the target where there is none


def test_saponification_takes_the_base_that_holds_the_pH():
    """The same caustic brings the raffinate to its pH whether it meets the organic before or in the last stage."""
    one = case(targets="{raffinate_pH: 5.5}", extraction="{stages: 1, o_a: 1.2}", stage_efficiency="100 %")
    soap = design.saponification(one).trial.section
    plan = replace(circuit.plan_of(one), saponified=None, raffinate_pH=5.5)
    held = circuit.extraction(one, plan)
    assert held.result.drawn["base"] == pytest.approx(soap.base, rel=1e-5)
    assert held.result.values["extracted_Co"] == pytest.approx(soap.result.values["extracted_Co"], rel=1e-5)


@pytest.mark.parametrize("base", ["ammonia_25", "{reagent: lithium_hydroxide, strength: 10 wt%}"])
def test_other_bases_give_the_same_equivalents(base):
    """Caustic, ammonia and lithium hydroxide saponify alike; nickel holds a little of the ammonia as an ammine."""
    shares = [design.saponification(case(**ONLY_COBALT, base=each)).value for each in ("sodium_hydroxide_50", base)]
    assert shares[0] - 1e-3 < shares[1] < 1.07 * shares[0]


# --- stripping and scrubbing


def test_strip_acid_for_a_strip_liquor():
    given = case()
    found = design.strip_acid(given)
    plan = circuit.plan_of(given)
    organic = circuit.scrubbed(given, plan)
    for ratio, meets in ((found.value, True), (0.99 * found.value, False)):
        done = circuit.stripping(given, replace(plan, acid_ratio=ratio), organic).result
        assert (done.values["stripped_Co"] >= 0.999 - 1e-9) is meets
        assert done.values["liquor_g_L"] == pytest.approx(90.0, rel=1e-6)
    # 90 g/L of cobalt is 1.53 mol/L: as much acid at least, and little more.
    assert 90.0 / 58.933 * 98.08 * 0.9 < found.figures["strip_solution"][0] < 90.0 / 58.933 * 98.08 * 1.2
    assert 0.0 < found.figures["free_acid"][0] < 20.0
    assert 1.0 < found.value < 1.1


def test_scrub_ratio_for_a_purity():
    given = case()
    found = design.scrub_ratio(given)
    plan = circuit.plan_of(given)
    loaded = circuit.loaded(given, plan)
    for ratio, meets in ((found.value, True), (0.99 * found.value, False)):
        done = circuit.scrubbing(given, replace(plan, scrub_o_a=1.0 / ratio), loaded)
        assert (circuit.purity(given, done.organic, "Co/Ni") >= 5000.0 * (1.0 - 1e-9)) is meets
    assert found.figures["o_a"][0] == pytest.approx(1.0 / found.value)


# --- beyond reach


def code(question, given, *more):
    with pytest.raises(ExtractionError) as caught:
        question(given, *more)
    return caught.value


def test_a_full_organic_is_named_with_how_far_one_gets():
    error = code(design.stages, case(
        **ONLY_COBALT, organic="{molarity: 0.6 mol/L}", extraction="{o_a: 0.3, raffinate_pH: 6}"
    ))  # fmt: skip
    assert error.code == "E621"
    assert "% of the capacity" in error.expected
    assert "% at best" in error.expected


def test_a_pinch_with_the_liquor_is_named():
    error = code(design.stages, case(**ONLY_COBALT, extraction="{o_a: 1}"))
    assert error.code == "E621"
    assert "in equilibrium with the liquor at pH" in error.expected


def test_a_pH_that_is_too_low_is_named():
    error = code(design.stages, case(
        **ONLY_COBALT, organic="{molarity: 0.6 mol/L}", liquor__composition="{Co: 2 g/L, Ni: 23 g/L}",
        liquor__pH="2", extraction="{o_a: 1.2}",
    ))  # fmt: skip
    assert error.code == "E622"
    assert "D times O/A of Co" in error.expected


def test_metal_on_the_entering_organic_is_named():
    error = code(design.stages, case(targets="{raffinate: {Co: 1 mg/L}}", organic__loaded="{Co: 4 g/L}"))
    assert error.code == "E623"
    assert "the entering organic holds 4 g/L of Co" in error.expected


def test_what_the_scrub_liquor_brings_is_named():
    error = code(design.scrub_ratio, case(
        targets="{purity: {Co/Ni: 100000}}",
        scrubbing__liquor="{composition: {CoSO4: 25 g/L, NiSO4: 20 g/L, H2SO4: 3 g/L}}",
    ))  # fmt: skip
    assert error.code == "E623"
    assert "brings Ni" in error.expected


def test_slow_stripping_is_named():
    error = code(design.strip_acid, case(
        liquor__composition="{Co: 9 g/L, Ni: 23 g/L, Fe+3: 10 mg/L}", liquor__pH="3",
        targets="{stripped: {Fe: 99 %}, strip_liquor: {Co: 90 g/L}}",
    ))  # fmt: skip
    assert error.code == "E624"
    assert "strips Fe slowly" in error.expected


def test_too_few_strip_stages_are_named():
    error = code(design.strip_acid, case(stripping="{stages: 1}", targets__stripped="{Co: 99.9 %}"))
    assert error.code == "E624"
    assert "1 stages of efficiency 0.95 strip no more" in error.expected


def test_metals_that_scrub_alike_are_named():
    error = code(design.scrub_ratio, case(targets="{purity: {Co/Mn: 1000000}}"))
    assert error.code == "E624"
    assert "both metals go with the scrub liquor" in error.expected


def test_a_strip_liquor_that_acid_dilutes_is_named(tmp_path):
    weak = "reagent: 1\ntitle: weak acid\ncomponents:\n"
    weak += "  - {species: H2SO4, share: 10 wt%, source: vendor_typical, grade: recalled}\nrest: H2O\n"
    (tmp_path / "weak.yaml").write_text(weak, encoding="utf-8")
    text = TEMPLATE.read_text(encoding="utf-8").replace("acid: sulfuric_acid_98", "acid: weak.yaml")
    (tmp_path / "case.yaml").write_text(text, encoding="utf-8")
    error = code(design.strip_acid, read_case(tmp_path / "case.yaml"))
    assert error.code == "E624"
    assert "dilute the strip liquor below that" in error.expected


def test_a_strip_liquor_beyond_saturation_is_warned_of():
    found = design.strip_acid(case(targets="{stripped: {Co: 99 %}, strip_liquor: {Co: 200 g/L}}"))
    assert any(one.code == "W604" and "CoSO4" in one.text for one in found.notices)


@pytest.mark.parametrize(
    ("question", "changes"),
    [
        (design.stages, {"targets": "{stripped: {Co: 99 %}}"}),
        (design.scrub_ratio, {"targets": "{}"}),
        (design.strip_acid, {"targets": "{strip_liquor: {Co: 90 g/L}}"}),
        (design.strip_acid, {"targets": "{stripped: {Co: 99 %}}"}),
        (design.o_a, {"targets": "{}"}),
    ],
)
def test_a_question_without_its_target(question, changes):
    assert code(question, case(**changes)).code == "E625"


def test_an_easy_target_is_told():
    found = design.o_a(case(targets="{extraction: {Co: 0.1 %}}"))
    assert [one.code for one in found.notices if one.code.startswith("W62")] == ["W622"]


def test_more_stages_than_are_built_are_told():
    found = design.stages(case(**ONLY_COBALT, stage_efficiency="20 %"))
    assert found.value > 12
    assert "W621" in [one.code for one in found.notices]
