"""Support visits: only an owner lets them in, for a time that the gate itself keeps, and each wall stands alone."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from audit.services.acts_of import acts_of
from ringfence.kernel.context import acting
from ringfence.kernel.database import control_database
from ringfence.kernel.errors import Invalid, NotFound, PermissionMissing
from ringfence.kernel.permissions import VISITOR_MAY, Permission, Purpose, Role
from tenants.gate.enter import enter
from tenants.gate.errors import AlreadyThere, Excluded, NotNow, NotSignedIn, TicketVoid, VisitStays, WrongCode
from tenants.gate.people import set_tenant_state
from tenants.gate.resolve import forget, standing_of, standing_of_member
from tenants.gate.secrets import JobTicket, SessionSecret
from tenants.gate.tickets import sign_ticket
from tenants.models import Member, SupportSession
from tenants.people.models import Membership
from tenants.services.admit_member import admit_member
from tenants.services.ask_support import ask_support, list_asked
from tenants.services.change_role import change_role
from tenants.services.decide_support import refuse_support
from tenants.services.end_support import end_over_visits, end_support, leave_support
from tenants.services.list_members import list_members
from tenants.services.read_support import list_visits, strip_of, watch_visit
from tenants.services.remove_member import remove_member
from tenants.services.support_rows import SupportRefused
from tenants.values import TenantState, VisitState
from tests.neutrality.stating import exclude, party, works_for
from tests.stack import Stack
from tests.tenants.browser import Visitor, events_of
from tests.tenants.supporting import WHY, Case
from tests.world import Someone, new_workspace


@pytest.fixture
def case(stack: Stack) -> Iterator[Case]:
    made = Case(stack)
    yield made
    set_tenant_state(made.acme.tenant_id, TenantState.ACTIVE)


def test_a_visit_from_the_ask_to_its_report(case: Case) -> None:
    visit = case.ask(minutes=60, role=Role.MANAGER)
    assert list_asked(case.opal.context)[0].state == "asked"
    assert events_of(case.stack, case.operator, "support.asked")[-1][1] == list_asked(case.opal.context)[0].id
    assert case.events("support.asked") == 1
    with pytest.raises(NotFound):
        case.visitor()
    with acting(case.owner.context) as unit:
        (asked,) = list_visits(unit.context)
        assert (asked.purpose, asked.state) == (WHY, VisitState.ASKED)
        assert strip_of(unit.context).waiting == 1

    member = case.approve(visit, minutes=20)

    context = case.visitor()
    assert (context.actor_id, context.role) == (member, Role.MANAGER)
    assert context.ends_at == case.row(visit).ends
    assert context.permissions <= VISITOR_MAY, "no export, import, token, member or bundle"
    assert Permission.ITEM_READ in context.permissions
    with acting(context):
        list_members(context)
        assert strip_of(context).visits_until == context.ends_at
    with acting(case.owner.context) as unit:
        watched = watch_visit(unit.context, session_id=visit)
        assert [act.verb for act in watched.acts] == ["members.delivered"], "not signed yet, and seen"
        assert watch_visit(unit.context, session_id=visit, seen=watched.total).acts == ()
        named = {each.member_id: each.name for each in list_members(unit.context)[0]}
        assert "operator's support" in named[member]
    assert list_asked(case.opal.context)[0].state == "approved"

    end_support(case.owner.context, session_id=visit)
    with pytest.raises(NotFound):
        case.visitor()
    with acting(case.owner.context) as unit:
        (past,) = list_visits(unit.context)
        assert (past.state, past.counts, past.ended_by) == (
            VisitState.ENDED, {"members.delivered": 1}, unit.context.actor_id,
        )  # fmt: skip
        assert not Member.objects.get(id=member).is_active
    assert [case.events(f"support.{verb}") for verb in ("approved", "ended")] == [1, 1]
    assert list_asked(case.opal.context)[0].state == "ended"


def test_the_row_alone_ends_it_although_no_job_ever_ran(case: Case) -> None:
    """The membership's time is over: page, stream, ticket and a remembered standing are refused to the moment."""
    _, member = case.visit()
    session = case.session()
    open_stream = enter(SessionSecret(session), case.acme.public_id)
    ticket = sign_ticket(open_stream, job="canary", subject_id=member)
    open_stream.recheck()

    case.set_end(member, seconds=1)
    forget()
    assert standing_of_member(member) is None
    assert standing_of(SessionSecret(session), case.acme.public_id) is None
    with pytest.raises(NotSignedIn):
        open_stream.recheck()
    with pytest.raises(NotFound):
        enter(SessionSecret(session), case.acme.public_id)
    with pytest.raises(TicketVoid):
        enter(JobTicket(ticket.value), case.acme.public_id, job="canary")


