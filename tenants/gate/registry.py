"""The registry of parties and statements: read into the process once, appended to, never edited.

A version of the graph is a row of its own; whoever has read version n reads only what came after it. Part of
the gate's side: services and pages ask here, and nobody else enters the control database.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from audit.leaf import canonical_json
from ringfence.kernel.database import control_database
from ringfence.kernel.ids import uuid7
from tenants.gate.registry_rows import (
    NewParty,
    insert_rows,
    party_digest,
    party_of,
    party_row,
    statement_of,
    statement_row,
)
from tenants.keys.realm import open_identity, seal_identity
from tenants.neutrality.destinations import check_places
from tenants.neutrality.documents import chained
from tenants.neutrality.facts import Affiliation, Party, Statement
from tenants.neutrality.graph import check_statement
from tenants.people import models

__all__ = ["Appended", "Known", "NewParty", "append", "declared_on", "keep_declaration", "known", "last_said"]

DECLARATION = models.Declaration._meta.db_table
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
    superseded: frozenset[UUID] = frozenset()
    """Statements that another one supersedes, now or from a day on."""
    private: frozenset[UUID] = frozenset()
    """Statements about members, sealed: for verdicts, and for the person's own page alone."""
    declared: frozenset[UUID] = frozenset()
    """Parties that only a declaration has brought; their names are sealed like the declaration."""


@dataclass(frozen=True, slots=True)
class Description:
    """A party as one version of the graph describes it."""

    party: Party
    version: int
    recorded_at: datetime
    source: str


EMPTY = Known(0, FIRST_DIGEST, None, {}, {}, {}, {}, None)

_known = EMPTY
_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class Appended:
    """What one change of the graph was."""

    version: int
    digest: bytes
    statements: tuple[UUID, ...]


def known() -> Known:
    """Return the newest version of the graph: one indexed look, and what was added since this process looked last."""
    with control_database():
        rows = models.GraphVersion.objects.order_by("-number").values_list("number", "digest")
        newest, digest = rows.first() or (0, FIRST_DIGEST)
        if newest == _known.version and bytes(digest) == _known.digest:
            return _known
        with _guard:
            return _read_up_to(newest)


def append(
    parties: Sequence[NewParty] = (), statements: Sequence[Statement] = (), *, even_nothing: bool = False
) -> Appended:
    """Add parties, then statements, as one version of the graph: all of it, or nothing.

    Whatever is about a member here is sealed, whoever says it; the rest is public. `even_nothing` makes a version
    also of no facts, where the number of versions must not tell whether there were any. Every row is recorded at
    the moment of this call, whatever its statement says: nobody adds to what was known yesterday.
    The caller has recorded the change in a log before: no entry, no act.

    Raises:
        FactRefused: a statement that may not stand, by `check_statement`; a host or network that is none.
    """
    if not parties and not statements and not even_nothing:
        before = known()
        return Appended(before.version, before.digest, ())
    with control_database(), transaction.atomic(using="control"):
        with connections["control"].cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        before = known()
        for new in parties:
            check_places(new.party)
        now = max(timezone.now(), before.known_at or FIRST_MOMENT)
        stamped = [replace(statement, recorded_at=now) for statement in statements]
        _check(stamped, parties, before)
        number = before.version + 1
        members = {**before.person_of, **{new.party.id: new.person for new in parties if new.person}}
        party_rows = [party_row(new, number, now) for new in parties]
        rows = [statement_row(each, number, _member_of(each, members, before)) for each in stamped]
        digest = chained(before.digest, digests_of(party_rows, rows))
        models.GraphVersion.objects.create(
            number=number, digest=digest, parties=len(parties), statements=len(rows), recorded_at=now
        )
        insert_rows(models.PartyVersion, party_rows)
        insert_rows(models.Statement, rows)
    return Appended(number, digest, tuple(statement.id for statement in statements))


FIRST_MOMENT = datetime.fromisoformat("0001-01-02T00:00:00+00:00")


def digests_of(parties: Sequence[models.PartyVersion], statements: Sequence[models.Statement]) -> list[bytes]:
    """Return what a version adds to the chain: parties by their id, then statements by theirs."""
    return [party_digest(row) for row in sorted(parties, key=lambda row: row.party)] + [
        bytes(row.digest) for row in sorted(statements, key=lambda row: row.id)
    ]


