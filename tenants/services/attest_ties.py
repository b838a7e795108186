"""An agency attests the ties of its people: statements about members, sealed, founded on a document.

Nobody learns from an attestation whether an address is somebody's here: rows of strangers are taken alike, and
neither the answer nor the log nor the number of versions tells them apart.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils import timezone

from audit.verbs import Verb
from ringfence.kernel.errors import Invalid
from ringfence.kernel.ids import uuid7
from tenants.gate.people import find_person
from tenants.gate.registry import Known, NewParty, append, known
from tenants.gate.resolve import forget
from tenants.gate.verdicts import today
from tenants.neutrality.facts import Affiliation, Assurance, FactRefused, Party, PartyKind, Role, Statement
from tenants.neutrality.intake import RowError, RowRefused, day_of, stable_id, text_of
from tenants.services.platform_log import note
from tenants.services.state_fact import party_meant

COLUMNS = ("address", "role", "party", "start", "end")
MOST_ROWS = 5_000
MOST_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class AttestedTie:
    """One row: whose tie, in which role, with whom (None: with the agency itself), from when until when."""

    row: int
    address: str
    role: Role
    party: UUID | None
    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Attested:
    """What was read. How many of the rows are people here is told to nobody."""

    rows: int
    errors: Sequence[RowError]


def attest_ties(content: bytes, *, agency: UUID, document: bytes, on: date, signer: str) -> Attested:
    """Keep what an agency attests in a CSV of `address,role[,party,start,end]`; refused rows stop nothing else.

    `document` is the SHA-256 of what the agency signed. A row supersedes what the agency attested of that tie before.
    Raises `Invalid` for a file that cannot be read, and `PlatformLogClosed`.
    """
    facts = known()
    firm = facts.parties.get(agency)
    if firm is None or agency in facts.person_of or agency in facts.declared:
        raise Invalid("There is no such agency in the registry.", field="agency")
    if on > today():
        raise Invalid("An attestation is not dated ahead.", field="date")
    ties: list[AttestedTie] = []
    errors: list[RowError] = []
    for each in _rows(content):
        (ties if isinstance(each, AttestedTie) else errors).append(each)  # type: ignore[arg-type]  # by its kind
    statements: list[Statement] = []
    parties: dict[UUID, NewParty] = {}
    live = _live(facts)
    for tie in ties:
        person = find_person(tie.address)
        if person is None:
            continue
        own = facts.party_of.get(person) or stable_id("person", str(person))
        if own not in facts.parties:
            parties[own] = NewParty(Party(own, "", PartyKind.PERSON), person=person)
        record = stable_id("attested", str(agency), str(own), str(tie.party or agency), tie.role.value)
        made = _statement(tie, firm, own, record, live.get(record), document, on, signer)
        live[record] = made
        statements.append(made)
    note(
        Verb.TIES_ATTESTED,
        detail={"rows": len(ties), "document_sha256": document.hex(), "agency": str(agency)},
    )
    append(list(parties.values()), statements, even_nothing=True)
    forget()
    return Attested(len(ties), errors)


def _statement(
    tie: AttestedTie, firm: Party, own: UUID, record: UUID, before: Statement | None, document: bytes, on: date,
    signer: str,
) -> Statement:  # fmt: skip
    fact = Affiliation(own, tie.party or firm.id, tie.role, tie.start, tie.end, reaffirmed_on=on)
    return Statement(
        id=uuid7(), record=record, fact=fact, date=on, recorded_at=timezone.now(),
        source=f"attested by {firm.name}"[:500], evidence=document, signer=signer, assurance=Assurance.DOCUMENT,
        supersedes=None if before is None else before.id,
    )  # fmt: skip


def _live(facts: Known) -> dict[UUID, Statement]:
    private = (facts.statements[each] for each in facts.private - facts.superseded)
    return {each.record: each for each in private if each.fact is not None}


def _rows(content: bytes) -> Iterator[AttestedTie | RowError]:
    if len(content) > MOST_BYTES:
        raise Invalid(f"A list has at most {MOST_BYTES // 1024 // 1024} MiB. Split it.", field="rows")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Invalid("The list is not UTF-8. Save it as UTF-8.", field="rows") from wrong
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        rows = list(reader)
    except csv.Error as wrong:
        raise Invalid("The quotes of the list do not fit.", field="rows") from wrong
    if header[:2] != list(COLUMNS[:2]) or not set(header) <= set(COLUMNS):
        raise Invalid(f"The first line names the columns: {','.join(COLUMNS)}.", field="rows")
    if len(rows) > MOST_ROWS:
        raise Invalid(f"A list has at most {MOST_ROWS:,} rows. Split it.", field="rows")
    for number, cells in enumerate(rows, start=1):
        if any(cell.strip() for cell in cells):
            yield _row(number, dict(zip(header, (cell.strip() for cell in cells), strict=False)))


def _row(number: int, row: Mapping[str, str]) -> AttestedTie | RowError:
    try:
        address = text_of(row.get("address"), "address")
        if "@" not in address:
            raise RowRefused("address", "this is no e-mail address")
        if row.get("role") not in {role.value for role in Role}:
            raise RowRefused("role", f"a role is one of {', '.join(Role)}")
        party = party_meant(row["party"], field="party").id if row.get("party") else None
        start, end = day_of(row.get("start"), "start"), day_of(row.get("end"), "end")
        tie = AttestedTie(number, address, Role(row["role"]), party, start, end)
        Affiliation(UUID(int=0), UUID(int=0), tie.role, tie.start, tie.end)
    except RowRefused as wrong:
        return RowError(number, wrong.field, str(wrong))
    except (Invalid, FactRefused) as wrong:
        return RowError(number, wrong.field, str(wrong))
    return tie
