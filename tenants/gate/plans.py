"""Mitigation plans that a tenant's admins have signed: what they lift, for whom, and until when."""

import json
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from ringfence.kernel.database import control_database
from tenants.keys.realm import open_identity
from tenants.neutrality.people import Plan
from tenants.people.models import Membership, MitigationPlan

TABLE = MitigationPlan._meta.db_table


def approved(tenant_id: UUID, *, party_of: Mapping[UUID, UUID]) -> tuple[Plan, ...]:
    """Return the plans of a tenant that are signed and not ended; its members stand in them as parties."""
    with control_database():
        rows = list(
            MitigationPlan.objects.filter(tenant_id=tenant_id, approved_at__isnull=False, ended_at=None)
        )
        if not rows:
            return ()
        members = dict(Membership.objects.filter(tenant_id=tenant_id).values_list("member_id", "person_id"))
        found = []
        for row in rows:
            body = json.loads(open_identity(row.document, table=TABLE, column="document", row=row.id))
            persons = {members[UUID(member)] for member in body["members"] if UUID(member) in members}
            found.append(
                Plan(
                    id=row.id,
                    people=frozenset(party_of.get(person, person) for person in persons),
                    systems=frozenset(map(UUID, body["systems"])),
                    purpose=body["purpose"],
                    start=date.fromisoformat(body["start"]),
                    end=date.fromisoformat(body["end"]),
                    approved=True,
                    policy_digest=bytes(row.policy_digest),
                )
            )
    return tuple(found)
