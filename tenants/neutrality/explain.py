"""Verdicts in words: the whole path for those who may see the graph, the person's own parties for the person. Pure.

"A. is employee of Vendor; 49 % owned by Excluded Co., economic interest, non-voting; rule: economic ≥ 5 %"
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from tenants.neutrality.destinations import DestinationVerdict, Trouble
from tenants.neutrality.facts import ECONOMIC, InterestType, Party, Role
from tenants.neutrality.hits import Hit, Note, Step
from tenants.neutrality.people import Ground, PersonVerdict, Reason
from tenants.neutrality.policy import Level, Policy, Rule
from tenants.neutrality.verdict import Verdict
from tenants.neutrality.walls import WallVerdict

Names = Mapping[UUID, Party]

UNDISCLOSED = "a holder that is not disclosed"

WHAT: Mapping[InterestType, str] = {
    InterestType.VOTING_RIGHTS: "of the votes held by {}",
    InterestType.APPOINTMENT_OF_BOARD: "board appointed by {}",
    InterestType.OTHER_INFLUENCE: "influence of {}, not classified",
    InterestType.SENIOR_MANAGING_OFFICIAL: "managed by {}",
    InterestType.SETTLOR: "settled by {}",
    InterestType.TRUSTEE: "held in trust by {}",
    InterestType.PROTECTOR: "protected by {}",
    InterestType.BENEFICIARY: "for the benefit of {}",
    InterestType.CONTRACT: "bound by contract to {}",
    InterestType.CONDITIONAL_CONTRACT: "to be acquired by {}, signed and not closed, counted as converted",
    InterestType.COMPANY_RULES: "controlled by {} under its articles or a contract",
    InterestType.LEGAL_FRAMEWORK: "controlled by {} by law",
    InterestType.BOARD_MEMBER: "has {} on its board",
    InterestType.BOARD_CHAIR: "has {} in the chair of its board",
    InterestType.BOARD_OBSERVER: "has {} as an observer on its board",
    InterestType.INFORMATION_RIGHTS: "owes information to {}",
    InterestType.UNKNOWN: "has an interest of {} that is not known",
    InterestType.UNPUBLISHED: "has an interest of {} that is not published",
    InterestType.NOMINEE: "held by {} as a nominee",
    InterestType.NOMINATOR: "holds for {}",
    InterestType.CONVERTIBLE: "convertible held by {}, counted as converted",
    InterestType.REVENUE_DEPENDENCE: "of its revenue from {}",
    InterestType.DEBT: "owes money to {}",
    InterestType.OPERATES: "run by {}",
}

ROLES: Mapping[Role, str] = {
    Role.EMPLOYEE: "is employed by {}",
    Role.CONTRACTOR: "works as a contractor for {}",
    Role.OFFICER: "is an officer of {}",
    Role.DIRECTOR: "is a director of {}",
    Role.ADVISER: "advises {}",
    Role.OBSERVER: "observes the board of {}",
    Role.EQUITY: "holds shares of {}",
    Role.RELATIVE: "has a relative at {}",
}
PAST: Mapping[Role, str] = {
    Role.EMPLOYEE: "was employed by {} until {}",
    Role.CONTRACTOR: "worked as a contractor for {} until {}",
    Role.OFFICER: "was an officer of {} until {}",
    Role.DIRECTOR: "was a director of {} until {}",
    Role.ADVISER: "advised {} until {}",
    Role.OBSERVER: "observed the board of {} until {}",
    Role.EQUITY: "held shares of {} until {}",
    Role.RELATIVE: "had a relative at {} until {}",
}


def hit_in_words(hit: Hit, *, policy: Policy, parties: Names, to: UUID | None = None) -> str:
    """Return one hit with its whole path, read from the party to the excluded one. For those who may see the graph.

    A step about the party `to` begins no sentence: the caller has just named it.
    """
    name = _namer(parties)
    insiders = frozenset(step.subject for step in hit.path if isinstance(step.what, Role))
    steps = [
        _step(step, name, known=to if position == 0 else None, insiders=insiders)
        for position, step in enumerate(hit.path[::-1])
    ]
    if not steps:
        steps = [f"{name(hit.party)} is the excluded party" if to is None else "the excluded party"]
    if hit.share is not None and len(hit.path) > 1 and hit.rule in (Rule.ECONOMIC, Rule.UNKNOWN):
        steps.append(f"{percent(hit.share)} % in all")
    if hit.note is not None and hit.note is not Note.UNSURE:
        steps.append(hit.note.value)
    if hit.until is not None:
        steps.append(f"reported until {hit.until.isoformat()}")
    return "; ".join([*steps, f"rule: {rule_in_words(hit.rule, policy)}"])


def rule_in_words(rule: Rule, policy: Policy) -> str:
    """Return a rule with its threshold."""
    return {
        Rule.CONTROL: "control",
        Rule.ECONOMIC: f"economic ≥ {plain(policy.economic_percent)} %",
        Rule.RIGHTS: "seat, observer, appointment or information right",
        Rule.INTERLOCK: "interlock: an insider of the excluded party in the room",
        Rule.REVENUE: f"revenue from the excluded party ≥ {plain(policy.revenue_percent)} %",
        Rule.DEBT: "debt to the excluded party",
        Rule.UNKNOWN: f"what is not known could reach {plain(policy.economic_percent)} % or control",
        Rule.PARENTS: "parent of the excluded party, or controlled by one",
        Rule.STAKE: "holds a part of the excluded party",
        Rule.EXCLUDED: "excluded party",
    }[rule]


def link_in_words(step: Step, *, insiders: frozenset[UUID] = frozenset()) -> str:
    """Return what stands between the subject of one link and its holder: "49 % owned by", "is employed by"."""
    if isinstance(step.what, Role):
        if step.holder in insiders:
            return f"has as its {step.what.value}"
        if step.end is not None:
            return PAST[step.what].format("…", step.end.isoformat())
        return _open_end(ROLES[step.what])
    if step.what is None:
        return "belongs to"
    share = "" if step.share is None else f"{plain(step.share)} % "
    if step.what is InterestType.SHAREHOLDING:
        of_class = f", class {step.share_class}" if step.share_class else ""
        votes = "" if step.voting else ", non-voting"
        return (
            f"{share}owned by{of_class}{votes}" if share else f"owned, share not known{of_class}{votes}, by"
        )
    return f"{share}{_open_end(WHAT.get(step.what, step.what.value + ' of {}'))}"


def _open_end(pattern: str) -> str:
    return pattern.format("…").removesuffix(" …")


def person_in_words(verdict: PersonVerdict, *, policy: Policy, parties: Names) -> tuple[str, ...]:
    """Return every reason with its whole path, for the tenant's officers; lifted ones last."""
    name = _namer(parties)
    who = name(verdict.person)
    told = [_reason(reason, who, policy, parties) for reason in verdict.reasons]
    lifted = [
        f"{_reason(reason, who, policy, parties)}; lifted by plan {reason.lifted_by}"
        for reason in verdict.mitigated
    ]
    return (*told, *lifted)


