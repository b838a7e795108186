"""Which candidate a labeler sees as A: random for each labeler and item, always the same for both. Pure.

The order follows from a secret seed that lies sealed in the project's label schema, so the server works
it out again when the answer comes, without having kept it anywhere else, and no change of keys moves it.
It is kept with the answer as `shown`: the source name of A, of B, ….
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from annotation.labels.candidates import letters
from annotation.labels.errors import Unreadable
from annotation.labels.question import rename
from annotation.labels.schema import LabelSchema

SEED_BYTES = 32

Order = tuple[str, ...]
"""Source names in the order in which they are shown: the first is A."""


def shown_order(schema: LabelSchema, sources: Sequence[str], *, task_id: UUID, labeler_id: UUID) -> Order:
    """Return `sources` as this labeler sees them. Raises `Unreadable` for a schema without a seed.

    A Fisher-Yates shuffle on HMAC-SHA-256(seed, task || labeler): each of the n! orders is as likely
    as any other to within 2^-230, and nobody without the seed can work one out.
    """
    if not sources:
        return ()
    if len(schema.seed) != SEED_BYTES:
        raise Unreadable("a label schema with candidates was stored without its seed")
    rest = int.from_bytes(hmac.digest(schema.seed, task_id.bytes + labeler_id.bytes, "sha256"), "big")
    order = list(sources)
    for last in range(len(order) - 1, 0, -1):
        rest, place = divmod(rest, last + 1)
        order[last], order[place] = order[place], order[last]
    return tuple(order)


def to_shown(schema: LabelSchema, answer: Mapping[str, Any], order: Order) -> dict[str, Any]:
    """Return a checked answer in source names as its labeler sees it. The reverse of `to_source`."""
    return _renamed(schema, answer, dict(zip(order, letters(len(order)), strict=True)))


def to_source(schema: LabelSchema, answer: Mapping[str, Any], order: Order) -> dict[str, Any]:
    """Return a checked answer in the labeler's names A, B, … in source names."""
    if schema.candidates is None:
        return dict(answer)
    pairs = zip(letters(len(order)), order, strict=True)
    place = schema.candidates.place
    return _renamed(schema, answer, dict(sorted(pairs, key=lambda pair: place(pair[1]))))


def _renamed(schema: LabelSchema, answer: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    if schema.candidates is None:
        return dict(answer)
    return {
        question.id: rename(question, answer[question.id], names)
        for question in schema.questions
        if question.id in answer
    }
