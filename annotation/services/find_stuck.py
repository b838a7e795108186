"""What keeps a project from ending: items held for long, skipped by many, kept for somebody. Clear columns only."""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.services import statements
from annotation.services.board_sql import HELD_LONGEST, SKIPPED_OFTEN, SKIPS
from annotation.values import HeldItem, ProjectRight, SkippedItem, Stuck
from ringfence.kernel.context import TenantContext

MANY_PEOPLE = 3
"""An item that so many people skipped is probably the item's fault."""

MOST_LISTED = 20
LONG_OVERDUE = timedelta(minutes=5)
"""The sweep runs every 10 s: a lease that ended this long ago says that it does not."""

EXTENDED_OFTEN = 3
"""Held for more than so many leases in a row: extended again and again, and not answered."""


def find_stuck(context: TenantContext, *, project_id: UUID) -> Stuck:
    """Return what is held longest and what is stuck, and skips by person. Raises `NotFound`."""
    project = reach_project(context, project_id, ProjectRight.MANAGE, ProjectRight.READ)
    values = {"project": project_id, "most": MOST_LISTED, "people": MANY_PEOPLE}
    now = timezone.now()
    long = timedelta(minutes=project.lease_minutes) * EXTENDED_OFTEN
    skips: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for member_id, reason, n in statements.rows(SKIPS, values):
        skips[member_id][reason] = n
    return Stuck(
        held=tuple(
            HeldItem(
                task_id,
                seq,
                labeler_id,
                taken_at,
                overdue=lease_ends < now - LONG_OVERDUE,
                extended_often=taken_at is not None and taken_at < now - long,
            )
            for task_id, seq, labeler_id, taken_at, lease_ends in statements.rows(HELD_LONGEST, values)
        ),
        skipped=tuple(SkippedItem(*row) for row in statements.rows(SKIPPED_OFTEN, values)),
        skips=dict(skips),
    )
