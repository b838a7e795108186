"""Members, roles, tokens, states: what each change does, at once and everywhere, and what nobody may do."""

import html
import json
import secrets as randoms
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from ringfence.kernel.context import acting
from ringfence.kernel.database import control_database
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import GRANTS, Permission, Role
from tenants.gate.people import change_membership, set_tenant_state
from tenants.gate.registry import NewParty
from tenants.gate.resolve import forget
from tenants.gate.secrets import hash_of
from tenants.models import Member
from tenants.neutrality.facts import Party
from tenants.neutrality.facts import Role as Affiliated
from tenants.neutrality.policy import Policy
from tenants.pages.words import RIGHT_WORDS
from tenants.people.models import ApiToken, Membership
from tenants.services.declare_ties import DeclaredTie, declare_ties
from tenants.services.draft_policy import draft_policy
from tenants.services.state_facts import state_facts
from tenants.values import TenantState
from tests.tenants.browser import Visitor, call, events_of
from tests.tenants.test_invitations import token_of
from tests.world import Someone, Workspace

OTHERS = [Role.MANAGER, Role.REVIEWER, Role.LABELER]


def act(workspace: Workspace, by: Role, member: Someone, deed: str, **form: str) -> Any:
    """Send a form of the members page."""
    return Visitor(workspace.someone(by)).post(
        f"/w/{workspace.public_id}/members/{member.member_id}/{deed}", form
    )


def test_the_list_shows_names_and_is_a_delivery_in_the_log(stack: Any, acme: Workspace) -> None:
    labeler = acme.someone(Role.LABELER)
    page = f"/w/{acme.public_id}/members"
    before = len(events_of(stack, acme, "members.delivered"))
    shown = Visitor(acme.someone(Role.MANAGER)).get(page)
    assert "labeler-" in shown.content.decode()
    assert len(events_of(stack, acme, "members.delivered")) == before + 1
    answer = call("GET", f"/api/v1/{acme.public_id}/members", bearer=token_of(acme, Role.ADMIN))
    assert str(labeler.member_id) in {m["id"] for m in answer.json()["members"]}
    assert answer["Audit-Receipt"]
    assert len(events_of(stack, acme, "members.delivered")) == before + 2


def test_names_and_addresses_do_not_stand_in_clear_in_the_database(stack: Any, acme: Workspace) -> None:
    import psycopg

    acme.someone(Role.LABELER)
    for database in ("cell", "control"):
        with psycopg.connect(stack.cluster.superuser_url(database)) as connection:
            tables = connection.execute(
                "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('public', 'audit')"
            ).fetchall()
            text = "".join(
                str(connection.execute(f"select string_agg(t::text, ' ') from {t} t").fetchone())
                for (t,) in tables  # type: ignore[arg-type]  # names come from the catalog
            )
        assert "people.example" not in text
        assert b"people.example".hex() not in text


def test_a_changed_role_holds_at_the_next_request(acme: Workspace) -> None:
    member = acme.someone(Role.LABELER)
    browser = Visitor(member)
    assert browser.get(f"/w/{acme.public_id}/members").status_code == 403
    before = member.context.epoch
    assert act(acme, Role.ADMIN, member, "role", role="manager").status_code == 302
    assert browser.get(f"/w/{acme.public_id}/members").status_code == 200
    assert member.context.epoch == before + 1


def test_another_process_notices_a_change_within_its_five_seconds(acme: Workspace) -> None:
    """What another process remembers is what this one would if `forget` had not been called."""
    from tenants.gate import resolve

    member = acme.someone(Role.LABELER)
    held = member.context
    remembered = dict(resolve._remembered)
    change_membership(member.member_id, role=Role.REVIEWER)
    resolve._remembered.update(remembered)
    assert member.context.role is Role.LABELER
    assert all(until - resolve.time.monotonic() <= 5.0 for _, until in resolve._remembered.values())
    forget()
    assert member.context.role is Role.REVIEWER
    from tenants.gate.errors import NotSignedIn

    with pytest.raises(NotSignedIn):
        held.recheck()


