"""One example request for each method of each route of imports and exports, for the isolation check."""

from annotation.models import ExportJob, ImportJob, Project
from ringfence.kernel.registry import CanaryRows, ExampleRequest, example_request_for


def _of_import(route: str, method: str) -> None:
    """Register a request whose only path argument is the canary's import."""

    @example_request_for(route)
    def request(rows: CanaryRows) -> ExampleRequest:
        return ExampleRequest(method, kwargs={"import_id": rows[ImportJob].pk})


def _of_export(route: str, method: str) -> None:
    """Register a request whose only path argument is the canary's export."""

    @example_request_for(route)
    def request(rows: CanaryRows) -> ExampleRequest:
        return ExampleRequest(method, kwargs={"export_id": rows[ExportJob].pk})


for _name in ("import", "import-errors"):
    _of_import(f"annotation-api:{_name}", "GET")
    _of_import(f"annotation:{_name}", "GET")
_of_import("annotation:import-progress", "GET")
_of_import("annotation-api:import-cancel", "POST")
_of_import("annotation:import-cancel", "POST")
for _name in ("export", "export-file"):
    _of_export(f"annotation-api:{_name}", "GET")
    _of_export(f"annotation:{_name}", "GET")
_of_export("annotation:export-progress", "GET")
_of_export("annotation-api:export-cancel", "POST")
_of_export("annotation:export-cancel", "POST")


@example_request_for("annotation-api:imports")
@example_request_for("annotation:imports")
@example_request_for("annotation-api:exports")
@example_request_for("annotation:exports")
def jobs_of_project(rows: CanaryRows) -> ExampleRequest:
    """List the project's imports or exports."""
    return ExampleRequest("GET", kwargs={"project_id": rows[Project].pk})


@example_request_for("annotation-api:imports")
@example_request_for("annotation:imports")
def new_import(rows: CanaryRows) -> ExampleRequest:
    """Send one row as a bare file."""
    return ExampleRequest("POST", kwargs={"project_id": rows[Project].pk}, body={"text": "canary"})


@example_request_for("annotation-api:exports")
@example_request_for("annotation:exports")
def new_export(rows: CanaryRows) -> ExampleRequest:
    """Ask for an export."""
    return ExampleRequest("POST", kwargs={"project_id": rows[Project].pk}, body={"format": "jsonl"})
