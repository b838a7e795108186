"""Create a tenant: its row in control, its keys, its log, its profile. No member yet; an owner is invited."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from audit.services.open_log import open_log
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Purpose
from tenants.gate.people import draft_tenant, place_tenant
from tenants.gate.service import service_context
from tenants.keys.ceremony import make_tenant_keys
from tenants.keys.service import key_service
from tenants.models import Profile
from tenants.values import TenantKind, TenantState


@dataclass(frozen=True, slots=True)
class CreatedTenant:
    """A new tenant's ids. Its name is nowhere in clear."""

    tenant_id: UUID
    public_id: str


def create_tenant(
    *,
    name: str,
    code_name: str,
    kind: TenantKind = TenantKind.CUSTOMER,
    state: TenantState = TenantState.SETTING_UP,
) -> CreatedTenant:
    """Make a tenant called `name`, known to labelers as `code_name`.

    The control row is written last, so that a crash in between leaves sealed rows that nobody can
    reach and no half-made tenant. Raises `KeyServiceError` when its keys cannot be made.
    """
    tenant = draft_tenant(kind=kind, state=state)
    key_ref = key_service().create_key(tenant=tenant.id)
    context = service_context(tenant, Purpose.SETUP)
    with acting(context):
        make_tenant_keys(key_ref)
        profile_id = uuid7()
        Profile.objects.create(
            id=profile_id,
            name=context.keyring.seal(name.encode(), field=Profile.name, row=profile_id),
            code_name=context.keyring.seal(code_name.encode(), field=Profile.code_name, row=profile_id),
        )
        open_log(context, origin=f"{settings.LOG_ORIGIN_PREFIX}/t/{tenant.log_id}")
        record(context, Verb.TENANT_CREATED, object_kind="tenant", object_id=tenant.id, detail={"kind": kind})
    place_tenant(tenant)
    return CreatedTenant(tenant.id, tenant.public_id)
