"""The second factor: demanded, set up, shown once, recovered; and never replaced by a stolen password."""

import logging
import re

import pytest

from ringfence.kernel.database import control_database
from ringfence.kernel.permissions import GRANTS, SECOND_FACTOR_ROLES, Role
from tenants.gate.second_factor import STEP_SECONDS
from tenants.people.models import Person
from tests.tenants.browser import Visitor, code_of, secret_on
from tests.tenants.test_sign_in import person_in
from tests.world import Workspace


def with_factor(
    workspace: Workspace, address: str, role: Role = Role.OWNER
) -> tuple[Visitor, str, list[str]]:
    """Return a signed-in browser, the authenticator's secret and the recovery codes."""
    person_in(workspace, role, address)
    browser = Visitor()
    browser.sign_in(address)
    secret = secret_on(browser.get("/second-factor"))
    page = browser.post("/second-factor", {"code": code_of(secret)}).content.decode()
    found = re.search(r'<pre id="codes"[^>]*>([^<]+)</pre>', page)
    assert found is not None, page[:500]
    return browser, secret, found.group(1).split()


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.OPERATOR])
def test_a_role_that_demands_a_second_factor_gets_nowhere_without(
    acme: Workspace, address: str, role: Role
) -> None:
    person_in(acme, role, address)
    browser = Visitor()
    browser.sign_in(address)
    answer = browser.get(f"/w/{acme.public_id}/")
    if role in SECOND_FACTOR_ROLES:
        assert answer["Location"] == f"/second-factor?next=%2Fw%2F{acme.public_id}%2F"
    else:
        assert answer.status_code == 200


def test_owner_admin_auditor_and_operator_are_the_roles_that_demand_one() -> None:
    assert {"owner", "admin", "auditor", "operator"} == SECOND_FACTOR_ROLES
    assert set(GRANTS) == set(Role)


def test_setting_it_up_shows_ten_codes_once_and_changes_the_session(acme: Workspace, address: str) -> None:
    person_in(acme, Role.OWNER, address)
    browser = Visitor()
    browser.sign_in(address)
    before = browser.secret
    first = browser.get("/second-factor")
    secret = secret_on(first)
    assert "<svg" in first.content.decode()
    assert " style=" not in first.content.decode()
    assert secret_on(browser.get("/second-factor")) == secret
    answer = browser.post("/second-factor", {"code": code_of(secret), "next": f"/w/{acme.public_id}/keys"})
    codes = re.findall(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b", answer.content.decode())
    assert len(set(codes)) == len(codes) == 10
    assert f'href="/w/{acme.public_id}/keys"' in answer.content.decode()
    assert browser.secret != before
    assert browser.get(f"/w/{acme.public_id}/keys").status_code == 200
    assert browser.get("/second-factor")["Location"] == f"/w/{acme.public_id}/"
    old = Visitor()
    old.client.cookies["ringfence_session"] = before
    assert old.get(f"/w/{acme.public_id}/keys")["Location"].startswith("/login")


def test_a_wrong_code_does_not_set_it_up(acme: Workspace, address: str) -> None:
    person_id = person_in(acme, Role.OWNER, address)
    browser = Visitor()
    browser.sign_in(address)
    secret = secret_on(browser.get("/second-factor"))
    wrong = f"{(int(code_of(secret)) + 1) % 10**6:06}"
    assert browser.post("/second-factor", {"code": wrong}).status_code == 401
    with control_database():
        assert Person.objects.get(id=person_id).totp is None


def test_a_code_works_once_even_in_its_own_half_minute(acme: Workspace, address: str) -> None:
    person_in(acme, Role.OWNER, address)
    first = Visitor()
    first.sign_in(address)
    secret = secret_on(first.get("/second-factor"))
    used = code_of(secret)
    assert first.post("/second-factor", {"code": used}).status_code == 200
    browser, other = Visitor(), Visitor()
    browser.sign_in(address)
    other.sign_in(address)
    assert browser.get("/second-factor").content.decode().count("typed-key") == 0
    next_code = code_of(secret, steps=1)
    before = browser.secret
    # The set-up took a code of this moment or of one a little earlier: whichever it was, it is used up.
    assert browser.post("/second-factor", {"code": used}).status_code == 401, "set-up used it up"
    assert browser.post("/second-factor", {"code": next_code}).status_code == 302
    assert browser.secret != before
    assert other.post("/second-factor", {"code": next_code}).status_code == 401
    assert browser.get(f"/w/{acme.public_id}/keys").status_code == 200
    assert other.get(f"/w/{acme.public_id}/keys")["Location"].startswith("/second-factor")


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (2, False), (1, True)])
def test_codes_count_one_step_around_now(acme: Workspace, address: str, steps: int, accepted: bool) -> None:
    _, secret, _ = with_factor(acme, address)
    with control_database():
        Person.objects.filter(email_blind__isnull=False).update(totp_step=0)
    browser = Visitor()
    browser.sign_in(address)
    answer = browser.post("/second-factor", {"code": code_of(secret, steps=steps)})
    assert (answer.status_code == 302) is accepted
    assert STEP_SECONDS == 30


