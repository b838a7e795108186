"""Doors beside the gate: invitations, assignments, requests under way. Each alone, with the others taken out."""

from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection

from annotation.errors import MemberKeptAway
from annotation.models import MemberSkill, ProjectGrant, Slot
from annotation.services.assign_member import assign_member
from annotation.services.create_skill import create_skill
from annotation.services.reserve_tasks import reserve_tasks
from annotation.services.set_skills import set_member_skills
from annotation.values import ProjectRight
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate import resolve
from tenants.gate.errors import Excluded
from tenants.gate.histories import wall_for
from tenants.gate.people import know_person
from tenants.gate.person_facts import facts_of
from tenants.gate.sessions import visitor_of
from tenants.gate.verdicts import verdict_on_destination, verdict_on_person
from tenants.neutrality.destinations import Destination
from tenants.neutrality.facts import FactRefused
from tenants.neutrality.verdict import Outcome
from tenants.services.accept_invitation import accept_signed_in
from tenants.services.invite_member import invite_member, list_invitations
from tests.annotation.making import new_work
from tests.neutrality.stating import enforce, exclude, hold, party, works_for
from tests.stack import Stack
from tests.tenants.browser import Visitor, call, events_of, link_to
from tests.world import Someone, Workspace


@pytest.fixture(autouse=True)
def _mails_in_memory() -> Any:
    from django.test import override_settings

    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        yield


def barred_member(workspace: Workspace) -> Someone:
    """Return a labeler whom the policy has begun to keep away."""
    investor = party("Investor")
    exclude(workspace, investor)
    member = workspace.someone(Role.LABELER)
    works_for(member, investor)
    assert enforce(workspace) == (1, 0)
    return member


def invited(workspace: Workspace, someone: Someone) -> str:
    """Invite somebody's address and return the link's secret."""
    address = know_person(someone.person_id).email
    invite_member(workspace.context(), email=address, role=Role.LABELER)
    return link_to(address).rsplit("/", 1)[-1]


def test_an_invitation_is_refused_to_whom_the_policy_would_keep_away(
    stack: Stack, acme: Workspace, rival: Workspace
) -> None:
    investor, vendor = party("Investor"), party("Vendor")
    exclude(acme, investor)
    hold(investor, vendor, "49", voting=False)
    newcomer = rival.someone(Role.LABELER)
    works_for(newcomer, vendor)
    secret = invited(acme, newcomer)
    visitor = visitor_of(newcomer.session)
    assert visitor is not None

    with pytest.raises(Excluded) as refused:
        accept_signed_in(secret, visitor, newcomer.session)

    assert "Vendor" in str(refused.value)
    assert "Investor" not in str(refused.value)
    assert len(events_of(stack, acme, "invitation.refused")) == 1
    assert len(events_of(stack, acme, "invitation.accepted")) == 0
    with acting(acme.context()) as unit:
        assert len(list_invitations(unit.context)) == 1, "it stays open: their ties may end"
    assert newcomer.context.role is Role.LABELER, "the other workspace does not exclude the investor"


def test_an_invitation_is_accepted_by_everybody_else(acme: Workspace, rival: Workspace) -> None:
    exclude(acme, party("Investor"))
    newcomer = rival.someone(Role.LABELER)
    works_for(newcomer, party("Bakery"))
    visitor = visitor_of(newcomer.session)
    assert visitor is not None
    assert accept_signed_in(invited(acme, newcomer), visitor, newcomer.session)


def test_nothing_is_given_to_whom_the_policy_keeps_away(acme: Workspace) -> None:
    work = new_work(acme)
    tasks = work.add("one", "two")
    member = work.labeler()
    member = barred_member(acme)
    owner = acme.context()
    with acting(owner):
        skill = create_skill(owner, name="German")
    with pytest.raises(MemberKeptAway), acting(owner):
        assign_member(owner, project_id=work.project_id, member_id=member.member_id, right=ProjectRight.READ)
    with pytest.raises(MemberKeptAway), acting(owner):
        reserve_tasks(owner, project_id=work.project_id, member_id=member.member_id, tasks=tasks)
    with pytest.raises(MemberKeptAway), acting(owner):
        set_member_skills(owner, member_id=member.member_id, skills=[skill])


def test_the_tables_alone_refuse_it_whoever_writes(acme: Workspace) -> None:
    """With the services' own question taken out."""
    work = new_work(acme)
    tasks = work.add("one")
    member = barred_member(acme)
    owner = acme.context()
    with acting(owner):
        skill = create_skill(owner, name="German")
    with pytest.raises(IntegrityError, match="keeps this member away"), acting(owner):
        MemberSkill.objects.create(member_id=member.member_id, skill_id=skill)
    for change in ({"reserved_for": member.member_id}, {"labeler_id": member.member_id}):
        with pytest.raises(IntegrityError, match="keeps this member away"), acting(owner):
            Slot.objects.filter(task_id=tasks[0]).update(**change)
    with acting(owner):
        row = ProjectGrant.objects.first()
    assert row is not None
    with pytest.raises(IntegrityError, match="keeps this member away"), acting(owner):
        ProjectGrant.objects.filter(id=row.id).update(user_id=member.member_id)


def test_a_request_under_way_is_answered_like_the_gate_would(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that remembers an old standing lets the request in; PostgreSQL refuses, and the answer says why."""
    investor = party("Investor")
    exclude(acme, investor)
    member = new_work(acme).labeler()
    works_for(member, investor)
    path = f"/api/v1/{acme.public_id}/projects"
    with acting(acme.service(Purpose.NEUTRALITY)), connection.cursor() as cursor:
        cursor.execute("select rf.bar(%s::uuid, true)", [member.member_id])
    # As another process does that has not looked again: the wall is up, and this one admits the member.
    owner = acme.someone(Role.OWNER).person_id
    monkeypatch.setattr(resolve, "verdict_on_person", lambda tenant, *_: verdict_on_person(tenant, owner))
    monkeypatch.setattr(resolve, "wall_for", lambda tenant, _: wall_for(tenant, facts_of(owner)))
    answer = call("GET", path, session=member.session)
    assert (answer.status_code, answer.json()["code"]) == (503, "admitted_again"), (
        "nothing is opened; asked again soon"
    )
    monkeypatch.undo()
    answer = call("GET", path, session=member.session)
    assert (answer.status_code, answer.json()["code"]) == (403, "excluded")


@pytest.mark.parametrize(
    "identifier",
    [("host", "hooks example"), ("host", "1.2"), ("network", "203.0.113.7/24"), ("network", "all")],
)
def test_a_host_that_is_none_is_refused_before_it_shuts_every_way_out(
    acme: Workspace, identifier: tuple[str, str]
) -> None:
    with pytest.raises(FactRefused, match="identifiers"):
        party("Typo", identifiers=(identifier,))
    place = Destination("hooks.example.com", addresses=("198.51.100.7",))
    verdict, _ = verdict_on_destination(acme.tenant_id, place)
    assert verdict.outcome is Outcome.DENY, "nobody's, and answered all the same"


def test_the_operators_form_says_which_host_is_none(operator: Workspace) -> None:
    visitor = Visitor(operator.someone(Role.OPERATOR))
    form = {"name": "Typo", "kind": "entity", "source": "a test", "identifiers": "host hooks example"}
    answer = visitor.post(f"/w/{operator.public_id}/registry/new", form)
    assert answer.status_code == 400
    assert "is no host name" in answer.content.decode()
