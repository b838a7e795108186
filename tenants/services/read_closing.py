"""What an owner reads before and while the workspace is being closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Permission
from tenants.gate.closings import KnownClosing, closing_of
from tenants.models import Profile
from tenants.services.name_members import name_members


@dataclass(frozen=True, slots=True)
class ClosingSeen:
    """A closing under way, for one owner; `closing` is None while there is none."""

    closing: KnownClosing | None
    code_name: str = field(repr=False)
    names: Mapping[UUID, str] = field(repr=False)
    said: bool
    """Whether the reader's own word is in it."""

    @property
    def may_confirm(self) -> bool:
        """Whether the reader's word is still missing."""
        now = self.closing
        return now is not None and not now.lapsed and not self.said and len(now.words) < now.needed


def read_closing(context: TenantContext) -> ClosingSeen:
    """Return what the page shows. Inside `acting(context)`. Raises `PermissionMissing`, `Dark`."""
    context.require(Permission.TENANT_CLOSE)
    profile = Profile.objects.get()
    code_name = context.keyring.open(profile.code_name, field=Profile.code_name, row=profile.id).decode()
    closing = closing_of(context.tenant_id)
    said = () if closing is None else closing.words
    names = name_members(context, {*said} | ({closing.asked_by} if closing else set()))
    return ClosingSeen(closing, code_name, names, context.actor_id in said)
