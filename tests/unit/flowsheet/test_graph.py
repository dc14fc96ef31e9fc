"""Order and tears."""

from __future__ import annotations

from hydromet.flowsheet.graph import Node, plan


def order(*nodes):
    return plan([Node(name, {"feed": sources}) for name, sources in nodes])


def test_a_chain_keeps_the_order_written_and_has_no_tears():
    made = order(("leach", ("ore",)), ("filter", ("leach.out",)), ("dry", ("filter.out",)))
    assert made.order() == ("leach", "filter", "dry")
    assert made.tears() == ()
    assert [len(block.units) for block in made.blocks] == [1, 1, 1]


def test_units_written_in_the_wrong_order_are_no_recycle():
    made = order(("dry", ("filter.out",)), ("filter", ("leach.out",)), ("leach", ("ore",)))
    assert made.order() == ("leach", "filter", "dry")
    assert made.tears() == ()


def test_a_reference_to_a_later_unit_is_torn():
    made = order(("leach", ("ore", "wash.water")), ("filter", ("leach.out",)), ("wash", ("filter.cake",)))
    assert made.order() == ("leach", "filter", "wash")
    assert made.tears() == ("wash.water",)
    assert made.blocks[0].loops == {"wash.water": ("leach", "filter", "wash", "leach")}


def test_one_tear_where_the_order_written_would_need_two():
    nodes = (("a", ("ore", "c.x")), ("b", ("c.y",)), ("c", ("a.out", "b.out")))
    # as written both streams of c are used before c is made; with b after c only c.x or the loop b-c is open
    made = order(*nodes)
    assert len(made.tears()) == 2
    made = order(("a", ("ore", "d.x")), ("b", ("d.y",)), ("c", ("a.out", "b.out")), ("d", ("c.out",)))
    assert made.tears() == ("c.out",)
    assert made.order() == ("d", "a", "b", "c")


def test_a_stream_is_torn_once_and_a_unit_may_feed_itself():
    made = order(("a", ("ore", "a.back")), ("b", ("a.out",)))
    assert made.tears() == ("a.back",)
    assert made.blocks[0].loops["a.back"] == ("a", "a")


def test_separate_loops_are_separate_blocks():
    made = order(("a", ("ore", "b.x")), ("b", ("a.out",)), ("c", ("b.y", "d.x")), ("d", ("c.out",)))
    assert [block.units for block in made.blocks] == [("a", "b"), ("c", "d")]
    assert [block.tears for block in made.blocks] == [("b.x",), ("d.x",)]
