"""The first run of a tenant, step by step: keys confirmed, pin file taken, first members, active."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate.invitations import open_invitations
from tenants.gate.places import tenant_facts
from tenants.models import Member, Profile


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the first run has come."""

    state: str
    keys_confirmed_at: datetime | None
    pin_taken_at: datetime | None
    members: int
    invited: int

    @property
    def step(self) -> int:
        """The open step, counted from 1; the second factor is shown by being here. 5 is activation."""
        if self.keys_confirmed_at is None:
            return 2
        if self.pin_taken_at is None:
            return 3
        return 4 if self.members + self.invited <= 1 else 5


def progress_of(context: TenantContext) -> Progress:
    """Return the progress of the acting tenant's first run."""
    profile = Profile.objects.get()
    state, _ = tenant_facts(context.tenant_id)
    return Progress(
        state,
        profile.keys_confirmed_at,
        profile.pin_taken_at,
        Member.objects.filter(is_active=True).count(),
        len(open_invitations(context.tenant_id)),
    )


def confirm_keys(context: TenantContext) -> None:
    """Record that an owner has seen which key rules and where it lives. Raises `Dark` if it cannot be used."""
    profile = Profile.objects.select_for_update().get()
    # Opening proves that the key service answers for this key, at the moment of the ceremony.
    context.keyring.open(profile.name, field=Profile.name, row=profile.id)
    if profile.keys_confirmed_at is None:
        profile.keys_confirmed_at = timezone.now()
        profile.save(update_fields=["keys_confirmed_at"])
    record(context, Verb.KEY_CONFIRMED, object_kind="tenant", object_id=context.tenant_id)
