"""Where nothing may go: when a webhook is made, when it sends, and on the day on which the verdict turns."""

import socket
import threading
import time
from typing import Any

import pytest
from django.core import mail

from audit.verbs import Verb
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Role
from tenants.gate.verdicts import forget_verdicts
from tenants.neutrality.facts import InterestType
from tenants.services import send_webhook as sending
from tenants.services.change_webhook import resume_webhook
from tenants.services.create_webhook import create_webhook
from tenants.services.webhook_rules import DestinationRefused
from tests.neutrality.stating import end, exclude, hold, party
from tests.unit.egress.receiving import OK, Authority, Conduct, Names, Receiver, answering, read_request
from tests.webhooks.doing import VERB, happen, hook_to, host_of_a_party, logged
from tests.world import Workspace

PUBLIC = "8.8.8.8"


def make(workspace: Workspace, url: str, verbs: tuple[str, ...] = (VERB.value,)) -> Any:
    forget_verdicts()
    return create_webhook(workspace.context(Role.ADMIN), url=url, verbs=verbs)


# --- when it is made


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "ftp://hooks.example.com/",
        "http://hooks.example.com/",
        "https://user:geheim@hooks.example.com/",
        "https://hooks.example.com:25/",
        "https://[::1/",
        "https://2130706433/",
    ],
)
def test_an_address_that_cannot_be_read_is_an_error_at_its_field(
    stack: Any, acme: Workspace, names: Names, url: str
) -> None:
    with pytest.raises(Invalid) as invalid:
        make(acme, url)
    assert invalid.value.field == "url"
    assert "geheim" not in str(invalid.value)
    assert names.asked == []
    assert logged(stack, acme, Verb.WEBHOOK_REFUSED) == 0


def test_a_name_that_does_not_resolve_is_an_error_at_its_field(acme: Workspace, names: Names) -> None:
    host, _ = host_of_a_party()
    with pytest.raises(Invalid, match="resolves to no address") as invalid:
        make(acme, f"https://{host}/")
    assert invalid.value.field == "url"
    assert names.asked == [host]


def test_a_host_that_nobody_registered_is_refused_and_not_looked_up(
    stack: Any, acme: Workspace, names: Names
) -> None:
    with pytest.raises(DestinationRefused) as refused:
        make(acme, "https://stranger.example/")
    assert refused.value.words == ("stranger.example belongs to nobody that we know",)
    assert names.asked == []
    assert logged(stack, acme, Verb.WEBHOOK_REFUSED) == 1


def test_a_host_of_the_excluded_party_is_refused_and_the_words_name_the_host_alone(
    acme: Workspace, names: Names
) -> None:
    host, owner = host_of_a_party()
    investor = party("Investor")
    hold(investor, owner, "49", InterestType.SHAREHOLDING, voting=False)
    exclude(acme, investor)
    with pytest.raises(DestinationRefused) as refused:
        make(acme, f"https://api.{host}/hook/token")
    assert refused.value.words == (f"api.{host} is kept away by this workspace's policy",)
    assert names.asked == []
    assert "Investor" not in str(refused.value)
    assert "Shop" not in str(refused.value)
    assert "token" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "192.168.1.1", "fd00::1", "::ffff:10.0.0.1"]
)
def test_a_host_that_leads_inside_is_refused(stack: Any, acme: Workspace, names: Names, address: str) -> None:
    host, _ = host_of_a_party()
    names.known[host] = (PUBLIC, address)
    with pytest.raises(DestinationRefused):
        make(acme, f"https://{host}/")
    assert logged(stack, acme, Verb.WEBHOOK_REFUSED) == 1


def test_a_host_on_an_address_of_nobody_is_refused(acme: Workspace, names: Names) -> None:
    host, _ = host_of_a_party()
    names.known[host] = PUBLIC
    with pytest.raises(DestinationRefused, match=r"8\.8\.8\.8 belongs to nobody that we know"):
        make(acme, f"https://{host}/")


@pytest.mark.parametrize(
    "verbs", [(), ("no.such",), (Verb.WEBHOOK_DELIVERED.value,), (VERB.value, "x" * 200)]
)
def test_events_that_cannot_be_sent_are_an_error_at_their_field(
    acme: Workspace, names: Names, verbs: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid) as invalid:
        make(acme, "https://stranger.example/", verbs)
    assert invalid.value.field == "verbs"


# --- when it sends


