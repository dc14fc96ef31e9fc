"""Article 8 by hand: shares from origins, accounts by period, rules of carrying over, certificates with genealogy.

The works take, in t of nickel: cells 100 (post-consumer), foil 40 (pre-consumer), primary 60; nickel leaves as 160 t of
product and 40 t of residue, so every feed gives 80 % of its nickel to the product: 80, 32 and 48 t.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hydromet.assess.eu_recovery.assess import assess, run
from hydromet.assess.eu_recovery.case_file import case_of
from hydromet.datafiles import find
from hydromet.errors import BalanceError, RecoveryError, UserErrors
from hydromet.report.recovery_pages import certificate_data, certificate_page, seal
from hydromet.source import load_text

HEAD = "recovery: 1\nyear: 2031\noptions: {monte_carlo: {cases: 100}}\n"
CELLS = """
  cells:
    form: cell
    mass: 1000 t
    collected_in: DE
    due_diligence: DD-1
    parts: {cathode_active: {mass: 400 t, elements: {Ni: 100 t}}, cell_casing: {elements: {Steel: 100 wt%}}}"""
FOIL = "\n  foil: {form: foil, origin: production, mass: 200 t, elements: {Ni: 40 t}}"
MHP = "\n  mhp: {form: primary, origin: primary, mass: 200 t, elements: {Ni: 60 t}}"
PLANT = """
  works:
    role: first_recycler
    country: DE
    in: [cells, %s]
    out:
      salt: {use: product, mass: 1000 t, elements: {Ni: %s t}}
      residue: {use: landfill, elements: {Ni: %s t}}
