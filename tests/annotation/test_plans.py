"""What the labeling path's statements read, asked as the application's role under its policies, in a full queue.

A plan seen as superuser means nothing: under row-level security only leakproof conditions become index conditions.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from annotation.models import Mark, MemberSkill, PersonCount, Skill, Slot, Submission
from annotation.models import Skip as SkipRow
from annotation.services.beat import beat
from annotation.services.set_skills import set_project_skills
from annotation.services.take_tasks import take_tasks
from annotation.values import DEFAULT_LANE, SkipReason, SlotState
from ringfence.kernel.context import acting
from ringfence.kernel.ids import uuid7
from tests.annotation.doing import change, reopen, reserve, save, skip, submit
from tests.annotation.making import new_work
from tests.annotation.queueing import take
from tests.stack import Stack
from tests.world import new_workspace

GROUP = 400
SKILLS = 150
# Tables that grow with the work; of the others PostgreSQL rightly reads a page where that is cheaper.
LARGE = ("annotation_slot", "annotation_task", "annotation_skip", "annotation_memberskill")
MOST_READ = 40
"""Rows that one statement may look at: a few probes for each item and table, in a queue of 2,000."""

TOLD = ("Node Type", "Relation Name", "Index Cond", "Filter", "Actual Rows", "Actual Loops")

Node = dict[str, Any]


class Full:
    """A project with a cap and skills, in which each group of items is something else to `me`."""

    def __init__(self) -> None:
        workspace = new_workspace("full")
        self.work = work = new_work(workspace)
        self.me, self.colleague = work.labeler(), work.labeler(1)
        tasks = work.add(*(f"text {n}" for n in range(5 * GROUP)))
        self.answered, self.kept, self.passed, self.out, self.free = (
            tasks[n * GROUP : (n + 1) * GROUP] for n in range(5)
        )
        owner = workspace.context()
        with acting(owner):
            slots = Slot.objects.filter(project_id=work.project_id)
            slots.filter(task_id__in=self.answered).update(
                state=SlotState.ANSWERED, labeler_id=self.me.member_id
            )
            slots.filter(task_id__in=self.kept).update(reserved_for=self.colleague.member_id)
            slots.filter(task_id__in=self.passed).update(lane=DEFAULT_LANE - 1)
            slots.filter(task_id__in=self.out).update(
                state=SlotState.LEASED,
                labeler_id=self.colleague.member_id,
                epoch=0,
                taken_at=timezone.now(),
                lease_ends=timezone.now() + timedelta(hours=1),
            )
            SkipRow.objects.bulk_create(
                SkipRow(
                    project_id=work.project_id,
                    task_id=task,
                    n=0,
                    member_id=self.me.member_id,
                    reason=SkipReason.UNCLEAR,
                    keeps_away=True,
                    at=timezone.now(),
                )
                for task in self.passed
            )
            self._marked(self.answered[-1], DEFAULT_LANE)
            self._marked(self.passed[-1], DEFAULT_LANE - 1)
            PersonCount.objects.create(
                project_id=work.project_id, labeler_id=self.me.member_id, given=GROUP, active_ms=0
            )
        self._skilled()
        change(work, most_per_person=10 * GROUP)

    def _marked(self, task: UUID, lane: int) -> None:
        seq = Slot.objects.get(task_id=task).seq
        Mark.objects.create(project_id=self.work.project_id, labeler_id=self.me.member_id, lane=lane, seq=seq)

    def _skilled(self) -> None:
        owner = self.work.workspace.context()
        with acting(owner):
            skills = [uuid7() for _ in range(SKILLS)]
            Skill.objects.bulk_create(
                Skill(
                    id=skill,
                    name=owner.keyring.seal(b"French", field=Skill.name, row=skill),
                    created_at=timezone.now(),
                )
                for skill in skills
            )
            MemberSkill.objects.bulk_create(
                MemberSkill(skill_id=skill, member_id=who.member_id)
                for skill in skills
                for who in (self.me, self.colleague)
            )
            set_project_skills(owner, project_id=self.work.project_id, skills=skills[:3])


@pytest.fixture(scope="module")
def full(stack: Stack) -> Full:
    """A full queue, with statistics as autovacuum keeps them."""
    full = Full()
    with psycopg.connect(stack.cluster.superuser_url("cell"), autocommit=True) as raw:
        raw.execute("analyze")
    return full


def flat(node: Node) -> Iterator[Node]:
    """Give a plan's nodes."""
    yield node
    for child in node.get("Plans", []):
        yield from flat(child)


