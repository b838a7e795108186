"""Sign-in, sign-out, sessions and their limits, lockout, and what an attacker learns from them."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.people import add_person
from tenants.gate.registry import keep_declaration
from tenants.gate.resolve import ABSOLUTE, IDLE, forget
from tenants.gate.secrets import hash_of
from tenants.gate.verdicts import today
from tenants.people.models import Session
from tenants.services.admit_member import admit_member
from tests.tenants.browser import PASSWORD, Visitor, events_of
from tests.world import Workspace


def person_in(workspace: Workspace, role: Role, address: str, password: str = PASSWORD) -> Any:
    """Make a person with a password and a place, who has declared their ties."""
    person_id = add_person(email=address, name="Somebody", password=password)
    keep_declaration(person_id, today())
    admit_member(workspace.service(Purpose.SETUP), person_id=person_id, role=role)
    return person_id


def sessions_of(person_id: Any) -> list[Session]:
    with control_database():
        return list(Session.objects.filter(person_id=person_id).order_by("created_at", "id"))


def age(secret: str, **changes: Any) -> None:
    with control_database():
        Session.objects.filter(hash=hash_of(secret)).update(**changes)
    forget()


def test_a_labeler_signs_in_and_lands_on_their_only_workspace(acme: Workspace, address: str) -> None:
    person_in(acme, Role.LABELER, address)
    browser = Visitor()
    answer = browser.sign_in(f"  {address.upper()} ".strip())
    assert (answer.status_code, answer["Location"]) == (302, f"/w/{acme.public_id}/")
    assert browser.get(f"/w/{acme.public_id}/").status_code == 200


@pytest.mark.parametrize("case", ["wrong password", "unknown address", "no password set"])
def test_every_failure_looks_the_same(acme: Workspace, address: str, case: str) -> None:
    if case != "unknown address":
        person_in(acme, Role.LABELER, address, PASSWORD if case == "wrong password" else None)  # type: ignore[arg-type]
    answer = Visitor().sign_in(address, "not the password at all")
    assert answer.status_code == 401
    assert "do not match" in answer.content.decode()
    assert "ringfence_session" not in answer.cookies


def test_the_session_secret_is_new_at_sign_in_and_the_old_one_is_dead(acme: Workspace, address: str) -> None:
    person_id = person_in(acme, Role.LABELER, address)
    browser = Visitor()
    browser.client.cookies["ringfence_session"] = "chosen-by-an-attacker"
    browser.sign_in(address)
    first = browser.secret
    assert first != "chosen-by-an-attacker"
    assert Visitor().get(f"/w/{acme.public_id}/").status_code == 302
    browser.post("/logout")
    browser.sign_in(address)
    assert browser.secret not in {"", first}
    assert [s.ended_at is None for s in sessions_of(person_id)] == [False, True]
    stolen = Visitor()
    stolen.client.cookies["ringfence_session"] = first
    assert stolen.get(f"/w/{acme.public_id}/")["Location"].startswith("/login")


def test_a_second_sign_in_in_the_same_browser_ends_the_first_session(acme: Workspace, address: str) -> None:
    person_id = person_in(acme, Role.LABELER, address)
    browser = Visitor()
    browser.sign_in(address)
    token = browser.client.cookies["csrftoken"].value
    browser.post("/login", {"email": address, "password": PASSWORD})
    assert [s.ended_at is None for s in sessions_of(person_id)] == [False, True]
    assert browser.client.cookies["csrftoken"].value != token


def test_signing_in_needs_the_form_token(acme: Workspace, address: str) -> None:
    person_in(acme, Role.LABELER, address)
    answer = Visitor().client.post("/login", {"email": address, "password": PASSWORD})
    assert answer.status_code == 403
    assert "ringfence_session" not in answer.cookies


@pytest.mark.parametrize("column", ["seen_at", "created_at"])
def test_a_session_idles_out_and_grows_too_old(acme: Workspace, column: str) -> None:
    someone = acme.someone(Role.LABELER)
    browser, limit = Visitor(someone), IDLE if column == "seen_at" else ABSOLUTE
    now = timezone.now()
    age(someone.session, **{"seen_at": now, column: now - limit + timedelta(minutes=1)})
    assert browser.get(f"/w/{acme.public_id}/").status_code == 200
    age(someone.session, **{"seen_at": now, column: now - limit - timedelta(minutes=1)})
    answer = browser.get(f"/w/{acme.public_id}/keys")
    assert answer["Location"] == f"/login?next=%2Fw%2F{acme.public_id}%2Fkeys"


def test_signing_in_again_leads_back_to_the_page(acme: Workspace, address: str) -> None:
    person_in(acme, Role.LABELER, address)
    browser, page = Visitor(), f"/w/{acme.public_id}/admission"
    assert browser.sign_in(address, next=page)["Location"] == page


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", ""],
)
def test_nobody_is_led_elsewhere(acme: Workspace, address: str, elsewhere: str) -> None:
    person_in(acme, Role.LABELER, address)
    assert Visitor().sign_in(address, next=elsewhere)["Location"] == f"/w/{acme.public_id}/"


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(acme: Workspace) -> None:
    browser = Visitor()
    browser.get("/login")
    token = browser.client.cookies["csrftoken"].value
    page = f"/w/{acme.public_id}/members"
    answer = browser.client.post(
        f"{page}", {"csrfmiddlewaretoken": token}, headers={"Referer": f"http://127.0.0.1{page}"}
    )
    assert answer["Location"] == f"/login?next=%2Fw%2F{acme.public_id}%2Fmembers"


def test_eight_failures_lock_an_address_and_no_other(acme: Workspace, rival: Workspace, address: str) -> None:
    person_in(acme, Role.LABELER, address)
    other = f"other-{address}"
    person_in(rival, Role.LABELER, other)
    statuses = [Visitor().sign_in(address, "wrong wrong wrong").status_code for _ in range(9)]
    assert statuses == [401] * 7 + [429] * 2
    assert Visitor().sign_in(address).status_code == 429
    assert Visitor().sign_in(address.upper()).status_code == 429
    assert Visitor().sign_in(other).status_code == 302


def test_an_unknown_address_locks_like_a_known_one(address: str) -> None:
    statuses = [Visitor().sign_in(address, "wrong wrong wrong").status_code for _ in range(9)]
    assert statuses == [401] * 7 + [429] * 2


def test_a_success_forgives_earlier_failures(acme: Workspace, address: str) -> None:
    person_in(acme, Role.LABELER, address)
    for _ in range(2):
        for _ in range(7):
            assert Visitor().sign_in(address, "wrong wrong wrong").status_code == 401
        assert Visitor().sign_in(address).status_code == 302


def test_neither_cache_nor_log_learns_address_password_or_session(
    acme: Workspace, address: str, caplog: pytest.LogCaptureFixture, stack: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    person_in(acme, Role.LABELER, address)
    browser = Visitor()
    browser.sign_in(address, "a wrong password 99")
    browser.sign_in(address)
    browser.get(f"/w/{acme.public_id}/")
    said = "\n".join(record.getMessage() + str(record.args) for record in caplog.records)
    assert "New login failure" in said
    raw = cache._cache.get_client()
    keys = b"\n".join(raw.keys("*")).decode()
    for secret in (address, address.split("@")[0], "a wrong password 99", PASSWORD, browser.secret):
        assert secret not in said
        assert secret not in keys


def test_a_sign_in_is_in_the_platform_log_and_its_failures_are_counted(
    stack: Any, operator: Workspace, acme: Workspace, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenants.services import count_failures

    person_id = person_in(acme, Role.LABELER, address)
    minute = count_failures._minute() + 10_000
    monkeypatch.setattr(count_failures, "_minute", lambda: minute)
    before = len(events_of(stack, operator, "login.failed"))
    refused = len(events_of(stack, operator, "refusals.counted"))
    for _ in range(3):
        Visitor().sign_in(address, "wrong wrong wrong")
        Visitor().get(f"/w/{acme.public_id}/")
    assert len(events_of(stack, operator, "login.failed")) == before
    monkeypatch.setattr(count_failures, "_minute", lambda: minute + 1)
    assert (count_failures.write_counts(), count_failures.write_counts()) == (2, 0)
    assert len(events_of(stack, operator, "refusals.counted")) == refused + 1
    assert len(events_of(stack, operator, "login.failed")) == before + 1
    Visitor().sign_in(address)
    assert person_id in [event[1] for event in events_of(stack, operator, "login.succeeded")]


def test_one_session_serves_one_tenant_and_switching_mints_a_new_one(
    acme: Workspace, rival: Workspace, address: str
) -> None:
    person_id = person_in(acme, Role.LABELER, address)
    admit_member(rival.service(Purpose.SETUP), person_id=person_id, role=Role.LABELER)
    browser = Visitor()
    assert browser.sign_in(address)["Location"] == "/choose"
    before = browser.secret
    answer = browser.post("/switch", {"tenant": acme.public_id})
    assert answer["Location"] == f"/w/{acme.public_id}/"
    assert browser.secret != before
    asked = browser.get(f"/w/{rival.public_id}/admission")
    assert asked["Location"] == f"/switch?next=%2Fw%2F{rival.public_id}%2Fadmission"
    assert "Switch workspace?" in browser.get(asked["Location"]).content.decode()
    at_acme = browser.secret
    moved = browser.post("/switch", {"tenant": rival.public_id, "next": f"/w/{rival.public_id}/admission"})
    assert moved["Location"] == f"/w/{rival.public_id}/admission"
    assert browser.get(moved["Location"]).status_code == 200
    old = Visitor()
    old.client.cookies["ringfence_session"] = at_acme
    assert old.get(f"/w/{acme.public_id}/")["Location"].startswith("/login")


def test_a_switch_to_a_tenant_of_others_is_a_switch_to_none(acme: Workspace, rival: Workspace) -> None:
    browser = Visitor(acme.someone(Role.LABELER))
    answers = [browser.post("/switch", {"tenant": t}) for t in (rival.public_id, "0" * 20)]
    assert [a.status_code for a in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("page", ["", "members", "keys", "state", "nothing-there"])
def test_a_strangers_404_is_the_404_of_an_absent_tenant(acme: Workspace, rival: Workspace, page: str) -> None:
    browser = Visitor(acme.someone(Role.OWNER))
    theirs, absent = (browser.get(f"/w/{t}/{page}") for t in (rival.public_id, "0" * 20))
    assert theirs.status_code == absent.status_code == 404
    assert theirs.content == absent.content
    assert dict(theirs.headers) == dict(absent.headers)
    assert browser.get("/no-such-page").content == absent.content


def test_signing_out_is_a_form_and_ends_the_session_on_the_server(acme: Workspace) -> None:
    someone = acme.someone(Role.LABELER)
    browser = Visitor(someone)
    assert browser.get("/logout").status_code == 405
    assert browser.post("/logout", token=False).status_code == 403
    assert browser.get(f"/w/{acme.public_id}/").status_code == 200
    left = browser.post("/logout")
    assert "You are signed out." in browser.get(left.headers["Location"]).content.decode()
    back = Visitor(someone)
    assert back.get(f"/w/{acme.public_id}/")["Location"].startswith("/login")


def test_without_counters_nobody_signs_in_and_whoever_is_in_goes_on(
    acme: Workspace, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from axes.handlers.proxy import AxesProxyHandler
    from django.conf import settings
    from django.test import override_settings

    person_in(acme, Role.LABELER, address)
    inside, browser = Visitor(acme.someone(Role.LABELER)), Visitor()
    dead = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/1"}}
    with override_settings(CACHES=dead), monkeypatch.context() as patched:
        # axes keeps the cache that it saw first.
        patched.setattr(AxesProxyHandler, "implementation", None)
        assert browser.sign_in(address).status_code == 503
        assert browser.secret == ""
        assert inside.get(f"/w/{acme.public_id}/").status_code == 200
        assert Visitor().get(f"/w/{acme.public_id}/").status_code == 302
    assert browser.sign_in(address).status_code == 302


def test_no_repr_shows_a_secret_or_a_name(acme: Workspace, address: str) -> None:
    from tenants.gate.invitations import issue_invitation, offer_behind, open_invitations
    from tenants.gate.people import know_person
    from tenants.gate.secrets import SessionSecret

    person_id = person_in(acme, Role.LABELER, address)
    issued = issue_invitation(tenant_id=acme.tenant_id, email=f"new-{address}", role=Role.LABELER)
    someone = acme.someone(Role.OWNER)
    shown = repr([
        issued, offer_behind(issued.secret), open_invitations(acme.tenant_id), know_person(person_id),
        SessionSecret(someone.session), someone.context, someone,
    ])  # fmt: skip
    for secret in (issued.secret, address, "Somebody", someone.session):
        assert secret not in shown
