"""The API of proof bundles: one at once, or one that a worker makes, to follow, take away and remove."""

from typing import Any, ClassVar
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.serializers import BundleBody
from audit.download import bundle_answer
from audit.services.export_bundle import export_bundle
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import Requires, TenantAPIView
from tenants.downloads import bundle_file_answer
from tenants.services.ask_bundle import ask_bundle
from tenants.services.read_bundles import BundleProgress, list_bundles, read_bundle
from tenants.services.remove_bundle import remove_bundle

TENANT = OpenApiParameter("tenant", str, OpenApiParameter.PATH, description="public id of the workspace")
RANGE = OpenApiParameter(
    "Range", str, OpenApiParameter.HEADER, description="`bytes=N-` or `bytes=N-M`, to resume a download"
)


class AskedBundleBody(BundleBody):
    """Which bundle, and how: at once, or by a worker."""

    job = serializers.BooleanField(
        default=False, help_text="true: a worker makes it, and the answer is 202 with its id; false: the zip"
    )


class BundleAsked(serializers.Serializer[None]):
    """A bundle that was asked for."""

    id = serializers.UUIDField()


class BundleAnswer(serializers.Serializer[None]):
    """One bundle that a worker makes or has made."""

    id = serializers.UUIDField()
    state = serializers.CharField(help_text="waiting, running, done, failed, expired or removed")
    problem = serializers.CharField(help_text="code of why it failed")
    opened = serializers.IntegerField(help_text="events opened to find those that are chosen")
    to_open = serializers.IntegerField(help_text="how many that takes; 0 where it takes none")
    done = serializers.IntegerField(help_text="events written")
    of = serializers.IntegerField(help_text="events that it holds in the end; 0 until that is known")
    from_size = serializers.IntegerField()
    size = serializers.IntegerField(help_text="of the signed log; 0 until it is known")
    selected = serializers.DictField(help_text="conditions; empty for all events")
    bytes = serializers.IntegerField(help_text="made so far")
    sha256 = serializers.CharField(help_text="of the whole file, in hex, once it is done")
    asked_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class BundlesView(TenantAPIView):
    """Proof bundles. Verify one with `python -m audit.verify BUNDLE --pin PIN`."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_EXPORT, "POST": Permission.AUDIT_EXPORT}
    unit = "own"

    @extend_schema(responses=BundleAnswer(many=True), parameters=[TENANT])
    def get(self, request: Request) -> Response:
        """Return those that workers made or make, newest first."""
        with acting(self.context):
            return Response([_told(each) for each in list_bundles(self.context)])

    @extend_schema(
        request=AskedBundleBody,
        responses={(200, "application/zip"): OpenApiTypes.BINARY, 202: BundleAsked},
        parameters=[TENANT],
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Return the zip; or with `job` the id of a bundle that a worker makes."""
        body = AskedBundleBody(data=request.data)
        body.is_valid(raise_exception=True)
        from_size, selection = body.validated_data["from_size"], body.selection()
        if not body.validated_data["job"]:
            return bundle_answer(export_bundle(self.context, from_size=from_size, selection=selection))
        bundle_id = ask_bundle(self.context, from_size=from_size, selection=selection)
        return Response({"id": bundle_id}, status=status.HTTP_202_ACCEPTED)


class BundleView(TenantAPIView):
    """One bundle that a worker makes or has made."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_EXPORT, "DELETE": Permission.AUDIT_EXPORT}
    unit = "own"

    @extend_schema(responses=BundleAnswer, parameters=[TENANT])
    def get(self, request: Request, bundle_id: UUID) -> Response:
        """Return its state and how far it is."""
        with acting(self.context):
            return Response(_told(read_bundle(self.context, bundle_id=bundle_id)))

    @extend_schema(responses={204: None}, parameters=[TENANT])
    def delete(self, request: Request, bundle_id: UUID) -> Response:
        """Stop it, or remove its file."""
        remove_bundle(self.context, bundle_id=bundle_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class BundleFileView(TenantAPIView):
    """The file of a finished bundle."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_EXPORT}
    unit = "own"

    @extend_schema(
        responses={
            (200, "application/zip"): OpenApiTypes.BINARY,
            (206, "application/zip"): OpenApiTypes.BINARY,
        },
        parameters=[TENANT, RANGE],
    )
    def get(self, request: Request, bundle_id: UUID) -> HttpResponseBase:
        """Return the zip, whole or from a byte on; 409 `bundle_not_ready`, 410 `bundle_gone`."""
        return bundle_file_answer(self.context, request._request, bundle_id)


def _told(found: BundleProgress) -> dict[str, Any]:
    return {
        "id": found.bundle_id,
        "state": found.state,
        "problem": found.problem,
        "opened": found.opened,
        "to_open": found.to_open,
        "done": found.done,
        "of": found.total,
        "from_size": found.from_size,
        "size": found.size,
        "selected": dict(found.selected),
        "bytes": found.bytes_made,
        "sha256": found.sha256,
        "asked_at": found.asked_at,
        "finished_at": found.finished_at,
        "expires_at": found.expires_at,
    }
