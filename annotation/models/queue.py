"""Items, the answers wanted for each, and the answers given."""

from django.db import models
from django.db.models import Q

from annotation.models.jobs import ImportJob
from annotation.models.projects import Project
from annotation.values import DEFAULT_LANE, SlotState
from ringfence.kernel.models import SealedField, TenantForeignKey, TenantModel


class Task(TenantModel):
    """One item to label. Never updated on the labeling path: its state is that of its slots.

    `payload` holds `annotation.labels.item.encode_item`. `external_blind` is the blind index of the
    customer's own id for it, so that a second import of one file adds nothing.
    """

    project = TenantForeignKey(Project, db_index=False)
    seq = models.BigIntegerField()
    external_blind = models.BinaryField(max_length=16, null=True)
    payload = SealedField()
    size_class = models.PositiveIntegerField(help_text="bytes of the payload, rounded up to a power of two")
    import_job = TenantForeignKey(ImportJob, null=True, db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "project", "seq"], name="one_task_at_each_place"),
            models.UniqueConstraint(
                fields=["tenant_id", "project", "external_blind"], name="one_task_for_each_external_id"
            ),
        ]


class Slot(TenantModel):
    """One wanted answer. An item with overlap n has n slots, so nothing counts and nothing is miscounted.

    `lane` is a priority, lower first. Even lanes hold what was imported; the odd lane below each holds
    what came back (lease over, released), with a fresh `seq` beyond everybody's mark.
    `epoch` is the holder's access epoch when they took it: when theirs moves, the lease is void.
    `last_labeler_id` is whoever lost the lease to the clock; they may still submit while nobody took it.
    `reserved_for` names the one person who gets it. `taken_at` bounds the times that a client tells.
    """

    id = None  # type: ignore[assignment]  # the key is (tenant, task, n): the row stays narrow, it is rewritten twice an answer
    pk = models.CompositePrimaryKey("tenant_id", "task_id", "n")
    project_id = models.UUIDField()
    task = TenantForeignKey(Task, db_index=False)
    n = models.PositiveSmallIntegerField()
    lane = models.SmallIntegerField(default=DEFAULT_LANE)
    seq = models.BigIntegerField()
    state = models.SmallIntegerField(choices=SlotState.choices, default=SlotState.OPEN)
    labeler_id = models.UUIDField(null=True)
    lease_ends = models.DateTimeField(null=True)
    epoch = models.IntegerField(null=True)
    last_labeler_id = models.UUIDField(null=True)
    reserved_for = models.UUIDField(null=True)
    taken_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="slot_has_a_labeler_unless_open",
                condition=Q(state=SlotState.OPEN, labeler_id__isnull=True)
                | (~Q(state=SlotState.OPEN) & Q(labeler_id__isnull=False)),
            ),
            models.CheckConstraint(
                name="slot_lease_is_whole",
                condition=Q(state=SlotState.LEASED, lease_ends__isnull=False, epoch__isnull=False)
                | (~Q(state=SlotState.LEASED) & Q(lease_ends__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "task", "labeler_id"],
                name="slot_person",
                condition=Q(labeler_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "task", "reserved_for"],
                name="slot_reserved_person",
                condition=Q(reserved_for__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant_id", "project_id", "lane", "seq"],
                name="slot_open",
                condition=Q(state=SlotState.OPEN, reserved_for__isnull=True),
            ),
            models.Index(
                fields=["tenant_id", "project_id", "reserved_for", "lane", "seq"],
                name="slot_reserved",
                condition=Q(state=SlotState.OPEN, reserved_for__isnull=False),
            ),
            models.Index(
                fields=["tenant_id", "project_id", "labeler_id", "lease_ends"],
                name="slot_held",
                condition=Q(state=SlotState.LEASED),
            ),
        ]


class Mark(TenantModel):
    """How far one person got in one lane of a project's queue. A hint: the queue is right without it."""

    id = None  # type: ignore[assignment]  # the key is (tenant, project, person, lane)
    pk = models.CompositePrimaryKey("tenant_id", "project_id", "labeler_id", "lane")
    project_id = models.UUIDField()
    labeler_id = models.UUIDField()
    lane = models.SmallIntegerField()
    seq = models.BigIntegerField()

    class Meta(TenantModel.Meta):
        pass


class Submission(TenantModel):
    """One given answer. Its slot is answered in the same statement, and its log entry written with it.

    One that its giver took back stays, with `withdrawn_at`: it counts nowhere and is not exported. So does
    one that a manager returned, with `returned_at` as well. One that was returned and upheld stands again:
    `returned_at` stays, `withdrawn_at` is null. `work_openings` are those of the work log's
    entry, which has this row's id; sealed under the labeler's own key, for them alone.
    """

    project_id = models.UUIDField()
    task = TenantForeignKey(Task, db_index=False)
    n = models.PositiveSmallIntegerField()
    labeler_id = models.UUIDField()
    answer = SealedField()
    lead_ms = models.PositiveIntegerField(
        help_text="from showing to submitting, as the client says, never longer than it was held"
    )
    active_ms = models.PositiveIntegerField(default=0, help_text="of it without idle time; never longer")
    schema_version = models.PositiveIntegerField()
    idempotency_key = models.UUIDField(null=True)
    receipt = models.CharField(max_length=200, help_text="the log's, given again for the same answer")
    submitted_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    work_openings = SealedField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "task", "n"],
                name="one_answer_for_each_slot",
                condition=Q(withdrawn_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "task", "labeler_id"],
                name="one_answer_for_each_person",
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant_id", "project_id", "labeler_id"], name="submission_by_person"),
            models.Index(fields=["tenant_id", "labeler_id", "submitted_at"], name="submission_of_the_day"),
            models.Index(
                fields=["tenant_id", "withdrawn_at", "id"],
                name="submission_withdrawn",
                condition=Q(withdrawn_at__isnull=False),
            ),
            models.Index(
                fields=["tenant_id", "task", "labeler_id"],
                name="submission_taken_back",
                condition=Q(withdrawn_at__isnull=False),
            ),
        ]

    @property
    def is_returned(self) -> bool:
        """Say whether a manager returned it, and nobody upheld it since."""
        return self.returned_at is not None and self.withdrawn_at is not None
