"""Texts that software breaks: the same from file to file, and no page or refusal stumbles over them."""

import json

import pytest

from annotation.labels.item import encode_item
from annotation.services.stream_refusals import stream_refusals
from ringfence.kernel.permissions import Role
from tests.annotation.jobs import imported
from tests.annotation.making import SCHEMA, new_work
from tests.annotation.typed_work import EXACT, SPANS, exported, publish, taken, work_on
from tests.annotation.visiting import Visitor
from tests.world import Workspace


def test_any_text_is_the_same_from_the_file_to_the_file(acme: Workspace) -> None:
    stored = json.dumps({"id": "x", "text": EXACT, "n": 1}).encode()
    work = new_work(acme, schema=False)
    publish(work, SPANS)
    imported(acme, work.project_id, stored)
    visitor = Visitor(work.labeler())

    (task,) = visitor.api("POST", f"projects/{work.project_id}/tasks/next").json()["tasks"]
    assert task["item"] == {"text": EXACT}
    spans = [{"start": n, "end": n + 1, "quote": letter, "label": "a"} for n, letter in enumerate(EXACT)] + [
        {"start": 0, "end": len(EXACT), "quote": EXACT, "label": "a"}
    ]
    done = visitor.api("POST", f"tasks/{task['id']}/submission", {"answer": {"s": spans}})

    assert done.status_code == 201, done.content
    line = exported(work)
    assert b'"item":' + stored + b"," in line
    (told,) = json.loads(line)["answers"]
    assert sorted(told["answer"]["s"], key=lambda s: (s["start"], s["end"])) == told["answer"]["s"]
    assert {(s["start"], s["end"], s["quote"]) for s in told["answer"]["s"]} == {
        (s["start"], s["end"], s["quote"]) for s in spans
    }
    assert "\\ud83e" in exported(work, "csv").decode()


def test_a_message_of_five_megabytes_is_refused_with_the_limit(acme: Workspace) -> None:
    work = new_work(acme)
    rows = [{"text": "x" * 5_000_000}, {"text": "x" * 1_000_000}]

    job = imported(acme, work.project_id, b"\n".join(encode_item(row) for row in rows))

    assert (job.state, job.rows_ok, job.rows_bad) == ("done", 1, 1)
    listed = b"".join(stream_refusals(acme.context(), job_id=job.id)).decode()
    assert "1,row_too_long,The row is longer than 1 MiB." in listed
    (task,) = taken(work.labeler(), work)
    assert len(task.fields["text"]) == 1_000_000


def test_a_managers_list_shows_what_html_cannot_hold_as_a_mark(acme: Workspace) -> None:
    work = work_on(acme, SCHEMA, {"text": EXACT, "\ud800": ["\udfff"]})

    page = Visitor(acme.someone(Role.OWNER)).page(f"projects/{work.project_id}/items")

    assert page.status_code == 200
    shown = page.content.decode()
    assert "\ufffd|\ufffd" in shown
    assert "👩‍👩‍👧‍👦 e\u0301" in shown


def test_a_refusal_that_quotes_half_a_pair_is_still_a_page(acme: Workspace) -> None:
    work = work_on(acme, SCHEMA)
    form = {"schema": json.dumps({**SCHEMA, "\ud800": 1})}

    page = Visitor(acme.someone(Role.OWNER)).page(f"projects/{work.project_id}/schema", form)

    assert page.status_code == 400
    assert "“\ufffd” is not known here" in page.content.decode()


@pytest.mark.parametrize("answer", ["[" * 100_000, '{"a":' * 100_000], ids=["lists", "objects"])
def test_an_answer_nested_too_deep_is_refused(acme: Workspace, answer: str) -> None:
    work = work_on(acme, SCHEMA, {"text": "a"})
    labeler = work.labeler()
    visitor = Visitor(labeler)
    (task,) = taken(labeler, work)

    told = visitor.client.generic(
        "POST",
        f"/api/v1/{labeler.public_id}/tasks/{task.task_id}/submission",
        data='{"answer":' + answer,
        content_type="application/json",
    )

    assert (told.status_code, told.json()["code"]) == (400, "invalid")