def test_when_the_verdict_turns_the_next_attempt_is_refused_recorded_and_told(
    stack: Any, acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    investor = party("Investor")
    exclude(acme, investor)
    with hook_to(acme, names, trusted) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        assert hook.send() == 1
        bought = hold(investor, hook.party, "49", InterestType.SHAREHOLDING, voting=False)
        forget_verdicts()
        happen(acme)
        log.sequence()
        hook.queue()
        assert hook.send() == 0
        assert hook.there.connections == 1
        assert hook.row().state == "refused"
        assert hook.states() == ["delivered", "refused", "waiting"]
        assert logged(stack, acme, Verb.WEBHOOK_DELIVERED) == 1
        assert logged(stack, acme, Verb.WEBHOOK_REFUSED) == 1
        assert len(mail.outbox) == 1
        # Nobody can resume it while the policy says no; nothing is lost when it says yes again.
        with pytest.raises(DestinationRefused):
            resume_webhook(acme.context(Role.ADMIN), webhook_id=hook.webhook_id)
        assert (hook.queue(), hook.send()) == ([], 0)
        end(bought, days_ago=1)
        forget_verdicts()
        resume_webhook(acme.context(Role.ADMIN), webhook_id=hook.webhook_id)
        hook.wait_over()
        hook.queue()
        assert hook.send() == 1
        assert len({request.headers["webhook-id"] for request in hook.there.requests}) == 2


def test_a_name_that_changes_its_mind_leads_nowhere(
    stack: Any, acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    with hook_to(acme, names, trusted) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        names.known[hook.host] = "169.254.169.254"
        assert hook.send() == 0
        assert hook.row().state == "refused"
        assert (hook.there.connections, logged(stack, acme, Verb.WEBHOOK_DELIVERED)) == (0, 0)


def test_the_judged_address_is_the_one_that_is_called(
    acme: Workspace, names: Names, trusted: Authority, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.create_connection
    called: list[Any] = []

    def watched(address: Any, *arguments: Any, **options: Any) -> socket.socket:
        called.append(address[0])
        # The moment of a rebinding: the name leads inside from here on.
        names.known[hook.host] = "10.0.0.1"
        return real(address, *arguments, **options)

    with hook_to(acme, names, trusted) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        before = len(names.asked)
        monkeypatch.setattr(socket, "create_connection", watched)
        assert hook.send() == 1
        assert called == ["127.0.0.1"]
        assert len(names.asked) == before + 1


def test_an_admin_who_pauses_while_the_name_is_looked_up_is_obeyed(
    stack: Any, acme: Workspace, names: Names, trusted: Authority, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ringfence.kernel.context import acting
    from tenants.services.change_webhook import pause_webhook

    with hook_to(acme, names, trusted) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        real = sending.way_of

        def slow(*arguments: Any) -> Any:
            way = real(*arguments)
            admin = acme.context(Role.ADMIN)
            with acting(admin):
                pause_webhook(admin, webhook_id=hook.webhook_id)
            return way

        monkeypatch.setattr(sending, "way_of", slow)
        assert hook.send() == 0
        assert (hook.there.connections, logged(stack, acme, Verb.WEBHOOK_DELIVERED)) == (0, 0)


def redirecting(location: str) -> Conduct:
    return answering(f"HTTP/1.1 307 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())


def huge(peer: socket.socket, there: Receiver) -> None:
    read_request(peer)
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n")
    while True:
        peer.sendall(b"." * 10_000)


def dripping(peer: socket.socket, there: Receiver) -> None:
    read_request(peer)
    while True:
        peer.sendall(b"H")
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("conduct", "trouble"),
    [
        (redirecting("https://10.0.0.1/"), "redirect"),
        (redirecting("https://vendor.example/"), "redirect"),
        (huge, "too_large"),
        (dripping, "too_slow"),
        (answering(b"SSH-2.0-OpenSSH\r\n"), "not_http"),
        (answering(b""), "broken"),
        (answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "status"),
    ],
    ids=["redirect inside", "redirect to a party", "huge", "slow", "no http", "nothing", "404"],
)
def test_a_receiver_that_misbehaves_fails_by_a_clear_word(
    acme: Workspace, names: Names, trusted: Authority, log: Any, monkeypatch: pytest.MonkeyPatch,
    conduct: Conduct, trouble: str,
) -> None:  # fmt: skip
    real = sending.send
    monkeypatch.setattr(sending, "send", lambda *a, **o: real(*a, **{"seconds": 1.5, **o}))
    with hook_to(acme, names, trusted, conduct) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        assert hook.send() == 0
        first = hook.attempts()[0]
        assert first.state == "failed"
        assert first.trouble in {trouble, "not_http"} if trouble == "broken" else first.trouble == trouble
        assert hook.row().failures == 1


def test_a_receiver_with_a_certificate_for_another_name_gets_nothing(
    acme: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    with hook_to(acme, names, trusted, served="other.example") as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        assert hook.send() == 0
        assert hook.there.requests == []
        assert hook.attempts()[0].trouble == "tls"


def test_a_receiver_that_hangs_does_not_hold_up_another_webhook(
    acme: Workspace, rival: Workspace, names: Names, trusted: Authority, log: Any
) -> None:
    free = threading.Event()

    def hanging(peer: socket.socket, there: Receiver) -> None:
        read_request(peer)
        free.wait(20)
        peer.sendall(OK)

    with hook_to(acme, names, trusted, hanging) as slow, hook_to(acme, names, trusted) as quick:
        happen(acme)
        log.sequence()
        assert set(slow.queue()) == {slow.webhook_id, quick.webhook_id}
        worker = threading.Thread(target=slow.send)
        worker.start()
        try:
            while not slow.there.connections:
                time.sleep(0.01)
            assert quick.send() == 1
        finally:
            free.set()
            worker.join(30)
        assert len(quick.there.requests) == 1


def test_nothing_of_a_webhook_stands_in_clear(
    stack: Any, acme: Workspace, names: Names, trusted: Authority
) -> None:
    import psycopg

    with (
        hook_to(acme, names, trusted) as hook,
        psycopg.connect(stack.cluster.superuser_url("cell")) as connection,
    ):
        text = str(connection.execute("select string_agg(w::text, ' ') from tenants_webhook w").fetchone())
    assert hook.host not in text
    assert hook.host.encode().hex() not in text
    assert hook.secret not in text
    assert hook.secret.encode().hex() not in text
    assert str(hook.party) not in text


def test_production_refuses_to_reach_its_own_machine(stack: Any) -> None:
    import subprocess
    import sys

    environment = stack.environment(RINGFENCE_MODE="production", RINGFENCE_KEY_SERVICE="other")
    done = subprocess.run(
        [sys.executable, "-c", "import ringfence.settings"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "RINGFENCE_EGRESS_LOOPBACK lets webhooks reach this machine" in done.stderr
