"""Words that cross this room's edges: the states and kinds of tenants, and of support visits."""

from datetime import timedelta

from django.db import models

LONGEST_VISIT_MINUTES = 240
ASK_LIFE = timedelta(hours=24)
"""How long an owner may answer an ask of the operator's support; afterwards it is asked anew."""


class TenantState(models.TextChoices):
    """The life of a tenant. Each state says what still works (platform/docs/tenant-states.md)."""

    SETTING_UP = "setting-up"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEAVING = "leaving"
    DESTROYED = "destroyed"


class TenantKind(models.TextChoices):
    """A customer, the operator itself, or one of the canaries that the isolation check examines."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    CANARY = "canary"


class VisitState(models.TextChoices):
    """A support visit: `ended` by a person, `over` by its time, or never answered."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"
    OVER = "over"
