"""Example requests of the pages and the API of this check: it examines its own routes too."""

from ringfence.kernel.registry import CanaryRows, ExampleRequest, example_request_for
from tenants.models import IsolationReport

WALL = "DB-02/unforced"


@example_request_for("isolation:reports")
@example_request_for("isolation:sabotage")
@example_request_for("isolation-api:reports")
def list_or_choose(rows: CanaryRows) -> ExampleRequest:
    """Look at the list."""
    return ExampleRequest("GET")


@example_request_for("isolation:reports")
@example_request_for("isolation-api:reports")
def run(rows: CanaryRows) -> ExampleRequest:
    """Ask for a run."""
    return ExampleRequest("POST")


@example_request_for("isolation:sabotage")
def take_down(rows: CanaryRows) -> ExampleRequest:
    """Ask for a wall to be taken down."""
    return ExampleRequest("POST", body={"wall": WALL})


@example_request_for("isolation:report")
@example_request_for("isolation:progress")
@example_request_for("isolation-api:report")
def read(rows: CanaryRows) -> ExampleRequest:
    """Read the canary's report."""
    return ExampleRequest("GET", {"report_id": rows[IsolationReport].pk})


@example_request_for("isolation:file")
def download(rows: CanaryRows) -> ExampleRequest:
    """Take the canary's report away."""
    return ExampleRequest("GET", {"report_id": rows[IsolationReport].pk, "form": "json"})
