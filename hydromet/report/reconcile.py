"""A reconciliation as tables for the terminal: each window with its values, tests, closures and suspects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import tr
from hydromet.report.layout import number, percent, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DECLARED, _FLOW = "declared", ".mass_flow"


def text(record: Mapping[str, Any], language: str = "en") -> str:
    """Every window, then what the biases of suspected instruments do from window to window.

    Args:
        record: of ``calibrate.reconcile_record.record``.
        language: en, ja or both.
    """
    lines: list[str] = []
    for window in record["windows"]:
        lines += [*_window(window, language), ""]
    lines += _suspected(record, language)
    return "\n".join(lines).rstrip()


def _window(window: Mapping[str, Any], language: str) -> Iterator[str]:
    yield f"{tr('Steady window', language)} {window['name']}: {window['begin']} – {window['end']}"
    for note in window["notes"]:
        yield f"  {note['time']}  {note['text']}"
    heads = [
        tr("Tag", language), tr("Stream", language), tr("Quantity", language), tr("Unit", language),
        tr("Measured", language), "±", tr("Reconciled", language), "±", tr("Test", language), tr("Status", language),
    ]  # fmt: skip
    rows = [_row(one, language) for one in window["measurements"] if one["tag"] != _DECLARED]
    yield table(heads, rows, left=4)
    yield from _found(window, language)
    yield from _tests(window, language)
    yield from _closures(window, language)


def _row(one: Mapping[str, Any], language: str) -> list[str]:
    test = "" if one["standardised"] is None else f"{one['standardised']:+.1f}"
    return [
        one["tag"], one["stream"], one["quantity"], one["unit"], number(one["measured"], 5),
        _spread(one["standard_uncertainty"]), number(one["reconciled"], 5), _spread(one["standard_error"]), test,
        status(one["status"], language),
    ]  # fmt: skip


def _spread(value: float | None) -> str:
    """A standard error to two digits, however small."""
    return "" if value is None else f"{value:.2g}"


def status(word: str, language: str) -> str:
    """A status in a language."""
    words = {
        "redundant": tr("redundant", language),
        "just measured": tr("just measured", language),
        "observable": tr("observable", language),
        "unobservable": tr("unobservable", language),
        "eliminated": tr("taken out", language),
    }
    return words.get(word, word)


def _found(window: Mapping[str, Any], language: str) -> Iterator[str]:
    """Flows that nobody measured: what the balances tell, and what nothing tells."""
    told = [f for f in window["figures"] if f["status"] == "observable" and f["figure"].endswith(_FLOW)]
    if told:
        yield f"  {tr('Told by the balances', language)}:"
        rows = [[f["figure"], number(f["value"], 5), _spread(f["standard_error"]), f["unit"]] for f in told]
        yield table(["", "", "±", ""], rows, indent="    ")
    # an element of a stream whose mass nothing tells goes without saying
    blind = [f["figure"] for f in window["figures"] if f["status"] == "unobservable"]
    blind = [name for name in blind if name.endswith(_FLOW) or name.rpartition(".")[0] not in blind]
    if blind:
        yield f"  {tr('Nothing tells', language)}: {', '.join(blind)}"


def _tests(window: Mapping[str, Any], language: str) -> Iterator[str]:
    for when in ("before", "after") if window["gross_errors"] else ("before",):
        test = window["tests"][when]
        verdict = tr("passed", language) if test["passed"] else tr("failed", language)
        what = tr("Global test", language) if when == "before" else tr("Global test without the suspects", language)
        if not test["degrees_of_freedom"]:
            yield f"  {what}: {tr('nothing is measured twice over', language)}"
            continue
        figures = f"chi2 {test['chi2']:.1f}, {test['degrees_of_freedom']} {tr('degrees of freedom', language)}"
        yield f"  {what}: {figures}, {tr('limit', language)} {test['critical']:.1f}: {verdict}"
    for one in window["gross_errors"]:
        yield f"  {_suspect(one, language)}"


def _suspect(one: Mapping[str, Any], language: str) -> str:
    head = f"{tr('Suspected', language)}: {one['tag']} {number(one['measured'], 5)} {one['unit']}".rstrip()
    said = ""
    if one["balances_say"] is not None:
        bias = f"{one['bias']:+.3g} ± {one['bias_error']:.2g}"
        said = f", {tr('the balances say', language)} {number(one['balances_say'], 5)} ({bias} {one['unit']})"
    why = f"; {tr('test', language)} {one['standardised']:+.1f}, {tr('limit', language)} {one['limit']:.1f}"
    why += f"; chi2 {one['chi2_before']:.1f} → {one['chi2_after']:.1f}"
    alike = one["not_told_apart_from"]
    return head + said + why + (f"; {tr('not told apart from', language)} {', '.join(alike)}" if alike else "")


def _closures(window: Mapping[str, Any], language: str) -> Iterator[str]:
    if not window["closure"]:
        return
    yield f"  {tr('Closure (out - in) / in', language)}:"
    heads = [
        tr("Around", language),
        tr("Of", language),
        tr("In", language),
        tr("Before", language),
        tr("After", language),
    ]
    rows = [
        [
            ", ".join(one["around"]),
            one["of"],
            f"{number(one['in_kg_h'], 4)} kg/h",
            f"{100.0 * one['before']:+.2f} %",
            f"{100.0 * one['after']:+.1e} %" if one["after"] else percent(0.0),
        ]
        for one in window["closure"]
    ]
    yield table(heads, rows, left=2, indent="    ")


def _suspected(record: Mapping[str, Any], language: str) -> list[str]:
    """What the biases do over the windows."""
    words = {
        "drift": tr("drifts", language),
        "offset": tr("has an offset", language),
        "once": tr("was off once", language),
        "unclear": tr("was off", language),
    }
    lines = []
    for tag, one in record["suspected"].items():
        bias = f"{one['mean_bias']:+.3g} ± {one['mean_bias_error']:.2g}"
        line = f"{tag} {words[one['kind']]}: {tr('bias', language)} {bias}"
        if one["kind"] == "drift":
            line += f", {one['bias_per_hour']:+.3g} ± {one['bias_per_hour_error']:.2g} {tr('per hour', language)}"
        lines.append(f"{line} ({', '.join(one['windows'])})")
    return lines
