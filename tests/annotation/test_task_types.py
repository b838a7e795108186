"""Every task type from the file that comes in to the file that goes out, and what labelers never learn."""

import json
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from annotation.errors import AnswerDiffers, AnswerInvalid, TaskNotHeld
from annotation.labels.answer import decode_answer
from annotation.labels.item import encode_item
from annotation.labels.order import to_shown
from annotation.labels.templates.catalogue import Template, templates
from annotation.models import Submission
from annotation.services.read_schema import schema_of
from annotation.services.stream_refusals import stream_refusals
from annotation.services.submit_task import submit_task
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.annotation.jobs import imported
from tests.annotation.making import SCHEMA, Work, new_work
from tests.annotation.typed_work import EXACT, PAIR, SPANS, exported, publish, taken, work_on
from tests.annotation.visiting import Visitor
from tests.unit.labels.making import BY_HAND
from tests.world import Workspace


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_a_template_is_imported_labeled_and_exported(acme: Workspace, template: Template) -> None:
    work = work_on(acme, template.schema, *template.items)
    visitor = Visitor(work.labeler())
    first = visitor.api("POST", f"projects/{work.project_id}/tasks/next").json()["tasks"][0]
    assert first["problem"] is None
    given = BY_HAND[template.name]

    answer = visitor.api("POST", f"tasks/{first['id']}/submission", {"answer": given, "schema_version": 1})

    assert answer.status_code == 201, answer.content
    line = json.loads(exported(work).splitlines()[0])
    (told,) = line["answers"]
    with acting(acme.context()):
        schema = schema_of(acme.context(), project_id=work.project_id, version=1)
    assert schema is not None
    order = tuple(told.get("shown", ()))
    assert to_shown(schema, told["answer"], order) == given
    assert [c["name"] for c in first["candidates"] or []] == list("ABCDEFGHIJ"[: len(order)])
    if schema.candidates:
        contents = schema.candidates.contents(line["item"])
        assert [c["content"] for c in first["candidates"]] == [contents[source] for source in order]


def test_the_order_differs_between_labelers_stays_for_each_and_is_undone(acme: Workspace) -> None:
    # So many that a right order looks wrong once in 10^13 runs.
    items = [{"prompt": f"p{n}", "secret_model": f"s{n}", "other_model": f"o{n}"} for n in range(45)]
    work = work_on(acme, PAIR, *items, overlap=2)
    people = {str(someone.member_id): someone for someone in (work.labeler(0), work.labeler(1))}
    seen = {
        member: {str(task.task_id): task.candidates or {} for task in taken(someone, work, 45)}
        for member, someone in people.items()
    }
    for member, someone in people.items():
        again = taken(someone, work, 45, resume=True)
        assert {str(task.task_id): task.candidates for task in again} == seen[member]
    firsts = [[shown["A"][0] for shown in of_one.values()] for of_one in seen.values()]
    assert set(firsts[0]) == set(firsts[1]) == {"s", "o"}
    assert firsts[0] != firsts[1]

    value = {"better": {"better": "A", "strength": 2}}
    for member, someone in people.items():
        for task_id in list(seen[member])[:5]:
            submit_task(someone.context, task_id=UUID(task_id), answer=value)

    lines = [json.loads(line) for line in exported(work).splitlines()]
    assert sum(len(line["answers"]) for line in lines) == 10
    for line in lines:
        for told in line["answers"]:
            picked = told["answer"]["better"]
            assert picked == {"better": told["shown"][0], "strength": 2}
            assert line["item"][picked["better"]] == seen[told["member_id"]][line["task_id"]]["A"]
    rows = exported(work, "csv-raw").decode().splitlines()
    assert rows[0].split(",")[5:7] == ["answer", "shown"]
    assert '""secret_model""' in rows[1]


def test_the_same_answer_again_is_the_first_and_another_one_is_refused(acme: Workspace) -> None:
    work = work_on(acme, PAIR, {"prompt": "p", "secret_model": "s", "other_model": "o"})
    ada = work.labeler()
    (task,) = taken(ada, work)
    value = {"better": {"better": "B", "strength": 1}}

    first = submit_task(ada.context, task_id=task.task_id, answer=value)
    again = submit_task(ada.context, task_id=task.task_id, answer=value)

    assert (again.receipt, again.again) == (first.receipt, True)
    with pytest.raises(AnswerDiffers):
        submit_task(ada.context, task_id=task.task_id, answer={"better": {"better": "A", "strength": 1}})
    for name in ("secret_model", "C"):
        with pytest.raises(AnswerInvalid, match="pick one of the candidates"):
            submit_task(ada.context, task_id=task.task_id, answer={"better": {"better": name, "strength": 1}})


