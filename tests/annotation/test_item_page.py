"""The page of one item: its answers in words, returning one, disputes, and what waits on board and comments."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils.html import escape

from annotation.labels.schema import read_schema
from annotation.models import Comment, Slot, Submission
from annotation.pages.answers import in_words
from annotation.values import SlotState
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.annotation.conftest import Logged
from tests.annotation.doing import reopen, submit
from tests.annotation.making import SAD, Work, new_work
from tests.annotation.queueing import take
from tests.annotation.test_order_pages import landed
from tests.annotation.visiting import Visitor
from tests.world import Someone, Workspace


def page_of(work: Work, task: UUID) -> tuple[Visitor, str]:
    """Return the owner and the item's address."""
    return Visitor(work.workspace.someone(Role.OWNER)), f"projects/{work.project_id}/items/{task}"


def given(work: Work, someone: Someone, answer: Any = SAD) -> tuple[UUID, UUID]:
    """Let somebody answer one new item; return (item, answer)."""
    (task,) = work.add("a <b>text</b>", overlap=2)
    assert take(someone, work) == [task]
    return task, submit(someone, task, answer).submission_id


def said(visitor: Visitor, task: UUID, kind: str, text: str) -> str:
    """Open a thread as a labeler; return its id."""
    made = visitor.api("POST", f"tasks/{task}/comments", {"kind": kind, "text": text})
    assert made.status_code == 201, made.content
    return str(made.json()["id"])


