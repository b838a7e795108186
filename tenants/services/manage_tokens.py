"""A member's own API tokens: made with a part of their rights, for a year at most, shown once."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Permission
from tenants.gate.api_tokens import ListedToken, issue_token, revoke_token, tokens_of

LONGEST = timedelta(days=365)
LABEL_CHARACTERS = 100


def create_token(
    context: TenantContext, *, label: str, permissions: Sequence[str], days: int
) -> tuple[UUID, str]:
    """Return (id, secret), inside the caller's unit. Raises `Invalid`.

    A token gets at most what the actor has *now*: made through a token, it gets at most that token's scope.
    """
    if not label.strip() or len(label) > LABEL_CHARACTERS:
        raise Invalid(f"Say what the token is for, in 1 to {LABEL_CHARACTERS} characters.", field="label")
    if not 1 <= days <= LONGEST.days:
        raise Invalid(f"A token lives 1 to {LONGEST.days} days.", field="days")
    if not permissions:
        raise Invalid("Choose at least one permission.", field="permissions")
    held = {p.value for p in context.permissions}
    beyond = sorted(set(permissions) - held)
    if beyond:
        raise Invalid(f"You do not hold {', '.join(beyond)} yourself.", field="permissions")
    token_id, secret = issue_token(
        context.actor_id,
        label=label.strip(),
        permissions=[Permission(p) for p in permissions],
        expires_at=timezone.now() + timedelta(days=days),
    )
    record(
        context,
        Verb.API_TOKEN_CREATED,
        object_kind="api_token",
        object_id=token_id,
        detail={"permissions": sorted(permissions), "days": days},
    )
    return token_id, secret


def end_token(context: TenantContext, *, token_id: UUID) -> None:
    """Revoke one of the actor's own tokens, inside the caller's unit. Raises `NotFound`."""
    record(context, Verb.API_TOKEN_REVOKED, object_kind="api_token", object_id=token_id)
    revoke_token(context.actor_id, token_id)


def list_tokens(context: TenantContext) -> list[ListedToken]:
    """Return the actor's own tokens."""
    return tokens_of(context.actor_id)
