"""Pass on an item: somebody else gets it, or it comes back at the end, as the project wants it."""

from uuid import UUID

from django.utils import timezone

from annotation.access import permission_id
from annotation.errors import SkipNotAllowed, TaskNotHeld
from annotation.models import Skip
from annotation.services import statements
from annotation.services.labor_sql import MINE_TO_SKIP, SKIP
from annotation.values import ProjectRight, SkipPolicy, SkipReason
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid
from ringfence.kernel.ids import uuid7

MOST_NOTE = 2_000


def skip_task(context: TenantContext, *, task_id: UUID, reason: str = "", note: str = "") -> None:
    """Give the item back with a reason. The same skip again, after a lost reply, changes nothing.

    Args:
        reason: a code of `SkipReason`; empty where the project needs none.
        note: the labeler's own words, up to 2,000 characters; sealed.

    Raises:
        TaskNotHeld: the item is not the actor's.
        SkipNotAllowed: nobody skips in this project.
        Invalid: no reason where one is needed, an unknown one, or a note that is too long.
    """
    if reason and reason not in SkipReason.values:
        raise Invalid(f"A reason is one of {', '.join(SkipReason.values)}.", field="reason")
    if len(note) > MOST_NOTE:
        raise Invalid(f"A note has up to {MOST_NOTE} characters.", field="note")
    who = {"task": task_id, "me": context.actor_id}
    found = statements.one(
        MINE_TO_SKIP, who | {"epoch": context.epoch, "label": permission_id(ProjectRight.LABEL)}
    )
    standing = Skip.objects.filter(task_id=task_id, member_id=context.actor_id, undone_at=None)
    if found is None:
        if standing.exists():
            return
        raise TaskNotHeld
    project_id, n, policy, needs_reason = found
    if policy == SkipPolicy.NOT_ALLOWED:
        raise SkipNotAllowed
    if needs_reason and not reason:
        raise Invalid("Say why you skip this item.", field="reason")
    # Kept for them in spite of an earlier skip: one row at a time keeps somebody away.
    standing.filter(keeps_away=True).update(keeps_away=False)
    skip_id, back = uuid7(), policy == SkipPolicy.BACK_TO_ME
    Skip.objects.create(
        id=skip_id,
        project_id=project_id,
        task_id=task_id,
        n=n,
        member_id=context.actor_id,
        reason=reason,
        note=_sealed(context, skip_id, project_id, note),
        keeps_away=not back,
        at=timezone.now(),
    )
    statements.run(SKIP, who | {"project": project_id, "n": n, "back": back})
    record(
        context,
        Verb.TASK_SKIPPED,
        object_kind="task",
        object_id=task_id,
        detail={"project": str(project_id), "skip": str(skip_id), "reason": reason, "policy": policy},
    )


def _sealed(context: TenantContext, skip_id: UUID, project_id: UUID, note: str) -> bytes | None:
    if not note:
        return None
    clear = note.encode(errors="surrogatepass")
    return context.keyring.seal(clear, field=Skip.note, row=skip_id, unit=project_id)
