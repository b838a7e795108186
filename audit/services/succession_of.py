"""Gives what leads an older pin to the log that succeeds the pinned one."""

from http import HTTPStatus

from django.db import connection

from audit.proofs import ConsistencyProof
from audit.services.consistency_of import consistency_of
from audit.services.errors import LogNotSigned
from audit.succession import SuccessionFile
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound, RingfenceError

NOTES = "SELECT note FROM audit.successions()"
OF_META = "SELECT note FROM audit.meta_successions()"


class LogNotSucceeded(RingfenceError):
    """Neither the log nor the meta-log took another one's place."""

    code = "log_not_succeeded"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This log succeeds no other one: the log that your pin names goes on itself.")


def succession_of(context: TenantContext, *, old_size: int) -> bytes:
    """Return every statement in the line of the tenant's log and of the meta-log, and the growth from `old_size`.

    Inside `acting(context)`. The growth leads to the log's newest checkpoint. Nothing grows from a size that the log
    does not have: growth is proven from nothing then, and the statements say what was given up. Raises
    `LogNotSucceeded` where neither log was succeeded, and `LogNotSigned` until the newest ones have signed.
    """
    notes, metas = _stated(NOTES), _stated(OF_META)
    if not notes and not metas:
        raise LogNotSucceeded
    try:
        growth = consistency_of(context, old_size=old_size)
    except NotFound:
        growth = consistency_of(context, old_size=0)
    return SuccessionFile(notes, ConsistencyProof.parse(growth), metas).to_bytes()


def _stated(query: str) -> tuple[bytes, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        notes = [note for (note,) in cursor.fetchall()]
    if None in notes:
        raise LogNotSigned
    return tuple(bytes(note) for note in notes)
