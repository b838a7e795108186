"""Writes what people do outside every tenant into the operator's log: sign-ins, second factors, resets."""

from collections.abc import Mapping
from uuid import UUID

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import acting
from tenants.gate.errors import PlatformLogClosed
from tenants.gate.service import platform_context


def note(
    verb: Verb,
    *,
    person_id: UUID | None = None,
    object_kind: str = "person",
    object_id: UUID | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append one event, committed when this returns; ids are pseudonyms, and no address is in it.

    It is about a person, about the object that is named, or about the platform.
    Called before the act that it tells of takes effect: no entry, no act. Raises `PlatformLogClosed`, `Dark`.
    """
    try:
        context = platform_context()
    except LookupError as closed:
        raise PlatformLogClosed from closed
    about = person_id or object_id
    kind = object_kind if about else "platform"
    with acting(context):
        record(context, verb, object_kind=kind, object_id=about, detail=detail)
