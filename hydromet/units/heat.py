"""Heat of a vessel, built from sensible heats and reaction heats."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hydromet.units.base import Energy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream
    from hydromet.units.base import Inlets, UnitResult

# Secants on a temperature: the enthalpy is nearly linear in it. The error of a secant step is the product of the last
# two steps (K2) times the curvature, below 5e-3 per K for a liquor: this product leaves less than 2e-6 K.
_STEPS = 20
_CLOSE = 3e-4


def taken(inlets: Inlets, drawn: Mapping[str, float]) -> dict[str, Stream]:
    """The inlets as they really flow: a drawn port's template of 1 kg/s times what the unit took of it."""
    return {port: stream.scaled(drawn[port]) if port in drawn else stream for port, stream in inlets.items()}


def vessel_energy(inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
    r"""Heat duty of an isothermal or adiabatic vessel.

    .. math:: Q = \sum_{in} n_i [h_i(T_r) - h_i(T_{in})] + \sum_j \xi_j \Delta h_j(T_r)
              + \sum_{out} n_i [h_i(T_{out}) - h_i(T_r)] + H_{liq,out} - H_{liq,in}

    with T_r the temperature of the first outlet, xi the extents of reaction (mol/s), dh the reaction heats (J/mol) and
    H_liq what a liquor's enthalpy holds beyond that of its listed species (W): dissociation equilibria, heat of
    dilution, heat capacity of the solution. The balance gate obtains the same number from
    the enthalpies of formation alone: the two agree only if the extents explain every change of species.

    Args:
        inlets: as given to ``solve``; drawn templates are scaled by ``result.drawn``.
        result: of ``solve``.
        chemistry: species enthalpies and reaction heats.

    Returns:
        the duty, W; bought as steam if positive, removed by cooling water if negative.
    """
    streams = [s for s in taken(inlets, result.drawn).values() if s.flows]
    outlets = [s for s in result.outlets.values() if s.flows]
    reference = next((s.temperature for s in outlets), 298.15)
    sensible = sum(_sensible(s, reference, chemistry) for s in streams)
    sensible -= sum(_sensible(s, reference, chemistry) for s in outlets)
    reactions = sum(xi * chemistry.reaction(equation).heat(reference) for equation, xi in result.extents.items())
    liquors = sum(_beyond_species(s, chemistry) for s in outlets) - sum(_beyond_species(s, chemistry) for s in streams)
    heat = sensible + reactions + liquors
    return Energy(
        heat=heat,
        steam=max(heat, 0.0),
        cooling=max(-heat, 0.0),
        basis=(
            f"heat: sensible {sensible / 1e3:.4g} kW, reactions {reactions / 1e3:.4g} kW, speciation and "
            f"dilution in the liquors {liquors / 1e3:.4g} kW; no heat recovery, no loss through the walls",
        ),
    )


def common_temperature(outlets: Iterable[Stream], enthalpy: float, chemistry: Chemistry) -> float:
    """Temperature at which these streams together have a given enthalpy, K: the end of an adiabatic step.

    Args:
        outlets: streams of fixed composition; their own temperatures are the starting point.
        enthalpy: W, as ``chemistry.enthalpy``.
        chemistry: enthalpies and heat capacities.
    """
    streams = [s for s in outlets if s.flows]
    if not streams:
        return 298.15
    capacities = [chemistry.heat_capacity(s) for s in streams]
    slope = sum(capacities)
    temperature = sum(c * s.temperature for c, s in zip(capacities, streams, strict=True)) / slope
    last: tuple[float, float] | None = None
    before = math.inf
    for _ in range(_STEPS):
        miss = enthalpy - sum(chemistry.enthalpy(s.at(temperature)) for s in streams)
        if last is not None and temperature != last[0]:
            secant = (last[1] - miss) / (temperature - last[0])
            slope = secant if secant > 0.2 * slope else slope
        last = temperature, miss
        step = max(-50.0, min(50.0, miss / slope))
        temperature += step
        if step == 0.0 or abs(step * before) < _CLOSE:
            break
        before = step
    return temperature


def _sensible(stream: Stream, reference: float, chemistry: Chemistry) -> float:
    """Heat that brings the undissociated stream from its temperature to the reference, W."""
    start = stream.temperature
    if start == reference:
        return 0.0
    rise = chemistry.species_enthalpy
    return sum(flow * (rise(name, reference) - rise(name, start)) for name, flow in stream.flows.items())


def _beyond_species(stream: Stream, chemistry: Chemistry) -> float:
    """What the enthalpy of a stream holds beyond that of its listed species, W: HSO4-, complexes, heat of dilution."""
    total: float = chemistry.enthalpy(stream)
    return total - sum(n * chemistry.species_enthalpy(name, stream.temperature) for name, n in stream.flows.items())


def driven(energy: Energy, power: float, use: str, basis: str) -> Energy:
    """The same energy with a drive whose shaft power ends as heat in the fluids.

    Args:
        energy: without the drive.
        power: W, taken from the grid; losses of the motor are left out.
        use: name of the use, such as ``agitation``.
        basis: where the power comes from.
    """
    heat = energy.heat - power
    return Energy(
        heat=heat,
        shaft=energy.shaft + power,
        electric={**energy.electric, use: power},
        steam=max(heat, 0.0),
        cooling=max(-heat, 0.0),
        basis=(*energy.basis, basis),
    )
