"""Pages of a workspace, fetched before a browser's driver runs, and given to it with the headers they had."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route

from tests.tenants.browser import Visitor

ORIGIN = "http://127.0.0.1:8000"
KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
PASSED_ON = ("Content-Security-Policy", "Content-Type")


@dataclass
class Site:
    """Answers by path and query; every other page is a 404."""

    answers: dict[str, tuple[dict[str, str], bytes]] = field(default_factory=dict)

    def fetch(self, visitor: Visitor, path: str) -> str:
        """Ask the application for a page, and keep what it answers. Return its path."""
        answer = visitor.get(path)
        headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
        self.answers[path] = (headers, answer.content)
        return path

    def show(self, open_page: Callable[..., Page], path: str, **options: Any) -> Page:
        """Open a page that was fetched."""
        page = open_page("about:blank", **options)
        page.context.route("**/*", self._answer)
        page.goto(ORIGIN + path)
        return page

    def _answer(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if parts.path.startswith("/static/"):
            found = finders.find(parts.path.removeprefix("/static/"))
            if found is None:
                route.fulfill(status=404)
            else:
                kind = KINDS.get(str(found).rsplit(".", 1)[-1], "application/octet-stream")
                route.fulfill(path=str(found), content_type=kind)
        elif path in self.answers:
            headers, body = self.answers[path]
            route.fulfill(status=200, headers=headers, body=body)
        else:
            route.fulfill(status=404)
