"""A lot of a recovery case carries the footprint its supplier declares, and the rates do not move."""

from __future__ import annotations

import pytest

from hydromet.assess.eu_recovery.assess import run
from hydromet.datafiles import read_text
from hydromet.errors import UserError

LINE = "    supplier: Rücknahmesystem Nord\n"


def test_lot_with_a_declared_footprint(tmp_path):
    text = read_text("flowsheets/recovery_two_recyclers.yaml")
    declared = "    footprint: {value: 0.4, raw_material: 0.3, production: 0.1, standard: ISO 14067, PDS: 60 %}\n"
    (tmp_path / "bare.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "told.yaml").write_text(text.replace(LINE, LINE + declared, 1), encoding="utf-8")
    bare, told = run(tmp_path / "bare.yaml"), run(tmp_path / "told.yaml")
    assert told["lots"]["ev_packs_de"]["footprint"]["production"] == 0.1
    assert told["lots"]["ev_packs_de"]["footprint"]["PDS"] == 0.6
    assert "footprint" not in bare["lots"]["ev_packs_de"]
    assert told["families"] == bare["families"]


def test_stages_that_do_not_add_up(tmp_path):
    text = read_text("flowsheets/recovery_two_recyclers.yaml")
    wrong = LINE + "    footprint: {value: 0.5, raw_material: 0.3, production: 0.1}\n"
    (tmp_path / "case.yaml").write_text(text.replace(LINE, wrong, 1), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        run(tmp_path / "case.yaml")
    assert caught.value.code == "E783"
    assert caught.value.place is not None
