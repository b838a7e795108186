"""Make a tenant's walls follow its policy and the graph: whom they now keep away loses everything at once.

The gate refuses by itself, within seconds of a change. This ends what is open already: sessions, tokens, leases,
exports; bars the member in PostgreSQL; and says so in the tenant's log, with the path in words.
"""

from uuid import UUID

from django.db import connection

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.registry import LEAVERS
from tenants.gate.standings import Standing, end_access, in_words, standings
from tenants.gate.verdicts import Judged
from tenants.neutrality.verdict import Outcome

BAR = "select rf.bar(%s::uuid, %s)"


def enforce_verdicts(context: TenantContext) -> tuple[int, int]:
    """Return how many members were barred and how many admitted again. `context` is of purpose `neutrality`.

    One unit of work for each member that changes; safe to repeat, also after a crash between the two databases.
    """
    found, here = standings(context.tenant_id)
    with acting(context), connection.cursor() as cursor:
        cursor.execute("select rf.barred_here()")
        barred = {row[0] for row in cursor.fetchall()}
    away = [each for each in found if each.kept_away and each.member_id not in barred]
    back = barred - {each.member_id for each in found if each.kept_away}
    for standing in away:
        # At the gate first: were the rest to fail, they are out all the same, and the next round repeats it.
        end_access(standing.member_id, person_id=standing.person_id, tenant_id=context.tenant_id)
        _bar(context, standing, here)
    for member_id in sorted(back):
        _admit(context, member_id, here)
    return len(away), len(back)


def _bar(context: TenantContext, standing: Standing, here: Judged) -> None:
    words = in_words(standing, here, name="the member")
    with acting(context):
        with connection.cursor() as cursor:
            cursor.execute(BAR, [standing.member_id, True])
            if cursor.fetchone() != (True,):
                return  # another worker was first
        ended: dict[str, int] = {}
        for leaver in LEAVERS:
            ended |= leaver(context, standing.member_id)
        record(
            context,
            Verb.MEMBER_BARRED,
            object_kind="member",
            object_id=standing.member_id,
            detail={
                "outcome": Outcome.DENY.value if not standing.wall else standing.verdict.outcome.value,
                "why": list(words),
                "ended": ended,
                **_rests_on(here),
            },
        )


def _admit(context: TenantContext, member_id: UUID, here: Judged) -> None:
    with acting(context):
        with connection.cursor() as cursor:
            cursor.execute(BAR, [member_id, False])
            if cursor.fetchone() != (True,):
                return
        record(
            context,
            Verb.MEMBER_UNBARRED,
            object_kind="member",
            object_id=member_id,
            detail=_rests_on(here),
        )


def _rests_on(here: Judged) -> dict[str, object]:
    """Return by which policy and which version of the graph something was decided."""
    return {
        "policy": here.in_force.digest.hex(),
        "signed": here.in_force.signed,
        "graph": here.known.version,
        "graph_sha256": here.known.digest.hex(),
        "day": here.graph.day.isoformat(),
    }
