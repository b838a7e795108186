"""What a labeler did in a period, counted for themselves: by project and by day. No content, no names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from annotation.models import Comment, Submission
from annotation.values import CommentKind
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid

MOST_DAYS = 366

_GIVEN = Q(withdrawn_at__isnull=True) | Q(returned_at__isnull=False)
_ACCEPTED = Q(withdrawn_at__isnull=True)
_RETURNED = Q(returned_at__isnull=False, withdrawn_at__isnull=False)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, both ends included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if not 0 <= (self.last - self.first).days < MOST_DAYS:
            raise Invalid(f"A period has 1 to {MOST_DAYS} days, the first before the last.", field="from")

    @property
    def start(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)


@dataclass(frozen=True, slots=True)
class WorkCount:
    """Answers and active time. `items` were submitted; each is accepted or returned, as things stand."""

    items: int
    accepted: int
    returned: int
    disputed: int
    active_ms: int


@dataclass(frozen=True, slots=True)
class ProjectWork:
    """The counts of one project, under its code: the first part of its id."""

    project_id: UUID
    counts: WorkCount

    @property
    def code(self) -> str:
        """The end of the project's id, whose beginning is a time that projects share. It says nothing of the name."""
        return f"P-{self.project_id.hex[-8:].upper()}"


@dataclass(frozen=True, slots=True)
class DaysWork:
    """The counts of one day in UTC."""

    day: date
    items: int
    active_ms: int


@dataclass(frozen=True, slots=True)
class OwnWork:
    """All of a period: each project with work in it, each day of it, and the sums."""

    period: Period
    projects: tuple[ProjectWork, ...]
    days: tuple[DaysWork, ...]

    @property
    def total(self) -> WorkCount:
        """The sums over all projects."""
        return _sum(project.counts for project in self.projects)


def count_work(context: TenantContext, period: Period) -> OwnWork:
    """Return what the actor gave in the period. What they took back themselves was not given.

    Counts and times of one's own work are not content, so nothing is delivered by counting.
    """
    given = _given(context, period)
    disputes = Comment.objects.filter(
        submission_id=OuterRef("pk"), kind=CommentKind.DISPUTE, member_id=context.actor_id
    )
    by_project = given.values("project_id").annotate(
        items=Count("pk"),
        accepted=Count("pk", filter=_ACCEPTED),
        returned=Count("pk", filter=_RETURNED),
        disputed=Count("pk", filter=Exists(disputes)),
        active=Sum("active_ms"),
    )
    projects = tuple(
        ProjectWork(
            row["project_id"],
            WorkCount(row["items"], row["accepted"], row["returned"], row["disputed"], row["active"]),
        )
        for row in by_project.order_by("project_id")
    )
    by_day = {
        row["day"]: (row["items"], row["active"])
        for row in given.annotate(day=TruncDate("submitted_at", tzinfo=UTC))
        .values("day")
        .annotate(items=Count("pk"), active=Sum("active_ms"))
    }
    length = (period.last - period.first).days + 1
    days = (period.first + timedelta(days=n) for n in range(length))
    return OwnWork(period, projects, tuple(DaysWork(day, *by_day.get(day, (0, 0))) for day in days))


def own_answers(context: TenantContext, period: Period, *, most: int = 50) -> list[Submission]:
    """Return the newest of the actor's given answers, for their receipts; the sealed columns stay behind."""
    return list(_given(context, period).defer("answer", "receipt").order_by("-submitted_at", "-id")[:most])


def _given(context: TenantContext, period: Period) -> QuerySet[Submission]:
    mine = Submission.objects.filter(labeler_id=context.actor_id)
    return mine.filter(_GIVEN, submitted_at__gte=period.start, submitted_at__lt=period.end)


def _sum(counts: Iterable[WorkCount]) -> WorkCount:
    listed = list(counts)
    return WorkCount(
        sum(each.items for each in listed),
        sum(each.accepted for each in listed),
        sum(each.returned for each in listed),
        sum(each.disputed for each in listed),
        sum(each.active_ms for each in listed),
    )
