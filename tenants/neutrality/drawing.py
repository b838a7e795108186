"""Where the boxes and lines of a drawn graph stand: in columns, whoever holds left of what is held. Pure.

Layered drawing (Sugiyama, Tagawa, Toda 1981): links that run backwards are turned, boxes get columns by longest path,
a link over several columns gets a place in each, columns are ordered by the mean of their neighbours, and boxes
move as near to these as order and distances allow, which is an isotonic regression. The same input in the same
order gives the same drawing. Coordinates are whole pixels.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH = 210
"""Of every box."""
CURVE = 64
"""Room in which lines bend, right of each column."""
LABEL = 176
"""Room for the words of a line, left of the box that it leads to."""
ROW = 24
"""Height for each line that leads to a box, so that no words lie on others."""
GAP = 20
MARGIN = 16
PASSING = 12
"""Height of the place that a line has where it passes a column."""
SWEEPS = 10


@dataclass(frozen=True, slots=True)
class Box:
    """What is to be placed: a name for it, and the height that its own words need."""

    key: str
    height: int


@dataclass(frozen=True, slots=True)
class Link:
    """A line from one box to another; several between the same two are several lines."""

    key: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A box with its place, from the top left corner."""

    key: str
    column: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Route:
    """A line with its way as SVG path data. Its words end at (`label_x`, `label_y`); `turned`: it points left."""

    key: str
    path: str
    label_x: int
    label_y: int
    turned: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole drawing; boxes column by column and from top to bottom."""

    width: int
    height: int
    boxes: tuple[Placed, ...]
    routes: tuple[Route, ...]


def lay_out(boxes: Sequence[Box], links: Sequence[Link]) -> Layout:
    """Place boxes and links. A link from a box to itself has no line: say it in the box.

    Raises:
        KeyError: a link with an end that is no box.
    """
    keys = [box.key for box in boxes]
    there = set(keys)
    for link in links:
        if link.start not in there or link.end not in there:
            raise KeyError(link.key)
    drawn = [link for link in links if link.start != link.end]
    turned = _turned(keys, drawn)
    ways = {
        link.key: (link.end, link.start) if link.key in turned else (link.start, link.end) for link in drawn
    }
    column_of = _columns(keys, list(ways.values()))
    stops, column_of = _stops(ways, column_of)
    columns = _ordered(keys, stops, column_of)
    arriving: dict[str, list[str]] = defaultdict(list)
    leaving: dict[str, list[str]] = defaultdict(list)
    for key, way in stops.items():
        leaving[way[0]].append(key)
        arriving[way[-1]].append(key)
    height = {box.key: max(box.height, ROW * len(arriving[box.key]) + 12) for box in boxes}
    top = _tops(columns, stops, lambda each: height.get(each, PASSING))
    left = {
        each: MARGIN + column * (WIDTH + CURVE + LABEL) for column, row in enumerate(columns) for each in row
    }
    placed = tuple(
        Placed(each, column, left[each], top[each], WIDTH, height[each])
        for column, row in enumerate(columns)
        for each in row
        if each in height
    )
    middle = {each: top[each] + height.get(each, PASSING) / 2 for each in top}
    enters, leaves = _ports(stops, arriving, leaving, top, height, middle)
    routes = tuple(
        _route(
            link.key, stops[link.key], left, middle, leaves[link.key], enters[link.key], link.key in turned
        )
        for link in drawn
    )
    return Layout(
        width=max((box.x + box.width for box in placed), default=0) + MARGIN,
        height=max((top[each] + height.get(each, PASSING) for each in top), default=0) + MARGIN,
        boxes=placed,
        routes=routes,
    )


def _turned(keys: Sequence[str], links: Sequence[Link]) -> set[str]:
    """Return the links that close a circle on a walk that begins where nothing leads to."""
    out: dict[str, list[Link]] = defaultdict(list)
    held = {link.end for link in links}
    for link in links:
        out[link.start].append(link)
    found: set[str] = set()
    open_now: set[str] = set()
    done: set[str] = set()
    for root in sorted(keys, key=lambda key: key in held):
        if root in done:
            continue
        open_now.add(root)
        walk = [(root, iter(out[root]))]
        while walk:
            here, rest = walk[-1]
            following = next(rest, None)
            if following is None:
                walk.pop()
                open_now.discard(here)
                done.add(here)
            elif following.end in open_now:
                found.add(following.key)
            elif following.end not in done:
                open_now.add(following.end)
                walk.append((following.end, iter(out[following.end])))
    return found


def _columns(keys: Sequence[str], ways: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the column of each box: right of all that lead to it, and no further left than it must be."""
    out: dict[str, list[str]] = defaultdict(list)
    waits: dict[str, int] = defaultdict(int)
    for start, end in ways:
        out[start].append(end)
        waits[end] += 1
    first = {key for key in keys if not waits[key]}
    column = dict.fromkeys(keys, 0)
    ready = [key for key in keys if key in first]
    for here in ready:
        for end in out[here]:
            column[end] = max(column[end], column[here] + 1)
            waits[end] -= 1
            if not waits[end]:
                ready.append(end)
    for key in first:
        if out[key]:
            column[key] = min(column[end] for end in out[key]) - 1
    least = min(column.values(), default=0)
    return {key: at - least for key, at in column.items()}


