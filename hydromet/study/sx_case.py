"""A circuit ready to be run: phases as streams, from a case file or from a solved unit of a plant."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydromet.chemistry import Chemistry
from hydromet.chemistry.extraction.extractants import Extractant, load_extractant
from hydromet.chemistry.physical.volume import volume
from hydromet.chemistry.salts import ions_of
from hydromet.chemistry.solutions.speciation import Question, put_together
from hydromet.errors import ExtractionError, Place, UserError, UserErrors
from hydromet.flowsheet.feeds import ReagentFeed, feed_stream
from hydromet.flowsheet.overrides import override
from hydromet.source import Document, load, load_text, nearest
from hydromet.species import WATER, species
from hydromet.stream import Stream
from hydromet.study.sx_file import FORMAT, NEWEST, Dissolved, Extraction, Liquor, Stripping, SxFile
from hydromet.study.sx_plant import SolvedUnit, read_unit
from hydromet.units.cascade import element_of
from hydromet.units.fields import FROM_FILE
from hydromet.units.organic_tank import DILUENT, OrganicTank
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class SxCase:
    """A circuit of solvent extraction.

    Attributes:
        file: sections, targets and choices as read.
        extractant: with its constants. temperature: K, of all stages.
        liquor: at its flow; empty where a scrub or strip unit of a plant is the source.
        organic: one cubic metre a second of what enters extraction, not yet saponified; entrained water included.
        loaded: what enters scrubbing or stripping where it does not come from ``extraction``, else None.
        plant: the solved unit the phases come from, or None.
        scrub: one cubic metre a second of scrub liquor, or None. scrub_stages, scrub_o_a: of scrubbing.
        base, acid, water: templates of 1 kg/s.
        chemistry: of the stages.
        document: for places of errors; None where nothing was read. places: of values set on the command line.
    """

    file: SxFile
    extractant: Extractant
    temperature: float
    liquor: Stream
    organic: Stream
    loaded: Stream | None
    plant: SolvedUnit | None
    scrub: Stream | None
    base: Stream
    acid: Stream
    water: Stream
    chemistry: Chemistry
    document: Document | None = None
    scrub_stages: int = 1
    scrub_o_a: float = 1.0
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def liquor_flow(self) -> float:
        """Volume of the liquor, m3/s."""
        return volume(self.liquor, "aq")

    def metals(self) -> tuple[str, ...]:
        """Ions in the liquor or on the organic that the extractant takes up, in the order of its file."""
        streams = [s for s in (self.liquor, self.organic, self.loaded) if s is not None]
        return tuple(
            ion for ion, metal in self.extractant.metals.items()
            if any(stream[ion] > 0.0 or stream[metal.organic] > 0.0 for stream in streams)
        )  # fmt: skip

    def ion(self, metal: str, *path: str | int) -> str:
        """The ion of a metal named by element or ion; ``path`` says where in the file.

        Raises:
            ExtractionError: E626.
        """
        there = self.metals()
        for ion in there:
            if metal in (ion, element_of(ion)):
                return ion
        names = [element_of(ion) for ion in there]
        near = nearest(metal, names)
        raise ExtractionError(
            "E626",
            read=metal,
            expected=" or ".join(near) or f"one of {', '.join(names)}",
            write=f"{(near or names)[0]}" if names else "",
            place=self.place(*path, metal, key=True) if path else None,
        )

    def place(self, *path: str | int, key: bool = False) -> Any:
        """Where in the file, or on the command line, something stands."""
        for length in range(len(path), 0, -1):
            typed = self.places.get(".".join(map(str, path[:length])))
            if typed is not None:
                return typed
        return self.document.place(path, key=key) if self.document is not None else None


def read_case(
    path: str | Path | None, changes: Mapping[str, str] | None = None, source: tuple[str, str] | None = None
) -> SxCase:
    """Read a case file.

    Args:
        path: the file; None where ``source`` says all.
        changes: path in the file -> value as text, such as ``{"extraction.o_a": "1.5"}``.
        source: result and unit that the phases come from, in place of extractant, liquor and organic of the file.

    Raises:
        UserError, UserErrors: everything that is wrong with it: E61x and E62x of the circuit, E5xx of the liquor, E457
            of reagents, E440 and E628 of a plant it refers to.
    """
    document = load(path) if path is not None else load_text(f"{FORMAT}: {NEWEST}\n", "command line")
    document.version(FORMAT, NEWEST)
    if source is not None:
        for name in ("extractant", "liquor", "organic"):
            document.data.pop(name, None)
        document.data["from"] = {"result": source[0], "unit": source[1]}
    for one in changes or {}:
        _make_way(document.data, one.split("."))
    document, places = override(document, changes or {})
    folder = Path(path).parent if path is not None and source is None else Path()
    try:
        case = case_of(validate(document, SxFile, context=FROM_FILE), document, folder)
    except UserErrors as several:
        raise UserErrors([_told_where_set(error, places) for error in several.errors]) from None
    except UserError as error:
        raise _told_where_set(error, places) from None
    return replace(case, places=places)


def _make_way(data: dict[str, Any], steps: Sequence[str]) -> None:
    """Empty sections for a value that is set below them."""
    for step in steps[:-1]:
        below = data.setdefault(step, {})
        if not isinstance(below, dict):
            return
        data = below


def _told_where_set(error: UserError, places: Mapping[str, Place]) -> UserError:
    """A mistake in a value of the command line, at that option."""
    if error.place is not None and error.place.path in places:
        error.place = places[error.place.path]
    elif error.place is not None and error.code == "E113":  # a section that only the option has
        within = (place for path, place in places.items() if path.startswith(f"{error.place.path}."))
        error.place = next(within, error.place)
    return error


def case_of(file: SxFile, document: Document | None = None, folder: Path | None = None) -> SxCase:
    """The circuit of a file that was read or made in Python.

    Args:
        file: the file.
        document: for places of errors.
        folder: that paths in it are relative to.

    Raises:
        UserError: as ``read_case``.
    """
    chemistry = Chemistry.load()
    templates: dict[str, Any] = {
        name: _reagent(getattr(file, name), name, folder, document) for name in ("base", "acid", "water")
    }
    blank = Stream()
    if file.source is not None:
        case = _of_unit(file, document, folder, chemistry, templates)
    else:
        case = SxCase(
            file=file, extractant=load_extractant(file.extractant or ""), temperature=file.temperature, liquor=blank,
            organic=blank, loaded=None, plant=None, scrub=None, chemistry=chemistry, document=document,
            **templates,
        )  # fmt: skip
    if file.liquor is not None:
        case = replace(case, liquor=_liquor(file.liquor, case, "liquor"), plant=None)
    if file.organic is not None:
        case = replace(case, organic=_organic(case), loaded=None)
    if file.scrubbing is not None:
        one = _liquor(file.scrubbing.liquor, case, "scrubbing", "liquor")
        case = replace(case, scrub=one.scaled(1.0 / volume(one, "aq")), scrub_stages=file.scrubbing.stages,
                       scrub_o_a=file.scrubbing.o_a)  # fmt: skip
    return case


def _reagent(given: str | Dissolved, key: str, folder: Path | None, document: Document | None) -> Stream:
    """A template of 1 kg/s."""
    name = given if isinstance(given, str) else given.reagent
    try:
        stream = feed_stream(ReagentFeed(reagent=name), folder=folder).stream
    except UserError as error:
        error.write = f"{key}: {SxFile.model_fields[key].default}"
        raise error.at(document.place((key,)) if document else None) from None
    if isinstance(given, str):
        return stream
    # Traces that would stay solid count as dissolved.
    flows: dict[str, float] = {}
    for one, flow in stream.flows.items():
        for ion, count in ions_of(one).items():
            flows[ion] = flows.get(ion, 0.0) + given.strength * count * flow
    taken = -min(flows.pop("H+", 0.0), 0.0)  # of a hydroxide: OH- is H2O less H+
    flows["OH-"] = flows.get("OH-", 0.0) + taken
    flows[WATER] = flows.get(WATER, 0.0) - taken + (1.0 - given.strength) / species(WATER).molar_mass
    return Stream(flows)


def _liquor(liquor: Liquor, case: SxCase, *path: str) -> Stream:
    """A liquor of the flow it is given, balanced to its pH."""
    question = Question(liquor.composition, case.temperature, balance=liquor.balance, pH=liquor.pH)
    try:
        _, solution, _ = put_together(question)
    except UserError as error:
        option, _, value = error.write.removeprefix("--").partition(" ")
        error.write = f"{option}: {value}" if error.write.startswith("--") else error.write.replace("=", ": ", 1)
        raise error.at(case.place(*path, "composition", key=True)) from None
    stream = solution.stream.at(case.temperature)
    return stream.scaled(liquor.flow / volume(stream, "aq"))


def _organic(case: SxCase) -> Stream:
    """One cubic metre a second of organic, with what is loaded on it; made by the tank of a plant."""
    known, given = case.extractant, case.file.organic
    assert given is not None  # noqa: S101  # asked for only where it is
    flows: dict[str, float] = {}
    for name, concentration in given.loaded.items():
        ion = next((i for i in known.metals if name in (i, element_of(i))), "")
        if not ion:
            names = [element_of(i) for i in known.metals]
            raise ExtractionError(
                "E626", read=name, expected=" or ".join(nearest(name, names)) or f"one of {', '.join(names)}",
                place=case.place("organic", "loaded", name, key=True),
            )  # fmt: skip
        flows[known.metals[ion].organic] = concentration / species(ion).molar_mass
    bound = sum(m.charge * flows.get(m.organic, 0.0) for m in known.metals.values())
    if bound > given.molarity:
        raise ExtractionError(
            "E621",
            read=f"metals that bind {bound * 1e-3:.3g} mol/L of extractant",
            expected=f"no more than there is: {given.molarity * 1e-3:.3g} mol/L",
            place=case.place("organic", "loaded"),
        )
    try:
        tank = OrganicTank(extractant=known.key, flow=1.0, molarity=given.molarity)
    except ValueError as error:
        inner = next((e["ctx"]["error"] for e in error.errors() if "error" in e.get("ctx", {})), None)  # type: ignore[attr-defined]
        if isinstance(inner, UserError):
            raise inner.at(case.place("organic", "molarity")) from None
        raise
    inlets = {
        "organic": Stream(flows, case.temperature),
        "extractant": Stream({known.acid: 1.0}, case.temperature),
        "diluent": Stream({DILUENT: 1.0}, case.temperature),
    }
    made = tank.solve(inlets, case.chemistry).outlets["organic"]
    return made.at(case.temperature)


def _of_unit(
    file: SxFile, document: Document | None, folder: Path | None, chemistry: Chemistry, templates: Mapping[str, Any]
) -> SxCase:
    """The phases of a solved unit, at the flows of the plant."""
    assert file.source is not None  # noqa: S101  # asked for only where it is
    place = document.place(("from", "unit")) if document else None
    plant = read_unit((folder or Path()) / file.source.result, file.source.unit, chemistry, place)
    unit, organic = plant.unit, plant.inlets.get("organic", Stream())
    size = volume(organic, "org")
    if size <= 0.0:
        raise ExtractionError("E628", read=f"{plant.name} without organic", expected="a unit that runs", place=place)
    extracting = unit.model == "extract"
    liquor = plant.inlets.get("aqueous", Stream()) if extracting else Stream()
    mine = {
        name: stream.scaled(1.0 / stream.mass())
        for name, stream in plant.inlets.items()
        if name in templates and name not in file.model_fields_set and stream.mass() > 0.0
    }
    scrub = plant.inlets.get("aqueous") if unit.model == "scrub" else None
    return SxCase(
        file=file.model_copy(update=_as_written(unit, file, size, liquor)),
        extractant=load_extractant(unit.extractant),
        temperature=unit.temperature if "temperature" not in file.model_fields_set else file.temperature,
        liquor=liquor,
        organic=organic.scaled(1.0 / size),
        loaded=None if extracting else organic,
        plant=plant,
        scrub=scrub.scaled(1.0 / volume(scrub, "aq")) if scrub is not None else None,
        chemistry=chemistry,
        document=document,
        scrub_stages=unit.stages,
        scrub_o_a=size / volume(scrub, "aq") if scrub is not None else 1.0,
        **{**templates, **mine},
    )


def _as_written(unit: Any, file: SxFile, organic: float, liquor: Stream) -> dict[str, Any]:
    """The parameters of a unit as fields of the file, where the file does not say otherwise."""
    given = file.model_fields_set
    found = {
        name: getattr(unit, name) for name in ("stage_efficiency", "aqueous_entrainment", "organic_entrainment")
        if name not in given
    }  # fmt: skip
    if unit.model == "extract" and "extraction" not in given:
        ratio = organic / volume(liquor, "aq")
        found["extraction"] = Extraction(stages=unit.stages, o_a=ratio, raffinate_pH=unit.raffinate_pH)
    if unit.model == "strip":
        if "stripping" not in given:
            found["stripping"] = Stripping(stages=unit.stages, acid_ratio=unit.acid_ratio or 1.1)
        if unit.metal and not file.targets.strip_liquor:
            wanted = {"strip_liquor": {element_of(unit.metal): unit.concentration}}
            found["targets"] = file.targets.model_copy(update=wanted)
    return found
