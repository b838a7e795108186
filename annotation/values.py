"""The words and values of annotation that cross its edges: states, rights, limits, frozen results."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from annotation.labels.quiz import Quiz
from annotation.labels.schema import LabelSchema
from audit.work import WorkOpenings

DEFAULT_LANE = 4
"""Priority of what is imported. Even lanes are priorities; the odd lane below each holds what came back."""

LANES = (1, 2, 3, 4, 5, 6)
"""The lanes of every project, ascending: what came back is served first."""

LAST_LANE = 7
"""What somebody put aside for themselves: served to them when nothing else is left."""

MOST_TAKEN_AT_ONCE = 50
MOST_WANTED_ANSWERS = 50
PAGE_ITEMS = 100
SMALLEST_SIZE_CLASS = 256


class ProjectState(models.TextChoices):
    """An open project gives tasks out; answers to tasks already out are taken in every state but closed."""

    OPEN = "open", _("Open")
    PAUSED = "paused", _("Paused")
    CLOSED = "closed", _("Closed")


class ProjectRight(models.TextChoices):
    """What a member may do on one project, as django-guardian's permissions."""

    LABEL = "label_project", _("Label items")
    MANAGE = "manage_project", _("Manage the project")
    READ = "read_project", _("Read its items and answers")


class Priority(models.IntegerChoices):
    """How soon items are served; the value is their lane."""

    HIGH = 2, _("High")
    NORMAL = DEFAULT_LANE, _("Normal")
    LOW = 6, _("Low")


class SkipPolicy(models.TextChoices):
    """What becomes of an item that somebody skips."""

    OTHERS = "others", _("Somebody else gets it")
    BACK_TO_ME = "back_to_me", _("It comes back to them when nothing else is left")
    NOT_ALLOWED = "not_allowed", _("Nobody may skip")


class SkipReason(models.TextChoices):
    """Why somebody skips. The code stands in clear, so it says nothing of what the item holds."""

    UNCLEAR = "unclear", _("The task is unclear to me")
    BROKEN = "broken", _("The item is broken")
    NOT_MY_LANGUAGE = "not_my_language", _("It is not in a language that I know")
    SENSITIVE = "sensitive", _("I do not want to read this")
    TOO_LONG = "too_long", _("It is too long")
    OTHER = "other", _("Something else")


class AggregateKind(models.TextChoices):
    """What a sealed tally counts."""

    PLACES = "places", _("Which place was preferred")
    LABELS = "labels", _("Labels given")
    TIMES = "times", _("Answers per hour and day")


class SlotState(models.IntegerChoices):
    """The three states of one wanted answer."""

    OPEN = 0
    LEASED = 1
    ANSWERED = 2


class Term(models.IntegerChoices):
    """What a project can ask its labelers to accept."""

    PURPOSE = 1, _("Purpose")
    AGREEMENT = 2, _("Agreement")
    GUIDELINES = 3, _("Guidelines")


class TakesPart(models.TextChoices):
    """What managers see of a labeler's word to the terms: a decline is "not available", without a reason."""

    YES = "yes", _("takes part")
    NOT_AVAILABLE = "not_available", _("not available")
    NOT_ASKED = "not_asked", _("has not answered yet")


class CommentKind(models.TextChoices):
    """What a thread about an item is."""

    QUESTION = "question", _("Question")
    FLAG = "flag", _("Flag")
    RETURN = "return", _("Returned answer")
    DISPUTE = "dispute", _("Dispute")


class CommentState(models.TextChoices):
    """Open: the managers' turn. Answered: they have spoken last. Closed: done."""

    OPEN = "open", _("Open")
    ANSWERED = "answered", _("Answered")
    CLOSED = "closed", _("Closed")


