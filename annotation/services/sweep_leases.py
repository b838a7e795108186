"""Return items whose lease has run out, and what is kept for people who left; every few seconds, off the hot path."""

from annotation.services import statements
from annotation.services.queue_sql import KEPT_FOR_NOBODY, RETURN_KEPT_FOR, SWEEP
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting

MOST_AT_ONCE = 1_000


def sweep_leases(context: TenantContext) -> int:
    """Return the tenant's overdue items to their queues, up to 1,000 a unit of work; return how many.

    One event for each project: nothing is delivered, but a later taker's lease must be explicable.
    """
    swept = 0
    while True:
        with acting(context):
            projects = statements.rows(SWEEP, {"most": MOST_AT_ONCE, "late": True})
            for project_id, count in projects:
                record(
                    context,
                    Verb.TASK_RELEASED,
                    object_kind="project",
                    object_id=project_id,
                    detail={"count": count, "why": "lease_over"},
                )
        just_now = sum(int(count) for _, count in projects)
        swept += just_now
        if just_now < MOST_AT_ONCE:
            break
    with acting(context):
        for project_id, who in statements.rows(KEPT_FOR_NOBODY, {}):
            values = {"project": project_id, "who": who, "late": False}
            for _, count in statements.rows(RETURN_KEPT_FOR, values):
                record(
                    context,
                    Verb.TASK_RELEASED,
                    object_kind="project",
                    object_id=project_id,
                    detail={"count": count, "why": "member_gone"},
                )
                swept += int(count)
    return swept
