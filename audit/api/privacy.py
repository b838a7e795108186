"""The API of the log's personal halves: erasing them, and taking away one's own."""

from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.download import RECEIPT_HEADER, named
from audit.erasure import MOST_INDEXES, Ground
from audit.services.erase_entries import erase_entries
from audit.services.own_events import own_events
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import Requires, TenantAPIView


class ErasureBody(serializers.Serializer[Any]):
    """Whose half of which events goes, and why."""

    indexes = serializers.ListField(
        child=serializers.IntegerField(min_value=0), min_length=1, max_length=MOST_INDEXES
    )
    ground = serializers.ChoiceField(choices=[ground.value for ground in Ground])
    confirm = serializers.IntegerField(
        required=False,
        min_value=1,
        help_text="how many events; without it the answer says how many it would be",
    )


class ErasureAnswer(serializers.Serializer[Any]):
    """What was erased, and by which event."""

    erased = serializers.IntegerField()
    left = serializers.IntegerField(help_text="events of the same person for another call")
    event_id = serializers.UUIDField(help_text="the event that says so; its proof is that of any event")


class ErasuresView(TenantAPIView):
    """Erase who did something. The events, what they say, and every proof stay."""

    requires: ClassVar[Requires] = {"POST": Permission.AUDIT_ERASE}

    @extend_schema(request=ErasureBody, responses=ErasureAnswer)
    def post(self, request: Request) -> Response:
        """Destroy the personal half of the named events. 409 `erasure_unconfirmed` without their number."""
        body = ErasureBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        erased = erase_entries(
            self.context,
            indexes=asked["indexes"],
            ground=Ground(asked["ground"]),
            confirm=asked.get("confirm"),
        )
        return Response({"erased": erased.count, "left": erased.left, "event_id": erased.receipt.event_id})


class OwnEventsView(TenantAPIView):
    """What the log holds about you: your own events, as a file of one JSON object a line."""

    requires: ClassVar[Requires] = {"GET": Permission.TENANT_VIEW}
    unit = "own"

    @extend_schema(responses={(200, "application/jsonl"): OpenApiTypes.BINARY})
    @leaves_by("own-events")
    def get(self, request: Request) -> StreamingHttpResponse:
        """Return the file. The delivery stands in the log, and so in your next download."""
        file = own_events(self.context)
        answer = StreamingHttpResponse(file.chunks(), content_type="application/jsonl")
        answer[RECEIPT_HEADER] = file.receipt.header
        return named(answer, file.name)
