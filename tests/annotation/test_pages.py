"""Pages of projects and labeling, without script: what they show, keep and refuse."""

import re
from uuid import uuid4

import pytest
from django.utils.html import escape

from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.values import ProjectRight
from ringfence.kernel.permissions import Role
from tests.annotation.conftest import Logged
from tests.annotation.making import GLAD, new_work
from tests.annotation.test_queue import end_leases
from tests.annotation.visiting import Visitor
from tests.world import Workspace

SETTINGS = {"name": "Renamed", "state": "paused", "overlap": "2", "lease_minutes": "5"}


def task_on(page: str) -> str:
    found = re.search(r'name="task" value="([0-9a-f-]{36})"', page)
    assert found is not None, page
    return found[1]


def test_the_list_teaches_when_it_is_empty_and_names_projects_when_not(
    acme: Workspace, logged: Logged
) -> None:
    manager, labeler = Visitor(acme.someone(Role.MANAGER)), Visitor(acme.someone(Role.LABELER))
    assert "No projects yet" in manager.page("projects").content.decode()
    assert "No project is yours yet" in labeler.page("projects").content.decode()
    assert logged(acme, "project.delivered") == []
    work = new_work(acme)
    work.assign(labeler.someone)
    page = labeler.page("projects")
    assert "Sealed project name" in page.content.decode()
    assert page["Audit-Receipt"].split(";")[0] == logged(acme, "project.delivered")[-1]
    assert "No projects yet" in manager.page("projects").content.decode()


def test_a_project_is_made_and_set_up_by_forms_alone(acme: Workspace) -> None:
    manager, labeler = Visitor(acme.someone(Role.MANAGER)), acme.someone(Role.LABELER)
    made = manager.page("projects/new", {"name": "Reviews", "overlap": "2", "lease_minutes": "10"})
    assert made.status_code == 302
    address = made["Location"].partition("?")[0].split("/", 3)[3]
    overview = manager.page(address).content.decode()
    assert "What this project still needs" in overview
    question = {
        "shown": "text, source",
        "question": "Spam?",
        "text_0": "Yes, spam",
        "key_0": "y",
        "text_3": "No",
    }
    assert manager.page(f"{address}/schema", question).status_code == 302
    schema = manager.page(f"{address}/schema?as=json").content.decode()
    for part in ("yes-spam", "&quot;source&quot;", "Spam?", "&quot;key&quot;: &quot;1&quot;"):
        assert part in schema
    written = {"markdown": "# Care\n\n<script>alert(1)</script> **bold**", "do": "preview"}
    preview = manager.page(f"{address}/guidelines", written).content.decode()
    assert "<strong>bold</strong>" in preview
    assert "<script>alert" not in preview
    assert "Preview, not published" in preview
    assert "guidelines_version" not in preview
    assert manager.page(f"{address}/guidelines", {**written, "do": "publish"}).status_code == 302
    assign = {"member": str(labeler.member_id), "right": "label_project", "do": "assign"}
    assert manager.page(f"{address}/people", assign).status_code == 302
    assert "1 person labels here." in manager.page(f"{address}/people").content.decode()
    assert manager.page(f"{address}/people", {**assign, "do": "end"}).status_code == 302
    assert "0 people label here." in manager.page(f"{address}/people").content.decode()
    assert manager.page(address, SETTINGS).status_code == 302
    overview = manager.page(address).content.decode()
    assert "Renamed" in overview
    assert "Paused" in overview


@pytest.mark.parametrize(
    ("path", "form", "says"),
    [
        ("projects/new", {"name": "", "overlap": "1", "lease_minutes": "30"}, "This field is required"),
        ("projects/new", {"name": "a\x07b", "overlap": "1", "lease_minutes": "30"}, "in one line"),
        ("{project}", {**SETTINGS, "overlap": "0"}, "greater than or equal to 1"),
        ("{project}/schema", {"shown": "text", "question": "?", "text_0": "only one"}, "2 to 50 options"),
        (
            "{project}/schema",
            {"shown": "text", "question": "?", "text_0": "A", "text_1": "A"},
            "share one id",
        ),
        (
            "{project}/schema",
            {"shown": "t", "question": "?", "text_0": "A", "key_0": "s", "text_1": "B"},
            "taken by",
        ),
        ("{project}/schema", {"schema": "{"}, "this is not JSON"),
        ("{project}/schema", {"schema": '{"version": 1}'}, "questions"),
        ("{project}/guidelines", {"markdown": "x" * 100_001, "do": "publish"}, "at most 100000"),
        ("{project}/guidelines", {"markdown": "kept words", "do": "preview"}, "kept words"),
    ],
)
def test_a_refused_form_keeps_what_was_typed_and_says_why(
    acme: Workspace, path: str, form: dict[str, str], says: str
) -> None:
    work = new_work(acme)
    owner = Visitor(acme.someone(Role.OWNER))
    answer = owner.page(path.format(project=f"projects/{work.project_id}"), form)
    assert answer.status_code == (200 if form.get("do") == "preview" else 400)
    page = answer.content.decode()
    assert escape(says) in page
    for typed in form.values():
        assert escape(typed) in page or typed in ("preview", "publish")


