"""Save what somebody has entered so far, on top of the version that they know."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from annotation.access import permission_id
from annotation.errors import DraftTooLarge, TaskNotHeld
from annotation.models import Draft
from annotation.models.labor import MOST_DRAFT_BYTES
from annotation.services import statements
from annotation.services.labor_sql import PROJECT_AND_VERSION, SAVE_DRAFT
from annotation.services.open_draft import open_draft
from annotation.values import ProjectRight, RestoredDraft
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid
from ringfence.kernel.ids import uuid7

MOST_VERSION = 2**31 - 2


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """The version that was saved; or, where nothing was, the draft that stood in the way."""

    version: int
    theirs: RestoredDraft | None = field(default=None, repr=False)


def save_draft(context: TenantContext, *, task_id: UUID, base: int, body: dict[str, Any]) -> SavedDraft:
    """Keep `body` if the server's draft is still version `base`; else return the server's: a delivery.

    Saving says nothing to anybody, so it is no event. With no draft on the server any `base` is right:
    0 for the first one.

    Raises:
        TaskNotHeld: the item is not the actor's to work on any more.
        DraftTooLarge: more than 2 MiB.
        Invalid: `base` is no version.
    """
    if not 0 <= base <= MOST_VERSION:
        raise Invalid("a draft's version is a number from 0", field="version")
    clear = json.dumps(body, separators=(",", ":")).encode()
    if len(clear) > MOST_DRAFT_BYTES:
        raise DraftTooLarge
    known = statements.one(PROJECT_AND_VERSION, {"task": task_id})
    if known is None:
        raise TaskNotHeld
    project_id, newest = known
    named = body.get("schema_version")
    made_under = named if type(named) is int and 1 <= named <= newest else newest
    draft_id = uuid7()
    saved = statements.one(
        SAVE_DRAFT,
        {
            "task": task_id,
            "me": context.actor_id,
            "epoch": context.epoch,
            "label": permission_id(ProjectRight.LABEL),
            "id": draft_id,
            "base": base,
            "body": context.keyring.seal(clear, field=Draft.body, row=draft_id, unit=project_id),
            "schema_version": made_under,
        },
    )
    if saved is not None:
        return SavedDraft(saved[0])
    theirs = Draft.objects.filter(task_id=task_id, member_id=context.actor_id).first()
    if theirs is None or theirs.version == base:
        raise TaskNotHeld
    shown, digest = open_draft(context, theirs.id, theirs.version, theirs.body)
    deliver(context, Verb.DRAFT_DELIVERED, object_kind="draft", objects=[(theirs.id, digest)])
    return SavedDraft(theirs.version, shown)
