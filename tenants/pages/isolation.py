"""The officer's pages: run the check, read what it found, and break walls on purpose."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import TenantPage
from ringfence.web.states import badge_of
from tenants.isolation.formats import as_json, as_junit
from tenants.isolation.probe import all_probes
from tenants.pages.isolation_words import AREAS, PHASES, area_of, verdict_of
from tenants.services.ask_isolation_check import ask_isolation_check
from tenants.services.read_isolation_reports import (
    Run,
    list_isolation_reports,
    read_isolation_report,
    watch_isolation_run,
)

FILES = {"json": (as_json, "application/json"), "junit": (as_junit, "application/xml")}


class ReportsPage(TenantPage):
    """All runs of this workspace, and the button that starts one."""

    requires = {"GET": Permission.ISOLATION_VIEW, "POST": Permission.ISOLATION_RUN}
    template = "tenants/isolation_reports.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the newest runs, and the questions that a run asks."""
        runs = list_isolation_reports(self.context)
        walls = {probe.wall(plant): plant.words for probe in all_probes() for plant in probe.plants}
        shown = [(run, walls.get(run.wall, "")) for run in runs]
        return self.page(runs=shown, probes=all_probes(), plants=len(walls))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for a run, and follow it."""
        return _follow(self, ask_isolation_check(self.context))


class ReportPage(TenantPage):
    """One run: live while it goes on, then its report."""

    requires = Permission.ISOLATION_VIEW

    def get(self, request: HttpRequest, report_id: UUID) -> HttpResponse:
        """Show the run."""
        run = read_isolation_report(self.context, report_id=report_id)
        self.template = "tenants/isolation_break_run.html" if run.wall else "tenants/isolation_report.html"
        if run.wall:
            return self.page(run=run, phases=_phases(run), at=_phase(run))
        checks = run.report.get("checks", [])
        groups = [
            (words, [c for c in checks if area_of(c["check"]) == area]) for area, words in AREAS.items()
        ]
        return self.page(
            run=run,
            groups=[(words, found) for words, found in groups if found],
            verdict=verdict_of(run.exit_code),
            standing=sum(check["status"] in ("pass", "learned") for check in checks),
            asked=len(checks),
        )


class ProgressPage(TenantPage):
    """How far a run is, for the page that shows it."""

    requires = Permission.ISOLATION_VIEW

    def get(self, request: HttpRequest, report_id: UUID) -> HttpResponse:
        """Answer in the words of `polling.js`."""
        run = watch_isolation_run(self.context, report_id=report_id)
        answer: dict[str, Any] = {
            "state": _phase(run),
            "done": run.ended,
            "values": {"done": run.done, "total": run.total},
            "badges": {"run": badge_of(run.shown_state)},
        }
        if run.wall:
            answer["say"] = str(PHASES.get(_phase(run), ""))
        elif run.total:
            answer["say"] = _("%(done)s of %(total)s steps done") % {"done": run.done, "total": run.total}
        return JsonResponse(answer)


class ReportFile(TenantPage):
    """A finished report as a file."""

    requires = Permission.ISOLATION_VIEW

    @leaves_by("isolation-report")
    def get(self, request: HttpRequest, report_id: UUID, form: str) -> HttpResponse:
        """Send it as JSON or as JUnit XML. Raises `NotFound`."""
        if form not in FILES:
            raise NotFound("file")
        run = read_isolation_report(self.context, report_id=report_id)
        if form == "junit" and "checks" not in run.report:
            raise NotFound("file")
        write, kind = FILES[form]
        name = f"isolation-{run.report_id}.{'json' if form == 'json' else 'xml'}"
        return HttpResponse(
            write(run.report),
            content_type=kind,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class SabotagePage(TenantPage):
    """Choose a wall, and see it taken down in the shadow."""

    requires = Permission.ISOLATION_RUN
    template = "tenants/isolation_break.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the walls in plain words, by what they guard."""
        groups = [
            (
                words,
                [(probe, [(probe.wall(plant), plant.words) for plant in probe.plants]) for probe in probes],
            )
            for area, words in AREAS.items()
            if (probes := [probe for probe in all_probes() if area_of(probe.id) == area])
        ]
        return self.page(groups=groups)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for the wall to be taken down, and follow it. Raises `Invalid`."""
        return _follow(self, ask_isolation_check(self.context, wall=request.POST.get("wall") or "none"))


def _follow(page: TenantPage, report_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("isolation:report", args=[page.context.public_id, report_id]))


def _phase(run: Run) -> str:
    """Return the state that reloads the page when it changes: for a broken wall, where the story is."""
    if run.state != "running" or not run.wall:
        return run.state
    return str(run.report.get("phase", "running"))


def _phases(run: Run) -> list[dict[str, Any]]:
    """Return the story so far, phase by phase: what was red, what stayed green, and the evidence."""
    steps = run.report.get("steps", [])
    shown = []
    for phase, words in PHASES.items():
        mine = [step for step in steps if step["phase"] == phase]
        if mine:
            red = [step for step in mine if step["status"] in ("fail", "learned")]
            green = [step for step in mine if step not in red]
            shown.append({"phase": phase, "words": words, "red": red, "green": green})
    return shown
