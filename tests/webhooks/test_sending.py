"""From an entry of the log to a receiver: by ids, signed, in the log first, again until it is taken."""

import json
import socket
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.db import DatabaseError
from django.utils import timezone

from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose, Role
from tenants.egress.backoff import MOST_ATTEMPTS
from tenants.egress.signature import is_genuine
from tenants.gate.people import set_tenant_state
from tenants.models import Webhook
from tenants.services.ask_webhook import send_again, send_test
from tenants.services.change_webhook import pause_webhook, resume_webhook
from tenants.services.delete_webhook import delete_webhook
from tenants.services.rotate_webhook_secret import rotate_webhook_secret
from tenants.services.send_webhook import send_webhook
from tenants.values import TenantState
from tests.unit.egress.receiving import OK, Authority, Names, Receiver, answering, read_request
from tests.webhooks.doing import VERB, happen, hook_to, logged
from tests.world import Workspace

NO = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"


def test_an_event_arrives_by_its_ids_signed_and_in_the_log_first(
    stack: Any, acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    seen: list[int] = []

    def conduct(peer: socket.socket, there: Receiver) -> None:
        there.requests.append(read_request(peer))
        # While the request is here: what the log holds already.
        seen.append(logged(stack, acme, Verb.WEBHOOK_DELIVERED))
        peer.sendall(OK)

    with hook_to(acme, names, trusted, conduct) as hook:
        event = happen(acme)
        assert hook.queue() == []
        log.sequence()
        assert hook.queue() == [hook.webhook_id]
        assert hook.send() == 1
        (request,) = hook.there.requests
    assert seen == [1]
    body = json.loads(request.body)
    assert body["type"] == VERB.value
    assert body["data"] | {"index": 0, "object": ""} == {
        "workspace": acme.public_id, "index": 0, "event": str(event), "object_kind": "export", "object": "",
    }  # fmt: skip
    assert b"Secret project" not in request.body
    assert request.headers["webhook-id"] == str(event)
    assert request.headers["content-type"] == "application/json"
    at = int(request.headers["webhook-timestamp"])
    assert is_genuine(hook.secret, request.headers, request.body, now=at)
    (attempt,) = hook.attempts()
    assert (attempt.state, attempt.status_class, attempt.trouble) == ("delivered", 2, "")
    assert attempt.event_index == body["data"]["index"]


def test_only_chosen_events_from_the_making_on_are_sent_once_and_in_order(
    acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    happen(acme)
    log.sequence()
    with hook_to(acme, names, trusted) as hook:
        wanted = [happen(acme), happen(acme)]
        happen(acme, Verb.EXPORT_CREATED)
        wanted.append(happen(acme))
        log.sequence()
        for _ in range(3):
            hook.queue()
            hook.send()
        assert [request.headers["webhook-id"] for request in hook.there.requests] == [
            str(each) for each in wanted
        ]


def test_an_event_of_one_workspace_goes_to_no_webhook_of_another(
    acme: Workspace, rival: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    with hook_to(acme, names, trusted) as ours, hook_to(rival, names, trusted) as theirs:
        happen(acme)
        log.sequence()
        ours.queue(), theirs.queue()
        ours.send(), theirs.send()
        assert (len(ours.there.requests), len(theirs.there.requests)) == (1, 0)
        # Told of the other's webhook by a forged message, a worker finds nothing.
        assert send_webhook(rival.service(Purpose.JOB), webhook_id=ours.webhook_id) == 0


def test_what_fails_is_sent_again_later_under_the_same_id(
    acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    with hook_to(acme, names, trusted, answering(NO, NO, OK)) as hook:
        event = happen(acme)
        log.sequence()
        hook.queue()
        assert hook.send() == 0
        assert hook.queue() == []
        assert hook.send() == 0
        assert len(hook.there.requests) == 1
        for delivered in (0, 1):
            hook.wait_over()
            assert hook.queue() == [hook.webhook_id]
            assert hook.send() == delivered
        ids = {request.headers["webhook-id"] for request in hook.there.requests}
        assert ids == {str(event)}
        assert [(each.attempt, each.state, each.status_class) for each in hook.attempts()] == [
            (1, "failed", 5), (2, "failed", 5), (3, "delivered", 2),
        ]  # fmt: skip
        assert hook.row().failures == 0


def test_after_every_attempt_failed_the_webhook_is_off_the_maker_is_told_and_nothing_is_lost(
    stack: Any, acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    with hook_to(acme, names, trusted, answering(*[NO] * (MOST_ATTEMPTS + 0), OK)) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        for _ in range(MOST_ATTEMPTS):
            hook.wait_over()
            hook.send()
        assert hook.row().state == "disabled"
        assert hook.states() == ["failed"] * (MOST_ATTEMPTS - 1) + ["given-up"]
        assert logged(stack, acme, Verb.WEBHOOK_DELIVERED) == MOST_ATTEMPTS
        assert logged(stack, acme, Verb.WEBHOOK_FAILED) == 1
        assert logged(stack, acme, Verb.WEBHOOK_DISABLED) == 1
        (message,) = mail.outbox
        assert message.to[0].startswith("admin-")
        assert f"/w/{acme.public_id}/webhooks/{hook.webhook_id}" in message.body
        assert hook.host not in message.body
        # Off means off.
        later = happen(acme)
        log.sequence()
        hook.wait_over()
        assert (hook.queue(), hook.send()) == ([], 0)
        resume_webhook(acme.context(Role.ADMIN), webhook_id=hook.webhook_id)
        hook.queue()
        assert hook.send() == 1
        assert hook.there.requests[-1].headers["webhook-id"] == str(later)


def test_one_bad_event_does_not_hold_up_the_next(
    acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    with hook_to(acme, names, trusted, answering(NO, OK)) as hook:
        bad, good = happen(acme), happen(acme)
        log.sequence()
        hook.queue()
        hook.send()
        with acting(acme.context(Role.ADMIN)):
            Webhook.objects.filter(id=hook.webhook_id).update(resume_at=None)
        hook.send()
        assert [r.headers["webhook-id"] for r in hook.there.requests] == [str(bad), str(good)]
        assert hook.states() == ["failed", "delivered", "waiting"]


def test_a_receiver_that_says_gone_is_believed(
    acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    gone = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
    with hook_to(acme, names, trusted, answering(gone)) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        hook.send()
        assert hook.row().state == "disabled"


def test_a_worker_that_dies_between_sending_and_settling_sends_again(
    acme: Workspace, names: Names, trusted: Authority, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenants.services import send_webhook as module

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with hook_to(acme, names, trusted) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        with monkeypatch.context() as patch:
            patch.setattr(module, "_settle", die)
            with pytest.raises(Killed):
                hook.send()
        assert hook.states() == ["sending"]
        assert hook.send() == 0
        hook.long_ago()
        assert hook.queue() == [hook.webhook_id]
        assert hook.send() == 1
        assert len({request.headers["webhook-id"] for request in hook.there.requests}) == 1
        assert [(each.state, each.trouble) for each in hook.attempts()] == [
            ("failed", "lost"),
            ("delivered", ""),
        ]


def test_without_its_entry_in_the_log_nothing_leaves(
    stack: Any, acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    with hook_to(acme, names, trusted) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        columns = "tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf, core, pii"
        with psycopg.connect(stack.cluster.superuser_url("cell"), autocommit=True) as superuser:
            superuser.execute(f"revoke insert ({columns}) on audit.pending from rf_app")
            try:
                with pytest.raises(DatabaseError):
                    hook.send()
            finally:
                superuser.execute(f"grant insert ({columns}) on audit.pending to rf_app")
        assert hook.there.connections == 0
        assert hook.states() == ["waiting"]


def test_two_workers_at_once_send_once(acme: Workspace, names: Names, trusted: Authority, log: Any) -> None:
    inside: list[int] = []

    def conduct(peer: socket.socket, there: Receiver) -> None:
        there.requests.append(read_request(peer))
        inside.append(hook.send())
        peer.sendall(OK)

    with hook_to(acme, names, trusted, conduct) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        assert hook.send() == 1
        assert inside == [0]
        assert len(hook.there.requests) == 1


def test_paused_and_deleted_webhooks_send_nothing(
    acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    admin = acme.context(Role.ADMIN)
    with hook_to(acme, names, trusted) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        with acting(admin):
            pause_webhook(admin, webhook_id=hook.webhook_id)
        assert (hook.queue(), hook.send(), hook.there.connections) == ([], 0, 0)
        resume_webhook(acme.context(Role.ADMIN), webhook_id=hook.webhook_id)
        assert hook.queue() == [hook.webhook_id]
        admin = acme.context(Role.ADMIN)
        with acting(admin):
            delete_webhook(admin, webhook_id=hook.webhook_id)
        assert (hook.queue(), hook.send(), hook.there.connections) == ([], 0, 0)
        assert hook.attempts() == []


@pytest.mark.parametrize("state", [TenantState.SUSPENDED, TenantState.LEAVING])
def test_a_workspace_that_is_not_active_sends_nothing(
    acme: Workspace, names: Names, trusted: Authority, log: Any, state: TenantState
) -> None:
    with hook_to(acme, names, trusted) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        set_tenant_state(acme.tenant_id, state)
        assert (hook.queue(), hook.send(), hook.there.connections) == ([], 0, 0)


def test_for_a_day_two_secrets_sign_and_then_one(acme: Workspace, names: Names, trusted: Authority) -> None:
    with hook_to(acme, names, trusted) as hook:
        admin = acme.context(Role.ADMIN)
        with acting(admin):
            new = rotate_webhook_secret(admin, webhook_id=hook.webhook_id)
            send_test(admin, webhook_id=hook.webhook_id)
        hook.send()
        with acting(admin):
            Webhook.objects.filter(id=hook.webhook_id).update(old_until=timezone.now() - timedelta(days=2))
            send_test(admin, webhook_id=hook.webhook_id)
        hook.send()
        admin = acme.context(Role.ADMIN)
        with acting(admin):
            newest = rotate_webhook_secret(admin, webhook_id=hook.webhook_id, at_once=True)
            send_test(admin, webhook_id=hook.webhook_id)
        hook.send()
        first, second, third = hook.there.requests
    assert good(hook.secret, first)
    assert good(new, first)
    assert not good(hook.secret, second)
    assert good(new, second)
    assert not good(new, third)
    assert good(newest, third)


def good(secret: str, request: Any) -> bool:
    return is_genuine(secret, request.headers, request.body, now=int(request.headers["webhook-timestamp"]))


def test_a_test_says_so(stack: Any, acme: Workspace, names: Names, trusted: Authority) -> None:
    with hook_to(acme, names, trusted) as hook:
        admin = acme.context(Role.ADMIN)
        with acting(admin):
            send_test(admin, webhook_id=hook.webhook_id)
        assert hook.send() == 1
        body = json.loads(hook.there.requests[0].body)
    assert (body["type"], body["data"]["index"], body["data"]["object"]) == (
        "webhook.tested",
        None,
        str(hook.webhook_id),
    )
    assert logged(stack, acme, Verb.WEBHOOK_TESTED) == 1


def test_what_was_delivered_can_be_asked_for_again_once_at_a_time(
    acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    with hook_to(acme, names, trusted) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        hook.send()
        admin = acme.context(Role.ADMIN)
        (first,) = hook.attempts()
        with acting(admin):
            again = send_again(admin, webhook_id=hook.webhook_id, delivery_id=first.id)
            assert send_again(admin, webhook_id=hook.webhook_id, delivery_id=first.id) == again
        assert hook.send() == 1
        one, two = hook.there.requests
    assert one.headers["webhook-id"] == two.headers["webhook-id"]
    assert json.loads(one.body) == json.loads(two.body)
    assert [each.attempt for each in hook.attempts()] == [1, 2]
