"""Invitations and resets by mail: bound to tenant, address and role; used once; silent about everything else."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from ringfence.kernel.context import acting
from ringfence.kernel.database import control_database
from ringfence.kernel.permissions import Role
from tenants.gate.people import find_person
from tenants.gate.places import places_of
from tenants.gate.secrets import hash_of
from tenants.models import Member
from tenants.people.models import Invitation, PasswordReset
from tenants.services.reset_password import THREAD_NAME
from tenants.values import TenantState
from tests.tenants.browser import (
    PASSWORD,
    Visitor,
    call,
    declare,
    events_of,
    last_mail_to,
    link_to,
    wait_for_threads,
)
from tests.tenants.test_sign_in import person_in
from tests.world import Workspace

NEW = {"name": "New Colleague", "password": PASSWORD}


def invite(workspace: Workspace, address: str, role: Role = Role.LABELER, by: Role = Role.ADMIN) -> str:
    """Invite from the members page; return the link's path."""
    answer = Visitor(workspace.someone(by)).post(
        f"/w/{workspace.public_id}/members", {"email": address, "role": role.value}
    )
    assert (answer.status_code, answer["Location"][-12:]) == (302, "said=invited"), answer.content.decode()
    return link_to(address)


def roles_of(address: str) -> dict[str, str]:
    """Return public id -> role of everything this address may enter."""
    person_id = find_person(address)
    return {place.public_id: place.role.value for place in places_of(person_id)} if person_id else {}


def test_a_newcomer_accepts_and_is_in(stack: Any, acme: Workspace, address: str) -> None:
    browser, path = Visitor(), invite(acme, address, Role.MANAGER)
    clean = browser.get(path)
    assert (clean.status_code, clean["Location"]) == (302, "/invitation")
    shown = browser.get("/invitation").content.decode()
    assert address in shown
    assert "manager" in shown
    assert browser.post("/invitation", {**NEW, "password": "short"}).status_code == 400
    answer = browser.post("/invitation", NEW)
    assert answer["Location"] == f"/w/{acme.public_id}/"
    assert browser.get(answer["Location"])["Location"].startswith("/declaration?next=")
    assert declare(browser, wanted=answer["Location"])["Location"] == answer["Location"]
    assert browser.get(answer["Location"]).status_code == 200
    assert roles_of(address) == {acme.public_id: "manager"}
    assert "ringfence_invitation" not in {k for k, v in browser.client.cookies.items() if v.value}
    with acting(acme.context()):
        assert Member.objects.filter(role="manager", is_active=True).count() == 1
    assert len(events_of(stack, acme, "invitation.created")) == 1
    assert len(events_of(stack, acme, "invitation.accepted")) == 1


@pytest.mark.parametrize("ending", ["accepted", "withdrawn", "expired", "replaced", "never made"])
def test_a_link_that_has_ended_opens_nothing(acme: Workspace, address: str, ending: str) -> None:
    path = invite(acme, address)
    secret = path.rsplit("/", 1)[1]
    with control_database():
        row = Invitation.objects.get(hash=hash_of(secret))
    if ending == "accepted":
        first = Visitor()
        first.get(path)
        first.post("/invitation", NEW)
    elif ending == "withdrawn":
        Visitor(acme.someone(Role.ADMIN)).post(f"/w/{acme.public_id}/invitations/{row.id}/withdraw")
    elif ending == "expired":
        with control_database():
            Invitation.objects.filter(id=row.id).update(expires_at=timezone.now() - timedelta(seconds=1))
    elif ending == "replaced":
        Visitor(acme.someone(Role.ADMIN)).post(f"/w/{acme.public_id}/invitations/{row.id}/again")
        assert link_to(address) != path
    else:
        path = path[:-5] + "XXXXX"
    before = roles_of(address)
    late = Visitor()
    assert late.get(path).status_code == 302
    assert late.get("/invitation").status_code == 410
    assert late.post("/invitation", {**NEW, "name": "Late"}).status_code == 410
    assert roles_of(address) == before


def test_an_invitation_of_one_tenant_joins_no_other(acme: Workspace, rival: Workspace, address: str) -> None:
    """Zulip's CVE-2022-21706: the place comes from the invitation, not from what the visitor sends."""
    path = invite(acme, address, Role.LABELER)
    browser = Visitor()
    browser.get(path)
    forged = {
        "tenant": rival.public_id,
        "tenant_id": str(rival.tenant_id),
        "role": "owner",
        "email": "x@y.example",
    }
    browser.post(f"/invitation?tenant={rival.public_id}&role=owner", {**NEW, **forged})
    assert roles_of(address) == {acme.public_id: "labeler"}
    assert find_person("x@y.example") is None


