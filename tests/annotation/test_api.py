"""Projects and labeling through the API, as two tenants."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import ValidationError as DrfRefusal

from annotation.api import projects
from annotation.values import ProjectRight
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Role
from tests.annotation.conftest import Logged
from tests.annotation.making import GLAD, SAD, SCHEMA, Work, new_work
from tests.annotation.visiting import Visitor
from tests.world import Workspace


def labeler_of(work: Work, n: int = 0) -> Visitor:
    return Visitor(work.labeler(n))


def next_tasks(visitor: Visitor, work: Work, **body: Any) -> Any:
    answer = visitor.api("POST", f"projects/{work.project_id}/tasks/next", body)
    assert answer.status_code == 200, answer.content
    return answer


@pytest.mark.parametrize(
    ("error", "status"),
    [(DrfRefusal("late"), 400), (Invalid("late"), 400), (RuntimeError("late"), 500)],
    ids=["of DRF", "ours", "a crash"],
)
def test_a_refused_request_leaves_nothing_behind(
    acme: Workspace, logged: Logged, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    """DRF answers errors itself, so a transaction around its view would commit what came before."""
    manager = Visitor(acme.someone(Role.MANAGER))
    real = projects.create_project

    def made_then_failed(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        raise error

    monkeypatch.setattr(projects, "create_project", made_then_failed)
    assert manager.api("POST", "projects", {"name": "Half"}).status_code == status
    assert manager.api("GET", "projects").json()["projects"] == []
    assert logged(acme, "project.created") == []
    monkeypatch.undo()
    assert manager.api("POST", "projects", {"name": "Whole"}).status_code == 201
    assert [p["name"] for p in manager.api("GET", "projects").json()["projects"]] == ["Whole"]


def test_a_project_from_its_making_to_its_answers(acme: Workspace, logged: Logged) -> None:
    manager = Visitor(acme.someone(Role.MANAGER))
    labeler = acme.someone(Role.LABELER)
    made = manager.api("POST", "projects", {"name": "Reviews", "overlap": 2})
    assert made.status_code == 201
    project = made.json()["id"]
    assert manager.api("PUT", f"projects/{project}/schema", {"schema": SCHEMA}).json() == {"version": 1}
    assert manager.api("PUT", f"projects/{project}/guidelines", {"markdown": "# Care"}).json() == {
        "version": 1
    }
    body = {"member": str(labeler.member_id), "right": "label_project"}
    assert manager.api("POST", f"projects/{project}/assignments", body).status_code == 204

    listed = manager.api("GET", "projects").json()["projects"]
    assert [(p["name"], p["overlap"], sorted(p["rights"])) for p in listed] == [
        ("Reviews", 2, ["manage_project", "read_project"])
    ]
    assert (
        manager.api("PATCH", f"projects/{project}", {"name": "Ratings", "state": "paused"}).status_code == 204
    )
    shown = manager.api("GET", f"projects/{project}").json()
    assert (shown["name"], shown["state"], shown["schema_version"]) == ("Ratings", "paused", 1)
    schema = manager.api("GET", f"projects/{project}/schema").json()
    assert schema["schema"]["questions"][0]["options"][0] == {"id": "glad", "text": "Glad", "key": "1"}
    assert manager.api("GET", f"projects/{project}/schema?version=9").status_code == 404
    assert manager.api("GET", f"projects/{project}/guidelines").json() == {
        "version": 1,
        "markdown": "# Care",
        "quiz": [],
    }
    assigned = manager.api("GET", f"projects/{project}/assignments").json()["assignments"]
    assert {"member": str(labeler.member_id), "rights": ["label_project"]} in assigned
    for verb in ("project.created", "schema.published", "guidelines.published", "project.changed"):
        assert len(logged(acme, verb)) == 1
    assert len(logged(acme, "project.granted")) == 3


def test_next_and_submission_give_receipts_of_the_log(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    work.add("one", "two", "three")
    visitor = labeler_of(work)
    taken = next_tasks(visitor, work, count=2)
    assert [t["item"] for t in taken.json()["tasks"]] == [{"text": "one"}, {"text": "two"}]
    assert taken["Audit-Receipt"].split(";")[0] == logged(acme, "task.delivered")[-1]

    task = taken.json()["tasks"][0]["id"]
    body = {"answer": GLAD, "lead_ms": 900, "idempotency_key": str(uuid4())}
    done = visitor.api("POST", f"tasks/{task}/submission?next=1", body)
    assert (done.status_code, done.json()["again"]) == (201, False)
    assert done.json()["next"]["tasks"][0]["item"] == {"text": "three"}
    assert done["Audit-Receipt"] == done.json()["receipt"]
    assert logged(acme, "submission.accepted") == [done.json()["receipt"].split(";")[0]]

    again = visitor.api("POST", f"tasks/{task}/submission", body)
    assert (again.status_code, again.json()["receipt"]) == (200, done.json()["receipt"])
    other = visitor.api("POST", f"tasks/{task}/submission", {"answer": SAD})
    assert (other.status_code, other.json()["code"]) == (409, "answer_differs")
    listed = visitor.api("GET", "receipts").json()
    assert (listed["count"], listed["receipts"][0]["receipt"]) == (1, done.json()["receipt"])


def test_a_labeler_gets_only_the_fields_that_the_schema_shows(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one")
    (task,) = next_tasks(labeler_of(work), work).json()["tasks"]
    assert task["item"] == {"text": "one"}


def test_an_empty_queue_says_why(acme: Workspace) -> None:
    work = new_work(acme)
    answer = next_tasks(labeler_of(work), work).json()
    assert (answer["tasks"], answer["reason"]["code"]) == ([], "no_items")
    assert answer["reason"]["message"]


def test_a_released_item_is_no_longer_held(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one")
    visitor = labeler_of(work)
    (task,) = next_tasks(visitor, work).json()["tasks"]
    assert visitor.api("POST", f"tasks/{task['id']}/release").status_code == 204
    again = visitor.api("POST", f"tasks/{task['id']}/release")
    assert (again.status_code, again.json()["code"]) == (409, "task_not_held")


ROUTES = [
    ("GET", "projects/{project}", None),
    ("PATCH", "projects/{project}", {"state": "paused"}),
    ("GET", "projects/{project}/schema", None),
    ("PUT", "projects/{project}/schema", {"schema": SCHEMA}),
    ("GET", "projects/{project}/guidelines", None),
    ("PUT", "projects/{project}/guidelines", {"markdown": "x"}),
    ("GET", "projects/{project}/assignments", None),
    ("POST", "projects/{project}/assignments", {"member": "{member}"}),
    ("DELETE", "projects/{project}/assignments/{member}/label_project", None),
    ("GET", "projects/{project}/board", None),
    ("GET", "projects/{project}/items", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_rival_cannot_tell_our_project_from_none(
    acme: Workspace, rival: Workspace, method: str, path: str, body: Any
) -> None:
    work = new_work(acme)
    member = rival.someone(Role.LABELER).member_id
    spy = Visitor(rival.someone(Role.OWNER))
    filled = {"member": str(member)} if body == {"member": "{member}"} else body
    ours, none = (
        spy.api(method, path.format(project=project, member=member), filled)
        for project in (work.project_id, uuid4())
    )
    assert ours.status_code == none.status_code == 404
    assert ours.content == none.content


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_manager_without_a_grant_reaches_no_project(
    acme: Workspace, method: str, path: str, body: Any
) -> None:
    work = new_work(acme)
    member = acme.someone(Role.LABELER).member_id
    filled = {"member": str(member)} if body == {"member": "{member}"} else body
    stranger, manager = (Visitor(acme.someone(Role.MANAGER, n)) for n in range(2))
    work.assign(manager.someone, ProjectRight.MANAGE)
    address = path.format(project=work.project_id, member=member)
    assert stranger.api(method, address, filled).status_code == 404
    assert manager.api(method, address, filled).status_code in (200, 204)


@pytest.mark.parametrize("whose", ["foreign", "none"])
def test_a_foreign_member_cannot_be_assigned(acme: Workspace, rival: Workspace, whose: str) -> None:
    work = new_work(acme)
    member = rival.someone(Role.LABELER).member_id if whose == "foreign" else uuid4()
    answer = Visitor(acme.someone(Role.OWNER)).api(
        "POST", f"projects/{work.project_id}/assignments", {"member": str(member)}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


BROKEN_SCHEMAS = [
    ({}, "version"),
    ({**SCHEMA, "version": 2}, "version"),
    ({**SCHEMA, "extra": 1}, "schema"),
    ({**SCHEMA, "item": {}}, "item"),
    ({**SCHEMA, "item": {"text": "html"}}, "item.text"),
    ({**SCHEMA, "questions": []}, "questions"),
    ({**SCHEMA, "questions": [{"id": "a", "type": "essay", "text": "?"}]}, "questions[0].type"),
    ({**SCHEMA, "questions": SCHEMA["questions"] * 2}, "questions"),
    ([], ""),
    ("nonsense", "schema"),
]


@pytest.mark.parametrize(("schema", "field"), BROKEN_SCHEMAS)
def test_a_broken_schema_is_refused_with_its_place(acme: Workspace, schema: Any, field: str) -> None:
    work = new_work(acme)
    owner = Visitor(acme.someone(Role.OWNER))
    answer = owner.api("PUT", f"projects/{work.project_id}/schema", {"schema": schema})
    assert (answer.status_code, answer.json()["code"]) == (400, "schema_invalid")
    assert answer.json().get("field", "") == field
    assert owner.api("GET", f"projects/{work.project_id}").json()["schema_version"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"name": "x" * 121},
        {"name": "x", "overlap": 0},
        {"name": "x", "overlap": 51},
        {"name": "x", "lease_minutes": 0},
        {"name": "x", "lease_minutes": 1441},
        [],
    ],
)
def test_a_project_out_of_bounds_is_refused(acme: Workspace, body: Any) -> None:
    answer = Visitor(acme.someone(Role.OWNER)).api("POST", "projects", body)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_an_answer_that_does_not_fit_names_the_question(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one")
    visitor = labeler_of(work)
    (task,) = next_tasks(visitor, work).json()["tasks"]
    answer = visitor.api("POST", f"tasks/{task['id']}/submission", {"answer": {"mood": "purple"}})
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["field"]) == ("answer_invalid", "mood")


def test_an_answer_to_an_older_schema_is_checked_against_that_one(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one", "two")
    visitor, owner = labeler_of(work), Visitor(acme.someone(Role.OWNER))
    first, second = next_tasks(visitor, work, count=2).json()["tasks"]
    question = {
        **SCHEMA["questions"][0],
        "options": [{"id": "yes", "text": "Yes"}, {"id": "no", "text": "No"}],
    }  # type: ignore[index]
    newer = {**SCHEMA, "questions": [question]}
    assert owner.api("PUT", f"projects/{work.project_id}/schema", {"schema": newer}).json() == {"version": 2}
    old = visitor.api("POST", f"tasks/{first['id']}/submission", {"answer": GLAD, "schema_version": 1})
    assert old.status_code == 201
    body = {"answer": GLAD}
    assert visitor.api("POST", f"tasks/{second['id']}/submission", body).status_code == 400
    body = {"answer": GLAD, "schema_version": 3}  # type: ignore[dict-item]
    answer = visitor.api("POST", f"tasks/{second['id']}/submission", body)
    assert (answer.status_code, answer.json()["field"]) == (400, "schema_version")


def test_items_come_in_pages_of_100_with_few_statements(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    ids = work.add(*(f"text {n}" for n in range(130)), overlap=2)
    owner = Visitor(acme.someone(Role.OWNER))
    address = f"projects/{work.project_id}/items"
    owner.api("GET", address)  # opens keys and standing once
    with CaptureQueriesContext(connection) as asked:
        first = owner.api("GET", address)
    work_done = [q["sql"] for q in asked if "annotation_" in q["sql"] or "audit." in q["sql"]]
    assert len(work_done) <= 6, work_done
    assert [item["id"] for item in first.json()["items"]] == [str(task) for task in ids[:100]]
    assert first.json()["items"][0] == {
        "id": str(ids[0]),
        "place": 1,
        "external_id": "row-1",
        "item": {"text": "text 0", "id": "row-1"},
        "answered": 0,
        "needed": 2,
        "priority": "normal",
        "reserved_for": [],
    }
    assert first["Audit-Receipt"].split(";")[0] == logged(acme, "item.delivered")[-1]
    rest = owner.api("GET", f"{address}?after={first.json()['after']}").json()
    assert ([item["id"] for item in rest["items"]], rest["after"]) == (
        [str(task) for task in ids[100:]],
        None,
    )


def test_the_board_counts_needed_and_given_by_person_and_no_label(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one", "two", overlap=2)
    ada, ben = labeler_of(work, 0), labeler_of(work, 1)
    (task,) = next_tasks(ada, work).json()["tasks"]
    ada.api("POST", f"tasks/{task['id']}/submission", {"answer": GLAD})
    next_tasks(ben, work)
    board = Visitor(acme.someone(Role.OWNER)).api("GET", f"projects/{work.project_id}/board")
    assert {k: v for k, v in board.json().items() if k != "people"} == {
        "items": 2,
        "needed": 4,
        "answered": 1,
        "leased": 1,
        "open": 2,
        "threads": 0,
        "kept": 0,
    }
    assert [(p["answered"], p["held"], p["assigned"]) for p in board.json()["people"]] == [
        (1, 0, True),
        (0, 1, True),
    ]
    assert b"glad" not in board.content.lower()


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.MANAGER, Role.REVIEWER, Role.AUDITOR])
def test_who_is_no_labeler_takes_nothing(acme: Workspace, role: Role) -> None:
    work = new_work(acme)
    work.add("one")
    someone = acme.someone(role)
    work.assign(someone)
    answer = Visitor(someone).api("POST", f"projects/{work.project_id}/tasks/next", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


def test_a_labeler_reads_no_items_in_bulk(acme: Workspace) -> None:
    work = new_work(acme)
    visitor = labeler_of(work)
    assert visitor.api("GET", f"projects/{work.project_id}/items").status_code == 403
    assert visitor.api("GET", f"projects/{work.project_id}/board").status_code == 403
