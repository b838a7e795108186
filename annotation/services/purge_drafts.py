"""Remove drafts that nobody can go on with; after each sweep of leases, off the hot path."""

from annotation.access import permission_id
from annotation.services import statements
from annotation.services.labor_sql import PURGE_DRAFTS
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting

MOST_AT_ONCE = 1_000
KEPT_HOURS = 24
"""So long a dead draft stays after its last change: answers are taken back, and projects opened again."""


def purge_drafts(context: TenantContext) -> int:
    """Remove the tenant's dead drafts, up to 1,000 a unit of work; return how many. One event for each project."""
    values = {"hours": KEPT_HOURS, "label": permission_id(ProjectRight.LABEL), "most": MOST_AT_ONCE}
    purged = 0
    while True:
        with acting(context):
            projects = statements.rows(PURGE_DRAFTS, values)
            for project_id, count in projects:
                record(
                    context,
                    Verb.DRAFTS_PURGED,
                    object_kind="project",
                    object_id=project_id,
                    detail={"count": count},
                )
        just_now = sum(int(count) for _, count in projects)
        purged += just_now
        if just_now < MOST_AT_ONCE:
            return purged
