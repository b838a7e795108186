"""A statement lands, and access stops: at the gate, in sessions, leases and exports, in PostgreSQL, with its entry."""

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, connections
from django.db.utils import DatabaseError

from annotation.models import ExportJob, Slot
from annotation.services.start_export import start_export
from annotation.services.take_tasks import take_tasks
from annotation.values import ExportState, ProjectRight
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.enter import enter
from tenants.gate.errors import DeclarationNeeded, Excluded, NotSignedIn
from tenants.gate.people import add_person
from tenants.gate.resolve import forget
from tenants.gate.secrets import SessionSecret
from tenants.gate.sessions import mint_session
from tenants.gate.verdicts import today
from tenants.models import Member
from tenants.neutrality import graph
from tenants.neutrality.facts import InterestType
from tenants.neutrality.facts import Role as Tied
from tenants.services.admit_member import admit_member
from tenants.services.declare_ties import declare_ties
from tests.annotation.making import new_work
from tests.audit.logkeeping import Keeper
from tests.neutrality.stating import end, enforce, exclude, hold, party, works_for
from tests.stack import Stack
from tests.tenants.browser import Visitor, call, events_of
from tests.world import Workspace


def test_the_founding_case_at_the_gate(acme: Workspace) -> None:
    """49 % without votes or a seat: every rule on votes calls it neutral, and the vendor's staff are kept away."""
    investor, vendor = party("Investor"), party("Vendor")
    exclude(acme, investor)
    labeler = acme.someone(Role.LABELER)
    works_for(labeler, vendor)
    assert labeler.context.role is Role.LABELER

    hold(investor, vendor, "49", voting=False)

    with pytest.raises(Excluded) as refused:
        _ = labeler.context
    assert "is employed by Vendor" in str(refused.value)
    assert "Investor" not in str(refused.value), "the person is told their own parties only"


def test_a_subsidiary_two_steps_away_is_found_and_one_below_the_threshold_is_not(acme: Workspace) -> None:
    investor, middle, vendor, small = (party(name) for name in ("Investor", "Middle", "Vendor", "Small"))
    exclude(acme, investor)
    hold(investor, middle, "51", InterestType.VOTING_RIGHTS)
    hold(middle, vendor, "6")
    hold(middle, small, "4")
    near, far = acme.someone(Role.LABELER), acme.someone(Role.LABELER, 1)
    works_for(near, vendor)
    works_for(far, small)
    with pytest.raises(Excluded):
        _ = near.context
    assert far.context.role is Role.LABELER


def test_what_is_open_ends_and_each_end_is_in_the_log(stack: Stack, acme: Workspace) -> None:
    investor, vendor = party("Investor"), party("Vendor")
    exclude(acme, investor)
    work = new_work(acme)
    work.add("one", "two", "three")
    labeler = work.labeler()
    manager = acme.someone(Role.MANAGER)
    work.assign(manager, ProjectRight.MANAGE)
    for someone in (labeler, manager):
        works_for(someone, vendor)
    assert len(take_tasks(labeler.context, project_id=work.project_id, count=2).tasks) == 2
    job = start_export(manager.context, project_id=work.project_id, file_format="jsonl")[0]
    assert enforce(acme) == (0, 0)

    stake = hold(investor, vendor, "49", voting=False)
    assert enforce(acme) == (2, 0)

    owner = acme.context()
    with acting(owner):
        assert not Slot.objects.filter(labeler_id=labeler.member_id).exists()
        assert ExportJob.objects.get(id=job).state == ExportState.FAILED
    for someone in (labeler, manager):
        with pytest.raises(NotSignedIn):
            _ = someone.context
    barred = events_of(stack, acme, "member.barred")
    assert len(barred) == 2
    assert len(events_of(stack, acme, "export.failed")) == 1
    assert enforce(acme) == (0, 0), "a second round has nothing to do"

    end(stake)
    assert enforce(acme) == (0, 2)
    assert len(events_of(stack, acme, "member.unbarred")) == 2
    fresh = mint_session(labeler.person_id, tenant_id=acme.tenant_id, second_factor=True)
    assert enter(SessionSecret(fresh), acme.public_id).role is Role.LABELER


def test_postgresql_alone_refuses_whom_the_policy_keeps_away(stack: Stack, acme: Workspace) -> None:
    """With the gate taken out: a context that was made before still stands, and reads and writes nothing."""
    investor = party("Investor")
    exclude(acme, investor)
    member = acme.someone(Role.LABELER)
    before = member.context
    with Keeper(stack, shared=True) as log:
        log.sequence()
    with acting(before):
        assert Member.objects.filter(id=member.member_id).exists()
        connection.cursor().execute("select count(*) from audit.entry")
    works_for(member, investor)
    assert enforce(acme) == (1, 0)

    with pytest.raises(DatabaseError, match="keeps this actor away"), acting(before):
        Member.objects.count()
    with pytest.raises(DatabaseError, match="keeps this actor away"), acting(before):
        Slot.objects.create(project_id=acme.tenant_id, task_id=acme.tenant_id, n=0, seq=0)
    with pytest.raises(DatabaseError, match="keeps this actor away"), acting(before):
        connection.cursor().execute("select count(*) from audit.entry")
    other = acme.someone(Role.LABELER, 1).context
    with acting(other):
        assert Member.objects.count() >= 2, "nobody else is kept away"


