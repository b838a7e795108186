"""Accept an invitation: a membership at the gate and a member row, both or neither."""

from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Purpose
from tenants.gate.errors import Excluded, WrongCredentials
from tenants.gate.invitations import Offer, accepting, offer_behind
from tenants.gate.passwords import person_with, refuse_weak
from tenants.gate.people import pseudonym_of
from tenants.gate.service import tenant_context
from tenants.gate.sessions import Visitor, end_session, mint_session, rotate_session
from tenants.gate.standings import kept_out
from tenants.services.admit_member import write_member
from tenants.services.lockout import count_against, forgive, refuse_locked_out
from tenants.services.platform_log import note


def look_at_invitation(secret: str) -> Offer:
    """Return what an invitation offers. Raises `OfferGone`."""
    return offer_behind(secret)


def accept_as_newcomer(secret: str, *, name: str, password: str, previous: str | None) -> str:
    """Make a person from an invitation; return their first session. Raises `OfferGone`, `Invalid`."""
    if not name.strip():
        raise Invalid("Write your name, as your colleagues know you.", field="name")
    refuse_weak(password)
    return _accept(secret, visitor=None, name=name, password=password, previous=previous)


def accept_as_known(request: HttpRequest, secret: str, *, password: str, previous: str | None) -> str:
    """Accept with the password of the address's account. Raises `OfferGone`, `WrongCredentials`, `LockedOut`."""
    offer = offer_behind(secret)
    pseudonym = pseudonym_of(offer.email)
    refuse_locked_out(request, pseudonym)
    person_id = person_with(offer.email, password)
    if person_id is None:
        count_against(request, pseudonym)
        raise WrongCredentials
    forgive(pseudonym)
    return _accept(secret, visitor=None, person_known=True, previous=previous)


def accept_signed_in(secret: str, visitor: Visitor, session: str) -> str:
    """Accept as who is signed in, if the invitation is theirs; return the session that serves the tenant.

    Raises `OfferGone` when it is for another address.
    """
    return _accept(secret, visitor=visitor, previous=session)


def _accept(
    secret: str,
    *,
    visitor: Visitor | None,
    previous: str | None,
    person_known: bool = False,
    name: str = "",
    password: str = "",
) -> str:
    offer = offer_behind(secret)
    person = visitor.person_id if visitor else offer.person_id if person_known else None
    context = tenant_context(offer.tenant_id, Purpose.SETUP)
    _refuse_kept_out(context, person, offer)
    # The control database commits first, the cell's unit right after it: a crash between the two
    # leaves a membership whose member row the next admission writes.
    with acting(context), accepting(secret, person_id=person, name=name, password=password) as accepted:
        granted, person_id, member_id = accepted
        write_member(context, member_id=member_id, person_id=person_id, role=granted.role, now=timezone.now())
        record(
            context,
            Verb.INVITATION_ACCEPTED,
            object_kind="invitation",
            object_id=granted.invitation_id,
            detail={"member": str(member_id), "role": granted.role.value},
        )
    note(Verb.LOGIN_SUCCEEDED, person_id=person_id, detail={"by": "invitation"})
    if visitor and previous:
        return rotate_session(previous, tenant_id=granted.tenant_id)
    if previous:
        end_session(previous)
    return mint_session(person_id, tenant_id=granted.tenant_id)


def _refuse_kept_out(context: TenantContext, person: UUID | None, offer: Offer) -> None:
    """Raise `Excluded` for whom the tenant's policy would keep away; the invitation stays open, and the log tells it.

    The workspace learns that an invitation was refused, and not whose ties were why.
    """
    words = kept_out(context.tenant_id, person) if person is not None and person == offer.person_id else ()
    if words:
        with acting(context):
            record(context, Verb.INVITATION_REFUSED, object_kind="invitation", object_id=offer.invitation_id)
        raise Excluded(words)
