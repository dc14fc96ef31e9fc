"""Extraction constants from shake-out tests: what was put in comes out, and what the tests do not tell is said."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pytest

from hydromet import datafiles
from hydromet.calibrate.extractant_file import extractant_yaml, fit_record
from hydromet.calibrate.extraction import Constants, fit, flask_at_equilibrium
from hydromet.calibrate.shake_tests import read_fit
from hydromet.chemistry.extraction.extractants import load_extractant
from hydromet.errors import ExtractionError, UserError, UserErrors

ISOTHERM = """\
extraction_fit: 1
extractant: cyanex272
name: cyanex272_tests
source: made up for a test
tests:
  - kind: isotherm
    file: isotherm.csv
    molarity: 0.8 mol/L
    o_a: 2.5
    feed: {Li: 2.52 g/L, Ni: 2.05 g/L, Co: 16.5 g/L, Mn: 2.09 g/L}
    base: Na
    free_acid: 0.01 mol/L
    base_molarity: 19 mol/L
fit:
"""


def write(folder, fit_lines, table=None):
    file = folder / "fit.yaml"
    file.write_text(ISOTHERM + fit_lines, encoding="utf-8")
    target = folder / "isotherm.csv"
    if table is None:
        shutil.copy(datafiles.find("data/literature/sx_isotherm_cyanex272.csv"), target)
    else:
        target.write_text(table, encoding="utf-8")
    return file


def test_a_flask_closes(tmp_path):
    """Extractant, every metal and the charge of the aqueous phase."""
    case = read_fit(write(tmp_path, "  Co: [log_k]\n"))
    extractant = load_extractant("cyanex272")
    constants = {
        ion: Constants(metal.n, tuple((f.log_k, f.m) for f in metal.forms)) for ion, metal in extractant.metals.items()
    }
    for flask in case.flasks:
        free, aqueous, organic = flask_at_equilibrium(flask, constants, extractant)
        bound = 0.0
        for ion, total in organic.items():
            parts = [(10.0 ** (k + constants[ion].n * flask.pH) * free**m, m) for k, m in constants[ion].forms]
            bound += total * sum(p * m for p, m in parts) / sum(p for p, _ in parts)
        assert 2.0 * (free + bound) == pytest.approx(0.8, rel=1e-9)
        taken = [(flask.feed[ion] - flask.o_a * organic[ion]) / aqueous[ion] for ion in flask.feed]
        assert taken == pytest.approx([taken[0]] * len(taken), rel=1e-9)
        volume = taken[0]
        charge = sum(extractant.metals[ion].charge * (aqueous[ion] * volume - flask.feed[ion]) for ion in flask.feed)
        charge += aqueous["Na+"] * volume + volume * 10.0**-flask.pH - flask.acid
        if aqueous["Na+"] > 0.0:
            assert charge == pytest.approx(0.0, abs=1e-9)
        sodium = aqueous["Na+"] * volume + flask.o_a * organic["Na+"]
        assert volume == pytest.approx(1.0 + sodium / 19.0, rel=1e-9)


def test_constants_put_in_come_out(tmp_path):
    """Tests calculated with shifted constants, without noise, give these constants back."""
    truth = {"Co+2": -6.9, "Ni+2": -10.6, "Mn+2": -6.3}
    case = read_fit(write(tmp_path, "  Co: [log_k]\n"))
    extractant = load_extractant("cyanex272")
    constants = {
        ion: Constants(metal.n, tuple((f.log_k, f.m) for f in metal.forms)) for ion, metal in extractant.metals.items()
    }
    for ion, k in truth.items():
        constants[ion] = Constants(constants[ion].n, ((k, 2.0), *constants[ion].forms[1:]))
    lines = ["metal,pH,extracted_percent"]
    for flask in case.flasks:
        organic = flask_at_equilibrium(flask, constants, extractant)[2]
        for ion in truth:
            share = 100.0 * flask.o_a * organic[ion] / flask.feed[ion]
            lines.append(f"{ion.rstrip('+2')},{flask.pH},{share:.10f}")
    wanted = "  Co: [log_k]\n  Ni: [log_k]\n  Mn: [log_k]\nkeep_known: false\n"
    found = fit(read_fit(write(tmp_path, wanted, "\n".join(lines) + "\n")))
    assert found.chi2 < 1e-10
    for one in found.parameters:
        assert one.value == pytest.approx(truth[one.ion], abs=1e-6)
    assert np.allclose(np.diag(found.correlation), 1.0)
    assert np.all(np.abs(found.correlation) <= 1.0 + 1e-9)


def test_the_published_isotherm(tmp_path):
    """The shipped constants of Cyanex 272 came from this table: a new fit finds them within their errors."""
    lines = "".join(f"  {metal}: [log_k]\n" for metal in ("Co", "Ni", "Mn")) + "  Li: [log_k, second]\n"
    found = fit(read_fit(write(tmp_path, lines)))
    shipped = load_extractant("cyanex272").metals
    for one in found.parameters:
        if one.what == "log_k":
            assert one.value == pytest.approx(shipped[one.ion].forms[0].log_k, abs=0.15)
            assert 0.0 < one.error < 0.2
    off = [abs(p.calculated - p.measured.value) for p in found.points if p.measured.fitted and p.measured.ion != "Na+"]
    assert max(off) < 5.0
    assert found.freedom == sum(p.measured.fitted for p in found.points) - len(found.parameters)


def test_what_the_tests_do_not_tell_is_said(tmp_path):
    kept = fit(read_fit(write(tmp_path, "  Ni: [log_k, m]\n")))
    assert any(code == "W631" and "Ni+2" in text for code, text in kept.notices)


def test_loading_rows(tmp_path):
    rows = datafiles.find("data/literature/sx_loading_d2ehpa.csv")
    shutil.copy(rows, tmp_path / "loading.csv")
    file = tmp_path / "fit.yaml"
    file.write_text(
        "extraction_fit: 1\nextractant: d2ehpa\nname: d2ehpa_tests\nsource: made up\ntests:\n"
        "  - {kind: loading, file: loading.csv, molarity: 0.89 mol/L}\n"
        "fit: {Zn: [log_k, second], Cu: [log_k, second], Mn: [log_k, second], Li: [log_k, second]}\n"
        "keep_known: false\n",
        encoding="utf-8",
    )
    found = fit(read_fit(file))
    assert ("W632", "second of Mn+2: no test depends on it, the tests do not tell it") in found.notices
    for point in found.points:
        if point.measured.ion in ("Zn+2", "Cu+2", "Mn+2", "Li+"):
            assert point.calculated == pytest.approx(point.measured.value, rel=0.12)


def test_the_file_written_is_an_extractant(tmp_path, monkeypatch):
    case = read_fit(write(tmp_path, "  Co: [log_k]\n  Ni: [log_k, n]\n"))
    done = fit(case)
    folder = tmp_path / "own" / "data" / "extractants"
    folder.mkdir(parents=True)
    (folder / "cyanex272_tests.yaml").write_text(extractant_yaml(case, done), encoding="utf-8")
    monkeypatch.setenv("HYDROMET_DATA", str(tmp_path / "own"))
    datafiles_cache = getattr(datafiles.roots, "cache_clear", None)
    if datafiles_cache:
        datafiles_cache()
    try:
        own = load_extractant("cyanex272_tests")
    finally:
        monkeypatch.undo()
        if datafiles_cache:
            datafiles_cache()
    by = {(one.ion, one.what): one for one in done.parameters}
    assert own.metals["Co+2"].forms[0].log_k == pytest.approx(by["Co+2", "log_k"].value, abs=1e-4)
    assert own.metals["Ni+2"].n == pytest.approx(by["Ni+2", "n"].value, abs=1e-4)
    assert own.metals["Co+2"].forms[0].origin.grade == "fitted"
    assert own.metals["Mg+2"] == load_extractant("cyanex272").metals["Mg+2"]
    record = fit_record(case, done)
    assert len(record["points"]) == len(done.points)
    assert all(p["standard_error"] is None or math.isfinite(p["standard_error"]) for p in record["parameters"])


@pytest.mark.parametrize(
    ("lines", "table", "code", "line"),
    [
        ("  Co: [log_k]\n", "metal,pH,E\nCo,3.9,46.6\n", "E631", 1),
        ("  Co: [log_k]\n", "metal,pH,extracted_percent\nCo,3.9,466\n", "E632", 2),
        ("  Co: [log_k]\n", "metal,pH,extracted_percent\nCo,\"3,9\",46.6\n", "E632", 2),
        ("  Co: [log_k]\n", "metal,pH,extracted_percent\nCobalt,3.9,46.6\n", "E633", 2),
        ("  Zz: [log_k]\n", None, "E633", 15),
        ("  Cu: [log_k]\n", None, "E634", 15),
    ],
)  # fmt: skip
def test_mistakes_are_told_where_they_stand(tmp_path, lines, table, code, line):
    with pytest.raises((UserError, UserErrors)) as caught:
        read_fit(write(tmp_path, lines, table))
    errors = getattr(caught.value, "errors", [caught.value])
    assert errors[0].code == code
    assert errors[0].place.line == line
    assert errors[0].expected


def test_a_table_that_is_not_there_is_told_where_it_is_named(tmp_path):
    file = write(tmp_path, "  Co: [log_k]\n")
    (tmp_path / "isotherm.csv").rename(tmp_path / "isotherms.csv")
    with pytest.raises(UserError) as caught:
        read_fit(file)
    assert caught.value.code == "E101"
    assert str(caught.value.place).startswith(f"{file}:")
    assert caught.value.place.path == "tests.0.file"
    assert caught.value.write == "file: isotherms.csv"


def test_a_form_below_one_extractant_a_charge_is_refused(tmp_path):
    with pytest.raises(ExtractionError) as caught:
        fit(read_fit(write(tmp_path, "  Na: [log_k, second]\n")))
    assert caught.value.code == "E636"


def test_shared_slopes_and_steps_put_in_come_out(tmp_path):
    """m of a second form, n, and one step for three metals: the truth of tests without noise is found."""
    case = read_fit(write(tmp_path, "  Co: [log_k]\n"))
    metals = case.start.metals
    truth = {ion: Constants(one.n, tuple((f.log_k, f.m) for f in one.forms)) for ion, one in metals.items()}
    for ion in ("Mn+2", "Co+2", "Ni+2"):
        k = truth[ion].forms[0][0]
        truth[ion] = Constants(2.0, ((k, 2.0), (k - 1.2, 1.0)))
    truth["Li+"] = Constants(1.1, ((-7.2, 1.0), (-7.9, 0.6)))
    lines = ["metal,pH,extracted_percent"]
    for flask in case.flasks:
        organic = flask_at_equilibrium(flask, truth, case.start)[2]
        lines += [f"{ion.rstrip('+2')},{flask.pH},{100.0 * flask.o_a * organic[ion] / flask.feed[ion]:.10f}"
                  for ion in ("Mn+2", "Co+2", "Ni+2", "Li+")]  # fmt: skip
    wanted = "  Li: [log_k, second, second_m, n]\ncommon_step: {metals: [Mn, Co, Ni]}\nkeep_known: false\n"
    found = fit(read_fit(write(tmp_path, wanted, "\n".join(lines) + "\n")))
    values = {one.what: one.value for one in found.parameters}
    assert values["step"] == pytest.approx(-1.2, abs=1e-3)
    assert values["n"] == pytest.approx(1.1, abs=1e-3)
    assert values["second_m"] == pytest.approx(0.6, abs=1e-3)
    assert found.constants["Ni+2"].forms[1][0] - found.constants["Ni+2"].forms[0][0] == pytest.approx(values["step"])


@pytest.mark.parametrize("key", ["cyanex272", "d2ehpa"])
def test_the_shipped_constants_come_from_the_shipped_fit(key):
    """``hydromet calibrate`` on the recipe of the repository gives what data/extractants says."""
    found = fit(read_fit(datafiles.find(f"data/literature/sx_fit_{key}.yaml")))
    record = json.loads(datafiles.read_text(f"data/literature/sx_fit_{key}.json"))
    for one, told in zip(found.parameters, record["parameters"], strict=True):
        assert (one.ion, one.what) == (told["ion"], told["what"])
        assert one.value == pytest.approx(told["value"], abs=0.01)
        assert one.error == pytest.approx(told["standard_error"], rel=0.05)
    assert np.allclose(found.correlation, record["correlation"], atol=0.02)
    shipped = load_extractant(key).metals
    ions = {ion for one in found.parameters for ion in one.ion.split(", ")}
    for ion in ions:
        assert shipped[ion].n == pytest.approx(found.constants[ion].n, abs=2e-3)
        for form, (log_k, m) in zip(shipped[ion].forms, found.constants[ion].forms, strict=True):
            assert (form.log_k, form.m) == (pytest.approx(log_k, abs=2e-2), pytest.approx(m, abs=2e-3)), ion
            assert form.origin.grade == "fitted"


def test_a_pH50_alone_gives_the_log_k_of_the_data(tmp_path):
    """log K = -n pH50 - m log10 [(RH)2] of the dilute metal at O/A 1."""
    (tmp_path / "half.csv").write_text("metal,pH50,extractant_M\nNi,6.2,0.6\n", encoding="utf-8")
    file = tmp_path / "fit.yaml"
    file.write_text(
        "extraction_fit: 1\nextractant: versatic10\nname: own\nsource: made up\n"
        "tests: [{kind: pH50, file: half.csv}]\nfit: {Ni: [log_k]}\nkeep_known: false\n",
        encoding="utf-8",
    )
    start = load_extractant("versatic10").metals["Ni+2"]
    found = fit(read_fit(file))
    free = 0.3 if load_extractant("versatic10").aggregation == 2.0 else 0.6
    total = sum(10.0**k * free**m for k, m in found.constants["Ni+2"].forms)
    assert math.log10(total) == pytest.approx(-6.2 * start.n, abs=1e-4)


def test_more_parameters_than_points(tmp_path):
    table = "metal,pH,extracted_percent\nCo,3.9,46.6\n"
    with pytest.raises(ExtractionError) as caught:
        fit(read_fit(write(tmp_path, "  Co: [log_k, n]\n", table)))
    assert caught.value.code == "E635"