def test_a_removed_member_is_out_everywhere_here_and_nowhere_else(
    stack: Any, acme: Workspace, rival: Workspace
) -> None:
    from ringfence.kernel.permissions import Purpose
    from tenants.gate.sessions import mint_session
    from tenants.services.admit_member import admit_member

    member = acme.someone(Role.ADMIN, 1)
    token = make_token(acme, member)
    admit_member(rival.service(Purpose.SETUP), person_id=member.person_id, role=Role.LABELER)
    elsewhere = Visitor()
    elsewhere.client.cookies["ringfence_session"] = mint_session(member.person_id, tenant_id=rival.tenant_id)
    assert act(acme, Role.OWNER, member, "remove").status_code == 302
    assert Visitor(member).get(f"/w/{acme.public_id}/")["Location"].startswith("/login")
    assert call("GET", f"/api/v1/{acme.public_id}/workspace", bearer=token).status_code == 401
    assert elsewhere.get(f"/w/{rival.public_id}/").status_code == 200
    assert act(acme, Role.OWNER, member, "remove").status_code == 404
    assert [e[1] for e in events_of(stack, acme, "member.removed")] == [member.member_id]
    with acting(acme.context()):
        assert Member.objects.get(id=member.member_id).is_active is False


def make_token(workspace: Workspace, member: Someone, permissions: list[str] | None = None) -> str:
    """Return a token of one member."""
    from tenants.services.manage_tokens import create_token

    context = member.context
    with acting(context):
        _, secret = create_token(context, label="theirs", permissions=permissions or ["tenant:view"], days=1)
    return secret


@pytest.mark.parametrize("deed", ["remove", "role"])
def test_the_last_owner_stays_and_nothing_is_left_half_done(stack: Any, acme: Workspace, deed: str) -> None:
    owner = acme.someone(Role.OWNER)
    answer = act(acme, Role.OWNER, owner, deed, role="admin")
    assert answer.status_code == 409
    assert "only owner" in answer.content.decode()
    with acting(acme.context()):
        row = Member.objects.get(id=owner.member_id)
    assert (row.role, row.is_active) == ("owner", True)
    assert events_of(stack, acme, "member.removed") == events_of(stack, acme, "member_role.changed") == []
    second = acme.someone(Role.OWNER, 1)
    assert act(acme, Role.OWNER, second, deed, role="admin").status_code == 302


@pytest.mark.parametrize("deed", ["remove", "role"])
def test_an_admin_neither_makes_nor_unmakes_an_owner(acme: Workspace, deed: str) -> None:
    acme.someone(Role.OWNER)
    assert act(acme, Role.ADMIN, acme.someone(Role.OWNER, 1), deed, role="labeler").status_code == 403
    assert act(acme, Role.ADMIN, acme.someone(Role.LABELER), "role", role="owner").status_code == 403
    assert acme.someone(Role.LABELER).context.role is Role.LABELER


@pytest.mark.parametrize("deed", ["remove", "role"])
def test_a_rivals_member_is_absent_here(acme: Workspace, rival: Workspace, deed: str) -> None:
    ours = acme.someone(Role.LABELER)
    theirs = act(rival, Role.OWNER, ours, deed, role="admin")
    nobody = f"/w/{rival.public_id}/members/{uuid4()}/{deed}"
    absent = Visitor(rival.someone(Role.OWNER)).post(nobody, {"role": "admin"})
    assert theirs.status_code == absent.status_code == 404
    with control_database():
        assert Membership.objects.get(member_id=ours.member_id).epoch == 1


def test_the_api_does_what_the_page_does(acme: Workspace) -> None:
    member, bearer = acme.someone(Role.LABELER), token_of(acme, Role.ADMIN)
    path = f"/api/v1/{acme.public_id}/members/{member.member_id}"
    assert call("PATCH", path, bearer=bearer, body={"role": "emperor"}).status_code == 400
    assert call("PATCH", path, bearer=bearer, body={"role": "manager"}).status_code == 204
    assert member.context.role is Role.MANAGER
    assert call("DELETE", path, bearer=bearer).status_code == 204
    assert call("DELETE", path, bearer=bearer).status_code == 404


def test_every_right_says_what_it_is_for() -> None:
    assert set(RIGHT_WORDS) == set(Permission)


def test_a_token_is_shown_once_and_stored_hashed(acme: Workspace) -> None:
    owner = Visitor(acme.someone(Role.OWNER))
    page = f"/w/{acme.public_id}/tokens"
    offered = html.unescape(owner.get(page).content.decode())
    assert [right for right in GRANTS[Role.OWNER] if f"{right} · {RIGHT_WORDS[right]}" not in offered] == []
    form = {"label": "nightly export", "days": "30", "permissions": ["tenant:view", "export:create"]}
    made = owner.post(page, form)
    assert made.status_code == 201
    text = made.content.decode()
    secret = text[text.index("rft_") :].split("<")[0]
    assert len(secret) > 40
    again = owner.get(page).content.decode()
    assert "nightly export" in again
    assert "rft_" not in again
    with control_database():
        row = ApiToken.objects.get(hash=hash_of(secret))
        assert secret.encode() not in json.dumps(row.permissions).encode() + bytes(row.label) + bytes(
            row.hash
        )
    answer = call("GET", f"/api/v1/{acme.public_id}/workspace", bearer=secret).json()
    assert answer["permissions"] == ["export:create", "tenant:view"]


