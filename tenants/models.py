"""What a tenant keeps about itself, in the cell: members, keys, profile, rights on projects, reports."""

from typing import Any

from django.db import models

from ringfence.kernel.models import SealedField, TenantForeignKey, TenantModel
from ringfence.kernel.permissions import SUPPORT_ROLES
from tenants.values import LONGEST_VISIT_MINUTES, VisitState


class Member(TenantModel):
    """A person as one tenant knows them. The id is this tenant's own; name and address are sealed.

    It is Django's user model so that django-guardian's rows can point at it. It has no password:
    people log in at the gate, and nobody logs in as a member.
    """

    name = SealedField()
    email = SealedField()
    role = models.CharField(max_length=16)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    USERNAME_FIELD = "id"
    REQUIRED_FIELDS: list[str] = []
    is_anonymous = False
    is_authenticated = True
    is_superuser = False
    is_staff = False

    class Meta(TenantModel.Meta):
        pass


class Profile(TenantModel):
    """The tenant's name, sealed, and the code name that labelers see instead of it."""

    name = SealedField()
    code_name = SealedField()
    pin_taken_at = models.DateTimeField(null=True, help_text="when an owner kept the pin file")
    keys_confirmed_at = models.DateTimeField(null=True, help_text="when an owner confirmed the key ceremony")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant_id"], name="one_profile_for_each_tenant")]


class KeyState(models.TextChoices):
    """New writes take an active key; the other states only read, or no longer open anything."""

    ACTIVE = "active"
    DECRYPT_ONLY = "decrypt-only"
    DESTROYED = "destroyed"


class TenantKey(TenantModel):
    """One tenant key: per purpose and generation, wrapped by the customer's key in the key service."""

    purpose = models.CharField(max_length=16)
    generation = models.PositiveIntegerField(default=1)
    key_ref = models.CharField(max_length=200)
    wrapped = models.BinaryField(null=True, help_text="by the key service; null once destroyed")
    state = models.CharField(max_length=16, choices=KeyState.choices, default=KeyState.ACTIVE)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "purpose", "generation"], name="one_tenant_key_for_each_generation"
            )
        ]


class DataKey(TenantModel):
    """One data key: per shred unit (tenant, project or member) and purpose. Deleting the wrap shreds."""

    unit_id = models.UUIDField()
    purpose = models.CharField(max_length=16)
    generation = models.PositiveIntegerField(default=1)
    wrapped = SealedField(
        null=True, purpose="wrap", help_text="RF1 under the tenant key; null once destroyed"
    )
    state = models.CharField(max_length=16, choices=KeyState.choices, default=KeyState.ACTIVE)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "unit_id", "purpose", "generation"],
                name="one_data_key_for_each_generation",
            )
        ]


class IsolationReport(TenantModel):
    """One run of the isolation check that a member asked for; findings are facts about walls, not content."""

    asked_by_id = models.UUIDField()
    state = models.CharField(max_length=16, default="waiting")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    wall = models.CharField(
        max_length=32, blank=True, help_text="the wall taken down in the shadow; empty for a check"
    )
    exit_code = models.SmallIntegerField(null=True)
    report: Any = SealedField(null=True)

    class Meta(TenantModel.Meta):
        pass


class OperatorConflict(TenantModel):
    """The operator itself met a rule of this tenant's policy: a statement to the tenant, from then until it ends."""

    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    statement: Any = SealedField(help_text="the path in words, and what it rests on")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by_id = models.UUIDField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id"],
                condition=models.Q(closed_at=None),
                name="one_open_conflict_of_the_operator",
            )
        ]


class SupportSession(TenantModel):
    """One visit of the operator's support: asked, decided by an owner, over. Why and by whom is sealed.

    In the operator's own workspace a row keeps what its people have asked for, with `asked_by_id`; nobody decides
    anything there.
    """

    state = models.CharField(max_length=16, choices=VisitState.choices, default=VisitState.ASKED)
    role = models.CharField(max_length=16)
    minutes = models.PositiveSmallIntegerField(help_text="asked for")
    approved_minutes = models.PositiveSmallIntegerField(null=True)
    purpose: Any = SealedField(help_text="why, in the visitor's words")
    visitor: Any = SealedField(help_text="JSON: name and member id at the operator; or which customer")
    asked_at = models.DateTimeField()
    asked_by_id = models.UUIDField(null=True, help_text="of the operator's own rows alone")
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.UUIDField(null=True)
    member_id = models.UUIDField(null=True, help_text="under which the visitor acts here, once approved")
    starts = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_id = models.UUIDField(null=True, help_text="null where the time was over")
    counts: Any = SealedField(null=True, help_text="JSON: events of the visitor by verb, once it is over")

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant_id", "state"], name="support_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=LONGEST_VISIT_MINUTES),
                name="support_is_short",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in SUPPORT_ROLES]),
                name="support_is_never_owner_or_admin",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_minutes=None)
                | models.Q(approved_minutes__gte=1, approved_minutes__lte=models.F("minutes")),
                name="support_stays_no_longer_than_asked",
            ),
        ]


class ExposureReport(TenantModel):
    """One replay of the log over a period: who saw what, held against what was known then and is known now.

    `after_seq` moves in the transaction of what it counts, so that a worker that dies leaves nothing twice.
    """

    asked_by_id = models.UUIDField()
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True, help_text="last sign of life of the worker")
    finished_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=16, default="waiting")
    since = models.DateTimeField()
    until = models.DateTimeField()
    question: Any = SealedField(help_text="about whom: everybody, one member or one party")
    attests = models.BooleanField(default=False, help_text="whether an attestation is issued at the end")
    first_seq = models.BigIntegerField(default=0)
    last_seq = models.BigIntegerField(default=-1, help_text="below `first_seq` when the period has no event")
    after_seq = models.BigIntegerField(default=-1)
    size = models.BigIntegerField(default=0, help_text="of the signed log that is replayed")
    tally: Any = SealedField(null=True, help_text="what was counted so far")
    ticket: Any = SealedField(null=True, help_text="the asker's job ticket, until the job has ended")
    problem = models.CharField(max_length=40, blank=True, help_text="code of what stopped it; no content")

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant_id", "state"], name="exposure_by_state")]


