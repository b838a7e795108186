"""What AWS CloudTrail writes about `Decrypt` (field names after the AWS KMS Developer Guide, "Decrypt")."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenants.keys.cloudtrail import read_cloudtrail
from tenants.keys.unwrap_lines import SKEW

KEY = "arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-0000-0000-000000000001"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def decrypt(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "eventTime": "2026-11-26T12:00:00Z",
        "eventSource": "kms.amazonaws.com",
        "eventName": "Decrypt",
        "requestParameters": {
            "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "keyId": KEY,
            "encryptionContext": {"rf:tenant": "t", "rf:purpose": "data"},
        },
        "responseElements": None,
        "eventID": f"id-{number}",
        "resources": [{"accountId": "000000000000", "type": "AWS::KMS::Key", "ARN": KEY}],
    } | more


def read(*records: Any) -> Any:
    content = json.dumps({"Records": list(records)}).encode()
    return read_cloudtrail(content, NOON - timedelta(hours=1), NOON + timedelta(hours=1))


def test_an_unwrap_says_when_with_which_key_and_for_whom() -> None:
    (unwrap,) = read(decrypt()).unwraps
    assert (unwrap.at, unwrap.key_ref, unwrap.ok, unwrap.of) == (NOON, KEY, True, "t")
    assert unwrap.context == (("rf:purpose", "data"), ("rf:tenant", "t"))


def test_a_refusal_opens_nothing_whatever_it_lacks() -> None:
    refused = decrypt(errorCode="AccessDenied", requestParameters=None, resources=None)
    (unwrap,) = read(refused).unwraps
    assert (unwrap.ok, unwrap.of, unwrap.context) == (False, "", ())


def test_an_event_that_was_delivered_twice_counts_once() -> None:
    assert len(read(decrypt(1), decrypt(1), decrypt(2)).unwraps) == 2


def test_what_is_no_decrypt_of_the_key_service_is_left_out() -> None:
    others = decrypt(eventName="Encrypt"), decrypt(eventSource="s3.amazonaws.com")
    found = read(*others)
    assert (found.unwraps, found.damaged) == ([], 0)


@pytest.mark.parametrize(
    ("seconds", "there"), [(0, True), (-3605, True), (-3606, False), (3604, True), (3605, False)]
)
def test_the_span_is_widened_by_the_skew_of_clocks(seconds: int, *, there: bool) -> None:
    assert timedelta(seconds=5) == SKEW
    at = (NOON + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert bool(read(decrypt(eventTime=at)).unwraps) is there


@pytest.mark.parametrize(
    "damaged",
    [
        "text",
        None,
        decrypt(eventTime="2026-11-26T12:00:00"),
        decrypt(eventTime="yesterday"),
        decrypt(eventTime=None),
        decrypt(requestParameters=["a"]),
        decrypt(resources=[1]),
        {key: value for key, value in decrypt().items() if key != "eventID"},
    ],
)
def test_what_cannot_be_read_is_counted_and_hides_nothing_else(damaged: Any) -> None:
    found = read(damaged, decrypt(2))
    assert (found.damaged, len(found.unwraps)) == (1, 1)


def test_records_may_stand_on_lines_of_their_own() -> None:
    lines = b"\n".join([json.dumps(decrypt(1)).encode(), b"", b"{cut off", json.dumps(decrypt(2)).encode()])
    found = read_cloudtrail(lines, NOON - timedelta(hours=1), NOON + timedelta(hours=1))
    assert (len(found.unwraps), found.damaged) == (2, 1)
    (one,) = read_cloudtrail(json.dumps(decrypt()).encode(), NOON, NOON + timedelta(seconds=1)).unwraps
    assert one.ok


@pytest.mark.parametrize("content", [b'{"Records": 7}', b'{"Records": null}', b"[]", b"7", b""])
def test_a_file_that_is_none_is_damaged_and_not_empty(content: bytes) -> None:
    found = read_cloudtrail(content, NOON, NOON)
    assert found.damaged >= (content != b"")
    assert found.unwraps == []