"""


def solve(lots=CELLS + FOIL + MHP, takes="foil, mhp", made=160, lost=40, more=""):
    text = f"{HEAD}lots:{lots}\nfacilities:{PLANT % (takes, made, lost)}{more}"
    return assess(case_of(load_text(text, "case.yaml"), Path()))


def nickel(result, product="works.salt"):
    found = result["recycled_content"]["products"][product]["Ni"]
    return found["content_t"], found["pre_consumer_percent"], found["post_consumer_percent"], found["recycled_percent"]


def test_shares_of_a_product():
    result = solve()
    # 32, 80 and 48 of 160
    assert nickel(result) == pytest.approx((160.0, 20.0, 50.0, 70.0))
    assert result["recycled_content"]["products"]["works.salt"]["Ni"]["other_t"] == pytest.approx({"primary": 48.0})
    # foil counts here, not in the rates: 80 of 100 t in the cells
    assert result["families"]["lithium_based"]["total"]["rRM"]["Ni"]["percent"] == pytest.approx(80.0)


@pytest.mark.parametrize(
    ("lot", "pre", "post", "why"),
    [
        ("{form: black_mass, origin: other_chain, mass: 200 t, elements: {Ni: 60 t}}", 0.0, 0.0, "not_stated"),
        ("{form: black_mass, mass: 200 t, elements: {Ni: 60 t}}", 0.0, 0.0, "not_stated"),
        ("{form: black_mass, origin: production, mass: 200 t, elements: {Ni: 60 t}}", 60.0, 0.0, ""),
        ("{form: powder, origin: rework, mass: 200 t, elements: {Ni: 60 t}}", 0.0, 0.0, "rework"),
        ("{form: foil, mass: 200 t, elements: {Ni: 60 t}}", 0.0, 0.0, "not_stated"),
        ("{form: black_mass, origin: other_chain, recycled: {pre_consumer: 25 %, post_consumer: 50 %}, mass: 200 t, "
         "elements: {Ni: 60 t}}", 15.0, 30.0, "primary"),
        ("{form: primary, origin: primary, recycled: {post_consumer: 100 %}, mass: 200 t, elements: {Ni: 60 t}}",
         0.0, 0.0, "primary"),
    ],
)  # fmt: skip
def test_what_the_metal_of_a_lot_is(lot, pre, post, why):
    """100 t from waste cells and 60 t from another lot, all of it in the product."""
    found = solve(f"{CELLS}\n  other: {lot}", "other", 160, 0)
    shares = found["recycled_content"]["products"]["works.salt"]["Ni"]
    assert shares["pre_consumer_t"] == pytest.approx(pre)
    assert shares["post_consumer_t"] == pytest.approx(100.0 + post)
    assert shares["other_t"] == (pytest.approx({why: 60.0 - pre - post}) if why else {})
    told = {each["code"] for each in found["warnings"]}
    assert ("W926" in told) == (why == "not_stated")


def test_metal_of_reagents_stands_below_the_line():
    result = solve(CELLS, "", 100, 0, "    reagents: {nickel: {elements: {Ni: 25 t}}}\n".replace("in: [cells, ]", ""))
    # 125 t fed, 100 made: 80 of the cells, 20 of the reagent
    assert nickel(result) == pytest.approx((100.0, 0.0, 80.0, 80.0))


HALVES = "  periods: {H1: {intake: {cells: 100 %, foil: 50 %}}, H2: {intake: {foil: 50 %, mhp: 100 %}}}\n"


def kept(rules, lots):
    section = f"\nrecycled_content:\n{rules}{HALVES}  lots:\n" + "".join(f"    {lot}\n" for lot in lots)
    return solve(more=section)["recycled_content"]


LOTS = ("A: {of: works.salt, share: 30 %, period: H1}", "B: {of: works.salt, share: 50 %, period: H2}")


def line(found, period):
    return found["accounts"]["works.Ni"][period]


def test_proportional_by_period():
    found = kept("", LOTS)
    # H1: 80 post and 16 pre are made; A takes 48 of 96 t: half of each
    assert line(found, 0)["in_t"] == pytest.approx({"pre_consumer": 16.0, "post_consumer": 80.0})
    assert line(found, 0)["out_t"] == pytest.approx({"pre_consumer": 8.0, "post_consumer": 40.0})
    a = found["lots"]["A"]["metals"]["Ni"]
    assert (a["pre_consumer_percent"], a["post_consumer_percent"]) == pytest.approx((100.0 / 6.0, 500.0 / 6.0))
    # H2: 16 pre and 48 primary come on top of 48: 24 pre, 40 post of 112; B takes 80
    b = found["lots"]["B"]["metals"]["Ni"]
    assert (b["pre_consumer_t"], b["post_consumer_t"]) == pytest.approx((80 * 24 / 112, 80 * 40 / 112))
    # what is left loses its claim with the year
    assert line(found, 1)["lapsed_t"]["post_consumer"] == pytest.approx(40.0 - 80 * 40 / 112)
    assert line(found, 1)["closing_t"] == {"pre_consumer": 0.0, "post_consumer": 0.0}
    assert line(found, 1)["metal_t"]["closing"] == pytest.approx(32.0)


@pytest.mark.parametrize(
    ("rule", "after_h1", "closing"),
    [
        ("none", 0.0, 0.0),  # the 40 t left of H1 lapse at once
        ("next_period", 40.0, 0.0),  # they serve in H2 and lapse with it; pre-consumer metal of H2 goes on
        ("within_year", 40.0, 0.0),
        ("with_stock", 40.0, 40.0 * 32 / 112),
    ],
)
def test_carrying_over(rule, after_h1, closing):
    found = kept(f"  carry_over: {rule}\n", LOTS)
    assert line(found, 0)["closing_t"]["post_consumer"] == pytest.approx(after_h1)
    assert line(found, 1)["closing_t"]["post_consumer"] == pytest.approx(closing)
    left = {"none": 0.0, "next_period": 16.0, "within_year": 0.0, "with_stock": 24.0 * 32 / 112}[rule]
    if rule == "next_period":  # 8 of H1 are drawn first, then 80 x 24/112 - 8 of the 16 of H2
        left = 16.0 - (80 * 24 / 112 - 8.0)
    assert line(found, 1)["closing_t"]["pre_consumer"] == pytest.approx(left)


@pytest.mark.parametrize("rule", ["none", "next_period", "within_year", "with_stock"])
def test_accounts_close(rule):
    found = kept(f"  carry_over: {rule}\n", LOTS)
    for lines in found["accounts"].values():
        for each in lines:
            for name in ("pre_consumer", "post_consumer"):
                into = each["opening_t"][name] + each["in_t"][name]
                out = each["out_t"][name] + each["lapsed_t"][name] + each["closing_t"][name]
                assert into == pytest.approx(out, abs=1e-9)
                assert min(each["closing_t"][name], each["out_t"][name]) >= 0.0


def test_credits_are_attributed_at_will_but_never_below_zero():
    lots = ["A: {of: works.salt, share: 30 %, period: H1, claim: {Ni: {post_consumer: 100 %}}}", LOTS[1]]
    found = kept("  attribution: credits\n", lots)
    assert found["lots"]["A"]["metals"]["Ni"]["post_consumer_percent"] == pytest.approx(100.0)
    assert found["lots"]["A"]["by_credit"]
    # B claims nothing
    assert found["lots"]["B"]["metals"]["Ni"]["recycled_percent"] == 0.0
    lots[0] = "A: {of: works.salt, share: 60 %, period: H1, claim: {Ni: {post_consumer: 90 %}}}"
    with pytest.raises(BalanceError, match="E937") as told:  # 96 t delivered, 86.4 claimed, 80 in the account
        kept("  attribution: credits\n", lots)
    assert told.value.exit_code == 5
    assert told.value.place.path == "recycled_content.lots.A"
    assert "83.33" in told.value.write


def test_no_more_is_delivered_than_was_made():
    with pytest.raises(BalanceError, match="E936"):  # 112 t of the 96 made in H1
        kept("", ["A: {of: works.salt, share: 70 %, period: H1}"])


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ("recycled_content: {lots: {A: {of: works.sald, share: 10 %}}}", "E934"),
        ("recycled_content: {lots: {A: {of: works.salt}}}", "E934"),
        ("recycled_content: {lots: {A: {of: works.salt, share: 10 %, period: H3}}}", "E935"),
        ("recycled_content: {lots: {A: {of: works.salt, share: 10 %, claim: {Ni: {pre_consumer: 5 %}}}}}", "E935"),
        ("recycled_content: {opening: {works: {Ni: {post_consumer: 3 t}}}}", "E935"),
        ("recycled_content: {opening: {work: {Ni: {other: 3 t}}}}", "E935"),
        ("recycled_content: {periods: {H1: {intake: {cells: 100 %}}}}", "E935"),
        ("recycled_content: {periods: {H1: {intake: {cells: 90 %, foil: 1, mhp: 100 %}}}, "
         "lots: {A: {of: works.salt, share: 10 %, period: H1}}}", "E935"),
        ("recycled_content: {lots: {A: {of: works.salt, share: 10 %, claim: {Ni: {pre_consumer: 60 %, "
         "post_consumer: 60 %}}}}}", "E933"),
    ],
)  # fmt: skip
def test_mistakes_have_a_code_and_a_place(section, code):
    with pytest.raises((RecoveryError, UserErrors)) as told:
        solve(more=f"\n{section}\n")
    errors = getattr(told.value, "errors", (told.value,))
    assert code in {each.code for each in errors}
    for each in errors:
        assert each.exit_code == 3
        assert each.place.line > 1
        assert each.read
        assert each.expected
        assert each.write


def test_what_was_carried_in():
    section = """
