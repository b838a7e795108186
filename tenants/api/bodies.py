"""Bodies of the API of members and tokens. They check shapes; services check meaning."""

from rest_framework import serializers

from ringfence.kernel.permissions import Permission, Role
from tenants.services.manage_tokens import LABEL_CHARACTERS, LONGEST

_ROLES = [role.value for role in Role]
_PERMISSIONS = [permission.value for permission in Permission]


class InvitationBody(serializers.Serializer[None]):
    """Whom to invite, as what."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=_ROLES)


class RoleBody(serializers.Serializer[None]):
    """A role."""

    role = serializers.ChoiceField(choices=_ROLES)


class TokenBody(serializers.Serializer[None]):
    """What a token is for, what it may do and how long it lives."""

    label_text = serializers.CharField(
        max_length=LABEL_CHARACTERS, help_text="what it is for; only its owner sees it"
    )
    permissions = serializers.ListField(
        child=serializers.ChoiceField(choices=_PERMISSIONS), allow_empty=False
    )
    days = serializers.IntegerField(min_value=1, max_value=LONGEST.days, default=90)


class MoveBody(serializers.Serializer[None]):
    """A move of the workspace's state."""

    move = serializers.ChoiceField(choices=["suspend", "resume", "leave", "activate"])


class MemberAnswer(serializers.Serializer[None]):
    """One member."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=_ROLES)
    joined_at = serializers.DateTimeField()


class MembersAnswer(serializers.Serializer[None]):
    """One page of members."""

    members = MemberAnswer(many=True)
    more = serializers.BooleanField()


class InvitationAnswer(serializers.Serializer[None]):
    """One open invitation."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=_ROLES)
    expires_at = serializers.DateTimeField()
    expired = serializers.BooleanField()


class InvitationsAnswer(serializers.Serializer[None]):
    """All open invitations."""

    invitations = InvitationAnswer(many=True)


class NewId(serializers.Serializer[None]):
    """The id of what was made."""

    id = serializers.UUIDField()


class NewToken(serializers.Serializer[None]):
    """A new token; its secret is in no later answer."""

    id = serializers.UUIDField()
    secret = serializers.CharField()


class TokenAnswer(serializers.Serializer[None]):
    """One of the caller's own tokens."""

    id = serializers.UUIDField()
    label_text = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=["active", "expired", "revoked"])


class TokensAnswer(serializers.Serializer[None]):
    """The caller's own tokens."""

    tokens = TokenAnswer(many=True)


class WorkspaceAnswer(serializers.Serializer[None]):
    """Where the caller is and what they may do."""

    tenant = serializers.CharField()
    state = serializers.CharField()
    member = serializers.UUIDField()
    role = serializers.CharField(allow_null=True)
    permissions = serializers.ListField(child=serializers.CharField())


class StateAnswer(serializers.Serializer[None]):
    """The state after a move."""

    state = serializers.CharField()
