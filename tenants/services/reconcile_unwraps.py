"""Holds the key service's record of unwraps against our notes, and both against the tenants' logs."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from audit.services.acts_told import ActsTold
from ringfence.kernel.context import UNIT_OF_WORK_SECONDS
from tenants.keys.quiet_errands import is_quiet
from tenants.keys.unwrap_lines import REALM, SKEW, Lines, Note, Unwrap
from tenants.keys.unwrap_matching import unmatched

UNIT = timedelta(seconds=UNIT_OF_WORK_SECONDS)


@dataclass(frozen=True, slots=True)
class Unexplained:
    """An unwrap that somebody must look at. Ids, and names of processes and routes."""

    unwrap: Unwrap
    why: str

    def __str__(self) -> str:
        said = dict(self.unwrap.context)
        parts = [self.unwrap.at.isoformat(timespec="milliseconds"), self.why, f"key={self.unwrap.key_ref}"]
        parts.append(f"purpose={said.get('rf:purpose') or said.get('rf:realm')}")
        if self.unwrap.pid is not None:
            parts.append(f"pid={self.unwrap.pid}")
        if isinstance(self.unwrap, Note):
            parts.append(f"process={self.unwrap.process or '-'}")
            parts.append(f"errand={self.unwrap.errand or '-'}")
            parts.append(f"actor={self.unwrap.actor or '-'}")
        return " ".join(parts)


@dataclass(slots=True)
class Reconciled:
    """What was found of one tenant, or of the realm. `fates` counts notes by what explains them."""

    of: str
    at_key_service: int = 0
    noted: int = 0
    refused_there: int = 0
    refused_noted: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    unexplained: list[Unexplained] = field(default_factory=list)

    def __str__(self) -> str:
        explained = ", ".join(f"{count} {fate}" for fate, count in sorted(self.fates.items()))
        line = (
            f"{self.of}: {self.at_key_service} unwraps at the key service, {self.noted} noted"
            f" ({explained or 'none'}), {len(self.unexplained)} unexplained"
        )
        if self.refused_there or self.refused_noted:
            line += f"; refused: {self.refused_there} there, {self.refused_noted} noted"
        return line


def reconcile_unwraps(
    record: Lines,
    notes: Lines,
    *,
    since: datetime,
    until: datetime,
    canaries: Collection[UUID] = (),
    only: UUID | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Reconciled]:
    """Yield one result for each tenant that either side names, and for the realm.

    An unwrap is explained when both sides have it and the tenant's log tells of what its unit of work did: holds each
    event that the unit recorded. A unit that was rolled back gave an answer to nobody. Where an errand has several
    units, or the process ended before its unit, something that the same actor did on that errand counts; it is
    counted apart. Role rf_checker.
    """
    wanted = None if only is None else str(only)
    there = [each for each in record.unwraps if each.of and wanted in {None, each.of}]
    ours = [each for each in notes.notes if each.of and wanted in {None, each.of}]
    alone, untold = unmatched(there, ours, since, until)
    results: dict[str, Reconciled] = {}
    told = ActsTold()
    safe = {str(canary) for canary in canaries}

    def result(unwrap: Unwrap) -> Reconciled:
        return results.setdefault(unwrap.of, Reconciled(unwrap.of))

    for unwrap in there:
        if since <= unwrap.at < until:
            found = result(unwrap)
            found.at_key_service += unwrap.ok
            found.refused_there += not unwrap.ok
    for unwrap in alone:
        result(unwrap).unexplained.append(Unexplained(unwrap, "the key service has it and no note of ours"))
    lonely = {id(note) for note in untold}
    for done, note in enumerate(ours, start=1):
        progress(done, len(ours))
        if not since <= note.at < until:
            continue
        found = result(note)
        if not note.ok:
            found.refused_noted += 1
            continue
        found.noted += 1
        if id(note) in lonely:
            found.unexplained.append(Unexplained(note, "noted, and the key service has no such unwrap"))
            continue
        fate, explained = _fate(note, notes, told, safe)
        if explained:
            found.fates[fate] += 1
        else:
            found.unexplained.append(Unexplained(note, fate))
    yield from (results[name] for name in sorted(results))


def _fate(note: Note, notes: Lines, told: ActsTold, canaries: Collection[str]) -> tuple[str, bool]:
    """Return what explains the unwrap, or what is missing, and which of the two it is."""
    if note.of == REALM:
        return "of the realm", True
    if note.of in canaries:
        return "of a canary", True
    if note.unit is None or note.actor is None:
        return "outside of any unit of work", False
    tenant_id, end = UUID(note.of), notes.units.get(note.unit)
    if end is not None and end.events and end.undone is None:
        if told.holds(tenant_id, note.actor, end.events):
            return "told", True
        return f"its unit recorded {len(end.events)} events and the log lacks one", False
    # A stream that its reader left has given away what it had read; any other error is answered in its place.
    if end is not None and end.undone not in {None, "GeneratorExit"}:
        return "rolled back", True
    if is_quiet(note.errand):
        return "of a quiet errand", True
    if (note.many_units or end is None) and _acted(told, tenant_id, note.actor, note):
        return "told beside", True
    return (
        "its unit told the log nothing" if end is not None else "its unit has no end, and nothing told"
    ), False


def _acted(told: ActsTold, tenant_id: UUID, actor: UUID, note: Note) -> bool:
    began = note.at if note.began is None else min(note.began, note.at)
    return told.acted(tenant_id, actor, min(began, note.at - UNIT) - SKEW, note.at + UNIT + SKEW)
