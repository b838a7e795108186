"""Keeps what would leave this process by mail, as a webhook, or as a line of a log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from tenants.isolation import caller
from tenants.services import send_webhook

SEND = "send"
"""The outbound client, as the service that sends webhooks knows it."""


class Basket(logging.Handler):
    """Keeps things as (kind, content)."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._kept: list[tuple[str, bytes]] = []

    def put(self, kind: str, content: bytes) -> None:
        """Keep one thing."""
        self._kept.append((kind, content))

    def take(self) -> tuple[tuple[str, bytes], ...]:
        """Empty the basket."""
        kept, self._kept = tuple(self._kept), []
        return kept

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a log line as a formatter would write it, its traceback included."""
        try:
            self.put("log line", (self.format(record) + repr(record.args)).encode("utf-8", "replace"))
        except Exception:
            self.put("log line", repr(record.msg).encode())


@contextmanager
def catching() -> Iterator[Basket]:
    """Put a basket in the place of the mail server, and beside every log and the webhooks' client."""
    basket = Basket()
    root = logging.getLogger()
    before, level = caller.NO_MAIL, root.level
    backend, send = settings.EMAIL_BACKEND, vars(send_webhook)[SEND]

    def sent(way: Any, method: str, **more: Any) -> Any:
        basket.put("webhook", repr(more).encode() + bytes(more.get("body", b"")))
        return send(way, method, **more)

    Mails.basket = basket
    root.addHandler(basket)
    caller.NO_MAIL = settings.EMAIL_BACKEND = f"{__name__}.Mails"
    setattr(send_webhook, SEND, sent)
    try:
        yield basket
    finally:
        setattr(send_webhook, SEND, send)
        caller.NO_MAIL, settings.EMAIL_BACKEND = before, backend
        root.removeHandler(basket)
        root.setLevel(level)
        Mails.basket = None


class Mails:
    """A mail server that keeps mails in the basket: their subjects and bodies; whom they go to, they must name."""

    basket: Basket | None = None

    def __init__(self, **_: object) -> None:
        pass

    def send_messages(self, messages: list[object]) -> int:
        """Keep them."""
        for each in messages:
            if Mails.basket is not None:
                text = f"{getattr(each, 'subject', '')}\n{getattr(each, 'body', '')}"
                Mails.basket.put("mail", text.encode())
        return len(messages)
