"""One place that turns errors into answers: a page for people, JSON for scripts. Nothing leaks."""

import logging
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from ringfence.kernel.errors import RingfenceError
from ringfence.web.logs import place_of

logger = logging.getLogger("ringfence.web")


def is_api(request: HttpRequest) -> bool:
    """Say whether the caller wants JSON."""
    return request.path.startswith("/api/")


def answer_error(request: HttpRequest, error: RingfenceError) -> HttpResponse:
    """Return the answer to an expected refusal: its status, code and what to do next."""
    if is_api(request):
        body: dict[str, Any] = {"code": error.code, "message": str(error)}
        if getattr(error, "field", ""):
            body["field"] = error.field  # type: ignore[attr-defined]
        return JsonResponse(body, status=error.status)
    page = {"status": int(error.status), "code": error.code, "message": str(error), "detail": str(error)}
    return render(request, "ringfence/error.html", page, status=error.status)


def answer_crash(request: HttpRequest) -> HttpResponse:
    """Return the answer to an unexpected exception, and log its kind and place without its text.

    The text of an exception may quote content, so only types and code lines reach the log.
    """
    message = "Something broke on our side. Nothing was saved; try again, and tell us the time if it stays."
    if is_api(request):
        return JsonResponse({"code": "crash", "message": message}, status=HTTPStatus.INTERNAL_SERVER_ERROR)
    page = {"status": 500, "code": "crash", "message": message}
    return render(request, "ringfence/error.html", page, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def log_crash(error: BaseException) -> None:
    """Log where an unexpected exception came from: types, files and lines, never values."""
    logger.error("%s", place_of(error))


def answer_api_error(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: our errors and DRF's go one way, so that the unit of work rolls back.

    DRF would answer here and let the transaction commit what a failed service had written; raising
    instead hands the error to the gate's middleware, which has left `acting()` by then.
    """
    if isinstance(error, APIException):
        raise _from_drf(error) from error
    raise error


def _from_drf(error: APIException) -> RingfenceError:
    translated = RingfenceError(_first_text(error.detail))
    translated.code = str(getattr(error, "default_code", "invalid"))
    translated.status = HTTPStatus(error.status_code)
    return translated


def _first_text(detail: Any, field: str = "") -> str:
    if isinstance(detail, dict):
        key, value = next(iter(detail.items()))
        return _first_text(value, f"{field}.{key}" if field else str(key))
    if isinstance(detail, list):
        return _first_text(detail[0], field) if detail else "The request is not valid."
    return f"{field}: {detail}" if field else str(detail)
