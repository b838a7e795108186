"""The quiz of guidelines: judged by the server, answered before the first item, and never told beforehand."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from annotation.errors import QuizFirst
from annotation.labels.errors import Malformed
from annotation.labels.quiz import decode_quiz, encode_quiz, judge, read_quiz
from annotation.models import Acknowledgement, GuidelinesVersion, QuizTries
from annotation.services import queue_sql
from annotation.services import take_tasks as taking
from annotation.services.acknowledge import acknowledge
from annotation.services.answer_quiz import answer_quiz
from annotation.services.require_guidelines import require_guidelines
from annotation.services.set_guidelines import set_guidelines
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.values import EmptyReason, Term
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.annotation.conftest import Logged
from tests.annotation.making import GLAD, Work, new_work
from tests.annotation.visiting import Visitor
from tests.world import Someone, Workspace

WREN = "Wrens are small: see the first rule"
SINGS = "The text that tells of singing is glad"
QUIZ: list[dict[str, Any]] = [
    {"text": "Which bird is small?", "choices": ["A cuckoo", "A wren"], "right": 1, "explanation": WREN},
    {"text": "It sings. Is it glad?", "choices": ["Yes", "No", "Sad"], "right": 0, "explanation": SINGS},
]
RIGHT, WRONG = [1, 0], [1, 2]


def quizzed(workspace: Workspace, quiz: object = QUIZ, *, required: bool = True) -> Work:
    """Make a project with two items whose guidelines, version 2, have a quiz."""
    work = new_work(workspace)
    work.add("one", "two")
    owner = workspace.context()
    with acting(owner):
        set_guidelines(owner, project_id=work.project_id, markdown="# Birds", quiz=quiz)
        require_guidelines(owner, project_id=work.project_id, required=required)
    return work


def reason(someone: Someone, work: Work) -> EmptyReason | None:
    """Let somebody ask for an item; return why there is none."""
    return take_tasks(someone.context, project_id=work.project_id).reason


def test_no_item_comes_before_the_quiz_is_passed(acme: Workspace, logged: Logged) -> None:
    work = quizzed(acme)
    visitor, other = Visitor(work.labeler()), work.labeler(1)
    here = f"projects/{work.project_id}"
    empty = visitor.api("POST", f"{here}/tasks/next", {"count": 1}).json()
    assert (empty["tasks"], empty["reason"]["code"]) == ([], "needs_consent")
    tried = visitor.api("POST", f"{here}/quiz", {"version": 2, "answers": WRONG})
    assert tried.json() == {
        "passed": False,
        "tries": 1,
        "answers": [{"right": True, "explanation": ""}, {"right": False, "explanation": SINGS}],
    }
    assert tried["Audit-Receipt"].split(";")[0] == logged(acme, "guidelines.delivered")[-1]
    assert reason(visitor.someone, work) is EmptyReason.NEEDS_CONSENT
    assert logged(acme, "guidelines.acknowledged") == []
    passed = visitor.api("POST", f"{here}/quiz", {"version": 2, "answers": RIGHT}).json()
    assert (passed["passed"], passed["tries"]) == (True, 2)
    assert len(logged(acme, "guidelines.acknowledged")) == 1
    assert reason(visitor.someone, work) is None
    # One person's quiz is not another's.
    assert reason(other, work) is EmptyReason.NEEDS_CONSENT


def test_confirming_without_the_quiz_is_refused_by_every_way(acme: Workspace) -> None:
    work = quizzed(acme)
    visitor, here = Visitor(work.labeler()), f"projects/{work.project_id}"
    said = {"kind": "guidelines", "version": 2, "decision": "accepted"}
    refused = visitor.api("POST", f"{here}/acknowledgements", said)
    assert (refused.status_code, refused.json()["code"]) == (409, "quiz_first")
    page = visitor.page(f"{here}/terms", {"kind": "guidelines", "version": "2", "do": "accept"})
    assert page.status_code == 409
    context = visitor.someone.context
    with acting(context), pytest.raises(QuizFirst):
        acknowledge(context, project_id=work.project_id, kind=Term.GUIDELINES, version=2, accepted=True)
    with acting(acme.context()):
        assert not Acknowledgement.objects.exists()
    assert reason(visitor.someone, work) is EmptyReason.NEEDS_CONSENT
    # Passed once, the same word again is harmless.
    visitor.api("POST", f"{here}/quiz", {"version": 2, "answers": RIGHT})
    assert visitor.api("POST", f"{here}/acknowledgements", said).status_code == 204


def test_the_queue_alone_holds_back_whoever_has_not_passed(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = quizzed(acme)
    someone = work.labeler()
    assert reason(someone, work) is EmptyReason.NEEDS_CONSENT
    with monkeypatch.context() as wall_down:
        wall_down.setattr(taking, "TAKE", queue_sql.TAKE.replace(queue_sql.NOTHING_TO_ACCEPT, "true"))
        assert reason(someone, work) is None


def test_what_is_right_is_told_to_no_labeler_beforehand(acme: Workspace) -> None:
    work = quizzed(acme)
    visitor, manager = Visitor(work.labeler()), Visitor(acme.someone(Role.OWNER))
    here = f"projects/{work.project_id}"
    shown = [{"text": q["text"], "choices": q["choices"]} for q in QUIZ]
    assert visitor.api("GET", f"{here}/guidelines").json()["quiz"] == shown
    assert visitor.api("GET", f"{here}/desk").json()["guidelines"]["quiz"] == shown
    (term,) = visitor.api("GET", f"{here}/terms").json()["asked"]
    assert term["quiz"] == shown
    told = [visitor.api("GET", f"{here}/{name}").content.decode() for name in ("guidelines", "desk", "terms")]
    told += [visitor.page(f"{here}/{name}").content.decode() for name in ("terms", "label")]
    for text in told:
        assert WREN not in text
        assert SINGS not in text
        assert '"right"' not in text
    assert manager.api("GET", f"{here}/guidelines").json()["quiz"] == QUIZ


def test_tries_are_counted_sealed_and_end_with_passing(acme: Workspace) -> None:
    work = quizzed(acme)
    someone = work.labeler()
    for answers, tries in ((WRONG, 1), (WRONG, 2), (RIGHT, 3), (WRONG, 3), (RIGHT, 3)):
        context = someone.context
        with acting(context):
            judged = answer_quiz(context, project_id=work.project_id, version=2, answers=answers)
        assert (judged.tries, judged.passed) == (tries, answers == RIGHT)
    owner = acme.context()
    with acting(owner):
        (row,) = QuizTries.objects.all()
        assert b"tries" not in bytes(row.body)
        assert json.loads(owner.keyring.open(row.body, field=QuizTries.body, row=row.id)) == {"tries": 3}
        assert Acknowledgement.objects.get().accepted
        version = GuidelinesVersion.objects.get(n=2)
        assert b"wren" not in bytes(version.quiz)


def test_two_windows_at_once_count_two_tries_and_acknowledge_once(acme: Workspace, logged: Logged) -> None:
    work = quizzed(acme)
    someone = work.labeler()

    def window(_: int) -> int:
        try:
            context = someone.context
            with acting(context):
                return answer_quiz(context, project_id=work.project_id, version=2, answers=WRONG).tries
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(window, range(3))) == [1, 2, 3]
    assert logged(acme, "guidelines.acknowledged") == []


def test_a_new_version_asks_anew_and_the_quiz_goes_on_until_it_is_ended(acme: Workspace) -> None:
    work = quizzed(acme)
    visitor, manager = Visitor(work.labeler()), Visitor(acme.someone(Role.OWNER))
    here = f"projects/{work.project_id}"
    visitor.api("POST", f"{here}/quiz", {"version": 2, "answers": RIGHT})
    (first,) = take_tasks(visitor.someone.context, project_id=work.project_id).tasks
    put = manager.api("PUT", f"{here}/guidelines", {"markdown": "# Birds and bees"})
    assert put.json() == {"version": 3}
    # What is held stays theirs to finish.
    submit_task(visitor.someone.context, task_id=first.task_id, answer=GLAD)
    assert reason(visitor.someone, work) is EmptyReason.NEEDS_CONSENT
    late = visitor.api("POST", f"{here}/quiz", {"version": 2, "answers": RIGHT})
    assert (late.status_code, late.json()["code"]) == (409, "terms_changed")
    assert visitor.api("POST", f"{here}/quiz", {"version": 3, "answers": RIGHT}).json()["passed"]
    assert reason(visitor.someone, work) is None
    ended = manager.api("PUT", f"{here}/guidelines", {"markdown": "# Birds", "quiz": []})
    assert ended.json() == {"version": 4}
    said = {"kind": "guidelines", "version": 4, "decision": "accepted"}
    assert visitor.api("POST", f"{here}/acknowledgements", said).status_code == 204
    assert visitor.api("POST", f"{here}/quiz", {"version": 4, "answers": []}).status_code == 404


@pytest.mark.parametrize("answers", [[], [1], [1, 0, 0], [1, 3], [1, -1], [1, None], ["a", 0], "10", None])
def test_anything_but_one_choice_of_each_question_is_no_try(acme: Workspace, answers: object) -> None:
    work = quizzed(acme)
    visitor = Visitor(work.labeler())
    given = visitor.api("POST", f"projects/{work.project_id}/quiz", {"version": 2, "answers": answers})
    assert given.status_code == 400
    with acting(acme.context()):
        assert not QuizTries.objects.exists()


def test_who_does_not_label_here_answers_nothing(acme: Workspace, rival: Workspace) -> None:
    work = quizzed(acme)
    address, body = f"projects/{work.project_id}/quiz", {"version": 2, "answers": RIGHT}
    assert Visitor(acme.someone(Role.LABELER, 7)).api("POST", address, body).status_code == 404
    assert Visitor(new_work(rival).labeler()).api("POST", address, body).status_code == 404
    assert Visitor(acme.someone(Role.OWNER)).api("POST", address, body).status_code == 403


def test_a_quiz_that_breaks_a_rule_is_refused_at_its_place_and_nothing_is_published(acme: Workspace) -> None:
    work = quizzed(acme)
    manager, here = Visitor(acme.someone(Role.OWNER)), f"projects/{work.project_id}/guidelines"
    broken = [QUIZ[0], QUIZ[1] | {"choices": ["Yes"]}]
    refused = manager.api("PUT", here, {"markdown": "# B", "quiz": broken})
    assert (refused.status_code, refused.json()["code"]) == (400, "quiz_invalid")
    assert refused.json()["field"] == "quiz[1].choices"
    assert manager.api("GET", here).json()["version"] == 2


def test_managers_write_and_labelers_answer_by_pages_alone(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one")
    manager, labeler = Visitor(acme.someone(Role.OWNER)), Visitor(work.labeler())
    here = f"projects/{work.project_id}"
    form = {
        "markdown": "# Birds",
        "quiz-TOTAL_FORMS": "2",
        "quiz-INITIAL_FORMS": "0",
        "quiz-0-text": "Which bird is <b>small</b>?",
        "quiz-0-choices": "A cuckoo\n\nA wren\n",
        "quiz-0-right": "2",
        "quiz-0-explanation": WREN,
        "quiz-1-text": "",
        "quiz-1-choices": "",
        "quiz-1-right": "",
        "quiz-1-explanation": "",
    }
    more = manager.page(f"{here}/guidelines", form | {"do": "add"}).content.decode()
    assert 'name="quiz-2-text"' in more
    assert "Which bird is &lt;b&gt;small&lt;/b&gt;?" in more
    wrong = manager.page(f"{here}/guidelines", form | {"quiz-0-right": "3", "do": "publish"})
    assert wrong.status_code == 400
    assert "say which one choice is right" in wrong.content.decode()
    with acting(acme.context()):
        assert not GuidelinesVersion.objects.filter(n=2).exists()
    assert manager.page(f"{here}/guidelines", form | {"do": "publish"}).status_code == 302
    (question,) = manager.api("GET", f"{here}/guidelines").json()["quiz"]
    assert (question["choices"], question["right"]) == (["A cuckoo", "A wren"], 1)
    assert 'value="2" selected' in manager.page(f"{here}/guidelines").content.decode()
    manager.page(f"{here}/agreement", {"do": "rule", "guidelines_required": "on"})
    page = labeler.page(f"{here}/terms").content.decode()
    assert 'type="radio"' in page
    assert WREN not in page
    answer = {"kind": "guidelines", "version": "2", "do": "quiz"}
    missing = labeler.page(f"{here}/terms", answer)
    assert missing.status_code == 400
    tried = labeler.page(f"{here}/terms", answer | {"answer-0": "0"})
    assert tried.status_code == 200
    for shown in (WREN, "Not right"):
        assert shown in tried.content.decode()
    done = labeler.page(f"{here}/terms", answer | {"answer-0": "1"})
    assert done["Location"].endswith("/label")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"text": " "}, "quiz[0].text"),
        ({"text": "x" * 501}, "quiz[0].text"),
        ({"choices": ["Yes"]}, "quiz[0].choices"),
        ({"choices": list("abcdefg")}, "quiz[0].choices"),
        ({"choices": ["Yes", " Yes"]}, "quiz[0].choices"),
        ({"choices": ["Yes", ""]}, "quiz[0].choices[1]"),
        ({"right": 2}, "quiz[0].right"),
        ({"right": -1}, "quiz[0].right"),
        ({"right": True}, "quiz[0].right"),
        ({"right": None}, "quiz[0].right"),
        ({"explanation": ""}, "quiz[0].explanation"),
        ({"explanation": "\ud800"}, "quiz[0].explanation"),
        ({"points": 1}, "quiz[0].points"),
    ],
)
def test_a_question_that_breaks_a_rule_is_refused_at_its_place(change: dict[str, Any], where: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_quiz([QUIZ[0] | change])
    assert refused.value.where == where


@pytest.mark.parametrize("body", [QUIZ * 6, {}, "quiz", None, 5])
def test_a_quiz_is_a_list_of_up_to_ten_questions(body: object) -> None:
    with pytest.raises(Malformed) as refused:
        read_quiz(body)
    assert refused.value.where == "quiz"


def test_a_quiz_comes_back_as_it_was_written() -> None:
    quiz = read_quiz([QUIZ[0] | {"text": " Zeile\r\nनमस्ते 👩‍🚀 "}, QUIZ[1]])
    assert decode_quiz(encode_quiz(quiz)) == quiz
    assert quiz[0].text == "Zeile\nनमस्ते 👩‍🚀"
    assert judge(quiz, RIGHT) == [True, True]
    assert judge(quiz, WRONG) == [True, False]
