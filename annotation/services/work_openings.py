"""What opens a labeler's entries in the work log, sealed under their own key."""

import json
from uuid import UUID

from annotation.models import Submission
from audit.encoding import parse_base64
from audit.work import WorkOpenings
from ringfence.kernel.context import TenantContext


def seal_openings(context: TenantContext, submission_id: UUID, openings: WorkOpenings) -> bytes:
    """Return them sealed for the row; whoever erases the person erases them too."""
    return context.keyring.seal(
        json.dumps(openings.to_json()).encode(),
        field=Submission.work_openings,
        row=submission_id,
        unit=context.actor_id,
    )


def open_openings(context: TenantContext, submission: Submission) -> WorkOpenings | None:
    """Return the openings of one of the actor's own answers; None for one from before the work log."""
    if submission.work_openings is None:
        return None
    opened = context.keyring.open(submission.work_openings, field=Submission.work_openings, row=submission.id)
    named = json.loads(opened)
    return WorkOpenings(parse_base64(named["work"]), parse_base64(named["person"]))
