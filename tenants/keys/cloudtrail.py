"""Reads AWS KMS's own record of unwraps: CloudTrail's `Decrypt` events. Pure.

Source: AWS KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail", example `Decrypt`; CloudTrail User
Guide, "CloudTrail record contents". A file holds an object with `Records`, or one record on each line.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tenants.keys.unwrap_lines import SKEW, Lines, Unwrap


def read_cloudtrail(content: bytes, since: datetime, until: datetime) -> Lines:
    """Return the `Decrypt` events from `since` to `until`, `SKEW` added on both sides, each `eventID` once.

    A refusal may name no context (`requestParameters` can be null there): then it is of nobody. Other events are left
    out.
    """
    found, seen = Lines(), set[str]()
    for said in _records(content):
        if not isinstance(said, dict):
            found.damaged += 1
            continue
        if said.get("eventSource") != "kms.amazonaws.com" or said.get("eventName") != "Decrypt":
            continue
        try:
            event, unwrap = str(said["eventID"]), _unwrap(said)
        except (KeyError, TypeError, ValueError, AttributeError):
            found.damaged += 1
            continue
        if event not in seen and since - SKEW <= unwrap.at < until + SKEW:
            seen.add(event)
            found.unwraps.append(unwrap)
    return found


def _records(content: bytes) -> Iterator[Any]:
    try:
        whole = json.loads(content)
    except ValueError:
        for line in content.splitlines():
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError:
                    yield None
        return
    if not isinstance(whole, dict) or "Records" not in whole:
        yield whole
    elif isinstance(whole["Records"], list):
        yield from whole["Records"]
    else:
        yield None


def _unwrap(said: dict[str, Any]) -> Unwrap:
    at = datetime.fromisoformat(said["eventTime"].replace("Z", "+00:00"))
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    asked = said.get("requestParameters") or {}
    keys = [each["ARN"] for each in said.get("resources") or () if each.get("type") == "AWS::KMS::Key"]
    context = asked.get("encryptionContext") or {}
    return Unwrap(
        at,
        str(keys[0] if keys else asked.get("keyId", "")),
        tuple(sorted((str(key), str(value)) for key, value in context.items())),
        "errorCode" not in said,
    )
