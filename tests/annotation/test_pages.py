"""Pages of projects and labeling, without script: what they show, keep and refuse."""

import json
import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.utils.html import escape

from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.values import ProjectRight
from ringfence.kernel.permissions import Role
from tests.annotation.conftest import Logged
from tests.annotation.making import GLAD, SCHEMA, new_work
from tests.annotation.visiting import Visitor
from tests.world import Workspace

SETTINGS = {
    "name": "Renamed",
    "state": "paused",
    "overlap": "2",
    "lease_minutes": "5",
    "skip_policy": "back_to_me",
    "reopen_minutes": "20",
    "most_per_person": "40",
}


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
    chosen = manager.page(f"{address}/schema?template=sentiment").content.decode()
    assert "This is the template" in chosen
    assert "Positive" in chosen
    sent = {"schema": json.dumps(SCHEMA), "base": "0", "do": "publish"}
    assert manager.page(f"{address}/schema", sent).status_code == 302
    schema = manager.page(f"{address}/schema").content.decode()
    for part in ("How does it sound?", "&quot;key&quot;: &quot;1&quot;", "Version 1 is published"):
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
        ("{project}/schema", {"schema": "{"}, "line 1, column 2"),
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


def config_on(page: str) -> dict[str, Any]:
    found = re.search(r'data-config="([^"]+)"', page)
    assert found is not None, page
    return dict(json.loads(unescape(found[1])))


def test_the_workspace_page_holds_addresses_and_no_content(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    work.add("first <b>text</b>")
    visitor = Visitor(work.labeler())
    page = visitor.page(f"projects/{work.project_id}/label").content.decode()
    config = config_on(page)
    assert config["person"] == str(visitor.someone.member_id)
    assert config["project"] == str(work.project_id)
    # The address is whole: with a route of the API behind it, it answers.
    route = f"{config['api']}projects/{work.project_id}/tasks/next"
    assert visitor.client.post(route, "{}", content_type="application/json").status_code == 200
    assert logged(acme, "task.delivered")
    for content in ("first", "Sealed project name", "Take"):
        assert content not in page
    assert "Labeling needs a browser that runs scripts" in page


def test_the_workspace_page_takes_nothing_from_the_queue(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    work.add("only text")
    Visitor(work.labeler(0)).page(f"projects/{work.project_id}/label")
    assert logged(acme, "task.delivered") == []
    (task,) = take_tasks(work.labeler(1).context, project_id=work.project_id).tasks
    assert task.fields == {"text": "only text"}


def test_practice_is_there_for_labelers_and_takes_nothing(acme: Workspace, logged: Logged) -> None:
    visitor = Visitor(acme.someone(Role.LABELER))
    answer = visitor.page("practice")
    assert answer.status_code == 200
    assert config_on(answer.content.decode())["project"] == ""
    assert logged(acme, "task.delivered") == []


def test_a_project_of_others_is_no_page(acme: Workspace) -> None:
    work = new_work(acme)
    stranger = Visitor(acme.someone(Role.LABELER))
    assert stranger.page(f"projects/{work.project_id}/label").status_code == 404


def test_an_ended_session_leads_back_to_the_item(acme: Workspace) -> None:
    work = new_work(acme)
    visitor = Visitor(work.labeler())
    visitor.client.cookies.clear()
    address = f"projects/{work.project_id}/label"
    answer = visitor.page(address)
    assert answer.status_code == 302
    assert f"/w/{visitor.someone.public_id}/{address}".replace("/", "%2F") in answer["Location"]
    # The workspace asks the API, whose 401 leaves the answer in the browser.
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
        "threads": 0,
        f"given-{someone.member_id}": 1,
        f"held-{someone.member_id}": 0,
        f"active-{someone.member_id}": "0 s",
        f"pace-{someone.member_id}": "–",
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


def test_practice_is_offered_once_to_whoever_has_never_labeled(acme: Workspace) -> None:
    offer = "First time here?"
    work = new_work(acme)
    (task,) = work.add("one")
    new, practised, labeled = work.labeler(), work.labeler(1), work.labeler(2)
    visitor = Visitor(new)
    assert offer in visitor.page("projects").content.decode()
    assert offer in visitor.page("projects").content.decode()
    assert offer not in visitor.page("projects?later").content.decode()
    assert offer not in visitor.page("projects").content.decode()
    assert offer in Visitor(new).page("projects").content.decode(), "another browser does not know it"
    other = Visitor(practised)
    other.page("practice")
    assert offer not in other.page("projects").content.decode()
    take_tasks(labeled.context, project_id=work.project_id)
    submit_task(labeled.context, task_id=task, answer=GLAD)
    assert offer not in Visitor(labeled).page("projects").content.decode()
    assert offer not in Visitor(acme.someone(Role.MANAGER)).page("projects").content.decode()
