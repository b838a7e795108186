"""Pages and API of webhooks: made, seen, changed and ended by those who may, with clear errors and no leak."""

from typing import Any
from uuid import uuid4

import pytest

from audit.verbs import Verb
from ringfence.kernel.permissions import Role
from tenants.gate.verdicts import forget_verdicts
from tests.neutrality.stating import exclude, party
from tests.tenants.browser import Visitor, call
from tests.tenants.test_invitations import token_of
from tests.unit.egress.receiving import OK, Authority, Names, answering, receiver
from tests.webhooks.doing import VERB, Hook, happen, hook_to, host_of_a_party, logged
from tests.world import Workspace


@pytest.fixture
def admin(acme: Workspace) -> Visitor:
    return Visitor(acme.someone(Role.ADMIN))


def page_of(workspace: Workspace, hook: Hook | None = None, deed: str = "") -> str:
    one = f"/{hook.webhook_id}" if hook is not None else ""
    return f"/w/{workspace.public_id}/webhooks{one}{deed}"


def api_of(workspace: Workspace, *parts: object) -> str:
    return "/".join((f"/api/v1/{workspace.public_id}/webhooks", *map(str, parts)))


def test_a_webhook_is_made_by_the_page_and_its_secret_is_shown_once(
    stack: Any, acme: Workspace, admin: Visitor, names: Names, trusted: Authority
) -> None:
    host, _ = host_of_a_party()
    forget_verdicts()
    names.known[host] = "127.0.0.1"
    with receiver(answering(OK), tls=trusted.serving(host)) as there:
        url = f"https://{host}:{there.port}/"
        made = admin.post(page_of(acme), {"url": url, "verbs": [VERB.value]})
    assert made.status_code == 201
    assert "whsec_" in made.content.decode()
    shown = admin.get(page_of(acme)).content.decode()
    assert host in shown
    assert "whsec_" not in shown
    assert logged(stack, acme, Verb.WEBHOOKS_DELIVERED) == 2


