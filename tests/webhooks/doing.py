"""Webhooks for tests: made, fed and sent through the same services as everybody's."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db.models import F
from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.verdicts import forget_verdicts
from tenants.models import Webhook, WebhookDelivery
from tenants.services.create_webhook import create_webhook
from tenants.services.queue_webhook_events import queue_webhook_events
from tenants.services.send_webhook import send_webhook
from tests.neutrality.stating import party
from tests.stack import Stack
from tests.unit.egress.receiving import OK, Authority, Conduct, Names, Receiver, answering, receiver
from tests.world import Workspace

VERB = Verb.EXPORT_FINISHED


def host_of_a_party(**more: Any) -> tuple[str, UUID]:
    """Register a listed company with a host that nobody else has; return both."""
    host = f"hooks-{secrets.token_hex(5)}.example"
    return host, party("Shop", identifiers=(("host", host),), listed=True, **more)


@dataclass
class Hook:
    """A webhook to a receiver of this test."""

    workspace: Workspace
    webhook_id: UUID
    secret: str = field(repr=False)
    host: str
    party: UUID
    there: Receiver

    def row(self) -> Webhook:
        with acting(self.workspace.context(Role.ADMIN)):
            return Webhook.objects.get(id=self.webhook_id)

    def attempts(self) -> list[WebhookDelivery]:
        """All attempts, in the order in which they were queued."""
        with acting(self.workspace.context(Role.ADMIN)):
            return list(WebhookDelivery.objects.filter(webhook_id=self.webhook_id).order_by("id"))

    def states(self) -> list[str]:
        return [each.state for each in self.attempts()]

    def send(self) -> int:
        """Do what a worker does when it is told of this webhook."""
        return send_webhook(self.workspace.service(Purpose.JOB), webhook_id=self.webhook_id)

    def queue(self) -> list[UUID]:
        """Do what the scheduler's sweep does for this workspace."""
        return queue_webhook_events(self.workspace.service(Purpose.JOB))

    def wait_over(self) -> None:
        """Let the time pass that keeps back attempts and webhook."""
        with acting(self.workspace.context(Role.ADMIN)):
            past = timezone.now() - timedelta(seconds=1)
            Webhook.objects.filter(id=self.webhook_id).update(resume_at=None)
            WebhookDelivery.objects.filter(webhook_id=self.webhook_id, state="waiting").update(due_at=past)

    def long_ago(self, **since: timedelta) -> None:
        """Let what is being sent have begun long ago."""
        with acting(self.workspace.context(Role.ADMIN)):
            WebhookDelivery.objects.filter(webhook_id=self.webhook_id, state="sending").update(
                began_at=F("began_at") - timedelta(hours=1)
            )
            Webhook.objects.filter(id=self.webhook_id).update(busy_until=None)


@contextmanager
def hook_to(
    workspace: Workspace,
    names: Names,
    authority: Authority,
    conduct: Conduct | None = None,
    *,
    verbs: tuple[Verb, ...] = (VERB,),
    served: str = "",
) -> Iterator[Hook]:
    """Make a webhook of an admin to a receiver that listens until the block ends."""
    host, owner = host_of_a_party()
    forget_verdicts()
    names.known[host] = "127.0.0.1"
    with receiver(conduct or answering(OK), tls=authority.serving(served or host)) as there:
        made, secret = create_webhook(
            workspace.context(Role.ADMIN),
            url=f"https://{host}:{there.port}/hook?for=us",
            verbs=[verb.value for verb in verbs],
        )
        yield Hook(workspace, made, secret, host, owner, there)


def happen(workspace: Workspace, verb: Verb = VERB) -> UUID:
    """Record an event that webhooks may want; return its id."""
    context = workspace.context(Role.ADMIN)
    with acting(context):
        return record(
            context, verb, object_kind="export", object_id=uuid7(), detail={"name": "Secret project"}
        ).event_id


def logged(stack: Stack, workspace: Workspace, verb: Verb) -> int:
    """Return how many events of a verb a workspace's log holds, sequenced or not."""
    with psycopg.connect(stack.cluster.superuser_url("cell")) as connection:
        found = connection.execute(
            "select (select count(*) from audit.pending where tenant_id = %(t)s and verb = %(v)s)"
            " + (select count(*) from audit.body where tenant_id = %(t)s and verb = %(v)s)",
            {"t": workspace.tenant_id, "v": verb.value},
        ).fetchone()
    assert found is not None
    return int(found[0])
