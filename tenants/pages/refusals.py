"""Answers where no view was reached: no such route, and a form without its token."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.web.errors import answer_error


class FormNotOurs(RingfenceError):
    """A state-changing request with a cookie and without the token of a page of ours."""

    code = "csrf"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "This form did not come from a page of ours, or it is from before you signed in. Load the page again."
        )


def no_such_route(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer as for a page that is somebody else's: the two are alike."""
    return answer_error(request, NotFound())


def no_form_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a request that fails the check against cross-site forms."""
    return answer_error(request, FormNotOurs())
