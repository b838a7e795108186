"""The only way to a key service's `unwrap`: each one leaves a note of who asked for it, and on what errand.

    <notes>/notes-<UTC day>.jsonl   0600, in a folder of 0700
      {"at", "kind": "unwrap", "key", "context", "ok", "process", "pid", "errand", "many", "began",
       "actor", "acts", "unit"}      the last three are null outside a unit of work
      {"at", "kind": "unit", "unit", "undone": null or an error's name, "events": [ids]}

Ids and names of routes; no content, and no person's name.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from uuid import uuid4

from django.conf import settings

from audit.values import Receipt
from ringfence.crypto.errors import KeyRefused, KeyServiceDown
from ringfence.crypto.line_files import append_line
from ringfence.kernel.context import UnitOfWork, current, in_unit
from ringfence.kernel.errand import errand
from tenants.keys.service import key_service

NOTES = "notes"
"""What the files are called, before the day."""


def unwrap(key_ref: str, wrapped: bytes, *, context: Mapping[str, str]) -> bytes:
    """Return what the key service opens, once that is noted. No note, no key.

    Raises:
        KeyRefused: the key service says no; noted too, where that is possible.
        KeyServiceDown: no answer, or the note cannot be written.
    """
    line: dict[str, object] = {"kind": "unwrap", "key": key_ref, "context": dict(context)}
    try:
        opened = key_service().unwrap(key_ref, wrapped, encryption_context=context)
    except KeyRefused:
        with suppress(OSError):
            _note(line | {"ok": False} | _why())
        raise
    try:
        _note(line | {"ok": True} | _why())
    except OSError as error:
        raise KeyServiceDown("the note of an unwrap cannot be written") from error
    return opened


def _why() -> dict[str, object]:
    at = errand()
    why: dict[str, object] = {
        "process": os.environ.get("RINGFENCE_PROCESS", ""),
        "pid": os.getpid(),
        "errand": at.name,
        "many": at.many_units,
        "began": at.began,
        "actor": None,
        "acts": None,
        "unit": None,
    }
    if in_unit():
        unit = current()
        if unit.at_end is None:
            unit.at_end = _End(unit)
        why |= {
            "actor": str(unit.context.actor_id),
            "acts": unit.context.purpose.value,
            "unit": str(unit.at_end),
        }
    return why


class _End:
    """Notes how a unit of work ended that unwrapped a key."""

    __slots__ = ("_id", "_unit")

    def __init__(self, unit: UnitOfWork) -> None:
        self._id, self._unit = str(uuid4()), unit

    def __str__(self) -> str:
        return self._id

    def __call__(self, undone: BaseException | None) -> None:
        events = [str(each.event_id) for each in self._unit.receipts if isinstance(each, Receipt)]
        # The transaction is over, and its answer is owed: a unit without this line is looked at by time.
        with suppress(OSError):
            _note(
                {
                    "kind": "unit",
                    "unit": self._id,
                    "undone": type(undone).__name__ if undone is not None else None,
                    "events": events,
                }
            )


def _note(line: Mapping[str, object]) -> None:
    settings.UNWRAP_NOTES.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory = os.open(settings.UNWRAP_NOTES, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        append_line(directory, NOTES, line)
    finally:
        os.close(directory)