def test_a_token_may_what_it_says_and_no_more(acme: Workspace, rival: Workspace) -> None:
    token = make_token(acme, acme.someone(Role.ADMIN), ["tenant:view"])
    assert call("GET", f"/api/v1/{acme.public_id}/workspace", bearer=token).status_code == 200
    refused = call("GET", f"/api/v1/{acme.public_id}/members", bearer=token)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
    there, absent = (call("GET", f"/api/v1/{t}/workspace", bearer=token) for t in (rival.public_id, "0" * 20))
    assert there.status_code == absent.status_code == 404
    assert there.content == absent.content


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"label_text": "x", "permissions": ["tenant:state"], "days": 5}, "permissions"),
        ({"label_text": "x", "permissions": ["platform:view"], "days": 5}, "permissions"),
        ({"label_text": "x", "permissions": ["no:such"], "days": 5}, "permissions"),
        ({"label_text": "x", "permissions": [], "days": 5}, "permissions"),
        ({"label_text": "x", "permissions": ["tenant:view"], "days": 366}, "days"),
        ({"label_text": "x", "permissions": ["tenant:view"], "days": 0}, "days"),
        ({"label_text": "", "permissions": ["tenant:view"], "days": 5}, "label_text"),
    ],
)
def test_a_token_beyond_ones_own_rights_or_a_year_is_refused(
    acme: Workspace, body: dict[str, Any], field: str
) -> None:
    answer = call("POST", f"/api/v1/{acme.public_id}/tokens", bearer=token_of(acme, Role.ADMIN), body=body)
    assert answer.status_code == 400
    assert field in answer.content.decode()


def test_a_token_begets_no_wider_token(acme: Workspace) -> None:
    narrow = make_token(acme, acme.someone(Role.ADMIN), ["api_token:manage"])
    path = f"/api/v1/{acme.public_id}/tokens"
    wider = call(
        "POST", path, bearer=narrow, body={"label_text": "x", "permissions": ["export:create"], "days": 1}
    )
    assert wider.status_code == 400
    same = call(
        "POST", path, bearer=narrow, body={"label_text": "x", "permissions": ["api_token:manage"], "days": 1}
    )
    assert same.status_code == 201


def test_a_token_shrinks_with_its_owners_role(acme: Workspace) -> None:
    admin = acme.someone(Role.ADMIN)
    token = make_token(acme, admin, ["member:list", "audit:view"])
    change_membership(admin.member_id, role=Role.MANAGER)
    assert call("GET", f"/api/v1/{acme.public_id}/members", bearer=token).status_code == 200
    assert call("GET", f"/api/v1/{acme.public_id}/audit/entries", bearer=token).status_code == 403


@pytest.mark.parametrize("ending", ["revoked", "expired"])
def test_an_ended_token_is_no_token(acme: Workspace, ending: str) -> None:
    admin = acme.someone(Role.ADMIN)
    token = make_token(acme, admin)
    path = f"/api/v1/{acme.public_id}/workspace"
    assert call("GET", path, bearer=token).status_code == 200
    with control_database():
        row = ApiToken.objects.get(hash=hash_of(token))
        if ending == "expired":
            ApiToken.objects.filter(id=row.id).update(expires_at=timezone.now() - timedelta(seconds=1))
    if ending == "revoked":
        Visitor(admin).post(f"/w/{acme.public_id}/tokens/{row.id}/revoke")
    forget()
    assert call("GET", path, bearer=token).status_code == 401


def test_nobody_revokes_a_colleagues_token(acme: Workspace) -> None:
    token = make_token(acme, acme.someone(Role.ADMIN))
    with control_database():
        row = ApiToken.objects.get(hash=hash_of(token))
    assert (
        Visitor(acme.someone(Role.OWNER)).post(f"/w/{acme.public_id}/tokens/{row.id}/revoke").status_code
        == 404
    )
    assert call("GET", f"/api/v1/{acme.public_id}/workspace", bearer=token).status_code == 200


