"""One stream type: what flows between two units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hydromet.errors import StreamError
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ATMOSPHERE = 101325.0
ROOM = 298.15
# A negative flow no larger than this share of the stream's largest flow is round-off and becomes zero.
_ROUND_OFF = 1e-14


@dataclass(frozen=True)
class Stream:
    """A steady flow of matter: molar flows by species, temperature and pressure.

    Only what must be stored is stored: pH, density and enthalpy are asked of the chemistry. The phase is part of
    the species id, so a slurry or an emulsion is simply a stream. Never change ``flows`` in place.

    Attributes:
        flows: species id -> mol/s; zero flows are dropped, keys are sorted.
        temperature: K.
        pressure: Pa.
        sizes: solid species id -> ((diameter in m, mass fraction), ...), where known.

    Raises:
        StreamError: a negative or non-finite flow or temperature.
    """

    flows: Mapping[str, float] = field(default_factory=dict)
    temperature: float = ROOM
    pressure: float = ATMOSPHERE
    sizes: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        flows = self.flows
        # what every stream of a plant is: all positive, and none of them NaN or infinite
        if flows and min(flows.values()) > 0.0 and sum(flows.values()) < float("inf"):
            clean = {name: float(flows[name]) for name in sorted(flows)}
        else:
            clean = self._checked()
        if not 0.0 < self.temperature < 1e4:
            raise StreamError("E311", read=f"{self.temperature} K", expected="a temperature above 0 K")
        object.__setattr__(self, "flows", clean)

    def _checked(self) -> dict[str, float]:
        largest = max(self.flows.values(), default=0.0)
        clean: dict[str, float] = {}
        for name in sorted(self.flows):
            flow = float(self.flows[name])
            if not flow > -_ROUND_OFF * largest and flow != 0.0:
                raise StreamError("E310", read=f"{name}: {flow:.6g} mol/s", expected="a flow of zero or more")
            if flow == float("inf"):
                raise StreamError("E310", read=f"{name}: {flow} mol/s", expected="a finite flow")
            if flow > 0.0:
                clean[name] = flow
        return clean

    def __getitem__(self, name: str) -> float:
        """Molar flow of one species, mol/s; zero if absent."""
        return self.flows.get(name, 0.0)

    def mass(self) -> float:
        """Total mass flow, kg/s."""
        return sum(flow * species(name).molar_mass for name, flow in self.flows.items())

    def elements(self) -> dict[str, float]:
        """Flow of each element and pseudo-element, mol/s."""
        total: dict[str, float] = {}
        for name, flow in self.flows.items():
            for element, count in species(name).elements.items():
                total[element] = total.get(element, 0.0) + flow * count
        return total

    def charge(self) -> float:
        """Net charge flow, mol of elementary charge per second; zero for any real stream."""
        return sum(flow * species(name).charge for name, flow in self.flows.items())

    def part(self, *phases: str) -> Stream:
        """The species in the given phases (``aq``, ``s``, ``l``, ``g``, ``org``) at the same T and p."""
        return self.where(lambda name: species(name).phase in phases)

    def where(self, keep: Callable[[str], bool]) -> Stream:
        """The species for which ``keep(id)`` is true, at the same T and p."""
        return self.with_flows({name: flow for name, flow in self.flows.items() if keep(name)})

    def with_flows(self, flows: Mapping[str, float]) -> Stream:
        """The same conditions with other flows."""
        return Stream(flows, self.temperature, self.pressure, self.sizes)

    def at(self, temperature: float) -> Stream:
        """The same flows at another temperature, K."""
        return Stream(self.flows, temperature, self.pressure, self.sizes)

    def scaled(self, factor: float) -> Stream:
        """All flows times ``factor``."""
        return self.with_flows({name: flow * factor for name, flow in self.flows.items()})

    def plus(self, *others: Stream) -> Stream:
        """Flows added, at this stream's T and p: bookkeeping only, an adiabatic mix is ``chemistry.mix``."""
        return self.with_flows(add_flows([self, *others]))


def add_flows(streams: Iterable[Stream]) -> dict[str, float]:
    """Sum of molar flows, species id -> mol/s, added in the given order."""
    total: dict[str, float] = {}
    for stream in streams:
        for name, flow in stream.flows.items():
            total[name] = total.get(name, 0.0) + flow
    return total
