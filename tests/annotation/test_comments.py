"""Comments, returned answers and disputes: who sees what, whose turn it is, and what becomes of the item."""

import json
from uuid import UUID, uuid4

import pytest

from annotation.models import Comment, Draft, PersonCount, Slot, Submission
from annotation.services import return_answer as returning
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.values import SlotState
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.annotation.conftest import Logged
from tests.annotation.making import GLAD, SAD, Work, new_work
from tests.annotation.visiting import Visitor
from tests.world import Someone, Workspace


def hold(someone: Someone, work: Work) -> UUID:
    """Let somebody take an item."""
    taken = take_tasks(someone.context, project_id=work.project_id)
    return taken.tasks[0].task_id


def give(someone: Someone, work: Work) -> tuple[UUID, UUID]:
    """Let somebody answer one new item; return (item, answer)."""
    work.add("a text")
    task = hold(someone, work)
    return task, submit_task(someone.context, task_id=task, answer=GLAD, lead_ms=1).submission_id


def test_a_question_is_asked_answered_asked_again_and_closed(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    work.add("one")
    labeler, manager = Visitor(work.labeler()), Visitor(acme.someone(Role.OWNER))
    task = hold(labeler.someone, work)
    here = f"tasks/{task}/comments"
    made = labeler.api("POST", here, {"kind": "question", "text": "  Is irony glad?\r\nOr sad? "})
    assert made.status_code == 201
    thread = made.json()["id"]
    assert len(logged(acme, "comment.added")) == 1
    listed = manager.api("GET", f"projects/{work.project_id}/comments")
    assert listed["Audit-Receipt"].split(";")[0] == logged(acme, "comments.delivered")[-1]
    (seen,) = listed.json()["comments"]
    assert (seen["kind"], seen["state"], seen["by"]) == ("question", "open", "the labeler")
    assert seen["text"] == "Is irony glad?\nOr sad?"
    assert manager.api("POST", f"comments/{thread}/answers", {"text": "Sad."}).status_code == 201
    (mine,) = labeler.api("GET", here).json()["comments"]
    assert (mine["state"], mine["by"], mine["mine"], mine["closed"]) == ("answered", "you", True, False)
    assert [(a["by"], a["text"]) for a in mine["answers"]] == [("a manager", "Sad.")]
    assert labeler.api("POST", f"comments/{thread}/answers", {"text": "Always?"}).status_code == 201
    assert labeler.api("GET", here).json()["comments"][0]["state"] == "open"
    assert labeler.api("POST", f"comments/{thread}/close").status_code == 403
    assert manager.api("POST", f"comments/{thread}/close").status_code == 204
    assert manager.api("POST", f"comments/{thread}/close").status_code == 204
    assert len(logged(acme, "comment.closed")) == 1
    late = labeler.api("POST", f"comments/{thread}/answers", {"text": "Thanks"})
    assert (late.status_code, late.json()["code"]) == (409, "comment_closed")


def test_another_members_threads_and_items_look_absent(acme: Workspace, rival: Workspace) -> None:
    work = new_work(acme)
    work.add("one", "two")
    labeler, colleague = Visitor(work.labeler()), Visitor(work.labeler(1))
    task = hold(labeler.someone, work)
    hold(colleague.someone, work)
    thread = labeler.api("POST", f"tasks/{task}/comments", {"kind": "flag", "text": "Broken"}).json()["id"]
    outsiders = (colleague, Visitor(new_work(rival).labeler()), Visitor(acme.someone(Role.LABELER, 7)))
    for visitor in outsiders:
        for method, path, body in (
            ("GET", f"tasks/{task}/comments", None),
            ("POST", f"tasks/{task}/comments", {"kind": "flag", "text": "Mine"}),
            ("POST", f"comments/{thread}/answers", {"text": "Mine"}),
        ):
            answer = visitor.api(method, path, body)
            absent = visitor.api(
                method, path.replace(str(task), str(uuid4())).replace(thread, str(uuid4())), body
            )
            assert (answer.status_code, answer.content) == (404, absent.content)
    assert colleague.api("GET", f"projects/{work.project_id}/comments").json()["comments"] == []
    stranger = Visitor(rival.someone(Role.OWNER))
    assert stranger.api("POST", f"comments/{thread}/close").status_code == 404
    assert stranger.api("POST", f"submissions/{uuid4()}/return", {"text": "x"}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "question", "text": ""},
        {"kind": "question", "text": " \n"},
        {"kind": "question", "text": "x" * 5001},
        {"kind": "question", "text": "\0"},
        {"kind": "return", "text": "x"},
        {"kind": "", "text": "x"},
    ],
)
def test_a_comment_without_words_or_of_another_kind_is_refused(acme: Workspace, body: dict[str, str]) -> None:
    work = new_work(acme)
    work.add("one")
    labeler = Visitor(work.labeler())
    task = hold(labeler.someone, work)
    assert labeler.api("POST", f"tasks/{task}/comments", body).status_code == 400
    with acting(acme.context()):
        assert not Comment.objects.exists()


