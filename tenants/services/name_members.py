"""The names of chosen members, for a page that says who did something: a delivery like the list of all."""

import hashlib
from collections.abc import Collection, Mapping
from uuid import UUID

from audit.services.deliver import MOST_OBJECTS, deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.registry import names_of


def name_members(context: TenantContext, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the name of each that is or was a member, and record that they leave. Inside `acting(context)`."""
    found: Mapping[UUID, str] = names_of(context, "member", ids)
    others = [each for each in found.items() if each[0] != context.actor_id]
    for start in range(0, len(others), MOST_OBJECTS):
        deliver(
            context,
            Verb.MEMBERS_DELIVERED,
            object_kind="member",
            objects=[
                (member, hashlib.sha256(name.encode()).digest())
                for member, name in others[start : start + MOST_OBJECTS]
            ],
        )
    return found
