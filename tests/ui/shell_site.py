"""A site with the shell and nothing else: no database, no other app. Run as a process; prints its address."""

import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import RequestContext, engines
from django.urls import path

settings.configure(
    SECRET_KEY="only-for-the-shell-site",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    STATIC_URL="/static/",
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.staticfiles", "django.forms", "ringfence.web"],
    MIDDLEWARE=["ringfence.web.middleware.SecurityHeaders", "django.middleware.csrf.CsrfViewMiddleware"],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
)
django.setup()

from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402 - after set-up
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402 - after set-up

from ringfence.web.shell import Shell  # noqa: E402 - after set-up
from ringfence.web.states import badge_of  # noqa: E402 - after set-up
from ringfence.web.styleguide import SampleForm, sample, sample_shell, styleguide  # noqa: E402 - after set-up

ROWS = 400
STEP = 140
READ = [120]
SENT: list[str] = []


def guide(request: HttpRequest) -> HttpResponse:
    """Show the style guide; count what its forms send."""
    READ[0] = 120
    return styleguide(request)


def progress(request: HttpRequest) -> JsonResponse:
    """Answer as an import that gets on with each question."""
    READ[0] = min(READ[0] + STEP, ROWS)
    done = READ[0] == ROWS
    state = "done" if done else "running"
    return JsonResponse(
        {
            "state": state,
            "done": done,
            "values": {"read": READ[0], "rows": ROWS, "refused": 2},
            "badges": {"import": badge_of(state), "DB-01": badge_of("fail")},
            "say": f"{READ[0]} of {ROWS} rows read",
        }
    )


def take(request: HttpRequest, what: str) -> HttpResponse:
    """Remember what a form has sent."""
    SENT.append(f"{what}:{request.POST.get('label') or request.POST.get('what')}")
    return HttpResponse("sent", content_type="text/plain")


def sent(request: HttpRequest) -> JsonResponse:
    """Tell what forms have sent so far."""
    return JsonResponse(SENT, safe=False)


def error(request: HttpRequest, status: int) -> HttpResponse:
    """Show an error page, as someone signed in."""
    context = {
        "status": status,
        "shell": sample_shell("/styleguide"),
        "code": "task_not_held",
        "message": request.GET.get("message", ""),
    }
    return render(request, "ringfence/error.html", context, status=status)


LOGIN = """{% extends "ringfence/auth.html" %}{% load ringfence %}
{% block title %}Sign in{% endblock %}{% block card_title %}Sign in{% endblock %}
{% block card_lead %}<p class="muted">One session serves one workspace.</p>{% endblock %}
{% block card %}<form class="form" method="post">{% csrf_token %}{% form_errors form %}
{% field form.email %}{% field form.name %}
<div class="form-end"><button class="button button-primary">Sign in</button></div>
</form>{% endblock %}
{% block under %}<p><a href="#reset">Forgot your password?</a></p>{% endblock %}"""


DESK = """{% extends "ringfence/desk.html" %}{% load ringfence %}
{% block title %}Label{% endblock %}{% block header %}Product reviews, spring{% endblock %}
{% block actions %}<span class="muted">37 of 120 today</span>{% endblock %}
{% block desk_action %}/styleguide/answer{% endblock %}
{% block desk_work %}<article class="card"><h2>Review</h2><p class="desk-text">{{ text }}</p></article>
<label class="field"><span class="label">Why? <span class="optional">(optional)</span></span>
<textarea name="why" rows="2"></textarea></label>{% endblock %}
{% block desk_side %}<h2>What to choose</h2><ol><li>Judge the product, not the shop.</li>
<li>Mixed reviews: what weighs more to the writer?</li></ol>
{% alert "warn" "Sarcasm counts as what it means." "Edge case:" %}{% endblock %}
{% block desk_choices %}{% choices "label" labels "Overall sentiment" %}{% endblock %}
{% block desk_actions %}
<button class="button button-quiet" name="what" value="skip" formnovalidate data-key="S">
Skip <kbd>S</kbd></button>
<button class="button button-primary" name="what" value="submit" data-key="Enter">
Submit and next <kbd>Enter</kbd></button>{% endblock %}"""


def desk(request: HttpRequest) -> HttpResponse:
    """Show a labeling form."""
    labels = sample(request.path, SampleForm())["labels"]
    text = "The battery lasts two days and the screen is bright.\n\n" + "It charges slowly in the cold. " * 12
    context = RequestContext(request, {"shell": sample_shell("/desk"), "labels": labels, "text": text})
    return HttpResponse(engines["django"].engine.from_string(DESK).render(context))


def bare(request: HttpRequest) -> HttpResponse:
    """Show the narrow card, as nobody in particular."""
    context = RequestContext(request, {"shell": Shell(), "form": SampleForm()})
    return HttpResponse(engines["django"].engine.from_string(LOGIN).render(context))


def download(request: HttpRequest) -> HttpResponse:
    """Answer as a view that sets headers of its own."""
    own = {
        "Content-Security-Policy": "sandbox",
        "Cache-Control": "public, max-age=600",
        "Referrer-Policy": "unsafe-url",
    }
    return HttpResponse("{}", content_type="application/json", headers=own)


urlpatterns = [
    path("styleguide", guide),
    path("styleguide/progress", progress),
    path("styleguide/<slug:what>", take),
    path("sent", sent),
    path("error/<int:status>", error),
    path("auth", bare),
    path("desk", desk),
    path("download", download),
]


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