class ImportState(models.TextChoices):
    """Where an import stands. Rows of a running import are in the queue already."""

    RECEIVING = "receiving", _("Receiving")
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class ExportState(models.TextChoices):
    """Where an export stands."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


def priority_of(lane: int | None) -> Priority | None:
    """Return the priority that a lane belongs to, what came back included; None for what was put aside."""
    return None if lane is None or lane >= LAST_LANE else Priority(lane + lane % 2)


def size_class(size: int) -> int:
    """Return `size` in bytes rounded up to a power of two, at least 256: the length of a text tells of it."""
    return max(SMALLEST_SIZE_CLASS, 1 << (size - 1).bit_length()) if size else SMALLEST_SIZE_CLASS


class EmptyReason(models.TextChoices):
    """Why the queue gave nothing. The first that applies, in this order."""

    NOT_ASSIGNED = "not_assigned", _("You are not assigned to this project. Ask its manager.")
    PAUSED = "paused", _("This project is paused. Its manager opens it again.")
    CLOSED = "closed", _("This project is closed. Nothing more is labeled in it.")
    NEEDS_CONSENT = (
        "needs_consent",
        _("Read what this project is for and say whether you take part. Nothing is counted if you decline."),
    )
    NO_SCHEMA = (
        "no_schema",
        _("This project asks no questions yet. Its manager writes the label schema first."),
    )
    NOT_QUALIFIED = (
        "not_qualified",
        _("This project needs a skill that is not noted for you. Ask its manager."),
    )
    NO_ITEMS = "no_items", _("No items have been imported yet.")
    CAP = "cap", _("You have given as many answers as one person may give here. Thank you.")
    BUSY = "busy", _("Colleagues are taking the last items right now. Try again in a moment.")
    HELD = "held_by_you", _("You hold items already, here or in another window. Answer them first.")
    LEASED = "leased", _("Every item left is with a colleague. One that they give back comes to you.")
    ALL_YOURS = "all_yours", _("You have answered all that is yours here. The rest is for other people.")
    DONE = "done", _("Every item has all its answers. This project is finished.")


@dataclass(frozen=True, slots=True)
class RestoredDraft:
    """What the actor had entered for an item, as parsed JSON, and the version to go on from."""

    version: int
    body: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TaskToLabel:
    """One item that the actor holds until `lease_ends`."""

    task_id: UUID
    fields: dict[str, Any] = field(repr=False)
    """The fields that the label schema shows, as they were imported; one that is missing or does not fit is None."""
    lease_ends: datetime
    schema_version: int
    """The newest one; for an item with a draft, the one that the draft was made under."""
    candidates: dict[str, str] | None = field(default=None, repr=False)
    """What is compared, as A, B, … in the order of this labeler; None where nothing is, or nothing fits."""
    problem: str | None = None
    """What keeps the item from fitting the label schema; None when it fits."""
    draft: RestoredDraft | None = None

    @property
    def compared(self) -> list[dict[str, str]] | None:
        """Return the candidates as the API lists them."""
        if self.candidates is None:
            return None
        return [{"name": name, "content": content} for name, content in self.candidates.items()]


@dataclass(frozen=True, slots=True)
class Taken:
    """What the queue gave: items with the receipt of their one delivery, or the reason for none."""

    tasks: tuple[TaskToLabel, ...]
    reason: EmptyReason | None
    receipt: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """An accepted answer. `again` says that it was accepted before, and nothing was written now."""

    submission_id: UUID
    task_id: UUID
    project_id: UUID
    receipt: str
    again: bool
    work: WorkOpenings | None = field(default=None, repr=False)
    """Of the work log's entry, which has the submission's id; none for an answer from before the work log."""


@dataclass(frozen=True, slots=True)
class ListedProject:
    """A project as lists show it, its name opened."""

    project_id: UUID
    name: str = field(repr=False)
    state: str
    overlap: int
    lease_minutes: int
    schema_version: int
    guidelines_version: int
    purpose_version: int
    created_at: datetime
    rights: frozenset[str]
    skip_policy: str = SkipPolicy.OTHERS
    skip_needs_reason: bool = False
    reopen_minutes: int = 15
    most_per_person: int | None = None


@dataclass(frozen=True, slots=True)
class ProjectTexts:
    """What somebody needs beside an item: the project's name, its label schema and its guidelines."""

    project: ListedProject
    schema: LabelSchema | None
    guidelines: str = field(repr=False)
    quiz: Quiz = field(default=(), repr=False)
    guidelines_required: bool = False

    @property
    def sees_all(self) -> bool:
        """Say whether the reader may see what labelers must not: source names, right answers of the quiz."""
        return not self.project.rights.isdisjoint({ProjectRight.MANAGE, ProjectRight.READ})

    def schema_json(self) -> dict[str, Any] | None:
        """Return the label schema as its reader may see it: labelers learn no source names of candidates."""
        if self.schema is None:
            return None
        return self.schema.to_json() if self.sees_all else self.schema.for_labelers()


