"""The tables of schema `audit` that the application reads. PostgreSQL owns them: see `schema/`."""

from django.db import models

from ringfence.kernel.models import SealedField, TenantModel


class LogState(models.TextChoices):
    """A frozen log takes events and signs nothing; a retired one takes none."""

    ACTIVE = "active"
    FROZEN = "frozen"
    RETIRED = "retired"


class Log(TenantModel):
    """The one log of a tenant. `vkey` is empty until the signer has made the log's key."""

    origin = models.TextField()
    opened_at = models.DateTimeField()
    inception = models.UUIDField(help_text="the event that records the opening, its first own entry")
    vkey = models.TextField(null=True)
    state = models.TextField(choices=LogState.choices)
    frozen_why = models.TextField(null=True)
    after_size = models.BigIntegerField(
        help_text="it signs heads above this size; -1 unless it succeeds another"
    )
    witnesses_wanted = models.SmallIntegerField(
        null=True, help_text="null for what the operator's policy wants"
    )

    class Meta(TenantModel.Meta):
        managed = False
        db_table = '"audit"."log"'


class Body(TenantModel):
    """What one event says: the clear part for search, and both halves sealed with their salts.

    `id` is the event's id, and the row that both ciphertexts are bound to. `pii` is sealed under
    the acting member's own data key, so that it can be erased for one person.
    """

    seq = models.BigIntegerField(help_text="index in the log, counted from 0")
    verb = models.TextField()
    actor_id = models.UUIDField()
    object_kind = models.TextField()
    object_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    core = SealedField(null=True, purpose="audit")
    pii = SealedField(null=True, purpose="audit")

    class Meta(TenantModel.Meta):
        managed = False
        db_table = '"audit"."body"'


class Erasure(TenantModel):
    """An event that lost its personal half, and the event by which it did."""

    id = None  # type: ignore[assignment]  # the key is (tenant, seq)
    pk = models.CompositePrimaryKey("tenant_id", "seq")
    seq = models.BigIntegerField(help_text="index of the event that was erased")
    event = models.UUIDField(help_text="id of the event that erased it")
    at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        managed = False
        db_table = '"audit"."erasure"'


class AttestationRequest(TenantModel):
    """A statement that waits for the signer. What it says is for the signer to read, and for nobody else."""

    at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        managed = False
        db_table = '"audit"."attestation_request"'