class ExposurePart(TenantModel):
    """A sealed piece of what an exposure report lists, counted from 0 for each kind: one page of it."""

    report = TenantForeignKey(ExposureReport, db_index=False)
    kind = models.CharField(max_length=16)
    n = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    body: Any = SealedField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "report", "kind", "n"], name="one_exposure_part_for_each_n"
            )
        ]


class Attestation(TenantModel):
    """One attestation that was asked for. The statement is sealed here; its signature stands in the log's schema."""

    report = TenantForeignKey(ExposureReport, db_index=False)
    event_id = models.UUIDField(help_text="of the event that carries the statement's digest")
    issued_by_id = models.UUIDField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    payload: Any = SealedField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "report"], name="one_attestation_for_each_report")
        ]


class BundleJob(TenantModel):
    """One proof bundle that a worker makes. `done`, `place` and the parts move in one transaction: resumable."""

    state = models.CharField(max_length=16, default="waiting")
    asked_by_id = models.UUIDField()
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True, help_text="last sign of life of the worker")
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="of a finished one: its parts go then")
    from_size = models.BigIntegerField(default=0)
    selection: Any = SealedField(null=True, help_text="JSON: which events; null for all")
    plan: Any = SealedField(null=True, purpose="export", help_text="what it holds, settled at the start")
    finding: Any = SealedField(null=True, purpose="export", help_text="while chosen events are being found")
    opened = models.BigIntegerField(default=0, help_text="events opened to find those that are chosen")
    to_open = models.BigIntegerField(default=0)
    place: Any = SealedField(
        null=True, purpose="export", help_text="what the next unit needs of those before"
    )
    size = models.BigIntegerField(default=0, help_text="of the signed log")
    total = models.BigIntegerField(default=0, help_text="events that it holds in the end")
    done = models.BigIntegerField(default=0)
    units = models.PositiveIntegerField(default=0)
    erasures = models.BigIntegerField(
        default=0, help_text="events below `size` that were erased at the start"
    )
    bytes_made = models.BigIntegerField(default=0)
    digest: Any = SealedField(null=True, purpose="export", help_text="SHA-256 of the whole file")
    ticket: Any = SealedField(null=True, help_text="the asker's job ticket, until the job has ended")
    problem = models.CharField(max_length=40, blank=True, help_text="code of what stopped it; no content")

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant_id", "state"], name="bundle_by_state")]


class BundlePart(TenantModel):
    """One sealed piece of a bundle. In the order of (section, n) the pieces, opened and joined, are the file."""

    bundle: Any = TenantForeignKey(BundleJob, db_index=False)
    section = models.PositiveSmallIntegerField()
    n = models.PositiveIntegerField(help_text="the unit that made it, counted from 0")
    length = models.PositiveIntegerField(help_text="bytes of the file in it")
    body: Any = SealedField(purpose="export")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "bundle", "section", "n"], name="one_bundle_part_for_each_unit"
            )
        ]


class WebhookState(models.TextChoices):
    """Only an active webhook sends. Who stopped it: its admins, the policy, or its own failures."""

    ACTIVE = "active"
    PAUSED = "paused"
    REFUSED = "refused"
    DISABLED = "disabled"


class Webhook(TenantModel):
    """An address that events of the log are sent to, by their ids. Address and secrets are sealed."""

    url = SealedField()
    secret = SealedField()
    old_secret = SealedField(null=True, help_text="still signed with until `old_until`")
    old_until = models.DateTimeField(null=True)
    judged = SealedField(help_text="the newest verdict: outcome, parties, and why in the admin's own words")
    verbs = models.JSONField(help_text="which events are sent")
    state = models.CharField(max_length=16, choices=WebhookState.choices, default=WebhookState.ACTIVE)
    cursor = models.BigIntegerField(help_text="index of the next log entry to look at")
    failures = models.PositiveIntegerField(default=0, help_text="failed attempts in a row")
    resume_at = models.DateTimeField(null=True, help_text="nothing is sent before, after a failure")
    busy_until = models.DateTimeField(null=True, help_text="one worker at a time sends to one address")
    created_by_id = models.UUIDField()
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        pass


class DeliveryState(models.TextChoices):
    """The life of one attempt."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    GIVEN_UP = "given-up"
    REFUSED = "refused"


class WebhookDelivery(TenantModel):
    """One attempt to send one event to one webhook. Holds no content and nothing of the receiver's answer."""

    webhook: Any = TenantForeignKey(Webhook)
    event_index = models.BigIntegerField(null=True, help_text="in the log; null for a test")
    event_id = models.UUIDField()
    verb = models.CharField(max_length=80)
    object_kind = models.CharField(max_length=40)
    object_id = models.UUIDField(null=True)
    event_at = models.DateTimeField()
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=16, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    due_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=24, blank=True, help_text="what went wrong, as one word")
    status_class = models.PositiveSmallIntegerField(null=True, help_text="2 for 200 to 299, and so on")
    asked_by_id = models.UUIDField(null=True, help_text="who asked to send it again")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "webhook", "event_id", "attempt"], name="one_row_for_each_attempt"
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant_id", "webhook", "due_at"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="deliveries_that_are_open",
            )
        ]