def test_a_read_in_flight_is_before_the_statement_or_refused(acme: Workspace) -> None:
    """A transaction that has read goes on to read: once the bar is committed, its next statement is refused."""
    investor = party("Investor")
    exclude(acme, investor)
    member = acme.someone(Role.LABELER)
    before = member.context
    read, barred = threading.Event(), threading.Event()
    seen: list[object] = []

    def reading() -> None:
        try:
            with acting(before):
                seen.append(Member.objects.count())
                read.set()
                barred.wait(60)
                Member.objects.count()
        except DatabaseError as refused:
            seen.append(str(refused))
        finally:
            read.set()
            connections.close_all()

    thread = threading.Thread(target=reading)
    thread.start()
    assert read.wait(60)
    works_for(member, investor)
    assert enforce(acme) == (1, 0)
    barred.set()
    thread.join(60)
    assert isinstance(seen[0], int)
    assert "keeps this actor away" in str(seen[1])


def test_only_the_policys_own_context_bars(acme: Workspace, rival: Workspace) -> None:
    owner, victim = acme.context(), rival.someone(Role.OWNER)
    with (
        pytest.raises(DatabaseError, match="only the policy's own context"),
        acting(owner),
        connection.cursor() as cursor,
    ):
        cursor.execute("select rf.bar(%s::uuid, true)", [owner.actor_id])
    # Whoever holds such a context bars members of its own tenant; a rival's member id is of no use elsewhere.
    with acting(acme.service(Purpose.NEUTRALITY)), connection.cursor() as cursor:
        cursor.execute("select rf.bar(%s::uuid, false)", [victim.member_id])
        assert cursor.fetchone() == (False,)
    assert victim.context.role is Role.OWNER


def test_the_refused_are_still_in_the_log(stack: Stack, acme: Workspace) -> None:
    """The bar lets the entry of the refusal be sealed, and nothing else."""
    investor = party("Investor")
    exclude(acme, investor)
    member = acme.someone(Role.LABELER)
    works_for(member, investor)
    assert enforce(acme) == (1, 0)
    fresh = mint_session(member.person_id, tenant_id=acme.tenant_id, second_factor=True)
    answer = call("GET", f"/api/v1/{acme.public_id}/workspace", session=fresh)
    assert (answer.status_code, answer.json()["code"]) == (403, "excluded")
    assert len(events_of(stack, acme, "access.refused")) == 1


def test_whoever_has_not_declared_is_asked_first_and_is_not_barred(acme: Workspace) -> None:
    person = add_person(email=f"new-{acme.public_id}@people.example", name="New", password=None)
    admit_member(acme.service(Purpose.SETUP), person_id=person, role=Role.LABELER)
    secret = mint_session(person, tenant_id=acme.tenant_id, second_factor=True)
    with pytest.raises(DeclarationNeeded):
        enter(SessionSecret(secret), acme.public_id)
    assert enforce(acme) == (0, 0)
    declare_ties(person, [])
    assert enter(SessionSecret(secret), acme.public_id).role is Role.LABELER


@pytest.mark.parametrize(("days", "admitted"), [(364, False), (365, False), (366, True)])
def test_an_adviser_who_left(acme: Workspace, days: int, admitted: bool) -> None:
    """Cooling-off of 365 days after the last day that counts (readings 11 and 14)."""
    investor = party("Investor")
    exclude(acme, investor)
    member = acme.someone(Role.LABELER)
    works_for(member, investor, Tied.ADVISER, end=today() - timedelta(days=days))
    if admitted:
        assert member.context.role is Role.LABELER
    else:
        with pytest.raises(Excluded, match="cooling-off"):
            _ = member.context


def test_rows_of_the_registry_are_added_and_nothing_else(stack: Stack, acme: Workspace) -> None:
    """Each wall alone: without the right; with the right given back, the trigger; as the owner, the trigger."""
    stated = hold(party("Holder"), party("Held"), "7")
    change = "update people_statement set source = 'x' where id = %s"
    with (
        psycopg.connect(stack.url("rf_gate", "control")) as raw,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        raw.execute(change, [stated.id])
    with psycopg.connect(stack.cluster.superuser_url("control")) as raw:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            raw.execute(change, [stated.id])
        raw.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            raw.execute("delete from people_statement where id = %s", [stated.id])
    forget()


def test_a_graph_that_nobody_can_judge_shuts_every_door(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million edges: the answer is clear, nothing is opened, and it opens again when the registry is mended."""
    member = acme.someone(Role.LABELER)
    assert member.context.role is Role.LABELER
    monkeypatch.setattr(graph, "MOST_INTERESTS", 0)
    hold(party("Holder"), party("Held"), "1")
    answer = call("GET", f"/api/v1/{acme.public_id}/projects", session=member.session)
    assert (answer.status_code, answer.json()["code"]) == (503, "verdict_unavailable")
    monkeypatch.undo()
    forget()
    assert member.context.role is Role.LABELER


def test_whoever_is_admitted_again_is_told_to_wait_until_the_database_follows(acme: Workspace) -> None:
    someone = acme.someone(Role.LABELER)
    visitor, home = Visitor(someone), f"/w/{acme.public_id}/"
    assert visitor.get(home).status_code == 200
    with acting(acme.service(Purpose.NEUTRALITY)), connection.cursor() as cursor:
        cursor.execute("select rf.bar(%s::uuid, true)", [someone.member_id])
    answer = visitor.get(home)
    assert answer.status_code == 503, "not a way in: they are signed in, and would be sent round in circles"
    assert "admits you again" in answer.content.decode()
    assert enforce(acme) == (0, 1)
    assert visitor.get(home).status_code == 200
