"""Two rivals share a labeler: the first item that somebody sees decides, and neither learns that the other exists."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections

from annotation.errors import TaskNotHeld  # noqa: F401 - the room is loaded
from annotation.services.take_tasks import take_tasks
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.database import control_database
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate import histories
from tenants.gate.enter import enter
from tenants.gate.errors import CommitmentNeeded, Excluded, WalledOff
from tenants.gate.histories import closed_by, commit, note_view
from tenants.gate.people import set_tenant_state
from tenants.gate.person_facts import facts_of
from tenants.gate.policies import in_force
from tenants.gate.resolve import forget
from tenants.gate.secrets import SessionSecret
from tenants.gate.sessions import mint_session
from tenants.gate.verdicts import today
from tenants.people.models import PersonView
from tenants.services.admit_member import admit_member
from tenants.services.draft_policy import draft_policy
from tenants.services.name_customer import name_customer
from tenants.values import TenantState
from tests.annotation.making import Work, new_work
from tests.neutrality.stating import enforce, party, works_for
from tests.tenants.browser import Visitor
from tests.world import Someone, Workspace


def make_rivals(one: Workspace, other: Workspace) -> None:
    """Let each be a party, and let the first say that the other's work conflicts with its own."""
    sides = [party(name) for name in ("First lab", "Second lab")]
    for workspace, side in zip((one, other), sides, strict=True):
        name_customer(workspace.tenant_id, party=side)
    owner = one.context()
    with acting(owner):
        draft_policy(owner, replace(in_force(one.tenant_id).policy, rivals=frozenset({sides[1]})))


def shared(one: Workspace, other: Workspace) -> tuple[Someone, Someone]:
    """Return one person as each of two workspaces knows them."""
    here = one.someone(Role.LABELER)
    member = admit_member(other.service(Purpose.SETUP), person_id=here.person_id, role=Role.LABELER)
    secret = mint_session(here.person_id, tenant_id=other.tenant_id, second_factor=True)
    there = Someone(here.person_id, member, other.public_id, secret)
    other.people.setdefault(Role.LABELER, []).append(there)
    return here, there


def work_for(workspace: Workspace, someone: Someone) -> Work:
    work = new_work(workspace)
    work.add("one", "two", "three")
    work.assign(someone)
    return work


def seen(workspace: Workspace, someone: Someone, *, days_ago: int) -> None:
    """Let the view have happened some days ago."""
    with control_database():
        PersonView.objects.filter(person_id=someone.person_id, tenant_id=workspace.tenant_id).update(
            last_day=today() - timedelta(days=days_ago)
        )
    forget()


def take(context: TenantContext, work: Work) -> int:
    return len(take_tasks(context, project_id=work.project_id).tasks)


def test_what_it_closes_is_told_before_and_the_first_view_closes_it(
    acme: Workspace, rival: Workspace
) -> None:
    make_rivals(acme, rival)
    here, there = shared(acme, rival)
    work, other = work_for(acme, here), work_for(rival, there)
    with pytest.raises(CommitmentNeeded):
        _ = here.context
    closing = closed_by(acme.tenant_id, facts_of(here.person_id))
    assert [(each.workspace, each.until) for each in closing] == [
        (rival.tenant_id, today() + timedelta(days=365))
    ]
    commit(acme.tenant_id, here.person_id)
    forget()
    with pytest.raises(CommitmentNeeded):
        _ = there.context, "the relation is symmetric, and a commitment is to one workspace"

    assert take(here.context, work) == 1
    forget()

    with pytest.raises(Excluded) as refused:
        _ = there.context
    said = str(refused.value)
    assert f"not available until {(today() + timedelta(days=365)).isoformat()}" in said
    assert "lab" not in said.lower().replace("available", "")
    assert take(here.context, work) == 1, "the side that was seen stays open"
    assert take_nothing(rival, other)


def take_nothing(workspace: Workspace, work: Work) -> bool:
    """The rival's own people are not touched."""
    someone = workspace.someone(Role.LABELER, 1)
    work.assign(someone)
    return take(someone.context, work) == 1


