"""EG-01: every host that something could go to belongs to a registered party that the policy lets pass."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from audit.services.witnesses import operators_policy
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.registry import DOORS, MEMBER, Door
from tenants.gate.canary_facts import add_party, rule_canary
from tenants.gate.registry import known
from tenants.gate.verdicts import verdict_on_destination, verdict_on_party
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.replaying import logs
from tenants.isolation.target import Target
from tenants.models import Webhook, WebhookState
from tenants.neutrality.destinations import Destination, Trouble

ID = "EG-01"
TITLE = "Every host that something could go to belongs to somebody whom the policy lets pass"
PROVES = (
    "Webhooks that may send, and the services that this installation is set to use: each leads to a party of the"
    " register, none of them kept away by this workspace's policy. Names are judged here; addresses when something is"
    " sent. What a service on this machine or in its private network sends on is not seen."
)
SEEDED = False

RECEIVERS = frozenset({"audit-anchor", "audit-timestamp", "mail", "webhook", "witness"})
"""Doors that lead elsewhere than to the acting member; their hosts are judged below."""
MAILED = frozenset({"closing-certificate"})
"""Doors to former owners, who had a verdict as members: what opens them went through the judged mail server."""


def detect(target: Target) -> Finding:
    """Judge each host by the policy of each workspace whose addresses may be opened here."""
    tally = Tally(ID)
    contexts = logs(target)
    for each in DOORS.values():
        _door(tally, each)
    for context in contexts:
        for what, host in hosts(target, context):
            tally.look()
            problem = _judge(context, host)
            if problem:
                tally.wrong(f"{what} leads to {host or 'this machine'}: {problem}", context.tenant_id)
    if not contexts:
        tally.miss("there is no workspace whose addresses may be read")
    return tally.finding()


def hosts(target: Target, context: TenantContext) -> Iterator[tuple[str, str]]:
    """Yield (what, host) of a workspace's webhooks that may send, and of the services in the settings."""
    made = target.rows(context).get(Webhook)
    made_here = [] if made is None else [made.pk]
    with target.as_app(context):
        active = Webhook.objects.filter(state=WebhookState.ACTIVE)
        for row in active.exclude(id__in=made_here).order_by("id"):
            url = context.keyring.open(row.url, field=Webhook.url, row=row.id).decode()
            yield "a webhook", urlsplit(url).hostname or url
    yield from services()


def services() -> Iterator[tuple[str, str]]:
    """Yield (what, host) of each service that the settings name."""
    yield "the mail server", settings.EMAIL_HOST
    yield "the broker", urlsplit(settings.BROKER_URL).hostname or ""
    yield "the cache", urlsplit(str(settings.CACHES["default"].get("LOCATION", ""))).hostname or ""
    for name, database in settings.DATABASES.items():
        yield f"the database {name}", str(database.get("HOST", ""))
    service = str(settings.KEY_SERVICE)
    policy = operators_policy()
    for witness in policy.witnesses.values() if policy else ():
        yield "a witness", urlsplit(witness.url or "").hostname or ""
    if settings.ANCHOR_BUCKET:
        yield (
            "the bucket of anchors",
            urlsplit(settings.ANCHOR_ENDPOINT or "https://s3.amazonaws.com").hostname or "",
        )
    if settings.TSA_URL:
        yield "the time-stamping authority", urlsplit(settings.TSA_URL).hostname or ""
    yield "the key service", urlsplit(service).hostname or "" if "://" in service else ""


def _door(tally: Tally, door: Door) -> None:
    tally.look()
    if door.to != MEMBER and door.name not in RECEIVERS | MAILED:
        tally.wrong(f"the door {door.name} leads to somebody whom no policy judges: {door.to}")


def _judge(context: TenantContext, host: str) -> str:
    """Return why the policy lets nothing go to a host; empty when it does, or when nothing leaves the house."""
    if _inside(host):
        operator = known().operator
        if operator is not None and not verdict_on_party(context.tenant_id, operator)[0]:
            return "the policy keeps the operator away"
        return ""
    verdict, _ = verdict_on_destination(context.tenant_id, Destination(host))
    told = [point.trouble.value for point in verdict.points if point.trouble is not Trouble.NOWHERE]
    return "; ".join(sorted(set(told)))


def _inside(host: str) -> bool:
    """Say whether a host is this machine or its private network: a socket's folder, or such an address."""
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private


def _webhook(target: Target, host: str) -> None:
    row, context = uuid7(), target.k2
    with target.as_app(context):
        seal = context.keyring.seal
        Webhook.objects.create(
            id=row,
            url=seal(f"https://{host}/take".encode(), field=Webhook.url, row=row),
            secret=seal(b"planted", field=Webhook.secret, row=row),
            judged=seal(b"{}", field=Webhook.judged, row=row),
            verbs=[],
            cursor=0,
            created_by_id=context.actor_id,
            created_at=timezone.now(),
        )


def _of_excluded(target: Target) -> None:
    excluded = add_party("Planted lab", host="hooks.planted.example")
    rule_canary(target.k2.tenant_id, excluded=[excluded])
    _webhook(target, "hooks.planted.example")


def _of_nobody(target: Target) -> None:
    _webhook(target, "nobody.planted.example")


def _mail_of_nobody(target: Target) -> None:
    target.swap(settings, "EMAIL_HOST", "mail.planted.example")


def _time_stamps_of_nobody(target: Target) -> None:
    target.swap(settings, "TSA_URL", "https://tsa.planted.example/")


def _door_to_nobody(target: Target) -> None:
    DOORS["planted"] = Door("planted", "everything", "somebody")
    target.undo.callback(DOORS.pop, "planted")


PLANTS = (
    Plant("excluded", "A webhook leads to a company that the policy keeps away", _of_excluded),
    Plant("nobody", "A webhook leads to a host of which nobody knows whose it is", _of_nobody),
    Plant("mail", "Mails go through a server of which nobody knows whose it is", _mail_of_nobody),
    Plant(
        "time-stamps", "Time-stamps come from somebody of whom nobody knows who it is", _time_stamps_of_nobody
    ),
    Plant("door", "A way out is added whose receiver no policy judges", _door_to_nobody),
)
