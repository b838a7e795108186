"""Imports of ownership data: a file in, a preview of what it would do, and the button that does exactly that."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from ringfence.kernel.context import acting
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from ringfence.web.states import badge_of
from tenants.gate.registry_imports import ImportJob, known_file, list_imports, read_import
from tenants.gate.verdicts import today
from tenants.neutrality.bods import MOST_BYTES as MOST_BODS_BYTES
from tenants.neutrality.graph import MOST_PARTIES
from tenants.neutrality.intake import MOST_TEXT
from tenants.pages.forms import show_refusal
from tenants.pages.uploads import KeepingHandler
from tenants.people.declaring import DayInput
from tenants.services.ask_registry_import import ask_apply, ask_preview, drop_import
from tenants.services.run_registry_import import (
    BODS,
    CHANGED,
    EXCEPTIONS,
    LEVEL_1,
    LEVEL_2,
    MOST_FILE_BYTES,
    MOST_FILE_ROWS,
)

KIND_WORDS = {
    BODS: _("BODS 0.4, JSON: entities, people and who holds what"),
    LEVEL_1: _("GLEIF level 1, CSV: who is who"),
    LEVEL_2: _("GLEIF level 2, CSV: who consolidates whom"),
    EXCEPTIONS: _("GLEIF reporting exceptions, CSV: parents that are not named"),
}
STATE_WORDS = {
    "receiving": ("running", _("Arriving")),
    "waiting": ("waiting", _("Waiting for a worker")),
    "reading": ("running", _("Being read")),
    "ready": ("warn", _("Look at the preview")),
    "approved": ("waiting", _("Waiting for a worker")),
    "applying": ("running", _("Being added")),
    "done": ("done", _("Added")),
    "failed": ("failed", _("Refused")),
    "dropped": ("cancelled", _("Given up")),
}
LIMITS = {
    "bods_mib": MOST_BODS_BYTES // 1024**2, "file_mib": MOST_FILE_BYTES // 1024**2,
    "rows": f"{MOST_FILE_ROWS:,}", "parties": f"{MOST_PARTIES:,}",
}  # fmt: skip


class ImportForm(forms.Form):
    """A file, and what it is."""

    kind = forms.ChoiceField(label=_("What it is"), choices=list(KIND_WORDS.items()))
    source = forms.CharField(
        label=_("Known from"), help_text=_("Publisher and edition, as it shall stand beside each fact."),
        max_length=MOST_TEXT,
    )  # fmt: skip
    dated = forms.DateField(label=_("The file's own date"), required=True, widget=DayInput())
    file = forms.FileField(label=_("File"), max_length=200)


# Django's own check would read the form, and with it the whole upload; the gate's takes the token from
# the form's address.
@method_decorator(csrf_exempt, name="dispatch")
class ImportsPage(TenantPage):
    """The form that takes a file, and the imports so far."""

    requires = {"GET": Permission.REGISTRY_MANAGE, "POST": Permission.REGISTRY_MANAGE}
    unit = "own"
    streams_body = True
    template = "tenants/registry_imports.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show both."""
        return self._show(ImportForm(initial={"dated": today()}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the file in and lead to its preview."""
        keeper = KeepingHandler(request, asked_by=self.context.actor_id)
        request.upload_handlers = [keeper]
        form, status = ImportForm(request.POST, request.FILES), 400
        if form.is_valid() and keeper.import_id is not None:
            given = form.cleaned_data
            try:
                ask_preview(
                    self.context, import_id=keeper.import_id, kind=given["kind"], file_name=given["file"].name,
                    file_bytes=given["file"].size, sha256=given["file"].digest, source=given["source"],
                    dated=given["dated"],
                )  # fmt: skip
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                return _to(self, keeper.import_id)
        if keeper.import_id is not None:
            drop_import(self.context, import_id=keeper.import_id)
        return self._show(form, status)

    def _show(self, form: forms.Form, status: int = 200) -> HttpResponse:
        jobs = [(job, KIND_WORDS.get(job.kind, ""), STATE_WORDS[job.state]) for job in list_imports()]
        with acting(self.context):
            return self.page(status=status, form=form, jobs=jobs, limits=LIMITS)


class ImportPage(TenantPage):
    """One import: how far it is, what it would do, and what became of it."""

    requires = Permission.REGISTRY_MANAGE
    template = "tenants/registry_import.html"

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Show it."""
        job = read_import(import_id)
        before = known_file(job.sha256) if job.sha256 else None
        badge, words = STATE_WORDS[job.state]
        return self.page(
            job=job, kind=KIND_WORDS.get(job.kind, ""), badge=badge, words=words, plan=job.plan.hex(),
            found=job.found, errors=job.found.get("errors", []), changed=bool(job.found.get(CHANGED)),
            before=before if before is not None and before.id != job.id else None,
            nothing=job.state == "ready" and not _changes(job), sha256=job.sha256.hex(),
        )  # fmt: skip


class ImportProgressPage(TenantPage):
    """What the page of an import asks for each second."""

    requires = Permission.REGISTRY_MANAGE

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Return state and rows."""
        job = read_import(import_id)
        badge, words = STATE_WORDS[job.state]
        return JsonResponse(
            {
                "state": job.state, "done": job.ended, "values": {"rows": job.rows_done},
                "badges": {"import": badge_of(badge, str(words))},
            }
        )  # fmt: skip


class ApplyImportPage(TenantPage):
    """The button that adds what the preview shows."""

    requires = {"POST": Permission.REGISTRY_MANAGE}
    unit = "own"

    def post(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Let it be added."""
        text = request.POST.get("plan", "")
        plan = bytes.fromhex(text) if len(text) == 64 and set(text) <= set("0123456789abcdef") else b""
        ask_apply(self.context, import_id=import_id, plan=plan)
        return _to(self, import_id)


class DropImportPage(TenantPage):
    """The button that gives an import up."""

    requires = {"POST": Permission.REGISTRY_MANAGE}
    unit = "own"

    def post(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Give it up."""
        drop_import(self.context, import_id=import_id)
        return _to(self, import_id)


def _changes(job: ImportJob) -> int:
    found: dict[str, Any] = job.found
    return (
        int(found.get("new_parties", 0))
        + int(found.get("changed_parties", 0))
        + int(found.get("new_statements", 0))
    )


def _to(page: TenantPage, import_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("registry:import", args=[page.context.public_id, import_id]))
