"""The hot views read and write exactly what the described serializers would."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.serializers import Serializer

from annotation.api import bodies
from annotation.api.hot import in_utc, items_json, read_next, read_submission, submitted_json, tasks_json
from annotation.values import EmptyReason, ItemPage, ListedItem, Priority, Submitted, Taken, TaskToLabel
from ringfence.kernel.errors import RingfenceError

KEY = "0f9d5bb2-7c4e-4d0a-9c3e-3a6f1f0e9b11"
NEXT: list[Any] = [
    {}, {"count": 1}, {"count": 50, "resume": True}, {"count": 0}, {"count": 51}, {"count": "3"}, {"count": True},
    {"count": None}, {"count": 2.0}, {"resume": "yes"}, {"resume": None}, {"other": 1}, [], None, "x", 7,
]  # fmt: skip
SUBMISSION: list[Any] = [
    {"answer": {"a": "b"}}, {"answer": None}, {"answer": []}, {"answer": "x"}, {}, {"answer": {}, "lead_ms": 5},
    {"answer": {}, "lead_ms": -1}, {"answer": {}, "lead_ms": "5"}, {"answer": {}, "lead_ms": True},
    {"answer": {}, "schema_version": 2}, {"answer": {}, "schema_version": 0}, {"answer": {}, "schema_version": None},
    {"answer": {}, "idempotency_key": KEY}, {"answer": {}, "idempotency_key": KEY.replace("-", "")},
    {"answer": {}, "idempotency_key": "x" * 36}, {"answer": {}, "idempotency_key": 5},
    {"answer": {}, "idempotency_key": None}, {"answer": {}, "more": 1}, [], None, "x",
]  # fmt: skip


def slow(body: type[Serializer[Any]], data: Any) -> dict[str, Any] | None:
    read = body(data=data)
    return dict(read.validated_data) if read.is_valid() else None


@pytest.mark.parametrize("data", NEXT, ids=json.dumps)
def test_next_is_read_as_described(data: Any) -> None:
    expected = slow(bodies.NextBody, data)
    if expected is None:
        with pytest.raises(RingfenceError):
            read_next(data, bodies.NextBody)
    else:
        assert read_next(data, bodies.NextBody) == expected


@pytest.mark.parametrize("data", SUBMISSION, ids=json.dumps)
def test_a_submission_is_read_as_described(data: Any) -> None:
    expected = slow(bodies.SubmissionBody, data)
    if expected is None:
        with pytest.raises(RingfenceError):
            read_submission(data, bodies.SubmissionBody)
        return
    read = read_submission(data, bodies.SubmissionBody)
    assert {"schema_version": None, "idempotency_key": None} | expected == {
        "schema_version": None,
        "idempotency_key": None,
    } | read


def test_answers_are_written_as_described() -> None:
    moments = (
        datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
        datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2))),
    )
    more: tuple[dict[str, Any], ...] = (
        {},
        {"candidates": {"A": "\ud800", "B": " "}, "problem": "It does not fit."},
    )
    tasks = tuple(
        TaskToLabel(uuid4(), {"text": "é\ud800"}, moment, 3, **rest)
        for moment, rest in zip(moments, more, strict=True)
    )
    for taken in (Taken(tasks, None, "r"), Taken((), EmptyReason.DONE, "")):
        reason = taken.reason and {"code": taken.reason.value, "message": taken.reason.label}
        described = bodies.TasksAnswer({"tasks": taken.tasks, "reason": reason}).data
        assert json.loads(json.dumps(tasks_json(taken))) == json.loads(json.dumps(described, default=str))
    done = Submitted(uuid4(), uuid4(), uuid4(), "receipt", again=True)
    described = bodies.SubmissionAnswer(
        {"submission": done.submission_id, "task": done.task_id, "receipt": "receipt", "again": True}
    ).data
    assert submitted_json(done) == json.loads(json.dumps(described, default=str))
    assert in_utc(moments[1]) == "2026-01-01T22:00:00Z"


def test_a_page_of_items_is_written_as_described() -> None:
    listed = (
        ListedItem(uuid4(), 1, None, {"text": "é\ud800", "n": [1.5, None, {"deep": True}]}, 0, 3),
        ListedItem(uuid4(), 2, "7", {"id": 7}, 3, 3, Priority.HIGH, (uuid4(), uuid4())),
    )
    for page in (ItemPage(listed, 2, "r"), ItemPage((), None, "")):
        described = bodies.ItemsAnswer({"items": page.items, "after": page.after}).data
        assert json.loads(json.dumps(items_json(page))) == json.loads(json.dumps(described, default=str))
