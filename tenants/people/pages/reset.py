"""Password reset: ask for a link, follow it, set a new password."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage
from tenants.cookies import forget_link_cookie, forget_session_cookie, set_link_cookie
from tenants.gate.errors import OfferGone
from tenants.gate.resets import person_behind_reset
from tenants.pages.forms import EmailForm, NewPasswordForm, show_refusal
from tenants.services.reset_password import ask_reset, set_new_password

LINK_COOKIE = "ringfence_reset"
PATH = "/password-reset"


class AskResetPage(PublicPage):
    """Asks where to send the link. Its answer is the same for every address."""

    requires = Public("whoever forgot their password cannot sign in")
    template = "people/ask_reset.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.page(form=EmailForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send a link, if there is somebody to send it to."""
        form = EmailForm(request.POST)
        if not form.is_valid():
            return self.page(form=form, status=400)
        ask_reset(form.cleaned_data["email"])
        return self.page(sent=True)


# Exempt, because a refused form would be logged with this address; it changes nothing but a cookie.
@method_decorator(csrf_exempt, name="dispatch")
class ResetLink(PublicPage):
    """Takes the secret out of the address, and uses nothing up."""

    requires = Public("the mailed secret is the credential")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead every method to the clean address: an error page would put this one into a log."""
        response = HttpResponseRedirect(reverse("people:new-password"))
        set_link_cookie(response, LINK_COOKIE, kwargs["secret"][:100], path=PATH)
        return response


class NewPasswordPage(PublicPage):
    """Takes the new password. Nobody is signed in by it."""

    requires = Public("the mailed secret, in a cookie now, is the credential")
    template = "people/new_password.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form while the link is good."""
        person_behind_reset(_secret(request))
        return self.page(form=NewPasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Set the password; every session of the person has ended."""
        form, status = NewPasswordForm(request.POST), 400
        if form.is_valid():
            try:
                set_new_password(_secret(request), form.cleaned_data["password"])
            except OfferGone:
                raise
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                response = HttpResponseRedirect(f"{reverse('people:login')}?said=reset")
                forget_link_cookie(response, LINK_COOKIE, path=PATH)
                forget_session_cookie(response)
                return response
        return self.page(form=form, status=status)


def _secret(request: HttpRequest) -> str:
    secret = request.COOKIES.get(LINK_COOKIE)
    if not secret:
        raise OfferGone("reset")
    return secret
