"""What the actor got acknowledged today: for counting, and for asking the log later."""

from datetime import datetime

from annotation.models import Submission
from annotation.values import OwnReceipt
from ringfence.kernel.context import TenantContext

MOST_RECEIPTS = 2_000


def own_receipts(
    context: TenantContext, *, since: datetime, most: int = MOST_RECEIPTS
) -> tuple[list[OwnReceipt], int]:
    """Return the actor's accepted answers since a time, newest first, up to `most`; and how many there are.

    Ids, times and receipts are not content: nothing is delivered.
    """
    given = Submission.objects.filter(labeler_id=context.actor_id, submitted_at__gte=since)
    newest = given.order_by("-submitted_at", "-id")[:most]
    listed = [
        OwnReceipt(*row) for row in newest.values_list("submitted_at", "task_id", "project_id", "receipt")
    ]
    return listed, len(listed) if len(listed) < most else given.count()
