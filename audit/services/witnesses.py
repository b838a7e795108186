"""The witnesses that the operator has named, for pages, pins and proofs."""

import logging
from pathlib import Path

from django.conf import settings

from audit.errors import Malformed
from audit.policy import Policy

logger = logging.getLogger("ringfence.audit")


def operators_policy() -> Policy | None:
    """Return the policy in the operator's file, without the meta-log; None where there are no witnesses.

    A file that cannot be read counts as none: pages go on, and the publisher says what is wrong with it.
    """
    if not settings.WITNESS_POLICY:
        return None
    try:
        policy = Policy.parse(Path(settings.WITNESS_POLICY).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, Malformed) as trouble:
        logger.warning("the witnesses' policy is not read: %s", trouble)
        return None
    return policy if policy.witnesses else None
