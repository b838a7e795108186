"""Base of every table that holds rows of a tenant, and the column type for sealed content."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import models

from ringfence.kernel.context import current_tenant_id
from ringfence.kernel.errors import NotSealed
from ringfence.kernel.ids import uuid7

RF1_PREFIX = b"RF1\x01"

M = TypeVar("M", bound=models.Model)

# Django's fields are generic to the type checker only.
if TYPE_CHECKING:
    BinaryField = models.BinaryField[Any, Any]
    ForeignKey = models.ForeignKey[Any, Any]
else:
    BinaryField, ForeignKey = models.BinaryField, models.ForeignKey


class TenantQuerySet(models.QuerySet[M], Generic[M]):
    """A query that has named its tenant. Exists only inside `acting()`."""


class TenantManager(models.Manager[M], Generic[M]):
    """Filters by the acting tenant, and raises `NoTenantContext` outside `acting()`.

    A second wall beside row-level security: each holds with the other taken down.
    """

    def get_queryset(self) -> models.QuerySet[M]:
        """Return the acting tenant's rows."""
        return super().get_queryset().filter(tenant_id=current_tenant_id())


class SealedField(BinaryField):
    """Bytes that only a keyring can read. Refuses anything but an RF1 ciphertext, `None` where allowed.

    `purpose` says which of the tenant's keys seals the column; it is part of what a ciphertext is bound to.
    """

    def __init__(self, *args: Any, purpose: str = "data", **options: Any) -> None:
        self.purpose = purpose
        super().__init__(*args, **options)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Keep the purpose in migrations."""
        name, path, args, options = super().deconstruct()
        if self.purpose != "data":
            options["purpose"] = self.purpose
        return name, path, args, options

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Refuse clear bytes before they reach the database, whose CHECK constraint refuses them again."""
        if value is not None and not hasattr(value, "as_sql") and bytes(value[:4]) != RF1_PREFIX:
            raise NotSealed(f"{self.model._meta.label}.{self.name} takes sealed bytes only")
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: Any, expression: object, connection: object) -> bytes | None:
        """Return plain `bytes`, whatever buffer the driver hands over."""
        return None if value is None else bytes(value)


class TenantModel(models.Model):
    """A row that belongs to exactly one tenant, in PostgreSQL itself.

    The first migration of each subclass ends with `IsolateTenantTable`; a system check and the
    isolation check refuse a table without it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField(default=current_tenant_id, editable=False)

    objects = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"


class TenantForeignKey(ForeignKey):
    """A reference inside one tenant. The constraint is the composite one that `IsolateTenantTable` adds.

    A single-column constraint would accept another tenant's id; rows are removed by services, never
    by cascade, and nobody walks references backwards.
    """

    def __init__(self, to: Any, **options: Any) -> None:
        options.setdefault("on_delete", models.PROTECT)
        options.setdefault("related_name", "+")
        options["db_constraint"] = False
        super().__init__(to, **options)


def sealed_fields(model: type[models.Model]) -> list[SealedField]:
    """Return the model's sealed columns: the population of the checks on ciphertext."""
    return [f for f in model._meta.get_fields() if isinstance(f, SealedField)]


def cell_of(field: Any) -> tuple[str, str, str]:
    """Return (purpose, table, column) of a model attribute such as `Task.payload`.

    Raises TypeError for anything but a sealed column, so that a typing slip cannot bind elsewhere.
    """
    column = getattr(field, "field", field)
    if not isinstance(column, SealedField):
        raise TypeError(f"{field!r} is not a sealed column")
    return column.purpose, column.model._meta.db_table, str(column.column)
