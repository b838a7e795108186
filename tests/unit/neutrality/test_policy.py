"""The policy document: strict, canonical, with one error that names the field."""

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.neutrality.policy import (
    DAYS,
    DEFAULT_RULES,
    PERCENTS,
    SETTABLE,
    Level,
    Policy,
    PolicyRejected,
    Rule,
    Setting,
    parse_policy,
    read_policy,
)
from tenants.neutrality.policy_changes import Direction, changes, looser_than_default
from tests.unit.neutrality.making import PATIENT

W = UUID(int=1)


def policies() -> st.SearchStrategy[Policy]:
    percent = st.integers(1, 10**12).map(lambda n: Decimal(n) / 10**10)
    levels = st.sampled_from(Level)
    return st.builds(
        Policy,
        excluded=st.frozensets(st.uuids(), max_size=4),
        rivals=st.frozensets(st.uuids(), max_size=4),
        rules=st.fixed_dictionaries({rule: st.builds(Setting, levels, levels) for rule in SETTABLE}),
        **{f"{name}_percent": percent for name in PERCENTS},
        **{f"{name}_days": st.integers(*bounds) for name, bounds in DAYS.items()},
    )


@PATIENT
@given(policies())
def test_a_policy_survives_its_own_writing(policy: Policy) -> None:
    written = policy.to_bytes()
    assert parse_policy(written) == policy
    assert policy.digest == hashlib.sha256(written).digest()
    assert changes(policy, policy) == ()


@PATIENT
@given(policies(), policies())
def test_a_difference_read_the_other_way_turns_round(one: Policy, other: Policy) -> None:
    there, back = changes(one, other), changes(other, one)
    assert {(c.field, c.before, c.after, c.direction) for c in there} == {
        (
            c.field,
            c.after,
            c.before,
            Direction.TIGHTER if c.direction is Direction.LOOSER else Direction.LOOSER,
        )
        for c in back
    }
    assert bool(there) == (one != other)


def test_the_template_is_what_an_empty_document_says() -> None:
    assert read_policy({"version": 1}) == Policy()
    assert looser_than_default(Policy()) == ()
    assert dict(Policy().rules) == dict(DEFAULT_RULES)


def test_the_digest_of_the_template_is_frozen() -> None:
    """A change here is a change of every signature over a policy that was left as it was."""
    assert Policy(excluded=frozenset({W})).digest.hex() == FROZEN
    assert json.loads(Policy(excluded=frozenset({W})).to_bytes())["percents"] == {
        "economic": "5",
        "equity": "0.1",
        "revenue": "20",
    }


FROZEN = "4cfdc173fc39300310049df3138f1e64bb56102f76de000ffe29708565fcfdc5"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("document", []),
        ("version", {"version": 2}),
        ("version", {"version": True}),
        ("version", {"version": None}),
        ("surprise", {"surprise": 1}),
        ("excluded", {"excluded": "W"}),
        ("excluded[0]", {"excluded": ["W"]}),
        ("excluded[0]", {"excluded": [5]}),
        ("excluded[1]", {"excluded": [str(W), str(W).upper()]}),
        ("rivals", {"rivals": [str(W)] * 1_001}),
        ("percents", {"percents": []}),
        ("percents.votes", {"percents": {"votes": "5"}}),
        ("percents.economic", {"percents": {"economic": 5}}),
        ("percents.economic", {"percents": {"economic": "-3"}}),
        ("percents.economic", {"percents": {"economic": "140"}}),
        ("percents.economic", {"percents": {"economic": "0"}}),
        ("percents.economic", {"percents": {"economic": "5e0"}}),
        ("percents.economic", {"percents": {"economic": "٥"}}),
        ("days.cooling_off", {"days": {"cooling_off": 179}}),
        ("days.cooling_off", {"days": {"cooling_off": True}}),
        ("days.grace", {"days": {"grace": -1}}),
        ("days.sometime", {"days": {"sometime": 1}}),
        ("rules.excluded", {"rules": {"excluded": {"people": "report"}}}),
        ("rules.debt", {"rules": {"debt": "deny"}}),
        ("rules.debt.people", {"rules": {"debt": {"people": "allow"}}}),
        ("rules.debt.everybody", {"rules": {"debt": {"everybody": "deny"}}}),
    ],
)
def test_a_policy_with_a_slip_is_refused_and_the_field_named(field: str, change: Any) -> None:
    document = change if isinstance(change, list) else {"version": 1} | change
    with pytest.raises(PolicyRejected) as refused:
        read_policy(document)
    assert refused.value.field == field


@pytest.mark.parametrize("change", [b" ", b"\n"])
def test_other_bytes_of_the_same_content_are_not_the_policy(change: bytes) -> None:
    written = Policy().to_bytes()
    for other in (written + change, written.replace(b'"5"', b'"5.0"'), written.replace(b"{", b"{ ", 1), b""):
        with pytest.raises(PolicyRejected):
            parse_policy(other)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"economic_percent": Decimal(6)}, "percents.economic"),
        ({"revenue_percent": Decimal(21)}, "percents.revenue"),
        ({"equity_percent": Decimal("0.2")}, "percents.equity"),
        ({"cooling_off_days": 364}, "days.cooling_off"),
        ({"stale_after_days": 91}, "days.stale_after"),
        ({"reaffirm_days": 91}, "days.reaffirm"),
        ({"grace_days": 31}, "days.grace"),
        ({"rules": {**DEFAULT_RULES, Rule.DEBT: Setting(Level.REPORT, Level.REVIEW)}}, "rules.debt.people"),
        (
            {"rules": {**DEFAULT_RULES, Rule.UNKNOWN: Setting(Level.REVIEW, Level.REVIEW)}},
            "rules.unknown.egress",
        ),
    ],
)
def test_what_is_softer_than_the_template_is_listed(change: dict[str, Any], field: str) -> None:
    assert [each.field for each in looser_than_default(replace(Policy(), **change))] == [field]


def test_taking_an_excluded_party_off_is_looser() -> None:
    [change] = changes(Policy(excluded=frozenset({W})), Policy())
    assert (change.field, change.before, change.direction) == ("excluded", str(W), Direction.LOOSER)


def test_the_excluded_party_itself_cannot_be_softened() -> None:
    assert Policy().setting(Rule.EXCLUDED) == Setting(Level.DENY, Level.DENY)
