"""Facts, statements and taint sets as plain JSON, for storage and digests. Pure; shares are decimal text.

Canonical JSON has no fractions, so percentages stand as text, as in a policy.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from audit.leaf import canonical_json
from tenants.neutrality.facts import Affiliation, Interest, InterestType, Party, Role, Statement
from tenants.neutrality.graph import Graph
from tenants.neutrality.hits import Hit, Note, Step
from tenants.neutrality.policy import Level, Policy, Rule
from tenants.neutrality.taint import Taint


def kind_of(fact: Interest | Affiliation | None) -> str:
    """Return the word under which a statement's fact is kept; a fact that withdraws is none."""
    if fact is None:
        return "withdrawal"
    return "interest" if isinstance(fact, Interest) else "affiliation"


def document_of(fact: Interest | Affiliation) -> dict[str, Any]:
    """Return a fact as JSON that `fact_of` reads."""
    if isinstance(fact, Affiliation):
        return {
            "person": str(fact.person),
            "party": str(fact.party),
            "role": fact.role.value,
            "start": _day(fact.start),
            "end": _day(fact.end),
            "reaffirmed_on": _day(fact.reaffirmed_on),
            "share": _number(fact.share),
        }
    return {
        "subject": str(fact.subject),
        "holder": None if fact.holder is None else str(fact.holder),
        "type": fact.type.value,
        "share_min": _number(fact.share_min),
        "share_max": _number(fact.share_max),
        "share_class": fact.share_class,
        "capital": _number(fact.capital),
        "voting": fact.voting,
        "start": _day(fact.start),
        "end": _day(fact.end),
        "direct": fact.direct,
    }


def fact_of(kind: str, document: Mapping[str, Any]) -> Interest | Affiliation:
    """Read what `document_of` wrote. Raises `FactRefused`, `KeyError` and `ValueError` for anything else."""
    if kind == "affiliation":
        return Affiliation(
            person=UUID(document["person"]),
            party=UUID(document["party"]),
            role=Role(document["role"]),
            start=_read_day(document["start"]),
            end=_read_day(document["end"]),
            reaffirmed_on=_read_day(document["reaffirmed_on"]),
            share=_read_number(document["share"]),
        )
    return Interest(
        subject=UUID(document["subject"]),
        holder=None if document["holder"] is None else UUID(document["holder"]),
        type=InterestType(document["type"]),
        share_min=_read_number(document["share_min"]),
        share_max=_read_number(document["share_max"]),
        share_class=document["share_class"],
        capital=_read_number(document["capital"]),
        voting=document["voting"],
        start=_read_day(document["start"]),
        end=_read_day(document["end"]),
        direct=document["direct"],
    )


def party_document(party: Party) -> dict[str, Any]:
    """Return a party as JSON, for digests."""
    return {
        "id": str(party.id),
        "name": party.name,
        "kind": party.kind.value,
        "lei": party.lei,
        "identifiers": [list(pair) for pair in party.identifiers],
        "listed": party.listed,
        "fund": party.fund,
    }


def statement_digest(statement: Statement, *, fact: bytes) -> bytes:
    """Return the SHA-256 of a statement whose fact is stored as `fact`: its JSON, or its ciphertext.

    Over the ciphertext, since what one person declares is too easily guessed for its plain digest to stand in a log.
    """
    head = {
        "id": str(statement.id),
        "record": str(statement.record),
        "kind": kind_of(statement.fact),
        "fact": hashlib.sha256(fact).hexdigest(),
        "date": statement.date.isoformat(),
        "recorded_at": statement.recorded_at.isoformat(),
        "source": statement.source,
        "evidence": statement.evidence.hex(),
        "signer": statement.signer,
        "assurance": statement.assurance.value,
        "supersedes": None if statement.supersedes is None else str(statement.supersedes),
    }
    return hashlib.sha256(canonical_json(head)).digest()


