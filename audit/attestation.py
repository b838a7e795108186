"""What a neutrality attestation says: an in-toto Statement v1 with a predicate of ours. Pure.

No part has a default and none can be left out: whoever counts zero violations says beside it over what
population, under which policy and graph, with how many plants found, what is not known, and until when.
Making one of these values, and so writing, reading or printing one, refuses whatever says less.

Source: https://github.com/in-toto/attestation, spec/v1/statement.md and spec/v1/digest_set.md.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.attestation_reading import Reader
from audit.encoding import HASH_BYTES
from audit.errors import Malformed, Unsound
from audit.leaf import canonical_json, parse_canonical_json

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://ringfence.example/attestation/neutrality/v1"
LONGEST_VALIDITY = timedelta(days=366)
MOST_LISTED = 1_000
MOST_CHARACTERS = 2_000

_ORIGIN = re.compile(r"[\x21-\x2a\x2c-\x7e]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyUsed:
    """A version of the tenant's policy under which the period was judged. 0: the template, which nobody signs."""

    digest: bytes
    version: int
    signed: bool

    def __post_init__(self) -> None:
        _digest(self.digest, "policy")
        _counts(self, "version")
        if self.signed and self.version == 0:
            raise Unsound("the default template is signed by nobody, and this statement calls it signed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Which program judged, by its own version, under which policies, in the order of the period."""

    id: str
    policies: tuple[PolicyUsed, ...]

    def __post_init__(self) -> None:
        _words((self.id,), "verifier", least=1)
        if not 0 < len(self.policies) <= MOST_LISTED:
            raise Unsound("the statement names no policy under which anything was judged")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From an instant on, up to another one, not included; whole seconds in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            _whole_second(moment)
        if self.start >= self.end:
            raise Unsound("the period ends before it begins")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """The tenant's log as it stood when it was counted: its first `size` events have this root."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        _counts(self, "size")
        _digest(self.root, "log")
        if not _ORIGIN.fullmatch(self.origin):
            raise Malformed("the statement does not name a log")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphUsed:
    """The graph of parties: its version, how much it states, and how much of that nobody knows.

    `oldest_days` is the age of its oldest statement; None for a graph that states nothing.
    """

    version: int
    digest: bytes
    statements: int
    unknown: int
    oldest_days: int | None

    def __post_init__(self) -> None:
        _digest(self.digest, "graph")
        _counts(self, "version", "statements", "unknown")
        if (self.statements == 0) != (self.oldest_days is None):
            raise Unsound("the age of the oldest statement is missing, or is said of a graph without any")
        if self.oldest_days is not None:
            _counts(self, "oldest_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What was examined: deliveries, who and what received them, and decisions of the gate in the log."""

    accesses: int
    actors: int
    destinations: int
    subprocessors: int
    decisions: int

    def __post_init__(self) -> None:
        _counts(self, "accesses", "actors", "destinations", "subprocessors", "decisions")
        if self.accesses == 0:
            raise Unsound("population 0: nothing was accessed in the period, so nothing was examined")
        if self.actors == 0 and self.destinations == 0:
            raise Unsound("accesses were counted, and neither a person nor a place that received anything")
        if self.actors + self.destinations > self.accesses:
            raise Unsound("more people and places received something than there were accesses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Violations: enforcement failed. Exposures: knowledge came later. Denied and in review: kept out."""

    violations: int
    exposures: int
    denied: int
    reviews: int

    def __post_init__(self) -> None:
        _counts(self, "violations", "exposures", "denied", "reviews")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Violations that the isolation check planted in the same period, and found; and the report that says so."""

    run: int
    detected: int
    report: bytes

    def __post_init__(self) -> None:
        _counts(self, "run", "detected")
        _digest(self.report, "isolation report")
        if self.run == 0:
            raise Unsound("no violation was planted, so nobody knows whether the check can fail")
        if self.detected != self.run:
            raise Unsound(
                f"{self.run} violations were planted and {self.detected} found: the check misses some"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mitigation:
    """A walled-off team that the tenant has approved: how many people, what for, and until which day."""

    plan: str
    people: int
    purpose: str
    until: str

    def __post_init__(self) -> None:
        _words((self.plan, self.purpose, self.until), "mitigation", least=3)
        _counts(self, "people")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """One neutrality attestation of one tenant over one period. `excluded` is whom its policy keeps out.

    `unknowns` are doubts about the graph, `looser` settings below the default, `limits` what no such
    statement can show, each in words.
    """

    verifier: Verifier
    period: Period
    log: LogState
    graph: GraphUsed
    excluded: tuple[str, ...]
    population: Population
    results: Results
    planted: Planted
    unknowns: tuple[str, ...]
    mitigations: tuple[Mitigation, ...]
    looser: tuple[str, ...]
    limits: tuple[str, ...]
    issued: datetime
    expires: datetime

    def __post_init__(self) -> None:
        _words(self.excluded, "excluded", least=1)
        _words(self.unknowns, "unknowns", least=0)
        _words(self.looser, "looser", least=0)
        _words(self.limits, "limits", least=1)
        if len(self.mitigations) > MOST_LISTED:
            raise Malformed("a statement lists too many mitigations")
        for moment in (self.issued, self.expires):
            _whole_second(moment)
        if self.issued < self.period.end:
            raise Unsound("the statement was issued before its period had ended")
        if not self.issued < self.expires <= self.issued + LONGEST_VALIDITY:
            raise Unsound("the statement does not expire within a year of its issue")
        if self.results.violations + self.results.exposures > self.population.accesses:
            raise Unsound("more accesses failed than there were")
        if self.results.denied + self.results.reviews > self.population.decisions:
            raise Unsound("more was refused than was decided")
        if self.population.accesses > self.log.size:
            raise Unsound("more accesses were counted than the log had events")

    @property
    def unsigned(self) -> bool:
        """Whether some part of the period was judged by a policy that the tenant has not signed."""
        return not all(policy.signed for policy in self.verifier.policies)

    def to_bytes(self) -> bytes:
        """Return the canonical JSON that is signed and whose SHA-256 stands in the log."""
        return canonical_json(statement_of(self))

    @classmethod
    def parse(cls, payload: bytes) -> "Attestation":
        """Read those bytes. Raises `Malformed`, and `Unsound` for a statement that says too little."""
        read = _read(Reader(parse_canonical_json(payload), "statement"))
        if read.to_bytes() != bytes(payload):
            raise Malformed("not the one encoding of this statement")
        return read


def statement_of(said: Attestation) -> dict[str, Any]:
    """Return the in-toto Statement."""
    population, results, planted, graph = said.population, said.results, said.planted, said.graph
    policies = [
        {
            "digest": {"sha256": each.digest.hex()},
            "version": each.version,
            "signature": "signed" if each.signed else "unsigned",
        }
        for each in said.verifier.policies
    ]
    predicate = {
        "verifier": {"id": said.verifier.id, "policies": policies},
        "period": {"from": written(said.period.start), "to": written(said.period.end)},
        "log": {"origin": said.log.origin, "size": said.log.size, "root": said.log.root.hex()},
        "graph": {
            "version": graph.version,
            "digest": {"sha256": graph.digest.hex()},
            "statements": graph.statements,
            "unknown": graph.unknown,
            "oldest_days": graph.oldest_days,
        },
        "excluded": list(said.excluded),
        "population": {name: getattr(population, name) for name in Population.__dataclass_fields__},
        "results": {name: getattr(results, name) for name in Results.__dataclass_fields__},
        "planted": {
            "run": planted.run,
            "detected": planted.detected,
            "report": {"sha256": planted.report.hex()},
        },
        "unknowns": list(said.unknowns),
        "mitigations": [
            {name: getattr(each, name) for name in Mitigation.__dataclass_fields__}
            for each in said.mitigations
        ],
        "looser": list(said.looser),
        "limits": list(said.limits),
        "issued": written(said.issued),
        "expires": written(said.expires),
    }
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": said.log.origin, "digest": {"sha256": said.log.root.hex()}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def written(moment: datetime) -> str:
    """Return an instant as RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(whole: Reader) -> Attestation:
    whole.only("_type", "subject", "predicateType", "predicate")
    if whole.text("_type") != STATEMENT_TYPE or whole.text("predicateType") != PREDICATE_TYPE:
        raise Malformed("this is a statement of another type, or of a version not known here")
    said = whole.part("predicate")
    said.only(*Attestation.__dataclass_fields__)
    log = said.part("log", "origin", "size", "root")
    subjects = whole.parts("subject", "name", "digest")
    state = LogState(origin=log.text("origin"), size=log.number("size"), root=log.hex("root"))
    if [(each.text("name"), each.sha256("digest")) for each in subjects] != [(state.origin, state.root)]:
        raise Malformed("the subject of the statement is another log than the one it speaks of")
    verifier = said.part("verifier", "id", "policies")
    period = said.part("period", "from", "to")
    graph = said.part("graph", "version", "digest", "statements", "unknown", "oldest_days")
    population = said.part("population", *Population.__dataclass_fields__)
    results = said.part("results", *Results.__dataclass_fields__)
    planted = said.part("planted", "run", "detected", "report")
    return Attestation(
        verifier=Verifier(
            id=verifier.text("id"),
            policies=tuple(
                PolicyUsed(
                    digest=each.sha256("digest"),
                    version=each.number("version"),
                    signed=each.one_of("signature", "signed", "unsigned") == "signed",
                )
                for each in verifier.parts("policies", "digest", "version", "signature")
            ),
        ),
        period=Period(start=period.moment("from"), end=period.moment("to")),
        log=state,
        graph=GraphUsed(
            version=graph.number("version"),
            digest=graph.sha256("digest"),
            statements=graph.number("statements"),
            unknown=graph.number("unknown"),
            oldest_days=graph.number_or_none("oldest_days"),
        ),
        excluded=said.texts("excluded"),
        population=Population(**{name: population.number(name) for name in Population.__dataclass_fields__}),
        results=Results(**{name: results.number(name) for name in Results.__dataclass_fields__}),
        planted=Planted(
            run=planted.number("run"), detected=planted.number("detected"), report=planted.sha256("report")
        ),
        unknowns=said.texts("unknowns"),
        mitigations=tuple(
            Mitigation(
                plan=each.text("plan"),
                people=each.number("people"),
                purpose=each.text("purpose"),
                until=each.text("until"),
            )
            for each in said.parts("mitigations", *Mitigation.__dataclass_fields__)
        ),
        looser=said.texts("looser"),
        limits=said.texts("limits"),
        issued=said.moment("issued"),
        expires=said.moment("expires"),
    )


def _digest(value: bytes, what: str) -> None:
    if len(value) != HASH_BYTES:
        raise Malformed(f"the digest of the {what} has {len(value)} bytes, not {HASH_BYTES}")


def _counts(value: object, *names: str) -> None:
    for name in names:
        number = getattr(value, name)
        if type(number) is not int or not 0 <= number < 2**53:
            raise Malformed(f"{name} is a whole number from 0 on")


def _words(values: tuple[str, ...], what: str, *, least: int) -> None:
    if len(values) < least:
        raise Unsound(f"{what}: nothing is named, and a statement without it says nothing")
    if len(values) > MOST_LISTED:
        raise Malformed(f"{what}: too many are named")
    for each in values:
        if not isinstance(each, str) or not each.strip() or len(each) > MOST_CHARACTERS:
            raise Malformed(f"{what}: an empty text, or one that is too long")


def _whole_second(moment: datetime) -> None:
    if moment.tzinfo is None or moment.microsecond:
        raise Malformed("a time in a statement is in UTC, to the second")
