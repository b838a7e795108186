"""May this person, party or host touch us, and why? Every reason with its path, rule and what would change it. Pure.

For officers. What is told has gone through `discretion` before.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from tenants.neutrality.destinations import DestinationVerdict, Point, Trouble
from tenants.neutrality.explain import (
    PAST,
    ROLES,
    UNDISCLOSED,
    Names,
    destination_in_words,
    hit_in_words,
    link_in_words,
    person_in_words,
    rule_in_words,
)
from tenants.neutrality.facts import Affiliation, Role
from tenants.neutrality.hits import Hit, Note
from tenants.neutrality.people import Ground, PersonVerdict, Reason
from tenants.neutrality.policy import Level, Policy, Rule
from tenants.neutrality.verdict import Outcome

NOBODY = "somebody not in the registry"


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One link of a drawn chain: the words between two names. `unsure`: not disclosed or not classified."""

    words: str
    to: str
    party: UUID | None = None
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One reason: how strict, in words, as a chain from whoever is asked about, by which rule, what would change it."""

    level: Level
    words: str
    begin: str = ""
    chain: tuple[ChainLink, ...] = ()
    rule: str = ""
    until: date | None = None
    changes: tuple[str, ...] = ()
    lifted: bool = False
    statements: tuple[UUID, ...] = ()
    """What the path rests on, from the party asked about to the excluded one."""


@dataclass(frozen=True, slots=True)
class Part:
    """One half of an answer: what is asked, and the outcome."""

    what: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered about one person, party or host. The strictest part decides."""

    parts: tuple[Part, ...]
    told: tuple[Told, ...]

    @property
    def outcome(self) -> Outcome:
        """The strictest outcome of all parts."""
        return max((part.outcome for part in self.parts), key=ORDER.index)


ORDER = (Outcome.ALLOW, Outcome.REVIEW, Outcome.DENY)
BY_LEVEL = {
    Level.DENY: Outcome.DENY,
    Level.REVIEW: Outcome.REVIEW,
    Level.REPORT: Outcome.ALLOW,
    None: Outcome.ALLOW,
}


def answer_on_person(
    verdict: PersonVerdict, *, policy: Policy, names: Names, walled_until: date | None
) -> Answer:
    """Return the answer on a member. `walled_until`: until when what they saw elsewhere keeps them from content."""
    name = _namer(names)
    who = name(verdict.person)
    told: list[Told] = []
    if walled_until is not None:
        told.append(
            Told(
                Level.DENY,
                f"{who} is not available until {walled_until.isoformat()}",
                begin=who,
                rule="conflict of interest: content seen elsewhere",
                until=walled_until,
                changes=(
                    f"It passes by itself: available again on {_after(walled_until)}. Nothing lifts it before.",
                ),
            )
        )
    words = person_in_words(verdict, policy=policy, parties=names)
    reasons = [*verdict.reasons, *verdict.mitigated]
    for reason, text in zip(reasons, words, strict=True):
        told.append(_reason(reason, text, who, policy, name))
    outcome = Outcome.DENY if walled_until is not None else verdict.outcome
    return Answer((Part("May this person work here?", outcome),), tuple(told))


def answer_on_party(
    party: UUID, hits: Iterable[Hit], *, people: Level | None, egress: Level | None, silent: bool, registered: bool,
    policy: Policy, names: Names,
) -> Answer:  # fmt: skip
    """Return the answer on a party: whether those who work for it may work here, and whether content may go to it."""
    name = _namer(names)
    told = [_hit(hit, name(party), party, policy, names) for hit in hits]
    if silent:
        told.append(
            Told(
                Level.DENY if egress is Level.DENY else Level.REPORT,
                f"{name(party)}: too little is stated of its owners; an excluded party could be among them",
                begin=name(party),
                rule="nothing leaves to a party of whose owners too little is known",
                changes=("A register's entry or a document that names its owners, younger than "
                         f"{policy.stale_after_days} days.",),
            )
        )  # fmt: skip
    if not registered:
        told.append(
            Told(
                Level.DENY,
                "This party is not in the registry: nothing is known of it, and nothing leaves to it",
                rule="unknown parties get nothing",
                changes=("The operator registers the party and its owners.",),
            )
        )
    parts = (
        Part("May people who work for it work here?", BY_LEVEL[people]),
        Part("May content go to it?", BY_LEVEL[egress]),
    )
    return Answer(parts, tuple(told))