@pytest.mark.parametrize(("days", "open_again"), [(365, False), (366, True)])
def test_it_opens_after_the_cooling_off(
    acme: Workspace, rival: Workspace, days: int, open_again: bool
) -> None:
    make_rivals(acme, rival)
    here, there = shared(acme, rival)
    note_view(acme.tenant_id, here.person_id)
    seen(acme, here, days_ago=days)
    if open_again:
        with pytest.raises(CommitmentNeeded):
            _ = there.context
    else:
        with pytest.raises(Excluded):
            _ = there.context


def test_workspaces_that_do_not_conflict_share_people_freely(acme: Workspace, rival: Workspace) -> None:
    here, there = shared(acme, rival)
    note_view(acme.tenant_id, here.person_id)
    assert there.context.role is Role.LABELER
    assert closed_by(rival.tenant_id, facts_of(here.person_id)) == ()


def test_of_two_first_views_at_once_one_is_shown(acme: Workspace, rival: Workspace) -> None:
    """Both contexts were made before; the person's lock lets the first view decide, and the second is refused."""
    make_rivals(acme, rival)
    here, there = shared(acme, rival)
    for workspace in (acme, rival):
        commit(workspace.tenant_id, here.person_id)
    works = [work_for(acme, here), work_for(rival, there)]
    forget()
    contexts = [here.context, there.context]
    start = threading.Barrier(2)
    results: list[str] = []

    def view(context: TenantContext, work: Work) -> None:
        try:
            start.wait(60)
            results.append("shown" if take(context, work) else "nothing")
        except WalledOff:
            results.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=view, args=pair) for pair in zip(contexts, works, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results) == ["refused", "shown"]


def test_the_wall_ends_what_is_open_at_the_other_side(acme: Workspace, rival: Workspace) -> None:
    make_rivals(acme, rival)
    here, there = shared(acme, rival)
    note_view(acme.tenant_id, here.person_id)
    forget()
    assert enforce(rival) == (1, 0)
    assert enforce(acme) == (0, 0)
    secret = mint_session(there.person_id, tenant_id=rival.tenant_id, second_factor=True)
    with pytest.raises(Excluded):
        enter(SessionSecret(secret), rival.public_id)


def test_the_page_names_ones_own_work_and_no_customer(acme: Workspace, rival: Workspace) -> None:
    make_rivals(acme, rival)
    here, _ = shared(acme, rival)
    visitor = Visitor(here)
    page = visitor.get(f"/w/{acme.public_id}/projects")
    assert page.status_code == 302
    assert page["Location"].startswith("/commitment?next=")
    told = visitor.get(page["Location"]).content.decode()
    assert "Project" in told, "workspaces stand there by the code names that labelers know"
    assert (today() + timedelta(days=365)).isoformat() in told
    for secret_name in ("First lab", "Second lab", "Acme ", "Rival "):
        assert secret_name not in told
    answer = visitor.post("/commitment", {"next": f"/w/{acme.public_id}/projects"})
    assert answer.status_code == 302
    assert visitor.get(f"/w/{acme.public_id}/projects").status_code == 200


@pytest.mark.parametrize(("days", "open_again"), [(365, False), (366, True)])
def test_work_at_the_rival_itself_counts_as_a_view_on_its_last_day(
    acme: Workspace, rival: Workspace, days: int, open_again: bool
) -> None:
    make_rivals(acme, rival)
    # Nothing was ever shown to them anywhere: their own declaration is all that stands against it.
    former = acme.someone(Role.LABELER)
    work = work_for(acme, former)
    (side,) = in_force(acme.tenant_id).policy.rivals
    last = today() - timedelta(days=days)
    works_for(former, side, start=last - timedelta(days=100), end=last)
    forget()
    if open_again:
        assert take(former.context, work) == 1
    else:
        with pytest.raises(Excluded):
            _ = former.context


def test_what_was_seen_in_a_closed_workspace_was_seen(acme: Workspace, rival: Workspace) -> None:
    """The living side's policy draws the wall; the closed one's own is gone."""
    make_rivals(rival, acme)
    here, there = shared(acme, rival)
    note_view(acme.tenant_id, here.person_id)
    forget()
    with pytest.raises(Excluded):
        _ = there.context
    set_tenant_state(acme.tenant_id, TenantState.DESTROYED)
    histories._landscape = None
    with pytest.raises(Excluded, match="not available until"):
        _ = there.context
