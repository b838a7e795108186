"""A returned answer that is upheld after a dispute: it counts again as it was given, once, or not at all."""

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import UUID

import pytest
from django.db import connection

from annotation.errors import AnswerDiffers, AnswerReplaced, OwnDispute
from annotation.models import Draft, PersonCount, Slot, Submission
from annotation.services import uphold_answer as upholding
from annotation.services.return_answer import return_answer
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.services.unassign_member import unassign_member
from annotation.services.uphold_answer import uphold_answer
from annotation.values import ProjectRight, SlotState
from ringfence.kernel.context import acting
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Role
from tests.annotation.conftest import Logged
from tests.annotation.doing import reopen
from tests.annotation.making import GLAD, SAD, Work, new_work
from tests.annotation.test_aggregates import keep, read
from tests.annotation.test_comments import give
from tests.annotation.test_export import downloaded, exported
from tests.annotation.visiting import Visitor
from tests.world import Someone, Workspace


def send_back(work: Work, answer: UUID) -> None:
    """Return an answer, as the workspace's owner."""
    owner = work.workspace.context()
    with acting(owner):
        return_answer(owner, submission_id=answer, reason="Read the second line")


def dispute(labeler: Someone, task: UUID) -> UUID:
    """Dispute that the answer to an item was returned; return the thread."""
    body = {"kind": "dispute", "text": "The second line is a quotation"}
    made = Visitor(labeler).api("POST", f"tasks/{task}/comments", body)
    assert made.status_code == 201, made.content
    return UUID(made.json()["id"])


def disputed(work: Work, labeler: Someone) -> tuple[UUID, UUID, UUID]:
    """Let an answer be given, returned and disputed; return (item, answer, thread)."""
    task, answer = give(labeler, work)
    send_back(work, answer)
    return task, answer, dispute(labeler, task)


def uphold(work: Work, thread: UUID) -> None:
    """Agree with a dispute, as the workspace's owner."""
    owner = work.workspace.context()
    with acting(owner):
        uphold_answer(owner, comment_id=thread)


def exported_answers(work: Work) -> list[dict[str, object]]:
    """Return the answers of the one item, as an export made now holds them."""
    (line,) = downloaded(work.workspace, exported(work.workspace, work.project_id)).splitlines()
    answers: list[dict[str, object]] = json.loads(line)["answers"]
    return answers


def given(work: Work, someone: Someone) -> int:
    """Return how many standing answers count for somebody."""
    with acting(work.workspace.context()):
        return PersonCount.objects.get(project_id=work.project_id, labeler_id=someone.member_id).given


