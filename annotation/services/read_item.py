"""One item with the answers that it wants and has, opened: two deliveries, in the log before it leaves."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import Q

from annotation.access import reach_project
from annotation.labels.answer import decode_answer
from annotation.labels.item import decode_item
from annotation.labels.schema import LabelSchema
from annotation.models import Slot, Submission, Task
from annotation.services.read_schema import schema_of
from annotation.values import Priority, ProjectRight, SlotState, priority_of
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class WantedAnswer:
    """One wanted answer of an item, and where it is: open, kept for somebody, in work, or given."""

    n: int
    state: SlotState
    priority: Priority | None
    reserved_for: UUID | None
    member_id: UUID | None
    lease_ends: datetime | None


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One answer as managers read it: in source names, with the label schema that it was given under."""

    submission_id: UUID
    member_id: UUID
    submitted_at: datetime
    active_ms: int
    schema_version: int
    schema: LabelSchema | None = field(repr=False)
    answer: dict[str, Any] = field(repr=False)
    shown: tuple[str, ...] = field(repr=False)
    """The source names of what the labeler saw as A, B, …"""
    returned_at: datetime | None
    """When it was returned; None as well for one that was upheld since."""
    upheld: bool


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """One item with its wanted answers and the answers given, opened."""

    task_id: UUID
    seq: int
    external_id: str | None
    fields: dict[str, Any] = field(repr=False)
    wanted: tuple[WantedAnswer, ...]
    given: tuple[GivenAnswer, ...] = field(repr=False)

    @property
    def is_open(self) -> bool:
        """Say whether an answer is still to be given."""
        return any(each.state is not SlotState.ANSWERED for each in self.wanted)


# What its giver took back was never meant to be read; what a manager returned was.
_READABLE = Q(withdrawn_at__isnull=True) | Q(returned_at__isnull=False)


def read_item(context: TenantContext, *, project_id: UUID, task_id: UUID) -> ItemDetail:
    """Return the item, and its answers with the newest first.

    Raises `NotFound` for a project or an item of it that is absent, another tenant's, or not theirs to read.
    """
    reach_project(context, project_id, ProjectRight.MANAGE, ProjectRight.READ)
    task = Task.objects.filter(project_id=project_id, id=task_id).first()
    if task is None:
        raise NotFound("item")
    clear = context.keyring.open(task.payload, field=Task.payload, row=task.id)
    item = decode_item(clear)
    deliver(context, Verb.ITEM_DELIVERED, object_kind="item", objects=[(task.id, sha256(clear).digest())])
    return ItemDetail(
        task.id,
        task.seq,
        item.external_id,
        item.fields,
        tuple(
            WantedAnswer(
                slot.n,
                SlotState(slot.state),
                None if slot.state == SlotState.ANSWERED else priority_of(slot.lane),
                slot.reserved_for if slot.state == SlotState.OPEN else None,
                slot.labeler_id,
                slot.lease_ends,
            )
            for slot in Slot.objects.filter(task_id=task_id).order_by("n")
        ),
        _given(context, project_id, task_id),
    )


def _given(context: TenantContext, project_id: UUID, task_id: UUID) -> tuple[GivenAnswer, ...]:
    answers, objects = [], []
    rows = Submission.objects.filter(_READABLE, task_id=task_id).defer("work_openings", "receipt")
    for row in rows.order_by("-submitted_at", "-id"):
        clear = context.keyring.open(row.answer, field=Submission.answer, row=row.id)
        stored = decode_answer(clear)
        objects.append((row.id, sha256(clear).digest()))
        answers.append(
            GivenAnswer(
                row.id,
                row.labeler_id,
                row.submitted_at,
                row.active_ms,
                row.schema_version,
                schema_of(context, project_id=project_id, version=row.schema_version),
                dict(stored.answer),
                tuple(stored.shown),
                row.returned_at if row.is_returned else None,
                row.returned_at is not None and not row.is_returned,
            )
        )
    if objects:
        deliver(context, Verb.ANSWER_DELIVERED, object_kind="answer", objects=objects)
    return tuple(answers)
