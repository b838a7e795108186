"""The operator's own conflict: when we ourselves meet a rule of a tenant's policy, the tenant is told, in the log.

Nothing is frozen silently and nothing is hidden: an incident for us, a statement to each tenant whose policy we
meet, and the ways out that stay open to them.
"""

import json
from typing import Any

from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from tenants.gate.deployment import leans_on
from tenants.gate.telling import destination_told, hit_told
from tenants.gate.verdicts import Judged, judged
from tenants.models import OperatorConflict
from tenants.neutrality.policy import Level
from tenants.neutrality.verdict import Outcome
from tenants.services.platform_log import note


def watch_operator(context: TenantContext) -> bool | None:
    """Open or close the statement to one tenant; return True, False, or None when nothing changed.

    One that says something else by now is closed, and a new one opened. `context` is of purpose `neutrality`.
    Safe to repeat: one statement is open at most, by a unique index.
    """
    here = judged(context.tenant_id)
    words = _words(here)
    with acting(context):
        standing = OperatorConflict.objects.filter(closed_at=None).first()
        if standing is not None and _said(context, standing) == words:
            return None
        closed = None if standing is None else _close(context, standing)
        return _open(context, here, words) if words else closed


def _said(context: TenantContext, standing: OperatorConflict) -> list[str]:
    opened = context.keyring.open(
        bytes(standing.statement), field=OperatorConflict.statement, row=standing.id
    )
    why: list[str] = json.loads(opened)["why"]
    return why


def _words(here: Judged) -> list[str]:
    """Return each denial that the operator, or what it leans on, meets under the tenant's policy, with its path."""
    policy, graph, facts = here.in_force.policy, here.graph, here.known
    ours = () if facts.operator is None else here.taint.of(facts.operator)
    words = [
        hit_told(hit, policy=policy, graph=graph, facts=facts)
        for hit in ours
        if Level.DENY in (hit.people, hit.egress)
    ]
    for leaning in leans_on(here):
        if leaning.verdict.outcome is Outcome.DENY:
            told = destination_told(leaning.verdict, policy=policy, graph=graph, facts=facts)
            words += [f"we lean on somebody for {leaning.what}: {each}" for each in told]
    return words


def _open(context: TenantContext, here: Judged, words: list[str]) -> bool:
    row = uuid7()
    body: dict[str, Any] = {
        "why": words,
        "policy": here.in_force.digest.hex(),
        "policy_version": here.in_force.version,
        "signed": here.in_force.signed,
        "graph": here.known.version,
        "graph_sha256": here.known.digest.hex(),
        "day": here.graph.day.isoformat(),
    }
    record(
        context, Verb.OPERATOR_CONFLICT_STATED, object_kind="operator_conflict", object_id=row, detail=body
    )
    OperatorConflict.objects.create(
        id=row,
        opened_at=timezone.now(),
        statement=context.keyring.seal(json.dumps(body).encode(), field=OperatorConflict.statement, row=row),
    )
    return True


def _close(context: TenantContext, standing: OperatorConflict) -> bool:
    standing.closed_at = timezone.now()
    standing.save(update_fields=["closed_at"])
    record(context, Verb.OPERATOR_CONFLICT_ENDED, object_kind="operator_conflict", object_id=standing.id)
    return False


def tell_incident() -> None:
    """Write into the platform log that the operator met a rule of some tenant's policy; of which one is not said."""
    note(Verb.OPERATOR_CONFLICTED)
