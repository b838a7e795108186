"""Tallies: what each type of answer counts, that taking out undoes adding, and what is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from annotation.labels.answer import StoredAnswer
from annotation.labels.errors import Unreadable
from annotation.labels.schema import read_schema
from annotation.labels.tally import (
    Tally,
    add_labels,
    add_places,
    add_time,
    decode_tally,
    encode_tally,
    forget_old_times,
    last_days,
    last_hours,
)

OPTIONS = [{"id": "x", "text": "X"}, {"id": "y", "text": "Y"}]
SCHEMA = read_schema(
    {
        "version": 1,
        "item": {"text": "text", "talk": "chat"},
        "candidates": {"of": ["left", "right"]},
        "questions": [
            {"id": "one", "type": "choice", "text": "?", "options": OPTIONS, "cannot_assess": True},
            {"id": "some", "type": "choices", "text": "?", "options": OPTIONS},
            {
                "id": "tree",
                "type": "taxonomy",
                "text": "?",
                "many": True,
                "options": [{"id": "a", "text": "A", "options": [{"id": "b", "text": "B"}]}],
            },
            {"id": "marks", "type": "spans", "text": "?", "of": "text", "options": OPTIONS},
            {"id": "better", "type": "preference", "text": "?"},
            {"id": "order", "type": "ranking", "text": "?"},
            {"id": "stars", "type": "rating", "text": "?", "per": {"messages": "talk"}},
            {"id": "why", "type": "text", "text": "?"},
        ],
    }
)
ANSWER = StoredAnswer(
    {
        "one": "x",
        "some": ["x", "y"],
        "tree": [["a", "b"]],
        "marks": [
            {"start": 0, "end": 1, "quote": "a", "label": "y"},
            {"start": 2, "end": 3, "quote": "b", "label": "y"},
        ],
        "better": {"better": "right"},
        "order": [["left"], ["right"]],
        "stars": {"1": 4, "3": {"cannot_assess": True}, "5": 4},
        "why": "secret words",
    },
    ("right", "left"),
)


def test_each_type_counts_its_labels_and_a_text_only_that_it_is_there() -> None:
    tally: Tally = {}
    add_labels(tally, SCHEMA, ANSWER, 1)
    assert tally == {
        "one": {"x": 1},
        "some": {"x": 1, "y": 1},
        "tree": {"a/b": 1},
        "marks": {"y": 1},
        "better": {"right": 1},
        "order": {"left": 1},
        "stars": {"4": 2, "cannot_assess": 1},
        "why": {"written": 1},
    }
    assert b"secret" not in encode_tally(tally)


def test_places_are_those_of_the_stored_order() -> None:
    tally: Tally = {}
    add_places(tally, SCHEMA, ANSWER, 1)
    assert tally == {"better": {"first": 1}, "order": {"other": 1}}


def test_taking_out_undoes_adding_in_any_order() -> None:
    tally: Tally = {}
    for by in (-1, 1, 1, -1):
        add_labels(tally, SCHEMA, ANSWER, by)
        add_places(tally, SCHEMA, ANSWER, by)
    assert tally == {}


def test_a_tally_is_read_back_and_damage_is_seen() -> None:
    tally: Tally = {"q": {"a": 2, "b": -1}}
    assert decode_tally(encode_tally(tally)) == tally
    for damaged in (b"", b"[]", b'{"q":3}', b'{"q":{"a":"many"}}'):
        with pytest.raises(Unreadable):
            decode_tally(damaged)


def test_times_are_counted_by_hour_and_day_and_old_ones_forgotten() -> None:
    now = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    tally: Tally = {}
    for ago in (timedelta(), timedelta(minutes=31), timedelta(days=15), timedelta(days=500)):
        add_time(tally, now - ago, 1)
    assert [n for _, n in last_hours(tally, now, 3)] == [0, 1, 1]
    assert [n for _, n in last_days(tally, now, 2)] == [1, 1]
    assert last_hours(tally, now, 3)[-1][0] == now.replace(minute=0)
    forget_old_times(tally, now)
    assert len(tally["hours"]) == 2
    assert len(tally["days"]) == 3