@contextmanager
def watched() -> Iterator[list[list[Node]]]:
    """Collect the plans of the queue's statements as services send them: each runs once to be read, and is undone."""
    seen: list[list[Node]] = []

    def look(execute: Callable[..., Any], sql: Any, params: Any, many: bool, more: dict[str, Any]) -> Any:
        if "annotation_slot" in str(sql):
            raw = more["cursor"].connection
            assert raw.execute("select current_user").fetchone() == ("rf_app",)
            raw.execute("savepoint look")
            (plan,) = raw.execute(f"explain (analyze, format json) {sql}", params).fetchone()
            raw.execute("rollback to savepoint look")
            seen.append(list(flat(plan[0]["Plan"])))
        return execute(sql, params, many, more)

    connection.ensure_connection()
    with connection.execute_wrapper(look):
        yield seen


def rows_read(nodes: list[Node]) -> int:
    """Count the rows of large tables that a statement's scans looked at, kept or not."""
    return sum(
        round(
            node["Actual Loops"]
            * (
                node["Actual Rows"]
                + node.get("Rows Removed by Filter", 0)
                + node.get("Rows Removed by Index Recheck", 0)
            )
        )
        for node in nodes
        if "Scan" in node["Node Type"] and node.get("Relation Name") in LARGE
    )


def conditions(nodes: list[Node], table: str) -> list[str]:
    """Return the index conditions by which a table is read, the row policy's own included."""
    return [node.get("Index Cond", "") for node in nodes if node.get("Relation Name") == table]


def hold(seen: list[list[Node]], *, least: int = 1) -> list[list[Node]]:
    """Fail unless each statement read a few rows and went through no large table."""
    assert len(seen) >= least
    for nodes in seen:
        scans = [[n.get(key) for key in TOLD] for n in nodes if "Scan" in n["Node Type"]]
        assert not [one for one in scans if one[0] == "Seq Scan" and one[1] in LARGE], scans
        assert rows_read(nodes) <= MOST_READ, scans
    return seen


def test_the_watch_sees_a_table_that_is_looked_through(full: Full) -> None:
    owner = full.work.workspace.context()
    with acting(owner), watched() as seen:
        Slot.objects.filter(lease_ends__isnull=True, taken_at__isnull=True).count()
    with pytest.raises(AssertionError):
        hold(seen)


def test_take_passes_by_what_is_answered_kept_for_others_skipped_and_out(full: Full) -> None:
    with watched() as seen:
        assert take(full.me, full.work, 3) == full.free[:3]
    take_plans = hold(seen, least=3)
    for nodes in take_plans:
        heads = [node for node in nodes if node.get("Index Name") == "slot_open"]
        assert len(heads) == 1
        for part in ("tenant_id =", "project_id =", "lane = lane", "seq > lane"):
            assert part in heads[0]["Index Cond"]
        # What is kept for a person, and what they put aside, each by the index that is made for it.
        reserved = [node["Index Cond"] for node in nodes if node.get("Index Name") == "slot_reserved"]
        assert len(reserved) == 2
        assert all("reserved_for =" in cond and "lane" in cond for cond in reserved)
        # The cap: what was given is one probe, what is held comes by person.
        (held,) = (node["Index Cond"] for node in nodes if node.get("Index Name") == "slot_held")
        assert "labeler_id =" in held
        assert all("member_id =" in cond for cond in conditions(nodes, "annotation_memberskill"))
        assert all(
            "task_id =" in cond and "member_id =" in cond for cond in conditions(nodes, "annotation_skip")
        )


def test_take_finds_what_is_kept_for_somebody_among_all_that_is_kept(full: Full) -> None:
    mine = full.free[-1]
    assert reserve(full.work, full.me, mine) == [mine]
    with watched() as seen:
        assert take(full.me, full.work) == [mine]
    hold(seen)


def test_a_labelers_day_reads_a_few_rows_at_a_time(full: Full) -> None:
    me, work = full.me, full.work
    one, two = take(me, work, 2)
    with watched() as seen:
        take_tasks(me.context, project_id=work.project_id, count=2, resume=True)
        context = me.context
        with acting(context):
            assert len(beat(context, project_id=work.project_id, tasks=[one, two]).held) == 2
        save(me, one, 0)
        submit(me, one)
        reopen(me, one)
        submit(me, one)
        skip(me, two)
        reopen(me, two)
    hold(seen, least=8)
    with acting(work.workspace.context()):
        assert Submission.objects.filter(task_id=one, withdrawn_at=None).count() == 1


def test_a_manager_keeps_items_for_somebody_by_their_ids(full: Full) -> None:
    wanted = full.free[50:53]
    with watched() as seen:
        assert sorted(reserve(full.work, full.colleague, *wanted)) == sorted(wanted)
    hold(seen)
