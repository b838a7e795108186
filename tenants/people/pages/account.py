"""One's own account: name, password, second factor, other sessions."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage
from tenants.cookies import set_session_cookie
from tenants.gate.people import know_person
from tenants.gate.registry import declared_on
from tenants.gate.second_factor import recovery_codes_left
from tenants.gate.sessions import Visitor, end_other_sessions
from tenants.pages.forms import ChangePasswordForm, show_refusal
from tenants.people.visiting import stepped_up
from tenants.services.change_password import change_password

SAID = {
    "password": _("Your password is changed. All other sessions have ended."),
    "others": _("All your other sessions have ended."),
}


class AccountPage(PublicPage):
    """What we hold of a person, shown to that person."""

    requires = Public("the session names the person; it shows and changes their own account only")
    template = "people/account.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the account."""
        visitor, _secret = stepped_up(request)
        return self._show(visitor, ChangePasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Change the password."""
        visitor, _secret = stepped_up(request)
        form, status = ChangePasswordForm(request.POST), 400
        if form.is_valid():
            try:
                fresh = change_password(
                    request,
                    visitor,
                    present=form.cleaned_data["present"],
                    password=form.cleaned_data["password"],
                )
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                response = HttpResponseRedirect(f"{reverse('people:account')}?said=password")
                rotate_token(request)
                set_session_cookie(response, fresh)
                return response
        return self._show(visitor, form, status)

    def _show(self, visitor: Visitor, form: ChangePasswordForm, status: int = 200) -> HttpResponse:
        return self.page(
            status=status,
            form=form,
            person=know_person(visitor.person_id),
            visitor=visitor,
            declared=declared_on(visitor.person_id),
            codes_left=recovery_codes_left(visitor.person_id),
            said=SAID.get(self.request.GET.get("said", "")),
        )


class OtherSessionsPage(PublicPage):
    """Ends all of a person's sessions but this one."""

    requires = Public("the session names the person; it ends their own sessions only")

    def post(self, request: HttpRequest) -> HttpResponse:
        """End them."""
        visitor, _secret = stepped_up(request)
        end_other_sessions(visitor.person_id, but=visitor.session_id)
        return HttpResponseRedirect(f"{reverse('people:account')}?said=others")
