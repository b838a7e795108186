"""Writes one batch of rows: items, their wanted answers and nothing twice, in the caller's transaction."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from annotation.formats.rows import Row
from annotation.models import Task
from annotation.values import size_class
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7

# NO KEY: labelers' marks and answers refer to the project, and must not wait for an import. The lock
# makes `seq` grow with commits: a batch committed late with lower numbers would lie behind labelers' marks.
_LOCK_PROJECT = "select next_seq, overlap from annotation_project where id = %s for no key update"
# One probe of the unique index for each id. As `= any(…)` or a join, the planner reads the whole project instead,
# since it has no statistics of a table that is being filled (200 ms a batch at 20,000 items); by `=` alone it takes
# the index of places for as good, and reads the project once for every id (10 s a batch at 12,000 items). The order
# is asked for, and sorting ruled out, because the unique index alone has it.
_NO_SORT = "select set_config('enable_sort', %s, true)"
_KNOWN = """
select g.blind from unnest(%b::bytea[]) g(blind) cross join lateral (
    select from annotation_task t
     where t.project_id = %s::uuid and t.external_blind >= g.blind and t.external_blind <= g.blind
     order by t.external_blind limit 1) found
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


class Prepared(NamedTuple):
    """One row, ready to be inserted: what costs processor time is done before the project is locked."""

    task_id: UUID
    blind: bytes | None
    sealed: bytes
    size: int


def preparer(context: TenantContext, project_id: UUID) -> Callable[[Row], Prepared]:
    """Return the function that prepares rows of this project; good for 30 s. Inside a unit of work."""
    blind = context.keyring.blinder(field=Task.external_blind)
    seal = context.keyring.sealer(field=Task.payload, unit=project_id).seal

    def prepare(row: Row) -> Prepared:
        _, identity, payload, _ = row
        task_id = uuid7()
        mark = None if identity is None else blind(identity)
        return Prepared(task_id, mark, seal(task_id, payload), size_class(len(payload)))

    return prepare


def add_batch(
    context: TenantContext,
    *,
    project_id: UUID,
    job_id: UUID,
    rows: Sequence[Prepared],
    lane: int,
    meanwhile: Callable[[], None],
) -> Added:
    """Add `rows` to the project's queue in their order, under the project's import lock.

    Everything of a batch commits with the caller's transaction: no item without its slots, no slot
    that could be taken before the whole batch is there. While PostgreSQL inserts, `meanwhile` runs.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_PROJECT, [project_id])
        first_seq, overlap = cursor.fetchone()
        given = [row.blind for row in rows if row.blind is not None]
        seen: set[bytes] = set()
        if given:
            cursor.execute(_NO_SORT, ["off"])
            cursor.execute(_KNOWN, [given, project_id])
            seen = {bytes(found) for (found,) in cursor.fetchall()}
            cursor.execute(_NO_SORT, ["on"])
        fresh = []
        for row in rows:
            if row.blind is not None:
                if row.blind in seen:
                    continue
                seen.add(row.blind)
            fresh.append(row)
        if fresh:
            ids, blinds, sealed, sizes = (list(column) for column in zip(*fresh, strict=True))
            tenant = context.tenant_id
            # A pipeline sends without waiting; leaving it waits, and raises what went wrong.
            with connection.wrap_database_errors, connection.connection.pipeline():
                cursor.execute(
                    _ADD_TASKS, [tenant, project_id, job_id, first_seq, ids, blinds, sealed, sizes]
                )
                cursor.execute(_ADD_SLOTS, [tenant, project_id, lane, first_seq, ids, overlap])
                cursor.execute(_MOVE_SEQ, [first_seq + len(fresh), project_id])
                meanwhile()
    return Added(len(fresh), len(rows) - len(fresh), first_seq)
