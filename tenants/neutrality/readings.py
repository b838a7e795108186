"""A policy in plain sentences, one for each setting, for whoever signs it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from tenants.neutrality.explain import plain
from tenants.neutrality.facts import Party
from tenants.neutrality.policy import SETTABLE, Level, Policy, Rule, Setting
from tenants.neutrality.policy_changes import Change


@dataclass(frozen=True, slots=True)
class Reading:
    """One setting: its place in the document, what it is called, and what it does as it stands."""

    field: str
    title: str
    sentence: str


RULES: Mapping[Rule, tuple[str, str]] = {
    Rule.CONTROL: (
        "Control",
        "a firm that an excluded party controls: over half of the votes, most of the board, or a contract;"
        " exactly half counts too, and so does whatever such a firm controls",
    ),
    Rule.ECONOMIC: (
        "Economic interest",
        "a firm of which an excluded party holds {economic} % or more of any class of shares, of the capital or of"
        " the votes, summed over chains, with or without a vote",
    ),
    Rule.RIGHTS: (
        "Seats and rights",
        "a firm in which an excluded party has a seat, an observer, the right to appoint or a right to information",
    ),
    Rule.INTERLOCK: (
        "Interlocks",
        "a firm that has an insider of an excluded party as director, officer or observer",
    ),
    Rule.REVENUE: ("Revenue", "a firm that has {revenue} % or more of its revenue from an excluded party"),
    Rule.DEBT: ("Debt", "a firm that owes money to an excluded party or its group"),
    Rule.UNKNOWN: (
        "What is not known",
        "a firm of whose owners too little is known: what is missing, out of date or contradictory could reach"
        " {economic} % or control",
    ),
    Rule.PARENTS: ("Parents", "a parent of an excluded party, and firms that such a parent controls"),
    Rule.STAKE: ("Stakes in it", "a firm that itself holds a part of an excluded party"),
}
PEOPLE: Mapping[Level, str] = {
    Level.DENY: "keeps its people out",
    Level.REVIEW: "stops its people until the workspace has answered",
    Level.REPORT: "is only reported for its people",
}
EGRESS: Mapping[Level, str] = {
    Level.DENY: "nothing may be sent there",
    Level.REVIEW: "nothing is sent there until the workspace has answered",
    Level.REPORT: "sending there is only reported",
}
DAYS: Mapping[str, tuple[str, str]] = {
    "cooling_off": (
        "Cooling-off",
        "Whoever was tied to an excluded party stays out for {} days after the last day of the tie.",
    ),
    "stale_after": (
        "Age of statements",
        "A statement older than {} days clears nobody any more; one that incriminates still counts.",
    ),
    "reaffirm": ("Reaffirmation", "Everybody declares their ties anew every {} days."),
    "grace": (
        "Further time",
        "Whoever has not reaffirmed has {} more days until they are kept out; until then they are asked.",
    ),
}


def readings(policy: Policy, parties: Mapping[UUID, Party]) -> tuple[Reading, ...]:
    """Return every setting of a policy in the order of its document."""
    name = _namer(parties)
    excluded = ", ".join(sorted(map(name, policy.excluded)))
    rivals = ", ".join(sorted(map(name, policy.rivals)))
    found = [
        Reading(
            "excluded",
            "Excluded parties",
            f"Kept away, whatever else is set: {excluded}." if excluded else "Nobody is excluded.",
        ),
        Reading(
            "rivals",
            "Rivals",
            f"Whoever saw items of one side of a conflict gets none of the other side's until the cooling-off has"
            f" passed. Excluded parties conflict by themselves; besides: {rivals}."
            if rivals
            else "No conflicts besides those with the excluded parties.",
        ),
        Reading(
            "percents.economic",
            "Economic threshold",
            f"An economic interest counts from {plain(policy.economic_percent)} % on.",
        ),
        Reading(
            "percents.revenue",
            "Revenue threshold",
            f"Dependence on revenue counts from {plain(policy.revenue_percent)} % on.",
        ),
        Reading(
            "percents.equity",
            "A person's own shares",
            f"Holding less than {plain(policy.equity_percent)} % of a listed excluded party, or holding it through a"
            " fund, is no tie.",
        ),
    ]
    for each, (title, sentence) in DAYS.items():
        found.append(Reading(f"days.{each}", title, sentence.format(f"{getattr(policy, f'{each}_days'):,}")))
    found += [
        Reading(f"rules.{rule.value}", RULES[rule][0], rule_sentence(rule, policy.rules[rule], policy))
        for rule in SETTABLE
    ]
    return tuple(found)


def rule_sentence(rule: Rule, setting: Setting, policy: Policy) -> str:
    """Return what one rule does, as it is set."""
    what = RULES[rule][1].format(
        economic=plain(policy.economic_percent), revenue=plain(policy.revenue_percent)
    )
    return f"{what[:1].upper()}{what[1:]}: this {PEOPLE[setting.people]}; {EGRESS[setting.egress]}."


def change_in_words(change: Change, parties: Mapping[UUID, Party]) -> tuple[str, str, str]:
    """Return what a change is about, what it was and what it becomes."""
    name = _namer(parties)
    group, _, rest = change.field.partition(".")
    if group in ("excluded", "rivals"):
        title = "Excluded parties" if group == "excluded" else "Rivals"
        return (
            title,
            name(UUID(change.before)) if change.before else "–",
            (name(UUID(change.after)) if change.after else "no longer named"),
        )
    if group == "percents":
        titles = {
            "economic": "Economic threshold",
            "revenue": "Revenue threshold",
            "equity": "A person's own shares",
        }
        return titles[rest], change.before, change.after
    if group == "days":
        return DAYS[rest][0], change.before, change.after
    rule, _, who = rest.partition(".")
    title = RULES[Rule(rule)][0]
    return f"{title}, {'people' if who == 'people' else 'ways out'}", change.before, change.after


def _namer(parties: Mapping[UUID, Party]) -> Callable[[UUID], str]:
    def name(party: UUID) -> str:
        known = parties.get(party)
        return f"somebody not in the registry ({party})" if known is None else known.name or str(party)

    return name
