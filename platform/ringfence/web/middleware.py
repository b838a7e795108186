"""Security headers for every answer: one strict content policy, and nothing kept by caches."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types dompurify",
    )
)

PERMISSIONS = ", ".join(
    (
        "accelerometer=()",
        "browsing-topics=()",
        "camera=()",
        "display-capture=()",
        "geolocation=()",
        "gyroscope=()",
        "magnetometer=()",
        "microphone=()",
        "midi=()",
        "payment=()",
        "usb=()",
        "xr-spatial-tracking=()",
        "clipboard-write=(self)",
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    )
)

UNCHANGING = "private, max-age=31536000, immutable"
"""The one other thing that a view may say: its bytes are for one reader, and never change under their address."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: under it browsers send `Origin: null` with our own forms, which Django's
    # CSRF check refuses. Other sites are told nothing by either.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "X-Frame-Options": "DENY",
}


class SecurityHeaders:
    """Set the headers on each answer; a view can tighten the content policy, never loosen it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        own = response.headers.get("Content-Security-Policy")
        # Browsers enforce every policy of a comma list, so a view's own one (a download's
        # `sandbox`) comes on top of ours.
        response.headers["Content-Security-Policy"] = f"{CONTENT_POLICY}, {own}" if own else CONTENT_POLICY
        for name, value in HEADERS.items():
            response.headers[name] = value
        kept = response.headers.get("Cache-Control") == UNCHANGING
        if not kept and not request.path.startswith(_static_prefix()):
            response.headers["Cache-Control"] = "private, no-store"
        return response


def _static_prefix() -> str:
    """Return the path under which static files are served; it always ends with a slash."""
    return settings.STATIC_URL if settings.STATIC_URL.startswith("/") else f"/{settings.STATIC_URL}"
