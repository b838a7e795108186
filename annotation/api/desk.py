"""The API of the workspace itself: what it shows around items, and the key for what a browser keeps."""

from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import labor_bodies
from annotation.api.projects import TENANT
from annotation.services.desk import Desk, desk
from annotation.values import SkipPolicy
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView
from tenants.api.session_only import refuse_tokens

FARTHEST_ZONE_MINUTES = 14 * 60


class DeskView(TenantAPIView):
    """What the workspace of one project needs."""

    requires = Permission.TASK_LABEL

    @extend_schema(
        responses=labor_bodies.DeskAnswer,
        parameters=[
            TENANT,
            OpenApiParameter(
                "zone", int, description="the caller's minutes east of UTC, which say when their day began"
            ),
        ],
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return project, label schema, guidelines and the caller's progress: a delivery."""
        day_began = _day_began(request.query_params.get("zone", ""))
        shown = desk(self.context, project_id=project_id, day_began=day_began)
        return Response(labor_bodies.DeskAnswer(_desk_json(self.context, shown)).data)


class BrowserKeyView(TenantAPIView):
    """The key under which this browser seals unfinished work."""

    requires = Permission.TASK_LABEL

    @extend_schema(
        request=labor_bodies.BrowserKeyBody, responses=labor_bodies.BrowserKeyAnswer, parameters=[TENANT]
    )
    def post(self, request: Request) -> Response:
        """Give the key of this person in this workspace, for memory only. API tokens get none."""
        refuse_tokens(request)
        body = labor_bodies.BrowserKeyBody(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            key_id, key = self.context.keyring.browser_key(
                self.context.actor_id, key_id=body.validated_data.get("id")
            )
        except CannotOpen as unknown:
            raise NotFound("key") from unknown
        # Like every answer of a workspace it says `no-store`; `ringfence.web.middleware` sees to it.
        return Response({"key": b64encode(key).decode(), "id": str(key_id)})


def _day_began(zone: str) -> datetime:
    east = int(zone) if zone.lstrip("-").isdecimal() and len(zone) < 5 else 0
    offset = timedelta(minutes=max(-FARTHEST_ZONE_MINUTES, min(east, FARTHEST_ZONE_MINUTES)))
    there = timezone.now() + offset
    return there.replace(hour=0, minute=0, second=0, microsecond=0) - offset


def _desk_json(context: TenantContext, shown: Desk) -> dict[str, Any]:
    project = shown.texts.project
    return {
        "project": {"id": project.project_id, "name": project.name, "state": project.state},
        "me": {"member": context.actor_id, "code_name": shown.code_name},
        "schema": shown.texts.schema_json(),
        "schema_version": project.schema_version,
        "guidelines": {
            "version": project.guidelines_version,
            "markdown": shown.texts.guidelines,
            "acknowledged": shown.consents.guidelines_acknowledged,
            "required": shown.consents.guidelines_required,
            "quiz": [question.for_labelers() for question in shown.texts.quiz],
        },
        "purpose": shown.consents.purpose,
        "agreement": shown.consents.agreement,
        "progress": shown.progress,
        "skip": {
            "allowed": project.skip_policy != SkipPolicy.NOT_ALLOWED,
            "needs_reason": project.skip_needs_reason,
        },
        "lease_minutes": project.lease_minutes,
        "reopen_minutes": project.reopen_minutes,
    }
