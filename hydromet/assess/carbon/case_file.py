"""The case file, format ``carbon: 1``: a written or metered inventory, reckoned without a plant.

Amounts are per reference of the case. The mass of a reagent is that of the substance its factor speaks of: ``strength``
turns 1.2 t of caustic at 50 wt% into 600 kg of NaOH.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.case_fields import NEWEST, OF_A_PLANT, CaseFile
from hydromet.assess.carbon.compound import compound_of
from hydromet.assess.carbon.fields import FeedBurden, Section
from hydromet.assess.carbon.grids import includes_losses
from hydromet.assess.carbon.impact import books_of, check_factors
from hydromet.assess.carbon.inventory import stage_of
from hydromet.assess.carbon.leaving import BURN, mode
from hydromet.assess.carbon.plant import metals
from hydromet.assess.carbon.prices import metal_fraction
from hydromet.assess.carbon.record import record
from hydromet.assess.carbon.scenario import GRID, practice, scenarios, unknown
from hydromet.assess.carbon.shapes import Activity, Inventory, Output
from hydromet.assess.carbon.upstream import declared_id
from hydromet.assess.carbon.utilities import ELECTRICITY, LOSSES, grid_factor
from hydromet.errors import FootprintError, SpeciesError, UserError, raise_all
from hydromet.quantity import parse
from hydromet.species import atomic_mass, species
from hydromet.units.fields import FROM_FILE
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hydromet.assess.carbon.book import Books
    from hydromet.assess.carbon.case_fields import Line, Sold
    from hydromet.assess.carbon.scenario import Scenario
    from hydromet.assess.carbon.shapes import Kind
    from hydromet.source import Document

FORMAT = "carbon"
CARBON = "C"
# Unit of an amount as books have it -> the quantity it is read as, and how much of its SI unit is in one.
_READ = {"kg": ("mass", 1.0), "MJ": ("energy", 1e6), "kWh": ("energy", 3.6e6), "m3": ("volume", 1.0),
         "t.km": ("haulage", 1.0)}  # fmt: skip
# Family of a factor -> kind of its activities.
_KINDS: Mapping[str, Kind] = {
    "chem": "reagent", "mat": "reagent", "grid": "electricity", "market": "electricity", "fuel": "fuel",
    "heat": "heat", "tr": "transport", "proc": "process", "gas": "process", "util": "water", "waste": "waste",
}  # fmt: skip
# An amount above this is a slip of the pen, in kg, MJ, kWh, m3 and t.km alike.
_MOST = 1e15
_ANION = "CO3"
# Credits that figures fill in from published primary production.
_PRIMARY = "primary."


def is_case(document: Document) -> bool:
    """Is this a case file, not a flowsheet with a section?"""
    return isinstance(document.data, dict) and FORMAT in document.data and "hydromet" not in document.data


def reckon_case(
    document: Document, folder: Path, wanted: Sequence[str] = (), changes: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The footprint of a case, scenario by scenario.

    Raises:
        UserError, UserErrors: everything that is wrong with it, each with its place.
    """
    document.version(FORMAT, NEWEST)
    file = validate(document, CaseFile, context=FROM_FILE)
    raise_all(_of_a_plant(document))
    own = {name: value for name, value in document.data.items() if name in Section.model_fields and name != "title"}
    found = []
    for each in scenarios(document, (), folder, wanted, changes, data=own):
        scenario = _with_declared(each, file)
        books = books_of(scenario)
        check_factors(scenario, books)
        made, defaults = _Case(document, file, scenario, books).inventory()
        data = {"title": file.title, "feeds": {}, "products": {}}
        try:
            found.append(record(made, scenario, books, defaults, data))
        except FootprintError as error:
            raise _placed(error, document, file) from None
    return found


def _of_a_plant(document: Document) -> Iterator[UserError]:
    """Fields that mean nothing without a plant, in the case and in its own scenarios."""
    sections = [(), *(("scenarios", name) for name in document.data.get("scenarios") or {})]
    for path in sections:
        data = document.data["scenarios"][path[1]] if path else document.data
        for name in data:
            if name in OF_A_PLANT:
                yield FootprintError(
                    "E789", read=name, expected="an activity or an output of the inventory",
                    write=OF_A_PLANT[name], place=document.place((*path, name), key=True),
                )  # fmt: skip


def _placed(error: FootprintError, document: Document, file: CaseFile) -> FootprintError:
    """What is found only when the figures are reckoned, at the output or activity it speaks of."""
    name = next((each for each in file.outputs if each in error.read.replace(",", " ").replace(":", " ").split()), "")
    if error.code == "E792":
        error.write = f"outputs: {{{name or next(iter(file.outputs))}: {{mass: 788 kg, price: 5.2}}}}"
    line = next((each for each in file.activities if f".{each}." in error.read), "")
    where = ("activities", line) if line and not name else ("outputs", name) if name else ("outputs",)
    return error.at(document.place(where, key=True))


