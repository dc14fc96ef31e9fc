"""``reconciled.json``: everything of a reconciliation as plain data, format ``hydromet-reconciled/1``.

The same readings, flowsheet and settings give the same bytes: no clock, no path beyond the names that were given, and
numbers to twelve digits, beyond which they depend on the machine. ``figures`` are named as a plant fit names them:
``STREAM.mass_flow``, ``STREAM.mass_flow.Ni``, ``STREAM.concentration.Ni``, ``STREAM.pH``. ``covariance`` is that of the
reconciled values of everything that was measured; what the balances tell beside follows from them.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hydromet.calibrate.gross_errors import chance, critical_chi2, passes
from hydromet.calibrate.readings import in_unit
from hydromet.calibrate.reconcile import REDUNDANT, UNOBSERVABLE
from hydromet.calibrate.reconcile_network import DECLARED, MASS

if TYPE_CHECKING:
    from hydromet.calibrate.gross_errors import Course, Suspect
    from hydromet.calibrate.reconcile_network import Measurement, Network
    from hydromet.calibrate.reconcile_run import Beside, Reconciled, WindowResult

FORMAT = "hydromet-reconciled/1"
_DIGITS = 12
_NUMBERS = re.compile(r"\[\s+([-+.e\d,\s]+?)\s+\]")
# Kind of a variable -> its name in a figure, and the unit of the number.
_FIGURES = {
    MASS: ("mass_flow", "kg/h"),
    "element": ("mass_flow", "kg/h"),
    "volume": ("volume_flow", "m3/h"),
    "density": ("density", "kg/m3"),
    "concentration": ("concentration", "g/L"),
    "share": ("fraction", "kg/kg"),
    "dry": ("dry_share", "kg/kg"),
    "dry_mass": ("dry_mass_flow", "kg/h"),
    "dry_share": ("dry_fraction", "kg/kg"),
}


def record(done: Reconciled) -> dict[str, Any]:
    """The whole of a reconciliation."""
    return {
        "format": FORMAT,
        "name": done.case.file.name,
        "flowsheet": done.case.plant.document.name.replace("\\", "/").rpartition("/")[2],
        "inputs": dict(sorted(done.case.inputs.items())),
        "elements": list(done.topology.elements),
        "nodes": list(done.topology.nodes),
        "assumed_absent": {s: list(e) for s, e in done.topology.absent.items()},
        "alpha": done.case.file.alpha,
        "readings": {
            "from": _time(done.search.start),
            "to": _time(done.search.end),
            "not_good": done.left_out,
        },
        "windows": [_window(result) for result in done.windows],
        "suspected": {tag: _course(tag, one, done) for tag, one in done.courses.items()},
        "notices": [{"code": code, "text": text} for code, text in done.notices],
    }


def written(found: dict[str, Any]) -> str:
    """The record as the text of a file; a row of numbers is one line."""
    text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)
    return _NUMBERS.sub(lambda row: "[" + ", ".join(row[1].replace(",", " ").split()) + "]", text) + "\n"


def _window(result: WindowResult) -> dict[str, Any]:
    window, network, tested = result.window, result.network, result.tested
    first, last = tested.first, tested.last
    names = figures(network)
    known = [i for i, m in network.measured.items() if m.link.tag != DECLARED and last.status[i] != UNOBSERVABLE]
    covariance = [[_number(float(last.covariance[i, j]), 8) for j in known] for i in known]
    shown = [_figure(names[i], i, result) for i in range(len(names))]
    shown += [_beside_figure(one) for one in result.beside]
    return {
        "name": window.name,
        "begin": _time(window.start),
        "end": _time(window.end),
        "notes": [{"time": _time(time), "text": text} for time, text in window.notes],
        "unsteady": list(window.unsteady),
        "left_out": dict(window.left_out),
        "measurements": [_measurement(i, m, names[i], result) for i, m in network.measured.items()],
        "beside": [_beside(one) for one in result.beside],
        "figures": shown,
        "covariance": {"figures": [names[i] for i in known], "matrix": covariance},
        "tests": {
            "before": _test(first.chi2, first.freedom, tested.alpha),
            "after": _test(last.chi2, last.freedom, tested.alpha),
            "measurement_limit": _number(tested.limit),
            "healthy": passes(last, tested.alpha),
        },
        "gross_errors": [_suspect(s, result, names) for s in tested.suspects],
        "closure": closures(result),
        "held_at_zero": [names[i] for i in last.held],
        "linearisations": last.passes,
    }


def figures(network: Network) -> list[str]:
    """Names of the variables as figures of a plant, in their order."""
    found = [""] * len(network.system.names)
    for (stream, kind, element), i in network.index.items():
        base, again, number = kind.partition("#")
        found[i] = ".".join(filter(None, (stream, _FIGURES[base][0], element))) + (f"#{number}" if again else "")
    return found


def _units(network: Network) -> list[str]:
    found = [""] * len(network.system.names)
    for (_, kind, _), i in network.index.items():
        found[i] = _FIGURES[kind.partition("#")[0]][1]
    return found


def _figure(name: str, i: int, result: WindowResult) -> dict[str, Any]:
    last = result.tested.last
    known = last.status[i] != UNOBSERVABLE
    one = result.network.measured.get(i)
    eliminated = any(s.index == i for s in result.tested.suspects)
    status = f"eliminated, {last.status[i]}" if eliminated else "held at zero" if i in last.held else last.status[i]
    return {
        "figure": name,
        "tag": one.link.tag if one else None,
        "value": _number(float(last.values[i])) if known else None,
        "standard_error": _number(float(last.errors[i])) if known else None,
        "unit": _units(result.network)[i],
        "status": status,
    }


def _beside_figure(one: Beside) -> dict[str, Any]:
    """A mean that is in no balance; it is as it was measured."""
    return {
        "figure": f"{one.link.stream}.{one.link.quantity}",
        "tag": one.link.tag,
        "value": _number(one.value),
        "standard_error": _number((one.error**2 + one.instrument**2) ** 0.5),
        "unit": one.link.unit,
        "status": "in no balance",
    }


def _beside(one: Beside) -> dict[str, Any]:
    return {
        "tag": one.link.tag, "stream": one.link.stream, "quantity": one.link.quantity, "unit": one.link.unit,
        "value": _number(one.value), "standard_error": _number(one.error), "instrument": _number(one.instrument),
    }  # fmt: skip


def _measurement(i: int, one: Measurement, figure: str, result: WindowResult) -> dict[str, Any]:
    """What was measured and what became of it, in the unit of the tag."""
    last, link = result.tested.last, one.link
    slope = 1.0 / one.per_unit
    gone = next((s for s in result.tested.suspects if s.index == i), None)
    known = last.status[i] != UNOBSERVABLE
    reconciled = in_unit(link, float(last.values[i])) if known else None
    return {
        "tag": link.tag, "stream": link.stream, "quantity": link.quantity, "unit": link.unit, "figure": figure,
        "measured": _number(one.shown),
        "standard_uncertainty": _number(one.uncertainty * slope),
        "of_the_mean": _number(one.error),
        "of_the_instrument": _number(one.instrument),
        "reconciled": None if reconciled is None else _number(reconciled),
        "standard_error": _number(float(last.errors[i]) * slope) if known else None,
        "adjustment": None if reconciled is None else _number(reconciled - one.shown),
        "standardised": None if gone or last.status[i] != REDUNDANT else _number(last.standardised(i)),
        "status": "eliminated" if gone else last.status[i],
    }  # fmt: skip


def _test(chi2: float, freedom: int, alpha: float) -> dict[str, Any]:
    critical = critical_chi2(freedom, alpha)
    return {
        "chi2": _number(chi2), "degrees_of_freedom": freedom, "critical": _number(critical),
        "chance": _number(chance(chi2, freedom)), "passed": freedom == 0 or chi2 <= critical,
    }  # fmt: skip


def _suspect(one: Suspect, result: WindowResult, names: list[str]) -> dict[str, Any]:
    measured = result.network.measured[one.index]
    link = measured.link
    slope = 1.0 / measured.per_unit
    told = one.estimated is not None
    return {
        "tag": link.tag, "figure": names[one.index], "unit": link.unit,
        "measured": _number(measured.shown),
        "balances_say": _number(in_unit(link, one.estimated)) if one.estimated is not None else None,
        "bias": _number(measured.shown - in_unit(link, one.estimated)) if one.estimated is not None else None,
        "bias_error": _number((one.bias_error or 0.0) * slope) if told else None,
        "standardised": _number(one.standardised), "limit": _number(one.limit),
        "chi2_before": _number(one.chi2_before), "chi2_after": _number(one.chi2_after),
        "degrees_of_freedom_after": one.freedom_after,
        "not_told_apart_from": [
            result.network.measured[i].link.tag if result.network.measured[i].link.tag != DECLARED else names[i]
            for i in one.alike
        ],
    }  # fmt: skip


def _course(tag: str, one: Course, done: Reconciled) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "windows": [r.window.name for r in done.windows if any(_tag(r, s) == tag for s in r.tested.suspects)],
        "mean_bias": _number(one.mean), "mean_bias_error": _number(one.mean_error),
        "bias_per_hour": None if one.rate is None else _number(3600.0 * one.rate),
        "bias_per_hour_error": None if one.rate_error is None else _number(3600.0 * one.rate_error),
    }  # fmt: skip


def _tag(result: WindowResult, suspect: Suspect) -> str:
    return result.network.measured[suspect.index].link.tag


def closures(result: WindowResult) -> list[dict[str, Any]]:
    """Balances that measured values alone can close: nodes joined across whatever is not measured.

    ``(out - in) / in`` of the total mass and of each element, with the measured and with the reconciled values.
    """
    network, last = result.network, result.tested.last
    found = []
    for what in dict.fromkeys(one[1] for one in network.envelopes):
        mine = [one for one in network.envelopes if one[1] == what]
        raw = {name: _raw(network, name, what) for one in mine for name in (*one[2], *one[3])}
        for nodes, into, out in _joined(mine, {name for name, flow in raw.items() if flow is None}):
            if not into or any(raw[name] is None for name in (*into, *out)):
                continue
            kind = (MASS, "") if what == MASS else ("element", what)
            after = {name: float(last.values[network.index[name, *kind]]) for name in (*into, *out)}
            before = {name: raw[name] or 0.0 for name in (*into, *out)}
            sums = [[sum(flows[name] for name in side) for side in (into, out)] for flows in (before, after)]
            if min(sums[0][0], sums[1][0]) > 0.0:
                found.append({
                    "around": list(nodes), "of": what, "in": list(into), "out": list(out),
                    "in_kg_h": _number(sums[1][0]),
                    "before": _number((sums[0][1] - sums[0][0]) / sums[0][0]),
                    "after": _number((sums[1][1] - sums[1][0]) / sums[1][0], 3),
                })  # fmt: skip
    return found


def _raw(network: Network, name: str, what: str) -> float | None:
    """Flow of a stream as measured, kg/h: of its mass, or of an element; None if it is not measured."""

    def value(kind: str, element: str = "") -> float | None:
        one = network.measured.get(network.index.get((name, kind, element), -1))
        return None if one is None else one.value

    def times(a: float | None, b: float | None) -> float | None:
        return None if a is None or b is None else a * b

    mass = value(MASS)
    mass = times(value("density"), value("volume")) if mass is None else mass
    if what == MASS:
        return mass
    ways = (
        times(value("concentration", what), value("volume")),
        times(value("share", what), mass),
        times(value("dry_share", what), times(value("dry"), mass)),
    )
    return next((flow for flow in ways if flow is not None), None)


def _joined(
    envelopes: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]], unmeasured: set[str]
) -> list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """Nodes joined across unmeasured streams, with what enters and leaves each group."""
    group = {node: node for node, *_ in envelopes}

    def root(node: str) -> str:
        while group[node] != node:
            node = group[node]
        return node

    makers = {name: node for node, _, _, out in envelopes for name in out}
    for node, _, into, _ in envelopes:
        for name in into:
            if name in unmeasured and name in makers:
                group[root(node)] = root(makers[name])
    found: dict[str, list[str]] = {}
    for node, *_ in envelopes:
        found.setdefault(root(node), []).append(node)
    sides = {node: (into, out) for node, _, into, out in envelopes}
    rows = []
    for nodes in found.values():
        entering = [name for node in nodes for name in sides[node][0]]
        leaving = [name for node in nodes for name in sides[node][1]]
        into = tuple(name for name in entering if name not in leaving)
        rows.append((tuple(nodes), into, tuple(name for name in leaving if name not in entering)))
    return rows


def _number(value: float, digits: int = _DIGITS) -> float:
    return float(f"{value:.{digits}g}")


def _time(ns: int) -> str:
    """A moment as text, UTC, to the millisecond."""
    whole, rest = divmod(ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03d}Z"
