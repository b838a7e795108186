"""What is left of a workspace that was closed, and processes that die while they close one."""

from typing import Any

import psycopg
import pytest

from audit.models import Body
from audit.verbs import Verb
from ringfence.crypto.errors import CannotOpen, KeyRefused
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Dark
from ringfence.kernel.permissions import Purpose
from tenants.gate.service import closed_context
from tenants.keys import keyring as keyring_module
from tenants.keys.service import key_service
from tenants.keys.vault import Vault
from tenants.models import DataKey, Profile, TenantKey
from tests.stack import Stack
from tests.tenants.closing import (
    round_of,
)
from tests.world import Workspace


class Killed(BaseException):
    """The process died here."""


def dying_after(statements: int, workspace: Workspace) -> str:
    """Run a round that dies before its n-th statement, in either database, counting from 0."""
    from django.db import connections

    left = [statements]

    def counting(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return execute(sql, params, many, context)

    with connections["default"].execute_wrapper(counting), connections["control"].execute_wrapper(counting):
        try:
            return round_of(workspace)
        except Killed:
            return "killed"


def logged(stack: Stack, workspace: Workspace, verb: Verb) -> list[tuple[int, Any]]:
    """(index, object) of a verb's events in the log, read past every wall."""
    with psycopg.connect(stack.cluster.superuser_url("cell")) as database:
        return database.execute(
            "select seq, object_id from audit.body where tenant_id = %s and verb = %s order by seq",
            [workspace.tenant_id, verb],
        ).fetchall()


def everything_sealed(stack: Stack, workspace: Workspace) -> list[tuple[Any, Any, bytes]]:
    """Every ciphertext of a tenant, as a copy of the database would hold it: (field, row, bytes)."""
    from django.apps import apps

    from ringfence.kernel.models import TenantModel, sealed_fields

    out = []
    with psycopg.connect(stack.cluster.superuser_url("cell")) as database:
        for model in apps.get_models():
            if not issubclass(model, TenantModel):
                continue
            for field in sealed_fields(model):
                table = model._meta.db_table
                table = table if '"' in table else f'"{table}"'
                rows = database.execute(
                    f"select id, {field.column} from {table}"
                    f" where tenant_id = %s and {field.column} is not null",
                    [workspace.tenant_id],
                ).fetchall()
                out += [(getattr(model, field.name), row, bytes(sealed)) for row, sealed in rows]
    return out


def key_of_customer(workspace: Workspace) -> str:
    with acting(workspace.service(Purpose.JOB)):
        return TenantKey.objects.values_list("key_ref", flat=True)[0]


def key_of_customer_closed(workspace: Workspace) -> str:
    with acting(closed_context(workspace.tenant_id, Purpose.JOB)):
        return TenantKey.objects.values_list("key_ref", flat=True)[0]


def nothing_opens(
    stack: Stack, workspace: Workspace, ciphertexts: list[tuple[Any, Any, bytes]], reference: str
) -> None:
    """Try every ciphertext there ever was through the only door, with a vault that has forgotten all."""
    assert len(ciphertexts) > 8
    context, held = closed_context(workspace.tenant_id, Purpose.JOB), keyring_module.vault
    for vault in (held, Vault()):
        keyring_module.vault = vault
        try:
            for field, row, sealed in ciphertexts:
                with pytest.raises((CannotOpen, Dark)), acting(context):
                    context.keyring.open(sealed, field=field, row=row)
        finally:
            keyring_module.vault = held
    with acting(context):
        assert set(TenantKey.objects.values_list("wrapped", flat=True)) == {None}
        assert set(DataKey.objects.values_list("wrapped", flat=True)) == {None}
        assert not Profile.objects.exists()
        assert Body.objects.exists()
    with pytest.raises(KeyRefused):
        key_service().probe(reference)


def opens(workspace: Workspace) -> bytes:
    context = workspace.service(Purpose.JOB)
    with acting(context):
        profile = Profile.objects.get()
        return context.keyring.open(profile.name, field=Profile.name, row=profile.id)


def count_rows(stack: Stack, workspace: Workspace) -> dict[str, int]:
    """How many rows a tenant has in each table of the cell."""
    with psycopg.connect(stack.cluster.superuser_url("cell")) as database:
        tables = database.execute(
            "select table_schema || '.' || table_name from information_schema.columns"
            " where column_name = 'tenant_id' and table_schema = 'public'"
        ).fetchall()
        counts = {}
        for (table,) in tables:
            row = database.execute(
                f"select count(*) from {table} where tenant_id = %s", [workspace.tenant_id]
            ).fetchone()
            counts[table] = row[0] if row else 0
        return counts


def documents(stack: Stack, workspace: Workspace) -> list[tuple[str, Any]]:
    """What the control database holds of a tenant's own words, or as good as: sealed under the platform's key."""
    wanted = {
        "people_policyversion": ("document", "digest", "replaces"),
        "people_taintset": ("body", "policy_digest"),
        "people_mitigationplan": ("document", "digest", "policy_digest"),
        "people_adminkey": ("label", "public", "possession", "endorsement"),
        "people_invitation": ("email",),
        "people_publication": ("content",),
    }
    with psycopg.connect(stack.cluster.superuser_url("control")) as database:
        return [
            (f"{table}.{column}", bytes(content))
            for table, columns in wanted.items()
            for column in columns
            for (content,) in database.execute(
                f"select {column} from {table} where tenant_id = %s and {column} is not null",
                [workspace.tenant_id],
            )
        ]
