"""Whether to offer practice: to a labeler who has given no answer, and has neither practised nor put it off here.

Answers are a fact of the server. That practice was opened or put off is a cookie: nothing of practice is sent.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from annotation.models import Submission
from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Permission

COOKIE = "practice"
A_YEAR_IN_SECONDS = 365 * 24 * 3600


def offers_practice(request: HttpRequest, context: TenantContext) -> bool:
    """Return whether this visitor should be offered practice; runs inside a unit of work."""
    if Permission.TASK_LABEL not in context.permissions:
        return False
    if "later" in request.GET or request.COOKIES.get(COOKIE) == str(context.actor_id):
        return False
    return not Submission.objects.filter(labeler_id=context.actor_id).exists()


def remember(response: HttpResponse, context: TenantContext) -> HttpResponse:
    """Offer it to this person no more, in this browser."""
    response.set_cookie(
        COOKIE,
        str(context.actor_id),
        max_age=A_YEAR_IN_SECONDS,
        path=f"/w/{context.public_id}/",
        secure=settings.SECURE_SSL,
        httponly=True,
        samesite="Lax",
    )
    return response
