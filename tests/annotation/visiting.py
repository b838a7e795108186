"""A visitor of a workspace's API and pages, over HTTP."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from tenants.cookies import COOKIE
from tests.world import Someone


class Visitor:
    """Somebody with their session, calling one workspace."""

    def __init__(self, someone: Someone, *, strict: bool = False) -> None:
        self.someone = someone
        self.client = Client(enforce_csrf_checks=strict, SERVER_NAME="localhost")
        self.client.cookies[COOKIE] = someone.session

    def api(self, method: str, path: str, body: Any = None) -> HttpResponse:
        """Call the API."""
        return self.client.generic(  # type: ignore[return-value]
            method,
            f"/api/v1/{self.someone.public_id}/{path}",
            data=b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
        )

    def page(self, path: str, form: dict[str, Any] | None = None) -> HttpResponse:
        """Open a page, or post its form."""
        address = f"/w/{self.someone.public_id}/{path}"
        if form is None:
            return self.client.get(address)  # type: ignore[return-value]
        return self.client.post(address, form)  # type: ignore[return-value]
