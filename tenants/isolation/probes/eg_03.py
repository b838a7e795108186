"""EG-03: mails, webhooks, log lines and error answers hold nothing that is sealed."""

import base64
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from django.conf import settings

from tenants.isolation import caller, driving
from tenants.isolation.catalog import cells
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target
from tenants.isolation.watch import Watch, watching
from tenants.services import send_mail, send_webhook

ID = "EG-03"
TITLE = "Mails, webhooks, log lines and errors carry nothing that is sealed"
PROVES = (
    "Every page and API route of a workspace made for the check is called with ids that nobody has, a mail is written"
    " and a webhook is sent, all into a basket: none holds what that workspace has sealed, as written or encoded in the"
    " usual ways. The frame of an error's page names the workspace and its reader, as every page does. Texts of fewer"
    " than 12 signs are not looked for, nor what a process writes elsewhere than through Python's logging."
)

SHORTEST = 12
"""Shorter texts stand in any page by chance."""
SEND = "send"
"""The outbound client, as the service that sends webhooks knows it."""
FRAME = frozenset({"tenants_profile.name", "tenants_profile.code_name", "tenants_member.name"})
"""What the frame of every page says to its reader: where they are, and who."""
BASKETS = ("mail", "log line", "webhook", "error answer")


class Basket(logging.Handler):
    """Keeps what would have left, by kind."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.kept: list[tuple[str, str, bytes]] = []
        self.where = "the start"

    def put(self, kind: str, content: bytes) -> None:
        """Keep one thing."""
        self.kept.append((kind, self.where, content))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a log line as a formatter would write it, its traceback included."""
        try:
            self.put("log line", (self.format(record) + repr(record.args)).encode("utf-8", "replace"))
        except Exception:
            self.put("log line", repr(record.msg).encode())


def detect(target: Target) -> Finding:
    """Drive everything, keep what leaves, and look for what is sealed."""
    tally = Tally(ID)
    needles = _needles(target)
    if not needles:
        tally.miss("the canary has nothing sealed that could be looked for")
        return tally.finding()
    with _catching(target) as basket:
        basket.where = "a worker's round"
        with watching(Watch(frozenset(), driving.SINK)):
            driving.send_a_webhook(target)
        send_mail.mail_invitation("canary@ringfence.example", "no secret")
        leaks, looked = _leaks(basket.kept, needles), len(basket.kept)
        enough = target.enough > 0 and bool(leaks)
        for route, answer in () if enough else driving.drives(target, tally, strangers=True):
            basket.where = route
            if answer.status >= 400:
                basket.put("error answer", answer.bytes)
            # What has been looked through is not looked through again with each route.
            leaks += _leaks(basket.kept[looked:], needles)
            looked = len(basket.kept)
            if target.enough > 0 and leaks:
                break
        leaks += _leaks(basket.kept[looked:], needles)
    for kind in BASKETS:
        count = sum(each[0] == kind for each in basket.kept)
        if kind == "log line" or count:
            tally.look(count)
        else:
            tally.miss(f"no {kind} was caught, so none was looked through")
    for kind, where, what in leaks:
        tally.wrong(f"{where}: a {kind} holds what is sealed in {what}")
    tally.notes.append(f"{len(basket.kept)} things caught, {len(needles)} texts looked for")
    return tally.finding()


def _needles(target: Target) -> dict[bytes, str]:
    """Return each sealed text of the canary, and its usual encodings, with the column that holds it."""
    found: dict[bytes, str] = {}
    context = target.k1
    with target.as_app(context):
        for field, name, row, sealed in cells(target, context):
            if field.purpose != "data":
                continue
            text = target.opener(context, sealed, field, row, 1)
            text = text if isinstance(text, bytes) else text.encode()
            if len(text) >= SHORTEST and any(text):
                for each in _written(text):
                    found[each] = name
    return found


def _written(text: bytes) -> Iterator[bytes]:
    yield text
    yield text.hex().encode()
    yield quote(text).encode()
    # The three ways in which base64 falls into step, without the signs that depend on neighbours.
    for skip in range(3):
        part = text[skip : len(text) - (len(text) - skip) % 3]
        if len(part) >= SHORTEST:
            yield base64.b64encode(part)


def _leaks(kept: list[tuple[str, str, bytes]], needles: dict[bytes, str]) -> list[tuple[str, str, str]]:
    return [
        (kind, where, name)
        for kind, where, content in kept
        for needle, name in needles.items()
        if needle in content and not (kind == "error answer" and name in FRAME)
    ]


@contextmanager
def _catching(target: Target) -> Iterator[Basket]:
    """Put the basket in the place of the mail server and of every log, and beside the webhooks' client."""
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


def _sealed_text(target: Target) -> str:
    """Return one sealed text of the canary."""
    written = [text for text, name in _needles(target).items() if name not in FRAME]
    return next(text.decode() for text in written if text.isascii())


def _in_mail(target: Target) -> None:
    text, real = _sealed_text(target), send_mail._send
    target.swap(send_mail, "_send", lambda email, subject, body: real(email, subject, f"{body}\n{text}"))


def _in_webhook(target: Target) -> None:
    text, real = _sealed_text(target), send_webhook._body
    target.swap(send_webhook, "_body", lambda *args: real(*args) + base64.b64encode(text.encode()))


def _on_a_page(name: str) -> Callable[[Target], None]:
    def act(target: Target) -> None:
        # Imported late: the routes import the pages, and the pages this room.
        from tenants.isolation import planted_calls, planted_urls

        text = _sealed_text(target)
        target.swap(planted_calls.Tells, "text", text)
        target.swap(planted_calls.Quotes, "text", text)
        planted_urls.add_route(target, name)

    return act


PLANTS = (
    Plant("mail", "Mails quote what a workspace has sealed", _in_mail),
    Plant("webhook", "Webhooks carry sealed content in base64", _in_webhook),
    Plant(
        "log",
        "A page is added that writes sealed content into the program's log",
        _on_a_page("planted-telling"),
    ),
    Plant(
        "error", "A page is added whose error message quotes sealed content", _on_a_page("planted-quoting")
    ),
)
