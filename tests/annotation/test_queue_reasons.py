"""Why the queue gives nothing: each reason, seen by the person it is told to."""

import pytest

from annotation.errors import TaskNotHeld
from annotation.services.change_project import change_project
from annotation.services.submit_task import submit_task
from annotation.values import EmptyReason
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.annotation.making import GLAD, new_work
from tests.annotation.queueing import take, why
from tests.world import Workspace


class TestReasons:
    """Each way in which a queue is empty for somebody."""

    def test_not_assigned(self, acme: Workspace) -> None:
        assert why(acme.someone(Role.LABELER), new_work(acme)) is EmptyReason.NOT_ASSIGNED

    def test_no_schema(self, acme: Workspace) -> None:
        work = new_work(acme, schema=False)
        work.add("one")
        assert why(work.labeler(), work) is EmptyReason.NO_SCHEMA

    def test_no_items(self, acme: Workspace) -> None:
        work = new_work(acme)
        assert why(work.labeler(), work) is EmptyReason.NO_ITEMS

    @pytest.mark.parametrize(
        ("state", "reason"), [("paused", EmptyReason.PAUSED), ("closed", EmptyReason.CLOSED)]
    )
    def test_paused_and_closed(self, acme: Workspace, state: str, reason: EmptyReason) -> None:
        work = new_work(acme)
        one, _ = work.add("one", "two")
        someone = work.labeler()
        assert take(someone, work) == [one]
        owner = acme.context()
        with acting(owner):
            change_project(owner, project_id=work.project_id, state=state)
        assert why(someone, work) is reason
        if state == "paused":
            assert not submit_task(someone.context, task_id=one, answer=GLAD).again
        else:
            with pytest.raises(TaskNotHeld):
                submit_task(someone.context, task_id=one, answer=GLAD)

    def test_leased_to_others_held_by_you_all_yours_and_done(self, acme: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one", overlap=2)
        ada, ben, eve = (work.labeler(n) for n in range(3))
        take(ada, work)
        assert why(ada, work) is EmptyReason.HELD
        submit_task(ada.context, task_id=task, answer=GLAD)
        assert why(ada, work) is EmptyReason.ALL_YOURS
        take(ben, work)
        assert why(eve, work) is EmptyReason.LEASED
        submit_task(ben.context, task_id=task, answer=GLAD)
        assert why(eve, work) is EmptyReason.DONE
