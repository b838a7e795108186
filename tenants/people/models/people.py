"""People, sessions and memberships: the control database. Personal data is sealed.

No row here refers to the cell, and none there refers here: a tenant knows a person by a member id of
its own, so that two rivals' logs cannot be joined.
"""

from typing import Any

from django.db import models

from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.people.models.base import ControlModel
from tenants.values import TenantKind, TenantState


class RealmKey(ControlModel):
    """The wrapped key under which personal data in this database is sealed."""

    purpose = models.CharField(max_length=16)
    key_ref = models.CharField(max_length=200)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose"], name="one_realm_key_for_each_purpose")]


class Tenant(ControlModel):
    """A customer's workspace. Its name is sealed in the cell; here it is a random public id."""

    public_id = models.CharField(max_length=32, unique=True)
    log_id = models.CharField(
        max_length=32, unique=True, help_text="stands in the log's origin; not the public id"
    )
    kind = models.CharField(max_length=16, choices=TenantKind.choices, default=TenantKind.CUSTOMER)
    state = models.CharField(max_length=16, choices=TenantState.choices, default=TenantState.SETTING_UP)
    made_in = models.CharField(
        max_length=16, help_text="mode of the install that made it; production serves its own"
    )
    sealed_party = models.BinaryField(
        null=True, help_text="which party of the graph the customer is, where that is known, sealed"
    )
    created_at = models.DateTimeField()


class Person(ControlModel):
    """Someone who can log in. E-mail address and name are sealed; the address is found by a blind index."""

    email_blind = models.BinaryField(max_length=16, unique=True)
    email = models.BinaryField(help_text="sealed in the identity realm")
    name = models.BinaryField(help_text="sealed in the identity realm")
    password = models.CharField(max_length=200, help_text="Argon2id")
    totp = models.BinaryField(null=True, help_text="sealed secret; null until the second factor is set up")
    totp_step = models.BigIntegerField(default=0, help_text="last 30 s step used: a code works once")
    created_at = models.DateTimeField()


class RecoveryCode(ControlModel):
    """One use in place of the second factor. Stored hashed."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    hash = models.BinaryField(max_length=32, unique=True)
    used_at = models.DateTimeField(null=True)


class Membership(ControlModel):
    """A person's place in a tenant: one role, and the member id under which the tenant knows them."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    member_id = models.UUIDField(unique=True, default=uuid7)
    role = models.CharField(max_length=16, choices=[(r.value, r.value) for r in Role])
    epoch = models.BigIntegerField(default=1, help_text="moves when access changes; voids leases and tickets")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(
        null=True, help_text="of a support visit: from here on it is over, whatever else happens"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "tenant"], name="one_membership_for_each_tenant")
        ]


class Session(ControlModel):
    """A browser's session. Serves one tenant; switching mints a new one. The secret is stored hashed."""

    hash = models.BinaryField(max_length=32, unique=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", null=True)
    second_factor_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    totp_offer = models.BinaryField(
        null=True, help_text="sealed secret shown for set-up in this session, not in force yet"
    )


class Closing(ControlModel):
    """A workspace is to be closed for good: asked, confirmed, withdrawn or carried out, and how far that has come.

    It outlives the tenant's keys, so that a crash in the middle is found and finished.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    asked_by = models.UUIDField(help_text="member id")
    asked_at = models.DateTimeField()
    needed = models.PositiveSmallIntegerField(help_text="owners whose word it takes, by those who were there")
    confirmed_by = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    opens_at = models.DateTimeField(help_text="not carried out before this")
    lapses_at = models.DateTimeField(help_text="nor after this: then it is asked anew")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.UUIDField(null=True, help_text="null where its time was over")
    begun_at = models.DateTimeField(null=True, help_text="from here on nobody can withdraw it")
    begun_by = models.UUIDField(null=True)
    last_event = models.BinaryField(null=True, help_text="its openings until the certificate is made, sealed")
    certificate = models.BinaryField(null=True, help_text="a proof bundle of the last event, sealed")
    keys_destroyed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    link = models.BinaryField(max_length=32, null=True, unique=True, help_text="SHA-256 of the link's secret")
    link_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(withdrawn_at=None), name="one_closing_at_a_time"
            )
        ]


class Invitation(ControlModel):
    """A place in one tenant, offered to one address. The secret is stored hashed."""

    hash = models.BinaryField(max_length=32, unique=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    email_blind = models.BinaryField(max_length=16)
    email = models.BinaryField(help_text="sealed in the identity realm")
    role = models.CharField(max_length=16, choices=[(r.value, r.value) for r in Role])
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class PasswordReset(ControlModel):
    """A way back for one person, for one hour. The secret is stored hashed."""

    hash = models.BinaryField(max_length=32, unique=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ApiToken(ControlModel):
    """A scoped, expiring credential of one membership. The secret is stored hashed."""

    hash = models.BinaryField(max_length=32, unique=True)
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    label = models.BinaryField(null=True, help_text="what it is for, sealed in the identity realm")
    permissions: Any = models.JSONField(help_text="list of permission names; never more than the role's")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