def _stops(
    ways: Mapping[str, tuple[str, str]], column_of: Mapping[str, int]
) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Return the stops of each link, one in every column that it passes, and the columns of boxes and stops."""
    at = dict(column_of)
    stops: dict[str, list[str]] = {}
    for key, (start, end) in ways.items():
        between = [f"{key}|{column}" for column in range(at[start] + 1, at[end])]
        at |= {stop: at[start] + 1 + position for position, stop in enumerate(between)}
        stops[key] = [start, *between, end]
    return stops, at


def _ordered(
    keys: Sequence[str], stops: Mapping[str, Sequence[str]], column_of: Mapping[str, int]
) -> list[list[str]]:
    """Return each column from top to bottom: the arrangement with the fewest crossings that the sweeps met."""
    pairs = [pair for way in stops.values() for pair in pairwise(way)]
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for one, other in pairs:
        after[one].append(other)
        before[other].append(one)
    columns: list[list[str]] = [[] for _ in range(max(column_of.values(), default=-1) + 1)]
    seen: set[str] = set()
    for root in [*keys, *column_of]:
        walk = [root]
        while walk:
            here = walk.pop()
            if here not in seen:
                seen.add(here)
                columns[column_of[here]].append(here)
                walk += [*reversed(after[here]), *reversed(before[here])]
    best, fewest = [list(row) for row in columns], _crossings(columns, after)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        neighbours = before if forward else after
        for row in columns if forward else columns[::-1]:
            place = {each: position for column in columns for position, each in enumerate(column)}
            wish = {
                each: sum(place[one] for one in neighbours[each]) / len(neighbours[each])
                if neighbours[each]
                else float(place[each])
                for each in row
            }
            row.sort(key=lambda each: wish[each])
        crossings = _crossings(columns, after)
        if crossings < fewest:
            best, fewest = [list(row) for row in columns], crossings
    return best


def _crossings(columns: Sequence[Sequence[str]], after: Mapping[str, Sequence[str]]) -> int:
    found = 0
    for row, following in pairwise(columns):
        place = {each: position for position, each in enumerate(following)}
        met: list[int] = []
        for each in row:
            ends = sorted(place[end] for end in after.get(each, ()))
            found += sum(len(met) - bisect_right(met, end) for end in ends)
            for end in ends:
                insort(met, end)
    return found


def _tops(
    columns: Sequence[Sequence[str]], stops: Mapping[str, Sequence[str]], height: Callable[[str], int]
) -> dict[str, int]:
    """Return the upper edge of each box and stop: near its neighbours, in order, and apart."""
    beside: dict[str, list[str]] = defaultdict(list)
    for way in stops.values():
        for one, other in pairwise(way):
            beside[one].append(other)
            beside[other].append(one)
    middle: dict[str, float] = {}
    for row in columns:
        y = 0.0
        for each in row:
            middle[each] = y + height(each) / 2
            y += height(each) + GAP
    for sweep in range(SWEEPS):
        for row in columns if sweep % 2 == 0 else columns[::-1]:
            wishes = [
                sum(middle[one] for one in beside[each]) / len(beside[each]) if beside[each] else middle[each]
                for each in row
            ]
            apart = [0.0]
            for one, other in pairwise(row):
                apart.append(apart[-1] + (height(one) + height(other)) / 2 + GAP)
            spread = _rising([wish - off for wish, off in zip(wishes, apart, strict=False)])
            middle |= {each: at + off for each, at, off in zip(row, spread, apart, strict=False)}
    highest = min((middle[each] - height(each) / 2 for each in middle), default=0.0)
    top: dict[str, int] = {}
    for row in columns:
        least = MARGIN
        for each in row:
            top[each] = max(round(middle[each] - height(each) / 2 - highest) + MARGIN, least)
            least = top[each] + height(each) + GAP
    return top


def _rising(values: Sequence[float]) -> list[float]:
    """Return the rising sequence that is nearest in squares: neighbours that violate it share their mean."""
    pools: list[tuple[float, int]] = []
    for value in values:
        total, count = value, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            more, many = pools.pop()
            total, count = total + more, count + many
        pools.append((total, count))
    return [total / count for total, count in pools for _ in range(count)]


def _ports(
    stops: Mapping[str, Sequence[str]],
    arriving: Mapping[str, Sequence[str]],
    leaving: Mapping[str, Sequence[str]],
    top: Mapping[str, int],
    height: Mapping[str, int],
    middle: Mapping[str, float],
) -> tuple[dict[str, int], dict[str, int]]:
    """Return at which height each link arrives and leaves, in the order of where it comes from and goes to."""
    enters: dict[str, int] = {}
    leaves: dict[str, int] = {}
    for box, tall in height.items():
        inwards = sorted(arriving[box], key=lambda key: (middle[stops[key][-2]], key))
        start = top[box] + (tall - ROW * len(inwards)) / 2 + ROW / 2
        enters |= {key: round(start + ROW * position) for position, key in enumerate(inwards)}
        outwards = sorted(leaving[box], key=lambda key: (middle[stops[key][1]], key))
        step = tall / (len(outwards) + 1)
        leaves |= {key: round(top[box] + step * (position + 1)) for position, key in enumerate(outwards)}
    return enters, leaves


def _route(
    key: str,
    way: Sequence[str],
    left: Mapping[str, int],
    middle: Mapping[str, float],
    leaves: int,
    enters: int,
    turned: bool,
) -> Route:
    x, y = left[way[0]] + WIDTH, leaves
    path = [f"M{x} {y}"]
    for stop in way[1:]:
        last = stop == way[-1]
        there = enters if last else round(middle[stop])
        bend = CURVE // 2
        path.append(f"C{x + bend} {y} {x + CURVE - bend} {there} {x + CURVE} {there}")
        x, y = left[stop] + (0 if last else WIDTH), there
        path.append(f"H{x}")
    return Route(key, "".join(path), x - 12, y - 5, turned)
