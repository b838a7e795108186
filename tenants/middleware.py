"""Enters the tenant's context around a request: the one place where HTTP meets the gate."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.core.signals import request_finished
from django.db import DatabaseError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.http import urlencode

from audit.values import Receipt
from ringfence.kernel.context import acting, collecting_receipts
from ringfence.kernel.database import is_bar
from ringfence.kernel.errand import come_back, set_out
from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.web.errors import answer_crash, answer_error, is_api, log_crash
from ringfence.web.pages import permission_for
from tenants.cookies import session_secret_of
from tenants.gate.enter import enter, why_missing
from tenants.gate.errors import (
    AdmittedAgain,
    CommitmentNeeded,
    DeclarationNeeded,
    Excluded,
    NotSignedIn,
    SecondFactorNeeded,
    SwitchNeeded,
)
from tenants.gate.resolve import forget
from tenants.gate.secrets import Credential, SessionSecret, TokenSecret
from tenants.services.count_failures import count_refusal
from tenants.services.record_refusal import record_refusal

RECEIPT_HEADER = "Audit-Receipt"
_WAYS_IN = {
    NotSignedIn: "people:login",
    SecondFactorNeeded: "people:second-factor",
    SwitchNeeded: "people:switch",
    DeclarationNeeded: "people:declaration",
    CommitmentNeeded: "people:commitment",
}

Answer = Callable[[HttpRequest], HttpResponse]


class Gate:
    """Resolves the credential, asks the gate, checks the view's permission, opens the unit of work."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response
        self._csrf = CsrfViewMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer every error in one place; a crash is logged without its values."""
        try:
            return self._get_response(request)
        except RingfenceError as refusal:
            return _refused(request, refusal)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """Answer errors of views outside a tenant."""
        if isinstance(error, RingfenceError):
            return _refused(request, error)
        log_crash(error)
        return answer_crash(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Run a tenant's view inside its context; leave other views alone."""
        _set_out(request, view)
        if "tenant" not in kwargs:
            return None
        try:
            return self._enter_and_answer(request, view, kwargs)
        except RingfenceError as refusal:
            return _refused(request, refusal)
        except DatabaseError as crash:
            if is_bar(crash):
                # The frame of a page opens the workspace's name, which is barred too.
                vars(request).pop("context", None)
                return _refused(request, self._why_barred(request, kwargs))
            log_crash(crash)
            return answer_crash(request)
        except Exception as crash:
            log_crash(crash)
            return answer_crash(request)

    def _why_barred(self, request: HttpRequest, kwargs: dict[str, Any]) -> RingfenceError:
        """Return what the gate says now of somebody whom PostgreSQL refused in the middle of a request."""
        forget()
        try:
            enter(credential_of(request), kwargs["tenant"])
        except RingfenceError as refusal:
            return refusal
        return AdmittedAgain()

    def _enter_and_answer(self, request: HttpRequest, view: Any, kwargs: dict[str, Any]) -> HttpResponse:
        view_class = getattr(view, "view_class", None) or getattr(view, "cls", None)
        if view_class is None or not hasattr(view_class, "requires"):
            raise NotFound
        tenant, kwargs = kwargs["tenant"], {k: v for k, v in kwargs.items() if k != "tenant"}
        credential = credential_of(request)
        if isinstance(credential, SessionSecret):
            # DRF's views are exempt from Django's own check; a cookie must never be enough to write.
            refusal = self._forged(request, view_class)
            if refusal is not None:
                return refusal
        try:
            context = enter(credential, tenant, audience=_audience(request))
        except Excluded as excluded:
            if excluded.context is not None:
                record_refusal(excluded.context, reason=excluded.reason)
            raise
        except (NotFound, NotSignedIn):
            count_refusal()
            raise
        permission = permission_for(view_class, request.method or "GET")
        request.context = context  # type: ignore[attr-defined]
        if permission is not None and permission not in context.permissions:
            record_refusal(context, reason=permission.value)
            raise why_missing(context, permission)
        if getattr(view_class, "unit", "request") == "own":
            with collecting_receipts() as receipts:
                answer: HttpResponse = view(request, **kwargs)
            return with_receipt(answer, receipts)
        with acting(context) as unit:
            response: HttpResponse = view(request, **kwargs)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response.render()
        return with_receipt(response, unit.receipts)

    def _forged(self, request: HttpRequest, view_class: Any) -> HttpResponse | None:
        """Return the answer to a request that another site has made up, None for ours.

        A view with `streams_body` takes its token from the query: looking for it in the form would read
        the whole upload before anybody has been asked.
        """
        streams = getattr(view_class, "streams_body", False)
        if streams:
            request._post, request._files = request.GET, MultiValueDict()  # type: ignore[attr-defined]
        try:
            return self._csrf.process_view(request, _checked, (), {})  # type: ignore[arg-type]  # it is never called
        finally:
            if streams:
                del request._post, request._files  # type: ignore[attr-defined]


def _set_out(request: HttpRequest, view: Any) -> None:
    """Say on what errand this thread is, until the answer is closed: a stream opens cells after this returns."""
    view_class = getattr(view, "view_class", None) or getattr(view, "cls", None)
    route = request.resolver_match.view_name if request.resolver_match else ""
    set_out(f"{request.method} {route}", many_units=getattr(view_class, "unit", "request") == "own")


@receiver(request_finished, dispatch_uid="tenants.errand")
def _come_back(**_: Any) -> None:
    come_back()


def with_receipt(response: HttpResponse, kept: Sequence[Any]) -> HttpResponse:
    """Put the last receipt of what was committed into the answer's header, unless the view chose one."""
    receipts = [r for r in kept if isinstance(r, Receipt)]
    if receipts and RECEIPT_HEADER not in response:
        response[RECEIPT_HEADER] = receipts[-1].header
    return response


def credential_of(request: HttpRequest) -> Credential:
    """Return the bearer token or the session cookie; never both, so that a page cannot lend its cookie."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return TokenSecret(header.removeprefix("Bearer ").strip())
    cookie = session_secret_of(request)
    return SessionSecret(cookie) if cookie else None


def _checked(request: HttpRequest) -> None:
    """Stand for the view in the CSRF check: it must not be exempt."""


def _audience(request: HttpRequest) -> dict[str, str]:
    return {
        "address": request.META.get("REMOTE_ADDR", ""),
        "agent": request.headers.get("User-Agent", "")[:200],
    }


def _refused(request: HttpRequest, refusal: RingfenceError) -> HttpResponse:
    if is_api(request):
        return answer_error(request, refusal)
    if isinstance(refusal, Excluded):
        return render(request, "tenants/excluded.html", {"path": refusal.path}, status=refusal.status)
    for kind, route in _WAYS_IN.items():
        if isinstance(refusal, kind):
            return HttpResponseRedirect(f"{reverse(route)}?{urlencode({'next': _way_back(request)})}")
    return answer_error(request, refusal)


def _way_back(request: HttpRequest) -> str:
    """Return the page to come back to: this one, or for a form the page that it stood on."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    referer = urlsplit(request.headers.get("Referer", ""))
    return referer.path if referer.netloc == request.get_host() and referer.path else "/"
