"""What a process remembers of the items that it delivered saves a statement, and decides nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from annotation.errors import AnswerInvalid, TaskNotHeld
from annotation.models import Submission
from annotation.services import known_tasks
from annotation.services.known_tasks import KnownTask, recall_task, remember_task
from annotation.services.set_schema import set_schema
from annotation.services.statements import short
from annotation.services.submit_task import PROJECT_OF, SUBMIT
from ringfence.kernel.context import acting
from tests.annotation.doing import submit
from tests.annotation.making import GLAD, SAD, SCHEMA, Work, hold_since, new_work
from tests.annotation.queueing import take
from tests.world import Someone, Workspace


@contextmanager
def asked() -> Iterator[list[str]]:
    """Collect the names of the two statements of a submission, as they are run."""
    names = {short(PROJECT_OF): "project", short(SUBMIT): "submit"}
    seen: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if sql in names:
            seen.append(names[sql])
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield seen


def kept(work: Work, task: UUID) -> Submission:
    with acting(work.workspace.context()):
        return Submission.objects.get(task_id=task)


def one_taken(workspace: Workspace, text: str = "hello") -> tuple[Work, Someone, UUID]:
    work = new_work(workspace)
    me = work.labeler()
    (task,) = work.add(text)
    assert take(me, work) == [task]
    return work, me, task


def change_schema(work: Work, *options: str) -> None:
    owner = work.workspace.context()
    question = SCHEMA["questions"][0] | {"options": [{"id": each, "text": each} for each in options]}  # type: ignore[index]
    with acting(owner):
        set_schema(owner, project_id=work.project_id, schema=SCHEMA | {"questions": [question]})


def test_an_answer_to_what_was_delivered_here_is_one_statement(acme: Workspace) -> None:
    work, me, task = one_taken(acme)
    with asked() as statements:
        submit(me, task)
    assert statements == ["submit"]
    assert kept(work, task).project_id == work.project_id


def test_an_answer_to_what_another_process_delivered_asks_first(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, me, task = one_taken(acme)
    monkeypatch.setattr(known_tasks, "_known", {})
    with asked() as statements:
        submit(me, task)
    assert statements == ["project", "submit"]


def test_without_a_named_version_the_newest_counts_all_the_same(acme: Workspace) -> None:
    work, me, task = one_taken(acme)
    change_schema(work, "glad", "sad", "mixed")
    with asked() as statements:
        submit(me, task, GLAD)
    assert statements == ["submit", "project", "submit"]
    assert kept(work, task).schema_version == 2


def test_an_answer_that_only_the_newest_version_knows_is_taken(acme: Workspace) -> None:
    work, me, task = one_taken(acme)
    change_schema(work, "glad", "sad", "mixed")
    submit(me, task, {"mood": "mixed"})
    assert kept(work, task).schema_version == 2


def test_an_answer_that_the_newest_version_knows_no_more_is_refused(acme: Workspace) -> None:
    work, me, task = one_taken(acme)
    change_schema(work, "glad", "mixed")
    with pytest.raises(AnswerInvalid):
        submit(me, task, SAD)
    # Named, the version that it was made under counts.
    submit(me, task, SAD, schema_version=1)
    assert kept(work, task).schema_version == 1


def test_a_receipt_commits_to_no_more_than_the_item_was_held(acme: Workspace) -> None:
    work, me, task = one_taken(acme)
    with asked() as statements:
        submit(me, task, lead_ms=3_600_000, active_ms=3_600_000)
    assert statements == ["submit", "project", "submit"]
    assert kept(work, task).active_ms < 600_000


def test_time_that_fits_into_the_lease_costs_no_second_look(acme: Workspace) -> None:
    work, me, task = one_taken(acme)
    hold_since(work.workspace.context(), timedelta(minutes=5), task)
    with asked() as statements:
        submit(me, task, lead_ms=200_000, active_ms=100_000)
    assert statements == ["submit"]
    assert (kept(work, task).lead_ms, kept(work, task).active_ms) == (200_000, 100_000)


def test_a_wrong_memory_puts_no_answer_into_another_project(acme: Workspace) -> None:
    work, me, task = one_taken(acme)
    other = new_work(acme)
    remember_task(me.context, task, KnownTask(other.project_id, 1))
    submit(me, task)
    assert kept(work, task).project_id == work.project_id


def test_a_tenant_recalls_its_own_items_only(acme: Workspace, rival: Workspace) -> None:
    work, me, task = one_taken(acme)
    assert recall_task(me.context, task) == KnownTask(work.project_id, 1)
    theirs = new_work(rival).labeler()
    assert recall_task(theirs.context, task) is None
    with pytest.raises(TaskNotHeld):
        submit(theirs, task)