recycled_content:
  carry_over: with_stock
  opening: {works: {Ni: {post_consumer: 30 t, other: 10 t}}}
  lots: {A: {of: works.salt, share: 100 %}}
"""
    found = solve(more=section)["recycled_content"]
    # 30 + 80 post of 40 + 160 t
    assert found["lots"]["A"]["metals"]["Ni"]["post_consumer_percent"] == pytest.approx(55.0)
    assert "carried in" in {each["lot"] for each in found["lots"]["A"]["genealogy"]["origins"]}


def test_genealogy_sums_to_the_certificate():
    found = kept("", LOTS)
    for lot in found["lots"].values():
        for metal, shares in lot["metals"].items():
            lines = [each["metals_t"][metal] for each in lot["genealogy"]["origins"]]
            assert sum(each["metal"] for each in lines) == pytest.approx(shares["content_t"])
            for name in ("pre_consumer", "post_consumer"):
                assert sum(each[name] for each in lines) == pytest.approx(shares[f"{name}_t"])
    cells = next(o for o in found["lots"]["A"]["genealogy"]["origins"] if o["lot"] == "cells")
    assert cells["due_diligence"] == "DD-1"
    assert [way["facilities"] for way in cells["ways"]] == [["works"]]
    # primary metal came in the second half only
    assert "mhp" not in {each["lot"] for each in found["lots"]["A"]["genealogy"]["origins"]}
    assert "mhp" in {each["lot"] for each in found["lots"]["B"]["genealogy"]["origins"]}


def test_minimum_shares_by_date():
    steps = solve()["recycled_content"]["lots"]["works.salt"]["minimum"]
    assert [(s["from"], s["metals"]["Ni"]["minimum_percent"]) for s in steps] == [
        ("2031-08-18", 6.0), ("2036-08-18", 15.0),
    ]  # fmt: skip
    assert all(step["metals"]["Ni"]["reaches"] for step in steps)
    bare = solve(CELLS + FOIL + MHP.replace("60 t", "1860 t").replace("200 t", "2000 t"), made=1600, lost=400)
    # (100 + 40) of 2000: 7 %
    first, second = bare["recycled_content"]["lots"]["works.salt"]["minimum"]
    assert first["metals"]["Ni"]["recycled_percent"] == pytest.approx(7.0)
    assert (first["metals"]["Ni"]["reaches"], second["metals"]["Ni"]["reaches"]) == (True, False)


def test_the_method_is_marked_as_not_verified():
    found = solve()["recycled_content"]
    assert found["method"]["verified"] == "no"
    assert {each["verified"] for each in found["options"].values()} == {"no"}
    assert found["act"]["verified"] == "yes"


def test_an_impurity_is_no_content():
    result = solve(CELLS + FOIL + MHP.replace("{Ni: 60 t}", "{Ni: 60 t, Co: 1 t}"), more="")
    assert set(result["recycled_content"]["products"]["works.salt"]) == {"Ni"}


def test_certificate_is_sealed_and_the_same_every_time():
    result = solve()
    data = certificate_data(result, "works.salt")
    body = json.loads(json.dumps({key: value for key, value in data.items() if key != "seal_sha256"}))
    assert seal(body) == data["seal_sha256"]
    body["metals"]["Ni"]["recycled_percent"] += 1e-9
    assert seal(body) != data["seal_sha256"]
    pages = {lang: certificate_page(result, "works.salt", lang) for lang in ("en", "ja", "both")}
    assert len(set(pages.values())) == 3
    assert certificate_page(solve(), "works.salt", "both") == pages["both"]
    assert "ロットの再生材含有証明書" in pages["ja"]
    assert "Genealogy" in pages["en"]


def test_names_of_the_user_are_text_in_the_page():
    section = """
