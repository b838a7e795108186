"""The migration operation that makes a table a tenant's: keys, policies and rights in one step."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from ringfence.kernel.models import RF1_PREFIX

POLICY = "tenant_isolation"
ADMITTED = "admitted"
CENSUS = "census"
HEADERS = "headers"
PREDICATE = "(tenant_id = ( SELECT rf.tenant() AS tenant))"
"""The policy text as PostgreSQL prints it back (`pg_get_expr`); the isolation check compares with it."""

ADMITS = "( SELECT rf.{}() AS {})"
"""The restrictive policy's text likewise; the function is `admitted`, or `may_seal` on tables of keys."""

SERVICE_ROLES = ("rf_app", "rf_worker")
CHECKER = "rf_checker"
DEFINER = "rf_definer"


def isolate(
    table: str,
    references: Mapping[str, str] | None = None,
    sealed: Sequence[str] = (),
    rights: str = "SELECT, INSERT, UPDATE, DELETE",
    key: str = "id",
) -> list[str]:
    """Return the statements that isolate `table`, in the order in which they run.

    Args:
        table: an existing, empty table with a column `tenant_id uuid NOT NULL`.
        references: column -> tenant table it points at; becomes a composite foreign key with the tenant.
        sealed: columns that hold RF1 ciphertexts only; becomes a CHECK.
        rights: what the service roles may do.
        key: the table's own primary key, empty when the table has a composite one.

    A plain foreign key would accept another tenant's id and reveal that it exists, since referential
    checks ignore policies (PostgreSQL manual, section 5.9, "Row Security Policies").
    """
    out = []
    if key:
        out.append(f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_of_tenant" UNIQUE (tenant_id, "{key}")')
    for column, parent in (references or {}).items():
        name = f"{table}_{column}_same_tenant"
        # PostgreSQL validates as the owner under the policy, which raises without a context.
        # Inside this one transaction the parent's owner is let through, then forced again.
        out += [
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" FOREIGN KEY (tenant_id, "{column}")'
            f' REFERENCES "{parent}" (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE NOT VALID',
            f'ALTER TABLE "{parent}" NO FORCE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" VALIDATE CONSTRAINT "{name}"',
            *([f'ALTER TABLE "{parent}" FORCE ROW LEVEL SECURITY'] if parent != table else []),
        ]
    prefix = RF1_PREFIX.hex()
    out += [
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{column}_is_sealed"'
        f""" CHECK ("{column}" IS NULL OR substring("{column}" FROM 1 FOR 4) = '\\x{prefix}'::bytea)"""
        for column in sealed
    ]
    out += [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY {POLICY} ON "{table}" USING (tenant_id = (SELECT rf.tenant()))'
        " WITH CHECK (tenant_id = (SELECT rf.tenant()))",
        *admit_only(table),
        f'CREATE POLICY {CENSUS} ON "{table}" FOR SELECT TO {CHECKER} USING (true)',
        f'GRANT {rights} ON "{table}" TO {", ".join(SERVICE_ROLES)}',
        # Ids alone, references among them: the check counts rows and follows references, and reads nothing.
        f"GRANT SELECT ({', '.join(filter(None, (key, 'tenant_id', *(references or ()))))})"
        f' ON "{table}" TO {CHECKER}',
    ]
    if sealed:
        # For `rf.sealed_headers` alone, which shows the checker where cells stand and which key they name.
        out += [
            f'CREATE POLICY {HEADERS} ON "{table}" FOR SELECT TO {DEFINER} USING (true)',
            f'GRANT SELECT ({", ".join((key, "tenant_id", *sealed))}) ON "{table}" TO {DEFINER}',
        ]
    return out


def admit_only(table: str, function: str = "admitted") -> list[str]:
    """Return the statements of the restrictive policy: whom the tenant's policy bars reads and writes nothing.

    It stands beside the tenant's own policy and can only take away (PostgreSQL manual, CREATE POLICY, RESTRICTIVE).
    """
    return [
        f'DROP POLICY IF EXISTS {ADMITTED} ON "{table}"',
        f'CREATE POLICY {ADMITTED} ON "{table}" AS RESTRICTIVE USING ((SELECT rf.{function}()))'
        f" WITH CHECK ((SELECT rf.{function}()))",
    ]


class IsolateTenantTable(Operation):
    """Isolate one table; the last operation of the migration that creates it."""

    reversible = True
    reduces_to_sql = True
    elidable = False

    def __init__(
        self,
        table: str,
        references: Mapping[str, str] | None = None,
        sealed: Sequence[str] = (),
        rights: str = "SELECT, INSERT, UPDATE, DELETE",
        key: str = "id",
    ) -> None:
        self.table, self.references, self.sealed = table, references, sealed
        self.rights, self.key = rights, key

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Leave Django's model state as it is: policies and composite keys are PostgreSQL's."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Run the statements, on the cell database only."""
        if schema_editor.connection.alias != "default":
            return
        # Django defers its own (single-column) foreign keys to the end; ours do not wait for them.
        for statement in isolate(self.table, self.references, self.sealed, self.rights, self.key):
            schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Do nothing: dropping the table drops its policies, and isolation is never lifted alone."""

    def describe(self) -> str:
        """Say it in one line, for `migrate --plan`."""
        return f"Isolate {self.table} by tenant"


class GiveOnlyToAdmitted(Operation):
    """Refuse rows whose `column` names a member whom the tenant's policy keeps away, whoever writes them."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str, column: str) -> None:
        self.table, self.column = table, column

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Leave Django's model state as it is."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Make two triggers, on the cell database only; an update that leaves the column alone costs nothing."""
        if schema_editor.connection.alias != "default":
            return
        name, column = f"{self.column}_is_admitted", f'"{self.column}"'
        for suffix, event, changed in (
            ("", "INSERT", f"NEW.{column} IS NOT NULL"),
            (
                "_on_change",
                f"UPDATE OF {column}",
                f"NEW.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column}",
            ),
        ):
            schema_editor.execute(
                f'CREATE TRIGGER "{name}{suffix}" BEFORE {event} ON "{self.table}" FOR EACH ROW'
                f" WHEN ({changed}) EXECUTE FUNCTION rf.refuse_barred('{self.column}')"
            )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Do nothing: a wall is never lifted alone."""

    def describe(self) -> str:
        """Say it in one line, for `migrate --plan`."""
        return f"Give rows of {self.table} to admitted members only"


class AdmitOnly(Operation):
    """Give tables of an earlier migration the restrictive policy; on tables of keys, let refusals be sealed."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, *tables: str, function: str = "admitted") -> None:
        self.tables, self.function = tables, function

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Leave Django's model state as it is."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Make the policies anew, on the cell database only."""
        if schema_editor.connection.alias == "default":
            for table in self.tables:
                for statement in admit_only(table, self.function):
                    schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Do nothing: a wall is never lifted alone."""

    def describe(self) -> str:
        """Say it in one line, for `migrate --plan`."""
        return f"Keep barred actors away from {', '.join(self.tables)}"


class SealColumns(Operation):
    """Declare columns that a later migration adds to an isolated table as sealed; after its `AddField`."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self.table, self.columns = table, columns

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Leave Django's model state as it is."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Add the CHECKs, and what the isolation check needs to see headers; on the cell database only."""
        if schema_editor.connection.alias != "default":
            return
        for column in self.columns:
            schema_editor.execute(
                f'ALTER TABLE "{self.table}" ADD CONSTRAINT "{self.table}_{column}_is_sealed" CHECK ("{column}" IS NULL'
                f""" OR substring("{column}" FROM 1 FOR 4) = '\\x{RF1_PREFIX.hex()}'::bytea)"""
            )
        schema_editor.execute(f'DROP POLICY IF EXISTS {HEADERS} ON "{self.table}"')
        schema_editor.execute(
            f'CREATE POLICY {HEADERS} ON "{self.table}" FOR SELECT TO {DEFINER} USING (true)'
        )
        schema_editor.execute(
            f'GRANT SELECT (id, tenant_id, {", ".join(self.columns)}) ON "{self.table}" TO {DEFINER}'
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Do nothing: dropping the columns drops their checks and rights."""

    def describe(self) -> str:
        """Say it in one line, for `migrate --plan`."""
        return f"Seal {', '.join(self.columns)} of {self.table}"


class GrantShared(Operation):
    """Give the service roles a right on a table that holds rows of no tenant."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str, rights: str = "SELECT") -> None:
        self.table, self.rights = table, rights

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Leave Django's model state as it is."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Grant, on the cell database only."""
        if schema_editor.connection.alias == "default":
            schema_editor.execute(f'GRANT {self.rights} ON "{self.table}" TO {", ".join(SERVICE_ROLES)}')

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Take the right back."""
        if schema_editor.connection.alias == "default":
            schema_editor.execute(f'REVOKE {self.rights} ON "{self.table}" FROM {", ".join(SERVICE_ROLES)}')

    def describe(self) -> str:
        """Say it in one line, for `migrate --plan`."""
        return f"Grant {self.rights} on {self.table} to the service roles"
