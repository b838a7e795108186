"""On what errand this thread is: the request, job or command for which code runs. Names and no content."""

import os
import sys
import time
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Errand:
    """`name` is `<METHOD> <route>`, `job <task>` or `command <name>`; empty when nobody said."""

    name: str
    many_units: bool = True
    """Whether it may have several units of work, of which one tells the log what another one opens."""
    began: float = field(default_factory=time.time)
    """Seconds since 1970."""


_errand: ContextVar[Errand | None] = ContextVar("ringfence_errand", default=None)


def set_out(name: str, *, many_units: bool = True) -> None:
    """Begin an errand; it lasts until the next one, or until `come_back`."""
    _errand.set(Errand(name, many_units))


def come_back() -> None:
    """End the errand: whatever runs next in this thread is on none."""
    _errand.set(None)


def errand() -> Errand:
    """Return the errand of the running code; for a command, one that began with this call."""
    return _errand.get() or Errand(_command())


def _command() -> str:
    known = len(sys.argv) > 1 and os.path.basename(sys.argv[0]) == "manage.py"
    return f"command {sys.argv[1]}" if known else ""
