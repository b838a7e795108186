"""Tenants and people for tests: made through the same services as in an install."""

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Permission, Purpose, Role
from tenants.gate.enter import enter
from tenants.gate.people import add_person, set_tenant_state
from tenants.gate.registry import keep_declaration
from tenants.gate.secrets import SessionSecret
from tenants.gate.service import tenant_context
from tenants.gate.sessions import mint_session
from tenants.gate.verdicts import today
from tenants.services.admit_member import admit_member
from tenants.services.create_tenant import create_tenant
from tenants.values import TenantState


@dataclass
class Someone:
    """A member of one tenant with a live session."""

    person_id: UUID
    member_id: UUID
    public_id: str
    session: str = field(repr=False)

    @property
    def context(self) -> TenantContext:
        """A fresh context from the gate."""
        return enter(SessionSecret(self.session), self.public_id)


@dataclass
class Workspace:
    """One tenant with people in every role, made on demand."""

    tenant_id: UUID
    public_id: str
    people: dict[Role, list[Someone]] = field(default_factory=dict)

    def someone(self, role: Role, n: int = 0) -> Someone:
        """Return the n-th member with this role, making as many as needed."""
        there = self.people.setdefault(role, [])
        while len(there) <= n:
            there.append(self.newcomer(role))
        return there[n]

    def newcomer(self, role: Role) -> Someone:
        """Admit a new person with this role and sign them in, second factor shown."""
        mark = secrets.token_hex(4)
        person_id = add_person(email=f"{role}-{mark}@people.example", name=f"{role} {mark}", password=None)
        keep_declaration(person_id, today())
        member_id = admit_member(self.service(Purpose.SETUP), person_id=person_id, role=role)
        secret = mint_session(person_id, tenant_id=self.tenant_id, second_factor=True)
        return Someone(person_id, member_id, self.public_id, secret)

    def service(self, purpose: Purpose) -> TenantContext:
        """Return a context in which the platform acts."""
        return tenant_context(self.tenant_id, purpose)

    def context(self, role: Role = Role.OWNER) -> TenantContext:
        """Return a fresh context of the first member with this role."""
        return self.someone(role).context


def new_workspace(name: str) -> Workspace:
    """Make an active tenant."""
    made = create_tenant(name=f"{name} {secrets.token_hex(3)}", code_name=f"Project {secrets.token_hex(2)}")
    set_tenant_state(made.tenant_id, TenantState.ACTIVE)
    return Workspace(made.tenant_id, made.public_id)


__all__ = ["Permission", "Someone", "Workspace", "new_workspace"]
