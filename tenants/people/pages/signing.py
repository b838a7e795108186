"""Sign in, sign out, and choose or switch the workspace that the session serves."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse

from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage
from tenants.cookies import forget_session_cookie, session_secret_of, set_session_cookie
from tenants.gate.sessions import visitor_of
from tenants.pages.forms import SignInForm, show_refusal
from tenants.people.visiting import next_of, onward, stepped_up, tenant_in, visitor_here
from tenants.services.list_places import list_places
from tenants.services.sign_in import sign_in
from tenants.services.sign_out import sign_out
from tenants.services.switch_tenant import place_in_tenant, switch_tenant


def with_session(request: HttpRequest, secret: str, wanted: str) -> HttpResponse:
    """Hand over a new session and lead on. The form token changes with the session."""
    visitor = visitor_of(secret)
    response = onward(visitor, wanted) if visitor else HttpResponseRedirect(reverse("people:login"))
    rotate_token(request)
    set_session_cookie(response, secret)
    return response


class StartPage(PublicPage):
    """The bare address leads to one's own pages, or to the sign-in."""

    requires = Public("it shows nothing: it leads on")

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead on."""
        visitor = visitor_here(request)
        return onward(visitor, "") if visitor else HttpResponseRedirect(reverse("people:login"))


class LoginPage(PublicPage):
    """Address and password."""

    requires = Public("whoever is not signed in yet must reach the sign-in")
    template = "people/login.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form; whoever is signed in already goes on."""
        visitor = visitor_here(request)
        if visitor:
            return onward(visitor, next_of(request))
        return self.page(form=SignInForm(), next=next_of(request), said=request.GET.get("said", ""))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign in."""
        form, wanted = SignInForm(request.POST), next_of(request)
        status = 400
        if form.is_valid():
            try:
                secret = sign_in(
                    request,
                    email=form.cleaned_data["email"],
                    password=form.cleaned_data["password"],
                    previous=session_secret_of(request),
                    wanted=tenant_in(wanted),
                )
                return with_session(request, secret, wanted)
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
        return self.page(form=form, next=wanted, status=status)


class LogoutPage(PublicPage):
    """Ends the session. By POST only, so that no link signs anybody out."""

    requires = Public("it ends the session of whoever calls it, and no other")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign out."""
        response = HttpResponseRedirect(reverse("people:login") + "?said=out")
        forget_session_cookie(response)
        sign_out(session_secret_of(request))
        return response


class ChoosePage(PublicPage):
    """A person's workspaces."""

    requires = Public("the session names the person; it lists their own workspaces only")
    template = "people/choose.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list."""
        visitor, _ = stepped_up(request)
        return self.page(places=list_places(visitor), here=visitor.tenant, next=next_of(request))


class SwitchPage(PublicPage):
    """The step between two workspaces: a new session, by one's own decision."""

    requires = Public("the session names the person; it leads to their own workspaces only")
    template = "people/switch.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask before the session that serves another workspace ends."""
        visitor, _ = stepped_up(request)
        wanted = next_of(request)
        place = place_in_tenant(visitor, tenant_in(wanted))
        named = [p for p in list_places(visitor) if p.place.public_id == place.public_id]
        return self.page(place=named[0], next=wanted)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Switch."""
        visitor, secret = stepped_up(request)
        wanted, tenant = next_of(request), request.POST.get("tenant", "")
        fresh = switch_tenant(visitor, secret, tenant=tenant)
        return with_session(request, fresh, wanted if tenant_in(wanted) == tenant else "")