@dataclass(frozen=True, slots=True)
class PersonsCount:
    """How many answers one member gave, and how many items they hold. Counts only, never per label."""

    member_id: UUID
    assigned: bool
    answered: int
    held: int
    active_ms: int = 0
    kept: int = 0
    """Items that are kept for them and that they have not begun."""
    since: datetime | None = None
    """When they took the item that they hold longest."""


@dataclass(frozen=True, slots=True)
class Board:
    """Where a project stands: answers needed and given, and by whom."""

    items: int
    needed: int
    answered: int
    leased: int
    open: int
    people: tuple[PersonsCount, ...]
    kept: int = 0
    """Of the open ones, those kept for one person."""
    threads: int = 0
    """Questions, flags and disputes that wait for a manager."""


@dataclass(frozen=True, slots=True)
class HeldItem:
    """One item in somebody's hands."""

    task_id: UUID
    seq: int
    member_id: UUID
    taken_at: datetime | None
    overdue: bool
    extended_often: bool


@dataclass(frozen=True, slots=True)
class SkippedItem:
    """One unfinished item that several people passed on."""

    task_id: UUID
    seq: int
    people: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """What is held longest, what many skipped, and skips by person and reason."""

    held: tuple[HeldItem, ...]
    skipped: tuple[SkippedItem, ...]
    skips: dict[UUID, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Places:
    """How often the candidate shown first was preferred, of everybody or of one person, in one question."""

    member_id: UUID | None
    question: str
    first: int = field(repr=False)
    other: int = field(repr=False)
    ties: int = field(repr=False)
    both_bad: int = field(repr=False)
    chance: float = field(repr=False)
    """How often a fair coin would land this unevenly."""
    called_out: bool = field(repr=False)

    @property
    def decisions(self) -> int:
        """Return how many answers preferred one place."""
        return self.first + self.other


@dataclass(frozen=True, slots=True)
class Aggregates:
    """What is derived from a project's answers: content, so it is sealed at rest and its opening is a delivery."""

    times: dict[str, dict[str, int]] = field(repr=False)
    labels: dict[str, dict[str, int]] = field(repr=False)
    places: tuple[Places, ...] = field(repr=False)
    people: tuple[Places, ...] = field(repr=False)
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedItem:
    """One item as managers see it in a list."""

    task_id: UUID
    seq: int
    external_id: str | None
    fields: dict[str, Any] = field(repr=False)
    answered: int
    needed: int
    priority: Priority | None = None
    """Of what is still to be answered; None when nothing is, or somebody put it aside."""
    reserved_for: tuple[UUID, ...] = ()
    """For whom answers of it are kept and not begun."""


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Up to 100 items in the order of import; `after` continues behind the last one, None at the end."""

    items: tuple[ListedItem, ...]
    after: int | None
    receipt: str


@dataclass(frozen=True, slots=True)
class OwnReceipt:
    """One accepted answer of the actor: when, where, and the log's receipt for it."""

    submitted_at: datetime
    task_id: UUID
    project_id: UUID
    receipt: str
