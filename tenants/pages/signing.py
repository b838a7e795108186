"""What signing needs on every page: the request that a key signs, and the signature that comes back."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid
from tenants.gate.admin_keys import KnownKey
from tenants.gate.key_recovery import Recovery
from tenants.gate.plan_signing import KeptPlan
from tenants.gate.policies import Kept
from tenants.neutrality.facts import Party
from tenants.neutrality.signatures import (
    EndorsementRequest,
    PlanRequest,
    PolicyRequest,
    PossessionRequest,
    StopRequest,
    instant,
)

REQUEST_FORMAT = "ringfence signing request v1"
SIGNATURE_FORMAT = "ringfence signature v1"
MOST_FILE_CHARACTERS = 10_000
KEY_HEX, SIGNATURE_HEX = 64, 128


def policy_fields(tenant: str, kept: Kept, parties: Mapping[UUID, Party]) -> dict[str, Any]:
    """Return the signing request of a proposed version, with its document, and names for people to read."""
    named = kept.policy.excluded | kept.policy.rivals
    return {
        **_head(PolicyRequest.act, tenant),
        "version": str(kept.version),
        "sha256": kept.policy.digest.hex(),
        "replaces": "none" if kept.replaces is None else kept.replaces.hex(),
        "not_before": "" if kept.not_before is None else instant(kept.not_before),
        "document": kept.policy.to_bytes().decode(),
        "names": {str(each): parties[each].name for each in sorted(named) if each in parties},
    }


def plan_fields(tenant: str, kept: KeptPlan) -> dict[str, Any]:
    """Return the signing request of a plan, with its document."""
    return {
        **_head(PlanRequest.act, tenant),
        "plan": str(kept.id),
        "sha256": kept.document.digest.hex(),
        "policy": kept.policy_digest.hex(),
        "document": kept.document.to_bytes().decode(),
    }


def possession_fields(context: TenantContext) -> dict[str, Any]:
    """Return the request that a new key of the acting member signs for itself."""
    return {**_head(PossessionRequest.act, context.public_id), "member": str(context.actor_id)}


def endorsement_fields(tenant: str, key: KnownKey) -> dict[str, Any]:
    """Return the request with which another member's key endorses a waiting one."""
    return {**_head(EndorsementRequest.act, tenant), "member": str(key.member_id), "key": key.public.hex()}


def stop_fields(tenant: str, recovery: Recovery) -> dict[str, Any]:
    """Return the request with which a key stops a recovery."""
    return {**_head(StopRequest.act, tenant), "recovery": str(recovery.id)}


def as_text(fields: Mapping[str, Any]) -> str:
    """Return a request as the file that the command reads, and as the page's script reads it."""
    return json.dumps(fields, ensure_ascii=False, indent=1)


def signature_in(request: HttpRequest) -> tuple[bytes, bytes]:
    """Return (public key, signature) from a form: of the browser's key or of a file's text. Raises `Invalid`."""
    text = request.POST.get("file", "").strip()
    if not text:
        return _read(request.POST.get("key", ""), request.POST.get("signature", ""))
    if len(text) > MOST_FILE_CHARACTERS:
        raise Invalid(
            "A signature file is smaller than 10 kB. Bring the one that the command wrote.", field="file"
        )
    try:
        content = json.loads(text)
    except ValueError as error:
        raise Invalid(
            "This is no signature file. Bring the one that the command wrote.", field="file"
        ) from error
    if not isinstance(content, dict) or content.get("format") != SIGNATURE_FORMAT:
        raise Invalid(
            "This is no signature file of ours. Bring the one that the command wrote.", field="file"
        )
    return _read(str(content.get("key", "")), str(content.get("signature", "")))


def _read(key: str, signature: str) -> tuple[bytes, bytes]:
    try:
        if (len(key), len(signature)) != (KEY_HEX, SIGNATURE_HEX):
            raise ValueError
        return bytes.fromhex(key), bytes.fromhex(signature)
    except ValueError as error:
        raise Invalid(
            "Sign with the key in this browser, or bring the signature file.", field="file"
        ) from error


def _head(act: str, tenant: str) -> dict[str, Any]:
    return {"format": REQUEST_FORMAT, "act": act, "tenant": tenant}
