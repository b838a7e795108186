"""The way back from a lost key, each step in the log: asked, approved by owners, stopped by a key, finished."""

from collections.abc import Callable
from uuid import UUID

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate import key_recovery
from tenants.gate.key_recovery import Recovery


def ask_recovery(context: TenantContext, *, key_id: UUID) -> Recovery:
    """Ask for one's own waiting key to become active without an endorsement, inside the caller's unit."""
    return key_recovery.ask_recovery(
        context.tenant_id,
        key_id=key_id,
        asked_by=context.actor_id,
        announce=_recorder(context, Verb.KEY_RECOVERY_ASKED),
    )


def approve_recovery(context: TenantContext, *, recovery_id: UUID) -> Recovery:
    """Approve one as an owner, inside the caller's unit."""
    return key_recovery.approve_recovery(
        context.tenant_id,
        recovery_id=recovery_id,
        owner=context.actor_id,
        announce=_recorder(context, Verb.KEY_RECOVERY_APPROVED),
    )


def stop_recovery(context: TenantContext, *, recovery_id: UUID, public: bytes, signature: bytes) -> None:
    """Stop one by the signature of an active key, inside the caller's unit."""
    key_recovery.stop_recovery(
        context.tenant_id,
        recovery_id=recovery_id,
        public=public,
        signature=signature,
        announce=_recorder(context, Verb.KEY_RECOVERY_STOPPED, {"stopped_by": public.hex()}),
    )


def finish_recovery(context: TenantContext, *, recovery_id: UUID) -> None:
    """Make the key active after the waiting time, inside the caller's unit."""
    key_recovery.finish_recovery(
        context.tenant_id, recovery_id=recovery_id, announce=_recorder(context, Verb.KEY_RECOVERY_FINISHED)
    )


def _recorder(
    context: TenantContext, verb: Verb, more: dict[str, object] | None = None
) -> Callable[[Recovery], None]:
    def announce(recovery: Recovery) -> None:
        detail = {
            "key": recovery.public.hex(),
            "member": str(recovery.member_id),
            "needed": recovery.needed,
            "approved": len(recovery.approved_by),
            "opens_at": recovery.opens_at.isoformat(),
            **(more or {}),
        }
        record(context, verb, object_kind="key_recovery", object_id=recovery.id, detail=detail)

    return announce
