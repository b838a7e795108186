"""The registry of parties and statements: read into the process once, appended to, never edited.

A version of the graph is a row of its own; whoever has read version n reads only what came after it. Part of
the gate's side: services and pages ask here, and nobody else enters the control database.
"""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from audit.leaf import canonical_json
from ringfence.kernel.database import control_database
from tenants.keys.realm import open_identity, seal_identity
from tenants.neutrality.documents import (
    chained,
    document_of,
    fact_of,
    kind_of,
    party_document,
    statement_digest,
)
from tenants.neutrality.facts import Assurance, Party, PartyKind, Statement
from tenants.neutrality.graph import check_statement
from tenants.people import models

STATEMENT = models.Statement._meta.db_table
FIRST_DIGEST = bytes(32)
LOCK = 0x52464752
"""Versions of the graph are numbered under this advisory lock, so a reader never meets a gap that fills later."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that is stated, at one version of the graph."""

    version: int
    digest: bytes
    known_at: datetime | None
    """When this version was recorded; None for the empty graph."""
    parties: Mapping[UUID, Party]
    statements: Mapping[UUID, Statement]
    person_of: Mapping[UUID, UUID]
    """By party: the person of this platform whose party it is."""
    party_of: Mapping[UUID, UUID]
    """By person: their party."""
    operator: UUID | None
    version_of: Mapping[UUID, int] = field(default_factory=dict)
    """By statement: the version that added it."""


EMPTY = Known(0, FIRST_DIGEST, None, {}, {}, {}, {}, None)

_known = EMPTY
_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class NewParty:
    """A party as it is to be described from now on. `person` is set for a member's own party, which has no name."""

    party: Party
    person: UUID | None = None
    is_operator: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Appended:
    """What one change of the graph was."""

    version: int
    digest: bytes
    statements: tuple[UUID, ...]


def known() -> Known:
    """Return the newest version of the graph: one indexed look, and what was added since this process looked last."""
    with control_database():
        newest = models.GraphVersion.objects.order_by("-number").values_list("number", flat=True).first() or 0
        if newest == _known.version:
            return _known
        with _guard:
            return _read_up_to(newest)


def append(
    parties: Sequence[NewParty] = (), statements: Sequence[Statement] = (), *, person: UUID | None = None
) -> Appended:
    """Add parties, then statements, as one version of the graph: all of it, or nothing.

    With `person`, the statements are that person's own words and are sealed. The caller has recorded the change
    in a log before: no entry, no act.

    Raises:
        FactRefused: a statement that may not stand, by `check_statement`.
    """
    if not parties and not statements:
        before = known()
        return Appended(before.version, before.digest, ())
    with control_database(), transaction.atomic(using="control"):
        with connections["control"].cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        before = known()
        registry = {**before.parties, **{new.party.id: new.party for new in parties}}
        standing = dict(before.statements)
        for statement in statements:
            check_statement(statement, parties=registry, known=standing)
            standing[statement.id] = statement
        now = timezone.now()
        number = before.version + 1
        rows = [_row(statement, number, person) for statement in statements]
        digest = chained(
            before.digest,
            [canonical_json(party_document(new.party)) for new in parties]
            + [bytes(row.digest) for row in rows],
        )
        models.GraphVersion.objects.create(
            number=number, digest=digest, parties=len(parties), statements=len(rows), recorded_at=now
        )
        models.PartyVersion.objects.bulk_create(
            [_party_row(new, number, now) for new in parties], batch_size=500
        )
        models.Statement.objects.bulk_create(rows, batch_size=500)
    return Appended(number, digest, tuple(statement.id for statement in statements))


def declared_on(person_id: UUID) -> date | None:
    """Return the day on which a person last said that their ties are complete; None for never."""
    with control_database():
        rows = models.Declaration.objects.filter(person_id=person_id).order_by("-declared_on")
        return rows.values_list("declared_on", flat=True).first()


def keep_declaration(person_id: UUID, day: date) -> None:
    """Keep that a person said so on `day`."""
    with control_database():
        models.Declaration.objects.create(person_id=person_id, declared_on=day, recorded_at=timezone.now())


def _read_up_to(newest: int) -> Known:
    global _known
    before = _known
    if before.version >= newest:
        return before
    added = models.GraphVersion.objects.filter(number=newest).get()
    parties, statements = dict(before.parties), dict(before.statements)
    person_of, party_of = dict(before.person_of), dict(before.party_of)
    version_of = dict(before.version_of)
    operator = before.operator
    scope = {"version__gt": before.version, "version__lte": newest}
    for row in models.PartyVersion.objects.filter(**scope).order_by("version", "id").iterator(2_000):
        parties[row.party] = _party(row)
        if row.person_id is not None:
            person_of[row.party], party_of[row.person_id] = row.person_id, row.party
        if row.is_operator:
            operator = row.party
    for stated in models.Statement.objects.filter(**scope).order_by("version", "id").iterator(2_000):
        statements[stated.id] = _statement(stated)
        version_of[stated.id] = stated.version
    _known = Known(
        newest,
        bytes(added.digest),
        added.recorded_at,
        parties,
        statements,
        person_of,
        party_of,
        operator,
        version_of,
    )
    return _known


def _row(statement: Statement, version: int, person: UUID | None) -> models.Statement:
    encoded = b"" if statement.fact is None else canonical_json(document_of(statement.fact))
    sealed = None
    if person is not None and statement.fact is not None:
        sealed = seal_identity(encoded.decode(), table=STATEMENT, column="sealed", row=statement.id)
    return models.Statement(
        id=statement.id,
        record=statement.record,
        version=version,
        kind=kind_of(statement.fact),
        fact=json.loads(encoded) if encoded and sealed is None else None,
        sealed=sealed,
        person_id=person,
        date=statement.date,
        source=statement.source,
        evidence=statement.evidence,
        signer=statement.signer,
        assurance=statement.assurance.value,
        supersedes_id=statement.supersedes,
        digest=statement_digest(statement, fact=encoded if sealed is None else sealed),
        recorded_at=statement.recorded_at,
    )


def _party_row(new: NewParty, version: int, now: datetime) -> models.PartyVersion:
    party = new.party
    return models.PartyVersion(
        party=party.id,
        version=version,
        kind=party.kind.value,
        name="" if new.person is not None else party.name,
        lei=party.lei,
        identifiers=[list(pair) for pair in party.identifiers],
        listed=party.listed,
        fund=party.fund,
        is_operator=new.is_operator,
        person_id=new.person,
        source=new.source,
        recorded_at=now,
    )


def _party(row: models.PartyVersion) -> Party:
    pairs: Iterable[Sequence[str]] = row.identifiers
    return Party(
        id=row.party,
        name=row.name,
        kind=PartyKind(row.kind),
        lei=row.lei,
        identifiers=tuple((str(pair[0]), str(pair[1])) for pair in pairs),
        listed=row.listed,
        fund=row.fund,
    )


def _statement(row: models.Statement) -> Statement:
    document = row.fact
    if row.sealed is not None:
        document = json.loads(open_identity(row.sealed, table=STATEMENT, column="sealed", row=row.id))
    return Statement(
        id=row.id,
        record=row.record,
        fact=None if row.kind == "withdrawal" else fact_of(row.kind, document),
        date=row.date,
        recorded_at=row.recorded_at,
        source=row.source,
        evidence=bytes(row.evidence),
        signer=row.signer,
        assurance=Assurance(row.assurance),
        supersedes=row.supersedes_id,
    )
