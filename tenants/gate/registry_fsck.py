"""Is the registry what was appended to it? Every digest recomputed from the rows as they are stored now.

Numbers of versions have no gap, each version holds as many rows as it said, each row has its digest, and the chain
of digests ends where the newest version says. Whoever changes a row past every wall is found here.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from ringfence.kernel.database import control_database
from tenants.gate.registry import FIRST_DIGEST, digests_of
from tenants.gate.registry_rows import stored_digest
from tenants.neutrality.documents import chained
from tenants.people import models


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is not as it was appended."""

    version: int
    what: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What was looked at, and what is wrong with it."""

    versions: int
    parties: int
    statements: int
    damage: tuple[Damage, ...]


def check_registry(*, beat: Callable[[int], None] = lambda version: None) -> Examined:
    """Return what is wrong with the registry: nothing, if nobody touched it. Reads it whole, in one snapshot."""
    found: list[Damage] = []
    counted = [0, 0]
    with control_database(), transaction.atomic(using="control"):
        parties, statements = _by_version(models.PartyVersion), _by_version(models.Statement)
        before, expected = FIRST_DIGEST, 0
        for version in models.GraphVersion.objects.order_by("number").iterator(1_000):
            expected += 1
            number = version.number
            if number != expected:
                found.append(Damage(number, f"version {expected} is missing"))
                expected = number
            described, stated = parties.pop(number, []), statements.pop(number, [])
            counted[0], counted[1] = counted[0] + len(described), counted[1] + len(stated)
            if (len(described), len(stated)) != (version.parties, version.statements):
                found.append(Damage(number, "rows are missing, or were slipped in"))
            found += [
                Damage(number, f"statement {row.id} was changed") for row in stated if not _is_whole(row)
            ]
            if chained(before, digests_of(described, stated)) != bytes(version.digest):
                found.append(Damage(number, "the chain of digests breaks"))
            before = bytes(version.digest)
            beat(number)
        strays = sorted({*parties, *statements})
        found += [Damage(number, "rows of a version that does not exist") for number in strays]
    return Examined(expected, counted[0], counted[1], tuple(found))


def _is_whole(row: models.Statement) -> bool:
    try:
        return stored_digest(row) == bytes(row.digest)
    except Exception:  # whatever an altered row makes of its reader, it is not what was appended
        return False


def _by_version(model: Any) -> dict[int, list[Any]]:
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in model.objects.order_by("version", "id").iterator(2_000):
        rows[row.version].append(row)
    return rows
