"""From a laboratory assay to phases: ``reconcile(assay)``.

The assumed chemistries (cathode, graphite, foils, binder, electrolyte residues), together with one carrier for every
minor element, are fitted to the assay by weighted least squares: no share is negative, they sum to one exactly, and
every adjustment is reported in standard deviations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.errors import FlowsheetError, UserError
from hydromet.flowsheet.assay import Adjustment, AssayReport
from hydromet.flowsheet.phases import (
    Constituent,
    blend,
    carrier,
    constituent,
    content,
    fit_shares,
    mixture,
    not_told_apart,
)
from hydromet.species import species
from hydromet.units.base import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hydromet.errors import Place
    from hydromet.flowsheet.assay import Assay, Measured
    from hydromet.source import Document

    Shares = Mapping[str, tuple[float, float]]

# An adjustment larger than so many standard deviations means that assay and chemistries contradict each other.
LIMIT = 3.0
# A chemistry whose share is known no better than this part of itself is worth a warning.
_VAGUE = 0.5
_PASSES = 50
_AGREED = 1e-12
_WORST_SHOWN = 5
# Tried in turn when a line that works is looked for: how much wider a standard deviation would have to be.
_WIDER = (1.5, 2.0, 3.0, 5.0, 10.0, 20.0)


def reconcile(assay: Assay, document: Document | None = None) -> AssayReport:
    """Phases of a feed by weighted least squares of its assay.

    The shares ``w`` of the chemistries minimise the sum of ``((A w - m) / sigma)^2`` over the measured elements and
    known shares, with ``w >= 0`` and ``sum w = 1``. Oxygen by difference adds no equation (it is what the sum says
    already) but is tested against its declared standard deviation.

    Args:
        assay: see there.
        document: the file it came from, so that errors have a place.

    Raises:
        FlowsheetError: E450 the assay sums to more than one, E452 an adjustment beyond 3 sigma, E453 an element
            nothing carries, E454 chemistries that cannot be told apart, E455 an unknown chemistry.
    """
    table = _Table(assay, document)
    report = table.report(table.fit())
    beyond = _beyond(report)
    if beyond:
        raise _contradiction(table, beyond)
    return report


def _beyond(report: AssayReport) -> list[Adjustment]:
    """Adjustments above the limit, the worst first."""
    found = [item for item in report.adjustments if abs(item.deviations) > LIMIT]
    return sorted(found, key=lambda item: -abs(item.deviations))


class _Table:
    """Rows (measured numbers) and columns (chemistries) of the least squares of one assay."""

    def __init__(self, assay: Assay, document: Document | None) -> None:
        self.assay = assay
        self.document = document
        self.moisture = assay.moisture.on_dry()
        self.chi_square, self.degrees = 0.0, 0
        dry = 1.0 if assay.basis == "dry" else 1.0 + self.moisture
        self.measured: dict[str, tuple[float, float]] = {}
        for symbol, item in assay.elements.items():
            if not item.by_difference:
                value, sigma = item.numbers()
                self.measured[symbol] = (value * dry, sigma * dry)
        self.known = {name: item.numbers() for name, item in assay.known.items()}
        self._refuse_excess()
        self.named = self._chemistries()
        self.columns = self.named + self._carriers()

    def place(self, *path: str | int) -> Place | None:
        """Where a part of the assay stands in its file."""
        return self.document.place(path) if self.document else None

    def _refuse_excess(self) -> None:
        total = sum(value for value, _ in self.measured.values())
        spread = sum(sigma * sigma for _, sigma in self.measured.values()) ** 0.5
        if total > 1.0 + LIMIT * spread:
            raise FlowsheetError(
                "E450",
                read=f"elements that sum to {100 * total:.4g} wt% of the dry feed",
                expected="at most 100 wt%; carbon and fluorine are totals: do not count the binder beside them",
                place=self.place("elements"),
            )

    def _chemistries(self) -> tuple[Constituent, ...]:
        own, found = self.assay.mixtures, []
        for number, name in enumerate(self.assay.chemistries):
            try:
                found.append(mixture(name, own[name], "mixture") if name in own else constituent(name))
            except UserError as error:
                path = ("mixtures", name) if name in own else ("chemistries", number)
                raise error.at(self.place(*path)) from None
        for name in self.assay.known:
            if name not in self.assay.chemistries:
                expected = f"one of the assay's chemistries: {', '.join(self.assay.chemistries)}"
                raise FlowsheetError("E455", read=name, expected=expected, place=self.place("known", name))
        return tuple(found)

    def _carriers(self) -> tuple[Constituent, ...]:
        """One carrier for each measured element that no named chemistry holds."""
        held = frozenset().union(*(item.elements() for item in self.named))
        found: list[Constituent] = []
        for symbol in self.measured:
            if symbol in held and symbol not in self.assay.carriers:
                continue
            item = carrier(symbol, self.assay.carriers.get(symbol, ""))
            if item is None or symbol not in item.elements():
                raise FlowsheetError(
                    "E453",
                    read=symbol,
                    expected=f"a chemistry or a carrier with {symbol} in it",
                    write=f"carriers: {{{symbol}: {symbol}O(s)}}",
                    place=self.place("elements", symbol),
                )
            found.append(item)
        return tuple(found)

    def _paired(self) -> tuple[Constituent, Constituent] | None:
        """Electrolyte residue and phosphate, where both are named: they share the phosphorus by rule."""
        salts = [c for c in self.named if c.group == "electrolyte" and {"F", "P"} <= c.elements()]
        phosphates = [c for c in self.named if c.group == "phosphate"]
        if salts and len(phosphates) > 1:
            read = f"{', '.join(c.name for c in phosphates)} beside {salts[0].name}"
            raise FlowsheetError("E454", read=read, expected="one phosphate", place=self.place("chemistries"))
        return (salts[0], phosphates[0]) if salts and phosphates else None

    def fit(self) -> dict[str, tuple[float, float]]:
        """Share and standard error of every chemistry; sets ``chi_square`` and ``degrees``."""
        pair = self._paired()
        if pair is None:
            return self._solve(self.columns)
        others = tuple(item for item in self.columns if item not in pair)
        part, last, shares = 1.0, None, {}
        for _ in range(_PASSES):
            weights = _weights(pair, part)
            shares = self._solve((*others, blend("phosphorus", weights)))
            off = self._salt_part(shares, others, pair[0]) - part
            if abs(off) < _AGREED:
                break
            # Secant on the nearly linear difference; the plain step first.
            slope = (off - last[1]) / (part - last[0]) if last else -1.0
            last, part = (part, off), min(1.0, max(0.0, part - off / slope)) if slope else part + off
        share, sigma = shares.pop("phosphorus")
        masses = {item.name: mass for item, mass in weights}
        for item in pair:
            weight = masses.get(item.name, 0.0) / sum(masses.values())
            shares[item.name] = (share * weight, sigma * weight)
        return shares

    def _salt_part(self, shares: Shares, others: Sequence[Constituent], salt: Constituent) -> float:
        """Share of the phosphorus that the fluorine allows to come from the salt: the F limit."""
        free: dict[str, float] = {}
        for symbol in ("F", "P"):
            bound = sum(shares[c.name][0] * c.element(symbol) for c in others if set(c.solids) != {"LiF(s)"})
            free[symbol] = self.measured.get(symbol, (0.0, 0.0))[0] - bound
        if free["P"] <= 0.0:
            return 1.0
        return min(1.0, max(0.0, free["F"] / (free["P"] * salt.element("F") / salt.element("P"))))

    def _solve(self, columns: Sequence[Constituent]) -> dict[str, tuple[float, float]]:
        rows = [[c.element(symbol) for c in columns] for symbol in self.measured]
        rows += [[float(c.name == name) for c in columns] for name in self.known]
        matrix: NDArray[np.float64] = np.array(rows)
        value, sigma = np.array([*self.measured.values(), *self.known.values()]).T
        same = not_told_apart(matrix, sigma)
        if same:
            names = [columns[i].name for i in same]
            raise FlowsheetError(
                "E454",
                read=" + ".join(names),
                expected="chemistries that the assay tells apart; leave one out, or state its share",
                write=f"known: {{{names[0]}: {{value: 30 wt%, sigma: 2 wt%}}}}",
                place=self.place("chemistries"),
            )
        found = fit_shares(matrix, value, sigma)
        self.chi_square, self.degrees = found.chi_square, found.degrees
        pairs = zip(found.fractions.tolist(), found.sigmas.tolist(), strict=True)
        return {c.name: pair for c, pair in zip(columns, pairs, strict=True)}

    def report(self, shares: Shares) -> AssayReport:
        """Everything about the reconciled feed, whether or not it is within the limit."""
        by_name = {c.name: c for c in self.columns}
        phases: dict[str, float] = {}
        for name, (share, _) in shares.items():
            for solid, fraction in by_name[name].solids.items():
                if share > 0.0:
                    phases[solid] = phases.get(solid, 0.0) + share * fraction
        total = sum(phases.values())
        phases = {solid: phases[solid] / total for solid in sorted(phases)}
        return AssayReport(
            phases=phases,
            shares=dict(shares),
            adjustments=self._adjustments(phases, shares),
            moisture=self.moisture,
            chi_square=self.chi_square,
            degrees=self.degrees,
            sources=self._sources(),
            notices=self._notices(shares),
            sizes=tuple((item.diameter, item.share) for item in self.assay.sizes),
            title=self.assay.title,
        )

    def _adjustments(self, phases: Mapping[str, float], shares: Shares) -> tuple[Adjustment, ...]:
        found: list[Adjustment] = []
        for symbol, item in self.assay.elements.items():
            basis = "by difference" if item.by_difference else "below limit" if item.below is not None else "measured"
            value, sigma = self._difference(phases, item) if item.by_difference else self.measured[symbol]
            found.append(Adjustment(symbol, value, sigma, content(phases, symbol), basis, *self._origin(item)))
        for name, item in self.assay.known.items():
            found.append(Adjustment(name, *self.known[name], shares[name][0], "known", *self._origin(item)))
        return tuple(found)

    def _origin(self, item: Measured) -> tuple[str, str]:
        """Source and grade of a number: its own, or those of the whole assay."""
        return item.source or self.assay.source, item.grade or self.assay.grade

    def _difference(self, phases: Mapping[str, float], item: Measured) -> tuple[float, float]:
        """Oxygen by difference: one less the measured elements and those nobody measures (hydrogen of the binder)."""
        unseen = {symbol for solid in phases for symbol in species(solid).elements} - set(self.measured) - {"O"}
        rest = 1.0 - sum(value for value, _ in self.measured.values())
        rest -= sum(content(phases, symbol) for symbol in sorted(unseen))
        return rest, item.sigma.of(rest) if item.sigma else 0.0

    def _sources(self) -> tuple[dict[str, str], ...]:
        moist = self.assay.moisture
        rows = [
            (f"{symbol} in the {self.assay.basis} feed", item.written(), *self._origin(item))
            for symbol, item in self.assay.elements.items()
        ]
        rows += [(f"known share of {k}", item.written(), *self._origin(item)) for k, item in self.assay.known.items()]
        source, grade = moist.source or self.assay.source, moist.grade or self.assay.grade
        rows.append((f"moisture of the {moist.of}", f"{moist.value:.6g}", source, grade))
        for part in self.columns:
            text = ", ".join(f"{share:.4g} {solid}" for solid, share in part.solids.items())
            rows.append((f"chemistry {part.name}", text, part.source, part.grade))
        keys = ("parameter", "value", "source", "grade")
        return tuple({**dict(zip(keys, row, strict=True)), "unit": "kg/kg"} for row in rows)

    def _notices(self, shares: Shares) -> tuple[Notice, ...]:
        found: list[Notice] = []
        for item in self.named:
            share, sigma = shares[item.name]
            if share == 0.0:
                found.append(Notice("W451", f"{item.name}: the assay leaves no room for it, its share is zero"))
            elif sigma > _VAGUE * share:
                text = f"{item.name}: {100 * share:.3g} wt% with a standard error of {100 * sigma:.2g} wt%"
                found.append(Notice("W450", text))
        return tuple(found)

    def loosest_line(self, names: Sequence[str]) -> str:
        """Lines with wider standard deviations under which the assay reconciles; empty if none is found."""
        for factor in _WIDER:
            wider = _Table(self.assay, None)
            for name in names:
                table = wider.known if name in wider.known else wider.measured
                if name in table:
                    table[name] = (table[name][0], table[name][1] * factor)
            report = wider.report(wider.fit())
            if not [item for item in _beyond(report) if item.name != "O"]:
                return "\n".join(_line(item) for item in report.adjustments if item.name in names)
        return ""


def _weights(pair: tuple[Constituent, Constituent], part: float) -> list[tuple[Constituent, float]]:
    """Masses of salt and phosphate that hold ``part`` and the rest of one kg of phosphorus."""
    salt, phosphate = pair
    masses = [(salt, part / salt.element("P")), (phosphate, (1.0 - part) / phosphate.element("P"))]
    return [(item, mass) for item, mass in masses if mass > 0.0]


def _line(item: Adjustment) -> str:
    """The line of an assay with a standard deviation that leaves the adjustment within the limit."""
    sigma = max(item.sigma, abs(item.reconciled - item.measured) / LIMIT)
    value = "by_difference: true" if item.basis == "by difference" else f"value: {100 * item.measured:.4g} wt%"
    return f"{item.name}: {{{value}, sigma: {100 * 1.01 * sigma:.3g} wt%}}"


def _contradiction(table: _Table, beyond: Sequence[Adjustment]) -> FlowsheetError:
    """E452 with the worst elements and lines under which the assay would pass."""
    worst = beyond[:_WORST_SHOWN]
    read = "\n".join(
        f"{a.name}: {100 * a.measured:.4g} wt% {a.basis}, {100 * a.reconciled:.4g} wt% reconciled, "
        f"{a.deviations:+.1f} sigma"
        for a in worst
    )
    side = "more" if worst[0].reconciled < worst[0].measured else "less"
    expected = f"chemistries that hold {side} {worst[0].name} beside the other elements, or a wider sigma"
    path = ("known" if worst[0].basis == "known" else "elements", worst[0].name)
    write = table.loosest_line([item.name for item in beyond])
    return FlowsheetError("E452", read=read, expected=expected, write=write, place=table.place(*path))
