"""The verifier as one page for a browser: built by `make ui` from `annotation/ui`, and read here."""

from functools import cache
from pathlib import Path

BUILT = Path(__file__).parent / "built" / "verify.html"
NAME = "ringfence_verify.html"


@cache
def single_page() -> bytes | None:
    """Return the page, or None where it was never built: bundles then bring the verifier in Python alone."""
    try:
        return BUILT.read_bytes()
    except FileNotFoundError:
        return None
