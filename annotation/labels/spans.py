"""Marked passages of a text, each with a label and the words that it covers. Pure.

Offsets are Unicode code points of the text as it was imported. The text is never normalised, trimmed or
broken anew; the quote is kept beside the offsets, so that whoever counts otherwise notices.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from annotation.labels.errors import Malformed
from annotation.labels.options import Option, read_options
from annotation.labels.question import Question, Surroundings, read_common
from annotation.labels.reading import flag
from annotation.labels.subject import Subject

MOST_SPANS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans(Question):
    """A question whose answer is a list of spans sorted by start, end and label; `[]` says there are none."""

    type = "spans"
    of: str
    options: tuple[Option, ...]
    overlap: bool

    @property
    def needs_item(self) -> bool:
        """Quotes are compared with the item's text."""
        return True

    def check(self, value: object, subject: Subject, *, where: str) -> list[dict[str, Any]]:
        """Return the spans, sorted. Each quote is the text between its offsets."""
        text = subject.fields.get(self.of)
        if not isinstance(text, str):
            raise Malformed(f"this cannot be answered: the item's field “{self.of}” is no text", where=where)
        if not isinstance(value, list) or len(value) > MOST_SPANS:
            raise Malformed(f"the answer is a list of at most {MOST_SPANS:,} spans", where=where)
        labels = {option.id for option in self.options}
        read = sorted(
            (_read_span(span, n, text, labels, where) for n, span in enumerate(value)),
            key=lambda span: (span["start"], span["end"], span["label"]),
        )
        for one, other in pairwise(read):
            if one == other:
                raise Malformed("a passage has the same label twice", where=where)
            if not self.overlap and other["start"] < one["end"]:
                raise Malformed("two passages overlap", where=where)
        return read

    def details(self) -> dict[str, Any]:
        """Return the text's field, the labels, and whether passages may overlap."""
        return {
            "of": self.of,
            "options": [option.to_json() for option in self.options],
            "overlap": self.overlap,
        }

    def conditions(self) -> frozenset[str | int]:
        """Return the ids of the labels."""
        return frozenset(option.id for option in self.options)

    def picked(self, value: Any) -> frozenset[str | int]:
        """Return the labels that occur."""
        return frozenset(span["label"] for span in value)


def read_spans(body: Mapping[str, Any], around: Surroundings, *, where: str) -> Spans:
    """Return the question behind `body`. Raises `Malformed`."""
    common = read_common(body, around, more={"of", "options", "overlap"}, where=where)
    of = body.get("of")
    if not isinstance(of, str) or of not in around.fields_shown_as("text"):
        raise Malformed("`of` names a field of the item that is shown as text", where=f"{where}.of")
    return Spans(
        **common,
        of=of,
        options=read_options(body, least=1, where=where),
        overlap=flag(body, "overlap", where=where, default=True),
    )


def _read_span(span: object, n: int, text: str, labels: set[str], where: str) -> dict[str, Any]:
    if not isinstance(span, Mapping) or span.keys() != {"start", "end", "quote", "label"}:
        raise Malformed(f"span {n} is not an object with start, end, quote and label", where=where)
    start, end, label = span["start"], span["end"], span["label"]
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        raise Malformed(f"span {n} does not lie in the text, which has {len(text):,} characters", where=where)
    if not isinstance(label, str) or label not in labels:
        raise Malformed(f"span {n} has no label of this question", where=where)
    if span["quote"] != text[start:end]:
        raise Malformed(
            f"span {n} quotes other words than the text has from {start} to {end};"
            " offsets count Unicode code points",
            where=where,
        )
    return {"start": start, "end": end, "quote": text[start:end], "label": label}
