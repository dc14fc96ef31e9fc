"""Equilibrium constants and Pitzer parameters as read from ``data/reactions`` and ``data/pitzer``."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from math import sqrt
from typing import TYPE_CHECKING

from hydromet import datafiles
from hydromet.chemistry.reaction import parse_equation
from hydromet.chemistry.records import Four, Origin
from hydromet.errors import ChemistryError
from hydromet.source import nearest
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REACTIONS = "data/reactions"
PITZER = "data/pitzer"
H, OH = "H+", "OH-"


@dataclass(frozen=True)
class Constant:
    """An equilibrium constant.

    Attributes:
        id: the species formed (dissolved species) or dissolved (solid, gas).
        equation: as in the file.
        basis: basis species -> stoichiometric number: what one mole is made of.
        log10_k: of formation from the basis (dissolved species) or of dissolution into it (solids, gases).
        origin: source, grade, validity.
    """

    id: str
    equation: str
    basis: Mapping[str, float]
    log10_k: Four
    origin: Origin


@dataclass(frozen=True)
class Pair:
    """Pitzer parameters of one cation-anion pair: alpha1 and alpha2, then beta0, beta1, beta2, C against T."""

    ions: tuple[str, str]
    alpha: tuple[float, float]
    values: tuple[Four, Four, Four, Four]
    origin: Origin
    m_max: float = 0.0


@dataclass(frozen=True)
class Mixing:
    """A theta or lambda (two species) or a psi or zeta (three)."""

    kind: str
    ions: tuple[str, ...]
    value: Four
    origin: Origin


@dataclass(frozen=True, eq=False)
class Database:
    """Everything the aqueous engine knows; shared and never changed.

    Attributes:
        aqueous, solids, gases: constants by species.
        pairs, mixing, debye_huckel: parameters of the activity model.
        components: the basis species.
        davies: True for Davies' equation in place of Pitzer's; see ``comparison``.
    """

    aqueous: Mapping[str, Constant]
    solids: Mapping[str, Constant]
    gases: Mapping[str, Constant]
    pairs: tuple[Pair, ...]
    mixing: tuple[Mixing, ...]
    debye_huckel: Mixing
    components: frozenset[str] = field(default_factory=frozenset)
    davies: bool = False

    def made_of(self, name: str) -> Mapping[str, float]:
        """A dissolved species in basis species; itself if it has no formation reaction."""
        known = self.aqueous.get(name)
        return known.basis if known else {name: 1.0}


@cache
def load_database() -> Database:
    """Read the data files.

    Raises:
        ChemistryError: E502 a cell cannot be read, E503 a species is not made of the basis.
        ReactionError: an equation does not balance.
    """
    aqueous: dict[str, Constant] = {}
    for row in datafiles.read_csv(f"{REACTIONS}/aqueous.csv"):
        one = read_constant(row, row["species"], aqueous, formed=True)
        aqueous[one.id] = one
    solids = {
        one.id: one
        for file in ("solids_fitted", "solids", "hydrates")
        for row in datafiles.read_csv(f"{REACTIONS}/{file}.csv")
        for one in (read_constant(row, row["solid"], aqueous, formed=False),)
    }
    gases = {
        one.id: one
        for row in datafiles.read_csv(f"{REACTIONS}/gases.csv")
        for one in (read_constant(row, row["gas"], aqueous, formed=False),)
    }
    (slope,) = datafiles.read_csv(f"{PITZER}/debye_huckel.csv")
    basis = {name for one in (*aqueous.values(), *solids.values()) for name in one.basis}
    return Database(
        aqueous=aqueous,
        solids=solids,
        gases=gases,
        pairs=tuple(_pair(row) for row in datafiles.read_csv(f"{PITZER}/binary.csv")),
        mixing=tuple(_mixing(row) for row in datafiles.read_csv(f"{PITZER}/mixing.csv")),
        debye_huckel=Mixing("Aphi", (), _four(slope, "a{}"), _origin(slope)),
        components=frozenset(basis - {WATER}),
    )


def read_constant(row: Mapping[str, str], name: str, aqueous: Mapping[str, Constant], *, formed: bool) -> Constant:
    """One row, its equation brought onto the basis by substituting species that are themselves formed."""
    name = species(name).id
    equation, coefficients = parse_equation(row["equation"])
    a, b, c, d = (_number(row, key) for key in ("logK_25C", "B_K", "C", "D_per_K"))
    own = coefficients.get(name, 0.0)
    if own == 0.0 or (own > 0.0) is not formed:
        raise ChemistryError("E503", read=equation, expected=f"{name} on the {'right' if formed else 'left'} side")
    basis: dict[str, float] = {}
    log10_k = [a / abs(own), b / abs(own), c / abs(own), d / abs(own)]
    for other, nu in coefficients.items():
        if other == name:
            continue
        share = -nu / own
        known = aqueous.get(other)
        for part, count in (known.basis if known else {other: 1.0}).items():
            basis[part] = basis.get(part, 0.0) + share * count
        if known:
            # K is written with the activity of ``other``; its own formation constant brings it to the basis.
            sign = share if formed else -share
            log10_k = [x + sign * y for x, y in zip(log10_k, known.log10_k, strict=True)]
    clean = {part: count for part, count in sorted(basis.items()) if count != 0.0}
    return Constant(name, equation, clean, _as_four(log10_k), _origin(row))


def _pair(row: Mapping[str, str]) -> Pair:
    cation, anion = species(row["cation"]), species(row["anion"])
    beta0, beta1, beta2, cphi = (_four(row, name + "_a{}") for name in ("beta0", "beta1", "beta2", "cphi"))
    scale = 0.5 / sqrt(abs(cation.charge * anion.charge))
    return Pair(
        ions=(cation.id, anion.id),
        alpha=(_number(row, "alpha1"), _number(row, "alpha2")),
        values=(beta0, beta1, beta2, _as_four([scale * x for x in cphi])),
        origin=_origin(row),
        m_max=_number(row, "m_max"),
    )


def _mixing(row: Mapping[str, str]) -> Mixing:
    ions = tuple(species(row[key]).id for key in ("ion1", "ion2", "ion3") if row[key])
    return Mixing(row["kind"], ions, _four(row, "a{}"), _origin(row))


def _four(row: Mapping[str, str], pattern: str) -> Four:
    return _as_four([_number(row, pattern.format(i)) for i in (1, 2, 3, 4)])


def _as_four(values: list[float]) -> Four:
    a, b, c, d = values
    return a, b, c, d


def _number(row: Mapping[str, str], key: str) -> float:
    try:
        return float(row[key] or 0.0)
    except (KeyError, ValueError) as error:
        raise ChemistryError("E502", read=f"{key} of {dict(row)}", expected="a number") from error


def _origin(row: Mapping[str, str]) -> Origin:
    low, high = (_number(row, key) + 273.15 for key in ("t_min_C", "t_max_C"))
    return Origin(row["source"], row["grade"], low, high, row.get("note", ""))


def unknown_phase(name: str, known: Iterable[str], what: str = "a solid or gas") -> ChemistryError:
    """E505: no such solid or gas; tells those of the same salt, else names like it."""
    names = tuple(known)
    wanted = name if name.endswith((")", "]")) else f"{name}(s)"
    bare = name.partition("(s)")[0]
    exact = tuple(one for one in names if one in (wanted, f"{bare}(g)"))
    same = exact + tuple(one for one in names if one not in exact and one.startswith((f"{bare}:", f"{bare}[")))
    near = same or nearest(wanted, names)
    expected = f"{what} with an equilibrium constant{': ' if near else ''}{' or '.join(near)}"
    return ChemistryError("E505", read=name, expected=expected, write=near[0] if near else "NiSO4:6H2O(s)")
