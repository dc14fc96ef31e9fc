"""A plant fit as text: parameters with errors, correlations, residuals by window, what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import tr
from hydromet.report.layout import table

if TYPE_CHECKING:
    from collections.abc import Mapping

# A correlation beyond this is worth a line.
_STRONG = 0.9
# Of more than twice as many figures only so many are shown.
_MOST = 25


def text(record: Mapping[str, Any], language: str = "en") -> str:
    """The summary that ``hydromet calibrate`` prints of a ``hydromet-plant-fit/1``.

    Args:
        record: of ``calibrate.parameters_file.fit_record``.
        language: en, ja or both.
    """
    parts = [
        _parameters(record, language), *_correlations(record, language), _points(record, language),
        _quality(record, language),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part)


def _parameters(record: Mapping[str, Any], language: str) -> str:
    bounds = {"low": tr("at its low bound", language), "high": tr("at its high bound", language)}
    rows = []
    for one in record["parameters"]:
        low, high = one["within"]
        error = f"{one['standard_error']:.2g}" if one["standard_error"] is not None else bounds[one["bound"]]
        rows.append(
            [one["path"], f"{one['value']:.5g}", error, one["unit"], f"{one['start']:.4g}", f"{low:g} – {high:g}"]
        )
    heads = [
        tr("Parameter", language), tr("Value", language), "±", tr("Unit", language), tr("Start", language),
        tr("Within", language),
    ]  # fmt: skip
    return table(heads, rows, left=1, indent="")


def _correlations(record: Mapping[str, Any], language: str) -> list[str]:
    names = [one["path"] for one in record["parameters"]]
    lines = [
        f"{tr('Correlated', language)} {value:+.2f}: {names[j]}, {names[i]}"
        for i, row in enumerate(record["correlation"])
        for j, value in enumerate(row[:i])
        if abs(value) > _STRONG
    ]
    return ["\n".join(lines)] if lines else []


def _points(record: Mapping[str, Any], language: str) -> str:
    """Figures by window; of many the farthest."""
    points = record["points"]
    far = sorted(points, key=lambda point: -abs(point["residual"]))[:_MOST]
    shown = points if len(points) <= 2 * _MOST else [point for point in points if point in far]
    rows = [
        [
            point["window"] + (f" ({tr('foretold', language)})" if point["predicted"] else ""), point["figure"],
            f"{point['measured']:.5g}", f"{point['calculated']:.5g}", point["unit"], f"{point['residual']:+.1f}",
        ]
        for point in shown
    ]  # fmt: skip
    heads = [
        tr("Window", language), tr("Figure", language), tr("Measured", language), tr("Plant", language),
        tr("Unit", language), tr("Off by, sd", language),
    ]  # fmt: skip
    text = table(heads, rows, left=2, indent="")
    hidden = len(points) - len(shown)
    return text + (f"\n{tr('Nearer figures, in fit.json only', language)}: {hidden}" if hidden else "")


def _quality(record: Mapping[str, Any], language: str) -> str:
    larger = tr("chance of a larger one", language)
    lines = [
        f"chi2 {record['chi2']:.1f}, {record['degrees_of_freedom']} {tr('degrees of freedom', language)}; "
        f"{larger} {record['probability']:.0%}; {tr('solves of the plant', language)} {record['solves']}"
    ]
    if record["errors_widened_by"] != 1.0:
        lines.append(f"{tr('Standard errors are wider for it by', language)} {record['errors_widened_by']:.2f}")
    ahead = record["prediction"]
    if ahead is not None:
        lines.append(f"{tr('Windows left out', language)}: chi2 {ahead['chi2']:.1f}, {ahead['figures']} "
                     f"{tr('figures', language)}; {larger} {ahead['probability']:.0%}")  # fmt: skip
    if record["unsolved"]["trials"]:
        told = tr("Trial points without a solution, stepped back from", language)
        lines.append(f"{told}: {record['unsolved']['trials']}")
    return "\n".join(lines)
