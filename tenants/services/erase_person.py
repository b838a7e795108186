"""Erase a former member from the log: that they did what they did, and the key under which it was sealed."""

from http import HTTPStatus
from uuid import UUID

from audit.erasure import Ground
from audit.services.erase_entries import Erased, erase_events_of
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound, RingfenceError
from tenants.keys.shredding import destroy_data_keys
from tenants.models import Member


class StillMember(RingfenceError):
    """Who still works here goes on writing events; they are removed first."""

    code = "still_member"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This person is still a member. Remove them first, then erase who they were.")


def erase_person(context: TenantContext, *, member_id: UUID, ground: Ground, confirm: int | None) -> Erased:
    """Erase at most 5,000 events of a removed member, and with the last of them their key. Inside a unit of work.

    `confirm` is the number of all their events. Raises `NotFound`, `StillMember`, and what `erase_events_of` raises.
    """
    member = Member.objects.select_for_update().filter(id=member_id).first()
    if member is None:
        raise NotFound("member")
    if member.is_active:
        raise StillMember
    erased = erase_events_of(context, member_id=member_id, ground=ground, confirm=confirm)
    if erased.left == 0:
        # The event names a key, not a person: whose it was is what is being erased.
        count = destroy_data_keys(context.tenant_id, unit=member_id, purpose="audit")
        if count:
            record(
                context,
                Verb.KEY_DESTROYED,
                object_kind="key",
                detail={"purpose": "audit", "data_keys": count},
            )
    return erased
