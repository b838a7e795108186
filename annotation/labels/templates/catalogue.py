"""Ready label schemas to begin with, each with two items to try it on. Pure.

A template is a JSON file beside this module: `title`, `line`, `schema` and `items`.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

NAMES = (
    "sentiment",
    "topics",
    "entities",
    "preference",
    "ranking",
    "chat-rating",
    "demonstration",
    "rewrite",
    "safety",
)
"""In the order in which pages offer them: from one key an item to a page of questions."""


@dataclass(frozen=True, slots=True)
class Template:
    """A label schema as it is written, with a title, one line about it, and two items that fit it."""

    name: str
    title: str
    line: str
    schema: dict[str, Any] = field(repr=False)
    items: tuple[dict[str, Any], ...] = field(repr=False)


@cache
def templates() -> tuple[Template, ...]:
    """Return all templates in the order in which they are offered. They are shared: do not change them."""
    return tuple(_read(name) for name in NAMES)


def _read(name: str) -> Template:
    body = json.loads(files("annotation.labels.templates").joinpath(f"{name}.json").read_bytes())
    return Template(name, body["title"], body["line"], body["schema"], tuple(body["items"]))
