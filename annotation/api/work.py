"""The API of a labeler's own work: counts, statements, and receipts that verify without us."""

from datetime import date
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import owed_bodies as bodies
from annotation.api.projects import TENANT
from annotation.services.count_work import count_work
from annotation.work_files import period_in, pin_answer, receipt_answer, statement_answer
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView

DATES = [
    OpenApiParameter("from", date, description="first day, UTC; without it 29 days before `to`"),
    OpenApiParameter("to", date, description="last day, UTC; without it today"),
]


class WorkView(TenantAPIView):
    """The caller's own work."""

    requires = Permission.TASK_LABEL

    @extend_schema(responses=bodies.OwnWorkAnswer, parameters=[TENANT, *DATES])
    def get(self, request: Request) -> Response:
        """Return counts and active time of a period, by project and by day."""
        return Response(bodies.OwnWorkAnswer(count_work(self.context, period_in(request._request))).data)


class StatementView(TenantAPIView):
    """The caller's period statement."""

    requires = Permission.TASK_LABEL
    unit = "own"

    @extend_schema(
        responses={(200, "text/csv"): OpenApiTypes.BINARY, (200, "application/pdf"): OpenApiTypes.BINARY},
        parameters=[TENANT, *DATES],
    )
    def get(self, request: Request, form: str) -> HttpResponse:
        """Return it as `csv` or `pdf`: a delivery, in the log before it leaves."""
        return statement_answer(self.context, request._request, form)


class WorkProofView(TenantAPIView):
    """The receipt of one of the caller's answers."""

    requires = Permission.TASK_LABEL
    unit = "own"

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR}, parameters=[TENANT])
    def get(self, request: Request, entry_id: UUID) -> HttpResponse:
        """Return the file for `python -m audit.verify work FILE --pin PIN`; 409 `event_pending` at first."""
        return receipt_answer(self.context, entry_id)


class WorkPinView(TenantAPIView):
    """The pin of the work log. Keep it from the first day; it judges every work receipt."""

    requires = Permission.TASK_LABEL
    unit = "own"

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR}, parameters=[TENANT])
    def get(self, request: Request) -> HttpResponse:
        """Return the pin: the log's public key and a tree size. It tells of nobody's work."""
        return pin_answer()
