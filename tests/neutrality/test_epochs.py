"""Known then and known now: an access before a fact was recorded is an exposure, one after it a violation."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from ringfence.kernel.permissions import Role
from tenants.gate import epochs as gate_epochs
from tenants.gate.epochs import epochs
from tenants.gate.verdicts import today
from tenants.neutrality.graph import Graph, graph_on
from tenants.neutrality.policy import Policy
from tenants.neutrality.replay import Access, Failing, replay
from tests.neutrality.stating import exclude, hold, party, works_for
from tests.world import Workspace


def failings(
    workspace: Workspace, member: UUID, *moments: datetime, policy: Policy | None = None
) -> list[Failing]:
    then, now = epochs(workspace.tenant_id, moments[0] - timedelta(seconds=1), timezone.now(), policy=policy)
    accesses = [Access(n, at, member, None) for n, at in enumerate(moments)]
    return [found.failing for found in replay(accesses, then=then, now=now)]


def test_the_founder_who_left_for_the_investor(acme: Workspace) -> None:
    """They looked; later it is stated that the vendor had been the investor's all along: an exposure."""
    investor, vendor = party("Investor"), party("Vendor")
    exclude(acme, investor)
    member = acme.someone(Role.LABELER)
    works_for(member, vendor)
    looked = timezone.now()
    hold(investor, vendor, "49", voting=False, start=today() - timedelta(days=30))
    again = timezone.now()
    assert failings(acme, member.member_id, looked) == [Failing.EXPOSURE]
    assert failings(acme, member.member_id, looked, again) == [Failing.EXPOSURE, Failing.VIOLATION]


def test_what_a_fact_does_not_reach_back_to_is_neither(acme: Workspace) -> None:
    """A holding that starts today says nothing of a look at a time when it was not there."""
    investor, vendor = party("Investor"), party("Vendor")
    exclude(acme, investor)
    member = acme.someone(Role.LABELER)
    works_for(member, vendor)
    looked = timezone.now()
    hold(investor, vendor, "49", start=today() + timedelta(days=1))
    assert failings(acme, member.member_id, looked) == []


def test_a_dry_run_replays_the_past_under_a_policy_that_never_ruled(acme: Workspace) -> None:
    other = party("Other")
    member = acme.someone(Role.LABELER)
    works_for(member, other)
    looked = timezone.now()
    assert failings(acme, member.member_id, looked) == []
    draft = Policy(excluded=frozenset({other}))
    assert failings(acme, member.member_id, looked, policy=draft) == [Failing.VIOLATION]


def test_from_today_each_day_of_a_policy_is_judged_once_and_as_if_it_were_judged_each_time(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of statements a day make as many epochs of what was known then, and of now one."""
    investor, vendor, other = party("Investor"), party("Vendor"), party("Other")
    exclude(acme, investor)
    member, unlike = acme.someone(Role.LABELER), acme.someone(Role.LABELER)
    works_for(member, vendor)
    since = timezone.now()
    hold(investor, vendor, "49", start=today() - timedelta(days=30))
    works_for(unlike, other)
    exclude(acme, other)
    hold(other, vendor, "30")
    built: list[tuple[date, datetime]] = []

    def counted(day: date, *, known_at: datetime, **more: Any) -> Graph:
        built.append((day, known_at))
        return graph_on(day, known_at=known_at, **more)

    monkeypatch.setattr(gate_epochs, "graph_on", counted)
    then, now = epochs(acme.tenant_id, since, timezone.now())
    starts = [epoch.starts for epoch in then]
    assert starts == [epoch.starts for epoch in now]
    assert len(starts) > 5
    late = [known_at for _, known_at in built if known_at not in starts]
    assert len(set(late)) == 1
    assert 2 <= len(late) < len(starts), "each policy and each new declaration once"
    built.clear()
    since, until = since - timedelta(days=3), timezone.now()
    epochs(acme.tenant_id, since, until, policy=Policy(excluded=frozenset({other})))
    days = {(since + timedelta(days=n)).date() for n in range((until.date() - since.date()).days + 1)}
    assert {day for day, at in built if at >= until} == days
    # Alone, nothing is remembered: one start, one judgement.
    for start, epoch in zip(starts, now, strict=True):
        alone = epochs(acme.tenant_id, start, start)[1][0]
        assert (alone.people, alone.destinations) == (epoch.people, epoch.destinations)
    assert len({epoch.people for epoch in now}) >= 2


def test_a_period_that_no_replay_can_hold_is_refused(acme: Workspace) -> None:
    now = timezone.now()
    with pytest.raises(ValueError, match="at most 400 days"):
        epochs(acme.tenant_id, now - timedelta(days=401), now)
    with pytest.raises(ValueError, match="ends after it begins"):
        epochs(acme.tenant_id, now, now - timedelta(days=1))
