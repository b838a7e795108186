"""Says how many of the operator's witnesses must have cosigned: the owner's choice, and an event of the log."""

from django.db import connection

from audit.services.record import record
from audit.services.stored_log import the_log
from audit.services.witnesses import operators_policy
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Permission

WANT = "SELECT audit.want_witnesses(%s::smallint)"


def choose_witnesses(context: TenantContext, *, wanted: int) -> Receipt:
    """Let `wanted` witnesses be needed, from 1 to all that there are. Inside `acting(context)`.

    It speaks to pins taken from now on. Raises `PermissionMissing`, and `Invalid` for a number that cannot be.
    """
    context.require(Permission.AUDIT_WATCH)
    policy = operators_policy()
    there = 0 if policy is None else len(policy.witnesses)
    if not 1 <= wanted <= there:
        raise Invalid(f"There are {there} witnesses: choose from 1 to {there}.", field="wanted")
    with connection.cursor() as cursor:
        cursor.execute(WANT, [wanted])
    return record(
        context,
        Verb.WITNESSES_CHOSEN,
        object_kind="log",
        object_id=the_log().id,
        detail={"wanted": wanted, "of": there},
    )
