"""Pages of imports: choose a file, watch it arrive, see what was refused."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from annotation.api.imports import idempotency_key
from annotation.bulk import PROBLEMS
from annotation.downloads import refused_rows_answer
from annotation.formats.limits import COLUMNS, ERRORS_KEPT, FILE_BYTES, MIB, NESTING, ROW_BYTES, ROWS
from annotation.services.cancel_import import cancel_import
from annotation.services.import_progress import ImportProgress, import_progress, list_imports
from annotation.services.read_project import read_project
from annotation.services.stream_refusals import first_refusals
from annotation.uploads import receive_import
from ringfence.kernel.context import acting
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from ringfence.web.states import badge_of

LIMITS = {
    "file_gib": FILE_BYTES // 1024**3,
    "file_bytes": FILE_BYTES,
    "row_mib": ROW_BYTES // MIB,
    "rows": f"{ROWS:,}",
    "columns": f"{COLUMNS:,}",
    "nesting": NESTING,
    "errors": f"{ERRORS_KEPT:,}",
}


# Django's own check would read the form, and with it the whole upload; the gate's takes the token from
# the form's address.
@method_decorator(csrf_exempt, name="dispatch")
class ImportsPage(TenantPage):
    """The form that takes a file, its limits, and the project's imports so far."""

    requires = Permission.ITEM_IMPORT
    unit = "own"
    streams_body = True
    template = "annotation/imports.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show the form and the history."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Take the file in and go to the page of its import."""
        try:
            received = receive_import(
                self.context, request, project_id=project_id, key=idempotency_key(request.GET.get("key", ""))
            )
        except RingfenceError as refusal:
            if _by_script(request):
                return JsonResponse({"code": refusal.code, "message": str(refusal)}, status=refusal.status)
            return self._show(project_id, refusal)
        url = reverse("annotation:import", args=[self.context.public_id, received.job_id])
        return JsonResponse({"url": url}) if _by_script(request) else HttpResponseRedirect(url)

    def _show(self, project_id: UUID, refusal: RingfenceError | None = None) -> HttpResponse:
        with acting(self.context):
            imports = list_imports(self.context, project_id=project_id)
            return self.page(
                status=refusal.status if refusal else 200,
                project=read_project(self.context, project_id=project_id).project,
                imports=imports,
                limits=LIMITS,
                refusal=refusal,
                key=uuid4(),
            )


class ImportPage(TenantPage):
    """One import: live progress, what was refused, cancel."""

    requires = Permission.ITEM_IMPORT
    template = "annotation/import.html"

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Show where it stands."""
        progress = import_progress(self.context, job_id=import_id)
        refusals = (
            first_refusals(self.context, job_id=import_id) if progress.rows_bad or progress.problem else []
        )
        return self.page(
            project=read_project(self.context, project_id=progress.project_id).project,
            job=progress,
            refusals=refusals,
            problem=problem_words(progress),
            limits=LIMITS,
            tab="imports",
        )


class ImportProgressPage(TenantPage):
    """What the page of an import asks for each second."""

    requires = Permission.ITEM_IMPORT

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Return counts and state."""
        return JsonResponse(polled(import_progress(self.context, job_id=import_id)))


class CancelImportPage(TenantPage):
    """The button that stops an import."""

    requires = {"POST": Permission.ITEM_IMPORT}
    unit = "own"

    def post(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Stop it, and show what was added before."""
        cancel_import(self.context, job_id=import_id)
        return HttpResponseRedirect(reverse("annotation:import", args=[self.context.public_id, import_id]))


class RefusedRowsFile(TenantPage):
    """The refused rows as a file."""

    requires = Permission.ITEM_IMPORT
    unit = "own"

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponseBase:
        """Send it."""
        return refused_rows_answer(self.context, import_id)


def _by_script(request: HttpRequest) -> bool:
    """Say whether `import.js` sends the form, to show how far it is, rather than the browser itself."""
    return request.headers.get("Accept") == "application/json"


def problem_words(progress: ImportProgress) -> str:
    """Return what stopped an import, for people; empty when nothing did."""
    if not progress.problem:
        return ""
    return str(PROBLEMS.get(progress.problem) or _("The file cannot be read. The last entry below says why."))


def polled(progress: ImportProgress) -> dict[str, Any]:
    """Return the answer that `polling.js` writes into the page."""
    read = progress.rows_ok + progress.rows_same + progress.rows_bad
    return {
        "state": progress.shown_state + ("-unattended" if progress.unattended else ""),
        "done": progress.ended,
        "values": {
            "done": progress.done_kib,
            "total": progress.total_kib,
            "added": progress.rows_ok,
            "known": progress.rows_same,
            "refused": progress.rows_bad,
        },
        "badges": {"import": badge_of(progress.shown_state)},
        "say": _("%(read)s rows read, %(bad)s refused") % {"read": read, "bad": progress.rows_bad},
    }
