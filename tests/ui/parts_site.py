"""Pages under the site's policy without a database: a preview of a label schema, and practice.

Run as a process; prints its address. With `RF_TRANSLATIONS`, a folder of translations, it speaks Polish too.
"""

import json
import os
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
    LANGUAGES=[("en", "English"), ("pl", "Polski")],
    LOCALE_PATHS=[path for path in [os.environ.get("RF_TRANSLATIONS")] if path],
    MIDDLEWARE=[
        "ringfence.web.middleware.SecurityHeaders",
        "django.middleware.locale.LocaleMiddleware",
    ],
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

PRACTICE = """{% extends "ringfence/base.html" %}{% load i18n ui %}
{% block title %}{% translate "Practice" %}{% endblock %}
{% block body_class %}at-work{% endblock %}{% block head %}{% ui_entry "practice" %}{% endblock %}
{% block top %}{% endblock %}{% block nav %}{% endblock %}{% block page_head %}{% endblock %}
{% block main %}<div id="workspace" data-config="{{ config }}"></div>{% endblock %}"""
ADDRESSES = dict.fromkeys(("projects", "practice", "receipts", "signIn", "label"), "/")
CONFIG = {"tenant": "t", "person": "p", "project": "", "api": "", "pages": ADDRESSES}

SHEETS = [f"ringfence/{name}.css" for name in ("tokens", "base", "layout", "parts")]


def parts(request: HttpRequest) -> HttpResponse:
    """Show the preview."""
    context = RequestContext(request, {"theme": request.GET.get("theme", ""), "sheets": SHEETS})
    return HttpResponse(engines["django"].engine.from_string(PAGE).render(context))


def practice(request: HttpRequest) -> HttpResponse:
    """Show the desk, which answers itself in practice."""
    context = RequestContext(request, {"config": json.dumps(CONFIG)})
    return HttpResponse(engines["django"].engine.from_string(PRACTICE).render(context))


urlpatterns = [path("", parts), path("practice", practice)]


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
