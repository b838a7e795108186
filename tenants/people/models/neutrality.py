"""Each tenant's neutrality policy, who signs it, what it makes of the graph, and plans that mitigate.

Documents name whom a tenant excludes, so they are sealed in the identity realm: who reads the table
learns that there are policies, and of nobody else's relations.
"""

from django.db import models

from tenants.people.models.base import ControlModel
from tenants.people.models.people import Person, Tenant


class AdminKey(ControlModel):
    """The public half of an Ed25519 key with which an admin signs. We never hold the other half."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    member_id = models.UUIDField()
    public = models.BinaryField(max_length=32)
    label = models.BinaryField(null=True, help_text="what the admin calls it, sealed in the identity realm")
    created_at = models.DateTimeField()
    possession = models.BinaryField(
        max_length=64, null=True, help_text="the key's own signature at registration"
    )
    endorsed_by = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    endorsement = models.BinaryField(max_length=64, null=True)
    active_from = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=16, blank=True, help_text="rotated, lost, removed")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "public"], name="an_admin_key_stands_once"),
            models.UniqueConstraint(
                fields=["tenant", "member_id"],
                condition=models.Q(active_from__isnull=False, ended_at=None),
                name="a_member_has_one_active_key",
            ),
        ]


class PolicyVersion(ControlModel):
    """One version of a tenant's policy. It rules from `effective_from` on, once it is signed."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    document = models.BinaryField(help_text="canonical JSON, sealed in the identity realm")
    digest = models.BinaryField(max_length=32)
    drafted_by = models.UUIDField(null=True, help_text="member id; null for the platform's own seed")
    drafted_at = models.DateTimeField()
    proposed_at = models.DateTimeField(null=True, help_text="when it was put up for signature, with its time")
    not_before = models.DateTimeField(null=True, help_text="the time that is signed; it rules no earlier")
    replaces = models.BinaryField(
        max_length=32, null=True, help_text="digest of the newest signed version when this was proposed"
    )
    effective_from = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "version"], name="one_policy_for_each_version"),
            models.CheckConstraint(
                condition=models.Q(signed_at=None) | models.Q(effective_from__isnull=False),
                name="a_signed_policy_has_its_time",
            ),
        ]


class PolicySignature(ControlModel):
    """One admin's Ed25519 signature over a policy's digest."""

    policy = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="+")
    key = models.ForeignKey(AdminKey, on_delete=models.PROTECT, related_name="+")
    signature = models.BinaryField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "key"], name="a_key_signs_a_policy_once")]


class KeyRecovery(ControlModel):
    """The way back from lost keys: a new key that owners approve, and that opens after a waiting time."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    new_key = models.ForeignKey(AdminKey, on_delete=models.PROTECT, related_name="+")
    lost_key = models.ForeignKey(AdminKey, on_delete=models.PROTECT, related_name="+", null=True)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    needed = models.PositiveSmallIntegerField(help_text="owners who must approve")
    opens_at = models.DateTimeField(help_text="not before this, however many approve")
    done_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stopped_with = models.ForeignKey(AdminKey, on_delete=models.PROTECT, related_name="+", null=True)
    stop_signature = models.BinaryField(max_length=64, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(done_at=None, stopped_at=None),
                name="one_recovery_at_a_time",
            )
        ]


class KeyRecoveryApproval(ControlModel):
    """One owner's word for a recovery."""

    recovery = models.ForeignKey(KeyRecovery, on_delete=models.CASCADE, related_name="+")
    member_id = models.UUIDField()
    approved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recovery", "member_id"], name="an_owner_approves_once")
        ]


class TaintSet(ControlModel):
    """What one policy makes of one graph version on one day: computed once, looked up at every door."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    policy_digest = models.BinaryField(max_length=32)
    graph_version = models.BigIntegerField()
    day = models.DateField()
    body = models.BinaryField(help_text="sealed in the identity realm")
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "policy_digest", "graph_version", "day"], name="one_taint_for_each_question"
            )
        ]


class MitigationPlan(ControlModel):
    """A walled-off team: people, systems, purpose, days; lifts nothing until the tenant's admins signed it."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    document = models.BinaryField(help_text="canonical JSON, sealed in the identity realm")
    digest = models.BinaryField(max_length=32)
    policy_digest = models.BinaryField(max_length=32, help_text="of the policy that it was approved under")
    drafted_by = models.UUIDField()
    drafted_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)


class PlanSignature(ControlModel):
    """One admin's Ed25519 signature over a plan's digest."""

    plan = models.ForeignKey(MitigationPlan, on_delete=models.CASCADE, related_name="+")
    key = models.ForeignKey(AdminKey, on_delete=models.PROTECT, related_name="+")
    signature = models.BinaryField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "key"], name="a_key_signs_a_plan_once")]


class PersonView(ControlModel):
    """Content of this tenant was shown to this person, from the first day to the last: Brewer and Nash's history."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "tenant"], name="one_history_for_each_pair")]


class Commitment(ControlModel):
    """A person has seen which of their own workspaces work in this one closes, and goes on."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "tenant"], name="a_person_commits_once")]


class Publication(ControlModel):
    """One attestation that a tenant shows to everybody, in clear, under an id that says nothing of the tenant."""

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, related_name="+")
    public_id = models.CharField(max_length=32, unique=True)
    attestation_id = models.UUIDField()
    content = models.BinaryField(help_text="the file, as the tenant's own members take it away")
    published_at = models.DateTimeField()
