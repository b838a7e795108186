"""One example request for each method of each route of projects and labeling, for the isolation check."""

import json
from typing import Any

from django.contrib.auth import get_user_model

from annotation.isolation.canaries import SCHEMA
from annotation.models import Comment, Project, Task
from annotation.values import ProjectRight
from ringfence.kernel.registry import CanaryRows, ExampleRequest, example_request_for


def _project(rows: CanaryRows) -> dict[str, Any]:
    return {"project_id": rows[Project].pk}


def _of_project(route: str, method: str, body: dict[str, Any] | None = None) -> None:
    """Register a request whose only path argument is the canary's project."""

    @example_request_for(route)
    def request(rows: CanaryRows) -> ExampleRequest:
        return ExampleRequest(method, kwargs=_project(rows), body=body or {})


for _name in ("project", "schema", "guidelines", "assignments", "board", "items"):
    _of_project(f"annotation-api:{_name}", "GET")
for _name in ("project", "progress", "schema", "guidelines", "people", "items", "label"):
    _of_project(f"annotation:{_name}", "GET")
_of_project("annotation-api:next-tasks", "POST", {"count": 1})
_of_project("annotation-api:project", "PATCH", {"lease_minutes": 20})
_of_project("annotation-api:schema", "PUT", {"schema": SCHEMA})
_of_project("annotation-api:guidelines", "PUT", {"markdown": "# Listen"})
_of_project(
    "annotation:project",
    "POST",
    {
        "name": "Canary",
        "overlap": 1,
        "lease_minutes": 30,
        "state": "open",
        "skip_policy": "others",
        "reopen_minutes": 15,
    },
)
_of_project("annotation:items", "POST", {"which": "all", "priority": "high", "do": "priority"})
_of_project("annotation:schema", "POST", {"schema": json.dumps(SCHEMA)})
_of_project("annotation:guidelines", "POST", {"markdown": "# Listen", "do": "publish"})


@example_request_for("annotation-api:projects")
@example_request_for("annotation:projects")
@example_request_for("annotation:new-project")
@example_request_for("annotation:receipts")
@example_request_for("annotation:practice")
@example_request_for("annotation-api:receipts")
def plain_get(rows: CanaryRows) -> ExampleRequest:
    """Open a list or an empty form."""
    return ExampleRequest("GET")


@example_request_for("annotation-api:projects")
@example_request_for("annotation:new-project")
def new_project(rows: CanaryRows) -> ExampleRequest:
    """Make one more project."""
    return ExampleRequest("POST", body={"name": "Second canary", "overlap": 1, "lease_minutes": 30})


@example_request_for("annotation-api:assignments")
def assign(rows: CanaryRows) -> ExampleRequest:
    """Assign the canary member."""
    body = {"member": str(rows[get_user_model()].pk), "right": ProjectRight.LABEL.value}
    return ExampleRequest("POST", kwargs=_project(rows), body=body)


@example_request_for("annotation:people")
def assign_on_page(rows: CanaryRows) -> ExampleRequest:
    """Assign the canary member by the page's form."""
    body = {"member": str(rows[get_user_model()].pk), "right": ProjectRight.LABEL.value, "do": "assign"}
    return ExampleRequest("POST", kwargs=_project(rows), body=body)


@example_request_for("annotation-api:assignment")
def unassign(rows: CanaryRows) -> ExampleRequest:
    """End an assignment that the canary member does not have."""
    member = {"member_id": rows[get_user_model()].pk, "right": ProjectRight.READ.value}
    return ExampleRequest("DELETE", kwargs=_project(rows) | member)


@example_request_for("annotation:item")
def read_one(rows: CanaryRows) -> ExampleRequest:
    """Open the item with its answer."""
    return ExampleRequest("GET", kwargs=_project(rows) | {"task_id": rows[Task].pk})


@example_request_for("annotation:item")
def answer_on_item_page(rows: CanaryRows) -> ExampleRequest:
    """Answer the canary's thread from the page of its item."""
    body = {"comment": str(rows[Comment].pk), "text": "A wren.", "do": "answer"}
    return ExampleRequest("POST", kwargs=_project(rows) | {"task_id": rows[Task].pk}, body=body)


@example_request_for("annotation-api:submission")
def submit(rows: CanaryRows) -> ExampleRequest:
    """Submit the answer that the item has already."""
    return ExampleRequest("POST", kwargs={"task_id": rows[Task].pk}, body={"answer": {"canary": "yes"}})


@example_request_for("annotation-api:release")
def release(rows: CanaryRows) -> ExampleRequest:
    """Release an item that nobody holds."""
    return ExampleRequest("POST", kwargs={"task_id": rows[Task].pk})
