"""Submit one answer: kept sealed, the slot closed and the log written in one statement, or nothing at all."""

from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError

from annotation.access import permission_id
from annotation.errors import AnswerDiffers, AnswerInvalid, TaskNotHeld
from annotation.labels.answer import StoredAnswer, check_answer, decode_answer, encode_answer
from annotation.labels.errors import Malformed
from annotation.labels.item import decode_item
from annotation.labels.order import shown_order, to_source
from annotation.models import Submission, Task
from annotation.services import statements
from annotation.services.known_tasks import recall_task
from annotation.services.queue_sql import ITEM_OF, PROJECT_OF, SUBMIT
from annotation.services.read_schema import schema_of
from annotation.services.work_openings import open_openings, seal_openings
from annotation.values import ProjectRight, Submitted
from audit.services.build_event import build_event
from audit.services.work_log import build_work
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting, acting_in_pipeline, current
from ringfence.kernel.ids import uuid7

MOST_LEAD_MS = 24 * 3600 * 1000


def submit_task(
    context: TenantContext,
    *,
    task_id: UUID,
    answer: object,
    lead_ms: int = 0,
    active_ms: int = 0,
    schema_version: int | None = None,
    idempotency_key: UUID | None = None,
) -> Submitted:
    """Accept the actor's answer to an item they hold, or held until nobody else took it.

    Opens its own unit of work. The same answer again returns the first receipt and writes nothing.
    `schema_version` is the one that the answer was made under; without it, the newest counts. Both times
    are what the client says, cut to how long the item was held; `active_ms` is without idle time.

    Raises:
        TaskNotHeld: the item is absent, another tenant's, a colleague's or lost; all alike.
        AnswerDiffers: another answer of this person to this item was accepted before.
        AnswerInvalid: the answer does not fit the schema.
    """
    try:
        with acting_in_pipeline(context):
            times = {"lead_ms": _within(lead_ms), "active_ms": _within(active_ms)}
            return _submit(context, task_id, answer, times, schema_version, idempotency_key)
    except IntegrityError:
        # Two requests of one person met at the unique index; the other one is committed by now.
        with acting(context):
            return _accepted_before(context, task_id, answer, idempotency_key)


def _submit(
    context: TenantContext,
    task_id: UUID,
    answer: object,
    times: dict[str, int],
    schema_version: int | None,
    idempotency_key: UUID | None,
) -> Submitted:
    whose = {"task": task_id, "me": context.actor_id, "epoch": context.epoch, "most_ms": MOST_LEAD_MS}
    sent = _Sent(whose, answer, times, idempotency_key)
    known = recall_task(context, task_id)
    if known is not None:
        # Delivered by this process: its project need not be asked for, and the statement checks all of it.
        version = known.schema_version if schema_version is None else schema_version
        newest = version if schema_version is None else None
        try:
            done = _keep(context, sent, known.project_id, version, newest, None)
        except AnswerInvalid:
            # Perhaps under a version that is not the newest any more; what follows knows.
            done = None
        if done is not None:
            return done
    found = statements.one(PROJECT_OF, whose)
    if found is None:
        raise TaskNotHeld
    project_id, newest, held_ms = found
    version = newest if schema_version is None else schema_version
    done = _keep(context, sent, project_id, version, None, held_ms or 0)
    return _accepted_before(context, task_id, answer, idempotency_key) if done is None else done


class _Sent(NamedTuple):
    """What the client sent, and for which item."""

    whose: dict[str, Any]
    answer: object
    times: dict[str, int]
    idempotency_key: UUID | None


