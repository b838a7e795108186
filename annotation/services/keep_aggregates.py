"""Keep the sealed tallies of a tenant's answers: count what is new, take out what was withdrawn. The worker's."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from annotation.labels.answer import StoredAnswer, decode_answer
from annotation.labels.errors import Unreadable
from annotation.labels.schema import LabelSchema
from annotation.labels.tally import (
    Tally,
    add_labels,
    add_places,
    add_time,
    count,
    decode_tally,
    encode_tally,
    forget_old_times,
)
from annotation.models import AggregateCursor, ProjectAggregate, Submission
from annotation.services import statements
from annotation.services.read_schema import schema_of
from annotation.values import AggregateKind
from audit.services.record import record
from audit.verbs import Verb
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7

SETTLED = timedelta(seconds=60)
"""A unit of work lasts at most 30 s, so an answer that is older than this is committed, or never will be."""

MOST_AT_ONCE = 1_000
NOTHING = UUID(int=0)

# The first key column of the index behind each is the tenant, which the policy names.
_NEW = """
select id, project_id, labeler_id, answer, schema_version, submitted_at from annotation_submission
 where id > %(after)s::uuid and id < %(until)s::uuid order by id limit %(most)s::integer
"""
_WITHDRAWN = """
select id, project_id, labeler_id, answer, schema_version, submitted_at, withdrawn_at
  from annotation_submission
 where withdrawn_at is not null and (withdrawn_at, id) > (%(after)s::timestamptz, %(after_id)s::uuid)
   and withdrawn_at < %(until)s::timestamptz
 order by withdrawn_at, id limit %(most)s::integer
"""

Key = tuple[UUID, UUID | None, AggregateKind]


def keep_aggregates(context: TenantContext, *, settled: timedelta = SETTLED) -> int:
    """Bring the tenant's tallies up to `settled` ago; return how many answers were counted or taken out.

    A loop of units of up to 1,000 answers; the cursor moves with what it counted, so a crash counts
    nothing twice. What another worker is counting is left to it.
    """
    handled = 0
    for unit in (_count_new, _take_out_withdrawn):
        while just_now := _in_one_unit(context, unit, timezone.now() - settled):
            handled += just_now
            if just_now < MOST_AT_ONCE:
                break
    return handled


def count_again(context: TenantContext, given: Submission) -> None:
    """Put a withdrawn answer that is about to stand again back into the tallies, if it was taken out.

    The cursor is locked: whoever takes answers out either has passed this one, or will not see it
    withdrawn. One that was not taken out yet is counted already, or will be by its id.
    """
    cursor = AggregateCursor.objects.select_for_update().first()
    if cursor is None or cursor.withdrawn_through is None or given.withdrawn_at is None:
        return
    if (given.withdrawn_at, given.id) <= (cursor.withdrawn_through, cursor.withdrawn_id):
        row = (given.id, given.project_id, given.labeler_id, given.answer, given.schema_version)
        _add_up(context, [(*row, given.submitted_at)], by=1)


def _in_one_unit(
    context: TenantContext,
    unit: Callable[[TenantContext, AggregateCursor, datetime], int],
    until: datetime,
) -> int:
    with acting(context):
        if not AggregateCursor.objects.exists():
            if not Submission.objects.exists():
                return 0
            AggregateCursor.objects.bulk_create([AggregateCursor(through_id=NOTHING)], ignore_conflicts=True)
        cursor = AggregateCursor.objects.select_for_update(skip_locked=True).first()
        return unit(context, cursor, until) if cursor else 0


def _count_new(context: TenantContext, cursor: AggregateCursor, until: datetime) -> int:
    found = statements.rows(
        _NEW, {"after": cursor.through_id, "until": first_id_of(until), "most": MOST_AT_ONCE}
    )
    if found:
        _add_up(context, found, by=1)
        cursor.through_id = found[-1][0]
        cursor.save(update_fields=["through_id"])
    return len(found)


def _take_out_withdrawn(context: TenantContext, cursor: AggregateCursor, until: datetime) -> int:
    place = {
        "after": cursor.withdrawn_through or datetime.min.replace(tzinfo=until.tzinfo),
        "after_id": cursor.withdrawn_id or NOTHING,
    }
    found = statements.rows(_WITHDRAWN, place | {"until": until, "most": MOST_AT_ONCE})
    if found:
        _add_up(context, [row[:-1] for row in found], by=-1)
        cursor.withdrawn_through, cursor.withdrawn_id = found[-1][-1], found[-1][0]
        cursor.save(update_fields=["withdrawn_through", "withdrawn_id"])
    return len(found)


def first_id_of(moment: datetime) -> UUID:
    """Return the smallest version 7 UUID of a moment: what was made before it is smaller."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _add_up(context: TenantContext, rows: Sequence[tuple[Any, ...]], *, by: int) -> None:
    tallies = _Tallies(context)
    for project_id, answers in Counter(row[1] for row in rows).items():
        record(
            context,
            Verb.ANSWERS_COUNTED,
            object_kind="project",
            object_id=project_id,
            detail={"answers": answers, **({"taken_out": True} if by < 0 else {})},
        )
    for row_id, project_id, labeler_id, sealed, version, submitted_at in rows:
        tallies.change((project_id, None, AggregateKind.TIMES), partial(add_time, at=submitted_at, by=by))
        try:
            schema = schema_of(context, project_id=project_id, version=version)
            opened = context.keyring.open(bytes(sealed), field=Submission.answer, row=row_id)
            if schema is None:
                raise Unreadable("this version of the label schema does not exist")
            _count_answer(tallies, project_id, labeler_id, schema, decode_answer(opened), by)
        except (CannotOpen, Unreadable):
            # One answer that nobody can read does not keep the others from being counted.
            tallies.change(
                (project_id, None, AggregateKind.LABELS),
                partial(count, outer="", inner="unreadable", by=by),
            )
    tallies.keep()


