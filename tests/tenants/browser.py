"""A browser without pictures: cookies, forms with their tokens, mails and authenticator apps."""

import email
import email.policy
import json
import re
import threading
import time
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pyotp
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from tenants.cookies import COOKIE
from tests.stack import Stack
from tests.world import Someone, Workspace

PASSWORD = "a long enough sentence 7"
LINK = re.compile(r"http://127\.0\.0\.1:8000(/\S+)")


class Visitor:
    """One browser that checks form tokens like a real one."""

    def __init__(self, someone: Someone | None = None) -> None:
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=True, SERVER_NAME="127.0.0.1")
        if someone is not None:
            self.client.cookies[COOKIE] = someone.session

    @property
    def secret(self) -> str:
        """The session secret in the cookie jar; empty when there is none."""
        cookie = self.client.cookies.get(COOKIE)
        return cookie.value if cookie else ""

    def get(self, path: str, **headers: Any) -> HttpResponse:
        """Open a page."""
        return self.client.get(path, headers=headers)

    def post(self, path: str, form: dict[str, Any] | None = None, *, token: bool = True) -> HttpResponse:
        """Send a form as a page of ours would, with its token."""
        fields = dict(form or {})
        if token:
            if "csrftoken" not in self.client.cookies:
                self.client.get("/password-reset")  # any page with a form, open to everybody
            fields["csrfmiddlewaretoken"] = self.client.cookies["csrftoken"].value
        return self.client.post(path, fields)

    def sign_in(self, address: str, password: str = PASSWORD, **more: str) -> HttpResponse:
        """Fill in the sign-in form."""
        return self.post("/login", {"email": address, "password": password, **more})


def declare(visitor: Visitor, *, wanted: str = "", **tie: str) -> HttpResponse:
    """Fill in the declaration: one tie by its fields, or that there is none."""
    form = {f"tie0-{field}": value for field, value in tie.items()} if tie else {"none": "1"}
    return visitor.post("/declaration", {"rows": "1", "next": wanted, **form})


def call(
    method: str, path: str, *, bearer: str = "", session: str = "", body: Any = None, token: str = ""
) -> HttpResponse:
    """Call the API as a script: with a bearer token, or with a session cookie alone."""
    client = Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1")
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    if session:
        client.cookies[COOKIE] = session
    return client.generic(
        method, path, data=b"" if body is None else json.dumps(body).encode(),
        content_type="application/json", headers=headers,
    )  # fmt: skip


def last_mail_to(address: str) -> EmailMessage:
    """Return the newest mail that went to an address. Raises LookupError."""
    for message in reversed(mail.outbox):
        if address in message.to:
            text = message.message().as_string()
            return email.message_from_string(text, _class=EmailMessage, policy=email.policy.default)
    raise LookupError(f"no mail to {address}")


def link_to(address: str) -> str:
    """Return the path of the link in the newest mail to an address."""
    found = LINK.search(last_mail_to(address).get_content())
    assert found is not None
    return urlsplit(found.group(0)).path


def wait_for_threads(name: str) -> None:
    """Wait until every thread of this name has ended."""
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(20)


def secret_on(page: HttpResponse) -> str:
    """Return the authenticator secret that a set-up page shows for typing."""
    found = re.search(r'id="typed-key">([A-Z2-7 ]+)<', page.content.decode())
    assert found is not None, page.content.decode()[:400]
    return found.group(1).replace(" ", "")


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return the code of now, or of some 30 s steps later."""
    return pyotp.TOTP(secret).generate_otp(int(time.time()) // 30 + steps)


def events_of(stack: Stack, workspace: Workspace, verb: str) -> list[tuple[str, Any]]:
    """Return (verb, object id) of a log's recorded events, read past every wall as superuser, oldest first."""
    with psycopg.connect(stack.cluster.superuser_url("cell")) as connection:
        rows = connection.execute(
            "select verb, object_id from audit.pending where tenant_id = %s and verb = %s order by n",
            [workspace.tenant_id, verb],
        )
        return list(rows.fetchall())