def _with_declared(scenario: Scenario, file: CaseFile) -> Scenario:
    """Declared footprints of lines as burdens of feeds, so that they are factors of the section's own book."""
    burdens = {name: FeedBurden(declared=line.declared) for name, line in file.activities.items() if line.declared}
    living = tuple(name for name, line in file.activities.items() if line.biogenic)
    choices = scenario.choices.model_copy(update={"feeds": burdens, "biogenic": living})
    return replace(scenario, choices=choices)


class _Case:
    """Turns the lines of a case into activities."""

    def __init__(self, document: Document, file: CaseFile, scenario: Scenario, books: Books) -> None:
        self.document, self.file, self.scenario, self.books = document, file, scenario, books
        self.defaults: dict[str, str] = {}

    def inventory(self) -> tuple[Inventory, dict[str, str]]:
        """All lines; mistakes of all of them are told at once."""
        rows: list[Activity] = []
        wrong: list[UserError] = []
        outputs: list[Output] = []
        for name, each in self.file.outputs.items():
            try:
                outputs.append(self._output(name, each))
            except UserError as error:
                key = "credit" if error.code in ("E770", "E771", "E772", "E773") else "compound"
                wrong.append(error.at(self.document.place(("outputs", name, key))))
        for name, line in self.file.activities.items():
            try:
                self._served(name, line)
                rows += self._rows(name, line)
            except UserError as error:
                wrong.append(error if error.place and error.place.line else error.at(self._place(name, error, line)))
        wrong += [
            self.scenario.wrong_name(unknown("E780", name, self.file.outputs, "output"), "cff", name)
            for name in self.file.cff
            if name not in self.file.outputs
        ]
        raise_all(wrong)
        rows += self._losses(rows)
        bought = sum(row.amount for row in rows if row.kind in ("reagent", "solvent", "packaging") and row.per == "kg")
        left = {name: (each.mass, each.reason) for name, each in self.file.left_out.items()}
        mass = self.file.feed + bought or sum(each.mass for each in outputs)
        return Inventory(self.file.reference, self.file.feed, tuple(rows), tuple(outputs), mass, left), self.defaults

    def _place(self, name: str, error: UserError, line: Line) -> Any:
        key = "factor" if error.code in ("E770", "E771", "E772") and line.factor else "amount"
        key = "carbonate" if isinstance(error, SpeciesError) else key
        path = ("activities", name, key)
        return self.document.place(path if path in self.document.values else path[:-1])

    def _rows(self, name: str, line: Line) -> Iterator[Activity]:
        if line.carbon is not None or line.carbonate:
            yield self._process(name, line)
        elif line.goods is not None and line.distance is not None:
            for factor in (line.factor,) if line.factor else mode(line.by or "truck"):
                told = f"{line.goods / 1000.0:g} t over {line.distance:g} km by {line.by or 'truck'}"
                amount = line.goods / 1000.0 * line.distance
                yield self._row(name, line, "transport", amount, "t.km", factor, told, f"/{factor}")
        elif line.declared is not None:
            amount = self._amount(name, line, "kg")
            for stage in line.declared.stages():
                row = self._row(name, line, "upstream", amount, "kg", declared_id(name, stage), "declared", f"/{stage}")
                yield replace(row, stage=line.stage or stage)
        elif line.kind == "heat" and not line.factor:
            yield from self._heat(name, line)
        else:
            factor = line.factor or self._usual(name, line)
            kind = line.kind or _KINDS.get(factor.partition(".")[0])
            if kind is None:
                raise FootprintError("E788", read=f"{name}: no kind for {factor}", expected="a kind, such as reagent",
                                     write="kind: reagent")  # fmt: skip
            per = self.books.factor(factor, "climate").per
            yield self._row(name, line, kind, self._amount(name, line, per), per, factor, "")

    def _usual(self, name: str, line: Line) -> str:
        """Factor of a line without one: electricity of the grid."""
        if line.kind == ELECTRICITY or (line.kind is None and name == ELECTRICITY):
            return grid_factor(self.scenario.text("grid"))
        raise FootprintError("E788", read=f"{name}: no factor", expected="a factor: hydromet data list factors",
                             write="factor: chem.naoh")  # fmt: skip

    def _amount(self, name: str, line: Line, per: str) -> float:
        """Amount in the unit of its factor, of the contained substance."""
        path = ("activities", name, "amount")
        if line.amount is None:
            raise FootprintError("E788", read="no amount", expected=f"an amount in {per}", write=f"amount: 100 {per}")
        dimension, size = _READ[per]
        try:
            found = parse(line.amount, dimension) / size
        except UserError as error:
            raise error.at(self.document.place(path)) from None
        if found < 0.0:
            raise FootprintError("E788", read=line.amount, expected="an amount of zero or more",
                                 write="outputs: {by_product: {mass: 10 kg, credit: chem.naoh}}",
                                 place=self.document.place(path))  # fmt: skip
        if found > _MOST:
            raise FootprintError("E788", read=line.amount, expected=f"an amount up to {_MOST:g} {per}",
                                 write=f"amount: 100 {per}", place=self.document.place(path))  # fmt: skip
        return found * (line.strength if line.strength is not None else 1.0)

    def _row(
        self, name: str, line: Line, kind: Kind, amount: float, per: str, factor: str, told: str, more: str = ""
    ) -> Activity:
        where = self.document.place(("activities", name), key=True)
        return Activity(
            f"{name}{more}", kind, line.stage or stage_of(kind), line.unit, name, amount, per, factor,
            f"{Path(self.document.name).name}:{where.line}", line.basis or told, line.primary, line.deviation,
            line.serves,
        )  # fmt: skip

    def _process(self, name: str, line: Line) -> Activity:
        """Carbon that goes off as CO2, kg C: burnt, or of a carbonate ``m M_C / M``."""
        if line.carbon is not None:
            amount, told = line.carbon * line.released, "carbon burnt"
        else:
            salt = species(line.carbonate)
            share = salt.elements.get(CARBON, 0.0) * atomic_mass(CARBON) / salt.molar_mass
            if share <= 0.0 or _ANION not in salt.id:
                raise FootprintError("E788", read=f"{line.carbonate}: no carbonate", expected="a carbonate, with CO3",
                                     write="carbonate: CaCO3",
                                     place=self.document.place(("activities", name, "carbonate")))  # fmt: skip
            amount = self._amount(name, line, "kg") * share * line.released
            told = f"carbon of {line.carbonate}, {share:.6g} kg/kg"
        row = self._row(name, line, "process", amount, "kg", BURN, told)
        return replace(row, flow=f"carbon dioxide of {name}")

    def _heat(self, name: str, line: Line) -> Iterator[Activity]:
        """Heat of the scenario's source."""
        word, usual = self.scenario.text("heat"), practice().heat
        if word not in usual:
            raise unknown("E784", word, usual, "source of heat").at(self.scenario.place("heat"))
        source = usual[word]
        efficiency = self.scenario.choices.efficiency or source.efficiency
        bought = self._amount(name, line, "MJ") / efficiency
        for carrier in source.carriers:
            told = f"{word} at {efficiency:g}"
            if carrier == GRID:
                factor = grid_factor(self.scenario.text("grid"))
                yield self._row(name, line, "electricity", bought / 3.6, "kWh", factor, told, f"/{carrier}")
            else:
                yield self._row(name, line, "heat", bought, "MJ", carrier, told, f"/{carrier}")

    def _losses(self, rows: Sequence[Activity]) -> list[Activity]:
        """Losses of the grid, if the case says so: a written inventory holds what is written."""
        factor, share = grid_factor(self.scenario.text("grid")), self.scenario.choices.losses
        taken = [row for row in rows if row.factor == factor and row.per == "kWh"]
        if not taken or share == 0.0:
            return []
        if share is None:
            self.defaults["losses of the grid"] = "not in, because the case does not say `losses`"
            return []
        if includes_losses(self.books.factor(factor, "climate")):
            self.defaults["losses of the grid"] = f"in {factor} already; the {100.0 * share:g} % stated are not added"
            return []
        where = self.document.place(("losses",), key=True)
        path, told = f"{Path(self.document.name).name}:{where.line}", f"{100.0 * share:g} % of what is generated"
        # Each with the electricity it belongs to, so that the subdivision gives it to the same products.
        return [
            replace(row, id=f"{row.id}/losses", flow=LOSSES, amount=share / (1.0 - share) * row.amount, path=path,
                    basis=told, primary=False)
            for row in taken
        ]  # fmt: skip

    def _served(self, name: str, line: Line) -> None:
        for product in line.serves:
            if product not in self.file.outputs:
                place = self.document.place(("activities", name, "serves"))
                raise unknown("E780", product, self.file.outputs, "output").at(place)

    def _output(self, name: str, each: Sold) -> Output:
        counted = self.file.metals_that_count or metals()
        stated = {el: value * each.mass if share else value for el, (value, share) in each.metals.items()}
        compound = compound_of(each.compound, stated=bool(stated)) if each.compound else None
        if not stated and compound:
            known = [el for el in counted if el in species(compound).elements]
            stated = {el: metal_fraction(compound, el) * each.mass for el in known}
        held = {el: mass for el, mass in stated.items() if el in counted}
        if rest := [el for el in stated if el not in counted]:
            told = f"{', '.join(counted)}; {', '.join(rest)} of {name}: impurities"
            before = self.defaults.get("metals that count")
            self.defaults["metals that count"] = f"{before}; {told.partition('; ')[2]}" if before else told
        allocated = each.allocated if each.allocated is not None else each.kind == "products"
        if each.credit and not each.credit.startswith(_PRIMARY):
            self.books.factor(each.credit, "climate", "kg")
        where = self.document.place(("outputs", name), key=True)
        return Output(name, each.kind, each.mass, held, each.price, compound, allocated, each.credit,
                      f"{Path(self.document.name).name}:{where.line}")  # fmt: skip


def json_schema() -> dict[str, Any]:
    """JSON Schema of the case file, for editors; without activities and outputs it is that of a ``carbon:`` section."""
    schema = CaseFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hydromet written inventory"
    return schema
