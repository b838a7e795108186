"""A picture of a graph with its places and its words in lines that fit: what a page draws. Pure."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from tenants.neutrality.drawing import Box, Link, Placed, Route, lay_out
from tenants.neutrality.policy import Level
from tenants.neutrality.surroundings import Line, Picture, Shown

IN_NAME = 26
IN_WORDS = 25
"""Letters in a line of a box, and of the words beside a line."""
NAME_LINES = 2
TEXT = 17
PADDING = 12
MARK = 17
MARK_UP = 10

LEVELS = {Level.DENY: "denied", Level.REVIEW: "under review", Level.REPORT: "reported"}


@dataclass(frozen=True, slots=True)
class Text:
    """One line of words at its place, `x` and `y` at the letters' foot. `mark` names the shape before it."""

    x: int
    y: int
    words: str
    mark: str = ""

    @property
    def mark_x(self) -> int:
        """Where the shape stands: in the room left of the words."""
        return self.x - MARK

    @property
    def mark_y(self) -> int:
        """The upper edge of the shape."""
        return self.y - MARK_UP


@dataclass(frozen=True, slots=True)
class DrawnParty:
    """A party as it is drawn."""

    shown: Shown
    at: Placed
    name: tuple[Text, ...]
    notes: tuple[Text, ...]
    words: str
    """All that the box says, for whoever does not see it."""

    @property
    def level(self) -> str:
        """The strictest level, as a word of policies; empty for none."""
        if self.shown.excluded:
            return "excluded"
        level = strictest(self.shown)
        return "" if level is None else level.word


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A line as it is drawn."""

    line: Line
    route: Route
    words: str


@dataclass(frozen=True, slots=True)
class Figure:
    """The whole drawing, parties in the order in which they are read: by column, then from above."""

    width: int
    height: int
    parties: tuple[DrawnParty, ...]
    lines: tuple[DrawnLine, ...]


def figure_of(picture: Picture) -> Figure:
    """Place a picture."""
    notes = {shown.key: notes_of(shown) for shown in picture.parties}
    names = {shown.key: wrapped(shown.name, IN_NAME, NAME_LINES) for shown in picture.parties}
    boxes = [
        Box(shown.key, TEXT * (len(names[shown.key]) + len(notes[shown.key])) + 2 * PADDING - 6)
        for shown in picture.parties
    ]
    layout = lay_out(boxes, [Link(line.key, line.holder, line.subject) for line in picture.lines])
    shown_by = {shown.key: shown for shown in picture.parties}
    line_by = {line.key: line for line in picture.lines}
    parties = []
    for at in layout.boxes:
        shown = shown_by[at.key]
        rows = [*((words, "") for words in names[at.key]), *notes[at.key]]
        # In a box made taller by its lines the words stand in the middle.
        first = at.y + (at.height - TEXT * len(rows)) // 2 + 13
        texts = [
            Text(at.x + PADDING + (MARK if mark else 0), first + TEXT * position, words, mark)
            for position, (words, mark) in enumerate(rows)
        ]
        many = len(names[at.key])
        told = ", ".join([shown.name, *(words for words, _ in notes[at.key])])
        parties.append(DrawnParty(shown, at, tuple(texts[:many]), tuple(texts[many:]), told))
    lines = tuple(
        DrawnLine(
            line_by[route.key],
            route,
            cut(f"{'← ' if route.turned else ''}{line_by[route.key].words}", IN_WORDS),
        )
        for route in layout.routes
    )
    return Figure(layout.width, layout.height, tuple(parties), lines)


def strictest(shown: Shown) -> Level | None:
    """Return the strictest level that a party meets; None for none."""
    return max((level for level in (shown.people, shown.egress) if level is not None), default=None)


def notes_of(shown: Shown) -> list[tuple[str, str]]:
    """Return what stands under a party's name: (words, name of the shape before them)."""
    if shown.party is None:
        return [("anybody could be behind it", "unknown")]
    notes: list[tuple[str, str]] = []
    if shown.excluded:
        notes.append(("excluded party", "excluded"))
    elif shown.people is not None and shown.people == shown.egress:
        notes.append((LEVELS[shown.people], shown.people.word))
    else:
        if shown.people is not None:
            notes.append((f"people: {LEVELS[shown.people]}", shown.people.word))
        if shown.egress is not None:
            why = " (unknown)" if shown.silent and shown.egress is Level.DENY else ""
            notes.append((f"ways out: {LEVELS[shown.egress]}{why}", shown.egress.word))
    if not notes:
        notes.append(("no rule met", ""))
    if shown.chosen:
        notes.append(("chosen", "chosen"))
    notes += [(cut(words, IN_WORDS), "") for words in shown.of_itself[:1]]
    if shown.left_out:
        ties = "tie" if shown.left_out == 1 else "ties"
        notes.append((f"{shown.left_out} more {ties} not drawn", ""))
    return notes


def wrapped(text: str, most: int, lines: int) -> list[str]:
    """Return `text` in at most `lines` lines of `most` letters, broken between words where that is possible."""
    found: list[str] = []
    rest = " ".join(text.split()) or "–"
    while rest and len(found) < lines - 1 and _wide(rest) > most:
        head = _fitting(rest, most)
        space = head.rfind(" ")
        head = head[:space] if space > most // 3 else head
        found.append(head.strip())
        rest = rest[len(head) :].strip()
    return [*found, cut(rest, most)] if rest else found


def cut(text: str, most: int) -> str:
    """Return `text`, or as much of it as fits with a sign that there is more."""
    return text if _wide(text) <= most else f"{_fitting(text, most - 1).rstrip()}…"


def _fitting(text: str, most: int) -> str:
    room, kept = most, 0
    for letter in text:
        room -= _wide(letter)
        if room < 0:
            break
        kept += 1
    return text[: max(kept, 1)]


def _wide(letters: Iterable[str]) -> int:
    """Return how many places letters take; those of East Asia take two, accents none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in letters
    )