def test_a_new_version_of_the_schema_moves_no_candidate(acme: Workspace) -> None:
    items = [{"prompt": f"p{n}", "secret_model": f"s{n}", "other_model": f"o{n}"} for n in range(12)]
    work = work_on(acme, PAIR, *items)
    ada = work.labeler()
    before = {task.task_id: task.candidates for task in taken(ada, work, 12)}

    publish(work, SCHEMA | {"item": {"prompt": "text"}})
    publish(work, {**PAIR, "questions": [{"id": "other", "type": "ranking", "text": "?"}]})

    after = taken(ada, work, 12, resume=True)
    assert {task.schema_version for task in after} == {3}
    assert {task.task_id: task.candidates for task in after} == before
    # An answer made under the older version is checked, and its names undone, by that one.
    submit_task(
        ada.context,
        task_id=after[0].task_id,
        answer={"better": {"better": "A", "strength": 1}},
        schema_version=1,
    )
    (told,) = json.loads(exported(work).splitlines()[0])["answers"]
    assert told["schema_version"] == 1
    assert told["answer"]["better"]["better"] == told["shown"][0]


def test_a_labeler_learns_no_source_name_and_a_manager_does(acme: Workspace) -> None:
    work = work_on(acme, PAIR, {"prompt": "p", "secret_model": "s", "other_model": "o", "gold": "secret"})
    labeler, owner = Visitor(work.labeler()), Visitor(acme.someone(Role.OWNER))
    paths = [
        ("POST", f"projects/{work.project_id}/tasks/next"),
        ("GET", f"projects/{work.project_id}/schema"),
    ]

    for method, path in paths:
        told = labeler.api(method, path)
        assert told.status_code == 200
        assert b"_model" not in told.content
        assert b"secret" not in told.content

    assert labeler.api("GET", f"projects/{work.project_id}/schema").json()["schema"]["candidates"] == {
        "as": "markdown"
    }
    shown = owner.api("GET", f"projects/{work.project_id}/schema").json()["schema"]
    assert shown["candidates"]["of"] == ["secret_model", "other_model"]
    assert "seed" not in json.dumps(shown)