recycled_content:
  lots: {"<script>alert(1)</script>": {of: works.salt, share: 10 %, customer: "=cmd|' /C calc'!A0"}}
"""
    result = solve(more=section)
    page = certificate_page(result, "<script>alert(1)</script>", "en")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_shipped_example_by_hand():
    """NI-2031-001 is of the first half-year, nothing is in stock before: the yield of nickel cancels.

    Nickel taken in, t: cells 0.6 x 380 x 36.332 % = 82.84, bought black mass 0.4 x 700 x 0.98 x 20 % = 54.88 (35 % pre,
    65 % post), foil 0.5 x 120 x 30 % = 18, primary 0.3 x 900 x 0.55 x 40 % = 59.4; 215.12 in all.
    """
    found = run(find("flowsheets/recovery_mixed_feed.yaml"))["recycled_content"]
    shares = found["lots"]["NI-2031-001"]["metals"]["Ni"]
    pre, post, all_of_it = 18 + 0.35 * 54.88, 82.84 + 0.65 * 54.88, 82.84 + 54.88 + 18 + 59.4
    assert shares["pre_consumer_percent"] == pytest.approx(100 * pre / all_of_it, abs=0.01)
    assert shares["post_consumer_percent"] == pytest.approx(100 * post / all_of_it, abs=0.01)
    assert found["lots"]["LI-2031-001"]["metals"]["Li"]["recycled_percent"] == pytest.approx(100.0)
