"""`GET /healthz`: which components answer, for supervisors and monitors."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage
from tenants.services.measure_health import measure_health, stopped_of


class HealthPage(PublicPage):
    """200 while every component is up, else 503 with the names of those that stopped."""

    requires = Public("monitors have no account; it names processes and nothing that they hold")

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask every component."""
        components = measure_health()
        stopped = stopped_of(components)
        body = {"ok": not stopped, "stopped": stopped, "components": components}
        return JsonResponse(body, status=503 if stopped else 200)
