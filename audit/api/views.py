"""The log's API: events, checkpoint, pin, tiles, and proofs of receipts."""

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.serializers import (
    ConsistencyQuery,
    EntriesPage,
    EntriesQuery,
    ReceiptBody,
)
from audit.download import file_answer
from audit.services.consistency_of import consistency_of
from audit.services.log_files import log_file
from audit.services.pin_file import pin_file
from audit.services.proof_of import proof_at, proof_of, redeem_receipt
from audit.services.stored_log import newest_checkpoint, policy_of, the_log
from audit.services.succession_of import succession_of
from audit.services.timeline import timeline
from audit.services.timestamped import timestamped
from audit.services.witnessed import witnessed
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.codings import compressed
from ringfence.web.middleware import UNCHANGING
from ringfence.web.pages import Requires, TenantAPIView


class EntriesView(TenantAPIView):
    """Read the log, newest event first. Reading is itself recorded."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW}

    @extend_schema(parameters=[EntriesQuery], responses=EntriesPage)
    def get(self, request: Request) -> Response:
        """Return at most 100 events."""
        query = EntriesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = timeline(self.context, query.filters(), limit=query.validated_data["limit"])
        return Response(EntriesPage(page).data)


class CheckpointView(TenantAPIView):
    """The newest signed checkpoint (c2sp.org/tlog-checkpoint)."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW}

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        """Return the note, byte for byte."""
        return HttpResponse(newest_checkpoint().note, content_type="text/plain; charset=utf-8")


class TileView(TenantAPIView):
    """Tiles and entry bundles of the log (c2sp.org/tlog-tiles), as far as a checkpoint covers them.

    They hold hashes, commitments and times, and nothing that a commitment hides. Reading them leaves no
    event: whoever mirrors the log would make it grow, and never come to its end.
    """

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW}

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, name: str) -> HttpResponse:
        """Return the file, which never changes; entry bundles compressed where `Accept-Encoding` has gzip."""
        answer = HttpResponse(log_file(self.context, f"tile/{name}"), content_type="application/octet-stream")
        answer["Cache-Control"] = UNCHANGING
        # Tiles are hashes, and nothing makes them smaller.
        return compressed(request._request, answer) if name.startswith("entries/") else answer


class PolicyView(TenantAPIView):
    """Whose signatures make a checkpoint of this log acceptable (c2sp.org/tlog-policy)."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW}

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        """Return the policy's text."""
        return HttpResponse(policy_of(the_log()), content_type="text/plain; charset=utf-8")


class ConsistencyView(TenantAPIView):
    """The proof that the log only grew: the body of tlog-witness's `add-checkpoint`."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW}

    @extend_schema(parameters=[ConsistencyQuery], responses={(200, "text/plain"): OpenApiTypes.STR})
    @leaves_by("audit-proof")
    def get(self, request: Request) -> HttpResponse:
        """Return the path from the old size to the newest checkpoint, and that checkpoint."""
        query = ConsistencyQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        old_size = query.validated_data["old"]
        return file_answer(consistency_of(self.context, old_size=old_size), f"since-{old_size}.consistency")


class SuccessionView(TenantAPIView):
    """Which log goes on in place of an older one that could not keep its promises, signed by both."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW}

    @extend_schema(parameters=[ConsistencyQuery], responses={(200, "text/plain"): OpenApiTypes.STR})
    @leaves_by("audit-proof")
    def get(self, request: Request) -> HttpResponse:
        """Return the statements, and the growth from your pin's size; else 409 `log_not_succeeded`."""
        query = ConsistencyQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        old_size = query.validated_data["old"]
        return file_answer(succession_of(self.context, old_size=old_size), f"since-{old_size}.succession")


class PinView(TenantAPIView):
    """The pin: policy and newest checkpoint. Keep it from the first day; it judges every bundle."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW}

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR})
    @leaves_by("audit-pin")
    def get(self, request: Request) -> HttpResponse:
        """Return the pin file."""
        pin = pin_file(self.context)
        return file_answer(pin.content, pin.name)


class TimestampedView(TenantAPIView):
    """Since when this log existed: an RFC 3161 time-stamp, and the proof that leads from it to the log."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW}

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @leaves_by("audit-proof")
    def get(self, request: Request) -> HttpResponse:
        """Return the files for the newest time-stamp, as one zip; else 409 `not_timestamped`."""
        stamped = timestamped(self.context)
        return file_answer(stamped.content, f"timestamped-{stamped.size}.zip", "application/zip")


class WitnessedView(TenantAPIView):
    """The proof that witnesses know this log: a .tlog-proof of the meta-log, whose extra data is the checkpoint."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW}

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR})
    @leaves_by("audit-proof")
    def get(self, request: Request) -> HttpResponse:
        """Return the file for the newest checkpoint that enough witnesses know; else 409 `not_witnessed`."""
        proof = witnessed(self.context)
        return file_answer(proof.content, f"witnessed-{proof.size}.tlog-proof")


class ReceiptView(TenantAPIView):
    """The proof that a receipt was honoured (c2sp.org/tlog-proof); its extra data is the leaf."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW}

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR})
    @leaves_by("audit-proof")
    def get(self, request: Request, event_id: UUID) -> HttpResponse:
        """Return the .tlog-proof file; 409 `event_pending` until a checkpoint covers the event."""
        proof = proof_of(self.context, event_id=event_id)
        return file_answer(proof.content, f"{event_id}.tlog-proof")


class RedeemView(TenantAPIView):
    """A receipt turned in: the proof that the log holds what it promised, leaf hash and all."""

    requires: ClassVar[Requires] = {"POST": Permission.AUDIT_VIEW}

    @extend_schema(request=ReceiptBody, responses={(200, "text/plain"): OpenApiTypes.STR})
    @leaves_by("audit-proof")
    def post(self, request: Request) -> HttpResponse:
        """Return the .tlog-proof file; 409 `event_pending`, or `receipt_not_honoured`."""
        body = ReceiptBody(data=request.data)
        body.is_valid(raise_exception=True)
        receipt = body.validated_data["receipt"]
        return file_answer(redeem_receipt(self.context, receipt).content, f"{receipt.event_id}.tlog-proof")


class ProofView(TenantAPIView):
    """The proof that an event stands at an index (c2sp.org/tlog-proof); its extra data is the leaf."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW}

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR})
    @leaves_by("audit-proof")
    def get(self, request: Request, index: int) -> HttpResponse:
        """Return the .tlog-proof file; 409 `event_pending` until a checkpoint covers the event."""
        return file_answer(proof_at(self.context, index=index).content, f"event-{index}.tlog-proof")
