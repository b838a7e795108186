"""The officer's pages of exposure reports: ask, watch, read, print, take away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.download import file_answer
from audit.pages.sentences import sentence_of
from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import TenantPage
from ringfence.web.states import badge_of
from tenants.exposure import Kind, Scope
from tenants.gate.exposure import excluded_now
from tenants.pages.attesting_forms import ExposureForm
from tenants.pages.attesting_words import LISTS, problem_of
from tenants.pages.forms import show_refusal
from tenants.services.ask_exposure_report import ask_exposure_report
from tenants.services.list_members import list_members
from tenants.services.read_exposure_reports import (
    ReportPage,
    exposure_file,
    list_exposure_reports,
    read_exposure_report,
    watch_exposure_report,
)


class ExposureReportsPage(TenantPage):
    """All reports of this workspace, and the form that asks for one."""

    requires = Permission.NEUTRALITY_ATTEST
    template = "tenants/exposure_reports.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the newest reports."""
        return self._show(ExposureForm(about=self._about()))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for a report, and follow it."""
        form = ExposureForm(request.POST, about=self._about())
        if form.is_valid():
            try:
                report_id = ask_exposure_report(self.context, span=form.span(), question=form.question())
            except RingfenceError as refusal:
                show_refusal(form, refusal)
            else:
                return HttpResponseRedirect(
                    reverse("attesting:exposure", args=[self.context.public_id, report_id])
                )
        return self._show(form, status=400)

    def _show(self, form: ExposureForm, status: int = 200) -> HttpResponse:
        return self.page(status=status, form=form, reports=list_exposure_reports(self.context))

    def _about(self) -> list[tuple[str, Any]]:
        members, _more = list_members(self.context, former=True)
        parties = excluded_now(self.context.tenant_id)
        return [
            (Scope.EVERYBODY.value, _("Everybody: violations and exposures")),
            (_("One party"), [(f"{Scope.PARTY.value}:{each.id}", each.name) for each in parties]),
            (
                _("One member"),
                [
                    (
                        f"{Scope.MEMBER.value}:{each.member_id}",
                        each.name if each.is_active else _("%(name)s (has left)") % {"name": each.name},
                    )
                    for each in members
                ],
            ),
        ]


class ExposureReportPage(TenantPage):
    """One report: its progress while it is made, then its three lists, never mixed."""

    requires = Permission.NEUTRALITY_ATTEST
    template = "tenants/exposure_report.html"

    def get(self, request: HttpRequest, report_id: UUID) -> HttpResponse:
        """Show the report; `?list=` and `?page=` choose one page of one list, else the first of each."""
        chosen = request.GET.get("list", "")
        if chosen and chosen not in set(Kind):
            raise NotFound("list")
        number = request.GET.get("page", "0")
        if not (number.isascii() and number.isdigit() and len(number) <= 6):
            raise NotFound("page")
        kinds = [Kind(chosen)] if chosen else list(Kind)
        pages = [
            read_exposure_report(self.context, report_id=report_id, kind=kind, n=int(number))
            for kind in kinds
        ]
        report = pages[0].report
        if report.question.scope is Scope.EVERYBODY:
            pages = [page for page in pages if page.kind is not Kind.SEEN or chosen]
        return self.page(
            report=report,
            problem=problem_of(report.problem),
            sections=[_section(page) for page in pages],
            whole=not chosen,
            people=_people(pages[0]),
        )


class ExposureProgressPage(TenantPage):
    """How far a report is, for the page that shows it."""

    requires = Permission.NEUTRALITY_ATTEST

    def get(self, request: HttpRequest, report_id: UUID) -> HttpResponse:
        """Answer in the words of `polling.js`; recorded nowhere, since nothing of a report leaves."""
        report = watch_exposure_report(self.context, report_id=report_id)
        return JsonResponse(
            {
                "state": report.state,
                "done": report.ended,
                "values": {"done": report.done, "total": report.total},
                "badges": {"report": badge_of(report.state)},
                "say": _("%(done)s of %(total)s entries compared")
                % {"done": report.done, "total": report.total},
            }
        )


class ExposureFile(TenantPage):
    """A finished report as JSON."""

    requires = Permission.NEUTRALITY_ATTEST

    @leaves_by("exposure-report")
    def get(self, request: HttpRequest, report_id: UUID) -> HttpResponse:
        """Send the file. Raises `NotFound`."""
        content = exposure_file(self.context, report_id=report_id)
        return file_answer(content, f"exposure-{report_id}.json", "application/json")


def _section(page: ReportPage) -> dict[str, Any]:
    title, meaning, none = LISTS[page.kind]
    tally = page.report.tally
    found = 0 if tally is None else tally.found[page.kind]
    listed = 0 if tally is None else tally.listed[page.kind]
    return {
        "kind": page.kind.value,
        "title": title,
        "meaning": meaning,
        "none": none,
        "found": found,
        "unlisted": found - listed,
        "n": page.n,
        "pages": page.pages,
        "rows": [_line(row, page.names) for row in page.rows],
    }


def _line(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        **row,
        "who": row["host"] or names.get(row["actor"], "") or row["actor"],
        "what": sentence_of(row["verb"]),
        "kind_word": row["object_kind"].replace("_", " "),
        "count": len(row["objects"]),
        "first": row["objects"][:3],
        "more": max(0, len(row["objects"]) - 3),
    }


def _people(page: ReportPage) -> list[dict[str, Any]]:
    """Return who is in the lists, whoever failed most first, with the reasons of today."""
    tally = page.report.tally
    if tally is None:
        return []
    found = [
        {"who": page.names.get(who, "") or who, "counts": counts, "why": tally.why.get(who, [])}
        for who, counts in tally.people.items()
    ]
    return sorted(
        found, key=lambda each: (-each["counts"]["violation"], -each["counts"]["exposure"], each["who"])
    )
