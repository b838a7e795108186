"""Nested choices: a path through a tree of options, or several paths. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from annotation.labels.errors import Malformed
from annotation.labels.options import differ
from annotation.labels.question import Question, Surroundings, read_common
from annotation.labels.reading import flag, identifier, only, text
from annotation.labels.subject import Subject

MOST_NODES = 500
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Node:
    """One option of a tree, and the options under it."""

    id: str
    text: str
    options: tuple["Node", ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the option as the label schema writes it."""
        body: dict[str, Any] = {"id": self.id, "text": self.text}
        if self.options:
            body["options"] = [node.to_json() for node in self.options]
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy(Question):
    """A question whose answer is a path of option ids from the top, or a list of paths in the tree's order."""

    type = "taxonomy"
    options: tuple[Node, ...]
    leaf_only: bool
    many: bool

    def is_open(self, value: object) -> bool:
        """Say whether a value is no answer yet: an empty list of paths is none."""
        return value is None or value == []

    def check(self, value: object, subject: Subject, *, where: str) -> list[str] | list[list[str]]:
        """Return the path, or the paths in the tree's order."""
        places = {path: place for place, path in enumerate(_paths(self.options))}
        if not self.many:
            return list(self._path(value, places, where))
        if not isinstance(value, list):
            raise Malformed("the answer is a list of paths", where=where)
        paths = [self._path(one, places, where) for one in value]
        if len(set(paths)) != len(paths):
            raise Malformed("a path is picked twice", where=where)
        return [list(path) for path in sorted(paths, key=places.__getitem__)]

    def _path(self, value: object, places: Mapping[tuple[str, ...], int], where: str) -> tuple[str, ...]:
        if not isinstance(value, list) or any(not isinstance(step, str) for step in value):
            raise Malformed("a path is a list of option ids from the top down", where=where)
        path = tuple(value)
        if path not in places:
            raise Malformed("this path does not exist among the options", where=where)
        if self.leaf_only and _node(self.options, path).options:
            raise Malformed("pick one that has nothing under it", where=where)
        return path

    def details(self) -> dict[str, Any]:
        """Return the tree and how it is picked from."""
        return {
            "options": [node.to_json() for node in self.options],
            "leaf_only": self.leaf_only,
            "many": self.many,
        }

    def conditions(self) -> frozenset[str | int]:
        """Return the ids of all options, at every depth."""
        return frozenset(path[-1] for path in _paths(self.options))

    def picked(self, value: Any) -> frozenset[str | int]:
        """Return the ids of all options on the picked paths."""
        return frozenset(step for path in (value if self.many else [value]) for step in path)


def read_taxonomy(body: Mapping[str, Any], around: Surroundings, *, where: str) -> Taxonomy:
    """Return the question behind `body`. Raises `Malformed`."""
    common = read_common(body, around, more={"options", "leaf_only", "many"}, where=where)
    options = _read_level(body.get("options"), where=f"{where}.options", depth=1)
    ids = [path[-1] for path in _paths(options)]
    if len(ids) > MOST_NODES:
        raise Malformed(f"a tree has at most {MOST_NODES} options in all", where=f"{where}.options")
    differ("id", ids, where=f"{where}.options")
    return Taxonomy(
        **common,
        options=options,
        leaf_only=flag(body, "leaf_only", where=where, default=True),
        many=flag(body, "many", where=where, default=False),
    )


def _read_level(options: object, *, where: str, depth: int) -> tuple[Node, ...]:
    if depth > DEEPEST:
        raise Malformed(f"options are nested at most {DEEPEST} deep", where=where)
    if not isinstance(options, list) or not 1 <= len(options) <= MOST_NODES:
        raise Malformed(f"there are 1 to {MOST_NODES} options", where=where)
    return tuple(_read_node(node, where=f"{where}[{n}]", depth=depth) for n, node in enumerate(options))


def _read_node(node: object, *, where: str, depth: int) -> Node:
    if not isinstance(node, dict):
        raise Malformed("an option is an object with id and text", where=where)
    only(node, {"id", "text", "options"}, where=where)
    under = node.get("options")
    return Node(
        identifier(node, where=where),
        text(node, "text", where=where),
        _read_level(under, where=f"{where}.options", depth=depth + 1) if under not in (None, []) else (),
    )


def _paths(options: tuple[Node, ...], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for node in options:
        path = (*above, node.id)
        yield path
        yield from _paths(node.options, path)


def _node(options: tuple[Node, ...], path: tuple[str, ...]) -> Node:
    node = next(node for node in options if node.id == path[0])
    return node if len(path) == 1 else _node(node.options, path[1:])
