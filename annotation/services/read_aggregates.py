"""What the worker has counted of a project's answers, opened for a manager: a delivery."""

from collections.abc import Mapping
from hashlib import sha256
from uuid import UUID

from annotation.access import reach_project
from annotation.labels.bias import FIRST, OTHER, chance_of, is_called_out
from annotation.labels.preference import BOTH_BAD, TIE
from annotation.labels.tally import Tally, decode_tally
from annotation.models import ProjectAggregate
from annotation.values import AggregateKind, Aggregates, Places, ProjectRight
from audit.services.deliver import MOST_OBJECTS, deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext


def read_aggregates(context: TenantContext, *, project_id: UUID) -> Aggregates:
    """Return the tallies, at most about two minutes old. Nothing is delivered where nothing was counted.

    Raises `NotFound`.
    """
    reach_project(context, project_id, ProjectRight.MANAGE, ProjectRight.READ)
    rows = list(
        ProjectAggregate.objects.filter(project_id=project_id).order_by("member_id", "kind")[:MOST_OBJECTS]
    )
    opened: dict[tuple[UUID | None, str], Tally] = {}
    objects = []
    for row in rows:
        body = context.keyring.open(row.body, field=ProjectAggregate.body, row=row.id)
        opened[row.member_id, row.kind] = decode_tally(body)
        objects.append((row.id, sha256(body).digest()))
    if objects:
        deliver(context, Verb.AGGREGATE_DELIVERED, object_kind="aggregate", objects=objects)
    places = [
        _places(member_id, question, counts)
        for (member_id, kind), tally in opened.items()
        if kind == AggregateKind.PLACES
        for question, counts in sorted(tally.items())
    ]
    return Aggregates(
        times=opened.get((None, AggregateKind.TIMES), {}),
        labels=opened.get((None, AggregateKind.LABELS), {}),
        places=tuple(each for each in places if each.member_id is None),
        people=tuple(each for each in places if each.member_id is not None),
        updated_at=max((row.updated_at for row in rows), default=None),
    )


def _places(member_id: UUID | None, question: str, counts: Mapping[str, int]) -> Places:
    first, other = max(counts.get(FIRST, 0), 0), max(counts.get(OTHER, 0), 0)
    return Places(
        member_id=member_id,
        question=question,
        first=first,
        other=other,
        ties=max(counts.get(TIE, 0), 0),
        both_bad=max(counts.get(BOTH_BAD, 0), 0),
        chance=chance_of(first, other),
        called_out=is_called_out(first, other),
    )
