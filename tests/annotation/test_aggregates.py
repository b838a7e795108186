"""Sealed aggregates: exactly what stands, nothing twice, nothing in clear; somebody's side is called out."""

import random
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from annotation.labels.item import encode_item
from annotation.models import AggregateCursor, ProjectAggregate, Slot, Submission, Task
from annotation.services import keep_aggregates as keeping
from annotation.services.keep_aggregates import keep_aggregates
from annotation.services.read_aggregates import read_aggregates
from annotation.services.set_schema import set_schema
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.values import Aggregates, size_class
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Purpose, Role
from tests.annotation.conftest import Logged
from tests.annotation.making import GLAD, SAD, Work, new_work
from tests.world import Someone, Workspace

AT_ONCE = timedelta(seconds=-5)
"""Counts what was answered just now: in a test nobody's unit of work is open."""

PAIR = {
    "version": 1,
    "item": {"prompt": "text"},
    "candidates": {"of": ["left", "right"], "as": "text"},
    "questions": [{"id": "better", "type": "preference", "text": "Which is better?"}],
}


def answer_all(someone: Someone, work: Work, *answers: dict[str, object]) -> list[UUID]:
    """Answer one item with each; return the items."""
    done = []
    for answer in answers:
        (task,) = take_tasks(someone.context, project_id=work.project_id).tasks
        submit_task(someone.context, task_id=task.task_id, answer=answer)
        done.append(task.task_id)
    return done


def pairs(workspace: Workspace, n: int) -> Work:
    """Make a project in which two candidates are compared, with `n` items for two people each."""
    work = new_work(workspace, schema=False)
    owner = workspace.context()
    with acting(owner):
        set_schema(owner, project_id=work.project_id, schema=PAIR)
        sealer = owner.keyring.sealer(field=Task.payload, unit=work.project_id)
        for seq in range(1, n + 1):
            task_id, fields = uuid7(), {"prompt": "Say hello", "left": "Hello", "right": "Goodbye"}
            payload = sealer.seal(task_id, encode_item(fields))
            Task.objects.create(
                id=task_id, project_id=work.project_id, seq=seq, payload=payload, size_class=size_class(100)
            )
            Slot.objects.bulk_create(
                Slot(task_id=task_id, n=k, project_id=work.project_id, seq=seq) for k in range(2)
            )
    return work


def keep(workspace: Workspace) -> int:
    """Count as the worker does, in the platform's own context."""
    return keep_aggregates(workspace.service(Purpose.JOB), settled=AT_ONCE)


def read(context: TenantContext, work: Work) -> Aggregates:
    """Open what was counted."""
    with acting(context):
        return read_aggregates(context, project_id=work.project_id)


def withdraw(workspace: Workspace, *task_ids: UUID) -> None:
    """Let answers have been taken back."""
    with acting(workspace.context()):
        assert Submission.objects.filter(task_id__in=task_ids).update(withdrawn_at=timezone.now())


def test_answers_are_counted_once_and_withdrawn_ones_taken_out(acme: Workspace) -> None:
    work = new_work(acme)
    work.add(*"abcde")
    labeler = work.labeler()
    first = answer_all(labeler, work, GLAD, GLAD, SAD)
    assert keep(acme) == 3
    assert keep(acme) == 0
    assert read(acme.context(), work).labels == {"mood": {"glad": 2, "sad": 1}}
    withdraw(acme, first[0], first[2])
    answer_all(labeler, work, GLAD)
    assert keep(acme) == 3
    seen = read(acme.context(), work)
    assert seen.labels == {"mood": {"glad": 2}}
    assert sum(seen.times["hours"].values()) == sum(seen.times["days"].values()) == 2
    assert keep(acme) == 0