def person_in_own_words(verdict: PersonVerdict, *, policy: Policy, parties: Names) -> tuple[str, ...]:
    """Return the reasons as the person may see them: they name the person's own parties and nobody else.

    Not whom the tenant excludes, unless that is the person's own party, nor any party between.
    """
    name = _namer(parties)
    told: list[str] = []
    for reason in verdict.reasons:
        words = _own(reason, name, policy)
        if words not in told:
            told.append(words)
    return tuple(told)


def wall_in_words(verdict: WallVerdict) -> str:
    """Return why a view is refused, for the person: when it opens, and nothing of who the customers are."""
    if verdict:
        return "available"
    return f"not available until {max(wall.until for wall in verdict.walls).isoformat()}"


def for_gate(verdict: PersonVerdict, *, policy: Policy, parties: Names) -> Verdict:
    """Return the verdict in the form that the gate carries: its path names the person's own parties only."""
    return Verdict(verdict.outcome, person_in_own_words(verdict, policy=policy, parties=parties))


def destination_in_words(verdict: DestinationVerdict, *, policy: Policy, parties: Names) -> tuple[str, ...]:
    """Return what is not clean about a destination with whole paths, for the tenant's officers."""
    name = _namer(parties)
    told: list[str] = []
    for point in verdict.points:
        begin = f"{point.value} {point.trouble.value}" if point.value else f"it {point.trouble.value}"
        if point.party is None:
            told.append(begin)
            continue
        who = f"{begin}: {name(point.party)}"
        told += [
            f"{who}, {hit_in_words(hit, policy=policy, parties=parties, to=point.party)}"
            for hit in point.hits
        ] or [who]
    return tuple(told)


def destination_in_own_words(verdict: DestinationVerdict) -> tuple[str, ...]:
    """Return what is not clean for whoever set the destination up: names and addresses of their own, no party."""
    told: list[str] = []
    for point in verdict.points:
        words = f"{point.value or 'this party'} {OWN_TROUBLES.get(point.trouble, point.trouble.value)}"
        if words not in told:
            told.append(words)
    return tuple(told)


