"""Streams: sums, phases, and refusal of what no pipe can carry."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydromet.errors import StreamError
from hydromet.species import species
from hydromet.stream import Stream, add_flows

SLURRY = Stream({"H2O": 50.0, "Ni+2": 1.0, "SO4-2": 1.0, "C(s)": 2.0, "H(D2EHPA)(org)": 0.1}, 333.15)
flows = st.dictionaries(
    st.sampled_from(["H2O", "Ni+2", "SO4-2", "NiSO4:6H2O(s)", "CO2(g)", "Co(D2EHPA)2(org)"]),
    st.floats(0, 1e6),
    max_size=6,
)


def test_mass_is_the_mass_of_the_elements_it_holds() -> None:
    from hydromet.species import atomic_mass

    by_elements = sum(atomic_mass(name) * flow for name, flow in SLURRY.elements().items())
    assert SLURRY.mass() == pytest.approx(by_elements, rel=1e-14)


def test_charge_counts_ions() -> None:
    assert SLURRY.charge() == 0.0
    assert Stream({"Na+": 2.0, "SO4-2": 0.5}).charge() == pytest.approx(1.0)


def test_phases_part_and_add_up_again() -> None:
    parts = [SLURRY.part(phase) for phase in ("aq", "s", "org", "l", "g")]
    assert add_flows(parts) == SLURRY.flows
    assert set(SLURRY.part("s").flows) == {"C(s)"}


@given(flows, st.floats(0.1, 10))
def test_scaling_scales_every_total(content: dict[str, float], factor: float) -> None:
    stream = Stream(content)
    assert stream.scaled(factor).mass() == pytest.approx(stream.mass() * factor, rel=1e-12)


def test_order_of_writing_does_not_matter() -> None:
    assert list(Stream({"SO4-2": 1.0, "H2O": 1.0}).flows) == list(Stream({"H2O": 1.0, "SO4-2": 1.0}).flows)


def test_round_off_below_zero_is_zero_and_a_real_negative_is_refused() -> None:
    assert Stream({"H2O": 1.0, "Ni+2": -1e-16}).flows == {"H2O": 1.0}
    with pytest.raises(StreamError) as caught:
        Stream({"H2O": 1.0, "Ni+2": -1e-6})
    assert caught.value.code == "E310"


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0])
def test_no_impossible_flow_or_temperature(bad: float) -> None:
    with pytest.raises(StreamError):
        Stream({"H2O": bad})
    with pytest.raises(StreamError):
        Stream({"H2O": 1.0}, temperature=bad)


def test_a_stream_can_be_pickled_and_compared() -> None:
    assert pickle.loads(pickle.dumps(SLURRY)) == SLURRY


def test_absent_species_flow_is_zero() -> None:
    assert SLURRY["Co+2"] == 0.0
    assert species("Co+2").charge == 2