def chained(before: bytes, parts: list[bytes]) -> bytes:
    """Return the digest of a graph version: SHA-256 of the one before it and of what was added, in order."""
    return hashlib.sha256(b"".join([before, *parts])).digest()


def hit_document(hit: Hit) -> dict[str, Any]:
    """Return a hit as JSON that `hit_of` reads."""
    return {
        "rule": hit.rule.value,
        "party": str(hit.party),
        "excluded": str(hit.excluded),
        "people": hit.people.word,
        "egress": hit.egress.word,
        "path": [_step_document(step) for step in hit.path],
        "share": None if hit.share is None else str(hit.share),
        "note": None if hit.note is None else hit.note.name,
        "until": _day(hit.until),
    }


def hit_of(document: Mapping[str, Any]) -> Hit:
    """Read what `hit_document` wrote."""
    return Hit(
        rule=Rule(document["rule"]),
        party=UUID(document["party"]),
        excluded=UUID(document["excluded"]),
        people=Level[document["people"].upper()],
        egress=Level[document["egress"].upper()],
        path=tuple(_step_of(step) for step in document["path"]),
        share=None if document["share"] is None else Fraction(document["share"]),
        note=None if document["note"] is None else Note[document["note"]],
        until=_read_day(document["until"]),
    )


def _step_document(step: Step) -> dict[str, Any]:
    return {
        "holder": None if step.holder is None else str(step.holder),
        "subject": str(step.subject),
        "what": None if step.what is None else step.what.value,
        "of": "role" if isinstance(step.what, Role) else "interest",
        "share": _number(step.share),
        "share_class": step.share_class,
        "voting": step.voting,
        "end": _day(step.end),
        "statement": None if step.statement is None else str(step.statement),
    }


def _step_of(document: Mapping[str, Any]) -> Step:
    what = document["what"]
    return Step(
        holder=None if document["holder"] is None else UUID(document["holder"]),
        subject=UUID(document["subject"]),
        what=None if what is None else Role(what) if document["of"] == "role" else InterestType(what),
        share=_read_number(document["share"]),
        share_class=document["share_class"],
        voting=document["voting"],
        end=_read_day(document["end"]),
        statement=None if document["statement"] is None else UUID(document["statement"]),
    )


def taint_document(taint: Taint) -> dict[str, Any]:
    """Return the parts of a taint set that stand neither in its policy nor in its graph."""
    return {
        "known_at": taint.known_at.isoformat(),
        "hits": [hit_document(hit) for party in sorted(taint.hits) for hit in taint.hits[party]],
        "counts_as": {str(w): sorted(map(str, taint.counts_as[w])) for w in sorted(taint.counts_as)},
        "silent": sorted(map(str, taint.silent)),
        "missing": sorted(map(str, taint.missing)),
    }


def taint_from(document: Mapping[str, Any], *, policy: Policy, graph: Graph) -> Taint:
    """Return the taint set that `taint_document` wrote, of this policy and this graph."""
    hits: dict[UUID, list[Hit]] = {}
    for each in document["hits"]:
        hit = hit_of(each)
        hits.setdefault(hit.party, []).append(hit)
    judged = {party: tuple(found) for party, found in hits.items()}
    silent = frozenset(map(UUID, document["silent"]))
    denied = {party for party, found in judged.items() if any(hit.egress is Level.DENY for hit in found)}
    return Taint(
        policy=policy,
        policy_digest=policy.digest,
        day=graph.day,
        known_at=datetime.fromisoformat(document["known_at"]),
        hits=judged,
        counts_as={UUID(w): frozenset(map(UUID, those)) for w, those in document["counts_as"].items()},
        silent=silent,
        registered=frozenset(graph.parties),
        missing=frozenset(map(UUID, document["missing"])),
        denied_people=frozenset(
            party for party, found in judged.items() if any(hit.people is Level.DENY for hit in found)
        ),
        denied_egress=frozenset(denied | silent),
    )


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _read_day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _number(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _read_number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