def test_what_a_process_remembers_does_not_lengthen_a_visit(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.visit(minutes=1)
    session = case.session()
    context = enter(SessionSecret(session), case.acme.public_id)
    assert context.ends_at is not None
    later = context.ends_at + timedelta(milliseconds=1)
    monkeypatch.setattr("tenants.gate.resolve.timezone.now", lambda: later)
    with pytest.raises(NotFound):
        enter(SessionSecret(session), case.acme.public_id)
    with pytest.raises(NotSignedIn):
        context.recheck()


def test_time_ends_it_in_the_log_once(case: Case) -> None:
    visit, member = case.visit()
    with acting(case.visitor()) as unit:
        list_members(unit.context)
    case.set_end(member, seconds=1)
    with acting(case.owner.context):
        SupportSession.objects.filter(id=visit).update(ends=timezone.now() - timedelta(seconds=1))
    assert end_over_visits() >= 1
    assert end_over_visits() == 0
    row = case.row(visit)
    assert (row.state, row.ended_by_id) == (VisitState.OVER, None)
    assert case.events("support.ended") == 1
    again = case.ask()
    assert case.approve(again) == member, "the same person is the same member, in the next epoch"


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR, Role.MANAGER, Role.LABELER])
def test_nobody_but_an_owner_approves(case: Case, role: Role) -> None:
    visit = case.ask()
    with pytest.raises(PermissionMissing):
        case.approve(visit, by=case.acme.someone(role))
    with pytest.raises(PermissionMissing), acting(case.acme.someone(role).context) as unit:
        refuse_support(unit.context, session_id=visit)
    assert case.row(visit).state == VisitState.ASKED


def test_the_operators_owner_decides_nothing_at_all(case: Case) -> None:
    """Neither over the customer's row nor over the operator's own copy of it."""
    visit = case.ask()
    own = list_asked(case.opal.context)[0].id
    for each in (visit, own):
        with pytest.raises(NotFound):
            case.approve(each, by=case.operator.newcomer(Role.OWNER))
    assert case.row(visit).state == VisitState.ASKED


def test_the_visitor_approves_nothing_for_themself(case: Case) -> None:
    visit = case.ask()
    member = admit_member(case.acme.service(Purpose.SETUP), person_id=case.opal.person_id, role=Role.OWNER)
    own = Someone(case.opal.person_id, member, case.acme.public_id, case.session())
    with pytest.raises(SupportRefused, match="Another owner"):
        case.approve(visit, by=own)
    with pytest.raises(AlreadyThere):
        case.ask()


def test_an_approval_holds_once_and_a_refusal_for_good(case: Case) -> None:
    visit, _ = case.visit()
    with pytest.raises(SupportRefused, match="decided already"):
        case.approve(visit)
    other = case.operator.newcomer(Role.OPERATOR)
    refused = ask_support(
        other.context, customer=case.acme.public_id, purpose=WHY, minutes=5, role=Role.AUDITOR
    )
    with acting(case.owner.context) as unit:
        refuse_support(unit.context, session_id=refused)
    with pytest.raises(SupportRefused, match="decided already"):
        case.approve(refused, minutes=5)
    assert case.events("support.approved") == 1


