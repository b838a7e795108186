"""Opens a draft for whoever entered it; the caller records the delivery before it leaves."""

import json
from hashlib import sha256
from uuid import UUID

from annotation.models import Draft
from annotation.values import RestoredDraft
from ringfence.kernel.context import TenantContext


def open_draft(
    context: TenantContext, draft_id: UUID, version: int, sealed: bytes
) -> tuple[RestoredDraft, bytes]:
    """Return the draft and the digest of what is delivered."""
    clear = context.keyring.open(bytes(sealed), field=Draft.body, row=draft_id)
    return RestoredDraft(version, json.loads(clear)), sha256(clear).digest()
