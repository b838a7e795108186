"""Move a tenant through its life: activate, suspend, resume, leave (platform/docs/tenant-states.md)."""

from http import HTTPStatus

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid, RingfenceError
from tenants.gate.people import set_tenant_state
from tenants.gate.places import tenant_facts
from tenants.models import Profile
from tenants.values import TenantState

S = TenantState
MOVES: dict[str, tuple[frozenset[TenantState], TenantState]] = {
    "activate": (frozenset({S.SETTING_UP}), S.ACTIVE),
    "suspend": (frozenset({S.ACTIVE}), S.SUSPENDED),
    "resume": (frozenset({S.SUSPENDED, S.LEAVING}), S.ACTIVE),
    "leave": (frozenset({S.ACTIVE, S.SUSPENDED}), S.LEAVING),
}
"""verb -> (states from which it leads, state to which). Destruction is no move of a page."""


class WrongState(RingfenceError):
    """The move does not start from the state in which the tenant is."""

    code = "wrong_state"
    status = HTTPStatus.CONFLICT

    def __init__(self, move: str, state: str) -> None:
        super().__init__(
            f"A workspace that is {state} cannot {move}. Load the page again and look at its state."
        )


class SetupUnfinished(RingfenceError):
    """A step of the first run is still open."""

    code = "setup_unfinished"
    status = HTTPStatus.CONFLICT

    def __init__(self, step: str) -> None:
        super().__init__(f"One step is open: {step}.")


def change_state(context: TenantContext, *, move: str) -> TenantState:
    """Make one move in the caller's unit; return the new state. Raises `Invalid`, `WrongState`, `SetupUnfinished`."""
    if move not in MOVES:
        raise Invalid(f"The moves are {', '.join(MOVES)}.", field="move")
    starts, target = MOVES[move]
    state, _ = tenant_facts(context.tenant_id)
    if state not in starts:
        raise WrongState(move, state)
    if move == "activate":
        _refuse_unfinished()
    record(
        context,
        Verb.TENANT_STATE_CHANGED,
        object_kind="tenant",
        object_id=context.tenant_id,
        detail={"from": state, "to": target.value},
    )
    # Last, since it commits at once.
    set_tenant_state(context.tenant_id, target)
    return target


def open_moves(state: str) -> list[str]:
    """Return the moves that lead out of a state."""
    return [move for move, (starts, _) in MOVES.items() if state in starts]


def _refuse_unfinished() -> None:
    profile = Profile.objects.get()
    if profile.keys_confirmed_at is None:
        raise SetupUnfinished("confirm the keys")
    if profile.pin_taken_at is None:
        raise SetupUnfinished("take the pin file")
