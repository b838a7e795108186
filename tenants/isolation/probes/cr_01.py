"""CR-01: sealed columns hold ciphertexts of their own tenant's keys only, each in one place."""

from collections.abc import Sequence

from django.db import DatabaseError

from ringfence.kernel.models import RF1_PREFIX
from tenants.isolation.attempts import state_of
from tenants.isolation.catalog import SealedColumn, sealed_columns
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target, undone
from tenants.models import DataKey, Member, TenantKey

ID = "CR-01"
TITLE = "Sealed columns hold only ciphertexts under the workspace's own keys"
PROVES = "Nothing lies in clear where it should be sealed, and no sealed value was put into another place or workspace."

SCAN = f"""
WITH key AS (SELECT id, tenant_id FROM {DataKey._meta.db_table}
             UNION ALL SELECT id, tenant_id FROM {TenantKey._meta.db_table}),
     cell AS (SELECT row_id, tenant_id, header,
                     substring(header FROM 1 FOR 4) = %s AND octet_length(header) = 44 AS sealed
                FROM rf.sealed_headers(%s::regclass, %s)),
     judged AS (SELECT cell.*, (SELECT k.tenant_id FROM key k
                         WHERE sealed AND k.id = encode(substring(header FROM 5 FOR 16), 'hex')::uuid) AS key_of,
                       count(*) OVER (PARTITION BY header) AS copies FROM cell)
"""  # noqa: S608 - names of our own tables
COUNT = f"""{SCAN}
SELECT count(*), count(*) FILTER (WHERE sealed AND key_of = tenant_id AND copies = 1) FROM judged
"""  # noqa: S608 - names of our own tables
STRANGE = f"""{SCAN}
SELECT row_id, tenant_id, sealed, key_of, copies FROM judged
 WHERE NOT (sealed AND key_of IS NOT DISTINCT FROM tenant_id AND copies = 1) LIMIT 20
"""  # noqa: S608 - names of our own tables


def detect(target: Target) -> Finding:
    """Read the header of every sealed cell of every tenant: format, data key and salt."""
    tally, scanned = Tally(ID), 0
    for column in sealed_columns():
        params = [RF1_PREFIX, column.table, column.field.column]
        try:
            with undone():
                count, good = target.ask(COUNT, params)[0]
        except DatabaseError as error:
            if state_of(error) != "42501":
                raise
            tally.look()
            tally.wrong(
                f"{column.name} was never declared sealed to PostgreSQL (IsolateTenantTable, SealColumns)"
            )
            continue
        scanned += count
        if count:
            tally.look()
        else:
            tally.miss(f"{column.name} holds no cell")
        if good != count:
            _tell(target, tally, column, params)
    tally.notes.insert(0, f"{scanned} sealed cells scanned")
    return tally.finding()


def _tell(target: Target, tally: Tally, column: SealedColumn, params: Sequence[object]) -> None:
    for row, tenant_id, sealed, key_of, copies in target.ask(STRANGE, params):
        if not sealed:
            what = "is no ciphertext"
        elif key_of is None:
            what = "names a data key that does not exist"
        elif key_of != tenant_id:
            what = "is sealed under another workspace's key"
        else:
            what = f"stands in {copies} places"
        tally.wrong(f"{column.name} of row {row} {what}", tenant_id)


def _clear(target: Target) -> None:
    target.run("ALTER TABLE tenants_member DROP CONSTRAINT tenants_member_name_is_sealed")
    with target.as_app(target.k1):
        target.run("UPDATE tenants_member SET name = 'in clear'::bytea")


def _foreign(target: Target) -> None:
    theirs, ours = target.rows(target.k2)[Member], target.rows(target.k1)[Member]
    with target.as_app(target.k1):
        target.run(
            "UPDATE tenants_member SET name = %s WHERE id = %s",
            [theirs.name, ours.pk],  # type: ignore[attr-defined]  # the registry knows models, not their fields
        )


def _copied(target: Target) -> None:
    row = target.rows(target.k1)[Member]
    with target.as_app(target.k1):
        target.run(
            "UPDATE tenants_member SET name = %s",
            [row.name],  # type: ignore[attr-defined]  # the registry knows models, not their fields
        )


PLANTS = (
    Plant("clear", "Members' names are written in clear", _clear),
    Plant("foreign", "A sealed name of one workspace is put into a row of another", _foreign),
    Plant("copied", "A sealed name is copied to other rows of its own workspace", _copied),
)
