"""The API of the isolation check: ask for a run, list runs, read a report."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView
from tenants.services.ask_isolation_check import ask_isolation_check
from tenants.services.read_isolation_reports import Run, list_isolation_reports, read_isolation_report

TENANT = OpenApiParameter("tenant", str, OpenApiParameter.PATH, description="public id of the workspace")


class RunBody(serializers.Serializer[None]):
    """What to run."""

    wall = serializers.CharField(
        max_length=32,
        required=False,
        allow_blank=True,
        default="",
        help_text="a wall to take down in the shadow; empty for a check",
    )


class AskedAnswer(serializers.Serializer[None]):
    """A run that was asked for."""

    id = serializers.UUIDField()


class RunAnswer(serializers.Serializer[None]):
    """One run."""

    id = serializers.UUIDField()
    state = serializers.CharField(help_text="waiting, running, done or failed")
    wall = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    exit_code = serializers.IntegerField(
        allow_null=True, help_text="0 pass, 1 violation, 2 a plant went undetected, 3 could not run"
    )


class ReportAnswer(RunAnswer):
    """One run with its report."""

    report = serializers.DictField()


class ReportsView(TenantAPIView):
    """All runs of the workspace."""

    requires = {"GET": Permission.ISOLATION_VIEW, "POST": Permission.ISOLATION_RUN}

    @extend_schema(responses=RunAnswer(many=True), parameters=[TENANT])
    def get(self, request: Request) -> Response:
        """Return the newest runs, newest first."""
        return Response([_row(run) for run in list_isolation_reports(self.context)])

    @extend_schema(request=RunBody, responses={202: AskedAnswer}, parameters=[TENANT])
    def post(self, request: Request) -> Response:
        """Ask the checker for a run."""
        body = RunBody(data=request.data)
        body.is_valid(raise_exception=True)
        report_id = ask_isolation_check(self.context, wall=body.validated_data["wall"])
        return Response({"id": report_id}, status=status.HTTP_202_ACCEPTED)


class ReportView(TenantAPIView):
    """One run."""

    requires = Permission.ISOLATION_VIEW

    @extend_schema(responses=ReportAnswer, parameters=[TENANT])
    def get(self, request: Request, report_id: UUID) -> Response:
        """Return the run with its report, which is empty until it has ended."""
        run = read_isolation_report(self.context, report_id=report_id)
        return Response({**_row(run), "report": run.report})


def _row(run: Run) -> dict[str, Any]:
    return {
        "id": run.report_id,
        "state": run.state,
        "wall": run.wall,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "done": run.done,
        "total": run.total,
        "exit_code": run.exit_code,
    }