def test_labeling_without_script_from_item_to_receipt(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    work.add("first <b>text</b>", "second text")
    visitor = Visitor(work.labeler())
    address = f"projects/{work.project_id}/label"
    shown = visitor.page(address)
    page = shown.content.decode()
    assert "first &lt;b&gt;text&lt;/b&gt;" in page
    assert "Take <strong>care</strong>." in page
    assert shown["Audit-Receipt"].split(";")[0] == logged(acme, "task.delivered")[-1]
    assert task_on(visitor.page(address).content.decode()) == task_on(page)

    form = {"task": task_on(page), "q.mood": "glad", "schema_version": "1", "lead_ms": "1500"}
    assert visitor.page(address, form).status_code == 302
    following = visitor.page(address).content.decode()
    assert "second text" in following
    assert logged(acme, "submission.accepted")[-1] in following
    assert "1 answer in 24 hours" in following
    receipts = visitor.page("receipts").content.decode()
    assert logged(acme, "submission.accepted")[-1] in receipts


def test_an_answer_left_out_keeps_the_item_on_the_page(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("only text")
    visitor = Visitor(work.labeler())
    address = f"projects/{work.project_id}/label"
    task = task_on(visitor.page(address).content.decode())
    answer = visitor.page(address, {"task": task, "schema_version": "1"})
    assert answer.status_code == 400
    assert "only text" in answer.content.decode()
    assert "this question needs an answer" in answer.content.decode()


def test_a_lost_item_keeps_the_answer_and_shows_the_text_no_more(acme: Workspace) -> None:
    from annotation.services.sweep_leases import sweep_leases
    from ringfence.kernel.permissions import Purpose

    work = new_work(acme)
    (task,) = work.add("only text")
    slow, quick = work.labeler(0), work.labeler(1)
    address = f"projects/{work.project_id}/label"
    Visitor(slow).page(address)
    end_leases(acme.context(), task)
    sweep_leases(acme.service(Purpose.JOB))
    take_tasks(quick.context, project_id=work.project_id)
    answer = Visitor(slow).page(address, {"task": str(task), "q.mood": "sad", "schema_version": "1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "What you answered" in page
    assert "Sad" in page
    assert "only text" not in page
    submit_task(quick.context, task_id=task, answer=GLAD)


def test_skipping_brings_the_next_item(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("first text", "second text")
    visitor = Visitor(work.labeler())
    address = f"projects/{work.project_id}/label"
    form = {"task": task_on(visitor.page(address).content.decode())}
    assert visitor.page(f"projects/{work.project_id}/release", form).status_code == 302
    assert "second text" in visitor.page(address).content.decode()
    assert visitor.page(f"projects/{work.project_id}/release", form).status_code == 302


def test_an_empty_queue_says_why_on_the_page(acme: Workspace) -> None:
    work = new_work(acme)
    page = Visitor(work.labeler()).page(f"projects/{work.project_id}/label").content.decode()
    assert "No items have been imported yet." in page


def test_an_ended_session_leads_back_to_the_item(acme: Workspace) -> None:
    work = new_work(acme)
    visitor = Visitor(work.labeler())
    visitor.client.cookies.clear()
    address = f"projects/{work.project_id}/label"
    answer = visitor.page(address)
    assert answer.status_code == 302
    assert f"/w/{visitor.someone.public_id}/{address}".replace("/", "%2F") in answer["Location"]
    # The form's script asks the API, whose 401 leaves the answer on the page.
    refused = visitor.api("POST", f"tasks/{uuid4()}/submission", {"answer": GLAD})
    assert (refused.status_code, refused["Content-Type"]) == (401, "application/json")


def test_a_page_cannot_be_posted_from_elsewhere(acme: Workspace) -> None:
    work = new_work(acme)
    owner = Visitor(acme.someone(Role.OWNER), strict=True)
    assert owner.page(f"projects/{work.project_id}", SETTINGS).status_code == 403
    labeler = Visitor(work.labeler(), strict=True)
    assert labeler.api("POST", f"tasks/{uuid4()}/submission", {"answer": GLAD}).status_code == 403


@pytest.mark.parametrize("path", ["", "/progress", "/schema", "/guidelines", "/people", "/items", "/label"])
def test_a_rival_sees_the_same_page_for_ours_as_for_none(
    acme: Workspace, rival: Workspace, path: str
) -> None:
    work = new_work(acme)
    role = Role.LABELER if path == "/label" else Role.OWNER
    spy = Visitor(rival.someone(role))
    ours, none = (spy.page(f"projects/{project}{path}") for project in (work.project_id, uuid4()))
    assert ours.status_code == none.status_code == 404
    strip = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')
    assert strip.sub(b"", ours.content) == strip.sub(b"", none.content)


def test_the_board_lives_and_knows_no_label(acme: Workspace) -> None:
    work = new_work(acme)
    (task, _) = work.add("one", "two")
    someone = work.labeler()
    take_tasks(someone.context, project_id=work.project_id)
    submit_task(someone.context, task_id=task, answer=GLAD)
    owner = Visitor(acme.someone(Role.OWNER))
    live = owner.page(f"projects/{work.project_id}/progress")
    assert live.json()["values"] == {
        "items": 2,
        "needed": 2,
        "answered": 1,
        "leased": 0,
        "open": 1,
        f"given-{someone.member_id}": 1,
        f"held-{someone.member_id}": 0,
    }
    page = owner.page(f"projects/{work.project_id}").content.decode()
    assert f"given-{someone.member_id}" in page


def test_items_are_shown_to_whoever_may_read_them(acme: Workspace) -> None:
    work = new_work(acme)
    work.add(*(f"text number {n}" for n in range(101)))
    manager = acme.someone(Role.MANAGER)
    work.assign(manager, ProjectRight.READ)
    first = Visitor(manager).page(f"projects/{work.project_id}/items").content.decode()
    assert "text number 99" in first
    assert "text number 100" not in first
    assert "?after=100" in first
    assert (
        "text number 100"
        in Visitor(manager).page(f"projects/{work.project_id}/items?after=100").content.decode()
    )
