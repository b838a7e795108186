"""What the reconciliation asks of the log: whose event it was counts, not only that it is there."""

from uuid import UUID, uuid4

import pytest

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tenants.keys import unwrapping
from tenants.keys.keyring import encryption_context
from tenants.models import TenantKey
from tests.audit.logkeeping import Keeper, erase
from tests.audit.test_reconcile import Day, day  # noqa: F401 - a fixture
from tests.world import Workspace


@pytest.mark.parametrize("settled", [False, True])
def test_an_event_tells_of_its_own_actor_alone(acme: Workspace, keeper: Keeper, *, settled: bool) -> None:
    context = acme.context()
    with acting(context):
        receipt = record(context, Verb.TASK_RELEASED, object_kind="task", object_id=uuid4())
    if settled:
        keeper.settle()

    def tells(actor: UUID, *events: UUID) -> bool:
        with keeper.connect("rf_checker") as checker:
            row = checker.execute(
                "SELECT audit.tells_of(%s, %s, %s)", [acme.tenant_id, actor, list(events)]
            ).fetchone()
        assert row is not None
        return bool(row[0])

    assert tells(context.actor_id, receipt.event_id)
    assert not tells(uuid4(), receipt.event_id)
    assert not tells(context.actor_id, receipt.event_id, uuid4())
    if settled:
        # Who did it is erased; that it was told stays.
        erase(acme, [keeper.size(acme) - 1])
        assert tells(context.actor_id, receipt.event_id)


def test_an_unwrap_outside_of_any_unit_of_work_is_found(day: Day, acme: Workspace) -> None:  # noqa: F811
    with acting(acme.service(Purpose.JOB)):
        key = TenantKey.objects.get(purpose="data")
    context = encryption_context(acme.tenant_id, "data", key.generation)
    assert day.reconcile()[0] == 0
    unwrapping.unwrap(key.key_ref, bytes(key.wrapped or b""), context=context)
    code, said = day.reconcile()
    assert (code, "outside of any unit of work" in said) == (1, True), said