def answer_on_host(verdict: DestinationVerdict, *, policy: Policy, names: Names, looked_up: bool) -> Answer:
    """Return the answer on a host. `looked_up`: whether its addresses were resolved and judged too."""
    told: list[Told] = []
    for point in verdict.points:
        if point.trouble is Trouble.NOWHERE and not looked_up:
            continue  # not asked: the name alone is refused
        told += _point(point, policy, names)
    if not told and not verdict:
        told.append(Told(Level.DENY, "nothing is known of this host", changes=(REGISTER_HOST,)))
    return Answer((Part("May content go there?", verdict.outcome),), tuple(told))


REGISTER_HOST = "The operator registers whose host or network it is."
TROUBLES = {
    Trouble.UNKNOWN: REGISTER_HOST,
    Trouble.NOT_PUBLIC: "Nothing: content never goes to addresses inside networks.",
    Trouble.MALFORMED: "Write a host name such as hooks.example.com.",
    Trouble.TOO_MANY: "A name that leads to fewer places.",
    Trouble.NOWHERE: "The name gets an address.",
    Trouble.SILENT: "A register's entry or a document that names the owners of that party.",
}


def _point(point: Point, policy: Policy, names: Names) -> list[Told]:
    name = _namer(names)
    verdict = DestinationVerdict(Outcome.DENY, (point,), frozenset())
    words = destination_in_words(verdict, policy=policy, parties=names)
    if not point.hits:
        to = () if point.party is None else (ChainLink("belongs to", name(point.party), point.party),)
        changes = (TROUBLES[point.trouble],) if point.trouble in TROUBLES else ()
        return [Told(Level.DENY, words[0], point.value, to, point.trouble.value, changes=changes)]
    told = []
    for hit, text in zip(point.hits, words, strict=True):
        made = _hit(hit, name(point.party), point.party, policy, names)
        begin = ChainLink("belongs to", name(point.party), point.party)
        chain = (begin, *made.chain) if point.value else made.chain
        told.append(
            Told(
                hit.egress, text, point.value or made.begin, chain, made.rule, made.until, made.changes,
                statements=made.statements,
            )
        )  # fmt: skip
    return told


def _hit(hit: Hit, who: str, party: UUID | None, policy: Policy, names: Names) -> Told:
    text = f"{who}: {hit_in_words(hit, policy=policy, parties=names, to=party)}"
    return Told(
        max(hit.people, hit.egress),
        text,
        who,
        _chain(hit, _namer(names)),
        rule_in_words(hit.rule, policy),
        hit.until,
        _of_hit(hit, policy, names),
        statements=_rests_on(hit),
    )


def _reason(reason: Reason, text: str, who: str, policy: Policy, name: Callable[[UUID | None], str]) -> Told:
    chain: list[ChainLink] = []
    if reason.tie is not None:
        chain.append(ChainLink(_tie(reason), name(reason.tie.party), reason.tie.party))
    if reason.hit is not None:
        chain += _chain(reason.hit, name)
    rule = "" if reason.hit is None else rule_in_words(reason.hit.rule, policy)
    return Told(
        reason.level,
        text,
        who,
        tuple(chain),
        "; ".join(part for part in (GROUND_RULES[reason.ground](policy), rule) if part),
        reason.until,
        _of_reason(reason, policy, name),
        lifted=reason.lifted_by is not None,
        statements=() if reason.hit is None else _rests_on(reason.hit),
    )


