"""Large groups of units: opened at their longest recycles, small loops left whole inside."""

from hydromet.flowsheet.graph import Node, plan


def chain(units, back):
    """Units u0 ... in a row; back: consumer -> the later unit that feeds it too."""
    nodes = []
    for i in range(units):
        sources = [f"u{i - 1}.out"] if i else ["feed"]
        if i in back:
            sources.append(f"u{back[i]}.out")
        nodes.append(Node(f"u{i}", {"in": tuple(sources)}))
    return nodes


def test_the_longest_recycle_is_torn_outside_and_short_loops_inside() -> None:
    (block,) = plan(chain(30, {0: 29, 5: 7, 12: 14, 20: 22})).blocks
    assert block.tears == ("u29.out",)
    loops = [inner for inner in block.inner if inner.tears]
    assert [inner.units for inner in loops] == [("u5", "u6", "u7"), ("u12", "u13", "u14"), ("u20", "u21", "u22")]
    assert sorted(block.all_loops()) == ["u14.out", "u22.out", "u29.out", "u7.out"]
    assert block.units == tuple(f"u{i}" for i in range(30))


def test_a_small_group_is_converged_as_a_whole() -> None:
    (block,) = plan(chain(10, {0: 9, 5: 7})).blocks
    assert block.inner == ()
    assert set(block.tears) == {"u9.out", "u7.out"}


def test_every_unit_is_computed_once_and_every_recycle_torn_once() -> None:
    nodes = chain(40, {0: 39, 3: 38, 10: 30, 11: 13, 25: 27})
    (block,) = plan(nodes).blocks
    assert sorted(block.units) == sorted(node.name for node in nodes)
    known: set[str] = set()
    torn = block.all_loops()
    for name in block.units:
        node = next(node for node in nodes if node.name == name)
        assert all(s == "feed" or s in torn or s in known for s in node.sources())
        known.add(f"{name}.out")
