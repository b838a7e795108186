"""CR-03: no key of one tenant opens anything of another."""

import hashlib
import os

from ringfence.crypto.errors import KeyRefused
from ringfence.kernel.context import TenantContext
from tenants.isolation.catalog import cells
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.probes.cr_02 import opens
from tenants.isolation.target import Target
from tenants.keys.keyring import encryption_context
from tenants.keys.service import key_service
from tenants.keys.unwrapping import unwrap
from tenants.models import TenantKey

ID = "CR-03"
TITLE = "One workspace's keys open nothing of another's"
PROVES = "Every customer has keys of their own under a master key of their own; none is shared, or opens a rival's."


def detect(target: Target) -> Finding:
    """Try K1's keys on everything of K2, in the application and at the key service."""
    tally = Tally(ID)
    keys = {context.tenant_id: _keys(target, context) for context in target.canaries}
    ours, theirs = keys[target.k1.tenant_id], keys[target.k2.tenant_id]
    if not ours or not theirs:
        tally.miss("a canary has no keys")
        return tally.finding()
    with target.as_app(target.k1):
        for field, name, row, sealed in cells(target, target.k2):
            tally.look()
            if opens(target, target.k1, sealed, field, row):
                tally.wrong(f"{name} of one canary opens with the other's keys")
    tally.look()
    shared = {key.key_ref for key in ours} & {key.key_ref for key in theirs}
    if shared:
        tally.wrong(f"both canaries stand under the customer key {sorted(shared)[0]}")
    salt = os.urandom(32)
    digests = {_digest(key, target.k1, salt) for key in ours}
    for key in theirs:
        tally.look(3)
        if _digest(key, target.k2, salt) in digests:
            tally.wrong(f"the {key.purpose} key of one canary is a key of the other")
        right, wrong = (
            encryption_context(context.tenant_id, key.purpose, key.generation)
            for context in (target.k2, target.k1)
        )
        if _unwraps(ours[0].key_ref, key, right):
            tally.wrong(f"the {key.purpose} key of one canary opens under the other's customer key")
        if _unwraps(key.key_ref, key, wrong):
            tally.wrong(f"the key service opens the {key.purpose} key of one canary in the name of the other")
    return tally.finding()


def _keys(target: Target, context: TenantContext) -> list[TenantKey]:
    with target.as_app(context):
        return list(TenantKey.objects.exclude(wrapped=None).order_by("purpose"))


def _digest(key: TenantKey, context: TenantContext, salt: bytes) -> bytes:
    named = encryption_context(context.tenant_id, key.purpose, key.generation)
    plain = unwrap(key.key_ref, bytes(key.wrapped or b""), context=named)
    return hashlib.sha256(salt + plain).digest()


def _unwraps(key_ref: str, key: TenantKey, context: dict[str, str]) -> bool:
    try:
        unwrap(key_ref, bytes(key.wrapped or b""), context=context)
    except KeyRefused:
        return False
    return True


def _one_customer_key(target: Target) -> None:
    ref = _keys(target, target.k1)[0].key_ref
    for key in _keys(target, target.k2):
        named = encryption_context(target.k2.tenant_id, key.purpose, key.generation)
        plain = unwrap(key.key_ref, bytes(key.wrapped or b""), context=named)
        _store(target, key, ref, key_service().wrap(ref, plain, encryption_context=named))


def _same_key(target: Target) -> None:
    ours, theirs = _keys(target, target.k1)[0], _keys(target, target.k2)[0]
    named = encryption_context(target.k1.tenant_id, ours.purpose, ours.generation)
    plain = unwrap(ours.key_ref, bytes(ours.wrapped or b""), context=named)
    to = encryption_context(target.k2.tenant_id, theirs.purpose, theirs.generation)
    _store(target, theirs, theirs.key_ref, key_service().wrap(theirs.key_ref, plain, encryption_context=to))


def _store(target: Target, key: TenantKey, ref: str, wrapped: bytes) -> None:
    with target.as_app(target.k2):
        TenantKey.objects.filter(id=key.id).update(key_ref=ref, wrapped=wrapped)


PLANTS = (
    Plant("one-customer-key", "Two workspaces are put under one customer's master key", _one_customer_key),
    Plant("same-key", "A workspace is given a copy of another one's key", _same_key),
)
