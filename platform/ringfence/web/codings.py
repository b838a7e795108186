"""Content codings: what is sent compressed to whoever can read it (RFC 9110, sections 8.4 and 12.5.3)."""

import gzip
import re

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

_NONE = re.compile(r"\s*q\s*=\s*0(?:\.0{0,3})?\s*", re.ASCII | re.IGNORECASE)


def accepts_gzip(header: str) -> bool:
    """Say whether an `Accept-Encoding` header names gzip, or anything, with a weight above 0."""
    weights = {}
    for part in header.split(","):
        coding, _, parameters = part.partition(";")
        weights[coding.strip().lower()] = _NONE.fullmatch(parameters) is None
    return weights.get("gzip", weights.get("*", False))


def compressed(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Compress an answer with gzip where the request allows it. The same content is always the same bytes."""
    patch_vary_headers(answer, ["Accept-Encoding"])
    if accepts_gzip(request.headers.get("Accept-Encoding", "")):
        answer.content = gzip.compress(answer.content, mtime=0)
        answer["Content-Encoding"] = "gzip"
    return answer