def test_an_upheld_answer_counts_again_as_it_was_given(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    labeler, manager = Visitor(work.labeler()), Visitor(acme.someone(Role.OWNER))
    task, answer, thread = disputed(work, labeler.someone)
    with acting(acme.context()):
        before = Submission.objects.get(id=answer)
    assert exported_answers(work) == []
    assert manager.api("POST", f"comments/{thread}/uphold").status_code == 204
    with acting(acme.context()):
        after = Submission.objects.get(id=answer)
        assert after.withdrawn_at is None
        same = ("answer", "receipt", "work_openings", "submitted_at", "active_ms", "n", "idempotency_key")
        assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
        slot = Slot.objects.get(task_id=task)
        assert (slot.state, slot.labeler_id) == (SlotState.ANSWERED, labeler.someone.member_id)
        assert not Draft.objects.exists()
    assert given(work, labeler.someone) == 1
    (one,) = exported_answers(work)
    assert one["answer"] == GLAD
    board = manager.api("GET", f"projects/{work.project_id}/board").json()
    assert (board["needed"], board["answered"], board["open"]) == (1, 1, 0)
    total = labeler.api("GET", "work").json()["total"]
    assert (total["items"], total["accepted"], total["returned"], total["disputed"]) == (1, 1, 0, 1)
    statement = labeler.api("GET", "work/statement.csv").content.decode().splitlines()
    (row, _sum) = csv.DictReader(statement)
    assert (row["answers"], row["accepted"], row["returned"], row["disputed"]) == ("1", "1", "0", "1")
    (mine,) = labeler.api("GET", f"projects/{work.project_id}/mine").json()["answers"]
    assert (mine["submission"], mine["state"]) == (str(answer), "accepted")
    threads = labeler.api("GET", f"tasks/{task}/comments").json()["comments"]
    assert [(t["kind"], t["upheld"], t["closed"]) for t in threads] == [
        ("return", False, False),
        ("dispute", True, True),
    ]
    assert len(logged(acme, "submission.upheld")) == 1
    assert take_tasks(labeler.someone.context, project_id=work.project_id).tasks == ()


def test_upholding_again_does_nothing_and_an_upheld_answer_is_not_returned_again(
    acme: Workspace, logged: Logged
) -> None:
    work = new_work(acme)
    labeler, manager = work.labeler(), Visitor(acme.someone(Role.OWNER))
    _, answer, thread = disputed(work, labeler)
    for _ in range(2):
        assert manager.api("POST", f"comments/{thread}/uphold").status_code == 204
    assert len(logged(acme, "submission.upheld")) == 1
    assert given(work, labeler) == 1
    back = manager.api("POST", f"submissions/{answer}/return", {"text": "All the same"})
    assert (back.status_code, back.json()["code"]) == (409, "already_returned")
    assert len(exported_answers(work)) == 1


def test_what_its_giver_has_begun_anew_is_given_up_and_cannot_be_submitted_beside_it(acme: Workspace) -> None:
    work = new_work(acme)
    labeler = work.labeler()
    task, answer, thread = disputed(work, labeler)
    take_tasks(labeler.context, project_id=work.project_id)
    uphold(work, thread)
    with pytest.raises(AnswerDiffers):
        submit_task(labeler.context, task_id=task, answer=SAD)
    again = submit_task(labeler.context, task_id=task, answer=GLAD)
    assert (again.again, again.submission_id) == (True, answer)
    assert [one["answer"] for one in exported_answers(work)] == [GLAD]


def test_it_is_refused_once_its_giver_has_answered_the_item_again(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    labeler, manager = work.labeler(), Visitor(acme.someone(Role.OWNER))
    task, answer, thread = disputed(work, labeler)
    take_tasks(labeler.context, project_id=work.project_id)
    second = submit_task(labeler.context, task_id=task, answer=SAD).submission_id
    refused = manager.api("POST", f"comments/{thread}/uphold")
    assert (refused.status_code, refused.json()["code"]) == (409, "answer_replaced")
    assert "return the one that took its place" in refused.json()["message"]
    assert logged(acme, "submission.upheld") == []
    assert [one["answer"] for one in exported_answers(work)] == [SAD]
    # As the refusal says: the later one goes back first.
    send_back(work, second)
    uphold(work, thread)
    assert [one["answer"] for one in exported_answers(work)] == [GLAD]
    assert given(work, labeler) == 1
    with acting(acme.context()):
        assert not Draft.objects.exists()
        assert Submission.objects.get(id=answer).withdrawn_at is None
        assert Submission.objects.get(id=second).is_returned


@pytest.mark.parametrize("submits", [False, True])
def test_it_is_refused_while_a_colleague_has_its_place(acme: Workspace, submits: bool) -> None:
    work = new_work(acme)
    labeler, colleague = work.labeler(), work.labeler(1)
    task, _, thread = disputed(work, labeler)
    leave(work, labeler)
    assert len(take_tasks(colleague.context, project_id=work.project_id).tasks) == 1
    if submits:
        submit_task(colleague.context, task_id=task, answer=SAD)
    with pytest.raises(AnswerReplaced):
        uphold(work, thread)
    assert [one["answer"] for one in exported_answers(work)] == ([SAD] if submits else [])


def leave(work: Work, someone: Someone) -> None:
    """Take the right to label away: what is kept for them is everybody's."""
    owner = work.workspace.context()
    with acting(owner):
        unassign_member(
            owner, project_id=work.project_id, member_id=someone.member_id, right=ProjectRight.LABEL
        )


def test_it_takes_another_open_place_of_the_item_and_never_a_second_of_one_person(acme: Workspace) -> None:
    work = new_work(acme, overlap=2)
    (task,) = work.add("a text", overlap=2)
    labeler, colleague = work.labeler(), work.labeler(1)
    take_tasks(labeler.context, project_id=work.project_id)
    answer = submit_task(labeler.context, task_id=task, answer=GLAD).submission_id
    send_back(work, answer)
    thread = dispute(labeler, task)
    leave(work, labeler)
    with acting(acme.context()):
        n = Submission.objects.get(id=answer).n
        # The colleague gets the place that the answer had: it comes back first.
        Slot.objects.filter(task_id=task).exclude(n=n).update(lane=6)
    take_tasks(colleague.context, project_id=work.project_id)
    submit_task(colleague.context, task_id=task, answer=SAD)
    with acting(acme.context()):
        assert Submission.objects.get(labeler_id=colleague.member_id).n == n
    uphold(work, thread)
    assert sorted(json.dumps(one["answer"]) for one in exported_answers(work)) == sorted(
        map(json.dumps, (GLAD, SAD))
    )
    with acting(acme.context()):
        states = Slot.objects.filter(task_id=task).values_list("state", "labeler_id")
        assert {(state, who) for state, who in states} == {
            (SlotState.ANSWERED, labeler.member_id),
            (SlotState.ANSWERED, colleague.member_id),
        }


def test_its_giver_can_take_an_upheld_answer_back_and_it_is_not_a_returned_one(acme: Workspace) -> None:
    work = new_work(acme)
    labeler = work.labeler()
    task, answer, thread = disputed(work, labeler)
    uphold(work, thread)
    reopen(labeler, task)
    (mine,) = Visitor(labeler).api("GET", f"projects/{work.project_id}/mine").json()["answers"]
    assert (mine["submission"], mine["state"]) == (str(answer), "withdrawn")
    total = Visitor(labeler).api("GET", "work").json()["total"]
    assert (total["items"], total["returned"]) == (0, 0)
    assert given(work, labeler) == 0


def test_who_may_not_uphold_and_what_is_no_dispute(acme: Workspace, rival: Workspace) -> None:
    work = new_work(acme)
    labeler, manager = work.labeler(), Visitor(acme.someone(Role.OWNER))
    task, _, thread = disputed(work, labeler)
    assert Visitor(labeler).api("POST", f"comments/{thread}/uphold").status_code == 403
    assert Visitor(rival.someone(Role.OWNER)).api("POST", f"comments/{thread}/uphold").status_code == 404
    stranger = Visitor(acme.someone(Role.MANAGER))
    assert stranger.api("POST", f"comments/{thread}/uphold").status_code == 404
    threads = manager.api("GET", f"tasks/{task}/comments").json()["comments"]
    (returned,) = (one["id"] for one in threads if one["kind"] == "return")
    other = manager.api("POST", f"comments/{returned}/uphold")
    assert (other.status_code, other.json()["code"]) == (409, "not_disputed")
    # Whoever labels and manages does not decide about their own.
    work.assign(labeler, ProjectRight.MANAGE)
    own = labeler.context
    with acting(own), pytest.raises(OwnDispute):
        uphold_answer(own, comment_id=thread)
    manager.api("POST", f"comments/{thread}/close")
    late = manager.api("POST", f"comments/{thread}/uphold")
    assert (late.status_code, late.json()["code"]) == (409, "comment_closed")
    assert exported_answers(work) == []


def test_upholding_happens_whole_or_not_at_all(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    work = new_work(acme)
    labeler, manager = work.labeler(), Visitor(acme.someone(Role.OWNER))
    task, answer, thread = disputed(work, labeler)

    def unable(*_: object, **__: object) -> None:
        raise ConnectionError("the log does not answer")

    monkeypatch.setattr(upholding, "record", unable)
    assert manager.api("POST", f"comments/{thread}/uphold").status_code == 500
    with acting(acme.context()):
        assert Submission.objects.get(id=answer).is_returned
        assert Slot.objects.get(task_id=task).state == SlotState.OPEN
        assert Draft.objects.filter(task_id=task).exists()
    assert given(work, labeler) == 0


@pytest.mark.parametrize("counted", ["before the return", "after the return", "after all"])
def test_tallies_hold_an_upheld_answer_once(acme: Workspace, counted: str) -> None:
    work = new_work(acme)
    labeler = work.labeler()
    task, answer = give(labeler, work)
    if counted == "before the return":
        keep(acme)
    send_back(work, answer)
    thread = dispute(labeler, task)
    if counted == "after the return":
        keep(acme)
        assert read(acme.context(), work).labels == {}
    uphold(work, thread)
    for _ in range(2):
        keep(acme)
        seen = read(acme.context(), work)
        assert seen.labels == {"mood": {"glad": 1}}
        assert sum(seen.times["days"].values()) == 1


def test_whoever_is_first_wins_when_its_giver_submits_meanwhile(acme: Workspace) -> None:
    for n in range(6):
        work = new_work(acme)
        labeler = work.labeler()
        task, _, thread = disputed(work, labeler)
        take_tasks(labeler.context, project_id=work.project_id)

        def submits(task: UUID = task, labeler: Someone = labeler) -> str:
            try:
                submit_task(labeler.context, task_id=task, answer=SAD)
                return "submitted"
            except RingfenceError as refusal:
                return refusal.code
            finally:
                connection.close()

        def upholds(work: Work = work, thread: UUID = thread) -> str:
            try:
                uphold(work, thread)
                return "upheld"
            except RingfenceError as refusal:
                return refusal.code
            finally:
                connection.close()

        jobs = (submits, upholds) if n % 2 else (upholds, submits)
        with ThreadPoolExecutor(2) as pool:
            outcome = frozenset(one.result() for one in [pool.submit(job) for job in jobs])
        assert outcome in ({"submitted", "answer_replaced"}, {"upheld", "answer_differs"})
        (one,) = exported_answers(work)
        assert one["answer"] == (SAD if "submitted" in outcome else GLAD)
        assert given(work, labeler) == 1


def test_each_waits_for_the_other_at_the_wanted_answer(acme: Workspace) -> None:
    work = new_work(acme)
    labeler = work.labeler()
    task, _, thread = disputed(work, labeler)
    take_tasks(labeler.context, project_id=work.project_id)
    owner = acme.context()

    def submits() -> str:
        with suppress(RingfenceError):
            submit_task(labeler.context, task_id=task, answer=SAD)
        connection.close()
        return "over"

    with ThreadPoolExecutor(1) as pool:
        with acting(owner):
            uphold_answer(owner, comment_id=thread)
            waiting = pool.submit(submits)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        assert waiting.result() == "over"
    assert [one["answer"] for one in exported_answers(work)] == [GLAD]


def test_managers_uphold_on_the_item_and_on_the_page_of_comments(acme: Workspace) -> None:
    work = new_work(acme)
    labeler, manager = Visitor(work.labeler()), Visitor(acme.someone(Role.OWNER))
    task, _, thread = disputed(work, labeler.someone)
    item, comments = f"projects/{work.project_id}/items/{task}", f"projects/{work.project_id}/comments"
    for here in (item, comments):
        assert 'value="uphold"' in manager.page(here).content.decode()
    take_tasks(labeler.someone.context, project_id=work.project_id)
    second = submit_task(labeler.someone.context, task_id=task, answer=SAD).submission_id
    form = {"comment": str(thread), "text": "You are <i>right</i>", "do": "uphold"}
    kept = manager.page(item, form)
    assert kept.status_code == 409
    for shown in ("cannot count again now", "You are &lt;i&gt;right&lt;/i&gt;"):
        assert shown in kept.content.decode()
    send_back(work, second)
    assert manager.page(comments, form).status_code == 302
    page = manager.page(item).content.decode()
    for shown in (
        "Upheld",
        "Its giver disputed the return, and was right",
        "You are &lt;i&gt;right&lt;/i&gt;",
    ):
        assert shown in page
    assert 'value="return"' not in page
    mine = labeler.page("work").content.decode()
    for shown in ("Upheld: your answer counts again", "Accepted"):
        assert shown in mine