@pytest.mark.parametrize("deed", ["again", "withdraw"])
def test_a_rival_cannot_touch_our_invitation(
    acme: Workspace, rival: Workspace, address: str, deed: str
) -> None:
    secret = invite(acme, address).rsplit("/", 1)[1]
    with control_database():
        row = Invitation.objects.get(hash=hash_of(secret))
    theirs = Visitor(rival.someone(Role.OWNER))
    absent = theirs.post(f"/w/{rival.public_id}/invitations/{rival.tenant_id}/{deed}")
    answer = theirs.post(f"/w/{rival.public_id}/invitations/{row.id}/{deed}")
    assert (answer.status_code, absent.status_code) == (404, 404)
    with control_database():
        row.refresh_from_db()
    assert row.revoked_at is None
    assert len([m for m in mail.outbox if address in m.to]) == 1


def test_a_known_person_shows_their_password_and_keeps_their_other_place(
    acme: Workspace, rival: Workspace, address: str
) -> None:
    person_in(rival, Role.LABELER, address)
    browser, path = Visitor(), invite(acme, address, Role.REVIEWER)
    browser.get(path)
    assert 'name="name"' not in browser.get("/invitation").content.decode()
    assert browser.post("/invitation", {"password": "not theirs at all"}).status_code == 401
    assert acme.public_id not in roles_of(address)
    assert browser.post("/invitation", {"password": PASSWORD}).status_code == 302
    assert roles_of(address) == {rival.public_id: "labeler", acme.public_id: "reviewer"}


def test_whoever_is_signed_in_as_the_address_accepts_with_one_press(
    acme: Workspace, rival: Workspace, address: str
) -> None:
    person_in(rival, Role.LABELER, address)
    path = invite(acme, address)
    browser = Visitor()
    browser.sign_in(address)
    before = browser.secret
    browser.get(path)
    assert browser.post("/invitation")["Location"] == f"/w/{acme.public_id}/"
    assert browser.secret != before
    assert browser.get(f"/w/{acme.public_id}/").status_code == 200


def test_somebody_elses_session_does_not_accept_for_the_address(
    acme: Workspace, rival: Workspace, address: str
) -> None:
    path = invite(acme, address)
    other = rival.someone(Role.LABELER)
    browser = Visitor(other)
    browser.get(path)
    assert browser.post("/invitation").status_code == 400
    assert "signed in as somebody else" in browser.get("/invitation").content.decode()
    browser.post("/invitation", NEW)
    assert [p.public_id for p in places_of(other.person_id)] == [rival.public_id]
    assert roles_of(address) == {acme.public_id: "labeler"}


def test_the_mail_names_no_customer_and_no_colleague(acme: Workspace, address: str) -> None:
    invite(acme, address)
    message = last_mail_to(address)
    said = f"{message['Subject']} {message.get_content()} {message.as_string()}"
    assert message.get_content_type() == "text/plain"
    for word in ("Acme", acme.public_id, str(acme.tenant_id), "labeler", "Project", "admin"):
        assert word not in said


def test_only_an_owner_invites_an_owner(acme: Workspace, address: str) -> None:
    page = f"/w/{acme.public_id}/members"
    assert (
        Visitor(acme.someone(Role.ADMIN)).post(page, {"email": address, "role": "owner"}).status_code == 400
    )
    api = call(
        "POST", f"/api/v1/{acme.public_id}/invitations", session="", bearer=token_of(acme, Role.ADMIN),
        body={"email": address, "role": "owner"},
    )  # fmt: skip
    assert (api.status_code, api.json()["code"]) == (403, "owners_only")
    assert roles_of(address) == {}
    assert invite(acme, address, Role.OWNER, by=Role.OWNER)


def token_of(workspace: Workspace, role: Role) -> str:
    """Return an API token with all that a role has."""
    from tenants.services.manage_tokens import create_token

    context = workspace.context(role)
    with acting(context):
        _, secret = create_token(
            context, label="test", permissions=[p.value for p in context.permissions], days=1
        )
    return secret


def test_nobody_becomes_operator_of_a_customer(acme: Workspace, address: str) -> None:
    page = f"/w/{acme.public_id}/members"
    answer = Visitor(acme.someone(Role.OWNER)).post(page, {"email": address, "role": "operator"})
    assert answer.status_code == 400
    assert mail.outbox == []


def test_a_member_is_not_invited_again_and_a_former_one_is(acme: Workspace, address: str) -> None:
    person_in(acme, Role.LABELER, address)
    page = f"/w/{acme.public_id}/members"
    admin = Visitor(acme.someone(Role.ADMIN))
    assert admin.post(page, {"email": address, "role": "manager"}).status_code == 409
    (place,) = places_of(find_person(address))  # type: ignore[arg-type]  # the person was just made
    admin.post(f"/w/{acme.public_id}/members/{place.member_id}/remove")
    assert roles_of(address) == {}
    browser = Visitor()
    browser.get(invite(acme, address, Role.MANAGER))
    browser.post("/invitation", {"password": PASSWORD})
    assert roles_of(address) == {acme.public_id: "manager"}
    (back,) = places_of(find_person(address))  # type: ignore[arg-type]
    assert back.member_id == place.member_id


