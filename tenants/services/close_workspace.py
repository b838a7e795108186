"""Closing a workspace for good, until it is carried out: asked, confirmed, withdrawn, begun; each in the log first."""

from uuid import UUID

from django.http import HttpRequest

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Dark, Invalid, NotFound
from ringfence.kernel.permissions import Permission
from tenants.gate.closings import (
    KnownClosing,
    asking_to_close,
    beginning_closing,
    closing_of,
    confirming_closing,
    owners_of,
    withdrawing_closing,
)
from tenants.gate.people import know_person, person_of_member
from tenants.services.platform_log import note
from tenants.services.read_closing import what_to_type
from tenants.services.send_mail import mail_closing_asked
from tenants.services.step_up import show_code_again


def ask_closing(context: TenantContext, request: HttpRequest, *, code_name: str, code: str) -> KnownClosing:
    """Begin the waiting time; every owner is mailed, or nothing has happened. Opens units of its own.

    Raises `PermissionMissing`, `Invalid` for another code name, `ClosingRefused`, `FreshCodeWrong`, `LockedOut`,
    `MailNotSent`, `Dark`.
    """
    context.require(Permission.TENANT_CLOSE)
    _refuse_other_name(context, code_name)
    show_code_again(request, person_of_member(context.actor_id), code=code)
    with asking_to_close(context.tenant_id, member=context.actor_id) as closing:
        for person_id in owners_of(context.tenant_id):
            mail_closing_asked(
                know_person(person_id).email, f"/w/{context.public_id}/closing", closing.opens_at
            )
        _record(context, Verb.CLOSING_ASKED, closing)
    return closing


def confirm_closing(
    context: TenantContext, request: HttpRequest, *, closing_id: UUID, code: str
) -> KnownClosing:
    """Give a second owner's word. Opens units of its own.

    Raises `PermissionMissing`, `NotFound`, `ClosingRefused`, `FreshCodeWrong`, `LockedOut`, `Dark`.
    """
    context.require(Permission.TENANT_CLOSE)
    _refuse_unknown(context, closing_id)
    show_code_again(request, person_of_member(context.actor_id), code=code)
    with confirming_closing(context.tenant_id, closing_id=closing_id, member=context.actor_id) as closing:
        _record(context, Verb.CLOSING_CONFIRMED, closing)
    return closing


def withdraw_closing(context: TenantContext, *, closing_id: UUID) -> None:
    """Take it back, as any owner; nothing has happened then. Opens units of its own.

    No code: what keeps a workspace needs no second look. Raises `PermissionMissing`, `NotFound`, `Dark`.
    """
    context.require(Permission.TENANT_CLOSE)
    with withdrawing_closing(context.tenant_id, closing_id=closing_id, member=context.actor_id) as closing:
        _record(context, Verb.CLOSING_WITHDRAWN, closing)


def begin_closing(context: TenantContext, request: HttpRequest, *, closing_id: UUID, code: str) -> None:
    """Carry it out: every door is shut for good when this returns, and a job does the rest. Opens units of its own.

    Raises `PermissionMissing`, `NotFound`, `ClosingRefused`, `FreshCodeWrong`, `LockedOut`, `Dark`.
    """
    context.require(Permission.TENANT_CLOSE)
    _refuse_unknown(context, closing_id)
    show_code_again(request, person_of_member(context.actor_id), code=code)
    with beginning_closing(context.tenant_id, closing_id=closing_id, member=context.actor_id) as closing:
        _record(context, Verb.CLOSING_BEGUN, closing)


def _refuse_unknown(context: TenantContext, closing_id: UUID) -> None:
    """Before the code: an id of another workspace is answered like one of nobody, however the code stands."""
    under_way = closing_of(context.tenant_id)
    if under_way is None or under_way.id != closing_id or under_way.begun_at is not None:
        raise NotFound("closing under way")


def _refuse_other_name(context: TenantContext, code_name: str) -> None:
    with acting(context):
        wanted, _ = what_to_type(context)
    if code_name.strip() != wanted:
        raise Invalid(
            "This is not the code name of this workspace. It stands on this page.", field="code_name"
        )


def _record(context: TenantContext, verb: Verb, closing: KnownClosing) -> None:
    """Commit the entry before the gate commits the act: a crash between leaves an entry of what did not come about.

    Where the key service refuses the key, the workspace's own log takes nothing: the platform's log has the entry.
    """
    detail: dict[str, object] = {
        "needed": closing.needed,
        "words": [str(each) for each in closing.words],
        "opens_at": closing.opens_at.isoformat(timespec="seconds"),
    }
    try:
        with acting(context):
            record(context, verb, object_kind="closing", object_id=closing.id, detail=detail)
    except Dark as dark:
        if not dark.refused:
            raise
        of = {"workspace": context.public_id, "by": str(context.actor_id), "dark": True}
        note(verb, object_kind="closing", object_id=closing.id, detail=detail | of)
