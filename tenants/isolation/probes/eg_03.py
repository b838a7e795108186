"""EG-03: mails, webhooks, log lines and error answers hold nothing that is sealed."""

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import quote

from tenants.isolation import driving
from tenants.isolation.basket import catching
from tenants.isolation.catalog import cells
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target
from tenants.isolation.tour import driven, visits
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
FRAME = frozenset({"tenants_profile.name", "tenants_profile.code_name", "tenants_member.name"})
"""What the frame of every page says to its reader: where they are, and who."""
DRIVEN = True
BASKETS = ("mail", "log line", "webhook", "error answer")


def detect(target: Target) -> Finding:
    """Keep what leaves while a worker works and while routes answer, and look for what is sealed."""
    tally = Tally(ID)
    needles = _needles(target)
    if not needles:
        tally.miss("the canary has nothing sealed that could be looked for")
        return tally.finding()
    with catching() as basket:
        with watching(Watch(frozenset(), driving.SINK)):
            driving.send_a_webhook(target)
        send_mail.mail_invitation("canary@ringfence.example", "no secret")
        count = Counter(judge("a worker's round", basket.take(), needles, tally))
    with driven(target) as drive:
        for visit in visits(target, drive, tally):
            stranger = visit.stranger
            if stranger is None:
                tally.miss(f"{visit.route.label}: it was not called with ids of nobody")
                continue
            tally.look()
            kept = [each for asked in visit.asked for each in asked.caught]
            if stranger.answer.status >= 400:
                kept.append(("error answer", stranger.answer.bytes))
            count.update(judge(visit.route.label, kept, needles, tally))
    for kind in BASKETS:
        if kind == "log line" or count[kind]:
            tally.look(count[kind])
        else:
            tally.miss(f"no {kind} was caught, so none was looked through")
    tally.notes.append(f"{count.total()} things caught, {len(needles)} texts looked for")
    return tally.finding()


def judge(
    where: str, kept: Iterable[tuple[str, bytes]], needles: Mapping[bytes, str], tally: Tally
) -> Iterator[str]:
    """Look through (kind, content) for `needles`; yield each kind."""
    for kind, content in kept:
        for needle, name in needles.items():
            if needle in content and not (kind == "error answer" and name in FRAME):
                tally.wrong(f"{where}: a {kind} holds what is sealed in {name}")
        yield kind


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
