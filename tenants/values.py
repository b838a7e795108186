"""Words that cross this room's edges: the states and kinds of tenants."""

from django.db import models


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
