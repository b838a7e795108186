"""Removes a closed workspace's rows, table by table and slice by slice; nothing opens them any more anyway."""

from collections.abc import Sequence

from django.apps import apps
from django.db import IntegrityError, connection

from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.models import TenantModel
from tenants.models import DataKey, TenantKey

SLICE = 5_000
MAY_DELETE = "select has_table_privilege(current_user, %s, 'DELETE')"
KEPT = (TenantKey, DataKey)
"""Rows without wraps: they say that each key was destroyed."""


def empty_tables(context: TenantContext) -> int:
    """Remove the acting tenant's rows wherever services may remove rows; return how many. Opens units of its own.

    The log's tables take no deletion, nor do attestations with their reports: they stay as ciphertext without a
    key. Safe to repeat. Whatever another row still points at is tried again after that one.
    """
    tables, removed = _tables(context), 0
    while tables:
        left, before = [], removed
        for table in tables:
            try:
                removed += _empty(context, table)
            except IntegrityError:
                left.append(table)
        if removed == before:
            break
        tables = left
    return removed


def _tables(context: TenantContext) -> Sequence[str]:
    models = [
        model
        for model in apps.get_models()
        if issubclass(model, TenantModel) and model._meta.managed and model not in KEPT
    ]
    out = []
    with acting(context), connection.cursor() as cursor:
        for model in models:
            cursor.execute(MAY_DELETE, [model._meta.db_table])
            row = cursor.fetchone()
            if row and row[0]:
                out.append(model._meta.db_table)
    return out


def _empty(context: TenantContext, table: str) -> int:
    removed = 0
    name = connection.ops.quote_name(table)
    statement = (
        f"delete from {name} where tenant_id = %s and ctid = any(array("  # noqa: S608 - a name of our own models
        f"select ctid from {name} where tenant_id = %s limit {SLICE}))"
    )
    while True:
        with acting(context), connection.cursor() as cursor:
            cursor.execute(statement, [context.tenant_id, context.tenant_id])
            count = int(cursor.rowcount)
        removed += count
        if count < SLICE:
            return removed
