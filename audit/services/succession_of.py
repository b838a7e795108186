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


class LogNotSucceeded(RingfenceError):
    """The log took nobody's place."""

    code = "log_not_succeeded"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This log succeeds no other one: the log that your pin names goes on itself.")


def succession_of(context: TenantContext, *, old_size: int) -> bytes:
    """Return every statement in the line of the tenant's log, and the growth from `old_size` to its newest checkpoint.

    Inside `acting(context)`. Nothing grows from a size that the log does not have: growth is proven from nothing then,
    and the statements say what was given up. Raises `LogNotSucceeded` where no log of this tenant was succeeded, and
    `LogNotSigned` until the newest one has signed.
    """
    with connection.cursor() as cursor:
        cursor.execute(NOTES)
        notes = [None if note is None else bytes(note) for (note,) in cursor.fetchall()]
    if not notes:
        raise LogNotSucceeded
    stated = [note for note in notes if note is not None]
    if len(stated) != len(notes):
        raise LogNotSigned
    try:
        growth = consistency_of(context, old_size=old_size)
    except NotFound:
        growth = consistency_of(context, old_size=0)
    return SuccessionFile(tuple(stated), ConsistencyProof.parse(growth)).to_bytes()
