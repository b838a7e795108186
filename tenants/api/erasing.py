"""The API by which a former member is erased from the log."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.privacy import ErasureAnswer
from audit.erasure import Ground
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView
from tenants.api.views import TENANT
from tenants.services.erase_person import erase_person


class PersonErasureBody(serializers.Serializer[None]):
    """Why, and how many events it takes."""

    ground = serializers.ChoiceField(choices=[ground.value for ground in Ground])
    confirm = serializers.IntegerField(
        required=False,
        min_value=1,
        help_text="how many events the log holds of them; without it the answer says the number",
    )


class MemberErasureView(TenantAPIView):
    """Erase a removed member from the log: who did their events, and the key of it."""

    requires = {"POST": Permission.AUDIT_ERASE}

    @extend_schema(request=PersonErasureBody, responses=ErasureAnswer, parameters=[TENANT])
    def post(self, request: Request, member_id: UUID) -> Response:
        """Erase at most 5,000 of their events; call again while some are `left`."""
        body = PersonErasureBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        erased = erase_person(
            self.context, member_id=member_id, ground=Ground(asked["ground"]), confirm=asked.get("confirm")
        )
        return Response({"erased": erased.count, "left": erased.left, "event_id": erased.receipt.event_id})
