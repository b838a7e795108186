"""Calls routes inside this process, through every middleware, as a member of a canary would."""

import io
import json
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from tenants.cookies import COOKIE
from tenants.gate.canaries import Credentials

CSRF = "c" * 32
"""The page's half and the form's half are alike: whether forms are guarded is not asked here."""
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)
    by_session: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as it left."""

    status: int
    headers: bytes
    body: bytes

    @property
    def bytes(self) -> bytes:
        """Everything that left."""
        return self.headers + b"\n" + self.body


VARYING = re.compile(
    rb"(csrftoken=|nonce-|nonce=\"|name=\"csrfmiddlewaretoken\" value=\")[A-Za-z0-9+/=_-]+"
    rb"|[0-9a-f-]{32,36}|expires=[^;]+"
)
"""What differs between any two answers: secrets made for one answer, ids, and the second of the clock."""


def alike(one: Answer, other: Answer) -> bool:
    """Say whether two answers have the same status, the same words and the same size."""
    if (one.status, len(one.body)) != (other.status, len(other.body)):
        return False
    return VARYING.sub(b"", one.bytes) == VARYING.sub(b"", other.bytes)


@cache
def _application() -> WSGIHandler:
    with warnings.catch_warnings():
        # The checker serves no file, so it needs no folder of them.
        warnings.filterwarnings("ignore", message="No directory at")
        return WSGIHandler()


_serving = False


@contextmanager
def as_a_server(app_role: str) -> Iterator[None]:
    """Answer requests here for a while: inside our transaction, without mails, without a log line per refusal.

    Inside another such block it changes nothing.
    """
    global _serving
    if _serving:
        yield
        return

    def enter_role(connection: BaseDatabaseWrapper, **_: Any) -> None:
        # A stream writes in a thread with a connection of its own.
        if connection.alias == "default":
            with connection.cursor() as cursor:
                cursor.execute(f'SET ROLE "{app_role}"')

    signals = (request_started, request_finished)
    for signal in signals:
        # Between requests Django drops a connection that is inside a transaction; this one has to stay.
        signal.disconnect(close_old_connections)
    connection_created.connect(enter_role)
    loggers = [logging.getLogger(name) for name in ("django.request", "ringfence.web")]
    before = [each.level for each in loggers]
    mail, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, NO_MAIL
    for each in loggers:
        each.setLevel(logging.CRITICAL + 1)
    _serving = True
    try:
        yield
    finally:
        _serving = False
        connection_created.disconnect(enter_role)
        for signal in signals:
            signal.connect(close_old_connections)
        settings.EMAIL_BACKEND = mail
        for each, level in zip(loggers, before, strict=True):
            each.setLevel(level)


def call(asked: Call, credentials: Credentials, *, app_role: str) -> Answer:
    """Answer one request under the application's role, inside the caller's transaction."""
    api = asked.path.startswith("/api/")
    content = (
        json.dumps(asked.body, default=str).encode() if api else urlencode(asked.body, doseq=True).encode()
    )
    address = urlsplit(settings.BASE_URL)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": asked.path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json" if api else "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(content)),
        "SERVER_NAME": address.hostname,
        "SERVER_PORT": str(address.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": address.netloc,
        "HTTP_REFERER": settings.BASE_URL + asked.path,
        "HTTP_USER_AGENT": "ringfence isolation check",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": address.scheme,
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if api and not asked.by_session:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {credentials.token}"
    else:
        cookies = SimpleCookie({COOKIE: credentials.session, "csrftoken": CSRF})
        environ["HTTP_COOKIE"] = cookies.output(header="", sep=";").strip()
        environ["HTTP_X_CSRFTOKEN"] = CSRF
    told: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        told.append((status, headers))

    _set_role(app_role)
    answer = _application()(environ, start_response)
    body = b""
    try:
        for piece in answer:
            body += piece
    except Exception as broken:
        # A stream that breaks has sent what it has sent; it is judged by that.
        told.append((told[0][0], [*told[0][1], ("X-Broken", type(broken).__name__)]))
    finally:
        if hasattr(answer, "close"):
            answer.close()
    _set_role("none")
    status, headers = told[-1]
    text = "\n".join(f"{name}: {value}" for name, value in headers)
    return Answer(int(status.split()[0]), text.encode(), body)


def _set_role(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL ROLE "{role}"' if role != "none" else "SET LOCAL ROLE NONE")
