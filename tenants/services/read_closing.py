"""What an owner reads before and while the workspace is being closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Dark
from ringfence.kernel.permissions import Permission
from tenants.gate.closings import KnownClosing, closing_of
from tenants.models import Profile
from tenants.services.name_members import name_members


@dataclass(frozen=True, slots=True)
class ClosingSeen:
    """A closing under way, for one owner; `closing` is None while there is none."""

    closing: KnownClosing | None
    code_name: str = field(repr=False)
    """What is typed to ask for it."""
    names: Mapping[UUID, str] = field(repr=False)
    said: bool
    """Whether the reader's own word is in it."""
    dark: bool
    """Whether the key service refuses the key: the workspace's id stands for its code name, and nobody has a name."""

    @property
    def may_confirm(self) -> bool:
        """Whether the reader's word is still missing."""
        now = self.closing
        return now is not None and not now.lapsed and not self.said and len(now.words) < now.needed


def read_closing(context: TenantContext) -> ClosingSeen:
    """Return what the page shows. Inside `acting(context)`. Raises `PermissionMissing`, `Dark` in an outage."""
    context.require(Permission.TENANT_CLOSE)
    code_name, dark = what_to_type(context)
    closing = closing_of(context.tenant_id)
    said = () if closing is None else closing.words
    who = {*said} | ({closing.asked_by} if closing else set())
    names = {each: f"…{each.hex[-6:]}" for each in who} if dark else name_members(context, who)
    return ClosingSeen(closing, code_name, names, context.actor_id in said, dark)


def what_to_type(context: TenantContext) -> tuple[str, bool]:
    """Return (what an owner types to close the workspace, whether the key service refuses its key).

    Its code name; where that cannot be opened, its public id. Inside `acting(context)`. Raises `Dark` in an outage:
    that one passes.
    """
    profile = Profile.objects.get()
    try:
        name = context.keyring.open(profile.code_name, field=Profile.code_name, row=profile.id)
    except Dark as dark:
        if not dark.refused:
            raise
        return context.public_id, True
    return name.decode(), False
