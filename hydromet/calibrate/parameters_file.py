"""What a plant fit writes: the parameters file that flowsheets name, and the record of the fit."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from hydromet import __version__
from hydromet.calibrate.plant_model import settings_run
from hydromet.flowsheet.parameters import KEY, NEWEST, number_and_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.case import Flowsheet
    from hydromet.calibrate.plant_case import PlantCase
    from hydromet.calibrate.plant_fit import PlantFit, Point
    from hydromet.calibrate.plant_model import PlantModel

FORMAT = "hydromet-plant-fit/1"
_HEAD = """\
# Written by `hydromet calibrate`. A flowsheet refers to it by `parameters: {file}`, and leaves the values out or
# writes `fitted` in their place.
"""
# Beyond what a fit tells, and enough for a solve to be the same.
_DIGITS = 8


def parameters_yaml(case: PlantCase, done: PlantFit, flowsheet: Flowsheet, inputs: Mapping[str, str], file: str) -> str:
    """The text of the parameters file.

    Args:
        case: the fit.
        done: what it found.
        flowsheet: as fitted, for the settings that windows left alone.
        inputs: every file read -> SHA-256.
        file: its name, for the remark at the top.
    """
    from ruamel.yaml import YAML

    values: dict[str, Any] = {}
    for one in done.parameters:
        entry: dict[str, Any] = {"value": _text(one.value, one.unit, _DIGITS)}
        if one.error is not None:
            entry["standard_error"] = _text(one.error, one.unit, 3)
        values[one.path] = {**entry, "grade": "fitted"}
    data = {
        KEY: NEWEST,
        "name": case.file.name,
        "source": case.file.source,
        "values": values,
        "correlation": [
            [one.path, other.path, round(float(done.correlation[i, j]), 4)]
            for i, one in enumerate(done.parameters)
            for j, other in enumerate(done.parameters[:i])
            if one.error is not None and other.error is not None
        ],
        "fit": {"file": case.document.name.rpartition("/")[2], "sha256": case.digest, "program": __version__,
                "inputs": dict(inputs), **({"run": case.file.run} if case.file.run else {})},
        "validity": _validity(case, flowsheet),
    }  # fmt: skip
    text = io.StringIO()
    yaml = YAML()
    yaml.width = 120
    yaml.default_flow_style = None  # the innermost in one line
    yaml.dump(data, text)
    return _HEAD.format(file=file) + text.getvalue()


def _text(value: float, unit: str, digits: int) -> Any:
    number = float(f"{value:.{digits}g}")
    return f"{number:.{digits}g} {unit}" if unit else number


def _validity(case: PlantCase, flowsheet: Flowsheet) -> dict[str, Any]:
    """When the fitted windows were, and from where to where their settings went."""
    windows = [window for window in case.windows if not window.predict]
    begins = sorted(window.begin for window in windows if window.begin)
    ends = sorted(window.end for window in windows if window.end)
    found: dict[str, Any] = {**({"from": begins[0]} if begins else {}), **({"to": ends[-1]} if ends else {})}
    settings = {}
    for path, texts in settings_run(case, flowsheet).items():
        numbers = [number_and_unit(text) for text in texts]
        if len({unit for _, unit in numbers}) == 1 and all(n is not None for n, _ in numbers):
            order = sorted(zip((n for n, _ in numbers if n is not None), texts, strict=True))
            settings[path] = [order[0][1], order[-1][1]]
    return {**found, "settings": settings}


def fit_record(case: PlantCase, done: PlantFit, model: PlantModel, inputs: Mapping[str, str]) -> dict[str, Any]:
    """Everything about the fit as plain data, format ``hydromet-plant-fit/1``."""
    paths = [one.path for one in done.parameters]
    foretold = done.foretold
    return {
        "format": FORMAT,
        "name": case.file.name,
        "source": case.file.source,
        "program": __version__,
        "fit_sha256": case.digest,
        "inputs": dict(inputs),
        "robust": case.file.robust,
        "parameters": [
            {
                "path": one.path, "unit": one.unit, "value": one.value, "standard_error": one.error, "start": one.start,
                "bound": one.bound or None, "within": [given.low, given.high],
                "prior": None if given.prior is None else {"value": given.prior[0], "sd": given.prior[1]},
                "strength": strength,
            }
            for one, given, strength in zip(done.parameters, case.parameters, done.identified.strength, strict=True)
        ],
        "collinearity": done.identified.collinearity,
        "correlation": [[float(value) for value in row] for row in done.correlation],
        "chi2": done.chi2,
        "degrees_of_freedom": done.freedom,
        "probability": done.probability,
        "errors_widened_by": done.widened,
        "prediction": None if foretold is None else {
            "chi2": foretold[0], "figures": foretold[1], "probability": foretold[2],
        },
        "points": [_point(point) for point in done.points],
        "sensitivity": {"parameters": paths, "rows": [[float(value) for value in row] for row in done.sensitivity]},
        "solves": model.solved,
        "unsolved": {"trials": model.failures, "first": [
            {"window": window, "values": list(values), "why": why} for window, values, why in model.failed
        ]},
        "notices": [{"code": code, "text": text} for code, text in done.notices],
    }  # fmt: skip


def _point(point: Point) -> dict[str, Any]:
    one = point.measured
    return {
        "window": point.window, "figure": one.figure.path, "unit": one.figure.unit, "measured": one.value, "sd": one.sd,
        "systematic": one.systematic, "calculated": point.calculated, "residual": point.residual,
        "predicted": point.predicted,
    }  # fmt: skip