def _count_answer(
    tallies: "_Tallies",
    project_id: UUID,
    labeler_id: UUID,
    schema: LabelSchema,
    stored: StoredAnswer,
    by: int,
) -> None:
    tallies.change(
        (project_id, None, AggregateKind.LABELS), partial(add_labels, schema=schema, stored=stored, by=by)
    )
    if stored.shown:
        for whose in (None, labeler_id):
            tallies.change(
                (project_id, whose, AggregateKind.PLACES),
                partial(add_places, schema=schema, stored=stored, by=by),
            )


@dataclass
class _Tallies:
    """The tallies that a unit changes: each is opened once, and sealed once at the end."""

    context: TenantContext
    open: dict[Key, Tally] = field(default_factory=dict)
    rows: dict[Key, ProjectAggregate] = field(default_factory=dict)

    def change(self, key: Key, change: Callable[[Tally], None]) -> None:
        """Apply `change` to one tally."""
        if key not in self.open:
            self.open[key] = self._stored(key)
        change(self.open[key])

    def keep(self) -> None:
        """Seal what was changed under a new id, so that no older body fits in its place."""
        now = timezone.now()
        ProjectAggregate.objects.filter(id__in=[row.id for row in self.rows.values()]).delete()
        made = []
        for (project_id, member_id, kind), tally in self.open.items():
            if kind is AggregateKind.TIMES:
                forget_old_times(tally, now)
            row_id = uuid7()
            sealed = self.context.keyring.seal(
                encode_tally(tally), field=ProjectAggregate.body, row=row_id, unit=project_id
            )
            made.append(
                ProjectAggregate(
                    id=row_id,
                    project_id=project_id,
                    member_id=member_id,
                    kind=kind,
                    body=sealed,
                    updated_at=now,
                )
            )
        ProjectAggregate.objects.bulk_create(made)

    def _stored(self, key: Key) -> Tally:
        project_id, member_id, kind = key
        row = ProjectAggregate.objects.filter(project_id=project_id, member_id=member_id, kind=kind).first()
        if row is None:
            return {}
        self.rows[key] = row
        return decode_tally(self.context.keyring.open(row.body, field=ProjectAggregate.body, row=row.id))
