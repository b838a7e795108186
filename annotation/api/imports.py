"""The API of imports: send a file, follow it, cancel it, fetch what was refused."""

from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import job_bodies
from annotation.api.projects import TENANT
from annotation.downloads import refused_rows_answer
from annotation.formats.limits import FILE_BYTES, MIB, ROW_BYTES, ROWS
from annotation.services.cancel_import import cancel_import
from annotation.services.import_progress import import_progress, list_imports
from annotation.uploads import receive_import
from annotation.values import Priority
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView

PRIORITIES = [priority.name.lower() for priority in Priority]
LIMITS = (
    f"Limits: {FILE_BYTES // 1024**3} GiB a file, {ROW_BYTES // MIB} MiB a row, {ROWS:,} rows."
    " UTF-8, or UTF-16 with a byte order mark; not compressed."
)


def idempotency_key(given: str) -> UUID | None:
    """Return the key of a header or form. Raises `Invalid` for anything but a UUID."""
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError as malformed:
        raise Invalid("An idempotency key is a UUID.", field="Idempotency-Key") from malformed


def priority_named(given: str) -> Priority:
    """Return the priority of a query; normal when it is empty. Raises `Invalid`."""
    if given and given not in PRIORITIES:
        raise Invalid(f"A priority is one of {', '.join(PRIORITIES)}.", field="priority")
    return Priority[given.upper()] if given else Priority.NORMAL


class ImportsView(TenantAPIView):
    """The imports of a project."""

    requires = Permission.ITEM_IMPORT
    unit = "own"
    streams_body = True

    @extend_schema(responses=job_bodies.ImportsAnswer, parameters=[TENANT])
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return the latest imports."""
        with acting(self.context):
            return Response(
                job_bodies.ImportsAnswer({"imports": list_imports(self.context, project_id=project_id)}).data
            )

    @extend_schema(
        request={
            "application/x-ndjson": OpenApiTypes.BINARY,
            "text/csv": OpenApiTypes.BINARY,
            "multipart/form-data": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
            },
        },
        responses={202: job_bodies.ImportAnswer, 200: job_bodies.ImportAnswer},
        parameters=[
            TENANT,
            OpenApiParameter("name", str, description="what a bare file is called"),
            OpenApiParameter(
                "priority",
                str,
                enum=PRIORITIES,
                description="how soon its items are served; normal without it",
            ),
            OpenApiParameter(
                "Idempotency-Key",
                UUID,
                OpenApiParameter.HEADER,
                description="the same key again starts nothing new",
            ),
        ],
        description=f"Send the file as it is, or as the one file of a form. {LIMITS}",
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Take a file in, sealed piece by piece; a worker imports it. 200 when the key's file is here already."""
        received = receive_import(
            self.context,
            request._request,
            project_id=project_id,
            name=request.query_params.get("name", ""),
            key=idempotency_key(request.headers.get("Idempotency-Key", "")),
            priority=priority_named(request.query_params.get("priority", "")),
        )
        with acting(self.context):
            progress = import_progress(self.context, job_id=received.job_id)
        body = {**job_bodies.ImportAnswer(progress).data}
        if not received.sent:
            body["waits_for_worker"] = True
        return Response(body, status=200 if received.known else 202)


class ImportView(TenantAPIView):
    """One import."""

    requires = Permission.ITEM_IMPORT

    @extend_schema(responses=job_bodies.ImportAnswer, parameters=[TENANT])
    def get(self, request: Request, import_id: UUID) -> Response:
        """Return where it stands."""
        return Response(job_bodies.ImportAnswer(import_progress(self.context, job_id=import_id)).data)


class CancelImportView(TenantAPIView):
    """The end of an import before its time."""

    requires = Permission.ITEM_IMPORT
    unit = "own"

    @extend_schema(request=None, responses={204: None}, parameters=[TENANT])
    def post(self, request: Request, import_id: UUID) -> Response:
        """Stop it between two batches. What was added stays."""
        cancel_import(self.context, job_id=import_id)
        return Response(status=204)


class RefusedRowsView(TenantAPIView):
    """The rows that an import refused."""

    requires = Permission.ITEM_IMPORT
    unit = "own"

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY}, parameters=[TENANT])
    def get(self, request: Request, import_id: UUID) -> HttpResponseBase:
        """Return line, code and message of each, as CSV."""
        return refused_rows_answer(self.context, import_id)
