"""What a tenant may know of its keys: where they live, their references and generations, and whether they answer."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Dark
from tenants.models import DataKey, KeyState, Profile, TenantKey


@dataclass(frozen=True, slots=True)
class DescribedKey:
    """One tenant key."""

    purpose: str
    generation: int
    key_ref: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Keys:
    """All of a tenant's keys, and whether they can be used now."""

    service: str
    key_refs: tuple[str, ...]
    keys: tuple[DescribedKey, ...]
    data_keys: int
    dark: str
    """Empty while the keys work, else why they do not."""


def describe_keys(context: TenantContext) -> Keys:
    """Return the acting tenant's keys. It works in the dark, since that is when it is needed."""
    rows = list(TenantKey.objects.order_by("purpose", "generation"))
    return Keys(
        settings.KEY_SERVICE,
        tuple(sorted({row.key_ref for row in rows})),
        tuple(DescribedKey(r.purpose, r.generation, r.key_ref, r.state, r.created_at) for r in rows),
        DataKey.objects.exclude(state=KeyState.DESTROYED).count(),
        _darkness(context),
    )


def _darkness(context: TenantContext) -> str:
    profile = Profile.objects.get()
    try:
        context.keyring.open(profile.code_name, field=Profile.code_name, row=profile.id)
    except Dark as dark:
        return str(dark)
    except CannotOpen:
        return (
            "A stored key does not open what it sealed. Run the isolation check, and restore from a backup."
        )
    return ""
