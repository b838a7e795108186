"""Move the workspace through its life."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.gate.places import tenant_facts
from tenants.pages.words import works_in
from tenants.services.change_state import change_state, open_moves


class StatePage(TenantPage):
    """What works now, and where the workspace can go from here."""

    requires = {"GET": Permission.TENANT_VIEW, "POST": Permission.TENANT_STATE}
    template = "tenants/state.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the state; the moves only to those who may make them."""
        state, _ = tenant_facts(self.context.tenant_id)
        may_move = Permission.TENANT_STATE in self.context.permissions
        moves = [m for m in open_moves(state) if m != "activate"] if may_move else []
        return self.page(state=state, works=works_in(state), moves=moves)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a move."""
        change_state(self.context, move=request.POST.get("move", ""))
        return HttpResponseRedirect(reverse("tenants:state", args=[self.context.public_id]))
