"""Whether the rows of the canary that is attacked are still what they were."""

from collections.abc import Iterable

from tenants.isolation.catalog import readable, tenant_tables
from tenants.isolation.target import Target

WRITTEN = """
SELECT t, pg_stat_get_xact_tuples_inserted(t) + pg_stat_get_xact_tuples_updated(t) + pg_stat_get_xact_tuples_deleted(t)
  FROM unnest(%s::oid[]) t
"""


class Census:
    """All rows of K2 by table, as they were when this was made."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._sql = _sql(target)
        self._before = self._state(self._sql)
        self._counts = self._counted()

    def changed_since(self) -> list[str]:
        """Return the tables that were written to since the last call, and in which rows of K2 are now different.

        PostgreSQL counts what this transaction writes, whoever the rows belong to. Source: PostgreSQL manual, section
        28.2.26, `pg_stat_get_xact_tuples_inserted` and its like. Rows of savepoints that were rolled back stay
        counted, which costs a look and hides nothing; the canaries' own rows, made before, do not cost one.
        """
        before, self._counts = self._counts, self._counted()
        return self._changed(oid for oid, count in self._counts.items() if before.get(oid) != count)

    def changed(self) -> list[str]:
        """Return all tables in which rows of K2 are different, whoever wrote to them."""
        return self._changed(self._sql)

    def _counted(self) -> dict[int, int]:
        return dict(self._target.ask(WRITTEN, [list(self._sql)]))

    def _changed(self, tables: Iterable[int]) -> list[str]:
        return [name for name, is_now in self._state(tables).items() if self._before[name] != is_now]

    def _state(self, tables: Iterable[int]) -> dict[str, str]:
        """Return a digest of all rows of K2, by table."""
        census = " UNION ALL ".join(self._sql[oid] for oid in tables)
        if not census:
            return {}
        with self._target.as_app(self._target.k2):
            return dict(self._target.ask(census))


def _sql(target: Target) -> dict[int, str]:
    parts = {}
    for table in tenant_tables(target):
        columns = ", ".join(f'"{name}"' for name in readable(target, table, target.app_role))
        # The log only grows; counting it is enough, and its bodies are large.
        digest = (
            "''"
            if table.schema == "audit"
            else "md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
        )
        rows = f"(SELECT {columns} FROM {table.sql}) t"  # noqa: S608 - from the catalog
        parts[table.oid] = f"SELECT '{table.full_name}', count(*) || {digest} FROM {rows}"  # noqa: S608 - from the catalog
    return parts