def test_never_longer_than_asked_and_never_without_a_fresh_code(case: Case) -> None:
    visit = case.ask(minutes=10)
    for minutes in (11, 0, -5):
        with pytest.raises(Invalid):
            case.approve(visit, minutes=minutes, code="000000")
    with pytest.raises(WrongCode):
        case.approve(visit, minutes=10, code="000000")
    used = case.code()
    case.approve(visit, minutes=10, code=used)
    again = case.operator.newcomer(Role.OPERATOR)
    second = ask_support(
        again.context, customer=case.acme.public_id, purpose=WHY, minutes=5, role=Role.AUDITOR
    )
    with pytest.raises(WrongCode):
        case.approve(second, minutes=5, code=used)
    assert case.row(second).state == VisitState.ASKED


def test_an_ask_that_waits_too_long_is_void(case: Case) -> None:
    visit = case.ask()
    with acting(case.owner.context):
        SupportSession.objects.filter(id=visit).update(asked_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(SupportRefused):
        case.approve(visit)


@pytest.mark.parametrize(
    "wrong",
    [{"minutes": 241}, {"role": "owner"}, {"role": "admin"}, {"role": "labeler"}, {"approved_minutes": 31}],
    ids=str,
)
def test_the_table_alone_refuses_what_is_never_approved(case: Case, wrong: dict[str, object]) -> None:
    visit = case.ask(minutes=30)
    with pytest.raises(IntegrityError), acting(case.owner.context):
        SupportSession.objects.filter(id=visit).update(**wrong)


def test_whom_the_policy_excludes_is_told_their_own_ties_and_stays_out(case: Case) -> None:
    investor = party("Investor")
    exclude(case.acme, investor)
    works_for(case.opal, investor)
    with pytest.raises(Excluded) as refused:
        case.ask()
    assert "Investor" in str(refused.value)
    assert (case.events("support.refused"), case.events("support.asked")) == (1, 0)


def test_an_exclusion_after_the_ask_stands_at_the_approval_and_at_the_gate(case: Case) -> None:
    investor = party("Investor")
    exclude(case.acme, investor)
    late = case.operator.newcomer(Role.OPERATOR)
    visit = ask_support(late.context, customer=case.acme.public_id, purpose=WHY, minutes=5, role=Role.AUDITOR)
    works_for(late, investor)
    with pytest.raises(SupportRefused, match="keeps this person away") as refused:
        case.approve(visit, minutes=5)
    assert "Investor" not in str(refused.value), "the tenant is not told whose ties were why"

    _, _ = case.visit()
    works_for(case.opal, investor)
    with pytest.raises(Excluded):
        case.visitor()


def test_nobody_comes_in_while_the_workspace_is_suspended(case: Case) -> None:
    visit, _ = case.visit()
    set_tenant_state(case.acme.tenant_id, TenantState.SUSPENDED)
    with pytest.raises(NotNow):
        case.visitor()
    other = case.operator.newcomer(Role.OPERATOR)
    with pytest.raises(NotNow):
        ask_support(other.context, customer=case.acme.public_id, purpose=WHY, minutes=5, role=Role.AUDITOR)
    end_support(case.owner.context, session_id=visit)
    assert case.row(visit).state == VisitState.ENDED, "ending works in every state"


def test_an_ask_is_not_approved_while_the_workspace_is_suspended(case: Case) -> None:
    visit = case.ask()
    set_tenant_state(case.acme.tenant_id, TenantState.SUSPENDED)
    with pytest.raises(NotNow):
        case.approve(visit)
    assert case.row(visit).state == VisitState.ASKED


def test_who_leaves_the_operator_leaves_the_visit(case: Case) -> None:
    case.visit()
    with control_database():
        Membership.objects.filter(member_id=case.opal.member_id).update(ended_at=timezone.now())
    forget()
    with pytest.raises(NotFound):
        case.visitor()


def test_an_ended_visits_session_stream_and_ticket_are_refused(case: Case) -> None:
    visit, member = case.visit()
    session = case.session()
    context = enter(SessionSecret(session), case.acme.public_id)
    ticket = sign_ticket(context, job="canary", subject_id=member)
    with pytest.raises(PermissionMissing):
        end_support(case.acme.someone(Role.AUDITOR).context, session_id=visit)
    end_support(case.acme.someone(Role.ADMIN).context, session_id=visit)
    with pytest.raises(NotSignedIn):
        context.recheck()
    with pytest.raises(NotSignedIn):
        enter(SessionSecret(session), case.acme.public_id)
    with pytest.raises(TicketVoid):
        enter(JobTicket(ticket.value), case.acme.public_id, job="canary")


def test_the_visitor_may_leave_and_nobody_elses_visit(case: Case) -> None:
    visit, _ = case.visit()
    leave_support(case.operator.newcomer(Role.OPERATOR).context)
    assert case.row(visit).state == VisitState.APPROVED
    leave_support(case.opal.context)
    assert case.row(visit).state == VisitState.ENDED


def test_a_visit_keeps_its_role_and_a_removal_is_its_end(case: Case) -> None:
    visit, member = case.visit()
    with pytest.raises(VisitStays), acting(case.owner.context) as unit:
        change_role(unit.context, member_id=member, role=Role.ADMIN)
    with acting(case.owner.context) as unit:
        remove_member(unit.context, member_id=member)
    assert (case.row(visit).state, case.events("support.ended")) == (VisitState.ENDED, 1)
    with pytest.raises(NotFound):
        case.visitor()


def test_a_former_visitor_who_is_invited_is_an_ordinary_member(case: Case) -> None:
    visit, member = case.visit()
    end_support(case.owner.context, session_id=visit)
    assert (
        admit_member(case.acme.service(Purpose.SETUP), person_id=case.opal.person_id, role=Role.LABELER)
        == member
    )
    context = case.visitor()
    assert (context.ends_at, context.role) == (None, Role.LABELER)


def test_a_rival_sees_nothing_of_it(case: Case) -> None:
    visit, member = case.visit()
    rival = new_workspace("Rival").someone(Role.OWNER)
    with acting(rival.context) as unit:
        assert list_visits(unit.context) == []
        assert acts_of(unit.context, member, since=timezone.now() - timedelta(days=1)) == []
        with pytest.raises(NotFound):
            watch_visit(unit.context, session_id=visit)
    with pytest.raises(NotFound):
        end_support(rival.context, session_id=visit)
    assert case.visitor().actor_id == member


def test_the_pages_from_the_ask_to_the_end(case: Case) -> None:
    at_operator, at_owner = Visitor(case.opal), Visitor(case.owner)
    asks, here = f"/w/{case.operator.public_id}/platform/support", f"/w/{case.acme.public_id}"
    form = {"customer": case.acme.public_id, "purpose": WHY, "minutes": "15", "role": "auditor"}
    short = at_operator.post(asks, {**form, "purpose": "short"})
    assert short.status_code == 400
    assert at_operator.post(asks, form).status_code == 302

    home = at_owner.get(f"{here}/").content.decode()
    assert "asks to come in" in home
    page = at_owner.get(f"{here}/support").content.decode()
    assert WHY in page
    with acting(case.owner.context) as unit:
        (visit,) = list_visits(unit.context)
    wrong = at_owner.post(f"{here}/support/{visit.id}/approve", {"minutes": "15", "code": "000000"})
    assert (wrong.status_code, "does not work" in wrong.content.decode()) == (400, True)
    done = at_owner.post(f"{here}/support/{visit.id}/approve", {"minutes": "15", "code": case.code()})
    assert done.status_code == 302

    session = case.session()
    guest = Visitor(Someone(case.opal.person_id, visit.id, case.acme.public_id, session))
    keys = guest.get(f"{here}/keys")
    assert (keys.status_code, "You are here as support" in keys.content.decode()) == (200, True)
    assert guest.get(f"{here}/support").status_code == 403
    guest.get(f"{here}/audit")
    seen = json.loads(at_owner.get(f"{here}/support/{visit.id}/watch").content)
    assert seen["total"] == len(seen["acts"]) > 0
    again = json.loads(at_owner.get(f"{here}/support/{visit.id}/watch?seen={seen['total']}").content)
    assert (again["acts"], again["state"]) == ([], "approved")
    assert at_owner.post(f"{here}/support/{visit.id}/end").status_code == 302
    assert guest.get(f"{here}/keys").status_code == 302, "to the sign-in"
    report = at_owner.get(f"{here}/support/{visit.id}").content.decode()
    assert "What they did, counted" in report
