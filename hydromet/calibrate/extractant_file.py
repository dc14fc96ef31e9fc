"""A fitted extractant as a file that flowsheets can name, and the record of how it was fitted."""

from __future__ import annotations

import io
from math import isfinite, sqrt
from typing import TYPE_CHECKING, Any

from hydromet import datafiles
from hydromet.chemistry.extraction.extractants import FOLDER

if TYPE_CHECKING:
    from hydromet.calibrate.extraction import ExtractionFit, Point
    from hydromet.calibrate.shake_tests import FitCase

FORMAT = "hydromet-extraction-fit/1"
_HEAD = """\
# Extraction constants of {name}, fitted by `hydromet calibrate` from {base} to: {source}
#
# log D = log_k + n pH + m log10 [free]; keys as in the shipped files of data/extractants. Constants not fitted are
# those of {base}, with their sources. Put this file at data/extractants/{key}.yaml of a folder, and name the folder
# in HYDROMET_DATA: `extractant: {key}` then finds it.
"""
# What a form that is replaced leaves under ``not_used``.
_KEPT = ("log_k", "pH50", "extractant_M", "m", "source", "grade")
_QUANTITIES = {"isotherm": "extracted_percent", "loading": "organic_mol_L", "pH50": "pH50"}
# A standard deviation no smaller than a shake-out can be repeated.
_SMALLEST_SD = 0.03


def extractant_yaml(case: FitCase, fit: ExtractionFit) -> str:
    """The extractant file: what the fit started from with the fitted constants, their standard errors and source."""
    from ruamel.yaml import YAML

    data = dict(datafiles.read_yaml(f"{FOLDER}/{case.file.extractant}.yaml"))
    data["extractant"] = f"{data['extractant']} ({case.file.name})"
    if case.file.conditions:
        data["conditions"] = case.file.conditions
    data["metals"] = {ion: _metal(case, fit, ion, dict(entry)) for ion, entry in data["metals"].items()}
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False
    yaml.width = 200
    text = io.StringIO()
    yaml.dump(data, text)
    head = _HEAD.format(name=data["extractant"], base=case.file.extractant, source=case.file.source, key=case.file.name)
    return head + text.getvalue()


def _metal(case: FitCase, fit: ExtractionFit, ion: str, entry: dict[str, Any]) -> dict[str, Any]:
    """One metal of the file; untouched unless something of it was fitted."""
    fitted = {one.what: k for k, one in enumerate(fit.parameters) if ion in one.ion.split(", ")}
    if not fitted:
        return entry
    entry["n"] = round(fit.constants[ion].n, 4)
    old = [dict(form) for form in entry["forms"]]
    entry["not_used"] = [
        *({key: form[key] for key in _KEPT if key in form} for form in old),
        *entry.get("not_used", []),
    ]
    forms = []
    for k, (log_k, m) in enumerate(fit.constants[ion].forms):
        of_k = ["log_k"] if k == 0 else ["second"] if "second" in fitted else ["log_k", "step"]
        slopes = {"m": "second_m" if k else "m", "n": "n"}
        if not {of_k[-1], *slopes.values()} & fitted.keys():
            forms.append({**old[k], "m": round(m, 4)})
            continue
        sd = _sd(fit, [fitted[what] for what in of_k if what in fitted]) if of_k[-1] in fitted else old[k]["sd"]
        form = {"log_k": round(log_k, 4), "m": round(m, 4), "sd": sd, "source": case.file.source, "grade": "fitted"}
        told = [f"{name} {fit.parameters[fitted[what]].value:.3g} +- {fit.parameters[fitted[what]].error:.2g}"
                for name, what in slopes.items() if what in fitted]  # fmt: skip
        if told:
            form["note"] = ", ".join(told)
        forms.append(form)
    entry["forms"] = forms
    inside = [flask.pH for flask in case.flasks for one in flask.measured if one.ion == ion and one.fitted]
    if inside:
        entry["pH"] = [round(min(inside) - 0.5, 2), round(max(inside) + 0.5, 2)]
    return entry


def _sd(fit: ExtractionFit, which: list[int]) -> float:
    """Standard error of a sum of parameters, no smaller than a test can be repeated."""
    errors = [fit.parameters[k].error for k in which]
    if not all(isfinite(error) for error in errors):
        return 9.0
    square = sum(
        float(fit.correlation[i, j]) * a * b
        for i, a in zip(which, errors, strict=True)
        for j, b in zip(which, errors, strict=True)
    )
    return round(max(sqrt(max(square, 0.0)), _SMALLEST_SD), 3)


def fit_record(case: FitCase, fit: ExtractionFit) -> dict[str, Any]:
    """Everything of a fit as plain data: parameters, correlation, points, notices."""
    return {
        "format": FORMAT,
        "extractant": case.file.extractant,
        "name": case.file.name,
        "source": case.file.source,
        "parameters": [
            {"ion": one.ion, "what": one.what, "value": one.value,
             "standard_error": one.error if isfinite(one.error) else None, "start": one.start,
             "start_sd": one.prior}
            for one in fit.parameters
        ],
        "correlation": [[round(float(x), 6) for x in row] for row in fit.correlation],
        "chi2": fit.chi2,
        "degrees_of_freedom": fit.freedom,
        "points": [_point(point) for point in fit.points],
        "notices": [{"code": code, "text": text} for code, text in fit.notices],
    }  # fmt: skip


def _point(point: Point) -> dict[str, Any]:
    return {
        "ion": point.measured.ion,
        "pH": point.pH,
        "quantity": _QUANTITIES[point.kind],
        "measured": point.measured.value,
        "calculated": point.calculated,
        "standard_deviations": point.residual,
        "fitted": point.measured.fitted,
        "from": str(point.measured.place),
    }
