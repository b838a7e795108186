"""The populations of the checks on the database, read from PostgreSQL's catalog and from the models."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import models

from ringfence.kernel.context import TenantContext
from ringfence.kernel.models import SealedField, TenantForeignKey, TenantModel, sealed_fields
from tenants.isolation.target import Target

SCHEMAS = ("public", "rf", "audit")
LOGIN_ROLES = (
    "rf_migrator",
    "rf_app",
    "rf_worker",
    "rf_gate",
    "rf_sequencer",
    "rf_signer",
    "rf_publisher",
    "rf_checker",
)
SERVICE_ROLES = ("rf_app", "rf_worker", "rf_gate", "rf_sequencer", "rf_signer", "rf_publisher")
MEMBERSHIPS = frozenset({("rf_migrator", "rf_owner"), ("rf_checker", "rf_app")})
"""(member, role): all that bootstrap grants between roles, scratch roles of plants aside."""

SHARED_TABLES = {
    "public.django_migrations": "which migrations ran; no row of a tenant",
    "rf.context_key": "keys that verify context tokens; only the context functions read it",
    "rf.barred": "random ids of members whom a policy keeps away; only functions of rf read it",
    "audit.heartbeat": "one row for each process of the log; no row of a tenant",
    "audit.recovery": "how many events a log lost the bodies of, by its random id; tenants read the event that says so",
    "audit.succession": "which log took which one's place, by random ids; tenants get their own by audit.successions()",
    "audit.anchor": "what stands in the bucket, by a log's random id; no service that serves requests reads it",
    "audit.timestamp": "when an authority saw a checkpoint of the meta-log; no row of a tenant",
    "audit.cosignature": "what witnesses said about the meta-log; no row of a tenant",
}


@dataclass(frozen=True, slots=True)
class Table:
    """One relation that holds, or could hold, rows of tenants."""

    oid: int
    schema: str
    name: str
    kind: str
    owner: str
    enabled: bool
    forced: bool
    tenant_column: str
    """Type of `tenant_id`, with ` null` behind it when it may be null; empty when there is none."""

    @property
    def sql(self) -> str:
        """The name as SQL writes it."""
        return f'"{self.schema}"."{self.name}"'

    @property
    def full_name(self) -> str:
        """The name for people."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One column of ciphertexts, with the model field that names it."""

    model: type[models.Model]
    field: SealedField

    @property
    def table(self) -> str:
        """The table as SQL writes it."""
        return (
            self.model._meta.db_table
            if '"' in self.model._meta.db_table
            else f'"{self.model._meta.db_table}"'
        )

    @property
    def name(self) -> str:
        """The name for people."""
        return f"{self.model._meta.db_table.replace(chr(34), '')}.{self.field.column}"


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference between tables of tenants."""

    child: str
    column: str
    parent: str
    key: str


def all_tables(target: Target) -> list[Table]:
    """Return every relation that stores or shows rows in our schemas, and in any other that is not PostgreSQL's."""
    rows = target.ask(
        """
        SELECT c.oid, n.nspname, c.relname, c.relkind, c.relowner::regrole::text, c.relrowsecurity,
               c.relforcerowsecurity,
               coalesce((SELECT format_type(a.atttypid, NULL) || CASE WHEN a.attnotnull THEN '' ELSE ' null' END
                  FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped), '')
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
         ORDER BY 2, 3
        """
    )
    return [Table(row[0], row[1], row[2], _text(row[3]), row[4], row[5], row[6], row[7]) for row in rows]


def shared_tables() -> dict[str, str]:
    """Return the tables that hold rows of no tenant, each with its reason."""
    shared = dict(SHARED_TABLES)
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label in settings.SHARED_MODELS:
            shared[f"public.{model._meta.db_table}"] = settings.SHARED_MODELS[model._meta.label]
    return shared


def tenant_tables(target: Target) -> list[Table]:
    """Return every table that holds rows of tenants: all but the shared ones."""
    shared = shared_tables()
    return [t for t in all_tables(target) if t.kind in "rp" and t.full_name not in shared]


def tenant_models() -> list[type[models.Model]]:
    """Return the models of tenants' rows."""
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]


def sealed_columns() -> list[SealedColumn]:
    """Return every column that holds ciphertexts."""
    return [SealedColumn(model, each) for model in tenant_models() for each in sealed_fields(model)]


def cells(target: Target, context: TenantContext) -> Iterator[tuple[SealedField, str, UUID, bytes]]:
    """Yield (field, name, row, ciphertext) of every sealed cell that a canary's rows have."""
    for column in sealed_columns():
        row = target.rows(context).get(column.model)
        sealed = None if row is None else getattr(row, column.field.attname)
        if row is not None and sealed is not None:
            yield column.field, column.name, row.pk, bytes(sealed)


def references() -> list[Reference]:
    """Return every reference that a model of tenants' rows declares to another one."""
    found = []
    for model in tenant_models():
        for each in model._meta.get_fields():
            if isinstance(each, TenantForeignKey):
                parent = each.related_model
                found.append(
                    Reference(
                        model._meta.db_table, each.column, parent._meta.db_table, str(parent._meta.pk.column)
                    )
                )
    return found


def insertable(target: Target, table: Table) -> list[str]:
    """Return the columns of a table that an INSERT may name."""
    rows = target.ask(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' AND attidentity <> 'a' ORDER BY attnum",
        [table.oid],
    )
    return [row[0] for row in rows]


def readable(target: Target, table: Table, role: str) -> list[str]:
    """Return the columns of a table that `role` may read."""
    rows = target.ask(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped"
        " AND has_column_privilege(%s, attrelid, attnum, 'SELECT') ORDER BY attnum",
        [table.oid, role],
    )
    return [row[0] for row in rows]


def _text(value: object) -> str:
    """Return a value of PostgreSQL's one-byte type "char" as text; drivers differ in what they give."""
    return value.decode() if isinstance(value, bytes) else str(value)
