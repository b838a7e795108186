"""CR-02: a ciphertext opens in its own place and nowhere else."""

from typing import Any
from uuid import UUID, uuid4

from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext
from tenants.isolation.catalog import cells, sealed_columns
from tenants.isolation.cells import open_cell
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target
from tenants.models import Member

ID = "CR-02"
TITLE = "A sealed value moved elsewhere does not open"
PROVES = "A sealed value is tied to its workspace, table, column, row and version: copied anywhere else it stays shut."

MOVES = 4


def opens(
    target: Target, context: TenantContext, sealed: bytes, field: Any, row: UUID, version: int = 1
) -> bool:
    """Say whether the application opens this cell there, as this tenant."""
    try:
        target.opener(context, sealed, field, row, version)
    except CannotOpen:
        return False
    return True


def detect(target: Target) -> Finding:
    """Open each cell of K1 where it belongs, then in another row, column, version and tenant."""
    tally = Tally(ID)
    found = list(cells(target, target.k1))
    there = {name for _, name, _, _ in found}
    for column in sealed_columns():
        if column.name not in there:
            tally.miss(f"{column.name}: the canary has no cell there", MOVES + 1)
    fields = [field for field, *_ in found]
    with target.as_app(target.k1):
        for field, name, row, sealed in found:
            tally.look(MOVES)
            if not opens(target, target.k1, sealed, field, row):
                tally.wrong(f"{name} does not open in its own place")
            # The nearest other column is the hardest to tell apart: the same purpose, so the same keys.
            other = next(
                (f for f in fields if f is not field and f.purpose == field.purpose),
                next(f for f in fields if f is not field),
            )
            if opens(target, target.k1, sealed, field, uuid4()):
                tally.wrong(f"{name} opens in another row")
            if opens(target, target.k1, sealed, other, row):
                tally.wrong(f"{name} opens in another column")
            if opens(target, target.k1, sealed, field, row, 2):
                tally.wrong(f"{name} opens as another version")
    with target.as_app(target.k2):
        for field, name, row, sealed in found:
            tally.look()
            if opens(target, target.k2, sealed, field, row):
                tally.wrong(f"{name} opens for another workspace")
    return tally.finding()


def _careless(target: Target) -> None:
    known: dict[bytes, bytes] = {}
    with target.as_app(target.k1):
        for field, _, row, sealed in cells(target, target.k1):
            known[sealed] = open_cell(target.k1, sealed, field, row, 1)

    def stub(context: TenantContext, sealed: bytes, field: Any, row: UUID, version: int) -> bytes:
        return known[sealed]

    target.opener = stub
    target.undo.callback(setattr, target, "opener", open_cell)


def _versionless(target: Target) -> None:
    def stub(context: TenantContext, sealed: bytes, field: Any, row: UUID, version: int) -> bytes:
        return open_cell(context, sealed, field, row, 1)

    target.opener = stub
    target.undo.callback(setattr, target, "opener", open_cell)


def _swapped(target: Target) -> None:
    row: Any = target.rows(target.k1)[Member]
    row.name, row.email = row.email, row.name

    def back() -> None:
        row.name, row.email = row.email, row.name

    target.undo.callback(back)


PLANTS = (
    Plant("careless", "The application opens sealed values without asking where they stand", _careless),
    Plant("versionless", "An older version of a value opens in place of the newer", _versionless),
    Plant("swapped", "A member's sealed name and address are exchanged", _swapped),
)
