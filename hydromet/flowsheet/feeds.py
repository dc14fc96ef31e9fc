"""The feed door: what a flowsheet file says about a feed, as a stream.

Four kinds, told apart by their first word::

    black_mass:     {assay: feeds/nmc622_shredded.yaml, rate: 1000 kg/h}     # dry mass; moisture comes on top
    old_liquor:     {composition: {NiSO4: 12 wt%, H2SO4: 1 wt%}, basis: mass, rest: H2O, rate: 2 t/h}
    sulfuric_acid:  {reagent: sulfuric_acid_98}                              # without a rate: a unit draws it
    make_up:        {water: process, rate: 500 kg/h}
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from hydromet.datafiles import find, names
from hydromet.errors import FlowsheetError, UserError
from hydromet.flowsheet.assay import AssayReport, assay_of
from hydromet.flowsheet.recipe import Basis, contained, from_amounts, from_masses, load_reagent, neutral, read_amounts
from hydromet.flowsheet.reconcile import reconcile
from hydromet.source import load
from hydromet.species import WATER, species
from hydromet.stream import ATMOSPHERE, ROOM, Stream
from hydromet.units.base import Notice
from hydromet.units.fields import FROM_FILE, MassFlow, Pressure, Temperature
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry import Chemistry
    from hydromet.source import Document

Role = Literal["feed", "reagent"]
WATERS = {"process": "process_water", "demineralised": "demineralised_water"}


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)

    title: str | dict[str, str] = ""
    rate: MassFlow | None = Field(default=None, description="mass flow; without one a unit draws what it needs")
    temperature: Temperature = Field(default=ROOM, description="25 degC unless said otherwise")
    pressure: Pressure = Field(default=ATMOSPHERE, description="1 atm unless said otherwise")


class AssayFeed(_Spec):
    """A solid known by its laboratory assay; ``rate`` is dry mass unless ``rate_of`` says wet mass."""

    assay: str = Field(description="assay file", examples=["feeds/nmc622_shredded.yaml"])
    rate_of: Literal["dry mass", "wet mass"] = "dry mass"
    role: Role = "feed"


class CompositionFeed(_Spec):
    """A stream given by its composition: shares of formulas or ions on a stated basis."""

    composition: dict[str, str] = Field(description="formula: share", min_length=1, examples=["{NiSO4: 12 wt%}"])
    basis: Basis = Field(
        description="what the shares refer to; volume is g/L or mol/L, molality mol per kg of water", examples=["mass"]
    )
    rest: str = Field(default="", description="what makes up the rest", examples=["H2O"])
    charge_by: str = Field(default="", description="ion that makes it electroneutral", examples=["SO4-2"])
    role: Role = "feed"


class ReagentFeed(_Spec):
    """A reagent of the data folder, or a file of your own, with its impurities."""

    reagent: str = Field(description="name in data/reagents, or a path", examples=["sulfuric_acid_98"])
    role: Role = "reagent"


class WaterFeed(_Spec):
    """Process water with its hardness, or demineralised water."""

    water: Literal["process", "demineralised"]
    role: Role = "reagent"


_KINDS: dict[str, type[_Spec]] = {
    "assay": AssayFeed, "composition": CompositionFeed, "reagent": ReagentFeed, "water": WaterFeed,
}  # fmt: skip


def _kind(data: Any) -> str | None:
    if isinstance(data, _Spec):
        return next(name for name, model in _KINDS.items() if isinstance(data, model))
    found = [name for name in _KINDS if isinstance(data, dict) and name in data]
    return found[0] if len(found) == 1 else None


FeedSpec = Annotated[
    Annotated[AssayFeed, Tag("assay")]
    | Annotated[CompositionFeed, Tag("composition")]
    | Annotated[ReagentFeed, Tag("reagent")]
    | Annotated[WaterFeed, Tag("water")],
    Discriminator(_kind),
]


@dataclass(frozen=True)
class FeedStream:
    """A feed as it enters the plant.

    Attributes:
        stream: at the declared rate; a template of 1 kg/s if ``drawn``.
        drawn: the file gives no rate: a unit decides how much it takes.
        rate: as declared, kg/s (dry mass of an assay unless said otherwise); 1 if drawn.
        role: ``feed`` (its metal counts as recovered) or ``reagent``.
        kind: assay, composition, reagent or water.
        report: of the reconciliation of an assay.
        contains: formula -> kg/kg as labelled or written, for figures such as kg of NaOH (100 %); empty for an assay.
        sources: every number used: parameter, value, unit, source, grade.
        notices: warnings.
        files: name of every file read -> SHA-256.
    """

    stream: Stream
    drawn: bool
    rate: float
    role: Role
    kind: str
    report: AssayReport | None = None
    contains: Mapping[str, float] = field(default_factory=dict)
    sources: tuple[Mapping[str, str], ...] = ()
    notices: tuple[Notice, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def at_rate(self, rate: float) -> FeedStream:
        """The same feed at another rate, kg/s, counted as ``rate`` is."""
        return replace(self, stream=self.stream.scaled(rate / self.rate), rate=rate, drawn=False)


def read_feed(document: Document, path: Sequence[str | int]) -> FeedSpec:
    """One feed of a flowsheet file.

    Raises:
        UserError, UserErrors: everything that is wrong with its lines; E459 if it is none or several of the kinds.
    """
    data = document.data
    for step in path:
        data = data[step]
    kind = _kind(data)
    if kind is None:
        found = [name for name in _KINDS if isinstance(data, dict) and name in data]
        raise FlowsheetError(
            "E459",
            read=" and ".join(found) or "none of assay, composition, reagent, water",
            expected="exactly one of assay, composition, reagent, water",
            write=f"{path[-1]}: {{reagent: sulfuric_acid_98}}",
            place=document.place(path),
        )
    return validate(document, _KINDS[kind], path, context=FROM_FILE)  # type: ignore[return-value]


def feed_stream(
    spec: FeedSpec,
    chemistry: Chemistry | None = None,
    *,
    folder: Path | None = None,
    document: Document | None = None,
    path: Sequence[str | int] = (),
) -> FeedStream:
    """The stream of a feed.

    Args:
        spec: from ``read_feed`` or built in Python.
        chemistry: needed for a composition on a volume basis only (density).
        folder: where the flowsheet file is: assay and reagent files are looked for beside it, then among the shipped.
        document: the flowsheet file, so that errors have a place.
        path: where the spec stands in it.

    Raises:
        UserError: E450 a feed that does not sum, E451 one that is not electroneutral, E452 to E455 an assay that its
            chemistries do not explain, E457 an unknown reagent.
    """
    try:
        if isinstance(spec, AssayFeed):
            return _from_assay(spec, folder)
        if isinstance(spec, CompositionFeed):
            return _from_composition(spec, chemistry)
        return _from_reagent(spec, spec.reagent if isinstance(spec, ReagentFeed) else WATERS[spec.water], folder)
    except UserError as error:
        raise _placed(error, spec, document, path) from None


def _placed(error: UserError, spec: FeedSpec, document: Document | None, path: Sequence[str | int]) -> UserError:
    """The error at the word of the flowsheet that led to it; a file that cannot be read becomes the second place."""
    if document is None or (error.place and error.place.line):
        return error
    word = next(name for name, model in _KINDS.items() if isinstance(spec, model))
    error.place, error.also = document.place((*path, word)), error.place
    return error


def _from_assay(spec: AssayFeed, folder: Path | None) -> FeedStream:
    document = load(_located(spec.assay, folder), name=spec.assay)
    report = reconcile(assay_of(document), document)
    moles = {solid: share / species(solid).molar_mass for solid, share in report.phases.items()}
    moles[WATER] = report.moisture / species(WATER).molar_mass
    stream = Stream(moles, spec.temperature, spec.pressure, _sizes(report))
    wet = 1.0 + report.moisture
    rate = spec.rate if spec.rate is not None else 1.0
    dry = spec.rate is not None and spec.rate_of == "dry mass"
    return FeedStream(
        stream=stream.scaled(rate if dry else rate / wet),
        drawn=spec.rate is None,
        rate=rate,
        role=spec.role,
        kind="assay",
        report=report,
        sources=report.sources,
        notices=(*report.notices, *_unmeasured(spec.assay, report)),
        files={spec.assay: _hash(document)},
    )


def _located(name: str, folder: Path | None) -> Path:
    """Path of a file beside the flowsheet; of the shipped one of the same name if there is none."""
    beside = (folder or Path()) / name
    shipped = Path(name).name
    if not beside.exists() and name == f"feeds/{shipped}" and shipped in names("flowsheets/feeds"):
        return find(f"flowsheets/{name}")
    return beside


def _sizes(report: AssayReport) -> dict[str, tuple[tuple[float, float], ...]]:
    return dict.fromkeys(report.phases, report.sizes) if report.sizes else {}


def _unmeasured(name: str, report: AssayReport) -> tuple[Notice, ...]:
    rows = [item for item in report.adjustments if item.basis != "by difference"]
    guessed = sum(item.grade in ("estimated", "recalled") for item in rows)
    if not guessed:
        return ()
    return (Notice("W452", f"{name}: {guessed} of {len(rows)} numbers are recalled or estimated, not measured"),)


def _from_composition(spec: CompositionFeed, chemistry: Chemistry | None) -> FeedStream:
    amounts = read_amounts(spec.composition, spec.basis, spec.rest, spec.charge_by)
    moles = from_amounts(amounts, chemistry, spec.temperature)
    return replace(_flowing(spec, "composition", moles), contains=contained(amounts, moles))


def _from_reagent(spec: ReagentFeed | WaterFeed, name: str, folder: Path | None) -> FeedStream:
    reagent, document = load_reagent(name, folder)
    try:
        shares = reagent.shares()
        moles = neutral(from_masses(shares))
    except UserError as error:
        raise error.at(document.place(("components",))) from None
    sources = tuple(
        {
            "parameter": f"{item.element or item.species} in {name}",
            "value": f"{item.share:.6g}",
            "unit": "kg/kg",
            "source": item.source,
            "grade": item.grade,
        }
        for item in reagent.components
    )
    made = _flowing(spec, "reagent" if isinstance(spec, ReagentFeed) else "water", moles)
    return replace(made, contains=shares, sources=sources, files={document.name: _hash(document)})


def _flowing(spec: CompositionFeed | ReagentFeed | WaterFeed, kind: str, moles: Mapping[str, float]) -> FeedStream:
    """A composition at the declared rate, or as a template of 1 kg/s."""
    stream = Stream(moles, spec.temperature, spec.pressure)
    rate = spec.rate if spec.rate is not None else 1.0
    return FeedStream(stream.scaled(rate / stream.mass()), spec.rate is None, rate, spec.role, kind)


def _hash(document: Document) -> str:
    """SHA-256 of the file's lines, whatever their endings."""
    return sha256("\n".join(document.lines).encode()).hexdigest()
