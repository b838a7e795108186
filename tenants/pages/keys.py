"""The workspace's keys: where they live, what they do, and what happens when they are switched off."""

from django.http import HttpRequest, HttpResponse

from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.services.describe_keys import describe_keys


class KeysPage(TenantPage):
    """References and generations; never a key."""

    requires = Permission.KEY_VIEW
    template = "tenants/keys.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them, in the dark too."""
        return self.page(keys=describe_keys(self.context))