def test_a_suspended_workspace_takes_nobody_in(acme: Workspace, address: str) -> None:
    from tenants.gate.people import set_tenant_state

    path = invite(acme, address)
    set_tenant_state(acme.tenant_id, TenantState.SUSPENDED)
    browser = Visitor()
    browser.get(path)
    assert browser.post("/invitation", NEW).status_code == 423
    assert roles_of(address) == {}
    set_tenant_state(acme.tenant_id, TenantState.ACTIVE)
    assert browser.post("/invitation", NEW).status_code == 302


def test_a_failed_acceptance_leaves_nothing_behind(
    acme: Workspace, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ringfence.kernel.errors import Dark
    from tenants.services import accept_invitation

    def dark(*args: Any, **kwargs: Any) -> None:
        raise Dark(refused=True)

    path = invite(acme, address)
    browser = Visitor()
    browser.get(path)
    with monkeypatch.context() as broken:
        broken.setattr(accept_invitation, "write_member", dark)
        assert browser.post("/invitation", NEW).status_code == 423
    assert find_person(address) is None
    assert browser.post("/invitation", NEW).status_code == 302


def test_a_mail_that_does_not_go_out_is_said_and_can_be_sent_again(
    acme: Workspace, address: str, settings_of_django: Any
) -> None:
    page = f"/w/{acme.public_id}/members"
    admin = Visitor(acme.someone(Role.ADMIN))
    settings_of_django.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings_of_django.EMAIL_HOST, settings_of_django.EMAIL_PORT = "127.0.0.1", 9
    answer = admin.post(page, {"email": address, "role": "labeler"})
    assert answer["Location"].endswith("said=unsent")
    assert address in admin.get(page).content.decode()
    api = call("POST", f"/api/v1/{acme.public_id}/invitations", bearer=token_of(acme, Role.ADMIN),
               body={"email": f"second-{address}", "role": "labeler"})  # fmt: skip
    assert (api.status_code, api.json()["code"]) == (503, "mail_not_sent")


def ask_reset(address: str) -> str:
    """Ask for a reset; return the link's path."""
    assert Visitor().post("/password-reset", {"email": address}).status_code == 200
    wait_for_threads(THREAD_NAME)
    return link_to(address)


def test_a_reset_sets_the_password_ends_sessions_and_signs_nobody_in(acme: Workspace, address: str) -> None:
    person_in(acme, Role.LABELER, address)
    old = Visitor()
    old.sign_in(address)
    path = ask_reset(address)
    browser = Visitor()
    assert browser.get(path)["Location"] == "/password-reset/new"
    assert browser.post("/password-reset/new", {"password": "password1234"}).status_code == 400
    assert (
        browser.post("/password-reset/new", {"password": "another sentence 88"})["Location"]
        == "/login?said=reset"
    )
    assert browser.secret == ""
    assert old.get(f"/w/{acme.public_id}/")["Location"].startswith("/login")
    assert Visitor().sign_in(address).status_code == 401
    assert Visitor().sign_in(address, "another sentence 88").status_code == 302
    again = Visitor()
    again.get(path)
    assert again.get("/password-reset/new").status_code == 410
    assert again.post("/password-reset/new", {"password": "a third sentence 99"}).status_code == 410


def test_a_reset_answers_alike_for_everybody_and_mails_only_who_is_there(
    acme: Workspace, address: str
) -> None:
    person_in(acme, Role.LABELER, address)
    known, unknown = (Visitor().post("/password-reset", {"email": a}) for a in (address, f"nobody-{address}"))
    wait_for_threads(THREAD_NAME)
    assert known.content == unknown.content
    assert [m.to for m in mail.outbox] == [[address]]


def test_a_reset_ends_with_its_hour_and_with_the_next_one(acme: Workspace, address: str) -> None:
    person_in(acme, Role.LABELER, address)
    first, second = ask_reset(address), ask_reset(address)
    assert first != second
    browser = Visitor()
    browser.get(first)
    assert browser.get("/password-reset/new").status_code == 410
    browser.get(second)
    assert browser.get("/password-reset/new").status_code == 200
    with control_database():
        PasswordReset.objects.filter(hash=hash_of(second.rsplit("/", 1)[1])).update(expires_at=timezone.now())
    assert browser.get("/password-reset/new").status_code == 410


def test_an_address_gets_three_reset_mails_an_hour(acme: Workspace, address: str) -> None:
    person_in(acme, Role.LABELER, address)
    for _ in range(5):
        Visitor().post("/password-reset", {"email": address})
        wait_for_threads(THREAD_NAME)
    assert len(mail.outbox) == 3


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
@pytest.mark.parametrize("kind", ["invitation", "password-reset"])
def test_a_links_secret_reaches_no_log_whatever_is_done_with_it(
    kind: str, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "s3cret-" * 6
    for path in (f"/{kind}/{secret}", f"/{kind}/{secret}/more", f"/{kind}/{secret}/"):
        answer = getattr(Visitor().client, method)(path)
        assert answer.status_code == 302
    assert "s3cret" not in "".join(record.getMessage() + str(record.args) for record in caplog.records)
