"""The second factor: set it up, show it, and keep recovery codes."""

from urllib.parse import parse_qs, urlsplit

import segno
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.utils.safestring import SafeString, mark_safe

from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage
from tenants.cookies import set_session_cookie
from tenants.gate.second_factor import offer_second_factor
from tenants.gate.sessions import Visitor
from tenants.pages.forms import CodeForm, show_refusal
from tenants.people.pages.signing import with_session
from tenants.people.visiting import next_of, onward, signed_in, stepped_up
from tenants.services.step_up import renew_recovery_codes, set_up_second_factor, step_up


class SecondFactorPage(PublicPage):
    """Asks for a code; whoever has no factor yet sets one up here."""

    requires = Public("the session names the person; it serves their own second factor only")
    template = "people/second_factor.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form, or the set-up with its picture."""
        visitor, _ = signed_in(request)
        if visitor.second_factor and "renew" not in request.GET:
            return onward(visitor, next_of(request))
        return self._ask(request, visitor, CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take a code."""
        visitor, secret = signed_in(request)
        form, status = CodeForm(request.POST), 400
        if form.is_valid():
            code = form.cleaned_data["code"]
            try:
                if _setting_up(request, visitor):
                    return self._set_up(request, visitor, secret, code)
                return with_session(request, step_up(request, visitor, secret, code=code), next_of(request))
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
        return self._ask(request, visitor, form, status)

    def _set_up(self, request: HttpRequest, visitor: Visitor, secret: str, code: str) -> HttpResponse:
        fresh, codes = set_up_second_factor(request, visitor, secret, code=code)
        return codes_page(request, codes, fresh)

    def _ask(self, request: HttpRequest, visitor: Visitor, form: CodeForm, status: int = 200) -> HttpResponse:
        values = {"form": form, "next": next_of(request)}
        if not _setting_up(request, visitor):
            return self.page(status=status, **values)
        uri = offer_second_factor(visitor)
        typed = parse_qs(urlsplit(uri).query)["secret"][0]
        groups = " ".join(typed[i : i + 4] for i in range(0, len(typed), 4))
        return self.page(
            status=status, picture=picture_of(uri), typed=groups, renew="renew" in request.GET, **values
        )


class RecoveryCodesPage(PublicPage):
    """Replaces the recovery codes."""

    requires = Public("the session names the person and has shown the second factor")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show ten new ones, once."""
        visitor, _ = stepped_up(request)
        return codes_page(request, renew_recovery_codes(visitor), None)


def codes_page(request: HttpRequest, codes: list[str], fresh: str | None) -> HttpResponse:
    """Show recovery codes once, with the successor session if there is one."""
    page = _CodesShown()
    page.setup(request)
    response = page.page(codes=codes, all_codes="\n".join(codes), next=next_of(request))
    if fresh:
        rotate_token(request)
        set_session_cookie(response, fresh)
    return response


class _CodesShown(PublicPage):
    requires = Public("it is never routed: it shows what another page has made")
    template = "people/recovery_codes.html"


def picture_of(uri: str) -> SafeString:
    """Return the QR code as an inline SVG: paths and no style, so the content policy allows it."""
    drawn = segno.make(uri, error="m").svg_inline(
        scale=5, border=4, dark="#000", light="#fff", title="QR code"
    )
    # It holds coordinates only; the address is not repeated in it as text.
    return mark_safe(drawn)  # noqa: S308 - made by segno from modules of the code


def _setting_up(request: HttpRequest, visitor: Visitor) -> bool:
    """Whether a factor is set up here: there is none, or whoever has shown theirs wants another."""
    return not visitor.has_second_factor or (visitor.second_factor and "renew" in request.GET)
