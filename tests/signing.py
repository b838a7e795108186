"""Admin keys of tests, and policies signed by them: through the same services as the pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.permissions import Role
from tenants.gate.admin_keys import KnownKey, keys_of
from tenants.gate.policies import Kept
from tenants.gate.policy_signing import request_of
from tenants.neutrality.policy import Policy
from tenants.neutrality.signatures import EndorsementRequest, PossessionRequest, Request
from tenants.services.add_admin_key import add_admin_key
from tenants.services.draft_policy import draft_policy
from tenants.services.endorse_admin_key import endorse_admin_key
from tenants.services.propose_policy import propose_policy
from tenants.services.sign_policy import sign_policy
from tests.world import Someone, Workspace


@dataclass
class AdminKeyPair:
    """The key of one admin, both halves: only tests and people hold the private one."""

    whose: Someone
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)

    @property
    def public(self) -> bytes:
        """The half that is registered."""
        return self.private.public_key().public_bytes_raw()

    def sign(self, request: Request) -> bytes:
        """Sign what the page shows."""
        return self.private.sign(request.to_bytes())

    def register(self) -> KnownKey:
        """Register it as its member."""
        context = self.whose.context
        proof = self.sign(PossessionRequest(context.public_id, context.actor_id, self.public))
        with acting(context):
            return add_admin_key(context, public=self.public, possession=proof, label="test")

    def endorse(self, key: KnownKey) -> KnownKey:
        """Endorse another member's waiting key."""
        context = self.whose.context
        request = EndorsementRequest(context.public_id, key.member_id, key.public, self.public)
        with acting(context):
            return endorse_admin_key(
                context, key_id=key.id, endorser=self.public, signature=self.sign(request)
            )

    def sign_version(self, kept: Kept) -> Kept:
        """Sign a version that is up for signature, and bring the signature."""
        context = self.whose.context
        signature = self.sign(request_of(context.public_id, kept))
        with acting(context):
            return sign_policy(context, version=kept.version, public=self.public, signature=signature)


@contextmanager
def doing(who: Workspace | Someone) -> Iterator[TenantContext]:
    """Act as somebody, or as a workspace's owner, in a unit of work."""
    context = who.context() if isinstance(who, Workspace) else who.context
    with acting(context):
        yield context


def two_keys(workspace: Workspace) -> tuple[AdminKeyPair, AdminKeyPair]:
    """Give a workspace its first two active keys: an owner's, and an admin's whom the owner's endorses."""
    first, second = (AdminKeyPair(workspace.someone(role)) for role in (Role.OWNER, Role.ADMIN))
    first.register()
    first.endorse(second.register())
    return first, second


def drafted(workspace: Workspace, policy: Policy) -> Kept:
    """Keep a draft as the owner."""
    context = workspace.context()
    with acting(context):
        return draft_policy(context, policy)


def proposed(workspace: Workspace, policy: Policy, *, not_before: datetime | None = None) -> Kept:
    """Draft a policy and put it up for signature."""
    kept, context = drafted(workspace, policy), workspace.context()
    with acting(context):
        return propose_policy(context, version=kept.version, not_before=not_before)


def sign_in_force(workspace: Workspace, policy: Policy, keys: tuple[AdminKeyPair, AdminKeyPair]) -> Kept:
    """Draft, propose and sign a policy, so that it rules from now on."""
    kept = proposed(workspace, policy)
    keys[0].sign_version(kept)
    return keys[1].sign_version(kept)


def key_of(workspace: Workspace, member_id: UUID) -> list[KnownKey]:
    """Return a member's keys, oldest first."""
    return [key for key in keys_of(workspace.tenant_id) if key.member_id == member_id]
