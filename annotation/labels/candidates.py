"""What is compared: two to ten texts of an item, under names that tell nothing of where they come from. Pure.

A candidate's *source name* says which text of the item it is: the name of its field, or `responses[0]` for
a text of a list. Labelers see `A`, `B`, … in an order of their own; see `annotation.labels.order`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.labels.errors import Malformed
from annotation.labels.reading import field_name, only

FEWEST, MOST_CANDIDATES = 2, 10
LETTERS = "ABCDEFGHIJ"
RENDERED = frozenset({"markdown", "text"})
_ANSWERS = frozenset({"tie", "both_bad", "cannot_assess"})
"""Values of answers: a candidate of that name could not be told from them."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Where an item's candidates are, and how they are shown.

    Attributes:
        of: names of fields that hold a text each; or of the one field that holds a list of texts.
        shown_as: `markdown` or `text`.
        count: how many an item must have; None where any number from 2 to 10 will do.
    """

    of: tuple[str, ...]
    shown_as: str
    count: int | None

    @property
    def in_a_list(self) -> bool:
        """Say whether one field holds them all, so that only the item tells how many there are."""
        return len(self.of) == 1

    def sources(self, fields: Mapping[str, Any] | None) -> tuple[str, ...]:
        """Return the source names of an item's candidates; none when they do not fit.

        Fields that are named one by one are known without the item.
        """
        if not self.in_a_list:
            return self.of
        if fields is None or self.problem(fields):
            return ()
        return tuple(f"{self.of[0]}[{n}]" for n in range(len(fields[self.of[0]])))

    def contents(self, fields: Mapping[str, Any]) -> dict[str, str]:
        """Return the texts of candidates that fit, by source name."""
        values = fields[self.of[0]] if self.in_a_list else [fields[name] for name in self.of]
        texts = (_text_of(value) or "" for value in values)
        return dict(zip(self.sources(fields), texts, strict=True))

    def place(self, source: str) -> int:
        """Return where a source name stands in the item's own order."""
        return int(source[len(self.of[0]) + 1 : -1]) if self.in_a_list else self.of.index(source)

    def problem(self, fields: Mapping[str, Any]) -> str:
        """Return a sentence that says what keeps an item's candidates from fitting, or nothing."""
        if not self.in_a_list:
            for name in self.of:
                if fields.get(name) is None:
                    return f"The field “{name}” is missing."
                if _text_of(fields[name]) is None:
                    return f"The field “{name}” is no text."
            return ""
        (name,) = self.of
        values = fields.get(name)
        if values is None:
            return f"The field “{name}” is missing."
        if not isinstance(values, list):
            return f"The field “{name}” is no list of texts."
        least, most = (FEWEST, MOST_CANDIDATES) if self.count is None else (self.count, self.count)
        if not least <= len(values) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            return f"The field “{name}” holds {len(values)}, not {wanted} texts."
        for n, value in enumerate(values):
            if _text_of(value) is None:
                return f"The field “{name}” is no list of texts: number {n} is none."
        return ""

    def to_json(self) -> dict[str, Any]:
        """Return `candidates` as the label schema writes it."""
        return {"of": list(self.of), "as": self.shown_as}


def read_candidates(body: object, item: Mapping[str, str]) -> Candidates:
    """Return `candidates`. Raises `Malformed`. `count` is open; questions may still settle it."""
    if not isinstance(body, dict):
        raise Malformed("`candidates` is an object with `of`", where="candidates")
    only(body, {"of", "as"}, where="candidates")
    of = body.get("of")
    of = [of] if isinstance(of, str) else of
    if not isinstance(of, list) or not 1 <= len(of) <= MOST_CANDIDATES:
        raise Malformed(
            f"`of` lists {FEWEST} to {MOST_CANDIDATES} fields, or the one that holds a list of texts",
            where="candidates.of",
        )
    for n, name in enumerate(of):
        field_name(name, where=f"candidates.of[{n}]")
        if name in item:
            raise Malformed(
                f"“{name[:40]}” is compared, so `item` must not show it", where=f"candidates.of[{n}]"
            )
        if name in _ANSWERS:
            raise Malformed(f"no candidate can be called “{name}”", where=f"candidates.of[{n}]")
    if len(set(of)) != len(of):
        raise Malformed("a field is compared with itself", where="candidates.of")
    shown_as = body.get("as", "markdown")
    if shown_as not in RENDERED:
        raise Malformed(f"candidates are shown as {' or '.join(sorted(RENDERED))}", where="candidates.as")
    return Candidates(tuple(of), shown_as, None if len(of) == 1 else len(of))


def letters(count: int) -> tuple[str, ...]:
    """Return the names under which `count` candidates are shown."""
    return tuple(LETTERS[:count])


def _text_of(value: object) -> str | None:
    if isinstance(value, dict):
        value = value.get("content", value.get("text"))
    return value if isinstance(value, str) else None
