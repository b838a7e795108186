"""Pages of exports: choose a format, watch it being made, download it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from annotation.bulk import EXPORT_JOB, PROBLEMS, ExportFormat
from annotation.downloads import export_answer
from annotation.services.cancel_export import cancel_export
from annotation.services.export_progress import ExportProgress, export_progress, list_exports
from annotation.services.read_project import read_project
from annotation.services.send_job import send_job
from annotation.services.start_export import start_export
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from ringfence.web.states import badge_of


class ExportsPage(TenantPage):
    """The form that begins an export, and the project's exports so far."""

    requires = Permission.EXPORT_CREATE
    unit = "own"
    template = "annotation/exports.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show the form and the history."""
        with acting(self.context):
            return self.page(
                exports=list_exports(self.context, project_id=project_id),
                project=read_project(self.context, project_id=project_id).project,
                formats=ExportFormat.choices,
            )

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Begin it and go to its page."""
        job_id, ticket = start_export(
            self.context, project_id=project_id, file_format=request.POST.get("format", "")
        )
        send_job(EXPORT_JOB, tenant=self.context.public_id, job_id=job_id, ticket=ticket)
        return HttpResponseRedirect(reverse("annotation:export", args=[self.context.public_id, job_id]))


class ExportPage(TenantPage):
    """One export: live progress, download, digest."""

    requires = Permission.EXPORT_CREATE
    template = "annotation/export.html"

    def get(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        """Show where it stands."""
        progress = export_progress(self.context, job_id=export_id)
        return self.page(
            project=read_project(self.context, project_id=progress.project_id).project,
            job=progress,
            format_name=ExportFormat(progress.format).label,
            problem=str(PROBLEMS.get(progress.problem, progress.problem)),
            tab="exports",
        )


class ExportProgressPage(TenantPage):
    """What the page of an export asks for each second."""

    requires = Permission.EXPORT_CREATE

    def get(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        """Return counts and state."""
        return JsonResponse(polled(export_progress(self.context, job_id=export_id)))


class CancelExportPage(TenantPage):
    """The button that stops an export."""

    requires = {"POST": Permission.EXPORT_CREATE}
    unit = "own"

    def post(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        """Stop it and remove what it made."""
        cancel_export(self.context, job_id=export_id)
        return HttpResponseRedirect(reverse("annotation:export", args=[self.context.public_id, export_id]))


class ExportFilePage(TenantPage):
    """The file."""

    requires = Permission.EXPORT_DOWNLOAD
    unit = "own"

    def get(self, request: HttpRequest, export_id: UUID) -> HttpResponseBase:
        """Send it, whole or from the byte that the browser asks for."""
        return export_answer(self.context, request, export_id)


def polled(progress: ExportProgress) -> dict[str, Any]:
    """Return the answer that `polling.js` writes into the page."""
    return {
        "state": progress.state + ("-unattended" if progress.unattended else ""),
        "done": progress.ended,
        "values": {
            "done": progress.tasks_done,
            "total": progress.tasks_total,
            "answers": progress.answers,
            "kib": progress.kib,
        },
        "badges": {"export": badge_of(progress.state)},
        "say": _("%(done)s of %(total)s items written")
        % {"done": progress.tasks_done, "total": progress.tasks_total},
    }
