"""Counts of answers that an aggregate keeps: places preferred, labels given, answers per hour and day. Pure.

A tally is counts under two names, such as question and label. Taking an answer out is adding it with -1,
and a count of 0 is absent, so the order of additions does not matter. A tally is derived from content and
stored sealed.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from annotation.labels.answer import StoredAnswer
from annotation.labels.bias import place_preferred
from annotation.labels.errors import Unreadable
from annotation.labels.question import Question, is_cannot_assess
from annotation.labels.schema import LabelSchema

Tally = dict[str, dict[str, int]]

HOURS: Final = "hours"
DAYS: Final = "days"
KEPT_HOURS: Final = timedelta(days=14)
KEPT_DAYS: Final = timedelta(days=400)
_HOUR: Final = "%Y-%m-%dT%H"
_DAY: Final = "%Y-%m-%d"


def count(tally: Tally, outer: str, inner: str, by: int) -> None:
    """Add `by` to one count; one that becomes 0 is removed."""
    group = tally.setdefault(outer, {})
    group[inner] = group.get(inner, 0) + by
    if not group[inner]:
        del group[inner]
    if not group:
        del tally[outer]


def add_places(tally: Tally, schema: LabelSchema, stored: StoredAnswer, by: int) -> None:
    """Count which place was preferred, question by question."""
    for question in schema.questions:
        value = stored.answer.get(question.id)
        place = None if value is None else place_preferred(question, value, stored.shown)
        if place is not None:
            count(tally, question.id, place, by)


def add_labels(tally: Tally, schema: LabelSchema, stored: StoredAnswer, by: int) -> None:
    """Count the labels that were given, question by question."""
    for question in schema.questions:
        value = stored.answer.get(question.id)
        if value is None:
            continue
        values = value.values() if question.per and not is_cannot_assess(value) else [value]
        for one in values:
            for label in labels_of(question, one):
                count(tally, question.id, label, by)


def labels_of(question: Question, value: Any) -> Iterator[str]:
    """Yield the labels in one answer, each once; of a written answer only that it was given."""
    if is_cannot_assess(value):
        yield "cannot_assess"
    elif question.type == "choice":
        yield value
    elif question.type == "choices":
        yield from value or ["none"]
    elif question.type == "taxonomy":
        paths = value if value and isinstance(value[0], list) else [value]
        yield from ("/".join(path) for path in paths)
    elif question.type == "spans":
        yield from sorted({span["label"] for span in value}) or ["none"]
    elif question.type == "preference":
        yield value["better"]
    elif question.type == "ranking":
        yield from value[0]
    elif question.type == "rating":
        yield str(value)
    else:
        yield "written"


def add_time(tally: Tally, at: datetime, by: int) -> None:
    """Count one answer in its hour and its day, UTC."""
    moment = at.astimezone(UTC)
    count(tally, HOURS, moment.strftime(_HOUR), by)
    count(tally, DAYS, moment.strftime(_DAY), by)


def forget_old_times(tally: Tally, now: datetime) -> None:
    """Remove hours older than 14 days and days older than 400."""
    oldest = {
        HOURS: (now - KEPT_HOURS).astimezone(UTC).strftime(_HOUR),
        DAYS: (now - KEPT_DAYS).astimezone(UTC).strftime(_DAY),
    }
    for kind, since in oldest.items():
        tally[kind] = {moment: n for moment, n in tally.get(kind, {}).items() if moment >= since}


def last_hours(tally: Mapping[str, Mapping[str, int]], now: datetime, n: int) -> list[tuple[datetime, int]]:
    """Return the last `n` hours, oldest first and the running one last, with their counts."""
    newest = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    moments = [newest - timedelta(hours=back) for back in range(n - 1, -1, -1)]
    given = tally.get(HOURS, {})
    return [(moment, max(given.get(moment.strftime(_HOUR), 0), 0)) for moment in moments]


def last_days(tally: Mapping[str, Mapping[str, int]], now: datetime, n: int) -> list[tuple[datetime, int]]:
    """Return the last `n` days, oldest first and today last, with their counts."""
    newest = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [newest - timedelta(days=back) for back in range(n - 1, -1, -1)]
    given = tally.get(DAYS, {})
    return [(moment, max(given.get(moment.strftime(_DAY), 0), 0)) for moment in moments]


def encode_tally(tally: Tally) -> bytes:
    """Return the bytes that are sealed."""
    return json.dumps(tally, sort_keys=True, separators=(",", ":")).encode()


def decode_tally(body: bytes) -> Tally:
    """Return the tally behind opened bytes. Raises `Unreadable`."""
    try:
        return {
            str(outer): {str(inner): int(n) for inner, n in group.items()}
            for outer, group in json.loads(body).items()
        }
    except (ValueError, TypeError, AttributeError) as damaged:
        raise Unreadable("an aggregate is not in a form known here") from damaged
