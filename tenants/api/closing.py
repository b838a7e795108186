"""The API of closing a workspace for good: how it stands, asked, confirmed, withdrawn, carried out."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from ringfence.kernel.permissions import Permission
from ringfence.web.pages import Requires, TenantAPIView
from tenants.api.session_only import refuse_tokens
from tenants.api.views import TENANT
from tenants.gate.closings import KnownClosing
from tenants.services.close_workspace import ask_closing, begin_closing, confirm_closing, withdraw_closing
from tenants.services.find_closing import find_closing


class ClosingCodeBody(serializers.Serializer[None]):
    """An owner's own code for one of these acts."""

    code = serializers.CharField(max_length=40, help_text="a fresh one of the caller's second factor")


class AskClosingBody(ClosingCodeBody):
    """The workspace's code name, written out, and the code."""

    code_name = serializers.CharField(max_length=200, help_text="as the page for closing shows it")


class ClosingAnswer(serializers.Serializer[None]):
    """A closing under way."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(
        choices=["waiting", "unconfirmed", "ripe", "lapsed"],
        help_text="waiting: its time has not passed; unconfirmed: it has, and another owner's word is missing;"
        " ripe: it can be carried out; lapsed: nobody did in time",
    )
    asked_by = serializers.UUIDField(help_text="member")
    asked_at = serializers.DateTimeField()
    words = serializers.ListField(
        child=serializers.UUIDField(), help_text="members who said so and are owners today"
    )
    needed = serializers.IntegerField(help_text="how many of them it takes")
    opens_at = serializers.DateTimeField(help_text="nothing happens before")
    lapses_at = serializers.DateTimeField(help_text="void from then on")


class ClosingStateAnswer(serializers.Serializer[None]):
    """The closing under way, or null."""

    closing = ClosingAnswer(allow_null=True)


class ClosingView(TenantAPIView):
    """The closing of this workspace: how it stands, and asking for it."""

    requires: ClassVar[Requires] = {"GET": Permission.TENANT_CLOSE, "POST": Permission.TENANT_CLOSE}
    unit = "own"

    @extend_schema(responses=ClosingStateAnswer, parameters=[TENANT])
    def get(self, request: Request) -> Response:
        """Return how it stands; a token does too."""
        found = find_closing(self.context)
        return Response({"closing": None if found is None else _told(found)})

    @extend_schema(request=AskClosingBody, responses={201: ClosingAnswer}, parameters=[TENANT])
    def post(self, request: Request) -> Response:
        """Begin the waiting time; all owners are mailed. A session only, with a fresh code."""
        refuse_tokens(request)
        body = AskClosingBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked = ask_closing(self.context, request._request, **body.validated_data)
        return Response(_told(asked), status=status.HTTP_201_CREATED)


class OneClosingView(TenantAPIView):
    """One closing under way."""

    requires: ClassVar[Requires] = {"DELETE": Permission.TENANT_CLOSE}
    unit = "own"

    @extend_schema(responses={204: None}, parameters=[TENANT])
    def delete(self, request: Request, closing_id: UUID) -> Response:
        """Withdraw it, as any owner. A token does too: it keeps the workspace."""
        withdraw_closing(self.context, closing_id=closing_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConfirmationView(TenantAPIView):
    """A second owner's word."""

    requires: ClassVar[Requires] = {"POST": Permission.TENANT_CLOSE}
    unit = "own"

    @extend_schema(request=ClosingCodeBody, responses=ClosingAnswer, parameters=[TENANT])
    def post(self, request: Request, closing_id: UUID) -> Response:
        """Confirm it. A session only, with a fresh code."""
        code = _code(request)
        return Response(
            _told(confirm_closing(self.context, request._request, closing_id=closing_id, code=code))
        )


class BeginningView(TenantAPIView):
    """The last step, which nobody can take back."""

    requires: ClassVar[Requires] = {"POST": Permission.TENANT_CLOSE}
    unit = "own"

    @extend_schema(request=ClosingCodeBody, responses={202: None}, parameters=[TENANT])
    def post(self, request: Request, closing_id: UUID) -> Response:
        """Carry it out: every door is shut when this answers. A session only, with a fresh code."""
        code = _code(request)
        begin_closing(self.context, request._request, closing_id=closing_id, code=code)
        return Response(status=status.HTTP_202_ACCEPTED)


def _code(request: Request) -> str:
    refuse_tokens(request)
    body = ClosingCodeBody(data=request.data)
    body.is_valid(raise_exception=True)
    return str(body.validated_data["code"])


def _told(found: KnownClosing) -> dict[str, Any]:
    return {
        "id": found.id,
        "state": _state(found),
        "asked_by": found.asked_by,
        "asked_at": found.asked_at,
        "words": list(found.words),
        "needed": found.needed,
        "opens_at": found.opens_at,
        "lapses_at": found.lapses_at,
    }


def _state(found: KnownClosing) -> str:
    if found.lapsed:
        return "lapsed"
    if found.waits:
        return "waiting"
    return "ripe" if found.ripe else "unconfirmed"
