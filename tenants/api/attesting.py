"""The API of attestations and exposure reports: ask, follow, read, take away, show to everybody."""

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from audit.attestation import statement_of
from audit.download import RECEIPT_HEADER, file_answer
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import Requires, TenantAPIView
from tenants.exposure import Kind, Question, Scope
from tenants.services.ask_attestation import ask_attestation
from tenants.services.ask_exposure_report import Span, ask_exposure_report
from tenants.services.publish_attestation import publish_attestation, unpublish_attestation
from tenants.services.read_attestations import Issued, list_attestations, read_attestation, take_attestation
from tenants.services.read_exposure_reports import (
    Report,
    exposure_file,
    list_exposure_reports,
    read_exposure_report,
)

TENANT = OpenApiParameter("tenant", str, OpenApiParameter.PATH, description="public id of the workspace")


class SpanBody(serializers.Serializer[None]):
    """A period, the end not included; an end that is not over yet becomes half a minute ago."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()

    def span(self) -> Span:
        """Return it."""
        return Span(self.validated_data["since"], self.validated_data["until"])


class ExposureBody(SpanBody):
    """A period, and about whom."""

    scope = serializers.ChoiceField(
        choices=[scope.value for scope in Scope], default=Scope.EVERYBODY.value, help_text="about whom"
    )
    subject = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="member id, or id of a party"
    )

    def question(self) -> Question:
        """Return it."""
        return Question(Scope(self.validated_data["scope"]), self.validated_data["subject"])


class ReportAsked(serializers.Serializer[None]):
    """A report that was asked for."""

    id = serializers.UUIDField()


class ExposureAnswer(serializers.Serializer[None]):
    """One exposure report. `found` is null until it is done."""

    id = serializers.UUIDField()
    state = serializers.CharField(help_text="waiting, running, done or failed")
    scope = serializers.CharField()
    subject = serializers.UUIDField(allow_null=True)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    done = serializers.IntegerField(help_text="entries compared")
    total = serializers.IntegerField(help_text="entries of the period")
    found = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    attestation = serializers.UUIDField(allow_null=True, help_text="issued from it")
    problem = serializers.CharField(help_text="code of why it failed")


class ExposureLines(ExposureAnswer):
    """One exposure report with one page of one of its lists."""

    list = serializers.CharField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    lines = serializers.ListField(child=serializers.DictField())


class LinesQuery(serializers.Serializer[None]):
    """Which page of which list."""

    list = serializers.ChoiceField(choices=[kind.value for kind in Kind], default=Kind.VIOLATION.value)
    page = serializers.IntegerField(min_value=0, max_value=999_999, default=0)


class AttestationAnswer(serializers.Serializer[None]):
    """One attestation: the in-toto statement, whole."""

    id = serializers.UUIDField()
    state = serializers.CharField(help_text="signing, valid, expired or refused")
    why_refused = serializers.CharField()
    public_url = serializers.CharField(help_text="empty while it is not shown to everybody")
    statement = serializers.DictField()


class AttestationsView(TenantAPIView):
    """All attestations of the workspace."""

    requires: ClassVar[Requires] = {
        "GET": Permission.NEUTRALITY_ATTEST,
        "POST": Permission.NEUTRALITY_ATTEST,
    }

    @extend_schema(responses=AttestationAnswer(many=True), parameters=[TENANT])
    def get(self, request: Request) -> Response:
        """Return the newest, newest first; a delivery."""
        return Response([_attestation(found) for found in list_attestations(self.context)])

    @extend_schema(request=SpanBody, responses={202: ReportAsked}, parameters=[TENANT])
    def post(self, request: Request) -> Response:
        """Ask for one; the id is that of the exposure report that it is issued from."""
        body = SpanBody(data=request.data)
        body.is_valid(raise_exception=True)
        report_id = ask_attestation(self.context, span=body.span())
        return Response({"id": report_id}, status=status.HTTP_202_ACCEPTED)


class AttestationView(TenantAPIView):
    """One attestation."""

    requires: ClassVar[Requires] = {"GET": Permission.NEUTRALITY_ATTEST}

    @extend_schema(responses=AttestationAnswer, parameters=[TENANT])
    def get(self, request: Request, attestation_id: UUID) -> Response:
        """Return it; a delivery."""
        return Response(_attestation(read_attestation(self.context, attestation_id=attestation_id)))


class AttestationFileView(TenantAPIView):
    """One attestation as a file. Verify it with `python -m audit.verify attestation FILE --pin PIN`."""

    requires: ClassVar[Requires] = {"GET": Permission.NEUTRALITY_ATTEST}

    @leaves_by("attestation-file")
    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR}, parameters=[TENANT])
    def get(self, request: Request, attestation_id: UUID) -> HttpResponse:
        """Return the file; 409 `event_pending` until it is signed."""
        taken = take_attestation(self.context, attestation_id=attestation_id)
        answer = file_answer(taken.content, taken.name)
        answer[RECEIPT_HEADER] = taken.receipt.header
        return answer


class PublicationView(TenantAPIView):
    """Whether an attestation is shown to everybody."""

    requires: ClassVar[Requires] = {
        "PUT": Permission.NEUTRALITY_PUBLISH,
        "DELETE": Permission.NEUTRALITY_PUBLISH,
    }

    @extend_schema(request=None, responses={204: None}, parameters=[TENANT])
    def put(self, request: Request, attestation_id: UUID) -> Response:
        """Show this one, in place of what was shown before; the attestation then has its `public_url`."""
        publish_attestation(self.context, attestation_id=attestation_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: None}, parameters=[TENANT])
    def delete(self, request: Request, attestation_id: UUID) -> Response:
        """Show nothing any more."""
        read_attestation(self.context, attestation_id=attestation_id)
        unpublish_attestation(self.context)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExposuresView(TenantAPIView):
    """All exposure reports of the workspace."""

    requires: ClassVar[Requires] = {
        "GET": Permission.NEUTRALITY_ATTEST,
        "POST": Permission.NEUTRALITY_ATTEST,
    }

    @extend_schema(responses=ExposureAnswer(many=True), parameters=[TENANT])
    def get(self, request: Request) -> Response:
        """Return the newest, newest first."""
        return Response([_report(report) for report in list_exposure_reports(self.context)])

    @extend_schema(request=ExposureBody, responses={202: ReportAsked}, parameters=[TENANT])
    def post(self, request: Request) -> Response:
        """Ask for one."""
        body = ExposureBody(data=request.data)
        body.is_valid(raise_exception=True)
        report_id = ask_exposure_report(self.context, span=body.span(), question=body.question())
        return Response({"id": report_id}, status=status.HTTP_202_ACCEPTED)


class ExposureView(TenantAPIView):
    """One exposure report."""

    requires: ClassVar[Requires] = {"GET": Permission.NEUTRALITY_ATTEST}

    @extend_schema(responses=ExposureLines, parameters=[TENANT, LinesQuery])
    def get(self, request: Request, report_id: UUID) -> Response:
        """Return it with one page of one list, which is empty until it is done."""
        query = LinesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = read_exposure_report(
            self.context,
            report_id=report_id,
            kind=Kind(query.validated_data["list"]),
            n=query.validated_data["page"],
        )
        lines = {"list": page.kind.value, "page": page.n, "pages": page.pages, "lines": list(page.rows)}
        return Response({**_report(page.report), **lines})


class ExposureFileView(TenantAPIView):
    """One finished exposure report as JSON, whole."""

    requires: ClassVar[Requires] = {"GET": Permission.NEUTRALITY_ATTEST}

    @leaves_by("exposure-report")
    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT}, parameters=[TENANT])
    def get(self, request: Request, report_id: UUID) -> HttpResponse:
        """Return the file; 404 until it is done."""
        content = exposure_file(self.context, report_id=report_id)
        return file_answer(content, f"exposure-{report_id}.json", "application/json")


def _attestation(found: Issued) -> dict[str, Any]:
    address = reverse("public-attestation", args=[found.public_id]) if found.public_id else ""
    return {
        "id": found.attestation_id,
        "state": found.state,
        "why_refused": found.why_refused,
        "public_url": f"{settings.BASE_URL}{address}" if address else "",
        "statement": statement_of(found.said),
    }


def _report(report: Report) -> dict[str, Any]:
    return {
        "id": report.report_id,
        "state": report.state,
        "scope": report.question.scope.value,
        "subject": report.question.subject,
        "since": report.since,
        "until": report.until,
        "done": report.done,
        "total": report.total,
        "found": None if report.tally is None else report.tally.found,
        "attestation": report.attestation_id,
        "problem": report.problem,
    }
