"""CR-08: after a data key is destroyed nothing that it sealed opens, in this process or in one that starts now."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from ringfence.kernel.models import SealedField
from tenants.isolation.catalog import sealed_columns
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.probes.cr_02 import opens
from tenants.isolation.target import Target
from tenants.keys.shredding import destroy_data_keys
from tenants.keys.vault import Vault, vault
from tenants.models import DataKey, KeyState

ID = "CR-08"
TITLE = "A destroyed key leaves nothing that opens"
PROVES = (
    "When the key of a person, a project or a workspace is destroyed, nothing that it sealed opens any more: not for"
    " the process that still had it open, and not for one that reads the keys anew. Values of other keys stay as they"
    " were."
)


def detect(target: Target) -> Finding:
    """Seal a value for each sealed column under two fresh units of K1, destroy one unit's keys, and open all."""
    tally = Tally(ID)
    columns = list(_fields())
    if not columns or not _has_keys(target):
        tally.miss("the canary has no keys to destroy, or there is no sealed column")
        return tally.finding()
    gone, kept = uuid4(), uuid4()
    with target.as_app(target.k1):
        sealed = [(unit, field, row, _seal(target, field, row, unit))
                  for field in columns for unit in (gone, kept) for row in (uuid4(),)]  # fmt: skip
        for _, field, row, value in sealed:
            if not opens(target, target.k1, value, field, row):
                tally.wrong(f"{_name(field)} does not open before anything is destroyed")
        for purpose in sorted({field.purpose for field in columns}):
            destroy_data_keys(target.k1.tenant_id, unit=gone, purpose=purpose)
        for still in ("in the process that had it open", "for a process that starts now"):
            for unit, field, row, value in sealed:
                tally.look()
                if opens(target, target.k1, value, field, row) == (unit == gone):
                    tally.wrong(
                        f"{_name(field)} {'opens after its key was destroyed' if unit == gone else 'went too'} {still}"
                    )
            vault.forget_tenant(target.k1.tenant_id)
        tally.look()
        left = DataKey.objects.filter(state=KeyState.DESTROYED).exclude(wrapped=None).count()
        if left:
            tally.wrong(f"{left} keys that count as destroyed are still there, wrapped")
    return tally.finding()


def _fields() -> Iterator[Any]:
    for column in sealed_columns():
        # A data key is sealed by the tenant's key, which goes with the workspace alone.
        if column.field.purpose != "wrap":
            yield column.field


def _has_keys(target: Target) -> bool:
    with target.as_app(target.k1):
        return bool(target.ask("SELECT 1 FROM tenants_tenantkey WHERE wrapped IS NOT NULL LIMIT 1"))


def _seal(target: Target, field: SealedField, row: UUID, unit: UUID) -> bytes:
    return target.k1.keyring.seal(b"canary", field=field, row=row, unit=unit)


def _name(field: SealedField) -> str:
    return f"{field.model._meta.db_table}.{field.column}"


def _kept_wrap(target: Target) -> None:
    target.run(
        "CREATE FUNCTION public.plant_kept_wrap() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.wrapped := OLD.wrapped; RETURN NEW; END $$"
    )
    target.run(
        "CREATE TRIGGER plant_kept_wrap BEFORE UPDATE ON tenants_datakey"
        " FOR EACH ROW EXECUTE FUNCTION public.plant_kept_wrap()"
    )


def _still_open(target: Target) -> None:
    forget = Vault.forget_data_key

    def keeps(self: Vault, tenant_id: UUID, key_id: UUID) -> None:
        """Forget nothing."""

    setattr(Vault, "forget_data_key", keeps)  # noqa: B010 - a plant, put back below
    target.undo.callback(setattr, Vault, "forget_data_key", forget)


PLANTS = (
    Plant("kept-wrap", "A destroyed key stays in its table, and only counts as destroyed", _kept_wrap),
    Plant("still-open", "A process goes on using a key that was destroyed", _still_open),
)
