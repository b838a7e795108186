"""Writes one batch of rows: items, their wanted answers and nothing twice, in the caller's transaction."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from annotation.formats.rows import Row
from annotation.models import Task
from annotation.values import DEFAULT_LANE, size_class
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7

# NO KEY: labelers' marks and answers refer to the project, and must not wait for an import. The lock
# makes `seq` grow with commits: a batch committed late with lower numbers would lie behind labelers' marks.
_LOCK_PROJECT = "select next_seq, overlap from annotation_project where id = %s for no key update"
# One probe of the unique index for each id: as `= any(…)` or a join, the planner reads the whole project
# instead, since it has no statistics of a table that is being filled (200 ms a batch at 20,000 items).
_KNOWN = """
select g.blind from unnest(%b::bytea[]) g(blind) cross join lateral (
    select from annotation_task t where t.project_id = %s::uuid and t.external_blind = g.blind limit 1) found
"""
_MOVE_SEQ = "update annotation_project set next_seq = %s where id = %s"
_ADD_TASKS = """
insert into annotation_task (tenant_id, id, project_id, import_job_id, seq, external_blind, payload, size_class)
select %s::uuid, g.id, %s::uuid, %s::uuid, %s::bigint + g.place - 1, g.blind, g.payload, g.size
  from unnest(%b::uuid[], %b::bytea[], %b::bytea[], %b::int4[]) with ordinality as g(id, blind, payload, size, place)
"""
_ADD_SLOTS = """
insert into annotation_slot (tenant_id, project_id, task_id, n, lane, seq, state)
select %s::uuid, %s::uuid, g.id, n, %s::smallint, %s::bigint + g.place - 1, 0
  from unnest(%b::uuid[]) with ordinality as g(id, place) cross join generate_series(0, %s::integer - 1) n
 order by g.place, n
"""


class Added(NamedTuple):
    """What a batch did. `same` counts rows whose external id the project had already."""

    rows: int
    same: int
    first_seq: int


def add_batch(context: TenantContext, *, project_id: UUID, job_id: UUID, rows: Sequence[Row]) -> Added:
    """Add `rows` to the project's queue in their order, under the project's import lock.

    Everything of a batch commits with the caller's transaction: no item without its slots, no slot
    that could be taken before the whole batch is there.
    """
    blind = context.keyring.blinder(field=Task.external_blind)
    blinds = [None if row.external_id is None else blind(row.external_id) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_PROJECT, [project_id])
        first_seq, overlap = cursor.fetchone()
        given = [value for value in blinds if value is not None]
        seen: set[bytes] = set()
        if given:
            cursor.execute(_KNOWN, [given, project_id])
            seen = {bytes(found) for (found,) in cursor.fetchall()}
        fresh = []
        for row, value in zip(rows, blinds, strict=True):
            if value is not None:
                if value in seen:
                    continue
                seen.add(value)
            fresh.append((row, value))
        if fresh:
            seal = context.keyring.sealer(field=Task.payload, unit=project_id).seal
            ids = [uuid7() for _ in fresh]
            bodies = [row.payload for row, _ in fresh]
            sealed = [seal(task_id, body) for task_id, body in zip(ids, bodies, strict=True)]
            tenant = context.tenant_id
            cursor.execute(
                _ADD_TASKS,
                [tenant, project_id, job_id, first_seq, ids, [value for _, value in fresh], sealed,
                 [size_class(len(body)) for body in bodies]],
            )  # fmt: skip
            cursor.execute(_ADD_SLOTS, [tenant, project_id, DEFAULT_LANE, first_seq, ids, overlap])
            cursor.execute(_MOVE_SEQ, [first_seq + len(fresh), project_id])
    return Added(len(fresh), len(rows) - len(fresh), first_seq)
