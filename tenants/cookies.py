"""The cookies that we set: the session, and for half an hour the secret of a mailed link."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "ringfence_session"
LINK_SECONDS = 30 * 60


def session_secret_of(request: HttpRequest) -> str | None:
    """Return the session secret that a browser sent, if any."""
    return request.COOKIES.get(COOKIE) or None


def set_session_cookie(response: HttpResponse, secret: str) -> None:
    """Hand the browser its session: HttpOnly, same site, gone with the browser."""
    response.set_cookie(COOKIE, secret, httponly=True, samesite="Lax", secure=settings.SECURE_SSL, path="/")


def forget_session_cookie(response: HttpResponse) -> None:
    """Take the session back from the browser."""
    response.delete_cookie(COOKIE, path="/", samesite="Lax")


def set_link_cookie(response: HttpResponse, name: str, secret: str, *, path: str) -> None:
    """Keep a mailed link's secret for one page, so that it leaves the address bar and the history.

    Lax and not Strict: the mail program's click is a visit from another site, and the redirect that
    follows it would not carry a strict cookie.
    """
    response.set_cookie(
        name,
        secret,
        max_age=LINK_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SECURE_SSL,
        path=path,
    )


def forget_link_cookie(response: HttpResponse, name: str, *, path: str) -> None:
    """Take a mailed link's secret back."""
    response.delete_cookie(name, path=path, samesite="Lax")
