"""Leaves: what they commit to, and what opens them."""

import json
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import leaf
from audit.errors import Malformed, ProofRejected
from audit.leaf import Half, check_opening
from audit.merkle import leaf_hash

CORE = {"action": "task.submitted", "object": "item-1", "count": 3, "tags": ["ä", None, True]}
PII = {"actor": "someone"}
MADE = leaf.build(CORE, PII, 1_700_000_000_123)

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


def test_a_leaf_is_127_bytes_and_says_nothing_but_its_time():
    assert len(MADE.encoded) == 127
    assert b"task" not in MADE.encoded
    assert json.loads(MADE.encoded).keys() == {"c", "p", "t", "v"}
    assert leaf.parse(MADE.encoded).at_ms == 1_700_000_000_123
    assert MADE.hash == leaf_hash(MADE.encoded)
    assert "task" not in repr(MADE)


def test_each_half_opens_by_itself():
    assert check_opening(MADE.encoded, Half.CORE, MADE.core_opening) == CORE
    assert check_opening(MADE.encoded, Half.PII, MADE.pii_opening) == PII


def test_the_same_event_never_makes_the_same_leaf():
    again = leaf.build(CORE, PII, 1_700_000_000_123)
    assert leaf.parse(again.encoded).core != leaf.parse(MADE.encoded).core
    with pytest.raises(ProofRejected):
        check_opening(MADE.encoded, Half.CORE, again.core_opening)


def test_one_half_does_not_open_the_other_even_with_the_same_content():
    alike = leaf.build(CORE, CORE, 0)
    with pytest.raises(ProofRejected):
        check_opening(alike.encoded, Half.PII, alike.core_opening)
    salt, text = alike.core_opening[:32], alike.core_opening[32:]
    assert leaf._commit(Half.CORE, salt + text) != leaf._commit(Half.PII, salt + text)


def test_every_changed_byte_of_an_opening_is_refused():
    for at in range(len(MADE.core_opening)):
        changed = MADE.core_opening[:at] + bytes([MADE.core_opening[at] ^ 1]) + MADE.core_opening[at + 1 :]
        with pytest.raises(ProofRejected):
            check_opening(MADE.encoded, Half.CORE, changed)


@pytest.mark.parametrize("opening", [b"", b"x" * 32, b"x" * (4 * 1024 * 1024 + 1)])
def test_an_opening_of_no_possible_length_is_malformed(opening):
    with pytest.raises(Malformed):
        check_opening(MADE.encoded, Half.CORE, opening)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(st.characters(codec="utf-8")), plain, max_size=4), st.integers(0, 2**63 - 1))
def test_whatever_is_plain_opens_to_itself(content, at_ms):
    made = leaf.build(content, {}, at_ms)
    assert check_opening(made.encoded, Half.CORE, made.core_opening) == content
    assert leaf.parse(made.encoded).at_ms == at_ms


@pytest.mark.parametrize(
    "content",
    [
        {"x": 1.5},
        {"x": float("nan")},
        {"x": b"bytes"},
        {1: "x"},
        {"x": "\ud800"},
        {"x": {1, 2}},
        {"x": 10**5000},
    ],
)
def test_what_has_no_canonical_form_is_malformed(content):
    with pytest.raises(Malformed):
        leaf.build(content, {}, 0)


def test_depth_is_limited_on_both_sides():
    deep: dict[str, object] = {}
    for _ in range(40):
        deep = {"deep": deep}
    with pytest.raises(Malformed):
        leaf.build(deep, {}, 0)
    with pytest.raises(Malformed):
        leaf.parse_canonical_json(b'{"a":' * 100_000)


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"{",
        b"{} ",
        b"[]",
        b'"x"',
        b"1",
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1}\n',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1.0}',
        b'{"a":NaN}',
        b'{"a":"\\u00e4"}',
        b'{"a":"\\ud800"}',
        b'{"a":1' + b"0" * 5000 + b"}",
        b'{"a":-0}',
        b'{"a":"\xff"}',
    ],
)
def test_json_of_another_spelling_is_malformed(encoded):
    assert leaf.parse_canonical_json(b"{}") == {}
    with pytest.raises(Malformed):
        leaf.parse_canonical_json(encoded)


HASH = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        f'{{"c":"{HASH}","p":"{HASH}","t":0,"v":2}}',
        f'{{"c":"{HASH}","p":"{HASH}","t":00,"v":1}}',
        f'{{"c":"{HASH}","p":"{HASH}","t":-1,"v":1}}',
        f'{{"c":"{HASH}","p":"{HASH}","t":{2**63},"v":1}}',
        f'{{"c":"{HASH}","p":"{HASH}","t":0,"v":1}}\n',
        f'{{"p":"{HASH}","c":"{HASH}","t":0,"v":1}}',
        f'{{"c":"{HASH[:-2]}B=","p":"{HASH}","t":0,"v":1}}',
        f'{{"c":"{HASH[:-4]}","p":"{HASH}","t":0,"v":1}}',
    ],
)
def test_a_leaf_has_one_encoding(encoded):
    leaf.parse(f'{{"c":"{HASH}","p":"{HASH}","t":0,"v":1}}'.encode())
    with pytest.raises(Malformed):
        leaf.parse(encoded.encode())


def test_a_leaf_before_1970_is_malformed():
    with pytest.raises(Malformed):
        leaf.build(CORE, PII, -1)
