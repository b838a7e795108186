"""Attestations: the list, the form that asks for one, each in full as it prints, the file, and the public copy."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from audit.attestation import statement_of
from audit.download import RECEIPT_HEADER, file_answer
from audit.verify.attestation import in_sentences
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import TenantPage
from tenants.pages.attesting_forms import PeriodForm
from tenants.pages.forms import show_refusal
from tenants.services.ask_attestation import ask_attestation
from tenants.services.publish_attestation import publish_attestation, unpublish_attestation
from tenants.services.read_attestations import list_attestations, read_attestation, take_attestation
from tenants.services.read_exposure_reports import list_exposure_reports


class AttestationsPage(TenantPage):
    """All attestations of this workspace, and the form that asks for one."""

    requires = Permission.NEUTRALITY_ATTEST
    template = "tenants/attestations.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the newest, and what is being counted."""
        return self._show(PeriodForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for one, and follow the replay that it needs."""
        form = PeriodForm(request.POST)
        if form.is_valid():
            try:
                report_id = ask_attestation(self.context, span=form.span())
            except RingfenceError as refusal:
                show_refusal(form, refusal)
            else:
                return HttpResponseRedirect(
                    reverse("attesting:exposure", args=[self.context.public_id, report_id])
                )
        return self._show(form, status=400)

    def _show(self, form: PeriodForm, status: int = 200) -> HttpResponse:
        counting = [
            report
            for report in list_exposure_reports(self.context)
            if report.attests and report.attestation_id is None
        ]
        return self.page(
            status=status, form=form, attestations=list_attestations(self.context), counting=counting
        )


class AttestationPage(TenantPage):
    """One attestation with everything that is mandatory, for reading and for paper."""

    requires = Permission.NEUTRALITY_ATTEST
    template = "tenants/attestation.html"

    def get(self, request: HttpRequest, attestation_id: UUID) -> HttpResponse:
        """Show it."""
        found = read_attestation(self.context, attestation_id=attestation_id)
        address = reverse("public-attestation", args=[found.public_id]) if found.public_id else ""
        return self.page(
            found=found,
            said=found.said,
            predicate=statement_of(found.said)["predicate"],
            sentences=in_sentences(found.said),
            public_url=f"{settings.BASE_URL}{address}" if address else "",
        )


class AttestationFile(TenantPage):
    """One attestation as the file that verifies offline."""

    requires = Permission.NEUTRALITY_ATTEST

    @leaves_by("attestation-file")
    def get(self, request: HttpRequest, attestation_id: UUID) -> HttpResponse:
        """Send it. Raises `NotFound`, `EventPending`, `AttestationRefused`."""
        taken = take_attestation(self.context, attestation_id=attestation_id)
        answer = file_answer(taken.content, taken.name)
        answer[RECEIPT_HEADER] = taken.receipt.header
        return answer


class PublicationPage(TenantPage):
    """Whether an attestation is shown to everybody: off until an owner says so."""

    requires = Permission.NEUTRALITY_PUBLISH

    def post(self, request: HttpRequest, attestation_id: UUID) -> HttpResponse:
        """Show it, or show nothing any more."""
        if request.POST.get("show") == "on":
            publish_attestation(self.context, attestation_id=attestation_id)
        else:
            unpublish_attestation(self.context)
        return HttpResponseRedirect(
            reverse("attesting:attestation", args=[self.context.public_id, attestation_id])
        )
