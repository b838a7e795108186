"""Calls of plants that reach for hosts that nobody listed. The check's own watch stops them before a byte leaves."""

import logging
import socket
from contextlib import suppress
from typing import Any

from django.http import HttpRequest

UNLISTED = "192.0.2.1"
"""An address for documentation (RFC 5737): nobody has it."""


def reaching(answer: Any) -> Any:
    """Return a view's method that tells somebody else of each request before it answers."""

    def method(view: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        # As careless code would: whatever comes of it.
        with suppress(OSError):
            socket.create_connection((UNLISTED, 443), timeout=1).close()
        return answer(view, request, *args, **kwargs)

    return method


def telling(answer: Any, text: str) -> Any:
    """Return a view's method that writes `text` into the program's log before it answers."""

    def method(view: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        logging.getLogger("ringfence.planted").warning("shown: %s", text)
        return answer(view, request, *args, **kwargs)

    return method
