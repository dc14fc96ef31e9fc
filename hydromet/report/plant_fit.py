"""A plant fit as text: parameters with errors, correlations, residuals by window, what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.report.layout import table

if TYPE_CHECKING:
    from collections.abc import Mapping

# A correlation beyond this is worth a line.
_STRONG = 0.9
# Of more than twice as many figures only so many are shown.
_MOST = 25


def text(record: Mapping[str, Any]) -> str:
    """The summary that ``hydromet calibrate`` prints of a ``hydromet-plant-fit/1``."""
    parts = [_parameters(record), *_correlations(record), _points(record), _quality(record)]
    return "\n\n".join(part for part in parts if part)


def _parameters(record: Mapping[str, Any]) -> str:
    rows = []
    for one in record["parameters"]:
        low, high = one["within"]
        error = f"{one['standard_error']:.2g}" if one["standard_error"] is not None else f"at its {one['bound']} bound"
        rows.append(
            [one["path"], f"{one['value']:.5g}", error, one["unit"], f"{one['start']:.4g}", f"{low:g} to {high:g}"]
        )
    return table(["parameter", "value", "+-", "unit", "start", "within"], rows, left=1, indent="")


def _correlations(record: Mapping[str, Any]) -> list[str]:
    names = [one["path"] for one in record["parameters"]]
    lines = [
        f"correlated {value:+.2f}: {names[j]}, {names[i]}"
        for i, row in enumerate(record["correlation"])
        for j, value in enumerate(row[:i])
        if abs(value) > _STRONG
    ]
    return ["\n".join(lines)] if lines else []


def _points(record: Mapping[str, Any]) -> str:
    """Figures by window; of many the farthest."""
    points = record["points"]
    far = sorted(points, key=lambda point: -abs(point["residual"]))[:_MOST]
    shown = points if len(points) <= 2 * _MOST else [point for point in points if point in far]
    rows = [
        [
            point["window"] + (" (foretold)" if point["predicted"] else ""), point["figure"],
            f"{point['measured']:.5g}", f"{point['calculated']:.5g}", point["unit"], f"{point['residual']:+.1f}",
        ]
        for point in shown
    ]  # fmt: skip
    text = table(["window", "figure", "measured", "plant", "unit", "off by, sd"], rows, left=2, indent="")
    hidden = len(points) - len(shown)
    return text + (f"\nand {hidden} figures that are nearer; fit.json has them" if hidden else "")


def _quality(record: Mapping[str, Any]) -> str:
    lines = [
        f"chi-square {record['chi2']:.1f} with {record['degrees_of_freedom']} degrees of freedom "
        f"(a larger one in {record['probability']:.0%} of fits); {record['solves']} solves"
    ]
    if record["errors_widened_by"] != 1.0:
        lines.append(f"standard errors are wider by {record['errors_widened_by']:.2f} for it")
    ahead = record["prediction"]
    if ahead is not None:
        lines.append(f"left out: chi-square {ahead['chi2']:.1f} of {ahead['figures']} figures "
                     f"(a larger one in {ahead['probability']:.0%})")  # fmt: skip
    if record["unsolved"]["trials"]:
        lines.append(f"{record['unsolved']['trials']} trial points could not be solved and were stepped back from")
    return "\n".join(lines)
