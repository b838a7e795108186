"""The operator's page of support: ask a customer to be let in, see what became of it, and leave."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import SUPPORT_ROLES, Permission, Role
from ringfence.web.pages import TenantPage
from tenants.gate.errors import Excluded
from tenants.pages.forms import show_refusal
from tenants.services.ask_support import LEAST_PURPOSE, LONGEST_PURPOSE, ask_support, list_asked
from tenants.services.end_support import leave_support
from tenants.values import LONGEST_VISIT_MINUTES

ROLE_CHOICES = {
    Role.AUDITOR: _l("auditor: log, keys, checks; no item"),
    Role.MANAGER: _l("manager: projects and items, without imports and exports"),
    Role.REVIEWER: _l("reviewer: the projects that they are given"),
}


class AskForm(forms.Form):
    """Whom to visit, why, how long and as what."""

    customer = forms.CharField(
        label=_l("Workspace"),
        max_length=32,
        help_text=_l("Its public id, as the customer or the platform page gives it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    purpose = forms.CharField(
        label=_l("Why"),
        min_length=LEAST_PURPOSE,
        max_length=LONGEST_PURPOSE,
        help_text=_l(
            "What is wrong, and what you will look at. The owners read this, and it stays in their log."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    minutes = forms.IntegerField(
        label=_l("Minutes"), min_value=1, max_value=LONGEST_VISIT_MINUTES, initial=30
    )
    role = forms.ChoiceField(
        label=_l("As"),
        choices=[(role.value, ROLE_CHOICES[role]) for role in SUPPORT_ROLES],
        initial=Role.AUDITOR.value,
    )


class SupportAsksPage(TenantPage):
    """What the operator's people have asked for, and the form that asks."""

    requires = Permission.SUPPORT_ASK
    unit = "own"
    template = "tenants/support_asks.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the newest asks with what became of them."""
        return self._show(AskForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask."""
        form, status = AskForm(request.POST), 400
        if form.is_valid():
            said: dict[str, Any] = form.cleaned_data
            try:
                ask_support(
                    self.context,
                    customer=said["customer"],
                    purpose=said["purpose"],
                    minutes=said["minutes"],
                    role=Role(said["role"]),
                )
            except Excluded as excluded:
                form.add_error(
                    None,
                    _("The neutrality policy of that workspace does not admit you: %(path)s.")
                    % {"path": " → ".join(excluded.path)},
                )
                status = excluded.status
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                return HttpResponseRedirect(reverse("tenants:support-asks", args=[self.context.public_id]))
        return self._show(form, status)

    def _show(self, form: AskForm, status: int = 200) -> HttpResponse:
        asked = list_asked(self.context)
        return self.page(status=status, form=form, asked=asked, me=self.context.actor_id)


class LeavePage(TenantPage):
    """Ends one's own visit before its time."""

    requires = Permission.SUPPORT_ASK
    unit = "own"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Leave."""
        leave_support(self.context)
        return HttpResponseRedirect(reverse("tenants:support-asks", args=[self.context.public_id]))
