"""Invite somebody by mail, again if need be, and withdraw invitations."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Role
from tenants.gate.invitations import (
    OpenInvitation,
    invitation_of,
    issue_invitation,
    open_invitations,
    revoke_invitation,
)
from tenants.services.grantable import refuse_grant
from tenants.services.send_mail import mail_invitation


def invite_member(context: TenantContext, *, email: str, role: Role) -> UUID:
    """Return the id of a new invitation, recorded and mailed. Opens its own unit of work.

    An earlier open invitation of the same address here ends. Raises `Invalid`, `OwnersOnly`,
    `AlreadyThere`, and `MailNotSent` when the invitation stands but its mail did not go out.
    """
    try:
        validate_email(email)
    except ValidationError as malformed:
        raise Invalid("This is not an e-mail address.", field="email") from malformed
    refuse_grant(context, role)
    with acting(context):
        issued = issue_invitation(tenant_id=context.tenant_id, email=email, role=role)
        record(
            context,
            Verb.INVITATION_CREATED,
            object_kind="invitation",
            object_id=issued.invitation_id,
            detail={"role": role.value},
        )
    mail_invitation(issued.email, issued.secret)
    return issued.invitation_id


def invite_again(context: TenantContext, *, invitation_id: UUID) -> UUID:
    """Mail a fresh link for an open or expired invitation; the old link ends. Raises `NotFound`, `MailNotSent`."""
    before = invitation_of(context.tenant_id, invitation_id)
    return invite_member(context, email=before.email, role=before.role)


def withdraw_invitation(context: TenantContext, *, invitation_id: UUID) -> None:
    """End an invitation, inside the caller's unit. Raises `NotFound`."""
    record(context, Verb.INVITATION_REVOKED, object_kind="invitation", object_id=invitation_id)
    revoke_invitation(context.tenant_id, invitation_id)


def list_invitations(context: TenantContext) -> list[OpenInvitation]:
    """Return the acting tenant's open invitations."""
    return open_invitations(context.tenant_id)
