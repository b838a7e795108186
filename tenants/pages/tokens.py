"""A member's own API tokens."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.pages.forms import TokenForm, show_refusal
from tenants.services.manage_tokens import create_token, end_token, list_tokens


class TokensPage(TenantPage):
    """The list, and the form that makes one."""

    requires = Permission.API_TOKEN_MANAGE
    template = "tenants/tokens.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the tokens, without their secrets: those are gone."""
        return self._show(TokenForm(held=self.context.permissions))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a token and show its secret, this once."""
        form, secret, status = TokenForm(request.POST, held=self.context.permissions), "", 400
        if form.is_valid():
            try:
                _, secret = create_token(
                    self.context,
                    label=form.cleaned_data["label"],
                    permissions=form.cleaned_data["permissions"],
                    days=form.cleaned_data["days"],
                )
                form, status = TokenForm(held=self.context.permissions), 201
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
        return self._show(form, secret=secret, status=status)

    def _show(self, form: TokenForm, *, secret: str = "", status: int = 200) -> HttpResponse:
        return self.page(status=status, form=form, secret=secret, tokens=list_tokens(self.context))


class RevokeTokenPage(TenantPage):
    """Ends a token."""

    requires = {"POST": Permission.API_TOKEN_MANAGE}

    def post(self, request: HttpRequest, token_id: UUID) -> HttpResponse:
        """End it."""
        end_token(self.context, token_id=token_id)
        return HttpResponseRedirect(reverse("tenants:tokens", args=[self.context.public_id]))
