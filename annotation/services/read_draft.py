"""Give somebody the draft that they entered for an item: a delivery."""

from uuid import UUID

from annotation.models import Draft, ProjectGrant
from annotation.services.open_draft import open_draft
from annotation.values import ProjectRight, RestoredDraft
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound


def read_draft(context: TenantContext, *, task_id: UUID) -> RestoredDraft:
    """Return the actor's own draft; also after the item was lost, while they label in the project.

    Raises `NotFound` for none, a colleague's or another tenant's.
    """
    draft = Draft.objects.filter(task_id=task_id, member_id=context.actor_id).first()
    if draft is None or not _labels_there(context, draft):
        raise NotFound("draft")
    shown, digest = open_draft(context, draft.id, draft.version, draft.body)
    deliver(context, Verb.DRAFT_DELIVERED, object_kind="draft", objects=[(draft.id, digest)])
    return shown


def _labels_there(context: TenantContext, draft: Draft) -> bool:
    return bool(
        ProjectGrant.objects.filter(
            content_object_id=draft.project_id,
            user_id=context.actor_id,
            permission__codename=ProjectRight.LABEL.value,
        ).exists()
    )