def test_a_refused_address_gets_a_page_that_names_only_what_was_written(
    acme: Workspace, admin: Visitor, names: Names
) -> None:
    investor = party("Investor")
    host, owner = host_of_a_party()
    exclude(acme, owner, investor)
    forget_verdicts()
    answer = admin.post(page_of(acme), {"url": f"https://{host}/hook/geheim", "verbs": [VERB.value]})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f"{host} is kept away by this workspace&#x27;s policy" in text
    assert "Shop" not in text
    assert "Investor" not in text
    # What was typed stays in the form, and nowhere else.
    assert text.count("geheim") == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"url": "http://hooks.example.com/", "verbs": [VERB.value]}, "Only https is spoken"),
        ({"url": "https://a:b@hooks.example.com/", "verbs": [VERB.value]}, "Leave out name and password"),
        ({"url": "", "verbs": [VERB.value]}, "Write an https address"),
        ({"url": "https://hooks.example.com/", "verbs": []}, "Choose at least one event"),
        ({"url": "https://hooks.example.com/", "verbs": ["webhook.delivered"]}, "There is no event"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(
    acme: Workspace, admin: Visitor, form: dict[str, Any], said: str
) -> None:
    answer = admin.post(page_of(acme), form)
    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_the_page_of_one_shows_what_was_sent_and_does_what_its_buttons_say(
    acme: Workspace, admin: Visitor, names: Names, trusted: Authority, log: Any
) -> None:
    with hook_to(acme, names, trusted, answering(OK)) as hook:
        happen(acme)
        log.sequence()
        hook.queue()
        hook.send()
        shown = admin.get(page_of(acme, hook)).content.decode()
        assert VERB.value in shown
        assert "answered 2xx" in shown
        (first,) = hook.attempts()
        before = admin.get(page_of(acme, hook, "/progress")).json()["state"]
        assert admin.post(page_of(acme, hook, f"/deliveries/{first.id}/again")).status_code == 302
        assert admin.get(page_of(acme, hook, "/progress")).json()["state"] != before
        assert admin.post(page_of(acme, hook, "/test")).status_code == 302
        assert hook.send() == 2
        assert len(hook.there.requests) == 3
        assert admin.post(page_of(acme, hook), {"verbs": [Verb.EXPORT_CREATED.value]}).status_code == 302
        assert hook.row().verbs == [Verb.EXPORT_CREATED.value]
        assert admin.post(page_of(acme, hook), {"verbs": []}).status_code == 400
        assert admin.post(page_of(acme, hook, "/pause")).status_code == 302
        assert hook.row().state == "paused"
        assert admin.post(page_of(acme, hook, "/test")).status_code == 409
        assert admin.post(page_of(acme, hook, "/resume")).status_code == 302
        assert hook.row().state == "active"
        rotated = admin.post(page_of(acme, hook, "/secret"))
        assert rotated.status_code == 201
        assert "whsec_" in rotated.content.decode()
        assert admin.post(page_of(acme, hook, "/delete")).status_code == 302
        assert admin.get(page_of(acme, hook)).status_code == 404


def test_a_webhook_that_the_policy_stopped_says_why_and_cannot_be_resumed(
    acme: Workspace, admin: Visitor, names: Names, trusted: Authority, log: Any
) -> None:
    with hook_to(acme, names, trusted) as hook:
        exclude(acme, hook.party)
        forget_verdicts()
        happen(acme)
        log.sequence()
        hook.queue()
        hook.send()
        shown = admin.get(page_of(acme, hook)).content.decode()
        assert f"{hook.host} is kept away by this workspace&#x27;s policy" in shown
        resumed = admin.post(page_of(acme, hook, "/resume"))
        assert resumed.status_code == 422
        assert "It cannot be resumed" in resumed.content.decode()
        assert hook.there.connections == 0


def test_the_api_does_what_the_pages_do(acme: Workspace, names: Names, trusted: Authority, log: Any) -> None:
    token = token_of(acme, Role.ADMIN)
    with hook_to(acme, names, trusted) as hook:
        one = api_of(acme, hook.webhook_id)
        (listed,) = call("GET", api_of(acme), bearer=token).json()["webhooks"]
        assert (listed["id"], listed["state"], listed["why"]) == (str(hook.webhook_id), "active", [])
        assert "secret" not in listed
        tested = call("POST", f"{one}/test", bearer=token)
        assert tested.status_code == 202
        hook.send()
        page = call("GET", f"{one}/deliveries?limit=1", bearer=token).json()
        assert [each["state"] for each in page["deliveries"]] == ["delivered"]
        assert page["next_before"] is None
        again = call("POST", f"{one}/deliveries/{tested.json()['id']}/again", bearer=token)
        assert again.status_code == 202
        assert call("PATCH", one, bearer=token, body={"active": False}).status_code == 204
        assert call("GET", one, bearer=token).json()["state"] == "paused"
        assert call("POST", f"{one}/test", bearer=token).json()["code"] == "webhook_stopped"
        assert (
            call("PATCH", one, bearer=token, body={"active": True, "verbs": [VERB.value]}).status_code == 204
        )
        assert (
            call("POST", f"{one}/secret", bearer=token, body={"at_once": True})
            .json()["secret"]
            .startswith("whsec_")
        )
        assert call("DELETE", one, bearer=token).status_code == 204
        assert call("GET", one, bearer=token).status_code == 404


def test_the_api_refuses_in_clear_codes(acme: Workspace, names: Names) -> None:
    token = token_of(acme, Role.ADMIN)
    answer = call(
        "POST", api_of(acme), bearer=token, body={"url": "https://stranger.example/", "verbs": [VERB.value]}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "destination_refused")
    assert "stranger.example belongs to nobody that we know" in answer.json()["message"]
    answer = call(
        "POST", api_of(acme), bearer=token, body={"url": "https://a@b.example/", "verbs": [VERB.value]}
    )
    assert (answer.status_code, answer.json()["field"]) == (400, "url")
    for body in (
        {},
        {"url": 7},
        {"url": "https://x.example/", "verbs": "all"},
        {"url": "x" * 3000, "verbs": []},
    ):
        assert call("POST", api_of(acme), bearer=token, body=body).status_code == 400


@pytest.mark.parametrize("deed", ["", "/pause", "/resume", "/secret", "/test", "/delete"])
def test_a_rivals_webhook_is_absent(
    acme: Workspace, rival: Workspace, names: Names, trusted: Authority, deed: str
) -> None:
    with hook_to(acme, names, trusted) as hook:
        stranger = Visitor(rival.someone(Role.OWNER))
        theirs = stranger.post(page_of(rival, hook, deed), {"verbs": [VERB.value]})
        nobodys = stranger.post(f"/w/{rival.public_id}/webhooks/{uuid4()}{deed}", {"verbs": [VERB.value]})
        assert theirs.status_code == nobodys.status_code == 404
        assert hook.row().state == "active"
