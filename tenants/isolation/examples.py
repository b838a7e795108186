"""One canary row for each model of this room, and one example request for each of its routes."""

from django.utils import timezone

from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.registry import CanaryRows, canary_for
from tenants.models import DataKey, IsolationReport, Member, Profile, TenantKey


@canary_for(TenantKey)
def canary_tenant_key(context: TenantContext, rows: CanaryRows) -> TenantKey:
    """Return a key that creating the tenant has made."""
    return TenantKey.objects.order_by("purpose")[0]


@canary_for(Profile)
def canary_profile(context: TenantContext, rows: CanaryRows) -> Profile:
    """Return the profile that creating the tenant has made."""
    return Profile.objects.get()


@canary_for(DataKey)
def canary_data_key(context: TenantContext, rows: CanaryRows) -> DataKey:
    """Return the data key under which the profile is sealed."""
    return DataKey.objects.order_by("purpose")[0]


@canary_for(Member)
def canary_member(context: TenantContext, rows: CanaryRows) -> Member:
    """Make a member who is nobody."""
    row = uuid7()
    return Member.objects.create(
        id=row,
        name=context.keyring.seal(b"Canary", field=Member.name, row=row),
        email=context.keyring.seal(b"canary@ringfence.example", field=Member.email, row=row),
        role="labeler",
        joined_at=timezone.now(),
    )


@canary_for(IsolationReport)
def canary_report(context: TenantContext, rows: CanaryRows) -> IsolationReport:
    """Make a report of a run that examined nothing."""
    row = uuid7()
    return IsolationReport.objects.create(
        id=row,
        asked_by_id=context.actor_id,
        state="canary",
        started_at=timezone.now(),
        report=context.keyring.seal(b"{}", field=IsolationReport.report, row=row),
    )
