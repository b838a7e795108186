"""Close the workspace for good: what goes and what stays, the waiting time, and an owner's way to stop it."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit.download import file_answer
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.kernel.permissions import Permission, Public
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import PublicPage, TenantPage
from tenants.gate.carrying_out import certificate_behind
from tenants.pages.forms import show_refusal
from tenants.services.close_workspace import ask_closing, begin_closing, confirm_closing, withdraw_closing
from tenants.services.read_closing import read_closing

SECONDS_A_DAY = 86_400


class CodeForm(forms.Form):
    """An owner's own code for one of these acts."""

    code = forms.CharField(
        label=_("A code of your second factor"),
        max_length=40,
        help_text=_("Asked for again, so that nobody does this from a page that you left open."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )


class AskForm(CodeForm):
    """The workspace's code name, typed, and the code."""

    code_name = forms.CharField(
        label=_("Type the code name of this workspace"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("code_name", "code")


class ClosingPage(TenantPage):
    """Ask for it, and see how it stands."""

    requires = Permission.TENANT_CLOSE
    unit = "own"
    template = "tenants/closing.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what closing means, or the closing under way."""
        return show_closing(self, AskForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask; a refusal stands at its field."""
        form, status = AskForm(request.POST), 400
        if form.is_valid():
            given = form.cleaned_data
            try:
                ask_closing(self.context, request, code_name=given["code_name"], code=given["code"])
            except RingfenceError as refusal:
                status = _shown(form, refusal)
            else:
                return _back(self.context.public_id)
        return show_closing(self, form, status)


class ConfirmClosingPage(TenantPage):
    """A second owner's word."""

    requires = Permission.TENANT_CLOSE
    unit = "own"
    template = "tenants/closing.html"

    def post(self, request: HttpRequest, closing_id: UUID) -> HttpResponse:
        """Confirm."""
        form, status = CodeForm(request.POST), 400
        if form.is_valid():
            try:
                confirm_closing(self.context, request, closing_id=closing_id, code=form.cleaned_data["code"])
            except NotFound:
                raise
            except RingfenceError as refusal:
                status = _shown(form, refusal)
            else:
                return _back(self.context.public_id)
        return show_closing(self, form, status)


class WithdrawClosingPage(TenantPage):
    """Any owner's way to stop it."""

    requires = Permission.TENANT_CLOSE
    unit = "own"

    def post(self, request: HttpRequest, closing_id: UUID) -> HttpResponse:
        """Withdraw it."""
        withdraw_closing(self.context, closing_id=closing_id)
        return _back(self.context.public_id)


class BeginClosingPage(TenantPage):
    """The last step, which nobody can take back."""

    requires = Permission.TENANT_CLOSE
    unit = "own"
    template = "tenants/closing.html"

    def post(self, request: HttpRequest, closing_id: UUID) -> HttpResponse:
        """Carry it out; from here on this workspace answers nobody."""
        form, status = CodeForm(request.POST), 400
        if form.is_valid():
            try:
                begin_closing(self.context, request, closing_id=closing_id, code=form.cleaned_data["code"])
            except NotFound:
                raise
            except RingfenceError as refusal:
                status = _shown(form, refusal)
            else:
                return HttpResponseRedirect(reverse("closed"))
        return show_closing(self, form, status)


class ClosedPage(PublicPage):
    """What is said to whoever has just closed a workspace."""

    requires = Public("says that a workspace was closed, to an owner whose session has just ended with it")
    template = "tenants/closed.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Say it."""
        return self.page()


class CertificatePage(PublicPage):
    """The certificate, behind the link that its owners were mailed."""

    requires = Public("the link's secret is the credential: the workspace has no members any more")

    @leaves_by("closing-certificate")
    def get(self, request: HttpRequest, secret: str) -> HttpResponse:
        """Return the file."""
        closing_id, content = certificate_behind(secret)
        return file_answer(content, f"ringfence-closed-{closing_id.hex[-12:]}.zip", "application/zip")


def show_closing(page: TenantPage, form: forms.Form, status: int = 200) -> HttpResponse:
    """Render the page with the form of whichever step is open."""
    with acting(page.context):
        seen = read_closing(page.context)
        code_form = form if type(form) is CodeForm else CodeForm()
        values: dict[str, Any] = {
            "seen": seen,
            "closing": seen.closing,
            "form": form if isinstance(form, AskForm) else AskForm(),
            "code_form": code_form,
            "days": settings.CLOSING_WAIT_SECONDS // SECONDS_A_DAY,
            "minutes": max(1, settings.CLOSING_WAIT_SECONDS // 60),
        }
        return page.page(status, **values)


def _shown(form: forms.Form, refusal: RingfenceError) -> int:
    show_refusal(form, refusal)
    return refusal.status


def _back(public_id: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("tenants:closing", args=[public_id]))
