"""Mitigation plans that a tenant's admins have signed: what they lift, for whom, and until when."""

from collections.abc import Mapping
from datetime import UTC
from uuid import UUID

from ringfence.kernel.database import control_database
from tenants.keys.realm import open_identity
from tenants.neutrality.people import Plan
from tenants.neutrality.plan_document import PlanDocument, parse_plan
from tenants.neutrality.signatures import NEEDED_SIGNERS, PlanRequest, Signed, counted
from tenants.people.models import Membership, MitigationPlan, PlanSignature, Tenant

TABLE = MitigationPlan._meta.db_table

_proven: set[tuple[UUID, bytes, bytes]] = set()
"""Plans whose signatures this process has verified."""


def approved(tenant_id: UUID, *, party_of: Mapping[UUID, UUID]) -> tuple[Plan, ...]:
    """Return the plans of a tenant that are signed and not ended; its members stand in them as parties.

    A plan lifts nothing before the day of its last signature, whatever start it names.
    """
    with control_database():
        rows = list(
            MitigationPlan.objects.filter(tenant_id=tenant_id, approved_at__isnull=False, ended_at=None)
        )
        if not rows:
            return ()
        members = dict(Membership.objects.filter(tenant_id=tenant_id).values_list("member_id", "person_id"))
        found = []
        for row in rows:
            document = document_of(row)
            persons = {members[member] for member in document.members if member in members}
            if row.approved_at is None or not persons or not _is_proven(row, document):
                continue
            found.append(
                Plan(
                    id=row.id,
                    people=frozenset(party_of.get(person, person) for person in persons),
                    systems=document.systems,
                    purpose=document.purpose,
                    start=min(max(document.start, row.approved_at.astimezone(UTC).date()), document.end),
                    end=document.end,
                    approved=True,
                    policy_digest=bytes(row.policy_digest),
                )
            )
    return tuple(found)


def document_of(row: MitigationPlan) -> PlanDocument:
    """Return a plan's document. Control database open."""
    return parse_plan(open_identity(row.document, table=TABLE, column="document", row=row.id).encode())


def _is_proven(row: MitigationPlan, document: PlanDocument) -> bool:
    """Say whether enough admins' keys signed what the row holds: signatures are believed, a column is not."""
    mark = (row.id, document.digest, bytes(row.policy_digest))
    if mark in _proven:
        return True
    signed = [
        Signed(each.key.member_id, bytes(each.key.public), bytes(each.signature))
        for each in PlanSignature.objects.select_related("key").filter(plan=row)
        if each.key.active_from is not None
        and each.key.active_from <= each.signed_at
        and (each.key.ended_at is None or each.key.ended_at >= each.signed_at)
    ]
    public_id = Tenant.objects.values_list("public_id", flat=True).get(id=row.tenant_id)
    request = PlanRequest(public_id, row.id, document.digest, bytes(row.policy_digest))
    if len(counted(request, signed, entitled={each.member for each in signed})) < NEEDED_SIGNERS:
        return False
    _proven.add(mark)
    return True
