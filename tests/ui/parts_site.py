"""A page that previews a label schema under the site's policy: no database. Run as a process; prints its address."""

import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, engines
from django.urls import path

REPO = Path(__file__).resolve().parents[2]

settings.configure(
    SECRET_KEY="only-for-the-parts-site",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    STATIC_URL="/static/",
    STATICFILES_DIRS=[REPO / "annotation" / "static"],
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.staticfiles", "django.forms", "ringfence.web"],
    MIDDLEWARE=["ringfence.web.middleware.SecurityHeaders"],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"libraries": {"ui": "annotation.templatetags.ui"}},
        }
    ],
)
django.setup()

from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402 - after set-up
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402 - after set-up

PAGE = """{% load static ui %}<!doctype html>
<html lang="en"{% if theme %} data-theme="{{ theme }}"{% endif %}>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parts</title>
{% for sheet in sheets %}<link rel="stylesheet" href="{% static sheet %}">{% endfor %}
<link rel="icon" href="{% static 'ringfence/mark.svg' %}">
{% ui_entry "preview" %}</head>
<body><main class="page"><h1 class="visually-hidden">Parts</h1>
<div data-preview data-schema="schema" data-item="item"></div>
<details><summary>Source</summary>
<label>Schema<textarea id="schema">{}</textarea></label>
<label>Item<textarea id="item">{}</textarea></label></details></main></body></html>"""

SHEETS = [f"ringfence/{name}.css" for name in ("tokens", "base", "layout", "parts")]


def parts(request: HttpRequest) -> HttpResponse:
    """Show the preview."""
    context = RequestContext(request, {"theme": request.GET.get("theme", ""), "sheets": SHEETS})
    return HttpResponse(engines["django"].engine.from_string(PAGE).render(context))


urlpatterns = [path("", parts)]


class QuietHandler(WSGIRequestHandler):
    """Write no access log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Drop the line."""


class ThreadedServer(ThreadingMixIn, WSGIServer):
    """One thread per request, because browsers keep connections open."""

    daemon_threads = True


if __name__ == "__main__":
    server = make_server(
        "127.0.0.1",
        0,
        StaticFilesHandler(WSGIHandler()),
        server_class=ThreadedServer,
        handler_class=QuietHandler,
    )
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)
