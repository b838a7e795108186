"""Take the next items of a project's queue: leased, opened and logged in one unit of work."""

from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError

from annotation.access import permission_id
from annotation.errors import NoSchema, QueueBusy
from annotation.labels.item import decode_item, encode_shown, show_item
from annotation.models import Task
from annotation.services import statements
from annotation.services.known_tasks import KnownTask, remember_task
from annotation.services.open_draft import open_draft
from annotation.services.queue_sql import FORGET_MARKS, HELD, ONE_AT_A_TIME, TAKE
from annotation.services.read_schema import schema_of
from annotation.services.why_empty import why_empty
from annotation.values import LANES, LAST_LANE, MOST_TAKEN_AT_ONCE, ProjectRight, Taken, TaskToLabel
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting_in_pipeline
from ringfence.kernel.errors import Invalid

ATTEMPTS = 8
DEADLOCK = "40P01"


class _OneAtATime(Exception):
    """The project has a cap: requests of one person queue, so that two together do not pass it."""


def take_tasks(context: TenantContext, *, project_id: UUID, count: int = 1, resume: bool = False) -> Taken:
    """Return up to `count` items for the actor, never one they had before; `resume` gives held ones first.

    Opens its own units of work. One delivery event covers all items, and is committed with the leases
    before anything is returned. With nothing to give, the result says why.

    Raises:
        NotFound: the project is absent or another tenant's.
        Invalid: `count` is not 1 to 50.
        QueueBusy: requests of the same person met, again and again.
    """
    if not 1 <= count <= MOST_TAKEN_AT_ONCE:
        raise Invalid(f"take 1 to {MOST_TAKEN_AT_ONCE} items at once", field="count")
    for attempt in range(ATTEMPTS):
        try:
            with acting_in_pipeline(context):
                if attempt:
                    # Once requests of one person have met, they queue: a wait is cheaper than a collision.
                    statements.run(ONE_AT_A_TIME, {"whose": f"{project_id}{context.actor_id}"})
                return _take(context, project_id, count, resume, alone=bool(attempt))
        except _OneAtATime:
            continue
        except IntegrityError:
            # The unique index on (task, person): another request of this person took the same item's
            # other slot. The index guarantees it, the query only makes it rare.
            continue
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != DEADLOCK:
                raise
    raise QueueBusy


def _take(context: TenantContext, project_id: UUID, count: int, resume: bool, *, alone: bool) -> Taken:
    values: dict[str, Any] = {
        "project": project_id,
        "me": context.actor_id,
        "epoch": context.epoch,
        "lanes": list(LANES),
        "last": LAST_LANE,
        "label": permission_id(ProjectRight.LABEL),
        "count": count,
    }
    taken = statements.rows(HELD, values) if resume else []
    # One statement for each item: it sees what the one before it took, so that two slots of one item
    # are never given to one person.
    forgot = False
    while len(taken) < count:
        row = statements.one(TAKE, values)
        if row is not None:
            if row[-1] and not alone:
                raise _OneAtATime
            taken.append(row)
        elif taken or forgot:
            break
        else:
            # A mark is a hint, never a truth: without marks the whole queue is looked through, once.
            statements.run(FORGET_MARKS, values)
            forgot = True
    if not taken:
        return Taken((), why_empty(values), "")
    return deliver_tasks(context, project_id, taken)


def deliver_tasks(context: TenantContext, project_id: UUID, taken: list[tuple[Any, ...]]) -> Taken:
    """Open items that the actor holds, with their drafts, as one delivery. `taken` are rows of TAKE."""
    tasks, digests, drafts = [], [], {}
    for task_id, payload, lease_ends, schema_version, *draft, _ in taken:
        if draft[0] is not None:
            drafts[task_id], digest = open_draft(context, *draft)
            digests.append((draft[0], digest))
        item = decode_item(context.keyring.open(bytes(payload), field=Task.payload, row=task_id))
        schema = schema_of(context, project_id=project_id, version=schema_version)
        if schema is None:
            raise NoSchema
        remember_task(context, task_id, KnownTask(project_id, schema_version))
        shown = show_item(schema, item, task_id=task_id, labeler_id=context.actor_id)
        digests.append((task_id, sha256(encode_shown(shown)).digest()))
        tasks.append(
            TaskToLabel(task_id, shown.fields, lease_ends, schema_version, shown.candidates, shown.problem)
        )
    receipt = deliver(context, Verb.TASK_DELIVERED, object_kind="task", objects=digests)
    if drafts:
        tasks = [replace(task, draft=drafts.get(task.task_id)) for task in tasks]
    return Taken(tuple(tasks), None, receipt.header)
