"""An invitation: the mailed link hands its secret over to a cookie at once, the page shows and accepts it."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage
from tenants.cookies import forget_link_cookie, session_secret_of, set_link_cookie
from tenants.gate.errors import OfferGone
from tenants.gate.invitations import Offer
from tenants.gate.sessions import Visitor
from tenants.pages.forms import KnownForm, NewcomerForm, show_refusal
from tenants.people.pages.signing import with_session
from tenants.people.visiting import visitor_here
from tenants.services.accept_invitation import (
    accept_as_known,
    accept_as_newcomer,
    accept_signed_in,
    look_at_invitation,
)

LINK_COOKIE = "ringfence_invitation"
PATH = "/invitation"


# Exempt, because a refused form would be logged with this address; it changes nothing but a cookie.
@method_decorator(csrf_exempt, name="dispatch")
class InvitationLink(PublicPage):
    """Takes the secret out of the address. It uses nothing up, since mail scanners open links too."""

    requires = Public("the mailed secret is the credential")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead every method to the clean address: an error page would put this one into a log."""
        response = HttpResponseRedirect(reverse("people:invitation"))
        set_link_cookie(response, LINK_COOKIE, kwargs["secret"][:100], path=PATH)
        return response


class InvitationPage(PublicPage):
    """Shows what is offered, to whom, and takes the acceptance."""

    requires = Public("the mailed secret, in a cookie now, is the credential")
    template = "people/invitation.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the invitation."""
        offer, visitor = look_at_invitation(_secret(request)), visitor_here(request)
        return self._show(offer, visitor, _form_for(offer, visitor))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Accept it."""
        offer, visitor = look_at_invitation(_secret(request)), visitor_here(request)
        form, status = _form_for(offer, visitor, request.POST), 400
        if form.is_valid():
            try:
                response = with_session(request, _accept(request, offer, visitor, form), "")
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                forget_link_cookie(response, LINK_COOKIE, path=PATH)
                return response
        return self._show(offer, visitor, form, status)

    def _show(
        self, offer: Offer, visitor: Visitor | None, form: forms.Form, status: int = 200
    ) -> HttpResponse:
        return self.page(
            status=status,
            offer=offer,
            form=form,
            theirs=visitor is not None and visitor.person_id == offer.person_id,
            other=visitor is not None and visitor.person_id != offer.person_id,
        )


def _accept(request: HttpRequest, offer: Offer, visitor: Visitor | None, form: forms.Form) -> str:
    secret, session = _secret(request), session_secret_of(request)
    if visitor is not None and visitor.person_id == offer.person_id and session is not None:
        return accept_signed_in(secret, visitor, session)
    password = form.cleaned_data["password"]
    if offer.person_id is not None:
        return accept_as_known(request, secret, password=password, previous=session)
    return accept_as_newcomer(secret, name=form.cleaned_data["name"], password=password, previous=session)


def _form_for(offer: Offer, visitor: Visitor | None, given: Any = None) -> forms.Form:
    if visitor is not None and visitor.person_id == offer.person_id:
        return forms.Form(given)
    return KnownForm(given) if offer.person_id is not None else NewcomerForm(given)


def _secret(request: HttpRequest) -> str:
    secret = request.COOKIES.get(LINK_COOKIE)
    if not secret:
        raise OfferGone("invitation")
    return secret
