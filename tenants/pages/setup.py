"""The first run of a workspace: second factor, keys, pin file, first members, active."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import TenantPage
from tenants.pages.forms import InviteForm
from tenants.services.change_state import change_state
from tenants.services.describe_keys import describe_keys
from tenants.services.grantable import grantable_roles
from tenants.services.set_up import confirm_keys, progress_of
from tenants.services.take_pin import take_pin

STEPS = (_("Second factor"), _("Keys"), _("Pin file"), _("First members"), _("Activate"))


class SetupPage(TenantPage):
    """The open step and those behind it."""

    requires = Permission.TENANT_SETUP
    template = "tenants/setup.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show how far it has come."""
        progress = progress_of(self.context)
        done = progress.state != "setting-up"
        return self.page(
            progress=progress,
            step=len(STEPS) + 1 if done else progress.step,
            done=done,
            names=STEPS,
            keys=describe_keys(self.context),
            form=InviteForm(roles=grantable_roles(self.context)),
        )


class ConfirmKeysPage(TenantPage):
    """The end of the key ceremony."""

    requires = {"POST": Permission.TENANT_SETUP}

    def post(self, request: HttpRequest) -> HttpResponse:
        """Confirm."""
        confirm_keys(self.context)
        return HttpResponseRedirect(reverse("tenants:setup", args=[self.context.public_id]))


class TakePinPage(TenantPage):
    """Hands out the pin file."""

    requires = {"POST": Permission.TENANT_SETUP}

    @leaves_by("audit-pin")
    def post(self, request: HttpRequest) -> HttpResponse:
        """Give the file, and remember that it was taken."""
        pin = take_pin(self.context)
        response = HttpResponse(pin.content, content_type="application/octet-stream")
        response["Content-Disposition"] = f'attachment; filename="{pin.name}"'
        response["Content-Security-Policy"] = "sandbox"
        return response


class ActivatePage(TenantPage):
    """The last step."""

    requires = {"POST": Permission.TENANT_SETUP}

    def post(self, request: HttpRequest) -> HttpResponse:
        """Activate, if every step is done."""
        change_state(self.context, move="activate")
        return HttpResponseRedirect(reverse("tenants:home", args=[self.context.public_id]))
