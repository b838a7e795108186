"""The layout of the drawn graph: the same each time, nothing on anything else, every line with both ends."""

import re
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.neutrality.drawing import CURVE, GAP, LABEL, ROW, WIDTH, Box, Layout, Link, lay_out

KEYS = [f"k{number}" for number in range(24)]
graphs = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), max_size=60)
heights = st.lists(st.integers(20, 120), min_size=len(KEYS), max_size=len(KEYS))


def draw(pairs: list[tuple[str, str]], tall: list[int] | None = None) -> Layout:
    boxes = [Box(key, height) for key, height in zip(KEYS, tall or [60] * len(KEYS), strict=True)]
    return lay_out(boxes, [Link(f"l{position}", *pair) for position, pair in enumerate(pairs)])


def ends(path: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return where a path begins and ends."""
    x, y = map(int, re.match(r"M(-?\d+) (-?\d+)", path).groups())
    curves = re.findall(r"C-?\d+ -?\d+ -?\d+ -?\d+ -?\d+ (-?\d+)", path)
    return (x, y), (int(re.findall(r"H(-?\d+)", path)[-1]), int(curves[-1]))


@settings(max_examples=60, deadline=None)
@given(graphs, heights)
def test_no_box_lies_on_another_and_the_drawing_holds_them_all(pairs, tall):
    made = draw(pairs, tall)
    assert sorted(box.key for box in made.boxes) == sorted(KEYS)
    for one, other in combinations(made.boxes, 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        below = one.y + one.height + GAP <= other.y or other.y + other.height + GAP <= one.y
        assert beside or below
    for box, height in zip(sorted(made.boxes, key=lambda box: KEYS.index(box.key)), tall, strict=True):
        assert box.height >= height
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= made.width
        assert box.y + box.height <= made.height


@settings(max_examples=60, deadline=None)
@given(graphs)
def test_each_line_begins_at_one_of_its_boxes_and_ends_at_the_other(pairs):
    made = draw(pairs)
    boxes = {box.key: box for box in made.boxes}
    routes = {route.key: route for route in made.routes}
    for position, (start, end) in enumerate(pairs):
        if start == end:
            assert f"l{position}" not in routes
            continue
        route = routes[f"l{position}"]
        first, last = (boxes[end], boxes[start]) if route.turned else (boxes[start], boxes[end])
        (x, y), (to_x, to_y) = ends(route.path)
        assert x == first.x + first.width
        assert first.y <= y <= first.y + first.height
        assert to_x == last.x
        assert last.y <= to_y <= last.y + last.height
        assert first.column < last.column, "lines lead from left to right"


@settings(max_examples=60, deadline=None)
@given(graphs)
def test_no_words_lie_on_words_or_on_a_box(pairs):
    made = draw(pairs)
    words = [(route.label_x, route.label_y) for route in made.routes]
    for (x, y), (other_x, other_y) in combinations(words, 2):
        assert x != other_x or abs(y - other_y) >= ROW - 1
    for x, y in words:
        for box in made.boxes:
            apart = x <= box.x or x - (LABEL - 12) >= box.x + box.width
            assert apart or y <= box.y or y - ROW >= box.y + box.height


@settings(max_examples=40, deadline=None)
@given(graphs, heights)
def test_the_same_graph_is_drawn_the_same(pairs, tall):
    assert draw(pairs, tall) == draw(list(pairs), list(tall))


def test_a_chain_stands_in_a_row_and_a_circle_turns_one_line_only():
    made = draw([("k0", "k1"), ("k1", "k2")])
    at = {box.key: box for box in made.boxes}
    assert [at[key].column for key in ("k0", "k1", "k2")] == [0, 1, 2]
    assert at["k1"].x - at["k0"].x == WIDTH + CURVE + LABEL
    circle = draw([("k0", "k1"), ("k1", "k2"), ("k2", "k0")])
    assert [route.turned for route in circle.routes] == [False, False, True]


def test_a_holder_stands_beside_what_it_holds_and_not_at_the_far_left():
    made = draw([("k0", "k1"), ("k1", "k2"), ("k2", "k3"), ("k9", "k3")])
    at = {box.key: box.column for box in made.boxes}
    assert at["k9"] == at["k3"] - 1


def test_lines_that_need_not_cross_do_not():
    made = draw([("k0", "k3"), ("k1", "k2"), ("k0", "k2")])
    at = {box.key: box.y for box in made.boxes}
    assert (at["k0"] < at["k1"]) == (at["k3"] < at["k2"])


def test_a_line_without_its_box_is_refused():
    with pytest.raises(KeyError):
        lay_out([Box("a", 40)], [Link("l", "a", "b")])


def test_nothing_is_drawn_of_nothing():
    assert lay_out([], []).boxes == ()