def test_the_page_shows_item_and_answers_and_the_log_knows_each(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    someone = work.labeler()
    task, _ = given(work, someone)
    owner, here = page_of(work, task)
    page = owner.page(here).content.decode()
    for shown in ("a &lt;b&gt;text&lt;/b&gt;", "How does it sound?", "Sad", "Return this answer", "row-1"):
        assert shown in page
    for verb in ("item.delivered", "answer.delivered", "members.delivered"):
        assert len(logged(acme, verb)) == 1
    assert logged(acme, "comments.delivered") == []
    taken_back = reopen(someone, task)
    assert taken_back.task_id == task
    page = owner.page(here).content.decode()
    assert "No answer yet" in page
    assert "In work" in page
    assert len(logged(acme, "answer.delivered")) == 1


def test_an_answer_is_returned_with_a_reason_and_its_giver_gets_it_again(
    acme: Workspace, logged: Logged
) -> None:
    work = new_work(acme)
    someone = work.labeler()
    task, answer = given(work, someone)
    owner, here = page_of(work, task)
    refused = owner.page(here, {"do": "return", "submission": str(answer), "text": " \n "})
    assert refused.status_code == 400
    assert "Write something here" in refused.content.decode()
    long = "x" * 5001
    refused = owner.page(here, {"do": "return", "submission": str(answer), "text": long})
    assert refused.status_code == 400
    assert long in refused.content.decode()
    assert logged(acme, "submission.returned") == []
    sent = {"do": "return", "submission": str(answer), "text": "Read <i>both</i> lines"}
    page = landed(owner, owner.page(here, sent))
    for shown in ("The answer is returned.", "Read &lt;i&gt;both&lt;/i&gt; lines", "Returned", "kept for"):
        assert shown in page
    assert "Return this answer" not in page
    assert len(logged(acme, "submission.returned")) == 1
    (again,) = take(someone, work)
    assert again == task
    twice = owner.page(here, sent)
    assert twice.status_code == 409
    assert "was returned or taken back before" in twice.content.decode()
    assert escape("Read <i>both</i> lines") in twice.content.decode()
    submit(someone, task, SAD)
    page = owner.page(here).content.decode()
    assert page.count("How does it sound?") == 2


def test_a_dispute_is_seen_and_answered_from_the_item(acme: Workspace) -> None:
    work = new_work(acme)
    labeler = Visitor(work.labeler())
    task, answer = given(work, labeler.someone)
    owner, here = page_of(work, task)
    landed(owner, owner.page(here, {"do": "return", "submission": str(answer), "text": "Again, please"}))
    thread = said(labeler, task, "dispute", "It is a quotation")
    page = owner.page(here).content.decode()
    assert "Its giver disputes the return: answer them" in page
    assert "It is a quotation" in page
    empty = owner.page(here, {"do": "answer", "comment": thread, "text": ""})
    assert empty.status_code == 400
    assert "Write something here" in empty.content.decode()
    page = landed(owner, owner.page(here, {"do": "answer", "comment": thread, "text": "You are right"}))
    assert "Your answer is there." in page
    assert "Its giver disputed the return" in page
    (told,) = (
        each
        for each in labeler.api("GET", f"tasks/{task}/comments").json()["comments"]
        if each["id"] == thread
    )
    assert [words["text"] for words in told["answers"]] == ["You are right"]
    assert "The thread is closed." in landed(owner, owner.page(here, {"do": "close", "comment": thread}))
    late = owner.page(here, {"do": "answer", "comment": thread, "text": "More words"})
    assert late.status_code == 409


def test_items_answers_and_threads_of_others_look_absent(acme: Workspace, rival: Workspace) -> None:
    work, second, theirs = new_work(acme), new_work(acme), new_work(rival)
    task, answer = given(work, work.labeler())
    elsewhere, _ = given(second, second.labeler())
    foreign, foreign_answer = given(theirs, theirs.labeler())
    thread = said(Visitor(theirs.labeler()), foreign, "flag", "Theirs")
    owner, here = page_of(work, task)
    for other in (elsewhere, foreign, uuid4()):
        assert owner.page(f"projects/{work.project_id}/items/{other}").status_code == 404
    for sent in (
        {"do": "return", "submission": str(foreign_answer), "text": "x"},
        {"do": "return", "submission": "x", "text": "x"},
        {"do": "answer", "comment": thread, "text": "x"},
        {"do": "close", "comment": thread},
    ):
        assert owner.page(here, sent).status_code == 404
    spy = Visitor(rival.someone(Role.OWNER))
    for sent in (None, {"do": "return", "submission": str(answer), "text": "x"}):
        assert spy.page(here, sent).status_code == 404
    for role in (Role.REVIEWER, Role.LABELER):
        assert Visitor(acme.someone(role, 3)).page(here).status_code == 403
    with acting(acme.context()):
        assert Submission.objects.get(id=answer).returned_at is None
        assert not Comment.objects.exists()


def test_an_answer_is_returned_from_its_own_items_page_only(acme: Workspace) -> None:
    work, second = new_work(acme), new_work(acme)
    task, _ = given(work, work.labeler())
    _, elsewhere = given(second, second.labeler())
    owner, here = page_of(work, task)
    sent = {"do": "return", "submission": str(elsewhere), "text": "x"}
    assert owner.page(here, sent).status_code == 404
    with acting(acme.context()):
        assert Submission.objects.get(id=elsewhere).returned_at is None


def test_priority_and_person_are_changed_for_one_item(acme: Workspace) -> None:
    work = new_work(acme)
    first, task = work.add("one", "two")
    someone, colleague = work.labeler(), work.labeler(1)
    owner, here = page_of(work, task)
    page = landed(owner, owner.page(here, {"do": "priority", "priority": "high"}))
    assert "1 wanted answer has this priority now." in page
    assert "1 of 1 items is kept" in landed(
        owner, owner.page(here, {"do": "reserve", "member": str(someone.member_id)})
    )
    assert take(colleague, work, 2) == [first]
    assert "1 answer that was kept" in landed(owner, owner.page(here, {"do": "free"}))
    assert take(colleague, work) == [task]
    missing = owner.page(here, {"do": "reserve", "member": ""})
    assert missing.status_code == 400
    assert "Choose the person" in missing.content.decode()
    with acting(acme.context()):
        assert Slot.objects.filter(state=SlotState.LEASED).count() == 2


def test_the_board_says_what_waits_and_leads_to_it(acme: Workspace) -> None:
    work = new_work(acme)
    tasks = work.add("one", "two", "three")
    labeler = Visitor(work.labeler())
    take(labeler.someone, work, 3)
    owner, _ = page_of(work, tasks[0])
    board, comments = f"projects/{work.project_id}", f"projects/{work.project_id}/comments"
    assert "wait for an answer" not in owner.page(board).content.decode()
    threads = [said(labeler, tasks[0], "question", "Words 1"), said(labeler, tasks[1], "flag", "Words 2")]
    threads += [said(labeler, tasks[2], "flag", "Words 3")]
    page = owner.page(board).content.decode()
    assert "3 threads wait for an answer: Question 1, Flag 2." in page
    assert f"{comments}?state=open" in page
    assert owner.page(f"{board}/progress").json()["values"]["threads"] == 3
    assert owner.api("GET", f"{board}/board").json()["threads"] == 3
    answer = {"do": "answer", "comment": threads[1], "text": "Look at page 2"}
    done = owner.page(f"{comments}?state=open", answer)
    assert done["Location"].endswith("?said=answered&state=open")
    waiting = owner.page(f"{comments}?state=open").content.decode()
    assert "2 threads wait for you: Question 1, Flag 1." in waiting
    assert ("Words 1" in waiting, "Words 2" in waiting, "Words 3" in waiting) == (True, False, True)
    answered = owner.page(f"{comments}?state=answered").content.decode()
    assert ("Words 1" in answered, "Words 2" in answered) == (False, True)
    assert "Words 1" in owner.page(f"{comments}?state=x").content.decode()
    for thread in (threads[0], threads[2]):
        owner.page(comments, {"do": "close", "comment": thread})
    assert "Nothing waits for you" in owner.page(f"{comments}?state=open").content.decode()
    assert owner.page(f"{board}/progress").json()["values"]["threads"] == 0


def test_a_refused_answer_stays_in_its_thread_on_its_page_of_threads(acme: Workspace) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    labeler = Visitor(work.labeler())
    take(labeler.someone, work)
    threads = [said(labeler, task, "question", f"Words {n}") for n in range(52)]
    owner, _ = page_of(work, task)
    second = f"projects/{work.project_id}/comments?state=open&page=1"
    assert "Words 1</p>" in owner.page(second).content.decode()
    kept = owner.page(second, {"do": "answer", "comment": threads[1], "text": "y" * 5001})
    assert kept.status_code == 400
    assert "y" * 5001 in kept.content.decode()


class TestWords:
    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ({"better": "response_b", "strength": 2}, "response_b is better, by 2 of 3"),
            ({"better": "tie"}, "a tie"),
            ({"better": "both_bad"}, "both are bad"),
        ],
    )
    def test_a_preference_says_by_how_much(self, answer: dict[str, Any], words: str) -> None:
        schema = read_schema(
            {
                "version": 1,
                "item": {"prompt": "markdown"},
                "candidates": {"of": ["response_a", "response_b"]},
                "questions": [{"id": "better", "type": "preference", "text": "Better?", "strength": 3}],
            }
        )
        assert in_words(schema, {"better": answer}) == [("Better?", words)]

    def test_each_type_in_its_own_words(self) -> None:
        options = [{"id": "a", "text": "Apple"}, {"id": "b", "text": "Berry"}]
        tree = [{"id": "x", "text": "Fruit", "options": options}]
        schema = read_schema(
            {
                "version": 1,
                "item": {"text": "text", "talk": "chat"},
                "candidates": {"of": ["left", "right"]},
                "questions": [
                    {
                        "id": "one",
                        "type": "choice",
                        "text": "One?",
                        "options": options,
                        "cannot_assess": True,
                    },
                    {"id": "many", "type": "choices", "text": "Many?", "options": options},
                    {"id": "tree", "type": "taxonomy", "text": "Tree?", "options": tree},
                    {"id": "marks", "type": "spans", "text": "Marks?", "of": "text", "options": options},
                    {"id": "order", "type": "ranking", "text": "Order?"},
                    {"id": "scale", "type": "rating", "text": "Scale?", "per": {"messages": "talk"}},
                    {"id": "free", "type": "text", "text": "Free?"},
                ],
            }
        )
        answer = {
            "free": " as \ud800 written ",
            "scale": {"1": 4, "3": 2},
            "order": [["right"], ["left"]],
            "marks": [{"start": 0, "end": 2, "quote": "ab", "label": "b"}],
            "tree": ["x", "a"],
            "many": ["a", "b"],
            "one": {"cannot_assess": True},
            "gone": {"x": 1},
        }
        assert in_words(schema, answer) == [
            ("One?", "cannot be assessed"),
            ("Many?", "Apple, Berry"),
            ("Tree?", "Fruit › Apple"),
            ("Marks?", "“ab”: Berry"),
            ("Order?", "right > left"),
            ("Scale?", "message 2: 4 on a scale to 5\nmessage 4: 2 on a scale to 5"),
            ("Free?", " as \ufffd written "),
            ("gone", '{"x": 1}'),
        ]
        assert in_words(schema, {"many": [], "marks": []}) == [
            ("Many?", "none of them"),
            ("Marks?", "nothing marked"),
        ]
        assert in_words(None, {"one": "a"}) == [("one", '"a"')]
