"""The API of a workspace's people: who am I, members, invitations, tokens, state."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ringfence.kernel.permissions import Permission, Role
from ringfence.web.pages import TenantAPIView
from tenants.api import bodies
from tenants.gate.places import tenant_facts
from tenants.services.change_role import change_role
from tenants.services.change_state import change_state
from tenants.services.invite_member import invite_again, invite_member, list_invitations, withdraw_invitation
from tenants.services.list_members import list_members
from tenants.services.manage_tokens import create_token, end_token, list_tokens
from tenants.services.remove_member import remove_member

TENANT = OpenApiParameter("tenant", str, OpenApiParameter.PATH, description="public id of the workspace")


class WorkspaceView(TenantAPIView):
    """Where the caller is, as whom."""

    requires = Permission.TENANT_VIEW

    @extend_schema(responses=bodies.WorkspaceAnswer, parameters=[TENANT])
    def get(self, request: Request) -> Response:
        """Return the workspace's state and the caller's role and permissions there."""
        state, _ = tenant_facts(self.context.tenant_id)
        return Response(
            {
                "tenant": self.context.public_id,
                "state": state,
                "member": self.context.actor_id,
                "role": self.context.role,
                "permissions": sorted(self.context.permissions),
            }
        )


class StateView(TenantAPIView):
    """The life of the workspace."""

    requires = {"POST": Permission.TENANT_STATE}

    @extend_schema(request=bodies.MoveBody, responses=bodies.StateAnswer, parameters=[TENANT])
    def post(self, request: Request) -> Response:
        """Make a move: suspend, resume, leave or activate."""
        body = bodies.MoveBody(data=request.data)
        body.is_valid(raise_exception=True)
        return Response({"state": change_state(self.context, move=body.validated_data["move"])})


class MembersView(TenantAPIView):
    """The members."""

    requires = Permission.MEMBER_LIST

    @extend_schema(
        responses=bodies.MembersAnswer,
        parameters=[TENANT, OpenApiParameter("page", int, description="from 0; 1,000 members each")],
    )
    def get(self, request: Request) -> Response:
        """Return one page of members with their names: a delivery, in the log before it leaves."""
        page = request.query_params.get("page", "0")
        members, more = list_members(self.context, page=int(page) if page.isdecimal() else 0)
        listed = [
            {"id": m.member_id, "name": m.name, "email": m.email, "role": m.role, "joined_at": m.joined_at}
            for m in members
        ]
        return Response({"members": listed, "more": more})


class MemberView(TenantAPIView):
    """One member."""

    requires = {"PATCH": Permission.MEMBER_MANAGE, "DELETE": Permission.MEMBER_MANAGE}

    @extend_schema(request=bodies.RoleBody, responses={204: None}, parameters=[TENANT])
    def patch(self, request: Request, member_id: UUID) -> Response:
        """Change the role; the member's access everywhere follows within 5 s."""
        body = bodies.RoleBody(data=request.data)
        body.is_valid(raise_exception=True)
        change_role(self.context, member_id=member_id, role=Role(body.validated_data["role"]))
        return Response(status=204)

    @extend_schema(responses={204: None}, parameters=[TENANT])
    def delete(self, request: Request, member_id: UUID) -> Response:
        """Remove the member; their sessions and tokens here end."""
        remove_member(self.context, member_id=member_id)
        return Response(status=204)


class InvitationsView(TenantAPIView):
    """Open invitations."""

    requires = {"GET": Permission.MEMBER_LIST, "POST": Permission.MEMBER_INVITE}
    unit = "own"

    @extend_schema(responses=bodies.InvitationsAnswer, parameters=[TENANT])
    def get(self, request: Request) -> Response:
        """Return the open invitations, newest first."""
        listed = [
            {
                "id": i.invitation_id,
                "email": i.email,
                "role": i.role,
                "expires_at": i.expires_at,
                "expired": i.expired,
            }
            for i in list_invitations(self.context)
        ]
        return Response({"invitations": listed})

    @extend_schema(request=bodies.InvitationBody, responses={201: bodies.NewId}, parameters=[TENANT])
    def post(self, request: Request) -> Response:
        """Invite an address by mail."""
        body = bodies.InvitationBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        return Response(
            {"id": invite_member(self.context, email=given["email"], role=Role(given["role"]))}, status=201
        )


class InvitationView(TenantAPIView):
    """One open invitation."""

    requires = {"DELETE": Permission.MEMBER_INVITE}

    @extend_schema(responses={204: None}, parameters=[TENANT])
    def delete(self, request: Request, invitation_id: UUID) -> Response:
        """Withdraw it."""
        withdraw_invitation(self.context, invitation_id=invitation_id)
        return Response(status=204)


class InvitationMailView(TenantAPIView):
    """The mail of one open invitation."""

    requires = {"POST": Permission.MEMBER_INVITE}
    unit = "own"

    @extend_schema(request=None, responses={201: bodies.NewId}, parameters=[TENANT])
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """Send it again with a fresh link; the old one ends."""
        return Response({"id": invite_again(self.context, invitation_id=invitation_id)}, status=201)


class TokensView(TenantAPIView):
    """The caller's own API tokens."""

    requires = Permission.API_TOKEN_MANAGE

    @extend_schema(responses=bodies.TokensAnswer, parameters=[TENANT])
    def get(self, request: Request) -> Response:
        """Return the caller's tokens, without their secrets."""
        listed = [
            {
                "id": t.token_id, "label_text": t.label, "permissions": t.permissions, "created_at": t.created_at,
                "expires_at": t.expires_at, "used_at": t.used_at, "state": t.state,
            }
            for t in list_tokens(self.context)
        ]  # fmt: skip
        return Response({"tokens": listed})

    @extend_schema(request=bodies.TokenBody, responses={201: bodies.NewToken}, parameters=[TENANT])
    def post(self, request: Request) -> Response:
        """Make a token; its secret is in this answer and in no other."""
        body = bodies.TokenBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        token_id, secret = create_token(
            self.context, label=given["label_text"], permissions=given["permissions"], days=given["days"]
        )
        return Response({"id": token_id, "secret": secret}, status=201)


class TokenView(TenantAPIView):
    """One of the caller's own API tokens."""

    requires = {"DELETE": Permission.API_TOKEN_MANAGE}

    @extend_schema(responses={204: None}, parameters=[TENANT])
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke it."""
        end_token(self.context, token_id=token_id)
        return Response(status=204)
