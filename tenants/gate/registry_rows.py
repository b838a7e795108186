"""Rows of the registry's tables to values and back. Part of the gate's side; only `tenants.gate.registry` calls it.

What people declare stands sealed: their ties, and the names of parties that only a declaration has brought.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import JSONField, Model
from psycopg.types.json import Jsonb

from audit.leaf import canonical_json
from ringfence.kernel.ids import uuid7
from tenants.keys.realm import open_identity, seal_identity
from tenants.neutrality.documents import document_of, fact_of, kind_of, party_document, statement_digest
from tenants.neutrality.facts import Assurance, Party, PartyKind, Statement
from tenants.people import models

STATEMENT = models.Statement._meta.db_table
PARTY = models.PartyVersion._meta.db_table
SAID_BY = "said_by"
"""Beside a sealed fact: its source and signer, which would tell what it is about."""


@dataclass(frozen=True, slots=True)
class NewParty:
    """A party as it is to be described from now on. `person` is set for a member's own party, which has no name.

    `declared` says that only a declaration has brought it: its name is sealed like the declaration.
    """

    party: Party
    person: UUID | None = None
    is_operator: bool = False
    source: str = ""
    declared: bool = False


def insert_rows(model: type[Model], rows: Sequence[Model]) -> None:
    """Insert rows in one COPY: an import of tens of thousands is to take seconds, and the ORM takes a minute.

    Inside the caller's transaction of the control database.
    """
    if not rows:
        return
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    database = connections["control"]
    statement = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'
    with database.cursor() as cursor, database.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([_stored(field, getattr(row, field.attname)) for field in fields])


def _stored(field: Any, value: Any) -> Any:
    return Jsonb(value) if value is not None and isinstance(field, JSONField) else value


def party_row(new: NewParty, version: int, now: datetime) -> models.PartyVersion:
    """Return the row of a party."""
    party, row_id, sealed = new.party, uuid7(), None
    if new.declared and new.person is None:
        sealed = seal_identity(party.name, table=PARTY, column="sealed_name", row=row_id)
    return models.PartyVersion(
        id=row_id,
        party=party.id,
        version=version,
        kind=party.kind.value,
        name="" if new.person is not None or sealed is not None else party.name,
        sealed_name=sealed,
        lei=party.lei,
        identifiers=[list(pair) for pair in party.identifiers],
        listed=party.listed,
        fund=party.fund,
        is_operator=new.is_operator,
        person_id=new.person,
        source=new.source,
        recorded_at=now,
    )


def party_of(row: models.PartyVersion) -> Party:
    """Return the party that a row describes."""
    pairs: Iterable[Sequence[str]] = row.identifiers
    name = row.name
    if row.sealed_name is not None:
        name = open_identity(row.sealed_name, table=PARTY, column="sealed_name", row=row.id)
    return Party(
        id=row.party,
        name=name,
        kind=PartyKind(row.kind),
        lei=row.lei,
        identifiers=tuple((str(pair[0]), str(pair[1])) for pair in pairs),
        listed=row.listed,
        fund=row.fund,
    )


def party_digest(row: models.PartyVersion) -> bytes:
    """Return the SHA-256 of a party's row as it is stored: a sealed name by its ciphertext, which nobody guesses."""
    pairs: Iterable[Sequence[str]] = row.identifiers
    stored = Party(
        row.party,
        row.name,
        PartyKind(row.kind),
        row.lei,
        tuple((p[0], p[1]) for p in pairs),
        row.listed,
        row.fund,
    )
    more = {
        "is_operator": row.is_operator,
        "person": None if row.person_id is None else str(row.person_id),
        "sealed_name": None
        if row.sealed_name is None
        else hashlib.sha256(bytes(row.sealed_name)).hexdigest(),
        "source": row.source,
        "recorded_at": row.recorded_at.isoformat(),
    }
    return hashlib.sha256(canonical_json({**party_document(stored), **more})).digest()


def statement_row(statement: Statement, version: int, person: UUID | None) -> models.Statement:
    """Return the row of a statement; `person` set seals it, and who else has said it, as about that person."""
    encoded = b"" if statement.fact is None else canonical_json(document_of(statement.fact))
    sealed = None
    if person is not None and statement.fact is not None:
        whole = canonical_json({**document_of(statement.fact), SAID_BY: [statement.source, statement.signer]})
        sealed = seal_identity(whole.decode(), table=STATEMENT, column="sealed", row=statement.id)
    if person is not None:
        statement = replace(statement, source="", signer="")
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


def statement_of(row: models.Statement) -> Statement:
    """Return the statement of a row, opened where it is sealed."""
    document, source, signer = row.fact, row.source, row.signer
    if row.sealed is not None:
        document = json.loads(open_identity(row.sealed, table=STATEMENT, column="sealed", row=row.id))
        source, signer = document.get(SAID_BY, [source, signer])
    return Statement(
        id=row.id,
        record=row.record,
        fact=None if row.kind == "withdrawal" else fact_of(row.kind, document),
        date=row.date,
        recorded_at=row.recorded_at,
        source=source,
        evidence=bytes(row.evidence),
        signer=signer,
        assurance=Assurance(row.assurance),
        supersedes=row.supersedes_id,
    )


def stored_digest(row: models.Statement) -> bytes:
    """Return the SHA-256 of a statement's row as it is stored now; differs from its column once somebody changed it."""
    stored = b"" if row.fact is None else canonical_json(row.fact)
    if row.sealed is not None:
        stored = bytes(row.sealed)
    return statement_digest(replace(statement_of(row), source=row.source, signer=row.signer), fact=stored)