def test_one_that_is_withdrawn_before_it_was_counted_counts_nothing(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("a")
    withdraw(acme, *answer_all(work.labeler(), work, GLAD))
    assert keep(acme) == 2
    assert read(acme.context(), work).labels == {}


def test_what_may_still_be_uncommitted_waits(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("a")
    answer_all(work.labeler(), work, GLAD)
    assert keep_aggregates(acme.service(Purpose.JOB)) == 0
    assert keep(acme) == 1


def test_a_crash_in_the_middle_counts_nothing_twice(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    work = new_work(acme)
    work.add(*"abcdefg")
    answer_all(work.labeler(), work, *[GLAD] * 7)
    monkeypatch.setattr(keeping, "MOST_AT_ONCE", 2)
    seals = count()
    seal_up = keeping._Tallies.keep

    def dying(tallies: keeping._Tallies) -> None:
        seal_up(tallies)
        if next(seals) == 2:
            raise ConnectionResetError

    monkeypatch.setattr(keeping._Tallies, "keep", dying)
    with pytest.raises(ConnectionResetError):
        keep(acme)
    assert read(acme.context(), work).labels == {"mood": {"glad": 4}}
    assert keep(acme) == 3
    assert read(acme.context(), work).labels == {"mood": {"glad": 7}}


def test_another_worker_leaves_what_one_is_counting(acme: Workspace, rival: Workspace) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    work = new_work(acme)
    work.add("a", "b")
    labeler = work.labeler()
    answer_all(labeler, work, GLAD)
    keep(acme)
    answer_all(labeler, work, SAD)

    def second() -> int:
        try:
            return keep(acme)
        finally:
            connections.close_all()

    with acting(acme.service(Purpose.JOB)), ThreadPoolExecutor(1) as pool:
        AggregateCursor.objects.select_for_update().get()
        assert pool.submit(second).result() == 0
    assert keep(acme) == 1
    assert keep(rival) == 0


def test_an_answer_that_nobody_can_read_does_not_stop_the_rest(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("a", "b")
    broken, _whole = answer_all(work.labeler(), work, GLAD, SAD)
    with acting(acme.context()):
        other = Submission.objects.exclude(task_id=broken).get()
        Submission.objects.filter(task_id=broken).update(answer=bytes(other.answer))
    assert keep(acme) == 2
    assert read(acme.context(), work).labels == {"": {"unreadable": 1}, "mood": {"sad": 1}}


def test_whoever_always_picks_the_left_is_called_out_and_a_fair_labeler_is_not(acme: Workspace) -> None:
    work = pairs(acme, 40)
    chance = random.Random(11)
    left, fair = work.labeler(0), work.labeler(1)
    for _ in range(40):
        answer_all(left, work, {"better": {"better": "A"}})
        answer_all(fair, work, {"better": {"better": chance.choice("AB")}})
    assert keep(acme) == 80
    seen = read(acme.context(), work)
    people = {each.member_id: each for each in seen.people}
    assert (people[left.member_id].first, people[left.member_id].other) == (40, 0)
    assert people[left.member_id].called_out
    assert people[fair.member_id].decisions == 40
    assert not people[fair.member_id].called_out
    # The left of the screen is not one source: the order was another for each item.
    assert 5 < seen.labels["better"]["left"] < 75
    (everybody,) = seen.places
    assert everybody.decisions == 80
    assert everybody.first == 40 + people[fair.member_id].first


def test_opening_them_is_logged_and_nothing_is_where_nothing_was_counted(
    acme: Workspace, logged: Logged
) -> None:
    work = new_work(acme)
    assert read(acme.context(), work).updated_at is None
    assert logged(acme, "aggregate.delivered") == []
    work.add("a")
    answer_all(work.labeler(), work, GLAD)
    keep(acme)
    assert logged(acme, "aggregate.delivered") == []
    read(acme.context(), work)
    assert len(logged(acme, "aggregate.delivered")) == 1


def test_labelers_and_rivals_read_none_of_them(acme: Workspace, rival: Workspace) -> None:
    work = new_work(acme)
    work.add("a")
    labeler = work.labeler()
    answer_all(labeler, work, GLAD)
    keep(acme)
    for context in (labeler.context, rival.context(), acme.someone(Role.MANAGER).context):
        with acting(context), pytest.raises(NotFound):
            read_aggregates(context, project_id=work.project_id)
    with acting(rival.context()), connection.cursor() as cursor:
        assert not ProjectAggregate.objects.exists()
        cursor.execute("select count(*) from annotation_projectaggregate")
        assert cursor.fetchone() == (0,)


def test_no_label_stands_in_clear_and_an_older_body_does_not_fit(acme: Workspace) -> None:
    from ringfence.crypto.errors import CannotOpen

    work = new_work(acme)
    work.add("a", "b")
    labeler = work.labeler()
    answer_all(labeler, work, GLAD)
    keep(acme)
    with acting(acme.context()):
        old = {row.kind: bytes(row.body) for row in ProjectAggregate.objects.all()}
        assert not any(b"glad" in body or b"mood" in body for body in old.values())
    answer_all(labeler, work, SAD)
    keep(acme)
    with acting(acme.context()):
        for row in ProjectAggregate.objects.all():
            ProjectAggregate.objects.filter(id=row.id).update(body=old[row.kind])
    with pytest.raises(CannotOpen):
        read(acme.context(), work)
