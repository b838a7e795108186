"""How an import finds what the project has already, in a table of which the planner knows nothing yet."""

import psycopg
from django.db import connection

from annotation.services.import_batch import _KNOWN, _NO_SORT
from ringfence.kernel.context import acting
from tests.annotation.making import new_work
from tests.stack import Stack
from tests.world import Workspace

FORGET = """
select pg_clear_attribute_stats('public', 'annotation_task', attname, false) from pg_attribute
 where attrelid = 'annotation_task'::regclass and attnum > 0
"""


def test_known_ids_are_looked_up_in_their_own_index_without_statistics(acme: Workspace, stack: Stack) -> None:
    work = new_work(acme)
    for batch in range(6):
        work.add(*(f"text {batch} {n}" for n in range(2_000)))
    with psycopg.connect(stack.cluster.superuser_url("cell"), autocommit=True) as cell:
        cell.execute("select pg_clear_relation_stats('public', 'annotation_task')")
        cell.execute(FORGET)
        with acting(acme.context()), connection.cursor() as cursor:
            cursor.execute(_NO_SORT, ["off"])
            cursor.execute("explain " + _KNOWN, [[b"\x00" * 16], work.project_id])
            plan = "\n".join(line for (line,) in cursor.fetchall())
        cell.execute("analyze annotation_task")
    assert "one_task_for_each_external_id" in plan, plan
    assert "one_task_at_each_place" not in plan, plan
