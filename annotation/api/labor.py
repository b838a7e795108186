"""The API of a labeler's work beside taking and submitting: drafts, skip, undo, heartbeat, own answers."""

from typing import Any
from uuid import UUID

from django.http import JsonResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import bodies, labor_bodies
from annotation.api.hot import tasks_json
from annotation.api.projects import TENANT, whole_number
from annotation.errors import DraftConflict
from annotation.services.beat import beat
from annotation.services.drop_draft import drop_draft
from annotation.services.own_work import own_work
from annotation.services.read_draft import read_draft
from annotation.services.reopen_task import reopen_task
from annotation.services.save_draft import SavedDraft, save_draft
from annotation.services.skip_task import skip_task
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView


class DraftView(TenantAPIView):
    """What the caller entered so far for one item."""

    requires = {"GET": Permission.TASK_LABEL, "PUT": Permission.TASK_LABEL, "DELETE": Permission.TASK_LABEL}

    @extend_schema(responses=bodies.DraftAnswer, parameters=[TENANT])
    def get(self, request: Request, task_id: UUID) -> JsonResponse:
        """Return the draft: a delivery, in the log before it leaves."""
        draft = read_draft(self.context, task_id=task_id)
        return JsonResponse({"version": draft.version, "body": draft.body})

    @extend_schema(
        request=labor_bodies.SaveDraftBody,
        responses={200: labor_bodies.SavedDraftAnswer, 409: labor_bodies.ConflictAnswer},
        parameters=[TENANT],
    )
    def put(self, request: Request, task_id: UUID) -> JsonResponse:
        """Save it on top of the version that the caller knows. Another one there: 409 with the server's draft."""
        body = labor_bodies.SaveDraftBody(data=request.data)
        body.is_valid(raise_exception=True)
        read = body.validated_data
        return _saved(save_draft(self.context, task_id=task_id, base=read["version"], body=read["body"]))

    @extend_schema(responses={204: None}, parameters=[TENANT])
    def delete(self, request: Request, task_id: UUID) -> Response:
        """Throw it away."""
        drop_draft(self.context, task_id=task_id)
        return Response(status=204)


class SkipView(TenantAPIView):
    """Passing on an item."""

    requires = Permission.TASK_LABEL

    @extend_schema(request=labor_bodies.SkipBody, responses=labor_bodies.SkippedAnswer, parameters=[TENANT])
    def post(self, request: Request, task_id: UUID) -> Response:
        """Skip the item with a reason; what becomes of it is the project's to say."""
        body = labor_bodies.SkipBody(data=request.data)
        body.is_valid(raise_exception=True)
        skip_task(self.context, task_id=task_id, **body.validated_data)
        return Response({"task": str(task_id)})


class ReopenView(TenantAPIView):
    """Undoing an answer or a skip."""

    requires = Permission.TASK_LABEL

    @extend_schema(request=None, responses=bodies.TaskAnswer, parameters=[TENANT])
    def post(self, request: Request, task_id: UUID) -> JsonResponse:
        """Hold the item again, with the answer as its draft: a delivery. 409 `too_late` when it cannot be undone."""
        taken = reopen_task(self.context, task_id=task_id)
        return JsonResponse(tasks_json(taken)["tasks"][0])


class HeartbeatView(TenantAPIView):
    """A sign of life from a workspace."""

    requires = Permission.TASK_LABEL

    @extend_schema(request=labor_bodies.BeatBody, responses=labor_bodies.BeatAnswer, parameters=[TENANT])
    def post(self, request: Request, project_id: UUID) -> Response:
        """Extend the leases of held items; say which are lost, and which versions count by now."""
        body = labor_bodies.BeatBody(data=request.data)
        body.is_valid(raise_exception=True)
        now = beat(self.context, project_id=project_id, tasks=body.validated_data["tasks"])
        held = [{"id": task, "lease_ends": ends} for task, ends in now.held]
        told = {
            "held": held, "lost": now.lost, "schema_version": now.schema_version,
            "guidelines_version": now.guidelines_version, "epoch": now.epoch,
        }  # fmt: skip
        return Response(labor_bodies.BeatAnswer(told).data)


class MineView(TenantAPIView):
    """The caller's own answers in one project."""

    requires = Permission.TASK_LABEL

    @extend_schema(
        responses=labor_bodies.OwnAnswersAnswer,
        parameters=[TENANT, OpenApiParameter("limit", int, description="1 to 200; without it 20")],
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return the newest, and which can still be undone. Ids and times only."""
        limit = whole_number(request, "limit") or 20
        given = own_work(self.context, project_id=project_id, limit=limit)
        return Response(labor_bodies.OwnAnswersAnswer({"answers": given}).data)


def _saved(saved: SavedDraft) -> JsonResponse:
    if saved.theirs is None:
        return JsonResponse({"version": saved.version})
    conflict = DraftConflict()
    told: dict[str, Any] = {"code": conflict.code, "message": str(conflict)}
    told |= {"version": saved.version, "body": saved.theirs.body}
    # Django's answers, not the framework's: only they carry lone surrogates, as escapes.
    return JsonResponse(told, status=conflict.status)
