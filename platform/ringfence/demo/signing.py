"""The demo's admin keys and its signed policy: key files as people make them, signatures through the same services."""

import json
import os
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ringfence.kernel.context import TenantContext, acting
from tenants.gate.policy_signing import request_of
from tenants.neutrality.admin_key import new_key, open_key
from tenants.neutrality.policy import Policy
from tenants.neutrality.signatures import EndorsementRequest, PossessionRequest
from tenants.services.add_admin_key import add_admin_key
from tenants.services.draft_policy import draft_policy
from tenants.services.endorse_admin_key import endorse_admin_key
from tenants.services.propose_policy import propose_policy
from tenants.services.sign_policy import sign_policy

FOLDER = "admin-keys"


def key_in_file(var: Path, name: str, passphrase: str) -> Ed25519PrivateKey:
    """Make a key and keep it as the command does, 0600 below the demo's folder; return it."""
    folder = var / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    content = new_key(passphrase)
    path = folder / f"{name.split()[0].lower()}.key"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    return open_key(content, passphrase)


def sign_first_policy(
    policy: Policy,
    owner: TenantContext,
    admin: TenantContext,
    keys: tuple[Ed25519PrivateKey, Ed25519PrivateKey],
) -> None:
    """Register both keys, endorse the second, and sign `policy` with both, so that it rules."""
    public = [key.public_key().public_bytes_raw() for key in keys]
    registered: list[UUID] = []
    for context, key, half in zip((owner, admin), keys, public, strict=True):
        proof = key.sign(PossessionRequest(context.public_id, context.actor_id, half).to_bytes())
        with acting(context):
            made = add_admin_key(context, public=half, possession=proof, label="demo")
        registered.append(made.id)
    endorsement = EndorsementRequest(owner.public_id, admin.actor_id, public[1], public[0])
    with acting(owner):
        endorse_admin_key(
            owner, key_id=registered[1], endorser=public[0], signature=keys[0].sign(endorsement.to_bytes())
        )
    with acting(owner):
        version = draft_policy(owner, policy).version
    with acting(owner):
        kept = propose_policy(owner, version=version, not_before=None)
    message = request_of(owner.public_id, kept).to_bytes()
    for context, key, half in zip((owner, admin), keys, public, strict=True):
        with acting(context):
            sign_policy(context, version=version, public=half, signature=key.sign(message))
