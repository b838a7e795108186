"""Everything that a labeler's workspace shows around the items of one project, in the log before it leaves."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Sum

from annotation.access import reach_project
from annotation.models import PersonCount, Submission
from annotation.services import statements
from annotation.services.consents import Consents, consents
from annotation.services.read_project import read_project
from annotation.values import ProjectRight, ProjectTexts
from ringfence.kernel.context import TenantContext
from tenants.models import Profile

MOST_COUNTED = 200
"""More open items than these are not counted: nobody waits for a long count at the start of their day."""

_LEFT = """
select count(*) from (
    select from annotation_slot s
     where s.project_id = %(project)s::uuid and s.state = 0
       and (s.reserved_for is null or s.reserved_for = %(me)s::uuid)
     limit %(most)s::integer + 1) seen
"""
# What the actor holds, ahead of the shown item too, is still to be done: taking an item changes nothing here.
_LEFT_FOR_ME = """
select (select count(*) from annotation_slot h
         where h.project_id = %(project)s::uuid and h.state = 1 and h.labeler_id = %(me)s::uuid)
     + count(distinct s.task_id) from annotation_slot s
 where s.project_id = %(project)s::uuid and s.state = 0
   and (s.reserved_for is null or s.reserved_for = %(me)s::uuid)
   and not exists (select from annotation_slot m
                    where m.task_id = s.task_id and m.labeler_id = %(me)s::uuid offset 0)
   and not exists (select from annotation_skip k
                    where k.task_id = s.task_id and k.member_id = %(me)s::uuid
                      and k.undone_at is null and k.keeps_away offset 0)
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """The actor's own counts. `left_for_me` is what they may still answer, held items included; None while
    more items are open than are worth counting.
    """

    today: int
    mine: int
    left_for_me: int | None
    active_ms_today: int


@dataclass(frozen=True, slots=True)
class Desk:
    """What the workspace needs to know beside the items."""

    texts: ProjectTexts
    code_name: str = field(repr=False)
    progress: Progress
    consents: Consents


def desk(context: TenantContext, *, project_id: UUID, day_began: datetime) -> Desk:
    """Return it; `day_began` is when the actor's day began, where they are.

    Raises `NotFound` for a project in which the actor does not label, `Dark`.
    """
    reach_project(context, project_id, ProjectRight.LABEL)
    texts = read_project(context, project_id=project_id)
    profile = Profile.objects.get()
    return Desk(
        texts,
        context.keyring.open(profile.code_name, field=Profile.code_name, row=profile.id).decode(),
        _progress(context, project_id, day_began, texts.project.most_per_person),
        consents(context, project_id=project_id),
    )


def _progress(context: TenantContext, project_id: UUID, day_began: datetime, cap: int | None) -> Progress:
    standing = Submission.objects.filter(
        labeler_id=context.actor_id, submitted_at__gte=day_began, project_id=project_id, withdrawn_at=None
    )
    today = standing.aggregate(given=Count("id"), active=Sum("active_ms"))
    mine = (
        PersonCount.objects.filter(project_id=project_id, labeler_id=context.actor_id)
        .values_list("given", flat=True)
        .first()
    )
    values = {"project": project_id, "me": context.actor_id, "most": MOST_COUNTED}
    left = statements.one(_LEFT, values)
    few = left is not None and left[0] <= MOST_COUNTED
    counted = statements.one(_LEFT_FOR_ME, values) if few else None
    bounds = [counted[0]] if counted else []
    # Whoever may give 10 answers in all has at most what is missing to 10 before them.
    bounds += [max(cap - (mine or 0), 0)] if cap is not None and (counted or cap <= MOST_COUNTED) else []
    return Progress(today["given"], mine or 0, min(bounds, default=None), today["active"] or 0)