def test_a_recovery_code_works_once(acme: Workspace, address: str) -> None:
    _, _, codes = with_factor(acme, address)
    for attempt, status in enumerate([302, 401]):
        browser = Visitor()
        browser.sign_in(address)
        typed = codes[3] if attempt else codes[3].upper().replace("-", " ")
        assert browser.post("/second-factor", {"code": typed}).status_code == status
    browser.sign_in(address)
    assert browser.post("/second-factor", {"code": codes[4]}).status_code == 302
    assert "8 recovery codes left" in browser.get("/account").content.decode()


def test_another_persons_recovery_code_is_no_code(acme: Workspace, address: str) -> None:
    _, _, codes = with_factor(acme, address)
    with_factor(acme, f"other-{address}")
    browser = Visitor()
    browser.sign_in(f"other-{address}")
    assert browser.post("/second-factor", {"code": codes[0]}).status_code == 401


def test_new_recovery_codes_end_the_old_ones(acme: Workspace, address: str) -> None:
    browser, _, codes = with_factor(acme, address)
    assert browser.post("/account/recovery-codes").status_code == 200
    again = Visitor()
    again.sign_in(address)
    assert again.post("/second-factor", {"code": codes[0]}).status_code == 401


def test_a_stolen_password_alone_opens_no_page_and_replaces_no_factor(acme: Workspace, address: str) -> None:
    with_factor(acme, address)
    thief = Visitor()
    thief.sign_in(address)
    for page in ("/account", "/choose", f"/switch?next=/w/{acme.public_id}/", f"/w/{acme.public_id}/members"):
        assert thief.get(page)["Location"].startswith("/second-factor"), page
    assert "typed-key" not in thief.get("/second-factor?renew").content.decode()
    assert thief.post("/account/recovery-codes")["Location"].startswith("/second-factor")
    assert thief.post("/account/other-sessions")["Location"].startswith("/second-factor")


def test_wrong_codes_lock_too(acme: Workspace, address: str) -> None:
    _, secret, codes = with_factor(acme, address)
    browser = Visitor()
    browser.sign_in(address)
    assert [browser.post("/second-factor", {"code": "000000"}).status_code for _ in range(9)] == [401] * 7 + [
        429
    ] * 2
    assert browser.post("/second-factor", {"code": code_of(secret, steps=1)}).status_code == 429
    assert browser.post("/second-factor", {"code": codes[0]}).status_code == 429


def test_whoever_has_one_shows_it_whatever_their_role_demands(acme: Workspace, address: str) -> None:
    with_factor(acme, address, Role.LABELER)
    browser = Visitor()
    assert browser.sign_in(address)["Location"].startswith("/second-factor")
    assert browser.get(f"/w/{acme.public_id}/")["Location"].startswith("/second-factor")


def test_another_app_replaces_the_first_after_it_was_shown(acme: Workspace, address: str) -> None:
    browser, secret, _ = with_factor(acme, address)
    fresh = secret_on(browser.get("/second-factor?renew"))
    assert fresh != secret
    assert browser.post("/second-factor?renew", {"code": code_of(fresh)}).status_code == 200
    again = Visitor()
    again.sign_in(address)
    assert again.post("/second-factor", {"code": code_of(secret, steps=1)}).status_code == 401
    assert again.post("/second-factor", {"code": code_of(fresh, steps=1)}).status_code == 302


def test_no_log_line_holds_a_secret_or_a_code(
    acme: Workspace, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser, secret, codes = with_factor(acme, address)
    said = "\n".join(record.getMessage() + str(record.args) for record in caplog.records)
    for word in (secret, codes[0], browser.secret, address):
        assert word not in said