GROUND_RULES: dict[Ground, Callable[[Policy], str]] = {
    Ground.EXCLUDED: lambda _: "meets a rule in person",
    Ground.AFFILIATION: lambda _: "a current tie with an excluded party, or with what it controls",
    Ground.COOLING_OFF: lambda policy: f"cooling-off of {policy.cooling_off_days} days",
    Ground.EMPLOYER: lambda _: "works for a party that the policy keeps away",
    Ground.RELATIVE: lambda _: "a relative is tied to an excluded party",
    Ground.REAFFIRM: lambda policy: f"ties are confirmed every {policy.reaffirm_days} days",
    Ground.UNDECLARED: lambda _: "every member declares their ties",
}


def _tie(reason: Reason) -> str:
    tie = reason.tie
    if not isinstance(tie, Affiliation):
        return ""
    if reason.ground is Ground.COOLING_OFF and tie.end is not None:
        return PAST[tie.role].format("…", tie.end.isoformat())
    return ROLES[tie.role].format("…").removesuffix(" …")


def _chain(hit: Hit, name: Callable[[UUID | None], str]) -> tuple[ChainLink, ...]:
    """Return the links from the party that meets the rule to the excluded one."""
    insiders = frozenset(step.subject for step in hit.path if isinstance(step.what, Role))
    return tuple(
        ChainLink(
            link_in_words(step, insiders=insiders),
            name(step.holder),
            step.holder,
            unsure=step.holder is None or hit.note in (Note.UNSURE, Note.CONFIDENTIAL),
        )
        for step in hit.path[::-1]
    )


def _rests_on(hit: Hit) -> tuple[UUID, ...]:
    return tuple(step.statement for step in hit.path[::-1] if step.statement is not None)


def _of_reason(reason: Reason, policy: Policy, name: Callable[[UUID | None], str]) -> tuple[str, ...]:
    match reason.ground:
        case Ground.COOLING_OFF if reason.until is not None:
            return (f"It passes by itself: this reason is gone on {_after(reason.until)}.",)
        case Ground.AFFILIATION:
            return (
                f"The tie with {name(reason.party)} ends; then {policy.cooling_off_days} days of cooling-off follow.",
                "A signed policy that no longer excludes the party.",
            )
        case Ground.EMPLOYER:
            return (
                f"The tie with {name(reason.party)} ends.",
                "A mitigation plan that your admins sign: who, which systems, until when.",
                *(() if reason.hit is None else _of_hit(reason.hit, policy, None)),
            )
        case Ground.RELATIVE:
            return ("The relative's tie ends, or the policy no longer excludes that party.",)
        case Ground.REAFFIRM:
            return ("They confirm their declaration.",)
        case Ground.UNDECLARED:
            return ("They declare their ties; the form meets them when they sign in.",)
    return () if reason.hit is None else _of_hit(reason.hit, policy, None)


def _of_hit(hit: Hit, policy: Policy, names: Names | None) -> tuple[str, ...]:
    if hit.note is Note.FORMER and hit.until is not None:
        return (f"It is only reported, until {hit.until.isoformat()}.",)
    found = {
        Rule.EXCLUDED: "A signed policy that no longer excludes it.",
        Rule.CONTROL: "A statement that the control on this path has ended.",
        Rule.ECONOMIC: f"A statement that brings the part below {_percent(policy)} %, over all paths together.",
        Rule.RIGHTS: "A statement that the seat or right on this path has ended.",
        Rule.INTERLOCK: "A statement that the person has left one of the two, and the cooling-off has passed.",
        Rule.REVENUE: "A statement that brings the revenue from the excluded party below the threshold.",
        Rule.DEBT: "A statement that the loan is repaid.",
        Rule.UNKNOWN: f"A document that says who is behind it, younger than {policy.stale_after_days} days.",
        Rule.PARENTS: "A statement that the control on this path has ended.",
        Rule.STAKE: "A statement that it holds no part of the excluded party any more.",
    }[hit.rule]
    return (found,)


def _percent(policy: Policy) -> str:
    return format(policy.economic_percent.normalize(), "f")


def _after(day: date) -> str:
    return (day + timedelta(days=1)).isoformat()


def _namer(names: Names) -> Callable[[UUID | None], str]:
    def name(party: UUID | None) -> str:
        if party is None:
            return UNDISCLOSED
        known = names.get(party)
        return NOBODY if known is None else known.name

    return name