def _keep(
    context: TenantContext,
    sent: _Sent,
    project_id: UUID,
    version: int,
    newest: int | None,
    held_ms: int | None,
) -> Submitted | None:
    """Write the answer by SUBMIT; None when it does not hold what the arguments say. Raises `AnswerInvalid`.

    `newest` is what the schema's newest version has to be, None for any; without `held_ms`, the item has to be
    held for as long as the client says that it was worked on.
    """
    task_id, times = sent.whose["task"], sent.times
    checked = _checked(context, project_id, task_id, version, sent.answer)
    plaintext = encode_answer(checked.answer, checked.shown)
    submission_id = uuid7()
    event = build_event(
        context,
        Verb.SUBMISSION_ACCEPTED,
        object_kind="task",
        object_id=task_id,
        detail={"submission": str(submission_id), "project": str(project_id)},
    )
    sealed = context.keyring.seal(plaintext, field=Submission.answer, row=submission_id, unit=project_id)
    worked_ms = min(times.values())
    receipted_ms = worked_ms if held_ms is None else min(worked_ms, held_ms)
    work = build_work(
        entry=submission_id,
        answer=sha256(plaintext).digest(),
        active_ms=receipted_ms,
        person=context.actor_id,
    )
    kept = statements.one(
        SUBMIT,
        {
            **sent.whose,
            "label": permission_id(ProjectRight.LABEL),
            "project": project_id,
            "newest": newest,
            "receipted_ms": receipted_ms,
            "id": submission_id,
            "answer": sealed,
            **times,
            "schema_version": version,
            "idempotency_key": sent.idempotency_key,
            "receipt": event.receipt.header,
            "event_id": event.id,
            "verb": event.verb.value,
            "object_kind": event.object_kind,
            "at": event.at,
            "leaf": event.leaf,
            "core": event.core,
            "pii": event.pii,
            "work_at": work.at,
            "work_leaf": work.leaf,
            "work_openings": seal_openings(context, submission_id, work.openings),
        },
    )
    if kept != (1,):
        return None
    current().receipts.append(event.receipt)
    return Submitted(
        submission_id, task_id, project_id, event.receipt.header, again=False, work=work.openings
    )


def _within(milliseconds: int) -> int:
    return min(max(milliseconds, 0), MOST_LEAD_MS)


def _accepted_before(
    context: TenantContext, task_id: UUID, answer: object, idempotency_key: UUID | None
) -> Submitted:
    mine = Submission.objects.filter(task_id=task_id, labeler_id=context.actor_id)
    first = mine.filter(withdrawn_at=None).first()
    if first is None and idempotency_key is not None:
        # Sent again by a client that does not know that its answer was taken back meanwhile.
        first = mine.filter(withdrawn_at__isnull=False, idempotency_key=idempotency_key).first()
    if first is None:
        raise TaskNotHeld
    before = context.keyring.open(first.answer, field=Submission.answer, row=first.id)
    if _checked(context, first.project_id, task_id, first.schema_version, answer) != decode_answer(before):
        raise AnswerDiffers
    return Submitted(
        first.id, task_id, first.project_id, first.receipt, again=True, work=open_openings(context, first)
    )


def _checked(
    context: TenantContext, project_id: UUID, task_id: UUID, version: int, answer: object
) -> StoredAnswer:
    """Return the answer in source names. The item is opened only for a schema that asks about its inside."""
    schema = schema_of(context, project_id=project_id, version=version)
    if schema is None:
        raise AnswerInvalid("this version of the label schema does not exist", field="schema_version")
    fields = _fields(context, task_id) if schema.needs_item else None
    try:
        checked = check_answer(schema, fields, answer)
    except Malformed as wrong:
        raise AnswerInvalid(str(wrong), field=wrong.where) from wrong
    if schema.candidates is None:
        return StoredAnswer(checked)
    sources = schema.candidates.sources(fields)
    order = shown_order(schema, sources, task_id=task_id, labeler_id=context.actor_id)
    return StoredAnswer(to_source(schema, checked, order), order)


def _fields(context: TenantContext, task_id: UUID) -> dict[str, Any]:
    found = statements.one(ITEM_OF, {"task": task_id, "me": context.actor_id})
    if found is None:
        raise TaskNotHeld
    return decode_item(context.keyring.open(bytes(found[0]), field=Task.payload, row=task_id)).fields
