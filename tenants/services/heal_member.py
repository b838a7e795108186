"""Write the member row that a crash has left out: memberships commit first, in another database."""

from uuid import UUID

from django.utils import timezone

from ringfence.kernel.context import acting
from ringfence.kernel.errors import Dark
from ringfence.kernel.permissions import Purpose
from tenants.gate.places import Place
from tenants.gate.service import tenant_context
from tenants.models import Member
from tenants.services.admit_member import write_member
from tenants.values import TenantState


def heal_member(person_id: UUID, place: Place) -> None:
    """Make sure that a membership has its member row. In a dark tenant it waits for the next sign-in."""
    if place.state == TenantState.DESTROYED:
        return
    context = tenant_context(place.tenant_id, Purpose.SETUP)
    try:
        with acting(context):
            if not Member.objects.filter(id=place.member_id).exists():
                write_member(
                    context,
                    member_id=place.member_id,
                    person_id=person_id,
                    role=place.role,
                    now=timezone.now(),
                )
    except Dark:
        return
