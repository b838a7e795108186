"""One example request for each method of each route of terms, comments and one's own work."""

from typing import Any

from annotation.isolation.owed_canaries import PURPOSE
from annotation.models import Comment, Project, Submission, Task
from ringfence.kernel.registry import CanaryRows, ExampleRequest, example_request_for

_IN_FORM = PURPOSE.to_json() | {"defence": "no", "disturbing": "no", "do": "preview"}


def _of_project(route: str, method: str, body: dict[str, Any] | None = None) -> None:
    """Register a request whose only path argument is the canary's project."""

    @example_request_for(route)
    def request(rows: CanaryRows) -> ExampleRequest:
        return ExampleRequest(method, kwargs={"project_id": rows[Project].pk}, body=body or {})


def _plain(route: str, **kwargs: str) -> None:
    """Register a GET without an id."""

    @example_request_for(route)
    def request(rows: CanaryRows) -> ExampleRequest:
        return ExampleRequest("GET", kwargs=dict(kwargs))


for _name in ("purpose", "agreement", "terms", "comments"):
    _of_project(f"annotation-api:{_name}", "GET")
    _of_project(f"annotation:{_name}", "GET")
_of_project("annotation-api:purpose", "PUT", PURPOSE.to_json())
_of_project("annotation-api:agreement", "PUT", {"markdown": "# Sing"})
_of_project(
    "annotation-api:acknowledgements", "POST", {"kind": "purpose", "version": 1, "decision": "accepted"}
)
_of_project("annotation-api:quiz", "POST", {"version": 1, "answers": [0]})
_of_project("annotation:purpose", "POST", _IN_FORM)
_of_project("annotation:agreement", "POST", {"markdown": "# Sing", "do": "preview"})
_of_project("annotation:terms", "POST", {"kind": "purpose", "version": "1", "do": "accept"})

for _name in ("annotation-api:work", "annotation:work", "annotation-api:work-pin", "annotation:work-pin"):
    _plain(_name)
for _name in ("annotation-api:work-statement", "annotation:work-statement"):
    _plain(_name, form="csv")


@example_request_for("annotation-api:work-proof")
@example_request_for("annotation:work-receipt")
def receipt_of_answer(rows: CanaryRows) -> ExampleRequest:
    """Ask for the receipt of the canary's answer."""
    return ExampleRequest("GET", kwargs={"entry_id": rows[Submission].pk})


@example_request_for("annotation-api:task-comments")
def comments_of_item(rows: CanaryRows) -> ExampleRequest:
    """Read what was said about the canary's item."""
    return ExampleRequest("GET", kwargs={"task_id": rows[Task].pk})


@example_request_for("annotation-api:task-comments")
def comment_on_item(rows: CanaryRows) -> ExampleRequest:
    """Ask about the canary's item."""
    body = {"kind": "question", "text": "Which bird?"}
    return ExampleRequest("POST", kwargs={"task_id": rows[Task].pk}, body=body)


@example_request_for("annotation-api:comment-answers")
def answer_thread(rows: CanaryRows) -> ExampleRequest:
    """Answer the canary's thread."""
    return ExampleRequest("POST", kwargs={"comment_id": rows[Comment].pk}, body={"text": "A wren."})


@example_request_for("annotation-api:comment-close")
def close_thread(rows: CanaryRows) -> ExampleRequest:
    """Close the canary's thread."""
    return ExampleRequest("POST", kwargs={"comment_id": rows[Comment].pk})


@example_request_for("annotation-api:uphold")
def uphold_in_thread(rows: CanaryRows) -> ExampleRequest:
    """Ask for the answer of the canary's thread to count again, which it does."""
    return ExampleRequest("POST", kwargs={"comment_id": rows[Comment].pk})


@example_request_for("annotation:comments")
def answer_on_page(rows: CanaryRows) -> ExampleRequest:
    """Answer the canary's thread by the page's form."""
    body = {"comment": str(rows[Comment].pk), "text": "A wren.", "do": "answer"}
    return ExampleRequest("POST", kwargs={"project_id": rows[Project].pk}, body=body)


@example_request_for("annotation-api:return")
def return_canary(rows: CanaryRows) -> ExampleRequest:
    """Return the canary's answer."""
    return ExampleRequest("POST", kwargs={"submission_id": rows[Submission].pk}, body={"text": "Again"})
