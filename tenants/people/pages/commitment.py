"""What work in a workspace closes, read and confirmed before its first item is shown."""

from django.http import HttpRequest, HttpResponse

from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage
from tenants.people.visiting import next_of, onward, stepped_up, tenant_in
from tenants.services.commit_to_work import commit_to_work, what_closes
from tenants.services.list_places import list_places
from tenants.services.switch_tenant import place_in_tenant


class CommitmentPage(PublicPage):
    """Names the visitor's own workspaces that would close, and nobody's customer."""

    requires = Public("the session names the person; it tells what their own work would close")
    template = "people/commitment.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what closes; where nothing does, go on."""
        visitor, _ = stepped_up(request)
        wanted = next_of(request)
        place = place_in_tenant(visitor, tenant_in(wanted))
        closing = what_closes(visitor, place)
        if not closing:
            return onward(visitor, wanted)
        named = next(each for each in list_places(visitor) if each.place.public_id == place.public_id)
        return self.page(place=named, closing=closing, next=wanted)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Confirm."""
        visitor, _ = stepped_up(request)
        wanted = next_of(request)
        commit_to_work(visitor, tenant=tenant_in(wanted))
        return onward(visitor, wanted)