def test_a_returned_answer_comes_back_to_its_giver_with_reason_and_draft(
    acme: Workspace, logged: Logged
) -> None:
    work = new_work(acme)
    labeler, colleague = Visitor(work.labeler()), work.labeler(1)
    manager = Visitor(acme.someone(Role.OWNER))
    task, answer = give(labeler.someone, work)
    back = manager.api("POST", f"submissions/{answer}/return", {"text": "Read the second line"})
    assert back.status_code == 201
    assert len(logged(acme, "submission.returned")) == 1
    again = manager.api("POST", f"submissions/{answer}/return", {"text": "Again"})
    assert (again.status_code, again.json()["code"]) == (409, "already_returned")
    with acting(acme.context()):
        given = Submission.objects.get(id=answer)
        assert given.returned_at is not None
        assert given.withdrawn_at == given.returned_at
        slot = Slot.objects.get(task_id=task)
        assert (slot.state, slot.reserved_for) == (SlotState.OPEN, labeler.someone.member_id)
        assert PersonCount.objects.get(labeler_id=labeler.someone.member_id).given == 0
        draft = Draft.objects.get(task_id=task)
        owner = acme.context()
    with acting(owner):
        body = json.loads(owner.keyring.open(draft.body, field=Draft.body, row=draft.id))
    assert body["answer"] == GLAD
    assert take_tasks(colleague.context, project_id=work.project_id).tasks == ()
    (thread,) = labeler.api("GET", f"tasks/{task}/comments").json()["comments"]
    assert (thread["kind"], thread["text"], thread["by"]) == ("return", "Read the second line", "a manager")
    assert hold(labeler.someone, work) == task
    second = submit_task(labeler.someone.context, task_id=task, answer=SAD)
    assert not second.again
    work_done = labeler.api("GET", "work").json()["total"]
    assert (work_done["items"], work_done["accepted"], work_done["returned"]) == (2, 1, 1)


def test_a_returned_answer_is_disputed_once_and_answered(acme: Workspace) -> None:
    work = new_work(acme)
    labeler, manager = Visitor(work.labeler()), Visitor(acme.someone(Role.OWNER))
    task, answer = give(labeler.someone, work)
    dispute = {"kind": "dispute", "text": "The second line is a quotation"}
    early = labeler.api("POST", f"tasks/{task}/comments", dispute)
    assert (early.status_code, early.json()["code"]) == (409, "not_returned")
    manager.api("POST", f"submissions/{answer}/return", {"text": "Read the second line"})
    made = labeler.api("POST", f"tasks/{task}/comments", dispute)
    assert made.status_code == 201
    assert labeler.api("POST", f"tasks/{task}/comments", dispute).status_code == 409
    first = manager.api("GET", f"projects/{work.project_id}/comments").json()["comments"][0]
    assert (first["kind"], first["state"], first["submission"]) == ("dispute", "open", str(answer))
    manager.api("POST", f"comments/{made.json()['id']}/answers", {"text": "True. Send it again."})
    total = labeler.api("GET", "work").json()["total"]
    assert (total["returned"], total["disputed"]) == (1, 1)
    page = labeler.page("work").content.decode()
    for part in ("True. Send it again.", "Dispute", "Returned"):
        assert part in page


def test_a_return_happens_whole_or_not_at_all(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    work = new_work(acme)
    labeler, manager = work.labeler(), Visitor(acme.someone(Role.OWNER))
    task, answer = give(labeler, work)

    def unable(*_: object, **__: object) -> None:
        raise ConnectionError("the log does not answer")

    monkeypatch.setattr(returning, "record", unable)
    assert manager.api("POST", f"submissions/{answer}/return", {"text": "Read"}).status_code == 500
    with acting(acme.context()):
        assert Submission.objects.get(id=answer).withdrawn_at is None
        assert Slot.objects.get(task_id=task).state == SlotState.ANSWERED
        assert not Comment.objects.exists()
        assert not Draft.objects.exists()


def test_managers_answer_and_close_on_the_page_open_ones_first(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one", "two")
    labeler, manager = Visitor(work.labeler()), Visitor(acme.someone(Role.OWNER))
    ids = []
    for words in ("older <b>words</b>", "newer words"):
        task = hold(labeler.someone, work)
        body = {"kind": "question", "text": words}
        ids.append(labeler.api("POST", f"tasks/{task}/comments", body).json()["id"])
    here = f"projects/{work.project_id}/comments"
    assert "2 threads wait for you: Question 2." in manager.page(here).content.decode()
    assert manager.page(here, {"comment": ids[1], "text": "So", "do": "answer"}).status_code == 302
    page = manager.page(here).content.decode()
    assert "1 thread waits for you: Question 1." in page
    assert page.index("older &lt;b&gt;words") < page.index("newer words")
    kept = manager.page(here, {"comment": ids[0], "text": " ", "do": "answer"})
    assert kept.status_code == 400
    assert "Write something here, up to 5,000 characters." in kept.content.decode()
    assert manager.page(here, {"comment": ids[0], "do": "close"}).status_code == 302
    assert "No thread waits for you." in manager.page(here).content.decode()
    assert manager.page(here, {"comment": "x", "do": "close"}).status_code == 404