def test_a_delivery_records_the_digest_of_what_was_shown(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from annotation.services import take_tasks as taking

    listed: list[tuple[UUID, bytes]] = []
    real = taking.deliver

    def watching(context: Any, verb: Any, *, object_kind: str, objects: Any) -> Any:
        listed.extend(objects)
        return real(context, verb, object_kind=object_kind, objects=objects)

    monkeypatch.setattr(taking, "deliver", watching)
    work = work_on(acme, PAIR, {"prompt": EXACT, "secret_model": EXACT, "other_model": "o"})
    (task,) = taken(work.labeler(), work)
    shown = encode_item({"item": task.fields, "candidates": task.candidates})
    assert listed == [(task.task_id, sha256(shown).digest())]


def test_an_item_that_does_not_fit_is_shown_with_what_is_wrong(acme: Workspace) -> None:
    work = work_on(acme, SCHEMA | {"item": {"prompt": "text"}}, {"prompt": "p", "secret_model": "s"})
    publish(work, PAIR)
    (task,) = Visitor(work.labeler()).api("POST", f"projects/{work.project_id}/tasks/next").json()["tasks"]
    assert (task["problem"], task["candidates"]) == ("The field “other_model” is missing.", None)
    assert task["item"] == {"prompt": "p"}


def test_rows_that_do_not_fit_are_refused_by_name(acme: Workspace) -> None:
    chat = {"version": 1, "item": {"talk": "chat"}, "candidates": {"of": "responses"}}
    work = new_work(acme, schema=False)
    publish(work, {**chat, "questions": [{"id": "r", "type": "ranking", "text": "?"}]})
    rows: list[dict[str, Any]] = [
        {"talk": [{"role": "user", "content": "secret"}], "responses": ["a", "b"]},
        {"talk": "secret", "responses": ["a", "b"]},
        {"responses": ["a", "b"]},
        {"talk": [{"role": "user", "content": "secret"}], "responses": ["secret"]},
        {"talk": [{"role": "user", "content": ""}], "responses": ["", "b", "c"]},
    ]

    job = imported(acme, work.project_id, b"\n".join(json.dumps(row).encode() for row in rows))

    assert (job.state, job.rows_ok, job.rows_bad) == ("done", 2, 3)
    listed = b"".join(stream_refusals(acme.context(), job_id=job.id)).decode()
    assert [line.split(",", 2) for line in listed.splitlines()[1:]] == [
        ["2", "does_not_fit", "The field “talk” is no list of messages."],
        ["3", "does_not_fit", "The field “talk” is missing."],
        ["4", "does_not_fit", '"The field “responses” holds 1, not 2 to 10 texts."'],
    ]
    assert "secret" not in listed


def test_a_csv_without_the_column_is_refused_row_by_row(acme: Workspace) -> None:
    work = new_work(acme)
    job = imported(acme, work.project_id, b"id,body\r\n1,a\r\n2,b\r\n")
    assert (job.state, job.rows_ok, job.rows_bad) == ("done", 0, 2)


def test_whoever_never_held_an_item_learns_nothing_by_guessing_at_it(acme: Workspace) -> None:
    work = work_on(acme, SPANS, {"text": "secret"})
    holder, guesser = work.labeler(0), work.labeler(1)
    (task,) = taken(holder, work)
    right = {"s": [{"start": 0, "end": 6, "quote": "secret", "label": "a"}]}
    wrong = {"s": [{"start": 0, "end": 6, "quote": "sesame", "label": "a"}]}

    for answer in (right, wrong):
        with pytest.raises(TaskNotHeld):
            submit_task(guesser.context, task_id=task.task_id, answer=answer)
    with pytest.raises(AnswerInvalid, match="quotes other words"):
        submit_task(holder.context, task_id=task.task_id, answer=wrong)
    assert not submit_task(holder.context, task_id=task.task_id, answer=right).again


def statements_of_a_submission(work: Work, answer: dict[str, Any]) -> list[str]:
    """Submit twice, and return what the second one, with everything remembered, asked the database."""
    someone = work.labeler()
    ran: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        ran.append(sql)
        return execute(sql, params, many, context)

    first, second = taken(someone, work, 2)
    submit_task(someone.context, task_id=first.task_id, answer=answer)
    with connection.execute_wrapper(note):
        submit_task(someone.context, task_id=second.task_id, answer=answer)
    return ran


def test_only_a_schema_that_asks_about_an_items_inside_opens_it_again(acme: Workspace) -> None:
    plain = work_on(acme, SCHEMA, {"text": "a"}, {"text": "b"})
    pair = work_on(acme, PAIR, *({"prompt": "p", "secret_model": "s", "other_model": "o"} for _ in range(2)))
    spans = work_on(acme, SPANS, {"text": "a"}, {"text": "b"})

    choice = statements_of_a_submission(plain, {"mood": "glad"})
    compared = statements_of_a_submission(pair, {"better": {"better": "tie"}})
    marked = statements_of_a_submission(spans, {"s": []})

    assert not any("payload" in sql for sql in choice)
    assert len(compared) == len(choice)
    assert [sql for sql in marked if "t.payload" in sql]
    assert len(marked) == len(choice) + 1


def test_what_is_kept_is_sealed_with_the_order_it_was_shown_in(acme: Workspace) -> None:
    work = work_on(acme, PAIR, {"prompt": "p", "secret_model": "s", "other_model": "o"})
    ada = work.labeler()
    (task,) = taken(ada, work)
    submit_task(ada.context, task_id=task.task_id, answer={"better": {"better": "tie"}})
    context = acme.context()
    with acting(context):
        kept = Submission.objects.get(task_id=task.task_id)
        opened = context.keyring.open(kept.answer, field=Submission.answer, row=kept.id)
    assert b"model" not in bytes(kept.answer)
    stored = decode_answer(opened)
    assert stored.answer == {"better": {"better": "tie"}}
    assert sorted(stored.shown) == ["other_model", "secret_model"]


def test_an_answer_made_under_a_schema_that_was_replaced_is_taken_when_it_says_so(acme: Workspace) -> None:
    work = work_on(acme, PAIR, {"prompt": "p", "secret_model": "s", "other_model": "o"})
    ada = work.labeler()
    (task,) = taken(ada, work)
    publish(work, SPANS | {"item": {"prompt": "text", "text": "text"}})

    with pytest.raises(AnswerInvalid, match="not asked here") as refused:
        submit_task(ada.context, task_id=task.task_id, answer={"better": {"better": "tie"}})

    assert refused.value.field == "better"
    done = submit_task(
        ada.context, task_id=task.task_id, answer={"better": {"better": "tie"}}, schema_version=1
    )
    assert not done.again
