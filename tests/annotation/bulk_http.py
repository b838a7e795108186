"""HTTP as browsers and scripts send it to the routes of imports and exports, body by body."""

import io
import json
from typing import Any
from uuid import uuid4

from django.test import Client

from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.cookies import COOKIE
from tenants.services.manage_tokens import create_token
from tests.world import Workspace

BOUNDARY = "the-boundary"
CSRF = "c" * 32


def form_body(data: bytes, *, name: str = "items.jsonl", end: bool = True) -> bytes:
    """Return a form with one file; without `end` it breaks off where the file's last byte is."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + data + (f"\r\n--{BOUNDARY}--\r\n".encode() if end else b"")


class Script:
    """A program with an API token."""

    def __init__(self, workspace: Workspace, role: Role = Role.ADMIN) -> None:
        context = workspace.context(role)
        with acting(context):
            _, self.secret = create_token(
                context, label="bulk", permissions=[p.value for p in context.permissions], days=1
            )
        self.base = f"/api/v1/{workspace.public_id}/"
        self.client = Client(raise_request_exception=True, SERVER_NAME="127.0.0.1")

    def ask(
        self, method: str, path: str, data: Any = b"", content_type: str = "application/json", **extra: Any
    ) -> Any:
        """Send one request with a body of any kind; the client itself leaves the type of an empty one out."""
        headers = {"Authorization": f"Bearer {self.secret}", **extra.pop("headers", {})}
        return self.client.generic(
            method, self.base + path, data=data, headers=headers, **{"CONTENT_TYPE": content_type, **extra}
        )

    def post(self, path: str, body: object) -> Any:
        """Send JSON."""
        return self.ask("POST", path, json.dumps(body).encode())

    def send(
        self, project: object, data: bytes, content_type: str = "application/x-ndjson", **extra: Any
    ) -> Any:
        """Send a file to a project's imports."""
        return self.ask("POST", f"projects/{project}/imports", data, content_type, **extra)


class Person:
    """A member at a browser."""

    def __init__(self, workspace: Workspace, role: Role = Role.OWNER) -> None:
        self.base = f"/w/{workspace.public_id}/"
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=True, SERVER_NAME="127.0.0.1")
        self.client.cookies[COOKIE] = workspace.someone(role).session
        self.client.cookies["csrftoken"] = CSRF

    def get(self, path: str, **headers: str) -> Any:
        """Open a page."""
        return self.client.get(self.base + path, headers=headers)

    def post(self, path: str, form: dict[str, str] | None = None) -> Any:
        """Send a form with its token."""
        return self.client.post(self.base + path, {"csrfmiddlewaretoken": CSRF, **(form or {})})

    def send_file(self, project: object, body: bytes, *, token: str = CSRF, **extra: Any) -> Any:
        """Send a form with a file, its token in the address."""
        address = f"{self.base}projects/{project}/imports?key={uuid4()}&csrfmiddlewaretoken={token}"
        return self.client.generic(
            "POST", address, body, content_type=f"multipart/form-data; boundary={BOUNDARY}", **extra
        )


class Wire(io.BytesIO):
    """A body as a server hands it over; counts what was read, and breaks where it is told to."""

    def __init__(self, data: bytes, *, breaks: bool = False) -> None:
        super().__init__(data)
        self.taken = 0
        self._breaks = breaks

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        if not piece and self._breaks:
            raise ConnectionResetError
        return piece
