"""Which bytes of a file a request asks for: one range, as whoever resumes a download sends it."""

import re

from django.http import HttpRequest, HttpResponse

_RANGE = re.compile(r"bytes=(\d{1,19})-(\d{0,19})", re.ASCII)


def asked_range(request: HttpRequest, size: int, tag: str) -> tuple[int, int, bool] | None:
    """Return (start, stop, partial) in bytes, None when no byte of the file is asked for.

    One range of the form `bytes=N-` or `bytes=N-M` is served; anything else gets the whole file, as RFC 9110
    section 14.2 allows, and so does an `If-Range` (section 13.1.5) that is not the file's entity tag, `tag`.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked is None or request.headers.get("If-Range", tag) != tag:
        return 0, size, False
    start = int(asked[1])
    stop = min(int(asked[2]) + 1, size) if asked[2] else size
    if start >= stop:
        return None
    return start, stop, True


def range_refused(size: int) -> HttpResponse:
    """Return the answer where no byte is asked for (RFC 9110, section 15.5.17)."""
    refused = HttpResponse(status=416)
    refused["Content-Range"] = f"bytes */{size}"
    return refused
