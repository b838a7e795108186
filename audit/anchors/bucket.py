"""The bucket that forgets nothing: S3 with Object Lock in mode COMPLIANCE. The only place that speaks to it.

Object Lock keeps *versions*. A new version, or a delete marker, under the same name stays possible, so nothing is
taken by its name alone: it is written only where there is nothing, and read back by the version that was written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

MODE: Final = "COMPLIANCE"
MADE = frozenset({"BucketAlreadyExists", "BucketAlreadyOwnedByYou"})
THERE_ALREADY = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class BucketTrouble(Exception):
    """The bucket does not answer, or does not do what was asked. To be tried again; nothing is taken as written."""


class NotWorm(Exception):
    """The bucket holds something else under a name, or does not hold it for good. Nobody may rely on it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which bucket, reached how; `days` is how long everything must be kept."""

    endpoint: str
    bucket: str
    days: int
    region: str = "us-east-1"
    keys: Path | None = None
    """A file of two lines, key id and secret, that only this process reads; without it the machine's own role."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client waits for one answer, and how often it asks again."""

    connect_seconds: float = 5
    read_seconds: float = 30
    retries: int = 2


PATIENT = Patience()


@dataclass(frozen=True, slots=True)
class Kept:
    """One version as the server answers for it."""

    name: str
    version: str
    content: bytes
    until: datetime


def connect(place: Place, patience: Patience = PATIENT) -> Any:
    """Return a client. Raises `BucketTrouble` for a file of keys that cannot be read."""
    identity: dict[str, str] = {}
    if place.keys is not None:
        try:
            key_id, secret = place.keys.read_text().split()
        except (OSError, ValueError) as error:
            raise BucketTrouble(f"{place.keys} does not hold a key id and a secret") from error
        identity = {"aws_access_key_id": key_id, "aws_secret_access_key": secret}
    return boto3.session.Session(**identity).client(
        "s3",
        endpoint_url=place.endpoint or None,
        region_name=place.region,
        config=Config(
            connect_timeout=patience.connect_seconds,
            read_timeout=patience.read_seconds,
            retries={"max_attempts": patience.retries},
            s3={"addressing_style": "path"},
        ),
    )


def make_bucket(client: Any, place: Place) -> None:
    """Make the bucket with Object Lock, or find it made. Raises `BucketTrouble`, `NotWorm` for one without the lock."""
    try:
        client.create_bucket(Bucket=place.bucket, ObjectLockEnabledForBucket=True)
    except (ClientError, BotoCoreError) as trouble:
        code = trouble.response.get("Error", {}).get("Code") if isinstance(trouble, ClientError) else None
        if code not in MADE:
            raise BucketTrouble(_words(trouble)) from trouble
    try:
        found = client.get_object_lock_configuration(Bucket=place.bucket)
    except ClientError as refusal:
        raise NotWorm(
            f"{place.bucket} is there without Object Lock, which it cannot be given later"
        ) from refusal
    except BotoCoreError as trouble:
        raise BucketTrouble(_words(trouble)) from trouble
    if found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
        raise NotWorm(f"{place.bucket} is there without Object Lock, which it cannot be given later")


def put_object(client: Any, place: Place, name: str, content: bytes) -> Kept:
    """Write `content` under a new name for `place.days`, or find it there already; read back by version.

    Raises `NotWorm` where the name holds other bytes, or the server does not answer for the retention;
    `BucketTrouble`.
    """
    until = (datetime.now(UTC) + timedelta(days=place.days)).replace(microsecond=0)
    try:
        answer = client.put_object(
            Bucket=place.bucket,
            Key=name,
            Body=content,
            IfNoneMatch="*",
            ObjectLockMode=MODE,
            ObjectLockRetainUntilDate=until,
        )
    except ClientError as refusal:
        if refusal.response.get("Error", {}).get("Code") not in THERE_ALREADY:
            raise BucketTrouble(_words(refusal)) from refusal
        return _there_already(client, place, name, content)
    except BotoCoreError as trouble:
        raise BucketTrouble(type(trouble).__name__) from trouble
    version = answer.get("VersionId")
    if not version or version == "null":
        raise NotWorm("the bucket keeps no versions")
    kept = read_version(client, place, name, version)
    if kept.content != content:
        raise NotWorm(f"{name} was read back with other bytes")
    if kept.until < until:
        raise NotWorm(f"{name} is kept until {kept.until:%Y-%m-%d} and not {until:%Y-%m-%d}")
    return kept


def read_version(client: Any, place: Place, name: str, version: str) -> Kept:
    """Return one version with what the server says of its lock. Raises `NotWorm`, `BucketTrouble`."""
    try:
        answer = client.get_object(Bucket=place.bucket, Key=name, VersionId=version)
        content = answer["Body"].read()
    except (ClientError, BotoCoreError) as trouble:
        raise BucketTrouble(_words(trouble)) from trouble
    until = answer.get("ObjectLockRetainUntilDate")
    if answer.get("ObjectLockMode") != MODE or until is None:
        raise NotWorm(f"{name} is not under Object Lock in mode {MODE}")
    if answer.get("VersionId") != version:
        raise NotWorm(f"{name} was answered with another version")
    return Kept(name, version, content, until)


def versions_of(client: Any, place: Place, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield (name, version) of all that was ever written under names that begin so, delete markers passed over."""
    try:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=place.bucket, Prefix=prefix):
            for each in page.get("Versions", []):
                yield each["Key"], each["VersionId"]
    except (ClientError, BotoCoreError) as trouble:
        raise BucketTrouble(_words(trouble)) from trouble


def locked_versions(client: Any, place: Place, name: str) -> list[Kept]:
    """Return every version of one name that is under lock."""
    found: list[Kept] = []
    for each, version in versions_of(client, place, name):
        if each != name:
            continue
        try:
            found.append(read_version(client, place, name, version))
        except NotWorm:
            continue
    return found


def _there_already(client: Any, place: Place, name: str, content: bytes) -> Kept:
    locked = locked_versions(client, place, name)
    same = [each for each in locked if each.content == content]
    if not same:
        raise NotWorm(f"{name} is there already, with other bytes or without a lock")
    best = max(same, key=lambda each: each.until)
    if best.until < datetime.now(UTC) + timedelta(days=place.days) / 2:
        raise NotWorm(f"{name} was written before, and is kept for less than half of {place.days} days more")
    return best


def _words(trouble: Exception) -> str:
    """Say what went wrong without addresses or keys, which such texts can hold."""
    if isinstance(trouble, ClientError):
        return f"the bucket answered {trouble.response.get('Error', {}).get('Code', 'with an error')}"
    return f"the bucket does not answer ({type(trouble).__name__})"
