"""What agencies attest of their people: a list in, and nothing out that tells who of it is here."""

import hashlib

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid, RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.gate.verdicts import today
from tenants.neutrality.intake import MOST_TEXT
from tenants.pages.forms import show_refusal
from tenants.people.declaring import DayInput
from tenants.services.attest_ties import COLUMNS, MOST_BYTES, Attested, attest_ties
from tenants.services.state_fact import party_meant

SHA256_DIGITS = 64


class AttestationForm(forms.Form):
    """An agency, its word, and the list."""

    agency = forms.CharField(
        label=_("Agency"), help_text=_("Name, LEI or id of a party of the registry."), max_length=MOST_TEXT
    )
    date = forms.DateField(label=_("Dated"), widget=DayInput())
    signer = forms.CharField(label=_("Who signed for the agency"), max_length=200)
    document = forms.CharField(
        label=_("SHA-256 of the signed document"),
        help_text=_("64 digits, as sha256sum prints them. Empty: that of the list itself."),
        max_length=SHA256_DIGITS,
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    rows = forms.CharField(
        label=_("The list, as CSV"),
        help_text=_(
            "The first line names the columns: address,role,party,start,end. Without a party, the tie is with"
            " the agency."
        ),
        max_length=MOST_BYTES,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
    )

    def clean_document(self) -> bytes:
        """Return the digest, or nothing."""
        text = str(self.cleaned_data["document"]).strip().lower()
        if text and (len(text) != SHA256_DIGITS or not set(text) <= set("0123456789abcdef")):
            raise forms.ValidationError(_("A SHA-256 digest has 64 digits, 0 to 9 and a to f."))
        return bytes.fromhex(text)


class AttestationsPage(TenantPage):
    """The form, and what became of the list."""

    requires = {"GET": Permission.REGISTRY_MANAGE, "POST": Permission.REGISTRY_MANAGE}
    unit = "own"
    template = "tenants/registry_attestations.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self._show(AttestationForm(initial={"date": today(), "rows": ",".join(COLUMNS) + "\n"}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep what the agency attests."""
        form, status = AttestationForm(request.POST), 400
        if form.is_valid():
            given = form.cleaned_data
            content = str(given["rows"]).encode()
            try:
                done = attest_ties(
                    content, agency=party_meant(given["agency"], field="agency").id,
                    document=given["document"] or hashlib.sha256(content).digest(), on=given["date"],
                    signer=given["signer"],
                )  # fmt: skip
            except Invalid as refusal:
                show_refusal(form, refusal)
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                return self._show(AttestationForm(initial={"date": today()}), 200, done)
        return self._show(form, status)

    def _show(self, form: forms.Form, status: int = 200, done: Attested | None = None) -> HttpResponse:
        with acting(self.context):
            return self.page(status=status, form=form, done=done)