def test_a_cookie_needs_the_form_token_on_the_api_and_a_bearer_does_not(acme: Workspace) -> None:
    path, body = f"/api/v1/{acme.public_id}/workspace/state", {"move": "suspend"}
    owner = acme.someone(Role.OWNER)
    refused = call("POST", path, session=owner.session, body=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    assert owner.context.permissions == GRANTS[Role.OWNER]
    assert call("POST", path, bearer=make_token(acme, owner, ["tenant:state"]), body=body).status_code == 200


def test_a_wrong_bearer_beside_a_good_cookie_is_no_way_in(acme: Workspace) -> None:
    answer = call(
        "GET", f"/api/v1/{acme.public_id}/workspace",
        bearer="rft_" + randoms.token_urlsafe(32), session=acme.someone(Role.OWNER).session,
    )  # fmt: skip
    assert answer.status_code == 401


STATES = {
    TenantState.SUSPENDED: ({"members": 200, "keys": 200, "state": 200}, {"tokens": 423, "setup": 423}),
    TenantState.LEAVING: ({"members": 200, "keys": 200, "state": 200}, {"tokens": 423}),
    TenantState.SETTING_UP: ({"members": 200, "keys": 200, "setup": 200}, {"tokens": 423, "neutrality": 423}),
    TenantState.DESTROYED: ({}, {"members": 410, "": 410, "state": 410}),
}


@pytest.mark.parametrize("state", STATES)
def test_each_state_lets_through_what_it_says(acme: Workspace, state: TenantState) -> None:
    owner = Visitor(acme.someone(Role.OWNER))
    set_tenant_state(acme.tenant_id, state)
    yes, no = STATES[state]
    for page, status in (yes | no).items():
        assert owner.get(f"/w/{acme.public_id}/{page}").status_code == status, page


def test_an_owner_suspends_resumes_and_leaves_and_nobody_else_does(stack: Any, acme: Workspace) -> None:
    page = f"/w/{acme.public_id}/state"
    owner, admin = Visitor(acme.someone(Role.OWNER)), Visitor(acme.someone(Role.ADMIN))
    assert admin.post(page, {"move": "suspend"}).status_code == 403
    assert owner.post(page, {"move": "resume"}).status_code == 409
    assert owner.post(page, {"move": "destroy"}).status_code == 400
    for move in ("suspend", "resume", "leave", "resume"):
        assert owner.post(page, {"move": move}).status_code == 302, move
    assert len(events_of(stack, acme, "tenant_state.changed")) == 4
    assert Permission.PROJECT_CREATE in acme.context().permissions


def test_the_excluded_are_told_their_own_tie_and_are_in_the_log(stack: Any, acme: Workspace) -> None:
    member = acme.someone(Role.LABELER)
    party, other = (Party(uuid7(), f"{name} {acme.public_id}") for name in ("Rival Labs", "Unnamed Holding"))
    state_facts([NewParty(party), NewParty(other)])
    owner = acme.context()
    with acting(owner):
        draft_policy(owner, Policy(excluded=frozenset({party.id, other.id})))
    assert Visitor(member).get(f"/w/{acme.public_id}/").status_code == 200
    declare_ties(member.person_id, [DeclaredTie(party.id, Affiliated.EMPLOYEE)])
    answer = Visitor(member).get(f"/w/{acme.public_id}/")
    said = answer.content.decode()
    assert answer.status_code == 403
    assert "is employed by Rival Labs" in said
    assert "Unnamed Holding" not in said
    assert "Acme" not in said
    assert len(events_of(stack, acme, "access.refused")) == 1
    api = call("GET", f"/api/v1/{acme.public_id}/workspace", session=member.session)
    assert (api.status_code, api.json()["code"]) == (403, "excluded")


def test_a_refused_permission_is_in_the_log(stack: Any, acme: Workspace) -> None:
    assert Visitor(acme.someone(Role.LABELER)).get(f"/w/{acme.public_id}/keys").status_code == 403
    assert len(events_of(stack, acme, "access.refused")) == 1
    assert Visitor(acme.someone(Role.OWNER)).get(f"/w/{acme.public_id}/keys").status_code == 200
    assert len(events_of(stack, acme, "access.refused")) == 1


@pytest.mark.parametrize("role", [*OTHERS, Role.OWNER, Role.AUDITOR, Role.ADMIN])
def test_labelers_and_reviewers_see_the_code_name_and_the_rest_the_name(acme: Workspace, role: Role) -> None:
    said = Visitor(acme.someone(role)).get(f"/w/{acme.public_id}/").content.decode()
    assert ("Acme" in said) is (role not in {Role.LABELER, Role.REVIEWER})
    assert ("Project " in said) is (role in {Role.LABELER, Role.REVIEWER})
