"""The operator's screen: ids, states, counts, processes, and plainly what the operator cannot see."""

from django.http import HttpRequest, HttpResponse

from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.gate.places import count_tenants
from tenants.pages.words import CANNOT_SEE
from tenants.services.measure_health import measure_health


class PlatformPage(TenantPage):
    """Exists for the operator's own workspace; no other role has the permission."""

    requires = Permission.PLATFORM_VIEW
    template = "tenants/platform.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        tenants = [t for t in count_tenants() if t.kind != "canary"]
        return self.page(
            tenants=tenants,
            people=sum(t.members for t in tenants),
            active=sum(t.state == "active" for t in tenants),
            health=measure_health(),
            cannot_see=CANNOT_SEE,
        )
