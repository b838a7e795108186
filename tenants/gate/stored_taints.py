"""Stored taint sets that a door could look up today, each beside what a fresh computation says."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.leaf import canonical_json
from ringfence.kernel.database import control_database
from tenants.gate.policies import in_force, versions
from tenants.gate.verdicts import TABLE, judged
from tenants.keys.realm import open_identity, seal_identity
from tenants.neutrality.documents import taint_document
from tenants.neutrality.policy import Policy
from tenants.neutrality.taint import Taint, taint_of
from tenants.people.models import TaintSet


@dataclass(frozen=True, slots=True)
class Beside:
    """One stored set: what it says, and what is true; None where no policy of the tenant has its digest."""

    stored: dict[str, Any] | None
    fresh: dict[str, Any] | None

    @property
    def agrees(self) -> bool:
        """Whether both are the same but for the moment of making."""
        return self.stored is not None and self.stored == self.fresh


def stored_beside_fresh(tenant_id: UUID) -> Iterator[Beside]:
    """Yield every set of a tenant for today and for the newest graph, that of the policy in force among them."""
    here = judged(tenant_id)
    policies = {here.in_force.digest: here.in_force.policy}
    for kept in versions(tenant_id):
        template = Policy(excluded=kept.policy.excluded, rivals=kept.policy.rivals)
        policies |= {kept.digest: kept.policy, template.digest: template}
    policies.setdefault(Policy().digest, Policy())
    with control_database():
        rows = list(
            TaintSet.objects.filter(tenant_id=tenant_id, graph_version=here.known.version, day=here.graph.day)
        )
    for row in rows:
        policy = policies.get(bytes(row.policy_digest))
        fresh = None if policy is None else _told(taint_of(here.graph, policy, operator=here.known.operator))
        yield Beside(_opened(row), fresh)


def is_stored(tenant_id: UUID) -> bool:
    """Say whether the set by which doors judge today is stored."""
    here = judged(tenant_id)
    with control_database():
        return TaintSet.objects.filter(
            tenant_id=tenant_id,
            policy_digest=in_force(tenant_id).digest,
            graph_version=here.known.version,
            day=here.graph.day,
        ).exists()


def rewrite(tenant_id: UUID, taint: Taint) -> None:
    """Put another set in the place of the stored one: for plants, in a transaction that is rolled back."""
    here = judged(tenant_id)
    with control_database():
        rows = TaintSet.objects.filter(tenant_id=tenant_id, graph_version=here.known.version)
        for row in rows.filter(policy_digest=here.in_force.digest, day=here.graph.day):
            text = canonical_json(taint_document(taint)).decode()
            sealed = seal_identity(text, table=TABLE, column="body", row=row.id)
            TaintSet.objects.filter(id=row.id).update(body=sealed)


def _opened(row: TaintSet) -> dict[str, Any] | None:
    try:
        told = json.loads(open_identity(row.body, table=TABLE, column="body", row=row.id))
        datetime.fromisoformat(told.pop("known_at"))
    except Exception:  # whatever does not open or read is no set that a door may believe
        return None
    return dict(told)


def _told(taint: Taint) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(canonical_json(taint_document(taint)))
    del told["known_at"]
    return told
