"""Record that a member was refused, in a unit of its own: an answered error rolls back everything else."""

from dataclasses import replace
from uuid import UUID

from audit.services.record import record
from audit.verbs import Verb
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.permissions import Purpose
from tenants.gate.tokens import token_signer
from tenants.keys.keyring import TenantKeyring


class AppendingKeyring(TenantKeyring):
    """A keyring that seals log entries and opens nothing."""

    __slots__ = ()

    def open(self, sealed: bytes, *, field: object, row: UUID, version: int = 1) -> bytes:
        """Refuse: whoever was refused reads nothing."""
        raise CannotOpen


def record_refusal(context: TenantContext, *, reason: str) -> None:
    """Append `access.refused`; `reason` is a permission, `neutrality` or `neutrality_review`.

    Raises `Dark` when it cannot: no answer without its entry.
    """
    refused = replace(
        context,
        permissions=frozenset(),
        purpose=Purpose.REFUSAL,
        keyring=AppendingKeyring(context.tenant_id),
        token_for=token_signer(context.tenant_id, context.actor_id, Purpose.REFUSAL, context.epoch),
    )
    with acting(refused):
        record(refused, Verb.ACCESS_REFUSED, object_kind="permission", detail={"reason": reason})
