"""The API of labeling: take, submit, release, and one's own receipts."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import bodies
from annotation.api.hot import HotView, read_next, read_submission, submitted_json, tasks_json
from annotation.api.projects import TENANT, whole_number
from annotation.services.own_receipts import own_receipts
from annotation.services.release_task import release_task
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView
from tenants.middleware import RECEIPT_HEADER

MOST_HOURS = 24 * 31


class NextTasksView(HotView):
    """The head of a project's queue."""

    requires = Permission.TASK_LABEL
    unit = "own"

    @extend_schema(request=bodies.NextBody, responses=bodies.TasksAnswer, parameters=[TENANT])
    def post(self, request: Request, project_id: UUID) -> JsonResponse:
        """Take items: leased to the caller, and in the log before they leave. None left: the reason."""
        return self.answer(self.context, request._request, request.data, project_id=project_id)

    def answer(self, context: TenantContext, request: HttpRequest, data: Any, **kwargs: Any) -> JsonResponse:
        """Take."""
        taken = take_tasks(context, project_id=kwargs["project_id"], **read_next(data, bodies.NextBody))
        return with_receipt(JsonResponse(tasks_json(taken)), taken.receipt)


class SubmissionView(HotView):
    """The caller's answer to one item."""

    requires = Permission.TASK_LABEL
    unit = "own"

    @extend_schema(
        request=bodies.SubmissionBody,
        responses={200: bodies.SubmissionAnswer, 201: bodies.SubmissionAnswer},
        parameters=[
            TENANT,
            OpenApiParameter("next", bool, description="1: also take the project's next item"),
        ],
    )
    def post(self, request: Request, task_id: UUID) -> JsonResponse:
        """Submit. The same answer again gives the first receipt (200); another one is refused (409)."""
        return self.answer(self.context, request._request, request.data, task_id=task_id)

    def answer(self, context: TenantContext, request: HttpRequest, data: Any, **kwargs: Any) -> JsonResponse:
        """Submit, and take the next item if asked."""
        done = submit_task(context, task_id=kwargs["task_id"], **read_submission(data, bodies.SubmissionBody))
        answer = submitted_json(done)
        if (request.GET.get("next") or "0").lstrip("0").isdecimal():
            answer["next"] = tasks_json(take_tasks(context, project_id=done.project_id))
        return with_receipt(JsonResponse(answer, status=200 if done.again else 201), done.receipt)


class ReleaseView(TenantAPIView):
    """Giving an item back."""

    requires = Permission.TASK_LABEL

    @extend_schema(request=None, responses={204: None}, parameters=[TENANT])
    def post(self, request: Request, task_id: UUID) -> Response:
        """Return the item to the queue without an answer."""
        release_task(self.context, task_id=task_id)
        return Response(status=204)


class ReceiptsView(TenantAPIView):
    """The caller's own receipts."""

    requires = Permission.TASK_LABEL

    @extend_schema(
        responses=bodies.ReceiptsAnswer,
        parameters=[
            TENANT,
            OpenApiParameter("hours", int, description="how far back, 1 to 744; without it 24"),
        ],
    )
    def get(self, request: Request) -> Response:
        """Return what was acknowledged, newest first."""
        hours = min(whole_number(request, "hours") or 24, MOST_HOURS)
        receipts, count = own_receipts(self.context, since=timezone.now() - timedelta(hours=hours))
        return Response(bodies.ReceiptsAnswer({"receipts": receipts, "count": count}).data)


def with_receipt(response: JsonResponse, receipt: str) -> JsonResponse:
    """Name the log entry of a committed delivery or answer in the header."""
    if receipt:
        response[RECEIPT_HEADER] = receipt
    return response
