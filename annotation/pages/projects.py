"""Pages of projects: the list, a new one, one project's board and settings."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.pages.board import board_numbers, board_values
from annotation.pages.first_visit import offers_practice, remember
from annotation.pages.forms import ProjectForm, SettingsForm, show_refusal
from annotation.services.board import board
from annotation.services.change_project import change_project
from annotation.services.create_project import create_project
from annotation.services.list_projects import list_projects
from annotation.services.read_project import read_project
from annotation.values import Board, ProjectRight, ProjectState, ProjectTexts
from ringfence.kernel.context import acting
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage

SAID = {
    "created": gettext_lazy("The project is there. What it still needs stands below."),
    "changed": gettext_lazy("The settings are changed."),
    "published": gettext_lazy("The new version is published. Labelers get it with their next item."),
    "assigned": gettext_lazy("Done. It works from the member's next click on."),
}

STATES = {"pause": ProjectState.PAUSED.value, "open": ProjectState.OPEN.value}


class ProjectsPage(TenantPage):
    """The projects that the visitor can see."""

    requires = Permission.PROJECT_LIST
    template = "annotation/projects.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them; names are content, so this is a delivery."""
        page = request.GET.get("page", "0")
        number = int(page) if page.isdecimal() and len(page) < 9 else 0
        listed, more = list_projects(self.context, page=number)
        shown = self.page(
            projects=listed,
            more=more,
            number=number,
            can_label=ProjectRight.LABEL.value,
            offer_practice=offers_practice(request, self.context),
        )
        return remember(shown, self.context) if "later" in request.GET else shown


class NewProjectPage(TenantPage):
    """The form that makes a project."""

    requires = Permission.PROJECT_CREATE
    unit = "own"
    template = "annotation/new_project.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        return self._show(ProjectForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make the project and go there."""
        form = ProjectForm(request.POST)
        if not form.is_valid():
            return self._show(form, 400)
        try:
            with acting(self.context):
                project_id = create_project(self.context, **form.cleaned_data)
        except RingfenceError as refusal:
            show_refusal(form, refusal)
            return self._show(form, refusal.status)
        return to_project(self.context.public_id, project_id, said="created")

    def _show(self, form: ProjectForm, status: int = 200) -> HttpResponse:
        with acting(self.context):
            return self.page(status=status, form=form)


class ProjectPage(TenantPage):
    """One project: where it stands, what it needs, its settings."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/project.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show it."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Change the settings, or only the state."""
        if request.POST.get("do") in STATES:
            with acting(self.context):
                change_project(self.context, project_id=project_id, state=STATES[request.POST["do"]])
            return to_project(self.context.public_id, project_id, said="changed")
        form = SettingsForm(request.POST)
        if not form.is_valid():
            return self._show(project_id, form, 400)
        try:
            with acting(self.context):
                change_project(self.context, project_id=project_id, **form.cleaned_data)
        except RingfenceError as refusal:
            show_refusal(form, refusal)
            return self._show(project_id, form, refusal.status)
        return to_project(self.context.public_id, project_id, said="changed")

    def _show(self, project_id: UUID, form: SettingsForm | None = None, status: int = 200) -> HttpResponse:
        with acting(self.context):
            texts = read_project(self.context, project_id=project_id)
            values = board_values(self.context, project_id=project_id)
            return self.page(
                status=status,
                **project_values(texts),
                form=form or SettingsForm(initial=_initial(texts)),
                **values,
                missing=_missing(texts, values["board"]),
                said=SAID.get(self.request.GET.get("said", "")),
            )


class ProgressPage(TenantPage):
    """The board's counts, as live progress asks for them."""

    requires = Permission.PROJECT_MANAGE

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Return counts only: nothing of it is content."""
        counts = board(self.context, project_id=project_id)
        values = board_numbers(counts)
        return JsonResponse({"state": "live", "done": False, "values": values})


def project_values(texts: ProjectTexts) -> dict[str, Any]:
    """Return what every page of a project shows."""
    return {"project": texts.project, "texts": texts}


def to_project(tenant: str, project_id: UUID, *, said: str = "", route: str = "project") -> HttpResponse:
    """Lead to a page of the project, which says what was done."""
    return HttpResponseRedirect(f"{reverse(f'annotation:{route}', args=[tenant, project_id])}?said={said}")


def _initial(texts: ProjectTexts) -> dict[str, Any]:
    project = texts.project
    return {
        "name": project.name,
        "state": project.state,
        "overlap": project.overlap,
        "lease_minutes": project.lease_minutes,
        "most_per_person": project.most_per_person,
        "skip_policy": project.skip_policy,
        "skip_needs_reason": project.skip_needs_reason,
        "reopen_minutes": project.reopen_minutes,
    }


def _missing(texts: ProjectTexts, counts: Board) -> list[tuple[str, str]]:
    """Return what a project still lacks, as (route, words), in the order in which to do it."""
    steps = (
        (texts.project.schema_version == 0, "schema", _("Write the question that labelers answer")),
        (
            texts.project.guidelines_version == 0,
            "guidelines",
            _("Write guidelines, so that people answer alike"),
        ),
        (
            not texts.project.purpose_version,
            "purpose",
            _("Say what the answers are for: labelers see it first"),
        ),
        (not any(person.assigned for person in counts.people), "people", _("Assign the people who label")),
        (counts.items == 0, "imports", _("Import items, as JSONL or CSV")),
    )
    return [(route, words) for lacks, route, words in steps if lacks]
