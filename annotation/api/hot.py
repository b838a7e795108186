"""Views that labelers wait for all day: the description of an API view, without its machinery's cost.

The framework's request, negotiation and serializers take about a millisecond of processor time each
way, as much as the database. Whatever is out of the ordinary goes through them all the same, so that
every refusal is the framework's own.
"""

import json
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from rest_framework.exceptions import APIException
from rest_framework.serializers import Serializer

from annotation.values import MOST_TAKEN_AT_ONCE, ItemPage, ListedItem, Submitted, Taken, TaskToLabel
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Permission
from ringfence.web.errors import answer_api_error
from ringfence.web.pages import TenantAPIView

UUID_TEXT = 36
_SUBMISSION = {"active_ms", "answer", "idempotency_key", "lead_ms", "schema_version"}


class HotView(TenantAPIView, ABC):
    """Answers a well-formed JSON POST by `answer`; leaves everything else to the framework."""

    requires = Permission.TASK_LABEL

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Parse, answer, write. Raises what `answer` raises."""
        if request.method == "POST" and request.content_type == "application/json":
            try:
                data = json.loads(request.body)
            except ValueError:
                return super().dispatch(request, *args, **kwargs)
            except RecursionError as deep:
                raise Invalid("The body is nested too deep to be an answer.") from deep
            return self.answer(request.context, request, data, **kwargs)  # type: ignore[attr-defined]
        return super().dispatch(request, *args, **kwargs)

    @abstractmethod
    def answer(self, context: TenantContext, request: HttpRequest, data: Any, **kwargs: Any) -> JsonResponse:
        """Return the answer to parsed JSON."""


def read_next(data: Any, body: type[Serializer[Any]]) -> dict[str, Any]:
    """Return what `body` would read from `data`: how many items to take."""
    if isinstance(data, dict) and data.keys() <= {"count", "resume"}:
        count, resume = data.get("count", 1), data.get("resume", False)
        if type(count) is int and 1 <= count <= MOST_TAKEN_AT_ONCE and type(resume) is bool:
            return {"count": count, "resume": resume}
    return _slowly(data, body)


def read_submission(data: Any, body: type[Serializer[Any]]) -> dict[str, Any]:
    """Return what `body` would read from `data`: an answer with its key, time and schema version."""
    if isinstance(data, dict) and "answer" in data and data.keys() <= _SUBMISSION:
        lead, version, key = data.get("lead_ms", 0), data.get("schema_version"), data.get("idempotency_key")
        active = data.get("active_ms", 0)
        fits = (
            type(lead) is int
            and lead >= 0
            and type(active) is int
            and active >= 0
            and (version is None or (type(version) is int and version >= 1))
        )
        if (
            fits
            and data["answer"] is not None
            and (key is None or (isinstance(key, str) and len(key) == UUID_TEXT))
        ):
            try:
                named = None if key is None else UUID(key)
            except ValueError:
                return _slowly(data, body)
            return {
                "answer": data["answer"],
                "lead_ms": lead,
                "active_ms": active,
                "schema_version": version,
                "idempotency_key": named,
            }
    return _slowly(data, body)


def _slowly(data: Any, body: type[Serializer[Any]]) -> dict[str, Any]:
    read = body(data=data)
    try:
        read.is_valid(raise_exception=True)
    except APIException as refusal:
        answer_api_error(refusal, {})
    return dict(read.validated_data)


def tasks_json(taken: Taken) -> dict[str, Any]:
    """Return what `bodies.TasksAnswer` describes."""
    reason = taken.reason and {"code": taken.reason.value, "message": str(taken.reason.label)}
    return {"tasks": [_task(task) for task in taken.tasks], "reason": reason}


def submitted_json(done: Submitted) -> dict[str, Any]:
    """Return what `bodies.SubmissionAnswer` describes, without `next`."""
    return {
        "submission": str(done.submission_id),
        "task": str(done.task_id),
        "receipt": done.receipt,
        "again": done.again,
        "work_receipt": done.work and {"entry": str(done.submission_id), **done.work.to_json()},
    }


def _task(task: TaskToLabel) -> dict[str, Any]:
    return {
        "id": str(task.task_id),
        "item": task.fields,
        "candidates": task.compared,
        "problem": task.problem,
        "lease_ends": in_utc(task.lease_ends),
        "schema_version": task.schema_version,
        "draft": task.draft and {"version": task.draft.version, "body": task.draft.body},
    }


def items_json(page: ItemPage) -> dict[str, Any]:
    """Return what `bodies.ItemsAnswer` describes."""
    return {"items": [_item(item) for item in page.items], "after": page.after}


def _item(item: ListedItem) -> dict[str, Any]:
    return {
        "id": str(item.task_id),
        "place": item.seq,
        "external_id": item.external_id,
        "item": item.fields,
        "answered": item.answered,
        "needed": item.needed,
        "priority": None if item.priority is None else item.priority.name.lower(),
        "reserved_for": [str(member) for member in item.reserved_for],
    }


def in_utc(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, written with `Z` as the framework writes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
