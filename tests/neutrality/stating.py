"""Facts and policies for tests, through the same services as everybody's."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.context import acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Purpose
from tenants.gate.policies import in_force
from tenants.gate.registry import NewParty
from tenants.gate.verdicts import today
from tenants.neutrality.facts import Interest, InterestType, Party, PartyKind, Role, Statement
from tenants.services.declare_ties import DeclaredTie, declare_ties
from tenants.services.draft_policy import draft_policy
from tenants.services.enforce_verdicts import enforce_verdicts
from tenants.services.state_facts import state_facts
from tests.world import Someone, Workspace


def party(name: str, kind: PartyKind = PartyKind.ENTITY, **more: Any) -> UUID:
    """Register a party; its name is made one of a kind."""
    made = uuid7()
    state_facts([NewParty(Party(made, f"{name} {str(made)[-6:]}", kind, **more))])
    return made


def hold(
    holder: UUID, subject: UUID, share: str, kind: InterestType = InterestType.SHAREHOLDING, **more: Any
) -> Statement:
    """State that `holder` holds `share` percent of `subject`, and return the statement."""
    part = Decimal(share)
    stated = Statement(
        id=uuid7(),
        record=uuid7(),
        fact=Interest(subject, holder, kind, part, part, **more),
        date=today(),
        recorded_at=timezone.now(),
        source="a test",
    )
    state_facts([], [stated])
    return stated


def end(stated: Statement, *, days_ago: int = 1) -> None:
    """State that a holding ended."""
    assert isinstance(stated.fact, Interest)
    fact = replace(stated.fact, end=today() - timedelta(days=days_ago))
    state_facts(
        [], [replace(stated, id=uuid7(), fact=fact, supersedes=stated.id, recorded_at=timezone.now())]
    )


def exclude(workspace: Workspace, *parties: UUID, **settings: Any) -> None:
    """Draft a policy that excludes these as well as those of the policy before."""
    before = in_force(workspace.tenant_id).policy
    owner = workspace.context()
    with acting(owner):
        draft_policy(owner, replace(before, excluded=before.excluded | set(parties), **settings))


def works_for(someone: Someone, employer: UUID, role: Role = Role.EMPLOYEE, **more: Any) -> None:
    """Let somebody declare a tie."""
    declare_ties(someone.person_id, [DeclaredTie(employer, role, **more)])


def enforce(workspace: Workspace) -> tuple[int, int]:
    """Run the round that a worker runs every few seconds."""
    return enforce_verdicts(workspace.service(Purpose.NEUTRALITY))
