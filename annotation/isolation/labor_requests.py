"""One example request for each method of each route of a labeler's workspace, and of a queue's order."""

from typing import Any

from django.contrib.auth import get_user_model

from annotation.models import Project, Skill, Task
from ringfence.kernel.registry import CanaryRows, ExampleRequest, example_request_for


def _of_project(route: str, method: str, body: dict[str, Any] | None = None) -> None:
    """Register a request whose only path argument is the canary's project."""

    @example_request_for(f"annotation-api:{route}")
    def request(rows: CanaryRows) -> ExampleRequest:
        return ExampleRequest(method, kwargs={"project_id": rows[Project].pk}, body=body or {})


def _of_task(route: str, method: str, body: dict[str, Any] | None = None) -> None:
    """Register a request whose only path argument is the canary's item."""

    @example_request_for(f"annotation-api:{route}")
    def request(rows: CanaryRows) -> ExampleRequest:
        return ExampleRequest(method, kwargs={"task_id": rows[Task].pk}, body=body or {})


_of_project("desk", "GET")
_of_project("mine", "GET")
_of_project("priority", "POST", {"all": True, "priority": "high"})
_of_task("draft", "GET")
_of_task("draft", "PUT", {"version": 1, "body": {"answer": {"canary": "yes"}}})
_of_task("draft", "DELETE")
_of_task("skip", "POST", {"reason": "other", "note": "Silent"})
_of_task("reopen", "POST")


@example_request_for("annotation-api:heartbeat")
def beat(rows: CanaryRows) -> ExampleRequest:
    """Show a sign of life for the item."""
    kwargs = {"project_id": rows[Project].pk}
    return ExampleRequest("POST", kwargs=kwargs, body={"tasks": [str(rows[Task].pk)]})


@example_request_for("annotation-api:reservations")
def reserve(rows: CanaryRows) -> ExampleRequest:
    """Keep the item for the canary member."""
    body = {"member": str(rows[get_user_model()].pk), "tasks": [str(rows[Task].pk)]}
    return ExampleRequest("POST", kwargs={"project_id": rows[Project].pk}, body=body)


@example_request_for("annotation-api:browser-key")
def browser_key(rows: CanaryRows) -> ExampleRequest:
    """Ask for the key of one's browser."""
    return ExampleRequest("POST", by_session=True)


@example_request_for("annotation-api:skills")
def skills(rows: CanaryRows) -> ExampleRequest:
    """List the skills."""
    return ExampleRequest("GET")


@example_request_for("annotation-api:skills")
def new_skill(rows: CanaryRows) -> ExampleRequest:
    """Name one more skill."""
    return ExampleRequest("POST", body={"name": "Whistling"})


@example_request_for("annotation-api:project-skills")
def needed_skills(rows: CanaryRows) -> ExampleRequest:
    """Let the project need the skill."""
    body = {"skills": [str(rows[Skill].pk)]}
    return ExampleRequest("PUT", kwargs={"project_id": rows[Project].pk}, body=body)


@example_request_for("annotation-api:member-skills")
def skills_of_member(rows: CanaryRows) -> ExampleRequest:
    """Note the skill for the canary member."""
    body = {"skills": [str(rows[Skill].pk)]}
    return ExampleRequest("PUT", kwargs={"member_id": rows[get_user_model()].pk}, body=body)