OWN_TROUBLES: Mapping[Trouble, str] = {
    Trouble.TAINTED: "is kept away by this workspace's policy",
    Trouble.SILENT: "is not known well enough",
}


def _own(reason: Reason, name: Callable[[UUID | None], str], policy: Policy) -> str:
    tie = "" if reason.tie is None else f"you declared: {_tie(reason, name)}"
    match reason.ground:
        case Ground.AFFILIATION:
            return f"{tie}; this workspace keeps that party away"
        case Ground.COOLING_OFF:
            until = "" if reason.until is None else f" until {reason.until.isoformat()}"
            return f"{tie}; cooling-off{until}"
        case Ground.EMPLOYER:
            what = (
                "is kept away from this workspace" if reason.level is Level.DENY else "is under review here"
            )
            return f"{tie}; that party {what}"
        case Ground.RELATIVE:
            return f"{tie}; the workspace's owner has to answer first"
        case Ground.REAFFIRM:
            late = " and the further time has passed" if reason.level is Level.DENY else ""
            return f"your declaration is older than {policy.reaffirm_days} days{late}; reaffirm it"
        case Ground.UNDECLARED:
            return "you have not declared your ties yet"
        case Ground.EXCLUDED:
            return "you are kept away from this workspace yourself"


def _reason(reason: Reason, who: str, policy: Policy, parties: Names) -> str:
    name = _namer(parties)
    match reason.ground:
        case Ground.REAFFIRM:
            what = "all ties" if reason.party is None else f"the tie with {name(reason.party)}"
            return f"{who} has not reaffirmed {what} for more than {policy.reaffirm_days} days"
        case Ground.UNDECLARED:
            return f"{who} has declared nothing yet"
        case Ground.EXCLUDED if reason.hit is not None:
            return f"{who}: {hit_in_words(reason.hit, policy=policy, parties=parties)}"
    words = f"{who} {_tie(reason, name)}"
    if reason.hit is not None:
        words += f", {hit_in_words(reason.hit, policy=policy, parties=parties, to=reason.party)}"
    if reason.ground is Ground.COOLING_OFF and reason.until is not None:
        words += f"; cooling-off of {policy.cooling_off_days} days, until {reason.until.isoformat()}"
    return words


def _tie(reason: Reason, name: Callable[[UUID | None], str]) -> str:
    tie = reason.tie
    if tie is None:
        return ""
    past = reason.ground is Ground.COOLING_OFF and tie.end is not None
    if past and tie.end is not None:
        return PAST[tie.role].format(name(tie.party), tie.end.isoformat())
    return ROLES[tie.role].format(name(tie.party))


def _step(
    step: Step, name: Callable[[UUID | None], str], *, known: UUID | None, insiders: frozenset[UUID]
) -> str:
    holder = name(step.holder)
    begin = "" if known is not None and known == step.subject else f"{name(step.subject)} "
    if isinstance(step.what, Role):
        # A path leads from a party to its person, and from the person to the party where they sit.
        if step.holder in insiders:
            return f"{begin or 'which '}has {holder} as its {step.what.value}"
        if step.end is not None:
            return f"{name(step.subject)} {PAST[step.what].format(holder, step.end.isoformat())}"
        return f"{name(step.subject)} {ROLES[step.what].format(holder)}"
    if step.what is None:
        return f"{begin}{_is(begin)}under {holder}"
    share = "" if step.share is None else f"{plain(step.share)} % "
    if step.what is InterestType.SHAREHOLDING:
        owned = f"{share}owned by {holder}" if share else f"owned by {holder}, share not known"
        of_class = f" (class {step.share_class})" if step.share_class else ""
        votes = "" if step.voting else ", non-voting"
        return f"{begin}{_is(begin)}{owned}{of_class}, economic interest{votes}"
    words = WHAT.get(step.what, f"{step.what.value} of {{}}").format(holder)
    kind = ", economic interest" if step.what in ECONOMIC else ""
    return f"{begin}{share}{words}{kind}"


def _is(begin: str) -> str:
    return "is " if begin else ""


def _namer(parties: Names) -> Callable[[UUID | None], str]:
    def name(party: UUID | None) -> str:
        if party is None:
            return UNDISCLOSED
        known = parties.get(party)
        return "somebody not in the registry" if known is None else known.name

    return name


def plain(value: Decimal) -> str:
    """Return a decimal without exponent and needless zeros."""
    return format(value.normalize(), "f")


def percent(share: Fraction) -> str:
    """Return a part as a percentage, rounded up at the fourth digit after the point."""
    rounded = -(-share.numerator * 10**6 // share.denominator)
    return plain(Decimal(rounded) / 10**4)
