"""The API of exports: begin one, follow it, cancel it, download it whole or in ranges."""

from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import job_bodies
from annotation.api.projects import TENANT
from annotation.bulk import EXPORT_JOB
from annotation.downloads import export_answer
from annotation.services.cancel_export import cancel_export
from annotation.services.export_progress import export_progress, list_exports
from annotation.services.send_job import send_job
from annotation.services.start_export import start_export
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView


class ExportsView(TenantAPIView):
    """The exports of a project."""

    requires = {"GET": Permission.EXPORT_CREATE, "POST": Permission.EXPORT_CREATE}
    unit = "own"

    @extend_schema(responses=job_bodies.ExportsAnswer, parameters=[TENANT])
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return the latest exports."""
        with acting(self.context):
            return Response(
                job_bodies.ExportsAnswer({"exports": list_exports(self.context, project_id=project_id)}).data
            )

    @extend_schema(
        request=job_bodies.NewExportBody, responses={202: job_bodies.ExportAnswer}, parameters=[TENANT]
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Begin an export of every item, with all answers. A worker makes it."""
        body = job_bodies.NewExportBody(data=request.data)
        body.is_valid(raise_exception=True)
        job_id, ticket = start_export(
            self.context, project_id=project_id, file_format=body.validated_data["format"]
        )
        sent = send_job(EXPORT_JOB, tenant=self.context.public_id, job_id=job_id, ticket=ticket)
        with acting(self.context):
            told = {**job_bodies.ExportAnswer(export_progress(self.context, job_id=job_id)).data}
        if not sent:
            told["waits_for_worker"] = True
        return Response(told, status=202)


class ExportView(TenantAPIView):
    """One export."""

    requires = Permission.EXPORT_CREATE

    @extend_schema(responses=job_bodies.ExportAnswer, parameters=[TENANT])
    def get(self, request: Request, export_id: UUID) -> Response:
        """Return where it stands."""
        return Response(job_bodies.ExportAnswer(export_progress(self.context, job_id=export_id)).data)


class CancelExportView(TenantAPIView):
    """The end of an export before its time."""

    requires = Permission.EXPORT_CREATE
    unit = "own"

    @extend_schema(request=None, responses={204: None}, parameters=[TENANT])
    def post(self, request: Request, export_id: UUID) -> Response:
        """Stop it and remove what it made."""
        cancel_export(self.context, job_id=export_id)
        return Response(status=204)


class ExportFileView(TenantAPIView):
    """The file of a finished export."""

    requires = Permission.EXPORT_DOWNLOAD
    unit = "own"

    @extend_schema(
        responses={
            (200, "application/x-ndjson"): OpenApiTypes.BINARY,
            (206, "application/x-ndjson"): OpenApiTypes.BINARY,
            409: None,
        },
        parameters=[
            TENANT,
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="bytes=N- or bytes=N-M"),
        ],
    )
    def get(self, request: Request, export_id: UUID) -> HttpResponseBase:
        """Download it, whole or from any byte on. 409 while it is made, and when it has no items."""
        return export_answer(self.context, request._request, export_id)