def descriptions(party: UUID) -> list[Description]:
    """Return every description of a party, the oldest first; none for a party that is not there."""
    with control_database():
        rows = models.PartyVersion.objects.filter(party=party).order_by("version")
        return [Description(party_of(row), row.version, row.recorded_at, row.source) for row in rows]


def versions_of(day_after: datetime) -> int:
    """Return the newest version of the graph that was recorded before a moment; 0 for none."""
    with control_database():
        rows = models.GraphVersion.objects.filter(recorded_at__lt=day_after).order_by("-number")
        return rows.values_list("number", flat=True).first() or 0


def declared_on(person_id: UUID) -> date | None:
    """Return the day on which a person last said that their ties are complete; None for never."""
    with control_database():
        rows = models.Declaration.objects.filter(person_id=person_id).order_by("-declared_on")
        return rows.values_list("declared_on", flat=True).first()


def keep_declaration(person_id: UUID, day: date, *, said: Sequence[Mapping[str, Any]] | None = None) -> None:
    """Keep that a person said so on `day`, with their ties in their own words where a form took them."""
    row_id, sealed = uuid7(), None
    with control_database():
        if said is not None:
            text = canonical_json({"ties": [dict(tie) for tie in said]}).decode()
            sealed = seal_identity(text, table=DECLARATION, column="said", row=row_id)
        models.Declaration.objects.create(
            id=row_id, person_id=person_id, declared_on=day, said=sealed, recorded_at=timezone.now()
        )


def last_said(person_id: UUID) -> list[dict[str, Any]] | None:
    """Return a person's ties in their own words, from their newest declaration; None when no form took it."""
    with control_database():
        row = models.Declaration.objects.filter(person_id=person_id).order_by("-recorded_at").first()
        if row is None or row.said is None:
            return None
        text = open_identity(row.said, table=DECLARATION, column="said", row=row.id)
    ties: list[dict[str, Any]] = json.loads(text)["ties"]
    return ties


def _check(statements: Sequence[Statement], parties: Sequence[NewParty], before: Known) -> None:
    registry = {**before.parties, **{new.party.id: new.party for new in parties}}
    standing, superseded = dict(before.statements), set(before.superseded)
    for statement in statements:
        check_statement(statement, parties=registry, known=standing, superseded=superseded)
        standing[statement.id] = statement
        if statement.supersedes is not None:
            superseded.add(statement.supersedes)


def _member_of(statement: Statement, members: Mapping[UUID, UUID], before: Known) -> UUID | None:
    """Return the member whom a statement is about: a tie of theirs, or the withdrawal of one. None for nobody's."""
    fact = statement.fact
    if fact is None and statement.supersedes in before.private:
        fact = before.statements[statement.supersedes].fact
    return members.get(fact.person) if isinstance(fact, Affiliation) else None


def _read_up_to(newest: int) -> Known:
    global _known
    before = _known if _stands(_known) else EMPTY
    if before.version >= newest:
        return before
    added = models.GraphVersion.objects.filter(number=newest).get()
    parties, statements = dict(before.parties), dict(before.statements)
    person_of, own = dict(before.person_of), dict(before.party_of)
    version_of = dict(before.version_of)
    superseded, private, declared = set(before.superseded), set(before.private), set(before.declared)
    operator = before.operator
    scope = {"version__gt": before.version, "version__lte": newest}
    for row in models.PartyVersion.objects.filter(**scope).order_by("version", "id").iterator(2_000):
        parties[row.party] = party_of(row)
        if row.person_id is not None:
            person_of[row.party], own[row.person_id] = row.person_id, row.party
        if row.is_operator:
            operator = row.party
        (declared.add if row.sealed_name is not None else declared.discard)(row.party)
    for stated in models.Statement.objects.filter(**scope).order_by("version", "id").iterator(2_000):
        statements[stated.id] = statement_of(stated)
        version_of[stated.id] = stated.version
        if stated.supersedes_id is not None:
            superseded.add(stated.supersedes_id)
        if stated.person_id is not None:
            private.add(stated.id)
    _known = Known(
        newest,
        bytes(added.digest),
        added.recorded_at,
        parties,
        statements,
        person_of,
        own,
        operator,
        version_of,
        frozenset(superseded),
        frozenset(private),
        frozenset(declared),
    )
    return _known


def _stands(read: Known) -> bool:
    """Say whether the version that this process has read is there still: one that was rolled back never was."""
    if read.version == 0:
        return True
    rows = models.GraphVersion.objects.filter(number=read.version)
    digest = rows.values_list("digest", flat=True).first()
    return digest is not None and bytes(digest) == read.digest
