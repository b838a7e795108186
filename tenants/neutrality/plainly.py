"""A policy in plain sentences, and where it is softer than the template. Pure."""

from uuid import UUID

from tenants.neutrality.explain import Names, plain, rule_in_words
from tenants.neutrality.policy import SETTABLE, Level, Policy, Rule
from tenants.neutrality.policy_changes import Change, looser_than_default

DOES = {
    Level.DENY: "are kept away",
    Level.REVIEW: "wait for a review",
    Level.REPORT: "are let in and reported",
}
DOES_WAYS = {
    Level.DENY: "nothing leaves to it",
    Level.REVIEW: "a way out to it waits for a review",
    Level.REPORT: "a way out to it is open and reported",
}
FIELDS = {
    "percents.economic": "Part of a party from which on it counts",
    "percents.revenue": "Revenue from the excluded party from which on it counts",
    "percents.equity": "Own shares of a listed party from which on they are a tie",
    "days.cooling_off": "Cooling-off",
    "days.stale_after": "Age from which on a statement clears nobody",
    "days.reaffirm": "Members confirm their ties every",
    "days.grace": "Further time for that",
}


def in_sentences(policy: Policy, *, names: Names) -> tuple[str, ...]:
    """Return what a policy does, from whom it excludes to how it counts."""
    told = [_excluded(policy, names)]
    told += [_rule(rule, policy) for rule in SETTABLE]
    told += [
        f"Whoever left an excluded party is kept away for another {policy.cooling_off_days} days.",
        f"Own shares of a listed excluded party count from {plain(policy.equity_percent)} % on.",
        f"A statement older than {policy.stale_after_days} days clears nobody.",
        f"Members confirm their ties every {policy.reaffirm_days} days, and have {policy.grace_days} days more.",
    ]
    if policy.rivals:
        listed = _listed(sorted(policy.rivals), names)
        told.append(
            f"Whoever has seen the work of {listed} sees nothing here until the cooling-off has passed."
        )
    return tuple(told)


def softer_in_words(policy: Policy) -> tuple[str, ...]:
    """Return each setting that is softer than the template's: what it is, and what the template says."""
    return tuple(_softer(change) for change in looser_than_default(policy))


def _softer(change: Change) -> str:
    name = FIELDS.get(change.field)
    if name is None:
        _, rule, who = change.field.split(".")
        name = f"{rule.capitalize()}, for {'people' if who == 'people' else 'ways out'}"
    return f"{name}: {change.after} instead of {change.before}"


def _excluded(policy: Policy, names: Names) -> str:
    if not policy.excluded:
        return "No party is excluded, so nobody is kept away for a tie."
    return f"Excluded: {_listed(sorted(policy.excluded), names)}, and all that they control."


def _rule(rule: Rule, policy: Policy) -> str:
    setting = policy.setting(rule)
    return (
        f"{_capital(rule_in_words(rule, policy))}: people who work there {DOES[setting.people]}, "
        f"and {DOES_WAYS[setting.egress]}."
    )


def _listed(parties: list[UUID], names: Names) -> str:
    return ", ".join(
        sorted(names[each].name if each in names else "a party not in the registry" for each in parties)
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
